"""Knows everything, contains nothing: settings, URLs, the table of reactions, the process supervisor."""
