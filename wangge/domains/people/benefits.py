"""Reads about needs and benefits: what is recorded of persons, which policies hold, who could claim or must renew what.

Everything here is for holders of `person:need` at the place. Persons are listed only as people to be helped to a
benefit; there is no list and no filter of persons by what they need.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from wangge.domains.people import policies
from wangge.domains.people.models import (
    Circumstance,
    Enrolment,
    Entitlement,
    Membership,
    Person,
    Policy,
    PolicyVersion,
)
from wangge.domains.people.policies import Facts, Judgement, Need
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

RENEW_WITHIN_DAYS = 60  # a claim that runs out within so many days is on the list of renewals
PAGE = 20
BASIS = "basis"  # beside the particulars of a need, sealed with them


@dataclasses.dataclass(frozen=True, slots=True)
class OpenNeed:
    """A recorded need, readable."""

    row: Circumstance
    kind: str
    detail: dict[str, str]
    basis: str  # in words; kept with the particulars, for "disability certificate" says what must not stand in the open


@dataclasses.dataclass(frozen=True, slots=True)
class OpenEnrolment:
    """A benefit that somebody draws, readable."""

    row: Enrolment
    policy: str
    detail: str


# Policies


def in_force(on: dt.date | None = None) -> list[PolicyVersion]:
    """The version of every policy that holds on a day, by code."""
    found = PolicyVersion.objects.as_of(on or clock.today()).select_related("policy")
    return list(found.order_by("policy__code"))


def names() -> dict[str, str]:
    """What policies are called, by code, in the reader's language."""
    return {policy.code: policy.name for policy in Policy.objects.all()}


def get_policy(code: str) -> Policy:
    """The policy; `NotFoundError` when there is none."""
    policy = Policy.objects.filter(code=code).first()
    if policy is None:
        raise NotFoundError
    return policy


def versions(policy: Policy) -> list[PolicyVersion]:
    """All versions of a policy, newest first."""
    return list(policy.versions.select_related("by").order_by("-number"))


def version_at(policy: Policy, on: dt.date) -> PolicyVersion | None:
    """What a policy says on a day; None when it does not hold then."""
    return PolicyVersion.objects.as_of(on).filter(policy=policy).first()


# What is recorded


def needs_of(persons: Iterable[Person], ring: Keyring, on: dt.date) -> dict[int, list[OpenNeed]]:
    """The needs in force on a day, by person."""
    by_id = {person.pk: person for person in persons}
    found: dict[int, list[OpenNeed]] = defaultdict(list)
    for row in Circumstance.objects.as_of(on).filter(person__in=list(by_id)).order_by("id"):
        subject = by_id[row.person_id].public_id
        kind = ring.open(subject, "people.circumstance.kind", row.kind)
        if not kind:  # erased
            continue
        detail = ring.open(subject, "people.circumstance.detail", row.detail)
        particulars: dict[str, str] = json.loads(detail) if detail else {}
        basis = particulars.pop(BASIS, "")
        found[row.person_id].append(OpenNeed(row, kind, particulars, basis))
    return found


def enrolments_of(persons: Iterable[Person], ring: Keyring, on: dt.date) -> dict[int, list[OpenEnrolment]]:
    """The benefits that are drawn on a day, by person."""
    by_id = {person.pk: person for person in persons}
    found: dict[int, list[OpenEnrolment]] = defaultdict(list)
    for row in Enrolment.objects.as_of(on).filter(person__in=list(by_id)).order_by("id"):
        subject = by_id[row.person_id].public_id
        code = ring.open(subject, "people.enrolment.policy", row.policy)
        if not code:
            continue
        detail = ring.open(subject, "people.enrolment.detail", row.detail) or ""
        found[row.person_id].append(OpenEnrolment(row, code, detail))
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """What is known of some persons on a day: facts for the policies, and the rows behind them."""

    facts: dict[int, Facts]
    needs: Mapping[int, list[OpenNeed]]
    enrolments: Mapping[int, list[OpenEnrolment]]


