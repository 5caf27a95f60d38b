"""找人 at the desk: people and homes by what is known of them, and the family of a lost person."""
