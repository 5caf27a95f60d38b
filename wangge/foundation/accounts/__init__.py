"""Who works here, for whom and where: organisations, users, posts. All authority comes from posts in force today."""
