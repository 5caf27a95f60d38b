"""Who did or looked at what: append-only, hash-chained, without foreign keys and without personal data."""
