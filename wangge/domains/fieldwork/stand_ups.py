"""早碰头: what the system puts on the list of a grid or a community for a day, and the stand-ups that were held.

The list holds numbers of cases, titles, places and counts, never a person: visits are counted by building, confidential
cases are left out.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.models import Case
from wangge.domains.fieldwork.models import (
    Campaign,
    FieldTask,
    OfficeHour,
    Round,
    StandUp,
    VisitDue,
    WeatherNotice,
)
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import posted_under, users_with
from wangge.foundation.accounts.roles import ROLES
from wangge.foundation.core import clock, worktime
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wangge.foundation.accounts.models import User

Item = dict[str, Any]

CASE_NEW, CASE_TODAY, CASE_OVERDUE = "case_new", "case_today", "case_overdue"
WEATHER, VISITS, TASK, OFFICE_HOUR, CAMPAIGN, MISSED = (
    "weather",
    "visits_due",
    "task_open",
    "office_hour",
    "campaign",
    "round_missed",
)
SECTIONS = (WEATHER, CASE_OVERDUE, CASE_TODAY, CASE_NEW, VISITS, CAMPAIGN, TASK, MISSED, OFFICE_HOUR)
"""The parts of the list in the order in which they are gone through: a quarter of an hour for all of them."""
MOST = 50
"""Lines of one part; what is beyond is found in its own list."""
WEEK = dt.timedelta(days=7)
_BACK = 10  # days in which the working day before is looked for
_WHY = "the list of a place, without confidential cases and without persons"


def stand_up_of(user: Any, area: Area, day: dt.date) -> StandUp | None:
    """The stand-up of a place on a day, if there is one and the reader takes part in such there."""
    return StandUp.objects.visible_to(user, P.STANDUP_HOLD).filter(area=area, day=day).select_related("held_by").first()


def held_before(user: Any, *, area_path: str = "", before: int | None = None, limit: int = 30) -> list[StandUp]:
    """Stand-ups that were held at the reader's places, newest first."""
    found = StandUp.objects.visible_to(user, P.STANDUP_HOLD).filter(held_at__isnull=False)
    if area_path:
        found = found.filter(under("area_path", [area_path]))
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.select_related("area__parent", "held_by").order_by("-pk")[:limit])


def held_on(user: Any, day: dt.date) -> list[StandUp]:
    """The stand-ups that were held on a day at the reader's places."""
    found = StandUp.objects.visible_to(user, P.STANDUP_HOLD).filter(day=day, held_at__isnull=False)
    return list(found.defer("items").order_by("pk"))


def area_for(user: Any, pk: int) -> Area:
    """A grid or community in force where the reader may hold a stand-up; `NotFoundError` otherwise."""
    area = Area.objects.as_of(clock.today()).filter(pk=pk, kind__in=[Area.Kind.GRID, Area.Kind.COMMUNITY])
    found = area.select_related("parent").first()
    if found is None or not authority_of(user).may(P.STANDUP_HOLD, area_path=found.path):
        raise NotFoundError(_("There is no such place."))
    return found


def areas_for(user: Any) -> list[Area]:
    """Communities and grids where the reader may hold a stand-up, communities first."""
    places = authority_of(user).places(P.STANDUP_HOLD)
    found = Area.objects.as_of(clock.today()).filter(
        under("path", places), kind__in=[Area.Kind.COMMUNITY, Area.Kind.GRID]
    )
    return list(found.select_related("parent").order_by("kind", "code")[:500])


def people_of(area: Area) -> list[User]:
    """Who may be noted as present: whoever works in the field at or under the place, or holds its stand-ups."""
    roles = [key for key, role in ROLES.items() if role.permissions & {P.PATROL_DO, P.VISIT_DO, P.STANDUP_HOLD}]
    found = {post.user_id: post.user for role in roles for post in posted_under(role, area.path)}
    found |= {user.pk: user for user in users_with(P.STANDUP_HOLD, area_path=area.path)}
    return sorted(found.values(), key=lambda user: (user.name, user.pk))


def decisions_of(stand_up: StandUp) -> list[FieldTask]:
    """The tasks that a stand-up decided on."""
    found = FieldTask.objects.unscoped("of a stand-up that the reader sees").filter(stand_up=stand_up)
    return list(found.select_related("grid", "matter", "assigned").defer("text", "done_note").order_by("pk"))


def items_of(area: Area, *, at: dt.datetime | None = None) -> list[Item]:
    """The list of a place as of now, part by part."""
    at = at or clock.now()
    parts: dict[str, Callable[[Area, dt.datetime], Iterator[Item]]] = {
        WEATHER: _weather,
        CASE_OVERDUE: _overdue,
        CASE_TODAY: _today,
        CASE_NEW: _new,
        VISITS: _visits,
        CAMPAIGN: _campaigns,
        TASK: _tasks,
        MISSED: _missed,
        OFFICE_HOUR: _office_hours,
    }
    return [item for section in SECTIONS for item in parts[section](area, at)]


def _item(kind: str, label: str, *, subject: str = "", due: dt.datetime | dt.date | None = None, **more: Any) -> Item:
    return {
        "kind": kind,
        "label": label,
        "subject": subject,
        "due": due.isoformat() if due is not None else None,
        **more,
    }


