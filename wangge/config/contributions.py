"""What domains above contribute to named hooks of those below, inside the same transaction. None yet."""
