"""The coefficients of the duplicate score, fitted on made-up pairs, and how good they are on pairs they have not seen.

    python -m bench.pairs            (make bench NAME=pairs)

Events are made up: a matter and its sentences from the shipped seed set, a compound, a building or a spot in the street, a
room now and then. One to four people report each of them, every one in another sentence, with the error of a telephone and
some days apart. A pair is two reports within 200 m and 30 days; it is a duplicate when both are about the same event. No
public and no office data is used, so the coefficients may be shipped: copy them into `learning/duplicates.py`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
import random
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, precision_score, recall_score

from wangge.config.progress import say
from wangge.domains.cases.learning import duplicates
from wangge.domains.cases.learning.duplicates import Thing
from wangge.domains.cases.learning.seed import seed as shipped

PAIRS = 40_000
_START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
_SPOTS = (
    "东门口",
    "西侧",
    "单元门前",
    "北边围墙下",
    "小广场旁",
    "车棚边上",
    "路口拐角",
    "幼儿园对面",
    "超市门口",
    "健身器材旁",
)
_M = 1 / 111_320
# As many events as a street of eighty compounds has in four months.
_COMPOUNDS, _EVENTS, _MONTHS = 80, 1500, 4


class Event(NamedTuple):
    """One thing that happened."""

    key: int
    code: str
    lon: float
    lat: float
    at: dt.datetime
    compound: int
    building: int | None
    room: str
    spot: str
    closed: dt.datetime


def _events(chance: random.Random, codes: list[str], count: int) -> list[Event]:
    weights = [1 / (n + 3) for n in range(len(codes))]  # a few matters make most of the reports
    made = []
    for key in range(count):
        compound = chance.randrange(_COMPOUNDS)
        happened = _START + dt.timedelta(hours=chance.uniform(0, 24 * 30 * _MONTHS))
        inside = chance.random() < 0.6
        east, north = _centre(compound)
        building = compound * 20 + chance.randrange(8) if inside else None
        made.append(
            Event(
                key=key,
                code=chance.choices(codes, weights)[0],
                lon=east + chance.gauss(0, 60) * _M,
                lat=north + chance.gauss(0, 60) * _M,
                at=happened,
                compound=compound,
                building=building,
                room=f"{chance.randrange(1, 6)}单元{chance.randrange(1, 7)}0{chance.randrange(1, 4)}室"
                if inside and chance.random() < 0.3
                else "",
                spot=chance.choice(_SPOTS),
                closed=happened + dt.timedelta(days=1 + chance.expovariate(1 / 8)),
            )
        )
    return made


def _centre(compound: int, building: int | None = None) -> tuple[float, float]:
    """Where a compound stands, or one of its eight buildings round it."""
    east, north = 116 + (compound % 10) * 300 * _M, 35 + (compound // 10) * 300 * _M
    if building is None:
        return east, north
    turn = (building % 8) / 8 * 2 * math.pi
    return east + 70 * _M * math.cos(turn), north + 70 * _M * math.sin(turn)


def _reports(chance: random.Random, events: list[Event], sentences: dict[str, list[str]]):
    """(event, thing) for each voice; who takes in the second voice does not always choose the same matter."""
    codes = list(sentences)
    for event in events:
        for voice in range(chance.choices((1, 2, 3, 4), (70, 18, 8, 4))[0]):
            at = event.at + dt.timedelta(hours=chance.expovariate(1 / 48) if voice else 0)
            if at >= event.closed and chance.random() < 0.9:
                continue  # what has been dealt with is hardly reported again
            said = chance.choice(sentences[event.code])
            if chance.random() < 0.6:
                said = f"{event.spot}{said}"
            code = event.code if chance.random() < 0.85 else chance.choice(codes)
            known = chance.random() < 0.85
            away = chance.choice((5, 15, 40)) * _M
            # The nearest building to an uncertain point is not always the right one.
            nearby = event.compound * 20 + chance.randrange(8)
            building = event.building if event.building is not None and chance.random() < 0.75 else nearby
            lon, lat = event.lon, event.lat
            if (
                chance.random() < 0.4
            ):  # chosen from a list: the place of the compound or of the building, not of the thing
                (lon, lat), away = _centre(event.compound, building if chance.random() < 0.5 else None), 0.0
            yield (
                event,
                Thing(
                    at=at,
                    text=said,
                    # Everybody in a compound has its number in the street, which is nobody's room.
                    address=f"解放街{100 + event.compound}号{event.room if chance.random() < 0.6 else ''}",
                    lon=lon + chance.gauss(0, 1) * away,
                    lat=lat + chance.gauss(0, 1) * away,
                    matter=code if known else "",
                    matter_class=code[:2] if known else "",
                    compound=event.compound,
                    building=building if chance.random() < 0.7 else None,
                ),
            )


def _pairs(seed: int, count: int):
    """(names of the facts, their values, whether the pair is one event), from as many streets as it takes."""
    chance = random.Random(seed)
    sentences: dict[str, list[str]] = {}
    for text, code in shipped():
        sentences.setdefault(code, []).append(text)
    names: list[str] = []
    rows, same = [], []
    while len(rows) < count:
        voices = list(_reports(chance, _events(chance, list(sentences), _EVENTS), sentences))
        voices.sort(key=lambda voice: voice[1].at)
        for n, (event, thing) in enumerate(voices):
            for other_event, other in reversed(voices[:n]):
                if (thing.at - other.at).days >= duplicates.DAYS:
                    break
                distance = duplicates.metres_between(thing, other)
                if distance is None or distance > 200:
                    continue
                other = dataclasses.replace(other, is_open=thing.at < other_event.closed)  # noqa: PLW2901
                values = duplicates.features(thing, other, distance=distance, confused=lambda _pair: False)
                names = list(values)
                rows.append(list(values.values()))
                same.append(event.key == other_event.key)
    return names, np.array(rows), np.array(same)


def main() -> None:
    """Fit, judge on other pairs, print."""
    names, rows, same = _pairs(1, PAIRS)
    say(f"{len(rows):,} pairs, {same.mean():.1%} of them duplicates")
    model = LogisticRegression(C=10.0, max_iter=1000).fit(rows, same)
    _names, others, truth = _pairs(2, PAIRS // 2)
    chances = model.predict_proba(others)[:, 1]
    say(f"BIAS = {model.intercept_[0]:.3f}")
    for name, value in zip(names, model.coef_[0], strict=True):
        say(f'    "{name}": {value:.3f},')
    figures = {}
    for least in (0.5, 0.8):
        said = chances >= least
        figures[f"precision_{least}"] = round(float(precision_score(truth, said)), 3)
        figures[f"recall_{least}"] = round(float(recall_score(truth, said)), 3)
        figures[f"f1_{least}"] = round(float(f1_score(truth, said)), 3)
    print(json.dumps({"name": "pairs", "figures": figures}))


if __name__ == "__main__":
    main()
