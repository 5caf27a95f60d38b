"""What a worker's phone holds of the grids on duty: places, checkpoints, rounds, open cases, duties, due visits, matters.

Nothing of the resident registry: no name, no phone, no number, no need, no ground of a visit. What somebody wrote about a
case is cut to 120 characters, and its long runs of digits are masked. `COLLECTIONS` is the whole list; a part of the
phone that needs more gets a collection here, with its permission.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import re
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from wangge.domains.cases import queries as cases
from wangge.domains.cases.models import Case, State
from wangge.domains.cases.surroundings import with_matters
from wangge.domains.fieldwork.models import (
    Campaign,
    Checkpoint,
    FieldTask,
    Round,
    RoundWindow,
    StandUp,
    VisitDue,
    WeatherNotice,
)
from wangge.domains.fieldwork.on_duty import grids_on_duty, last_day, posts_on_duty, unit_posts
from wangge.domains.fieldwork.phones import open_refusals, told
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.roles import ROLES
from wangge.foundation.catalogue.queries import matters
from wangge.foundation.core import clock
from wangge.foundation.core.scoping import under
from wangge.foundation.duties.queries import to_do
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Choices

    from wangge.domains.fieldwork.deltas import Item
    from wangge.foundation.accounts.models import Post, User
    from wangge.foundation.duties.models import Duty
    from wangge.foundation.places.models import Area

_TEXT = 120
_DIGITS = re.compile(r"\d(?:[ \-]?\d){6,}")  # a phone number or an identity number somebody wrote into the text
_OF_A_UNIT = frozenset({"me", "todo", "cases", "matters", "refused"})  # who handles cases has no grid of his own
_MOST_CASES, _MOST_DUTIES, _MOST_VISITS = 1000, 200, 5000
_OPEN_ROUND_DAYS = 2
# Five thousand doors are read as plain rows; made into objects they take four times as long.
_OF_A_VISIT = (
    *("public_id", "due_on", "household_id", "linked_id", "campaign_id", "firm__building_id", "firm__address"),
    *(
        f"{whose}__{part}"
        for whose in ("household", "firm")
        for part in ("room_id", "room__name", "room__floor", "room__entrance__name", "room__entrance__building_id")
    ),
)
# Duty → the steps that the phone offers for it, in the order in which they are shown. Whether they are allowed is the
# action's to say; a duty that is not here leads to its page.
VERBS: dict[str, tuple[str, ...]] = {
    "case.needs_info": ("supplement",),
    "case.dispatched": ("sign_for", "send_back"),
    "case.handling": ("handle", "contact"),
    "case.handled": ("verify", "rework"),
    "case.second_check": ("pass_second_check", "fail_second_check"),
    "case.part": ("assist_done",),
}


class Ground:
    """One person's posts and grids of today, read once for all collections."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.posts: list[Post] = posts_on_duty(user)
        self.for_unit: list[Post] = unit_posts(user) if not self.posts else []
        self.grids: list[Area] = grids_on_duty(user) if self.posts else []
        self.ids = [grid.pk for grid in self.grids]
        self.paths = [grid.path for grid in self.grids]
        self.today = clock.today()

    @property
    def on_duty(self) -> bool:
        """Whether the phone may hold anything."""
        return bool(self.posts or self.for_unit)

    @property
    def last_day(self) -> dt.date | None:
        """The last day of these posts; None while one has no end."""
        return last_day(self.posts or self.for_unit)

    @functools.cached_property
    def duties(self) -> list[Duty]:
        """What the person still has to do, next due first."""
        return to_do(self.user, limit=_MOST_DUTIES)

    def holds(self, permission: P) -> bool:
        """Whether the permission is held anywhere."""
        return authority_of(self.user).holds(permission)


def working_set(user: User) -> tuple[Ground, dict[str, list[Item]]]:
    """Every collection of a person's phone as of now, in no order; all empty for who is not on duty anywhere."""
    ground = Ground(user)
    kept = COLLECTIONS.keys() if ground.posts else _OF_A_UNIT if ground.for_unit else frozenset()
    return ground, {name: make(ground) if name in kept else [] for name, make in COLLECTIONS.items()}


