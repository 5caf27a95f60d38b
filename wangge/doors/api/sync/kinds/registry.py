"""What a kind of command is: the shape of its data, and what carries it out."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from wangge.foundation.core.problems import Problem

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from collections.abc import Callable

    from wangge.doors.api.shapes import In
    from wangge.foundation.accounts.models import User


class NotYetError(Problem):
    """Not possible now, but presently: the phone keeps the command and sends it again."""

    code = "not-yet"
    status = 503
    title = _("This cannot be carried out yet.")
    kept = _("It stays on the phone and is sent again by itself.")
    remedy = _("There is nothing you need to do.")


@dataclasses.dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a command, under which id, and when by the phone's clock (None: a time that no calendar has).

    What is kept of a command takes its id from here, so that the phone knows its records by the ids it made.
    """

    user: User
    id: uuid.UUID
    occurred_at: dt.datetime | None


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """One kind of command. `act` calls one action and returns what the phone is answered (JSON values).

    `momentary` names the data that serve the moment only: where the command is refused and kept, they are not.
    """

    body: type[In]
    act: Callable[[Sender, Any], dict[str, Any]]
    momentary: frozenset[str] = frozenset()
