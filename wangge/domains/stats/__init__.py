"""Indicators (指标): what the cases say about the work, each defined once, each open to its rows.

A figure is a numerator over a denominator, of units and places; never of a person, never of how much somebody did.
Below thirty it comes with the interval in which the truth lies, and is not ranked. How many answered stands beside how
satisfied they were: a figure of satisfaction cannot be made without it.

The module reads. What it writes is its own roll-up of past months, counted from the same definitions.
"""
