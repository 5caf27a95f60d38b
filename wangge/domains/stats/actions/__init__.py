"""The only write of this module: its own roll-up."""

from wangge.domains.stats.actions.tallying import recount, tally_month

__all__ = ["recount", "tally_month"]