def _cases(kind: str, area: Area, condition: Q) -> Iterator[Item]:
    found = Case.objects.unscoped(_WHY).filter(condition, under("area_path", [area.path]), confidential=False)
    for case in found.still_open().select_related("matter").order_by("due_at", "pk")[:MOST]:
        matter = case.matter.code if case.matter is not None else ""
        yield _item(kind, case.number, subject=case.number, due=case.due_at, matter=matter, grid=case.area_id)


def _overdue(area: Area, at: dt.datetime) -> Iterator[Item]:
    return _cases(CASE_OVERDUE, area, Q(due_at__lt=at))


def _today(area: Area, at: dt.datetime) -> Iterator[Item]:
    return _cases(CASE_TODAY, area, Q(due_at__gte=at, due_at__lt=_start(clock.day_of(at)) + dt.timedelta(days=1)))


def _new(area: Area, at: dt.datetime) -> Iterator[Item]:
    return _cases(CASE_NEW, area, Q(reported_at__gte=_since(area, at), reported_at__lte=at))


def _since(area: Area, at: dt.datetime) -> dt.datetime:
    """When the last stand-up of the place was held, else the morning of the working day before."""
    last = StandUp.objects.unscoped(_WHY).filter(area=area, held_at__isnull=False, day__lt=clock.day_of(at))
    held = last.order_by("-day").values_list("held_at", flat=True).first()
    return held or _start(_working_day_before(clock.day_of(at)))


def _working_day_before(day: dt.date) -> dt.date:
    before = (day - dt.timedelta(days=n) for n in range(1, _BACK + 1))
    return next((one for one in before if worktime.is_working_day(one)), day - dt.timedelta(days=1))


def _start(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(0), tzinfo=clock.OFFICE)


def _weather(area: Area, at: dt.datetime) -> Iterator[Item]:
    above = _at_or_above(area)
    found = WeatherNotice.objects.filter(starts_at__lte=at + dt.timedelta(days=1), ends_at__gt=at)
    for row in found.filter(Q(area__path__in=above) | under("area__path", [area.path])).order_by("pk")[:MOST]:
        yield _item(WEATHER, row.words, subject=str(row.pk), due=row.ends_at, trigger=row.trigger, level=row.level)


def _visits(area: Area, at: dt.datetime) -> Iterator[Item]:
    """How many doors of a building are to be visited within a week. Not whose, and not why."""
    until = clock.day_of(at) + WEEK
    found = VisitDue.objects.unscoped(_WHY).filter(under("area_path", [area.path]), state="open", due_on__lte=until)
    home, firm = "household__room__entrance__building", "firm__room__entrance__building"
    columns = [f"{one}__{what}" for one in (home, firm, "firm__building") for what in ("compound__name_zh", "name")]
    counted: Counter[str] = Counter()
    for row in found.order_by().values_list(*columns)[:5000]:
        pairs = zip(row[::2], row[1::2], strict=True)
        counted[next((f"{compound or ''}{name}" for compound, name in pairs if name), "")] += 1
    for name, count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST]:
        yield _item(VISITS, name, due=until, count=count)


def _campaigns(area: Area, _at: dt.datetime) -> Iterator[Item]:
    at_place = Q(area_path__in=_at_or_above(area)) | under("area_path", [area.path])
    found = Campaign.objects.unscoped(_WHY).filter(at_place, state=Campaign.State.RUNNING)
    for row in found.order_by("pk")[:MOST]:
        yield _item(CAMPAIGN, row.name_zh, subject=str(row.public_id), due=row.due_on)


def _tasks(area: Area, _at: dt.datetime) -> Iterator[Item]:
    found = FieldTask.objects.unscoped(_WHY).filter(under("area_path", [area.path]), state=FieldTask.State.OPEN)
    for row in found.select_related("matter").defer("text", "done_note").order_by("due_at", "pk")[:MOST]:
        yield _item(
            TASK, row.title, subject=str(row.public_id), due=row.due_at, matter=row.matter.code, grid=row.grid_id
        )


def _missed(area: Area, at: dt.datetime) -> Iterator[Item]:
    """Rounds since the working day before that were not walked: of the grid, whoever would have walked them."""
    since = _working_day_before(clock.day_of(at))
    found = Round.objects.unscoped(_WHY).filter(
        under("area_path", [area.path]), state=Round.State.MISSED, day__gte=since, closes_at__lte=at
    )
    for row in found.select_related("grid").order_by("day", "grid__code", "kind")[:MOST]:
        yield _item(MISSED, row.grid.name_zh, subject=row.kind, due=row.day, grid=row.grid_id)


def _office_hours(area: Area, at: dt.datetime) -> Iterator[Item]:
    day = clock.day_of(at)
    at_place = Q(area_path__in=_at_or_above(area)) | under("area_path", [area.path])
    found = OfficeHour.objects.unscoped(_WHY).filter(at_place, in_force(day), weekday=day.weekday())
    for row in found.order_by("opens", "pk")[:MOST]:
        yield _item(OFFICE_HOUR, row.spot, due=dt.datetime.combine(day, row.opens, tzinfo=clock.OFFICE))


def _at_or_above(area: Area) -> list[str]:
    parts = area.path.strip("/").split("/")
    return ["/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
