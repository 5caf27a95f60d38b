"""走访频次: which rules a door falls under, and when it is next due. Plain rules; nothing is read and nothing is written.

One visit answers every rule of its door at once. Nobody at home: again in three days, and nothing is held against anybody.
Who does not wish to be visited is left alone, but for an emergency that he would want to be told of.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING

from wangge.domains.fieldwork.models import Campaign, VisitRule

if TYPE_CHECKING:
    from collections.abc import Iterable

O = VisitRule.Object  # noqa: E741 — reads like the table it is
AGED_FROM = 80  # years, model.md 3.7
NEW_DAYS = 60  # so long somebody counts as newly moved in; then the yearly visit takes over
AGAIN_DAYS = 3  # nobody was at home
TOGETHER_DAYS = 7  # what falls due within so many days is done on the same visit

CARE = frozenset({O.NEED.value, O.AGED.value})  # what would say something about the people behind the door
OF_FIRMS = frozenset({O.FIRM.value, O.SITE.value})
EMERGENCIES = frozenset(
    {
        Campaign.Trigger.COLD.value,
        Campaign.Trigger.SNOW.value,
        Campaign.Trigger.RAIN.value,
        Campaign.Trigger.HEAT.value,
        Campaign.Trigger.WIND.value,
    }
)
GONE = "gone"  # the ground of a visit to see whether they have really moved away


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """A rule in force, as `VisitRule` holds it; `area_path` "" is everywhere."""

    code: str
    object: str
    every_days: int
    since: dt.date
    need: str = ""
    kind: str = ""
    area_path: str = ""

    @property
    def care(self) -> bool:
        """Whether it says something about the people there."""
        return self.object in CARE


@dataclasses.dataclass(frozen=True, slots=True)
class Door:
    """What is known of a household or a firm for planning; never kept, never shown."""

    area_path: str
    building: int
    known_since: dt.date
    firm: bool = False
    needs: frozenset[str] = frozenset()
    oldest: int | None = None
    moved_in: dt.date | None = None  # as told by people; a file that brings a whole street is no moving in
    kinds: frozenset[str] = frozenset()  # of a firm: its own kind
    sites: frozenset[str] = frozenset()  # of a firm: the kinds of key places it is
    seen_on: dt.date | None = None  # met, or verified in another way
    nobody_on: dt.date | None = None
    gone_on: dt.date | None = None
    declines: bool = False
    leaving: bool = False  # the moving away was told and is being verified


@dataclasses.dataclass(frozen=True, slots=True)
class Due:
    """When, and on what ground: `care` says that somebody there needs it, `codes` are the other rules."""

    due_on: dt.date
    codes: tuple[str, ...] = ()
    care: bool = False


def fits(door: Door, what: str, *, need: str = "", kind: str = "", today: dt.date) -> bool:
    """Whether a door is one of the objects of a rule or of a campaign's choice."""
    if (what in OF_FIRMS) != door.firm:
        return False
    if what == O.NEED:
        return need in door.needs
    if what == O.AGED:
        return door.oldest is not None and door.oldest >= AGED_FROM
    if what == O.NEW_TENANT:
        return door.moved_in is not None and door.moved_in >= today - dt.timedelta(days=NEW_DAYS)
    if what == O.FIRM:
        return not kind or kind in door.kinds
    if what == O.SITE:
        return bool(door.sites) if not kind else kind in door.sites
    return what == O.ORDINARY


def rules_at(rules: Iterable[Rule], area_path: str) -> list[Rule]:
    """The rules that hold at a place: of each code the one of the nearest place."""
    nearest: dict[str, Rule] = {}
    for rule in rules:
        if area_path.startswith(rule.area_path):
            held = nearest.get(rule.code)
            if held is None or len(rule.area_path) > len(held.area_path):
                nearest[rule.code] = rule
    return sorted(nearest.values(), key=lambda rule: rule.code)


def day_of(rule: Rule, door: Door, today: dt.date) -> dt.date | None:
    """By when a rule asks for a visit of this door; None where it does not apply."""
    if not fits(door, rule.object, need=rule.need, kind=rule.kind, today=today):
        return None
    every = dt.timedelta(days=rule.every_days)
    if rule.object == O.NEW_TENANT:
        if door.moved_in is None or (door.seen_on is not None and door.seen_on >= door.moved_in):
            return None
        return door.moved_in + every
    begin = max(rule.since, door.known_since)
    if door.seen_on is not None and door.seen_on + every >= begin:
        return door.seen_on + every
    # Never seen, or too long ago already when the rule or the registry began: else a whole street were due on one day.
    return begin + dt.timedelta(days=1 + door.building * 37 % rule.every_days)


def due(rules: Iterable[Rule], door: Door, today: dt.date) -> Due | None:
    """The next visit of a door by the rules of its place; None when it is to be left alone or nothing asks for one."""
    if door.leaving:
        return None
    if door.gone_on is not None and (door.seen_on is None or door.gone_on > door.seen_on):
        return Due(not_before(door.gone_on, door), (GONE,))
    if door.declines:
        return None
    asked = [(day, rule) for rule in rules if (day := day_of(rule, door, today)) is not None]
    if not asked:
        return None
    first = min(day for day, _rule in asked)
    together = [rule for day, rule in asked if day <= first + dt.timedelta(days=TOGETHER_DAYS)]
    codes = tuple(sorted(rule.code for rule in together if not rule.care))
    return Due(not_before(first, door), codes, any(rule.care for rule in together))


def not_before(day: dt.date, door: Door) -> dt.date:
    """Nobody was there since the last visit: not sooner than three days later. Else the day itself."""
    if door.nobody_on is None or (door.seen_on is not None and door.nobody_on <= door.seen_on):
        return day
    return max(day, door.nobody_on + dt.timedelta(days=AGAIN_DAYS))


def kept(standing: dt.date | None, asked: dt.date, today: dt.date) -> dt.date:
    """The day that stands on the list: never in the past when it is first written, and not moved on night after night."""
    target = max(asked, today)
    if standing is not None and asked <= standing <= target:
        return standing
    return target
