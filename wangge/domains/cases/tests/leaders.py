"""People beside the cast whom the sub-procedures need: the leader in charge, a grid guide, a colleague of a unit."""

from __future__ import annotations

import datetime as dt

from wangge.foundation.accounts import actions as accounts
from wangge.foundation.accounts.models import User

SINCE = dt.date(2024, 1, 1)


def somebody(login: str, name: str, role: str, **where) -> User:
    """A person with one post."""
    user = accounts.add_user(by=None, username=login, name=name, password=None)
    accounts.give_post(by=None, user=user, role=role, valid_from=SINCE, **where)
    return User.objects.get(pk=user.pk)


def also(user: User, role: str, **where) -> User:
    """The same person with one more post, at his next request."""
    accounts.give_post(by=None, user=user, role=role, valid_from=SINCE, **where)
    return User.objects.get(pk=user.pk)


def leader(town) -> User:
    """The street leader in charge of the south."""
    return somebody("wei", "魏强", "street_leader", organisation=town.discipline, area=town.south)


def guide(town, area=None) -> User:
    """An official who stands surety (包保) for grid 1."""
    return somebody("jing", "景明", "grid_guide", organisation=town.street_office, area=area or town.grid1)