def tag_fingerprint(tag: str) -> str:
    """Under which a phone finds the checkpoint of a tag that it scanned: the tag itself it must read on the spot."""
    return hashlib.sha256(tag.encode()).hexdigest()[:16]


def short_text(text: str) -> str:
    """The beginning of what somebody wrote, as a phone may keep it: runs of seven and more digits are masked."""
    plain = _DIGITS.sub(lambda run: "*" * len(run[0]), " ".join(text.split()))
    return plain if len(plain) <= _TEXT else plain[: _TEXT - 1] + "…"


def _me(ground: Ground) -> list[Item]:
    posts = [
        {
            "role": post.role,
            "role_name": str(ROLES[post.role].name),
            "area": post.area_id,
            "area_name": (post.area or post.organisation).name,  # type: ignore[union-attr]  # a post has one of them
            "standing_in": post.basis == post.Basis.STANDING_IN,
            "last_day": _day(last_day([post])),
        }
        for post in ground.posts or ground.for_unit
    ]
    return [
        {
            "id": "me",
            "name": ground.user.name,
            "posts": posts,
            "grids": ground.ids,
            "may": sorted(str(held) for held in authority_of(ground.user).permissions()),
            "ends_on": _day(ground.last_day),
        }
    ]


def _areas(ground: Ground) -> list[Item]:
    return [
        {
            "id": grid.pk,
            "code": grid.code,
            "name": grid.name,
            "community": grid.parent_id,
            "community_name": grid.parent.name if grid.parent is not None else "",
            "path": grid.path,
            "boundary": grid.boundary,
            "lon": grid.lon,
            "lat": grid.lat,
        }
        for grid in ground.grids
    ]


def _buildings(ground: Ground) -> list[Item]:
    return [
        {
            "id": building.pk,
            "name": building.name,
            "compound": building.compound_id,
            "grid": grid,
            "address": building.address,
            "floors": building.floors,
            "lon": building.lon,
            "lat": building.lat,
        }
        for building, grid in places.buildings_of_grids(ground.ids, on=ground.today)
    ]


def _compounds(ground: Ground) -> list[Item]:
    return [
        {
            "id": compound.pk,
            "name": compound.name,
            "aliases": compound.aliases,
            "community": compound.community_id,
            "address": compound.address,
            "lon": compound.lon,
            "lat": compound.lat,
        }
        for compound in places.compounds_of_grids(ground.ids, on=ground.today)
    ]


def _checkpoints(ground: Ground) -> list[Item]:
    if not ground.holds(P.PATROL_DO):
        return []
    in_force = Q(valid_from__lte=ground.today) & (Q(valid_to__isnull=True) | Q(valid_to__gt=ground.today))
    kinds = _words(Checkpoint.Kind)
    found = Checkpoint.objects.visible_to(ground.user, P.PATROL_DO).filter(in_force, grid__in=ground.ids)
    return [
        {
            "id": str(point.public_id),
            "grid": point.grid_id,
            "compound": point.compound_id,
            "building": point.building_id,
            "kind": point.kind,
            "kind_name": kinds[point.kind],
            "name": point.name,
            "look_for": point.look_for,
            "risk": point.risk,
            "every_days": point.every_days,
            "matter": point.matter.code,
            "lon": point.lon,
            "lat": point.lat,
            "seen_on": _day(point.seen_on),
            "tag": tag_fingerprint(point.tag),
        }
        for point in found.select_related("matter").order_by("pk")
    ]


def _rounds(ground: Ground) -> list[Item]:
    if not ground.holds(P.PATROL_DO):
        return []
    since = ground.today - dt.timedelta(days=_OPEN_ROUND_DAYS)
    still = Q(day=ground.today) | Q(day__gte=since, state=Round.State.DUE)
    kinds = _words(RoundWindow.Kind)
    found = Round.objects.visible_to(ground.user, P.PATROL_DO).filter(still, grid__in=ground.ids)
    return [
        {
            "id": str(walk.public_id),
            "grid": walk.grid_id,
            "day": walk.day.isoformat(),
            "kind": walk.kind,
            "kind_name": kinds[walk.kind],
            "opens_at": walk.opens_at.isoformat(),
            "closes_at": walk.closes_at.isoformat(),
            "state": walk.state,
            "nothing_found": walk.nothing_found,
            "points": [
                {
                    "checkpoint": str(point.checkpoint.public_id),
                    "state": point.state,
                    "extra": point.extra,
                    "proof": point.proof,
                    "why": point.why,
                }
                for point in walk.points.all()
            ],
        }
        for walk in found.prefetch_related("points__checkpoint").order_by("pk")
    ]


