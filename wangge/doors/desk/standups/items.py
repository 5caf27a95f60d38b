"""The list of a stand-up in words: its parts in the order in which they are gone through, and where a line leads."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import ngettext, pgettext_lazy

from wangge.domains.fieldwork import stand_ups
from wangge.domains.fieldwork.models import RoundWindow
from wangge.doors.desk.words import Look

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PARTS: dict[str, Look] = {
    stand_ups.WEATHER: Look(pgettext_lazy("stand-up", "Weather"), "alert-triangle", "amber"),
    stand_ups.CASE_OVERDUE: Look(pgettext_lazy("stand-up", "Overdue cases"), "clock-exclamation", "red"),
    stand_ups.CASE_TODAY: Look(pgettext_lazy("stand-up", "Due today"), "calendar-due", "amber"),
    stand_ups.CASE_NEW: Look(pgettext_lazy("stand-up", "New since the last stand-up"), "inbox", "blue"),
    stand_ups.VISITS: Look(pgettext_lazy("stand-up", "Visits due within a week"), "home", "blue"),
    stand_ups.CAMPAIGN: Look(pgettext_lazy("stand-up", "Campaigns under way"), "flag", "blue"),
    stand_ups.TASK: Look(pgettext_lazy("stand-up", "Open tasks"), "list-check", "blue"),
    stand_ups.MISSED: Look(pgettext_lazy("stand-up", "Rounds not walked"), "route", "amber"),
    stand_ups.OFFICE_HOUR: Look(pgettext_lazy("stand-up", "Office hours today"), "clock", "blue"),
}
_PAGES = {
    stand_ups.CASE_OVERDUE: "desk:case",
    stand_ups.CASE_TODAY: "desk:case",
    stand_ups.CASE_NEW: "desk:case",
    stand_ups.TASK: "desk:task",
}


def parts_of(
    items: Iterable[stand_ups.Item], matters: Mapping[str, str], *, sees_cases: bool
) -> list[tuple[Look, list[dict[str, Any]]]]:
    """The parts that hold something; `matters` are the names of matters by their codes."""
    held: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        held.setdefault(item["kind"], []).append(_line(item, matters, sees_cases=sees_cases))
    return [(PARTS[kind], held[kind]) for kind in stand_ups.SECTIONS if kind in held]


def _line(item: stand_ups.Item, matters: Mapping[str, str], *, sees_cases: bool) -> dict[str, Any]:
    kind = item["kind"]
    page = _PAGES.get(kind, "")
    opens = bool(page) and (sees_cases or page != "desk:case")
    note = matters.get(item.get("matter", ""), "")
    if kind == stand_ups.VISITS:
        note = ngettext("%(count)s door", "%(count)s doors", item["count"]) % {"count": item["count"]}
    elif kind == stand_ups.MISSED:
        note = str(RoundWindow.Kind(item["subject"]).label)
    return {
        "label": item["label"],
        "url": reverse(page, args=[item["subject"]]) if opens else "",
        "note": note,
        "due": _moment(item["due"]),
    }


def _moment(text: str | None) -> dt.datetime | dt.date | None:
    if not text:
        return None
    return dt.datetime.fromisoformat(text) if "T" in text else dt.date.fromisoformat(text)
