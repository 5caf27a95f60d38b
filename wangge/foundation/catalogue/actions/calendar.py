"""Editing the working calendar. Every act makes a new version; no earlier one is ever changed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.catalogue.calendars import minutes
from wangge.foundation.catalogue.events import CalendarChanged
from wangge.foundation.catalogue.models import CalendarDay, CalendarVersion, TimePlan
from wangge.foundation.core import clock, memo
from wangge.foundation.core.events import publish
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.utils.functional import _StrOrPromise

    from wangge.foundation.accounts.models import Organisation

kinds.declare("calendar.notice", "calendar.day", "calendar.day_end", "calendar.plan", "calendar.plan_end")

_OFF_WORDS = frozenset({"休", "放假", "假", "off"})
_WORK_WORDS = frozenset({"班", "上班", "补班", "调休", "work"})
_SEPARATORS = re.compile(r"[\s,，;；]+")
_DATE = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$")
_TO = re.compile(r"\s*(?:至|到|~|～|—)+\s*")
_TIME = re.compile(r"^([01]\d|2[0-4]):([0-5]\d)$")
_MONTH_DAY = re.compile(r"^(\d{2})-(\d{2})$")
_MAX_ROWS, _MAX_NAME, _MAX_SLOTS = 400, 60, 6
_FEWEST_DAYS_OFF = 7  # no notice has had fewer
_LEAP = 2028  # a year in which every "MM-DD" exists
_DAY = 24 * 60


@dataclasses.dataclass(frozen=True, slots=True)
class NoticeRow:
    """One day of a pasted notice."""

    line: int
    day: dt.date
    kind: str
    name: str


@dataclasses.dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a line; line 0 is the whole."""

    line: int
    text: _StrOrPromise


@dataclasses.dataclass(frozen=True, slots=True)
class Notice:
    """A pasted notice, read: its days, and what is wrong. It can be taken in when nothing is wrong."""

    year: int
    rows: tuple[NoticeRow, ...]
    faults: tuple[RowFault, ...]

    @property
    def off(self) -> int:
        """How many days off it holds."""
        return sum(row.kind == CalendarDay.Kind.OFF for row in self.rows)

    @property
    def work(self) -> int:
        """How many weekend days are worked."""
        return len(self.rows) - self.off


class NoticeFaultsError(InvalidError):
    """The notice holds mistakes; nothing was taken in. `notice` names them by line."""

    code = "notice-faults"
    title = _("The notice holds mistakes; nothing was taken in.")
    remedy = _("Correct the named lines and try again.")

    def __init__(self, notice: Notice) -> None:
        super().__init__(field="text")
        self.notice = notice


# -- a year's notice


def read_notice(*, year: int, text: str) -> Notice:
    """Read pasted lines "日期, 休/班, 名称" (comma, tab or blank between; two days with 至). Writes nothing.

    A heading line is passed over. Every day lies in the year, or in the last days before it (the New Year's own).
    """
    rows: list[NoticeRow] = []
    faults: list[RowFault] = []
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    for n, line in lines[:_MAX_ROWS]:
        cells = [cell for cell in _SEPARATORS.split(_TO.sub("~", line)) if cell]
        if n == lines[0][0] and cells[0] in {"日期", "date"}:
            continue
        rows += _row(n, cells, year, faults)
    if len(lines) > _MAX_ROWS:
        faults.append(RowFault(0, _("More lines than a year has days.")))
    seen: dict[dt.date, int] = {}
    for row in rows:
        if row.day in seen:
            faults.append(RowFault(row.line, _("This day is given twice.")))
        seen[row.day] = row.line
    notice = Notice(year, tuple(sorted(rows, key=lambda row: row.day)), ())
    if not faults and notice.off < _FEWEST_DAYS_OFF:
        faults.append(RowFault(0, _("A year's notice holds at least seven days off; is something missing?")))
    return dataclasses.replace(notice, faults=tuple(faults))


def _row(n: int, cells: Sequence[str], year: int, faults: list[RowFault]) -> list[NoticeRow]:
    if len(cells) < 2:
        faults.append(RowFault(n, _("Give the date, 休 or 班, and the name.")))
        return []
    days = _days(cells[0])
    word = cells[1].casefold()
    kind = "off" if word in _OFF_WORDS else "work" if word in _WORK_WORDS else ""
    if not days:
        faults.append(RowFault(n, _("This is not a date such as 2027-02-05, or two of them with 至.")))
    elif any(not _belongs(day, year) for day in days):
        faults.append(RowFault(n, _("This day is not of the year of the notice.")))
    elif not kind:
        faults.append(RowFault(n, _("Say 休 for a day off or 班 for a worked weekend day.")))
    elif kind == "work" and any(day.isoweekday() < 6 for day in days):
        faults.append(RowFault(n, _("Only a Saturday or Sunday is made a working day by a notice.")))
    else:
        name = cells[2][:_MAX_NAME] if len(cells) > 2 else ""
        return [NoticeRow(n, day, kind, name) for day in days]
    return []


