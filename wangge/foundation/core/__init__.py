"""What everything leans on: scope, events, problems, clock, keys, idempotency.

Few tables, no words of the field. Nothing here knows what a case or a person is.
"""
