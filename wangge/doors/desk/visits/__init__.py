"""走访 on the desk: what is due, by which rules, campaigns and weather, links, leave, office hours, referrals."""
