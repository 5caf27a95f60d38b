"""Who may see whose entry, masked; and how many persons one account may look at in a day.

A person is seen by those who hold `person:view` at his present home. Somebody without one here (only registered, moved
away, an owner who lives elsewhere) is seen at the places he is tied to: households he belonged to, rooms he owns or lets.
Beyond that only by a running `AccessGrant`: one household, one purpose, 30 minutes. What is not seen does not exist.

The throttle (S8): every person whose entry is opened or revealed counts, wherever he lives (`seen`); of lists only the
masked rows beyond the reader's own places count (`listed`): the list of one's own grid is one's work. 50 different
persons a day; the next is refused, nothing of him is shown, and the privacy officers are alarmed. An officer who finds
that day's alarm justified gives as many again. The search for a lost person does not count: it has a cap of its own.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import masks
from wangge.domains.people.alerts import alert
from wangge.domains.people.models import AccessGrant, Firm, Household, Membership, Person, PersonSeen, PrivacyAlert
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit.queries import acts
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.problems import NotFoundError, Problem
from wangge.foundation.core.scoping import under
from wangge.foundation.places.models import BuildingGrid, Room

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

_DAY_LOCK = 0x7065  # with the user's id: two pages of one account opened at once count one after the other


class TooManyPersonsError(Problem):
    """One account looked at as many persons today as one account may."""

    code = "too-many-persons"
    status = 429
    title = _("You have looked at very many people today.")
    kept = _("This entry was not opened. The privacy officer was told.")
    remedy = _("Go on tomorrow; if your work needs it today, call the privacy officer.")


@dataclasses.dataclass(frozen=True, slots=True)
class Masked:
    """What lists and cards show of a person. "" is not recorded; all "" when he was erased."""

    name: str = ""
    sex: str = ""  # "m", "f"
    age: int | None = None  # full years today
    id_number: str = ""
    phone: str = ""
    registered_address: str = ""
    former_name: str = ""
    work_or_school: str = ""
    erased: bool = False


ERASED = Masked(erased=True)


def places_of(user: Any, permission: P = P.PERSON_VIEW) -> list[str]:
    """The reader's own places: paths at and under which `permission` is held."""
    return authority_of(user).places(permission)


def is_under(area_path: str, places: Iterable[str]) -> bool:
    """Whether a path lies at or under one of the places; "" (no home here) under none."""
    return bool(area_path) and any(area_path.startswith(place) for place in places)


def may_see(user: Any, area_path: str, household_id: int | None = None) -> bool:
    """Whether entries at a place, or those of one household, may be shown to somebody (masked)."""
    if is_under(area_path, places_of(user)):
        return True
    return household_id is not None and running_grant(user, [household_id]) is not None


def grants_of(user: Any, *, at: dt.datetime | None = None) -> list[AccessGrant]:
    """The grants that somebody holds now, newest first."""
    now = at or clock.now()
    if not authority_of(user).grants:
        return []
    found = AccessGrant.objects.filter(user_id=user.pk, granted_at__lte=now, expires_at__gt=now)
    return list(found.select_related("household").order_by("-pk")[:100])


def running_grant(
    user: Any, household_ids: Iterable[int], *, purpose: str | None = None, at: dt.datetime | None = None
) -> AccessGrant | None:
    """A grant in force for one of these households (for that purpose), or None. It dies with the last post, too."""
    ids = set(household_ids)
    held = [grant for grant in grants_of(user, at=at) if grant.household_id in ids] if ids else []
    return next((grant for grant in held if purpose is None or grant.purpose == purpose), None)


def households_of(person: Person) -> list[int]:
    """The households to which a person belongs today, living there or only registered."""
    found = Membership.objects.as_of(clock.today()).filter(person=person)
    return list(found.values_list("household_id", flat=True).distinct())


def sees(user: Any, person: Person, permission: P = P.PERSON_VIEW) -> bool:
    """Whether a person is within somebody's places, by his home or, without one, by what ties him to a place."""
    places = places_of(user, permission)
    if person.area_path:
        return is_under(person.area_path, places)
    if person.merged_into is not None:
        return sees(user, person.merged_into, permission)
    return bool(places) and _tied(places).filter(pk=person.pk).exists()