def _cases(ground: Ground) -> list[Item]:
    """Open cases of the grids on duty, and those behind one's own duties (a unit signs for what lies elsewhere)."""
    user = ground.user
    found: dict[int, Case] = {}
    if ground.paths:
        rows = Case.objects.visible_to(user).still_open().filter(under("area_path", ground.paths))
        found = {case.pk: case for case in rows.order_by("due_at", "pk")[:_MOST_CASES]}
    behind = [duty.subject_id for duty in ground.duties if duty.subject_type == "case"]
    missing = [pk for pk in behind if pk not in found]
    if missing:
        found |= {pk: case for pk, case in cases.visible_by_ids(user, missing).items() if case.is_open}
    states = _words(State)
    return [
        {
            "id": case.number,
            "matter": case.matter.code if case.matter is not None else None,
            "matter_name": case.matter.name if case.matter is not None else "",
            "state": case.state,
            "state_name": states[case.state],
            "area": case.area_id,
            "compound": case.compound_id,
            "building": case.building_id,
            "address": short_text(case.address),
            "lon": case.lon,
            "lat": case.lat,
            "text": short_text(case.text),
            "urgent": case.urgent,
            "reported_at": case.reported_at.isoformat(),
            "due_at": case.due_at.isoformat() if case.due_at else None,
        }
        for case in with_matters(list(found.values()))
        if not case.confidential
    ]


def _todo(ground: Ground) -> list[Item]:
    return [
        {
            "id": duty.pk,
            "kind": duty.kind,
            "label": duty.label,
            "subject": duty.subject_type,
            "case": duty.label if duty.subject_type in {"case", "second_check"} else None,
            "opened_at": duty.opened_at.isoformat(),
            "due_at": duty.due_at.isoformat() if duty.due_at else None,
            "verbs": list(VERBS.get(duty.kind, ())),
        }
        for duty in ground.duties
    ]


def _visits(ground: Ground) -> list[Item]:
    """Doors, and by when. Of a linked member his own; why one goes there is asked for online, at the door."""
    linked = Q(linked_id=ground.user.pk)
    due = VisitDue.objects.unscoped("narrowed to the places of the posts and to one's own links in the next line")
    mine = linked | under("area_path", authority_of(ground.user).places(P.VISIT_DO)) & under("area_path", ground.paths)
    rows = due.filter(mine, state=VisitDue.State.OPEN).order_by("due_on", "pk").values(*_OF_A_VISIT)[:_MOST_VISITS]
    campaigns = Campaign.objects.unscoped("those of the visits above").in_bulk(
        {row["campaign_id"] for row in rows if row["campaign_id"] is not None}
    )
    return [_visit(row, campaigns.get(row["campaign_id"])) for row in rows]


def _visit(row: dict[str, Any], campaign: Campaign | None) -> Item:
    whose = "household" if row["household_id"] is not None else "firm"
    inside = row[f"{whose}__room_id"] is not None
    stairs, door = row[f"{whose}__room__entrance__name"], row[f"{whose}__room__name"]
    return {
        "id": str(row["public_id"]),
        "object": "home" if whose == "household" else "firm",
        "building": row[f"{whose}__room__entrance__building_id"] if inside else row["firm__building_id"],
        "door": f"{stairs}{door}" if inside else short_text(row["firm__address"] or ""),
        "floor": row[f"{whose}__room__floor"],
        "due_on": row["due_on"].isoformat(),
        "campaign": campaign.name if campaign is not None else "",
        "ask": campaign.ask if campaign is not None else "",
        "linked": row["linked_id"] is not None,
    }


