"""The house card 房→人→情→策 (四提四知): a room, who lives there, what is to be done for them, what they could claim.

事, the open matters, are cases and are joined by the door. Everything about persons is masked. Needs and policies are on
the card of those only who hold `person:need` at the place; whose needs or benefits it shows counts as looked at.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from wangge.domains.people import access, benefits, policies, ties
from wangge.domains.people.circumstances import KINDS
from wangge.domains.people.models import Firm, Household, Membership, Person, Relation
from wangge.domains.people.policies import Outcome
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import team_of
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.places.queries import grid_of_building

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wangge.domains.people.access import Masked
    from wangge.domains.people.benefits import Known, OpenEnrolment, OpenNeed
    from wangge.domains.people.circumstances import Kind
    from wangge.domains.people.models import PolicyVersion
    from wangge.domains.people.policies import Judgement
    from wangge.foundation.accounts.models import Post
    from wangge.foundation.places.models import Area, Room

FRESH_DAYS = 365
_WORKERS = {"grid_worker", "grid_head"}
_ORDER = {role: n for n, role in enumerate(Membership.Role.values)}
_MOST_FIRMS = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a household."""

    person: Person
    shown: Masked
    membership: Membership
    contacts: tuple[tuple[Relation, Masked], ...] = ()  # whom to call, guardians, carers


@dataclasses.dataclass(frozen=True, slots=True)
class Home:
    """A household in the room today."""

    household: Household
    since: dt.date | None
    basis: str
    members: tuple[Member, ...]
    fresh: bool

    @property
    def living(self) -> int:
        """How many live there."""
        return sum(one.membership.presence == Membership.Presence.LIVES for one in self.members)


@dataclasses.dataclass(frozen=True, slots=True)
class DutyLine:
    """One need, as what is to be done; `reviewing` says that its review is due."""

    who: Masked
    need: OpenNeed
    kind: Kind
    reviewing: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """What the conditions of one policy say of one person."""

    version: PolicyVersion
    judgement: Judgement


@dataclasses.dataclass(frozen=True, slots=True)
class Drawn:
    """A benefit that somebody draws; `due` says that it must be renewed soon."""

    enrolment: OpenEnrolment
    name: str
    due: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Benefits:
    """策 for one person: what he draws, could claim, could perhaps claim, and will be able to claim within a year."""

    person: Person
    who: Masked
    draws: tuple[Drawn, ...]
    could: tuple[Claim, ...]
    unsure: tuple[Claim, ...]
    soon: tuple[Claim, ...]

    @property
    def something(self) -> bool:
        """Whether there is anything to say at all."""
        return bool(self.draws or self.could or self.unsure or self.soon)


@dataclasses.dataclass(frozen=True, slots=True)
class HouseCard:
    """All that the card shows but the open matters. `duties` and `benefits` are None for whoever may not know."""

    room: Room
    grid: Area | None
    area_path: str
    workers: tuple[Post, ...]
    homes: tuple[Home, ...]
    owners: tuple[ties.Owner, ...]
    lets: tuple[ties.Let, ...]
    firms: tuple[Firm, ...]
    duties: tuple[DutyLine, ...] | None
    benefits: tuple[Benefits, ...] | None
    may_edit: bool
    today: dt.date

    @property
    def living(self) -> int:
        """How many live in the room."""
        return sum(home.living for home in self.homes)


def of(user: Any, pk: int, *, count: bool = True) -> HouseCard:
    """The card of a room in the reader's places (or under a running grant); `NotFoundError` for any other.

    Persons beyond his own places, and those of whom a need or a benefit is shown, count as looked at
    (`access.TooManyPersonsError`); `count=False` after a step on a card that was counted when it was opened.
    """
    room = access.get_room(user, pk)
    today = clock.today()
    grid = grid_of_building(room.entrance.building)
    area_path = access.room_path(room)
    authority = authority_of(user)
    households = access.shown_in(user, area_path, _households(room))
    memberships = _memberships(households, today)
    living_here = {one.person_id for one in memberships if one.presence == Membership.Presence.LIVES}
    own_place = access.is_under(area_path, access.places_of(user))
    tied = ties.of(room, households=None if own_place else households, living=living_here)
    contacts = _contacts(memberships, today)
    shown = access.masked(_everybody(memberships, contacts).values())
    persons = [one.person for one in memberships if one.person.state == Person.State.PRESENT]
    living = [one.person for one in memberships if one.presence == Membership.Presence.LIVES]
    living = [person for person in living if person.state == Person.State.PRESENT]
    knows = authority.may(P.PERSON_NEED, area_path=area_path)
    duties, claims = _duties_and_benefits(living, shown, today) if knows else (None, None)
    if count:
        access.listed(user, persons)
        access.seen(user, _opened(duties, claims))
    return HouseCard(
        room=room,
        grid=grid,
        area_path=area_path,
        workers=tuple(post for post in team_of(grid) if post.role in _WORKERS) if grid is not None else (),
        homes=tuple(_home(one, memberships, shown, contacts, today) for one in households),
        owners=tied.owners,
        lets=tied.lets,
        firms=tuple(Firm.objects.visible_to(user, P.FIRM_VIEW).filter(room=room, valid_to__isnull=True)[:_MOST_FIRMS]),
        duties=duties,
        benefits=claims,
        may_edit=authority.may(P.PERSON_EDIT, area_path=area_path),
        today=today,
    )


