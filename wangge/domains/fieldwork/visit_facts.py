"""What planning must know of households and firms: read in batches, held in memory, never written down."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import Max, Q

from wangge.domains.fieldwork.models import Visit, VisitRule
from wangge.domains.fieldwork.visiting import NEW_DAYS, Door, Rule
from wangge.domains.people.access import age_of
from wangge.domains.people.benefits import needs_of
from wangge.domains.people.models import (
    Firm,
    Household,
    Membership,
    Origin,
    Person,
    PopulationChange,
    Site,
    Stay,
)
from wangge.domains.people.sealing import Keyring
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force

if TYPE_CHECKING:
    from collections.abc import Iterable

_WHY = "planning visits, whoever may see them"
R = Visit.Result


def rules(today: dt.date) -> list[Rule]:
    """The rules in force whose matter is on the admission list today (清单外不走访)."""
    found = VisitRule.objects.as_of(today).filter(in_force(today, "matter__")).select_related("area")
    return [
        Rule(
            code=row.code,
            object=row.object,
            every_days=row.every_days,
            since=row.valid_from,
            need=row.need,
            kind=row.firm_kind,
            area_path=row.area.path if row.area is not None else "",
        )
        for row in found
    ]


def homes(pks: Iterable[int], today: dt.date) -> dict[int, Door]:
    """Households that live somewhere here, by key. Six queries and one read of keys, however many."""
    columns = ("pk", "area_path", "room__entrance__building_id", "created_at", "verified_on", "declines_visits")
    rows = (
        Household.objects.unscoped(_WHY)
        .filter(pk__in=list(pks), active=True, room__isnull=False)
        .exclude(area_path="")
        .order_by()
        .values_list(*columns)
    )
    standing = {row[0]: row for row in rows}
    living: dict[int, list[Person]] = defaultdict(list)
    seats = (
        Membership.objects.as_of(today)
        .filter(household__in=list(standing), presence=Membership.Presence.LIVES, person__state=Person.State.PRESENT)
        .order_by()
        .values_list("household_id", "person_id", "person__public_id", "person__born")
    )
    for household, pk, public_id, born in seats:
        living[household].append(Person(pk=pk, public_id=public_id, born=born))
    persons = [person for some in living.values() for person in some]
    ring = Keyring.of(person.public_id for person in persons)
    needs = needs_of(persons, ring, today)
    came = _moved_in(standing, today)
    last = _last("household", standing)
    leaving = set(
        PopulationChange.objects.unscoped(_WHY)
        .filter(
            household__in=list(standing),
            person__isnull=True,
            kind=PopulationChange.Kind.MOVE_OUT,
            state=PopulationChange.State.TOLD,
        )
        .values_list("household_id", flat=True)
    )
    return {
        pk: Door(
            area_path=path,
            building=building,
            known_since=clock.day_of(created),
            needs=frozenset(one.kind for person in living[pk] for one in needs.get(person.pk, ())),
            oldest=max((age for person in living[pk] if (age := _age(person, ring, today)) is not None), default=None),
            moved_in=came.get(pk),
            seen_on=max((day for day in (verified, last[pk].get(R.MET)) if day is not None), default=None),
            nobody_on=last[pk].get(R.NOBODY),
            gone_on=last[pk].get(R.GONE),
            declines=declines,
            leaving=pk in leaving,
        )
        for pk, path, building, created, verified, declines in standing.values()
    }


def firms(pks: Iterable[int], today: dt.date) -> dict[int, Door]:
    """Firms at a place here, by key. A visit that met nobody who wished to talk has been made all the same."""
    columns = ("pk", "area_path", "building_id", "room__entrance__building_id", "kind", "valid_from", "verified_on")
    rows = (
        Firm.objects.unscoped(_WHY)
        .filter(in_force(today), pk__in=list(pks))
        .exclude(area_path="")
        .order_by()
        .values_list(*columns)
    )
    standing = {row[0]: row for row in rows}
    sites: dict[int, set[str]] = defaultdict(set)
    for firm, kind in Site.objects.as_of(today).filter(firm__in=list(standing)).values_list("firm_id", "kind"):
        if firm is not None:
            sites[firm].add(kind)
    last = _last("firm", standing)
    found = {}
    for pk, path, building, of_room, kind, since, verified in standing.values():
        seen = [verified, *(last[pk].get(result) for result in (R.MET, R.DECLINED, R.GONE))]
        found[pk] = Door(
            area_path=path,
            building=building or of_room or 0,
            known_since=since,
            firm=True,
            kinds=frozenset({kind}),
            sites=frozenset(sites[pk]),
            seen_on=max((day for day in seen if day is not None), default=None),
            nobody_on=last[pk].get(R.NOBODY),
        )
    return found


def _moved_in(pks: Iterable[int], today: dt.date) -> dict[int, dt.date]:
    stays = Stay.objects.as_of(today).filter(
        household__in=list(pks), valid_from__gte=today - dt.timedelta(days=NEW_DAYS)
    )
    return dict(stays.exclude(source=Origin.IMPORT).order_by().values_list("household_id", "valid_from"))


def _last(whose: str, pks: Iterable[int]) -> dict[int, dict[str, dt.date]]:
    """The last day of each result, by our clock: a phone's clock decides no date."""
    rows = (
        Visit.objects.unscoped(_WHY)
        .filter(Q(**{f"{whose}__in": list(pks)}))
        .order_by()
        .values(f"{whose}_id", "result")
        .annotate(at=Max("recorded_at"))
    )
    found: dict[int, dict[str, dt.date]] = defaultdict(dict)
    for row in rows:
        found[row[f"{whose}_id"]][row["result"]] = clock.day_of(row["at"])
    return found


def _age(person: Any, ring: Keyring, today: dt.date) -> int | None:
    return age_of(ring.open(person.public_id, "people.person.born", person.born) or "", on=today)