def known_of(persons: Sequence[Person], on: dt.date) -> Known:
    """The facts of persons, with those of everybody who lives in their households. Five queries and one key read."""
    homes = Membership.objects.as_of(on).filter(presence=Membership.Presence.LIVES)
    ids = [person.pk for person in persons]
    household_of = dict(homes.filter(person__in=ids).order_by().values_list("person_id", "household_id"))
    living: dict[int, list[int]] = defaultdict(list)
    pairs = homes.filter(household__in=set(household_of.values()), person__state=Person.State.PRESENT)
    for household_id, person_id in pairs.order_by().values_list("household_id", "person_id"):
        living[household_id].append(person_id)
    with_them = {pk for members in living.values() for pk in members} - set(ids)
    others = Person.objects.unscoped("live in the household of a person at hand; only their needs are read")
    everybody = [*persons, *others.filter(pk__in=with_them).only("pk", "public_id")]
    ring = Keyring.of(person.public_id for person in everybody)
    needs, enrolments = needs_of(everybody, ring, on), enrolments_of(everybody, ring, on)
    facts = {}
    for person in persons:
        home = household_of.get(person.pk)
        members = living[home] if home is not None else [person.pk]

        def plain(field: str, one: Person = person) -> str:
            return ring.open(one.public_id, f"people.person.{field}", getattr(one, field)) or ""

        facts[person.pk] = Facts(
            born=plain("born"),
            sex=plain("sex"),
            registration=person.registration,
            needs=tuple(Need(one.kind, one.detail) for one in needs.get(person.pk, ())),
            draws=frozenset(one.policy for one in enrolments.get(person.pk, ())),
            household_size=len(members) if home is not None else None,
            household_needs=tuple(Need(one.kind, one.detail) for pk in members for one in needs.get(pk, ())),
            household_draws=frozenset(one.policy for pk in members for one in enrolments.get(pk, ())),
        )
    return Known(facts, needs, enrolments)


def judged(
    facts: Facts, library: Iterable[PolicyVersion], on: dt.date, called: Mapping[str, str]
) -> list[tuple[PolicyVersion, Judgement]]:
    """Every policy that he does not draw yet, with what its conditions say of a person."""
    return [
        (version, policies.judge(version.rules, facts, on, called))
        for version in library
        if version.policy.code not in facts.draws
    ]


def found_in(entitlement: Entitlement, ring: Keyring, person: Person) -> dict[str, list[str]]:
    """What the nightly matching found: {"eligible": [code …], "unsure": [code …]}; empty when erased."""
    text = ring.open(person.public_id, "people.entitlement.found", entitlement.found)
    found: dict[str, list[str]] = json.loads(text) if text else {}
    return found


# Lists


def unclaimed(user: Any, *, after: int = 0, limit: int = PAGE) -> list[Entitlement]:
    """应享未享: persons at the reader's places for whom the last night found a benefit they do not draw, by key."""
    found = Entitlement.objects.visible_to(user, P.PERSON_NEED).filter(unclaimed=True, pk__gt=after)
    return list(found.select_related("person").order_by("pk")[:limit])


def renewals(user: Any, *, after: tuple[dt.date, int] | None = None, limit: int = PAGE) -> list[Enrolment]:
    """到期续办: benefits at the reader's places that run out within 60 days or have run out, next first."""
    today = clock.today()
    places = authority_of(user).places(P.PERSON_NEED)
    found = due_renewals(today).filter(under("person__area_path", places))
    if after is not None:
        day, pk = after
        found = found.filter(renew_on__gte=day).exclude(renew_on=day, pk__lte=pk)
    return list(found.select_related("person").order_by("renew_on", "pk")[:limit])


def due_renewals(today: dt.date) -> Any:
    """Benefits of persons who live here that must be renewed within 60 days: a queryset."""
    return Enrolment.objects.as_of(today).filter(
        renew_on__lte=today + dt.timedelta(days=RENEW_WITHIN_DAYS), person__state=Person.State.PRESENT
    )


def rooms_of(persons: Iterable[Person], on: dt.date) -> dict[int, Any]:
    """The room in which each lives on a day, with its building, by person."""
    homes = (
        Membership.objects.as_of(on)
        .filter(person__in=[person.pk for person in persons], presence=Membership.Presence.LIVES)
        .select_related("household__room__entrance__building__compound")
    )
    return {one.person_id: one.household.room for one in homes.order_by() if one.household.room is not None}


def get_need(user: Any, pk: int) -> Circumstance:
    """One recorded need at the reader's places; else `NotFoundError`."""
    row = Circumstance.objects.select_related("person").filter(pk=pk).first()
    if row is None or not authority_of(user).may(P.PERSON_NEED, area_path=row.person.area_path):
        raise NotFoundError
    return row


def get_enrolment(user: Any, pk: int) -> Enrolment:
    """One enrolment at the reader's places; else `NotFoundError`."""
    row = Enrolment.objects.select_related("person").filter(pk=pk).first()
    if row is None or not authority_of(user).may(P.PERSON_NEED, area_path=row.person.area_path):
        raise NotFoundError
    return row


def lives_in(person: Person, room_id: int) -> bool:
    """Whether somebody lives in a room today."""
    room = rooms_of([person], clock.today()).get(person.pk)
    return room is not None and room.pk == room_id
