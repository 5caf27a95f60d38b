"""疑似同一件事: proposed groups of cases, made one or refused."""
