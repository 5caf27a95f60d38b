"""Leave to look beyond one's own place: one household, one purpose, 30 minutes, and the privacy officer knows at once.

Every purpose but one asks for a fresh second factor. A search for a lost person (走失寻人) asks for none, because
protection must not be the reason why a child waits: it is capped instead, told to the officers, and reviewed.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import access, tokens
from wangge.domains.people.alerts import alert
from wangge.domains.people.models import AccessGrant, Household, Membership, Person, PrivacyAlert, Purpose
from wangge.foundation.accounts import second_factor
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.audit.queries import acts
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError, NotAllowedError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

kinds.declare("access.grant", "access.miss", "access.rescue")

LASTS = dt.timedelta(minutes=30)
RESCUE_HOUSEHOLDS = 3  # more than three found: one more fact is asked for, nobody is shown
_HOUR, _NIGHT = dt.timedelta(hours=1), dt.timedelta(hours=12)
_LOCK = 0x7265
_LONGEST_REFERENCE = 40
_SHORTEST_NUMBER = 7
_FEW = 5
_MISSES = 5  # numbers of nobody within twelve hours, and again after every five more


class TooManyRescuesError(Problem):
    """One account searched for lost persons more often than one night can need."""

    code = "too-many-rescues"
    status = 429
    title = _("You have searched for lost persons very often in the last hours.")
    kept = _("Nothing was shown. The privacy officer was told.")
    remedy = _("Call the duty chief of the command centre, who can search for you.")


def grant(
    *, by: Any, household: Household, purpose: str, reference: str = "", code: str, at: dt.datetime | None = None
) -> AccessGrant:
    """Leave to see one household beyond one's own place, after the code of this minute. Call it outside a transaction."""
    now = at or clock.now()
    _may_ask(by)
    if purpose not in Purpose.values or purpose == Purpose.RESCUE:
        raise InvalidError(_("Please say what you need it for."), field="purpose")
    if len(reference) > _LONGEST_REFERENCE:
        raise InvalidError(_("The reference is too long."), field="reference")
    second_factor.require(by, code, why="access.grant", at=now)
    return write_grant(by=by, household=household, purpose=purpose, reference=reference, now=now)


def grant_by_number(
    *, by: Any, number: str, purpose: str, reference: str = "", code: str, at: dt.datetime | None = None
) -> AccessGrant:
    """`grant` for the household of whoever has this whole ID number or phone. Whether anybody has it is said only after
    the code was right. Call it outside a transaction.
    """
    now = at or clock.now()
    if purpose not in Purpose.values or purpose == Purpose.RESCUE:
        raise InvalidError(_("Please say what you need it for."), field="purpose")
    if len(reference) > _LONGEST_REFERENCE:
        raise InvalidError(_("The reference is too long."), field="reference")
    check_second_factor(by=by, code=code, at=now)
    household = _home_by_number(tokens.number(number), now)
    if household is None:
        _missed(by, purpose, reference, now)
        raise InvalidError(_("Nobody is recorded under this number."), field="number")
    return write_grant(by=by, household=household, purpose=purpose, reference=reference, now=now)


@transaction.atomic
def _missed(by: Any, purpose: str, reference: str, now: dt.datetime) -> None:
    """That nobody has a number is an answer too: who tries number after number is told to the officers."""
    record("access.miss", by=by, at=now, purpose=purpose, reference=reference)
    if len(acts(("access.miss",), since=now - _NIGHT, actor_ids=[by.pk])) % _MISSES == 0:
        alert(PrivacyAlert.Kind.OUT_OF_PLACE, user=by, purpose=purpose, reference=reference, at=now)


def _home_by_number(number: str, now: dt.datetime) -> Household | None:
    """The household of the one entry with this number; None when there is none, or more than one."""
    if len(number) < _SHORTEST_NUMBER:
        return None
    everybody = Person.objects.unscoped("by a whole number, after a second factor, for one grant")
    found = {
        person.pk
        for kind in ("id", "phone")
        for person in everybody.carrying(tokens.token(kind, number)).by_token_index(_FEW)
    }
    seats = Membership.objects.as_of(clock.day_of(now)).filter(person__in=found).select_related("household")
    homes = {seat.household_id: seat.household for seat in seats}
    return next(iter(homes.values())) if len(homes) == 1 else None


