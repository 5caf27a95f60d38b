"""复核: the second, blind checks that wait for somebody, how others ended, and what they say about the units."""