def _tied(places: list[str]) -> Any:
    """Persons without a home of their own here, who are tied to one of these places."""
    here = Q(entrance__building__grids__valid_to__isnull=True) & under("entrance__building__grids__grid__path", places)
    rooms = Room.objects.filter(here).values("pk")
    homes = Household.objects.unscoped("inside the scope of its reader").filter(under("area_path", places)).values("pk")
    return (
        Person.objects.unscoped("the condition is the scope")
        .filter(area_path="")
        .filter(
            Q(memberships__household__in=homes)
            | Q(memberships__household__stays__room__in=rooms)
            | Q(titles__room__in=rooms)
            | Q(lets__room__in=rooms)
        )
    )


def get_person(user: Any, public_id: uuid.UUID | str, permission: P = P.PERSON_VIEW) -> Person:
    """The entry, in the reader's places or (to look, nothing else) under a running grant; else `NotFoundError`.

    A merged entry is itself.
    """
    person: Person | None = Person.objects.unscoped("checked on the next line").filter(public_id=public_id).first()
    if person is None or not (sees(user, person, permission) or _granted(user, households_of(person), permission)):
        raise NotFoundError
    return person


def _granted(user: Any, household_ids: Iterable[int], permission: P) -> bool:
    """A grant opens households to be looked at. It lets nobody change, merge or tell anything there."""
    return permission == P.PERSON_VIEW and running_grant(user, household_ids) is not None


def get_household(user: Any, public_id: uuid.UUID | str, permission: P = P.PERSON_VIEW) -> Household:
    """The household with its room, in the reader's places or under a running grant; else `NotFoundError`."""
    household: Household | None = (
        Household.objects.unscoped("checked below")
        .select_related("room__entrance__building__compound")
        .filter(public_id=public_id)
        .first()
    )
    if household is None:
        raise NotFoundError
    if is_under(household.area_path, places_of(user, permission)) or _granted(user, [household.pk], permission):
        return household
    raise NotFoundError


def get_room(user: Any, pk: int, permission: P = P.PERSON_VIEW) -> Room:
    """The room in the reader's places, or that of a household for which a grant runs; else `NotFoundError`."""
    room = Room.objects.select_related("entrance__building__compound").filter(pk=pk).first()
    if room is None:
        raise NotFoundError
    if is_under(room_path(room), places_of(user, permission)):
        return room
    if permission == P.PERSON_VIEW and any(grant.household.room_id == room.pk for grant in grants_of(user)):
        return room
    raise NotFoundError


def shown_in(user: Any, area_path: str, households: Iterable[Household]) -> list[Household]:
    """Of the households in a room those that the reader may see: under a grant only the one it names, no flatmates."""
    if is_under(area_path, places_of(user)):
        return list(households)
    granted = {grant.household_id for grant in grants_of(user)}
    return [one for one in households if one.pk in granted]


def get_firm(user: Any, public_id: uuid.UUID | str, permission: P = P.FIRM_VIEW) -> Firm:
    """The firm in the reader's places; else `NotFoundError`."""
    firm: Firm | None = Firm.objects.visible_to(user, permission).filter(public_id=public_id).first()
    if firm is None:
        raise NotFoundError
    return firm


def members_of(household: Household) -> list[Person]:
    """Who belongs to a household today, living there or only registered, in the order of their entries."""
    seats = Membership.objects.as_of(clock.today()).filter(household=household).select_related("person")
    return [seat.person for seat in seats]


def room_path(room: Room, *, on: dt.date | None = None) -> str:
    """The path of the grid (else of the community) in which a room lies on a day."""
    building = room.entrance.building
    links = BuildingGrid.objects.filter(in_force(on or clock.today()), building=building)
    return links.values_list("grid__path", flat=True).first() or building.community.path


def masked(persons: Iterable[Person]) -> dict[int, Masked]:
    """What may be shown of each, by primary key; the keys of all are read at once."""
    wanted = list(persons)
    ring = Keyring.of(person.public_id for person in wanted)
    return {person.pk: mask(person, ring) for person in wanted}


def mask(person: Person, ring: Keyring) -> Masked:
    """One person, with the keys at hand."""

    def plain(field: str) -> str | None:
        return ring.open(person.public_id, f"people.person.{field}", getattr(person, field))

    name = plain("name")
    if name is None or person.state == Person.State.ERASED:
        return ERASED
    return Masked(
        name=masks.name(name),
        sex=plain("sex") or "",
        age=age_of(plain("born") or ""),
        id_number=masks.id_number(plain("id_number") or ""),
        phone=masks.phone(plain("phone") or ""),
        registered_address=masks.address(plain("registered_address") or ""),
        former_name=masks.name(plain("former_name") or ""),
        work_or_school=masks.name(plain("work_or_school") or ""),
    )


