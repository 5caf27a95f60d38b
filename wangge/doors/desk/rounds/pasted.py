"""Many checkpoints from the rows of a sheet, or from GeoJSON: read, checked line by line, all or none."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from wangge.domains.fieldwork.actions.checkpoints import CheckpointFacts
from wangge.domains.fieldwork.models import Checkpoint
from wangge.doors.desk.rounds.houses import house_called
from wangge.foundation.core.problems import InvalidError
from wangge.foundation.places import crs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST = 500
# What the head of a column may be called → what it holds.
COLUMNS: dict[str, str] = {
    "name": "name", "点位名称": "name", "名称": "name",
    "kind": "kind", "类型": "kind", "类别": "kind",
    "matter": "matter", "事项": "matter", "事项编码": "matter",
    "risk": "risk", "风险": "risk", "风险等级": "risk",
    "every_days": "every_days", "巡查周期": "every_days", "周期（天）": "every_days", "周期": "every_days",
    "look_for": "look_for", "巡查内容": "look_for",
    "building": "building", "楼栋": "building",
    "lon": "lon", "经度": "lon", "longitude": "lon",
    "lat": "lat", "纬度": "lat", "latitude": "lat",
}  # fmt: skip
NEEDED = ("name", "kind", "matter")
_RISKS = {"1": 1, "2": 2, "3": 3, "低": 1, "中": 2, "高": 3, "low": 1, "middle": 2, "high": 3}


class UnreadableError(InvalidError):
    """What was pasted is neither a sheet with a line of headings nor GeoJSON with points."""


@dataclasses.dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong in one line."""

    line: int  # as the reader counts: the headings are line 1, or the features from 1
    words: str


def read(text: str, datum: str, *, places: Sequence[str]) -> tuple[list[CheckpointFacts], list[int], list[Wrong]]:
    """What was pasted: (facts, the line of each, what is wrong). `UnreadableError` when nothing can be made of it."""
    rows = _features(text) if text.lstrip().startswith("{") else _lines(text)
    if not rows:
        raise UnreadableError(_("There is no row in it."), field="text")
    if len(rows) > MOST:
        raise UnreadableError(_("At most 500 rows at once."), field="text")
    facts: list[CheckpointFacts] = []
    lines: list[int] = []
    wrong: list[Wrong] = []
    for line, row in rows:
        try:
            facts.append(_facts(row, datum, places))
            lines.append(line)
        except InvalidError as problem:
            wrong.append(Wrong(line, str(problem.title)))
    return facts, lines, wrong


def _lines(text: str) -> list[tuple[int, Mapping[str, str]]]:
    head = text.lstrip("\ufeff").lstrip().split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff").strip("\n")), delimiter="\t" if "\t" in head else ",")
    try:
        table = [[cell.strip() for cell in row] for row in reader]
    except csv.Error:
        raise UnreadableError(_("The rows could not be read."), field="text") from None
    names = [COLUMNS.get(cell.lower(), "") for cell in table[0]] if table else []
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise UnreadableError(_("The first line must name the columns: name, kind, matter."), field="text")
    return [
        (number, {name: cell for name, cell in zip(names, row, strict=False) if name})
        for number, row in enumerate(table[1:], start=2)
        if any(row)
    ]


def _features(text: str) -> list[tuple[int, Mapping[str, str]]]:
    try:
        given = json.loads(text)
        features = given["features"]
        rows: list[tuple[int, Mapping[str, str]]] = []
        for number, feature in enumerate(features, start=1):
            lon, lat = feature["geometry"]["coordinates"][:2]
            said = {COLUMNS.get(str(key).lower(), ""): str(value) for key, value in feature["properties"].items()}
            rows.append((number, {**said, "lon": str(lon), "lat": str(lat)}))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UnreadableError(_("This is no GeoJSON with points."), field="text") from None
    return rows


def _facts(row: Mapping[str, str], datum: str, places: Sequence[str]) -> CheckpointFacts:
    lon, lat = _position(row, datum)
    named = row.get("building", "")
    days = row.get("every_days", "")
    risk = _RISKS.get(row.get("risk", "").lower() or "2")
    if risk is None:
        raise InvalidError(_("The risk is low, middle or high."))
    if days and not (days.isascii() and days.isdecimal() and len(days) < 5):
        raise InvalidError(_("A checkpoint is seen every 1 to 366 days."))
    return CheckpointFacts(
        name=row.get("name", ""),
        kind=_kind(row.get("kind", "")),
        matter=row.get("matter", ""),
        risk=risk,
        every_days=int(days) if days else None,
        look_for=row.get("look_for", ""),
        building=house_called(named, places=places) if named else None,
        lon=lon,
        lat=lat,
    )


def _position(row: Mapping[str, str], datum: str) -> tuple[float | None, float | None]:
    said = [row.get(name, "") for name in ("lon", "lat")]
    if not all(said):
        return None, None
    try:
        lon, lat = (float(value) for value in said)
    except ValueError:
        raise InvalidError(_("The position is not on earth.")) from None
    if not (math.isfinite(lon) and math.isfinite(lat) and -180 <= lon <= 180 and -90 <= lat <= 90):
        raise InvalidError(_("The position is not on earth."))
    return crs.to_wgs(lon, lat, datum)


def _kind(words: str) -> str:
    known: dict[str, str] = {kind.value: kind.value for kind in Checkpoint.Kind}
    for language in ("zh-hans", "en"):
        with override(language):
            known |= {str(kind.label).lower(): kind.value for kind in Checkpoint.Kind}
    found = known.get(words.lower())
    if found is None:
        raise InvalidError(_("This is no kind of checkpoint."))
    return found


def explained() -> list[tuple[str, str]]:
    """What the columns may be called, and what belongs there."""
    notes = {
        "name": _("Name of the spot"),
        "kind": ", ".join(str(kind.label) for kind in Checkpoint.Kind),
        "matter": _("Code of a matter of the admission list"),
        "risk": _("1 low, 2 middle, 3 high; left empty: middle"),
        "every_days": _("Days; left empty: what the risk asks for"),
        "look_for": _("What to look for"),
        "building": _("As people say it, with its number"),
        "lon": _("Degrees"),
        "lat": _("Degrees"),
    }
    called = {key: [head for head, column in COLUMNS.items() if column == key] for key in notes}
    return [(" / ".join(called[key][:2]), note) for key, note in notes.items()]


def as_text(wrong: Sequence[Wrong], *, most: int = 20) -> list[str]:
    """The first of them in words."""
    shown: list[Any] = [_("Line %(line)s: %(words)s") % {"line": one.line, "words": one.words} for one in wrong[:most]]
    if len(wrong) > most:
        shown.append(_("… and %(count)s more") % {"count": len(wrong) - most})
    return shown