def _tasks(ground: Ground) -> list[Item]:
    if not ground.holds(P.PATROL_DO) and not ground.holds(P.VISIT_DO):
        return []
    anybodys = Q(assigned__isnull=True) | Q(assigned_id=ground.user.pk)
    found = FieldTask.objects.unscoped("narrowed to the grids on duty and to oneself").filter(
        anybodys, state=FieldTask.State.OPEN, grid__in=ground.ids
    )
    return [
        {
            "id": str(task.public_id),
            "grid": task.grid_id,
            "title": short_text(task.title),
            "matter": task.matter.code,
            "matter_name": task.matter.name,
            "mine": task.assigned_id == ground.user.pk,
            "due_at": task.due_at.isoformat(),
            "more": task.text is not None,  # its words may name somebody: they are read online
        }
        for task in found.select_related("matter").order_by("pk")
    ]


def _matters(ground: Ground) -> list[Item]:
    return [
        {
            "id": matter.code,
            "name": matter.name,
            "class": matter.matter_class.name,
            "module": matter.module,
            "keywords": matter.keywords,
            "on_the_spot": matter.on_the_spot,
            "urgent": matter.urgency == "urgent",
            "confidential": matter.confidential,
            "before_photo": matter.before_photo,
            "after_photo": matter.after_photo,
            "legal_basis": matter.legal_basis_required,
            "area": matter.area_required,
            "units": matter.units,
        }
        for matter in matters(on=ground.today)
    ]


def _notices(ground: Ground) -> list[Item]:
    now = clock.now()
    above = _above(ground.paths)
    weather = WeatherNotice.objects.filter(starts_at__lte=now + dt.timedelta(days=1), ends_at__gt=now)
    told_of = weather.filter(Q(area__path__in=above) | under("area__path", ground.paths)).order_by("pk")
    found: list[Item] = [
        {
            "id": f"weather-{notice.pk}",
            "kind": "weather",
            "trigger": notice.trigger,
            "trigger_name": str(notice.get_trigger_display()),
            "level": notice.level,
            "level_name": str(notice.get_level_display()),
            "words": notice.words,
            "starts_at": notice.starts_at.isoformat(),
            "ends_at": notice.ends_at.isoformat(),
        }
        for notice in told_of
    ]
    if ground.holds(P.STANDUP_HOLD):
        today = StandUp.objects.unscoped("of the grids on duty and their communities").filter(
            Q(area__in=ground.ids) | Q(area_id__in={grid.parent_id for grid in ground.grids}), day=ground.today
        )
        may = authority_of(ground.user).places(P.STANDUP_HOLD)
        found += [
            {
                "id": f"standup-{held.pk}",
                "kind": "standup",
                "area": held.area_id,
                "day": held.day.isoformat(),
                "items": held.items,
                "held_at": held.held_at.isoformat() if held.held_at else None,
            }
            for held in today.order_by("pk")
            if any(held.area_path.startswith(path) or path.startswith(held.area_path) for path in may)
        ]
    return found


def _refused(ground: Ground) -> list[Item]:
    """What of one's own could not be carried out. The command itself stays sealed; it is fetched at the tap."""
    return [
        {
            "id": row.pk,
            "command": str(row.command_id),
            "kind": row.kind,
            "code": row.code,
            "problem": told(row),
            "occurred_at": row.occurred_at.isoformat() if row.occurred_at else None,
            "recorded_at": row.recorded_at.isoformat(),
            "handed": row.state == row.State.HANDED,
        }
        for row in open_refusals(ground.user)
    ]


def _words(choices: type[Choices]) -> dict[Any, str]:
    """Every value in the words of the reader's language: looked up once, not once per row."""
    return {value: str(label) for value, label in choices.choices}


def _above(paths: list[str]) -> list[str]:
    found: set[str] = set()
    for path in paths:
        parts = path.strip("/").split("/")
        found |= {"/" + "/".join(parts[: i + 1]) + "/" for i in range(len(parts))}
    return sorted(found)


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day is not None else None


COLLECTIONS: dict[str, Callable[[Ground], list[dict[str, Any]]]] = {
    "me": _me,
    "areas": _areas,
    "compounds": _compounds,
    "buildings": _buildings,
    "checkpoints": _checkpoints,
    "rounds": _rounds,
    "cases": _cases,
    "todo": _todo,
    "visits": _visits,
    "tasks": _tasks,
    "matters": _matters,
    "notices": _notices,
    "refused": _refused,
}
NUMERIC = frozenset({"areas", "buildings", "compounds", "refused", "todo"})  # their ids are numbers, the others' texts
