"""The demo street: from a recipe under `deploy/town/` and a fixed seed to a whole synthetic street, always the same.

Everything is written through the actions of the storeys below, like by any other door. No person, phone, firm or
address is real: phones use the prefix 100, which is not allotted.
"""
