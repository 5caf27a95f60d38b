"""Planning visits: every night for everybody, and at once for a household after its visit. At most one due visit per door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.domains.fieldwork import grounds, visit_facts, visiting
from wangge.domains.fieldwork.actions.steps import take, take_all
from wangge.domains.fieldwork.grounds import Grounds
from wangge.domains.fieldwork.models import Campaign, Link, VisitDue
from wangge.domains.people.models import Firm, Household
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

    from wangge.domains.fieldwork.visiting import Door, Due, Rule

_WHY = "planning visits, whoever may see them"
_AT_ONCE = 1000
_COLUMNS = ("due_on", "grounds", "area_path", "linked", "state", "changed_at")


def plan_all(*, at: dt.datetime | None = None, progress: Callable[[int], None] | None = None) -> int:
    """Bring the due visits of every household and firm up to the rules, part by part; how many doors were looked at.

    Safe to repeat: a second run writes nothing.
    """
    now = at or clock.now()
    looked = 0
    for rows, plan in (
        (Household.objects.unscoped(_WHY).filter(active=True, room__isnull=False).exclude(area_path=""), plan_homes),
        (Firm.objects.unscoped(_WHY).filter(valid_to__isnull=True).exclude(area_path=""), plan_firms),
    ):
        last = 0
        while part := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]):
            plan(part, at=now)
            last, looked = part[-1], looked + len(part)
            if progress is not None:
                progress(looked)
    with transaction.atomic():
        _drop_where_nobody_is(now)
    return looked


@transaction.atomic
def plan_homes(households: Iterable[int], *, at: dt.datetime) -> None:
    """Set the due visits of these households (by key)."""
    today = clock.day_of(at)
    pks = list(households)
    links = Link.objects.unscoped(_WHY).filter(in_force(today), household__in=pks)
    linked = dict(links.order_by().values_list("household_id", "user_id"))
    _plan("household", pks, visit_facts.homes(pks, today), linked, at)


@transaction.atomic
def plan_firms(firms: Iterable[int], *, at: dt.datetime) -> None:
    """Set the due visits of these firms (by key)."""
    pks = list(firms)
    _plan("firm", pks, visit_facts.firms(pks, clock.day_of(at)), {}, at)


def _plan(whose: str, pks: list[int], doors: dict[int, Door], linked: dict[int, int], now: dt.datetime) -> None:
    today = clock.day_of(now)
    rules = visit_facts.rules(today)
    at_place: dict[str, list[Rule]] = {}
    open_now = VisitDue.objects.unscoped(_WHY).filter(**{f"{whose}__in": pks}, state=VisitDue.State.OPEN)
    standing = {
        getattr(row, f"{whose}_id"): row
        for row in open_now.select_for_update(of=("self",)).select_related("campaign").order_by("pk")
    }
    new: list[VisitDue] = []
    changed: list[VisitDue] = []
    for pk in pks:
        door, row = doors.get(pk), standing.get(pk)
        asked = None
        if door is not None:
            held = at_place.get(door.area_path)
            if held is None:
                held = at_place[door.area_path] = visiting.rules_at(rules, door.area_path)
            asked = visiting.due(held, door, today)
        if row is None:
            if door is not None and asked is not None:
                new.append(_fresh(whose, pk, door, asked, linked.get(pk), today))
        elif _settle(row, door, asked, linked.get(pk), today):
            row.changed_at = now
            changed.append(row)
    # A visit made in this moment may have written the next one: that one stands.
    VisitDue.objects.bulk_create(new, ignore_conflicts=True)
    VisitDue.objects.unscoped(_WHY).bulk_update(changed, _COLUMNS)


def _fresh(whose: str, pk: int, door: Door, asked: Due, linked: int | None, today: dt.date) -> VisitDue:
    row = VisitDue(
        **{f"{whose}_id": pk},
        area_path=door.area_path,
        due_on=visiting.kept(None, asked.due_on, today),
        linked_id=_link(linked, asked),
    )
    row.grounds = grounds.seal(row, Grounds(asked.codes, asked.care))
    return row


def _settle(row: VisitDue, door: Door | None, asked: Due | None, linked: int | None, today: dt.date) -> bool:
    """Bring an open due visit up to what is asked now; whether anything changed."""
    campaign = row.campaign if row.campaign is not None and row.campaign.state == Campaign.State.RUNNING else None
    if door is None or door.leaving or (asked is None and campaign is None):
        take(row, VisitDue.State.DROPPED)
        return True
    why = Grounds(asked.codes, asked.care) if asked is not None else Grounds()
    wanted: dict[str, Any] = {"area_path": door.area_path, "linked_id": _link(linked, asked), "due_on": row.due_on}
    if asked is not None:
        wanted["due_on"] = visiting.kept(row.due_on, asked.due_on, today)
    if campaign is not None and campaign.due_on is not None:
        last = visiting.not_before(campaign.due_on, door)
        wanted["due_on"] = min(wanted["due_on"], last) if asked is not None else last
    before = {name: getattr(row, name) for name in wanted}
    same = before == wanted and grounds.opened(row) == why
    if not same:
        for name, value in wanted.items():
            setattr(row, name, value)
        row.grounds = grounds.seal(row, why)
    return not same


def _link(linked: int | None, asked: Due | None) -> int | None:
    """Whether they have really moved away is for the worker of the grid to see."""
    return None if asked is not None and visiting.GONE in asked.codes else linked


def _drop_where_nobody_is(now: dt.datetime) -> None:
    """Households that are here no longer, firms that closed: their due visits and links end."""
    gone = Household.objects.unscoped(_WHY).filter(active=False) | Household.objects.unscoped(_WHY).filter(
        room__isnull=True
    )
    closed = Firm.objects.unscoped(_WHY).filter(valid_to__isnull=False, valid_to__lte=clock.day_of(now))
    due = VisitDue.objects.unscoped(_WHY).filter(state=VisitDue.State.OPEN)
    take_all(due.filter(household__in=gone), VisitDue.State.DROPPED, changed_at=now)
    take_all(due.filter(firm__in=closed), VisitDue.State.DROPPED, changed_at=now)
    today = clock.day_of(now)
    links = Link.objects.unscoped(_WHY).filter(household__in=gone, valid_to__isnull=True)
    links.filter(valid_from__gte=today).delete()
    links.filter(valid_from__lt=today).update(valid_to=today)