def _days(text: str) -> list[dt.date]:
    ends = [_date(part) for part in text.split("~")]
    first, last = ends[0], ends[-1]
    if first is None or last is None or len(ends) > 2 or not first <= last <= first + dt.timedelta(days=31):
        return []
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def _date(text: str) -> dt.date | None:
    match = _DATE.match(text)
    try:
        return dt.date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def _belongs(day: dt.date, year: int) -> bool:
    return day.year == year or (day.year == year - 1 and (day.month, day.day) >= (12, 25))


@transaction.atomic
def import_notice(*, by: Any, year: int, text: str, at: dt.datetime | None = None) -> CalendarVersion:
    """Take in a year's notice; deadlines that were provisional are then computed anew, by a job.

    Replaces what an earlier notice said of that year; the office's own days stay. Raises `NoticeFaultsError` with every
    mistake and writes nothing. Years are taken in one after the other: `ConflictError` when one between is missing.
    """
    _require_editor(by)
    notice = read_notice(year=year, text=text)
    if notice.faults:
        raise NoticeFaultsError(notice)
    newest = _newest()
    if year > newest.announced_through + 1:
        raise ConflictError(
            _("The notice of the year before is missing."), remedy=_("Take in the years one after the other.")
        )
    version = _version(
        newest,
        by=by,
        at=at,
        note=str(_("Holiday notice of %(year)d")) % {"year": year},
        announced_through=max(year, newest.announced_through),
    )
    said = CalendarDay.objects.filter(until__isnull=True, source=CalendarDay.Source.NOTICE)
    days = [row.day for row in notice.rows]
    (said.filter(day__year=year) | said.filter(day__in=days)).update(until=version)
    CalendarDay.objects.bulk_create(
        [
            CalendarDay(day=row.day, kind=row.kind, source=CalendarDay.Source.NOTICE, name=row.name, since=version)
            for row in notice.rows
        ]
    )
    record("calendar.notice", by=by, subject=version, year=year, off=notice.off, work=notice.work)
    return version


# -- the office's own days


@transaction.atomic
def set_day(
    *,
    by: Any,
    day: dt.date,
    kind: str,
    name: str,
    unit: Organisation | None = None,
    at: dt.datetime | None = None,
) -> CalendarVersion:
    """A day that the office (or one unit) decides itself: off, worked, or half of it; from today on.

    Deadlines that stand already do not move: only clocks that start afterwards see it.
    """
    _require_editor(by, unit)
    if kind not in CalendarDay.Kind.values:
        raise InvalidError(_("Say what kind of day it is."), field="kind")
    if not name.strip() or len(name.strip()) > _MAX_NAME:
        raise InvalidError(_("Say why, in at most 60 characters."), field="name")
    today = clock.day_of(at or clock.now())
    if not today <= day <= today.replace(year=today.year + 2, day=1):
        raise InvalidError(_("Choose a day from today on, within two years."), field="day")
    version = _version(_newest(), by=by, at=at, note=f"{day.isoformat()} {name.strip()}")
    own = CalendarDay.objects.filter(until__isnull=True, source=CalendarDay.Source.LOCAL)
    own.filter(day=day, unit=unit).update(until=version)
    CalendarDay.objects.create(
        day=day, kind=kind, source=CalendarDay.Source.LOCAL, name=name.strip(), unit=unit, since=version
    )
    record("calendar.day", by=by, subject=version, day=day.isoformat(), day_kind=kind, unit=unit.pk if unit else None)
    return version


@transaction.atomic
def unset_day(*, by: Any, day: CalendarDay, at: dt.datetime | None = None) -> CalendarVersion:
    """Take a day of the office's own back; what the notice says of it holds again."""
    _require_editor(by, day.unit)
    held = CalendarDay.objects.select_for_update().get(pk=day.pk)
    if held.source != CalendarDay.Source.LOCAL or held.until_id is not None:
        raise ConflictError(_("This day is not the office's own, or was taken back before."))
    version = _version(_newest(), by=by, at=at, note=f"- {held.day.isoformat()} {held.name}")
    held.until = version
    held.save(update_fields=["until"])
    record("calendar.day_end", by=by, subject=version, day=held.day.isoformat(), unit=held.unit_id)
    return version


# -- plans


