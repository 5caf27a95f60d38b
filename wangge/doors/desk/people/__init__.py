"""人房 on the desk: households of a place, people, firms, and the changes that wait to be verified."""
