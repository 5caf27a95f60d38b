"""The only writes of this module: its own roll-ups."""

from wangge.domains.stats.actions.homes import count_homes
from wangge.domains.stats.actions.tallying import recount, tally_month

__all__ = ["count_homes", "recount", "tally_month"]
