"""Who could claim what, computed every night and again when a fact changes; renewals and reviews become duties.

The result is sealed under the person's key; in the open stands only that there is something to tell him. A duty names a
room, never a person or a benefit: in it, something runs out.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import translation

from wangge.domains.people import benefits, policies
from wangge.domains.people.homes import address_of
from wangge.domains.people.models import Circumstance, Entitlement, Membership, Person
from wangge.domains.people.policies import Outcome
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.duties.actions import finish_duties, open_duty
from wangge.foundation.duties.models import Duty
from wangge.foundation.places.models import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from wangge.domains.people.models import PolicyVersion
    from wangge.domains.people.policies import Facts

kinds.declare("need.lapse")

RENEW, REVIEW = "benefit.renew", "need.review"
SUBJECT = "room"
REVIEW_WITHIN_DAYS = 30
_AT_ONCE = 500


def match_all(*, at: dt.datetime | None = None, progress: Callable[[int], None] | None = None) -> int:
    """Match everybody who lives here, part by part; how many have something to claim. Safe to repeat."""
    now = at or clock.now()
    library = benefits.in_force(clock.day_of(now))
    with transaction.atomic():
        _nothing_without_a_home()
    last, something, seen = 0, 0, 0
    while True:
        everybody = Person.objects.unscoped("the nightly matching").filter(state=Person.State.PRESENT, pk__gt=last)
        with transaction.atomic():
            part = list(everybody.exclude(area_path="").order_by("pk")[:_AT_ONCE])
            if not part:
                return something
            something += _match(part, library, now)
        last, seen = part[-1].pk, seen + len(part)
        if progress is not None:
            progress(seen)


def rematch_household_of(person: Person, *, at: dt.datetime | None = None) -> None:
    """A fact of a person has changed: match him and those who live with him, and set the duties of their room."""
    now = at or clock.now()
    lives = Membership.objects.as_of(clock.day_of(now)).filter(presence=Membership.Presence.LIVES)
    homes = lives.filter(person=person).order_by().values_list("household_id", "household__room_id")
    households, rooms = {pk for pk, _room in homes}, {room for _pk, room in homes if room is not None}
    rematch({person.pk}, households, rooms, at=now)


def rematch(persons: Iterable[int], households: Iterable[int], rooms: Iterable[int], *, at: dt.datetime) -> None:
    """Match these persons and whoever lives in these households today, and set the duties of these rooms. All by key."""
    today = clock.day_of(at)
    lives = Membership.objects.as_of(today).filter(presence=Membership.Presence.LIVES)
    members = lives.filter(household__in=set(households), person__state=Person.State.PRESENT)
    ids = {*members.exclude(person__area_path="").order_by().values_list("person_id", flat=True), *persons}
    if ids:
        rows = Person.objects.unscoped("those whose facts, or whose household, an action changed").filter(pk__in=ids)
        _match(list(rows), benefits.in_force(today), at)
    found = Room.objects.filter(pk__in=set(rooms)).select_related("entrance__building__compound")
    if found:
        _set_duties({room.pk: room for room in found}, at)


@transaction.atomic
def _match(persons: Sequence[Person], library: list[PolicyVersion], now: dt.datetime) -> int:
    """Write what the matching finds for these persons; nothing to claim and nothing unsure leaves no row."""
    today = clock.day_of(now)
    present = [p for p in persons if p.state == Person.State.PRESENT and p.area_path]
    known = benefits.known_of(present, today)
    ring = Keyring.of(person.public_id for person in present)
    standing = {row.person_id: row for row in _of(persons).select_for_update()}
    new: list[Entitlement] = []
    changed: list[Entitlement] = []
    keep, something = set(), 0
    for person in present:
        found = _claims(known.facts[person.pk], library, today)
        if not any(found.values()):
            continue
        something += bool(found["eligible"])
        keep.add(person.pk)
        row = standing.get(person.pk)
        if row is not None and row.area_path == person.area_path and benefits.found_in(row, ring, person) == found:
            continue
        try:
            sealed = ring.seal(person.public_id, "people.entitlement.found", json.dumps(found))
        except KeyError:  # erased in this moment
            continue
        target = row or Entitlement(person=person)
        target.area_path, target.unclaimed, target.computed_at = person.area_path, bool(found["eligible"]), now
        target.found = sealed or b""
        (changed if row is not None else new).append(target)
    Entitlement.objects.bulk_create(new)
    Entitlement.objects.unscoped("of the persons at hand").bulk_update(
        changed, ["area_path", "unclaimed", "computed_at", "found"]
    )
    _of([person for person in persons if person.pk not in keep]).delete()
    return something


def _claims(facts: Facts, library: list[PolicyVersion], today: dt.date) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"eligible": [], "unsure": []}
    for version in library:
        if version.policy.code in facts.draws:
            continue
        outcome = policies.outcome(version.rules, facts, today)
        if outcome is not Outcome.NOT:
            found[outcome.value].append(version.policy.code)
    return found


def _of(persons: Sequence[Person]) -> Any:
    return Entitlement.objects.unscoped("of the persons at hand").filter(person__in=[p.pk for p in persons])


def _nothing_without_a_home() -> None:
    """Whoever has moved away, died or was merged is told nothing."""
    gone = Entitlement.objects.unscoped("the nightly matching").exclude(person__state=Person.State.PRESENT)
    gone.delete()
    Entitlement.objects.unscoped("the nightly matching").filter(person__area_path="").delete()


def lapse_unconfirmed(*, at: dt.datetime | None = None) -> int:
    """A need whose review has passed without a word ends: nothing sensitive is kept because it was forgotten."""
    now = at or clock.now()
    today = clock.day_of(now)
    with transaction.atomic():
        rows = list(Circumstance.objects.as_of(today).select_for_update().filter(review_on__lt=today)[:5000])
        for row in rows:
            record("need.lapse", by=None, subject=row, at=now, person=row.person_id)
            if row.valid_from >= today:
                row.delete()
                continue
            row.valid_to = today
            row.save(update_fields=["valid_to"])
    return len(rows)


def remind(*, at: dt.datetime | None = None) -> int:
    """Open a duty for every room in which a benefit or a need runs out soon, and close those that are done.

    How many rooms have one.
    """
    now = at or clock.now()
    today = clock.day_of(now)
    due = set(benefits.due_renewals(today).order_by().values_list("person_id", flat=True))
    due |= set(_due_reviews(today).order_by().values_list("person_id", flat=True))
    persons = Person.objects.unscoped("the nightly reminder").filter(pk__in=due).only("pk")
    rooms = {room.pk: room for room in benefits.rooms_of(persons, today).values()}
    open_now = Duty.objects.filter(subject_type=SUBJECT, kind__in=(RENEW, REVIEW), done_at__isnull=True)
    with transaction.atomic():
        for gone in set(open_now.values_list("subject_id", flat=True)) - rooms.keys():
            for kind in (RENEW, REVIEW):
                finish_duties(subject_type=SUBJECT, subject_id=gone, kind=kind, at=now)
        _set_duties(rooms, now)
    return len(rooms)


def _due_reviews(today: dt.date) -> Any:
    return Circumstance.objects.as_of(today).filter(
        review_on__lte=today + dt.timedelta(days=REVIEW_WITHIN_DAYS), person__state=Person.State.PRESENT
    )


def _set_duties(rooms: dict[int, Room], now: dt.datetime) -> None:
    """For each room and kind: a duty when something runs out in it, none when nothing does."""
    today = clock.day_of(now)
    standing = Duty.objects.filter(subject_type=SUBJECT, subject_id__in=list(rooms), done_at__isnull=True)
    held = {(duty.subject_id, duty.kind): duty for duty in standing}
    lives_here = {
        "person__memberships__household__room__in": list(rooms),
        "person__memberships__presence": Membership.Presence.LIVES,
        "person__memberships__valid_to__isnull": True,
    }
    for kind, rows, day in (
        (RENEW, benefits.due_renewals(today), "renew_on"),
        (REVIEW, _due_reviews(today), "review_on"),
    ):
        wanted: dict[int, tuple[dt.date, str]] = {}
        columns = ("person__memberships__household__room_id", day, "person__area_path")
        for room_id, due_on, area_path in rows.filter(**lives_here).order_by(day).values_list(*columns):
            if area_path:
                wanted.setdefault(room_id, (due_on, area_path))
        for room_id, room in rooms.items():
            duty, due = held.get((room_id, kind)), wanted.get(room_id)
            if duty is not None and (due is None or (duty.due_at, duty.area_path) != (_end_of(due[0]), due[1])):
                finish_duties(subject_type=SUBJECT, subject_id=room_id, kind=kind, at=now)
                duty = None
            if duty is None and due is not None:
                open_duty(
                    kind=kind,
                    subject_type=SUBJECT,
                    subject_id=room_id,
                    label=called(room),
                    due_at=_end_of(due[0]),
                    permission=P.PERSON_NEED,
                    area_path=due[1],
                    at=now,
                )


def _end_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(18), tzinfo=clock.OFFICE)


def called(room: Room) -> str:
    """How people call a room: 物业所家属院3号楼2单元301."""
    with translation.override("zh-hans"):
        return address_of(room).replace(" ", "")[-60:]
