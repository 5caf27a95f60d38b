"""The house card on the worker's phone."""
