"""找人 on the phone: people and homes of one's own place, and the family of a lost child wherever it lives."""
