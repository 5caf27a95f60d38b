"""One to-do list per person, written by the domains' actions in their own transaction.

A duty belongs to a person, to whoever holds a permission at a place, or to whoever holds it for a unit.
"""