@transaction.atomic
def save_plan(
    *,
    by: Any,
    name: str,
    slots: Sequence[Sequence[str]],
    weekdays: Iterable[int],
    first: str = "01-01",
    last: str = "12-31",
    unit: Organisation | None = None,
    replaces: TimePlan | None = None,
    at: dt.datetime | None = None,
) -> CalendarVersion:
    """作息时间: the hours of a season (first and last "MM-DD", both included), for everybody or one unit.

    A later plan overrules an earlier one where both cover a day, and a unit's own plan the general ones. `replaces`
    ends with the new version. Deadlines that stand already do not move.
    """
    _require_editor(by, unit)
    if not name.strip() or len(name.strip()) > _MAX_NAME:
        raise InvalidError(_("Give the plan a name of at most 60 characters."), field="name")
    days = sorted({day for day in weekdays if 1 <= day <= 7})
    if not days:
        raise InvalidError(_("Choose the days of the week."), field="weekdays")
    for field, text in (("first", first), ("last", last)):
        if not _is_month_day(text):
            raise InvalidError(_("Give month and day, such as 06-01."), field=field)
    _check_slots(slots)
    version = _version(_newest(), by=by, at=at, note=name.strip())
    if replaces is not None:
        _end(replaces, version)
    plan = TimePlan.objects.create(
        name=name.strip(),
        unit=unit,
        first=first,
        last=last,
        slots=[list(slot) for slot in slots],
        weekdays=days,
        since=version,
    )
    record("calendar.plan", by=by, subject=version, plan=plan.pk, unit=unit.pk if unit else None)
    return version


@transaction.atomic
def end_plan(*, by: Any, plan: TimePlan, at: dt.datetime | None = None) -> CalendarVersion:
    """Take a season's or a unit's plan away. The ordinary plan of everybody stays: without it nobody would work."""
    _require_editor(by, plan.unit)
    version = _version(_newest(), by=by, at=at, note=f"- {plan.name}")
    _end(plan, version)
    whole = TimePlan.objects.filter(until__isnull=True, unit__isnull=True, first="01-01", last="12-31")
    if not whole.exists():
        raise ConflictError(
            _("This is the only plan that holds the whole year for everybody."),
            remedy=_("Replace it by another one instead."),
        )
    record("calendar.plan_end", by=by, subject=version, plan=plan.pk)
    return version


def _end(plan: TimePlan, version: CalendarVersion) -> None:
    held = TimePlan.objects.select_for_update().get(pk=plan.pk)
    if held.until_id is not None:
        raise ConflictError(_("This plan has ended before."))
    held.until = version
    held.save(update_fields=["until"])


def _is_month_day(text: str) -> bool:
    match = _MONTH_DAY.match(text)
    return match is not None and _date(f"{_LEAP}-{match[1]}-{match[2]}") is not None


def _check_slots(slots: Sequence[Sequence[str]]) -> None:
    """In order and apart from each other; the last may end after midnight, before the first begins."""
    if not 1 <= len(slots) <= _MAX_SLOTS or any(len(slot) != 2 for slot in slots):
        raise InvalidError(_("Give one to six spans of time."), field="slots")
    if not all(_TIME.match(end) and minutes(end) <= _DAY for slot in slots for end in slot):
        raise InvalidError(_("Give times such as 08:30."), field="slots")
    ends = [minutes(end) for slot in slots for end in slot]
    if ends[-1] <= ends[-2]:
        ends[-1] += _DAY  # over midnight
    if any(a >= b for a, b in itertools.pairwise(ends)) or ends[-1] - _DAY > ends[0]:
        raise InvalidError(_("The spans of time follow each other and do not overlap."), field="slots")


# -- versions


def _newest() -> CalendarVersion:
    """The newest version, locked: two editors come one after the other."""
    return CalendarVersion.objects.select_for_update().order_by("-pk")[0]


def _version(
    newest: CalendarVersion,
    *,
    by: Any,
    at: dt.datetime | None,
    note: str,
    announced_through: int | None = None,
) -> CalendarVersion:
    version = CalendarVersion.objects.create(
        at=at or clock.now(),
        by=by,
        note=note[:200],
        announced_through=newest.announced_through if announced_through is None else announced_through,
    )
    publish(CalendarChanged(version.pk))
    transaction.on_commit(memo.forget_all)
    return version


def _require_editor(by: Any, unit: Organisation | None = None) -> None:
    """`by` None is the system itself (set-up, tests). A unit's own days and hours belong to its place."""
    if by is None:
        return
    authority = authority_of(by)
    allowed = authority.holds(P.CALENDAR_EDIT)
    if unit is not None and unit.area is not None:
        allowed = authority.may(P.CALENDAR_EDIT, area_path=unit.area.path)
    if not allowed:
        raise NotAllowedError
