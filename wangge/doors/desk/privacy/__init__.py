"""隐私: one field whole for a purpose, one household beyond one's own place, and the privacy officer's desk."""
