"""How well duplicates are found: a public set of a city's sanitation requests, each marked by the office itself.

    DATA=/path/to/requests.csv.gz python -m bench.duplicates      (make bench NAME=duplicates DATA=…)

Columns: id, created_on, completed_on, matter, nature, lat, lon, is_duplicate. Without `DATA` the file is looked for under
`$WANGGE_DATA/duplicates/`; without it the benchmark says so and ends. Fitted on the earlier 70 % of the days' requests,
judged on the latest 30 %; the threshold is chosen on the last fifth of the earlier part.

What a request may know is what the desk knew when it came in: requests that were made before (by day, then by number), and
of each whether it was still open on that day. Never its own end, never that of another beyond "not ended before today",
never the office's mark of any other request. The data names days only: what ended on the day itself counts as open.

Distances, the box round a point and the score of a pair are the product's (`learning.duplicates`); there is no text here, and
whether one of several people's requests is *the* duplicate depends on who else reported, so the surroundings are counted too
and a gradient boosting of scikit-learn weighs them. None of it is shipped.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
import math
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import f1_score, precision_score, recall_score

from bench.messages import data
from wangge.config.progress import say
from wangge.domains.cases.learning.duplicates import Thing, metres, score

if TYPE_CHECKING:
    from pathlib import Path

EARLIER = 0.7
RADII = (2, 15, 50, 100)
_CELL = 0.002  # degrees: no neighbour within 100 m is further than one cell away
_HERE = 15  # metres
_LOOK_BACK = 400  # days
_NONE = math.nan


class Request(NamedTuple):
    """One row; days as ordinals, `ended` beyond all days where it is open."""

    number: str
    made: int
    ended: int
    nature: str
    lat: float
    lon: float
    duplicate: bool

    @property
    def serial(self) -> float:
        """The running number within the year: how close two requests of one day came."""
        tail = self.number.split("-")[-1]
        return float(tail) if tail.isdigit() else 0.0

    def thing(self, *, is_open: bool = True) -> Thing:
        """As the product's score sees it."""
        at = dt.datetime.combine(dt.date.fromordinal(self.made), dt.time(12), tzinfo=dt.UTC)
        return Thing(at=at, lon=self.lon, lat=self.lat, matter=self.nature, matter_class="", is_open=is_open)


def _read(path: Path) -> list[Request]:
    def day(text: str) -> int:
        return dt.date.fromisoformat(text).toordinal() if text else 10**7

    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = [
            Request(
                row["id"],
                day(row["created_on"]),
                day(row["completed_on"]),
                row["nature"],
                float(row["lat"]),
                float(row["lon"]),
                row["is_duplicate"] == "True",
            )
            for row in csv.DictReader(file)
            if row["lat"] and row["lon"]
        ]
    return sorted(rows, key=lambda row: (row.made, row.number))


def _features(rows: list[Request]) -> tuple[np.ndarray, np.ndarray]:
    """What surrounds each request when it comes in, and whether another was open within 15 m (the baseline)."""
    cells: dict[tuple[int, int], list[Request]] = defaultdict(list)
    natures = {nature: n for n, nature in enumerate(sorted({row.nature for row in rows}))}
    table, baseline = [], []
    for row in rows:
        column, line = int(row.lon / _CELL), int(row.lat / _CELL)
        near = [
            (metres(row.lon, row.lat, other.lon, other.lat), other)
            for x in (column - 1, column, column + 1)
            for y in (line - 1, line, line + 1)
            for other in cells[x, y]
            if row.made - other.made <= _LOOK_BACK
        ]
        near = [(away, other) for away, other in near if away <= RADII[-1]]
        still = [(away, other) for away, other in near if other.ended >= row.made]
        here = sorted(
            ((away, other) for away, other in still if away <= _HERE), key=lambda pair: (-pair[1].made, pair[1].number)
        )
        ended = [row.made - other.ended for away, other in near if away <= _HERE and other.ended < row.made]
        best = max((score(row.thing(), other.thing()).probability for _away, other in still), default=0.0)
        values: list[float] = [best]
        for radius in RADII:
            within = [other for away, other in still if away <= radius]
            values += [len(within), sum(other.nature == row.nature for other in within)]
        for pair in (here[:1], here[1:2], here[-1:]):  # the newest, the one before it, the oldest
            values += _told(row, *pair[0], natures) if pair else [_NONE] * 5
        alike = [row.made - other.made for _away, other in here if other.nature == row.nature]
        values += [min(alike, default=_NONE), len(alike)]
        values += [min(ended, default=_NONE), sum(days <= 30 for days in ended), len(ended)]
        values += [natures[row.nature], dt.date.fromordinal(row.made).weekday()]
        table.append(values)
        baseline.append(bool(here))
        cells[column, line].append(row)
    return np.array(table, dtype=float), np.array(baseline)


def _told(row: Request, away: float, other: Request, natures: dict[str, int]) -> list[float]:
    return [
        away,
        row.made - other.made,
        row.serial - other.serial if row.made == other.made else 1e6,
        other.nature == row.nature,
        natures[other.nature],
    ]


def main() -> None:
    """Fit on what came first, judge on what came last, beside the baseline."""
    path = data("duplicates/requests.csv.gz")
    if path is None:
        print(json.dumps({"name": "duplicates", "figures": {}, "skipped": True}))
        return
    rows = _read(path)
    table, baseline = _features(rows)
    truth = np.array([row.duplicate for row in rows])
    days = np.array([row.made for row in rows])
    split = days[int(len(rows) * EARLIER)]
    earlier, latest = days < split, days >= split
    say(f"{len(rows):,} requests; judged: {latest.sum():,} from {dt.date.fromordinal(int(split))} on")
    late = earlier & (days >= np.quantile(days[earlier], 0.8))
    chances = _model().fit(table[earlier & ~late], truth[earlier & ~late]).predict_proba(table[late])[:, 1]
    thresholds = np.linspace(0.05, 0.95, 91)
    least = max(thresholds, key=lambda at: f1_score(truth[late], chances >= at))
    chances = _model().fit(table[earlier], truth[earlier]).predict_proba(table[latest])[:, 1]
    figures = {"judged": int(latest.sum()), "duplicates": int(truth[latest].sum()), "threshold": round(float(least), 2)}
    for name, said in (("baseline", baseline[latest]), ("found", chances >= least)):
        for measure in (precision_score, recall_score, f1_score):
            figures[f"{name}_{measure.__name__.removesuffix('_score')}"] = round(float(measure(truth[latest], said)), 3)
        say(
            f"{name}: precision {figures[f'{name}_precision']}, recall {figures[f'{name}_recall']}, F1 {figures[f'{name}_f1']}"
        )
    print(json.dumps({"name": "duplicates", "figures": figures}))


def _model() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=200, learning_rate=0.06, max_leaf_nodes=15, l2_regularization=1.0, random_state=1
    )


if __name__ == "__main__":
    main()
