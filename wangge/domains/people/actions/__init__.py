"""Everything that changes people and homes."""