def household_in(user: Any, room_id: int, pk: int) -> Household:
    """A household that lives in a room of the reader's places; `NotFoundError` for any other."""
    room = access.get_room(user, room_id)
    household = next((one for one in _households(room) if one.pk == pk), None)
    if household is None:
        raise NotFoundError
    return household


def _households(room: Room) -> list[Household]:
    rows = Household.objects.unscoped("the room was checked").filter(room=room, active=True)
    return list(rows.select_related("verified_by").order_by("id"))


def _memberships(households: list[Household], today: dt.date) -> list[Membership]:
    rows = (
        Membership.objects.as_of(today)
        .filter(household__in=households)
        .exclude(person__state__in=(Person.State.DEAD, Person.State.MERGED))
        .select_related("person")
    )
    return sorted(rows, key=lambda one: (one.household_id, one.presence, _ORDER.get(one.role, 99), one.pk))


def _contacts(memberships: list[Membership], today: dt.date) -> dict[int, list[Relation]]:
    wanted = (Relation.Kind.CONTACT, Relation.Kind.GUARDIAN, Relation.Kind.CARER)
    rows = (
        Relation.objects.as_of(today)
        .filter(other__in=[one.person_id for one in memberships], kind__in=wanted)
        .exclude(person__state__in=(Person.State.DEAD, Person.State.MERGED, Person.State.ERASED))
        .select_related("person")
    )
    found: dict[int, list[Relation]] = {}
    for row in rows.order_by("id"):
        found.setdefault(row.other_id, []).append(row)
    return found


def _everybody(memberships: Iterable[Membership], contacts: dict[int, list[Relation]]) -> dict[int, Person]:
    found = {one.person_id: one.person for one in memberships}
    found |= {one.person_id: one.person for rows in contacts.values() for one in rows}
    return found


def _home(
    household: Household,
    memberships: Iterable[Membership],
    shown: dict[int, Masked],
    contacts: dict[int, list[Relation]],
    today: dt.date,
) -> Home:
    stay = household.stays.filter(valid_to__isnull=True).first()
    members = tuple(
        Member(
            one.person,
            shown[one.person_id],
            one,
            tuple((relation, shown[relation.person_id]) for relation in contacts.get(one.person_id, ())),
        )
        for one in memberships
        if one.household_id == household.pk
    )
    verified = household.verified_on
    return Home(
        household=household,
        since=stay.valid_from if stay is not None else None,
        basis=str(stay.get_basis_display()) if stay is not None else "",
        members=members,
        fresh=verified is not None and verified > today - dt.timedelta(days=FRESH_DAYS),
    )


def _duties_and_benefits(
    living: list[Person], shown: dict[int, Masked], today: dt.date
) -> tuple[tuple[DutyLine, ...], tuple[Benefits, ...]]:
    known = benefits.known_of(living, today)
    library, called = benefits.in_force(today), benefits.names()
    duties = [
        DutyLine(shown[person.pk], need, KINDS[need.kind], _runs_out(need.row.review_on, today, 30))
        for person in living
        for need in known.needs.get(person.pk, ())
        if need.kind in KINDS
    ]
    duties.sort(key=lambda line: line.kind.every_days or 999)
    claims = tuple(_benefits(person, shown[person.pk], known, library, called, today) for person in living)
    return tuple(duties), claims


def _benefits(
    person: Person, who: Masked, known: Known, library: list[PolicyVersion], called: dict[str, str], today: dt.date
) -> Benefits:
    judged = [Claim(*pair) for pair in benefits.judged(known.facts[person.pk], library, today, called)]
    by = {outcome: tuple(c for c in judged if c.judgement.outcome is outcome) for outcome in Outcome}
    later = today + dt.timedelta(days=FRESH_DAYS)
    facts = known.facts[person.pk]
    soon = tuple(c for c in by[Outcome.NOT] if policies.outcome(c.version.rules, facts, later) is Outcome.ELIGIBLE)
    draws = tuple(
        Drawn(one, called.get(one.policy, one.policy), _runs_out(one.row.renew_on, today, benefits.RENEW_WITHIN_DAYS))
        for one in known.enrolments.get(person.pk, ())
    )
    return Benefits(person, who, draws, by[Outcome.ELIGIBLE], by[Outcome.UNSURE], soon)


def _runs_out(day: dt.date | None, today: dt.date, within: int) -> bool:
    return day is not None and day <= today + dt.timedelta(days=within)


def _opened(duties: tuple[DutyLine, ...] | None, claims: tuple[Benefits, ...] | None) -> list[Person]:
    """Of whom a need or a benefit stands on the card."""
    found = {line.need.row.person_id for line in duties or ()}
    return [one.person for one in claims or () if one.draws or one.could or one.person.pk in found]
