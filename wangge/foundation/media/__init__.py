"""Photos and files by sha256: accepted once, never replaced; what is served is re-encoded and carries no EXIF."""
