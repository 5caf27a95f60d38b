"""What to tell whom: an outbox written in the action's transaction; channels register themselves and deliver later."""