def check_second_factor(*, by: Any, code: str, at: dt.datetime | None = None) -> None:
    """The first half of `grant`, for a search that must not say who is there before the code was right."""
    _may_ask(by)
    second_factor.require(by, code, why="access.grant", at=at or clock.now())


@transaction.atomic
def write_grant(*, by: Any, household: Household, purpose: str, reference: str, now: dt.datetime) -> AccessGrant:
    """The second half of `grant`. A grant that still runs for the same household and purpose is given again."""
    running = access.running_grant(by, [household.pk], purpose=purpose, at=now)
    if running is not None:
        return running
    held = _write(by, household, purpose, reference, now)
    record("access.grant", by=by, subject=household, at=now, grant=held.pk, purpose=purpose, reference=reference)
    alert(
        PrivacyAlert.Kind.OUT_OF_PLACE,
        user=by,
        purpose=purpose,
        reference=reference,
        households=[household.pk],
        at=now,
    )
    return held


def rescue(*, by: Any, households: Sequence[Household], at: dt.datetime | None = None) -> list[AccessGrant]:
    """Grants for the households that a search for a lost person found (at most three), without a second factor.

    Call it for every such search, also when it found nobody: each counts for the cap (`WANGGE_RESCUES_AN_HOUR`,
    `WANGGE_RESCUES_A_NIGHT` = 12 hours), beyond which `TooManyRescuesError` is raised and nothing may be shown. The
    same households again while their grants run are the same search. Call it outside a transaction.
    """
    now = at or clock.now()
    if not authority_of(by).holds(P.PERSON_RESCUE):
        raise NotAllowedError
    if len(households) > RESCUE_HOUSEHOLDS:
        raise InvalidError(_("Too many households fit. Add one more fact."))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, by.pk % 2**31])
        running = [access.running_grant(by, [one.pk], purpose=Purpose.RESCUE, at=now) for one in households]
        known = [one for one in running if one is not None]
        if households and len(known) == len(households):
            return known
        capped = _capped(by, now)
        if capped:
            _tell_of_cap(by, now)
        else:
            given = [
                one or _write(by, household, Purpose.RESCUE, "", now)
                for one, household in zip(running, households, strict=True)
            ]
            ids = [household.pk for household in households]
            record("access.rescue", by=by, at=now, households=ids, grants=[one.pk for one in given])
            alert(PrivacyAlert.Kind.RESCUE, user=by, purpose=Purpose.RESCUE, households=ids, at=now)
    if capped:
        raise TooManyRescuesError
    return given


def _may_ask(by: Any) -> None:
    if not authority_of(by).holds(P.PERSON_REVEAL):
        raise NotAllowedError


def _write(by: Any, household: Household, purpose: str, reference: str, now: dt.datetime) -> AccessGrant:
    return AccessGrant.objects.create(
        user=by, household=household, purpose=purpose, reference=reference, granted_at=now, expires_at=now + LASTS
    )


def _capped(by: Any, now: dt.datetime) -> bool:
    searches = PrivacyAlert.objects.filter(user_id=by.pk, kind=PrivacyAlert.Kind.RESCUE, at__lte=now)
    night = list(searches.filter(at__gt=now - _NIGHT).values_list("at", flat=True)[: settings.WANGGE_RESCUES_A_NIGHT])
    hour = sum(1 for moment in night if moment > now - _HOUR)
    return hour >= settings.WANGGE_RESCUES_AN_HOUR or len(night) >= settings.WANGGE_RESCUES_A_NIGHT


def _tell_of_cap(by: Any, now: dt.datetime) -> None:
    """Once an hour is enough."""
    kind = PrivacyAlert.Kind.RESCUE_CAP
    if not PrivacyAlert.objects.filter(user_id=by.pk, kind=kind, at__gt=now - _HOUR, at__lte=now).exists():
        alert(kind, user=by, purpose=Purpose.RESCUE, at=now)