def age_of(born: str, *, on: dt.date | None = None) -> int | None:
    """Full years on a day (today) from "1950-03-07", "1950-03" or "1950"; None from anything else.

    Where month or day is not known, the birthday counts as past.
    """
    today = on or clock.today()
    parts = born.split("-")
    if not 1 <= len(parts) <= 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    year, rest = int(parts[0]), tuple(int(part) for part in parts[1:])
    age = today.year - year - (1 if (today.month, today.day)[: len(rest)] < rest else 0)
    return age if 0 <= age < 150 else None


def listed(user: Any, persons: Iterable[Person], *, at: dt.datetime | None = None) -> None:
    """Count the masked rows of a list: only persons beyond the reader's own places. Raises like `seen`."""
    places = places_of(user)
    seen(user, [person for person in persons if not is_under(person.area_path, places)], at=at)


def seen(user: Any, persons: Iterable[Person], *, at: dt.datetime | None = None) -> None:
    """Count persons whose entries are opened or revealed, before anything of them is shown.

    `TooManyPersonsError`, and an alarm, when that would be more different persons today than one account may see; then
    none of them is counted. Call it outside a transaction: the alarm must stay although the page is refused.
    """
    now = at or clock.now()
    day = clock.day_of(now)
    wanted = {person.pk for person in persons}
    if not wanted:
        return
    with transaction.atomic():
        _one_after_the_other(user)
        today = PersonSeen.objects.filter(user_id=user.pk, day=day)
        known = set(today.filter(person_id__in=wanted).values_list("person_id", flat=True))
        new = wanted - known
        if not new:
            return
        refused = today.count() + len(new) > _allowance(user, day)  # at most a few hundred rows, by the index
        if refused:
            _alarm(user, now, day)
        else:
            PersonSeen.objects.bulk_create(
                [PersonSeen(user_id=user.pk, day=day, person_id=pk, at=now) for pk in sorted(new)],
                ignore_conflicts=True,
            )
    if refused:
        raise TooManyPersonsError


def firm_seen(user: Any, firm_id: int, *, at: dt.datetime) -> bool:
    """Whether one more firm's contact may be shown today: he is a person too. False raises the alarm.

    Call it in the transaction that writes the audit row of the look: by these rows it counts.
    """
    day = clock.day_of(at)
    _one_after_the_other(user)
    rows = acts(("firm.reveal",), since=dt.datetime.combine(day, dt.time(), clock.OFFICE), actor_ids=[user.pk])
    known = {row.subject_id for row in rows}
    if firm_id in known or len(known) < _allowance(user, day):
        return True
    _alarm(user, at, day)
    return False


def seen_today(user: Any) -> int:
    """How many different persons an account looked at today."""
    return seen_on(user, clock.today())


def seen_on(user: Any, day: dt.date) -> int:
    """How many different persons an account looked at on a day; at most a few hundred, by the index."""
    return PersonSeen.objects.filter(user_id=user.pk, day=day).count()


def _one_after_the_other(user: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_DAY_LOCK, user.pk % 2**31])


def _allowance(user: Any, day: dt.date) -> int:
    limit: int = settings.WANGGE_PERSONS_A_DAY
    alarms = PrivacyAlert.objects.filter(
        user_id=user.pk, kind=PrivacyAlert.Kind.MANY, reference=day.isoformat(), verdict=PrivacyAlert.Verdict.JUSTIFIED
    )
    return limit * (1 + alarms.count())


def _alarm(user: Any, now: dt.datetime, day: dt.date) -> None:
    """One open alarm a day is enough; the officer's verdict on it opens the next."""
    alarms = PrivacyAlert.objects.filter(user_id=user.pk, kind=PrivacyAlert.Kind.MANY, reference=day.isoformat())
    if not alarms.exclude(verdict=PrivacyAlert.Verdict.JUSTIFIED).exists():
        alert(PrivacyAlert.Kind.MANY, user=user, reference=day.isoformat(), at=now)
