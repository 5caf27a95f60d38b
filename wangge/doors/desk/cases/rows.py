"""One case as one line of a list, and as a point of a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wangge.doors.desk.clocks import chip, tone
from wangge.doors.desk.words import FLAGS
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wangge.domains.cases.models import Case


_NUMBER = "~"  # in no case number, and as it is in an address


def place_line(case: Case) -> str:
    """Community and grid, compound, address."""
    area = case.area
    names = [area.parent.name if area.parent is not None and area.kind != "street" else "", area.name]
    spot = case.address or (case.compound.name if case.compound is not None else "")
    return " · ".join(part for part in ("".join(names), spot) if part)


def flags(case: Case) -> list[dict[str, str]]:
    """Badges of a case: urgent, confidential, early sign, inherited, again."""
    shown = [
        {"label": str(label), "tone": tone, "icon": icon} for name, label, tone, icon in FLAGS if getattr(case, name)
    ]
    if case.reworks:
        shown.append({"label": _("Rework %(n)s") % {"n": case.reworks}, "tone": "amber", "icon": "refresh"})
    if case.returns and case.state == "filed":
        shown.append({"label": _("Sent back"), "tone": "amber", "icon": "arrow-back-up"})
    if case.round > 1:
        shown.append({"label": _("Reopened"), "tone": "amber", "icon": "refresh"})
    return shown


def _on_their_way(photos: int, sounds: int) -> list[dict[str, str]]:
    """Badges of what was promised with a report and has not arrived."""
    shown = []
    if photos:
        label = ngettext("%(n)s photo missing", "%(n)s photos missing", photos) % {"n": photos}
        shown.append({"label": label, "tone": "quiet", "icon": "photo"})
    if sounds:
        label = ngettext("%(n)s voice note missing", "%(n)s voice notes missing", sounds) % {"n": sounds}
        shown.append({"label": label, "tone": "quiet", "icon": "hourglass"})
    return shown


def _address(name: str) -> str:
    """The address of a case's page with a mark for the number: resolving it anew for every row costs more than the row."""
    return reverse(name, args=[_NUMBER])


def rows(
    cases: Iterable[Case], photos: dict[int, int] | None = None, missing: dict[int, tuple[int, int]] | None = None
) -> list[dict[str, Any]]:
    """The lines of a list; with how many photos each has, and how many files are still on their way."""
    now = clock.now()
    page, panel = _address("desk:case"), _address("desk:case-panel")
    return [
        {
            "case": case,
            "id": f"case-{case.number}",
            "url": page.replace(_NUMBER, case.number),
            "panel": panel.replace(_NUMBER, case.number),
            "clock": chip(case, now=now),
            "flags": [*flags(case), *_on_their_way(*(missing or {}).get(case.pk, (0, 0)))],
            "matter": case.matter.name if case.matter is not None else _("Matter not yet known"),
            "place": place_line(case),
            "photos": (photos or {}).get(case.pk, 0),
        }
        for case in cases
    ]


def points(cases: Iterable[Case]) -> dict[str, Any]:
    """Cases with a position as GeoJSON points in the colours of their clocks."""
    now = clock.now()
    page = _address("desk:case")
    features = []
    for case in cases:
        if case.lon is None or case.lat is None:
            continue
        name = case.matter.name if case.matter is not None else _("Matter not yet known")
        features.append(
            {
                "type": "Feature",
                "id": case.pk,
                "geometry": {"type": "Point", "coordinates": [case.lon, case.lat]},
                "properties": {
                    "id": case.number,
                    "title": f"{case.number} {name}",
                    "tone": "red" if case.urgent else tone(case, now=now),
                    "url": page.replace(_NUMBER, case.number),
                },
            }
        )
    return {"type": "FeatureCollection", "features": features}
