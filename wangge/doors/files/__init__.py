"""Files in and out, as the office does it: the import wizard, its results and its undo; lists that leave the system."""
