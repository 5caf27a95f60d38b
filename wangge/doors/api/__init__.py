"""The JSON API, version 1: the same queries and actions as every other door, in a contract that is a file.

Every operation names its gate in `gates.py`; every refusal has one shape (`application/problem+json`, in the caller's
language); every write carries an `Idempotency-Key`, so that sending twice is harmless. `openapi.json` beside this file
is the contract as committed.
"""
