"""How much one address may send. Counted in the database, so that all processes count together.

The address itself is never kept: only a keyed fingerprint of address and day, which cannot be linked to another day's.
Whole housing blocks and mobile networks share one address (NAT), so the limits are wide and the refusal is friendly.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from wangge.foundation.core import clock, crypto
from wangge.foundation.core.idempotency import Answer, once, written_since
from wangge.foundation.core.problems import Problem

if TYPE_CHECKING:
    from django.http import HttpRequest

_WINDOW = dt.timedelta(minutes=10)
_IPV6_HOUSEHOLD = 64  # bits: one household or one phone has at least this many addresses of its own


@dataclasses.dataclass(frozen=True, slots=True)
class Limit:
    """How often one address may do something: in ten minutes, and in a day."""

    kind: str
    in_ten_minutes: int
    in_a_day: int


REPORTS = Limit("visitor", 30, 300)
PHOTOS = Limit("visitor-photo", 200, 2000)


class TooManyError(Problem):
    """Too much came from one address; `retry_after` says in how many seconds there is room again."""

    code = "too-many"
    status = 429
    title = _("Very many reports are coming from your network just now.")
    kept = _("Yours was not sent yet; everything you typed is still on this page.")
    remedy = _("Please send it again in about ten minutes. If it is pressing, ring 12345; they take it down for you.")

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


def owner(request: HttpRequest, limit: Limit) -> str:
    """Under which name an address's writes of today are kept."""
    address = import_string(settings.AXES_CLIENT_IP_CALLABLE)(request)
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        household = "unknown"
    else:
        household = str(
            ipaddress.ip_network((parsed, _IPV6_HOUSEHOLD), strict=False) if parsed.version == 6 else parsed
        )
    return f"{limit.kind}:{crypto.blind(f'{clock.today()} {household}', purpose='portal.visitor')}"


def check(name: str, limit: Limit) -> None:
    """Let through, or raise `TooManyError`."""
    now = clock.now()
    if written_since(name, now - _WINDOW, at_most=limit.in_ten_minutes) >= limit.in_ten_minutes:
        raise TooManyError(int(_WINDOW.total_seconds()))
    if written_since(name, now - dt.timedelta(days=1), at_most=limit.in_a_day) >= limit.in_a_day:
        midnight = dt.datetime.combine(clock.today() + dt.timedelta(days=1), dt.time(0), tzinfo=clock.OFFICE)
        raise TooManyError(max(60, int((midnight - now).total_seconds())))


def count(name: str, key: str) -> None:
    """Remember one write; the same key counts once."""
    once(owner=name, key=key, body=key.encode(), write=lambda: Answer(status=201, body=""))
