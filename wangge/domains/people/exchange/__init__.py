"""Files as the office writes them: reading, understanding and writing sheets of persons, firms and places."""
