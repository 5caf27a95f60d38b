"""Two years of cases: seasons, old compounds, slow units, duplicates, what came back, what people thought of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections import defaultdict
from typing import TYPE_CHECKING

from wangge.domains.cases.actions import Deed, Past, Place, Voice
from wangge.domains.cases.workflow import S
from wangge.doors.town.course import Course, Draft, Silent, Walk
from wangge.doors.town.lots import Share, at_hour
from wangge.doors.town.recipe import read
from wangge.doors.town.wording import Pen, Topic, topics
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wangge.doors.town.scene import Scene, Spot

_DAYS = 730
_ASKS = frozenset({"resident", "scan", "phone", "visit", "on_behalf", "hotline"})
_SOURCES = {
    True: (("resident", 33), ("patrol", 27), ("phone", 14), ("scan", 9), ("visit", 5), ("on_behalf", 7), ("tip", 5)),
    False: (("patrol", 50), ("resident", 22), ("phone", 9), ("hotline", 7), ("scan", 5), ("tip", 5), ("transfer", 2)),
}
_SECRET_SOURCES = (("resident", 60), ("phone", 25), ("visit", 15))
_OLD_KINDS = frozenset({"old", "family", "self_built"})
# Where open cases stand today, of every 120; and how long (hours, least and most) they have been there.
_OPEN = (
    (S.REPORTED, 18, 0.1, 5.0),
    (S.NEEDS_INFO, 6, 0.5, 30.0),
    (S.SETTLED, 8, 0.3, 9.0),
    (S.FILED, 10, 0.05, 2.0),
    (S.DISPATCHED, 14, 0.1, 6.0),
    (S.HANDLING, 34, 0.0, 0.0),
    (S.HANDLED, 12, 0.2, 9.0),
    (S.EVALUATING, 14, 1.0, 90.0),
    (S.OBJECTED, 4, 1.0, 30.0),
)
_VISIBLE = ("01", "02", "03", "06", "07", "08", "09", "23", "26")  # classes of which a photo says something
_CLUSTERED = 0.055  # of all cases end merged into another


class Chronicle:
    """Draws every history of one street."""

    def __init__(self, scene: Scene, pictures: Callable[[str, dt.datetime], str]) -> None:
        self._scene = scene
        self._pictures = pictures  # (key, when taken) → SHA-256
        self._rng = random.Random(f"chronicle {scene.recipe.seed}")
        self._pen = Pen(self._rng)
        self._topics = topics()
        seasons = read("seasons")
        self._curves: dict[str, list[float]] = seasons["curves"]
        self._hours: list[float] = seasons["hours"]
        self._comes_back, self._silent, self._sulks = Share(0.08), Share(0.08), Share(0.05)
        self._endings = {name: Share(share) for name, share in (("declined", 0.026), ("lapse", 0.008), ("void", 0.008))}
        self._returns, self._supplements, self._joins = Share(0.04), Share(0.03), Share(0.05)
        self._north = Share(scene.recipe.town["north_share"])
        self._key = 0
        self._photos_left = scene.recipe.numbers["photographed"]
        self._homes, self._streets = self._weigh(north=False), self._weigh_streets(north=False)
        self._north_homes, self._north_streets = self._weigh(north=True), self._weigh_streets(north=True)

    # -- where

    def _weigh(self, *, north: bool) -> dict[float, tuple[list[Spot], list[float]]]:
        """Buildings in compounds with the weight of each, for every strength of "old compounds have more of it"."""
        nuisance: dict[int, float] = defaultdict(lambda: self._rng.lognormvariate(0, 0.6))
        spots = [s for s in self._scene.spots if s.is_north == north and s.building.compound is not None]
        sizes: dict[int, int] = defaultdict(int)
        for spot in spots:
            sizes[spot.building.compound_id or 0] += 1
        found = {}
        for strength in {topic.old for topic in self._topics if topic.in_compound}:
            weights = []
            for spot in spots:
                compound = spot.building.compound
                if compound is None:
                    continue
                old = strength if compound.kind in _OLD_KINDS else 1.0
                unmanaged = 1.3 if compound.management == "none" else 1.0
                weights.append(old * unmanaged * nuisance[compound.pk] / sizes[compound.pk] ** 0.6)
            found[strength] = (spots, weights)
        return found

    def _weigh_streets(self, *, north: bool) -> tuple[list[Spot], list[float]]:
        nuisance: dict[int, float] = defaultdict(lambda: self._rng.lognormvariate(0, 0.5))
        spots = [s for s in self._scene.spots if s.is_north == north and s.building.compound is None]
        return spots, [nuisance[spot.now.pk] for spot in spots]

    def _spot(self, topic: Topic, *, north: bool) -> Spot:
        if topic.in_compound:
            spots, weights = (self._north_homes if north else self._homes)[topic.old]
        else:
            spots, weights = self._north_streets if north else self._streets
        return self._rng.choices(spots, weights)[0]

    def _place(self, draft: Draft, course: Course) -> Place:
        building = draft.spot.building
        lon = building.lon + self._rng.uniform(-4e-5, 4e-5)
        lat = building.lat + self._rng.uniform(-3e-5, 3e-5)
        address = f"{building.address}{building.name}" if building.compound else f"{building.address}门前"
        return Place(
            area=course.area,
            lon=round(lon, 6),
            lat=round(lat, 6),
            accuracy_m=float(self._rng.choice((5, 8, 12, 20, 35))),
            address=address,
            compound=building.compound,
            building=building if building.compound else None,
        )

    # -- when

    def _moment(self, topic: Topic) -> dt.datetime:
        """An instant of the past two years: the season of the topic, the hours at which people write."""
        today = clock.day_of(self._scene.at)
        curve = self._curves[topic.season]
        top = max(curve)
        while True:
            day = today - dt.timedelta(days=self._rng.randrange(1, _DAYS))
            if self._rng.random() * top < curve[day.month - 1]:
                return at_hour(day, self._hour())

    def _hour(self) -> float:
        return self._rng.choices(range(24), self._hours)[0] + self._rng.random()

    def _topic(self, month: int | None = None) -> Topic:
        weights = [
            topic.weight * (self._curves[topic.season][month - 1] if month else sum(self._curves[topic.season]))
            for topic in self._topics
        ]
        return self._rng.choices(self._topics, weights)[0]

    # -- what

    def _draft(self, topic: Topic, *, north: bool, sources: tuple[tuple[str, float], ...] | None = None) -> Draft:
        matter = self._scene.matters[topic.code]
        kinds = sources or (_SECRET_SOURCES if matter.confidential else _SOURCES[topic.in_compound])
        source = self._rng.choices([k for k, _w in kinds], [w for _k, w in kinds])[0]
        spot = self._spot(topic, north=north)
        worker = source in {"patrol", "tip", "transfer"}
        asks = source in _ASKS
        self._key += 1
        return Draft(
            topic=topic,
            matter=matter,
            spot=spot,
            source=source,
            seed=f"{self._scene.recipe.seed} {self._key}",
            text=self._pen.report(topic, spot.building, 3, worker=worker),
            contact=self._pen.contact() if asks and self._rng.random() < 0.88 else None,
            emerging=matter.code.startswith("21") and self._rng.random() < 0.12,
            legacy=topic.hard and self._rng.random() < 0.2,
        )

    def histories(self, total: int) -> list[Past]:
        """`total` histories, the open ones of the recipe among them, in the order of their keys."""
        made: list[Past] = []
        wanted = self._scene.recipe.numbers["open"]
        for state, of_120, least, most in _OPEN:
            for _n in range(round(of_120 * wanted / 120)):
                made += self._open(state, least, most)
        clusters = round(total * _CLUSTERED)
        while len(made) < total:
            room = total - len(made)
            size = 0
            if clusters > 0 and room > 8:
                size = min(self._rng.choices((1, 2, 3, 4, 5, 6), (40, 25, 15, 10, 6, 4))[0], clusters)
                clusters -= size
            made += self._finished(size)
        return made

    # -- finished cases

    def _finished(self, duplicates: int) -> list[Past]:
        topic = self._topic()
        if duplicates:
            while self._scene.matters[topic.code].confidential or topic.code.startswith(("21", "24", "3")):
                topic = self._topic()
        draft = self._draft(topic, north=self._north.ask() and not self._scene.matters[topic.code].confidential)
        if not duplicates:
            self._fate(draft)
        if draft.ending == "closed":
            self._comes_back.owe()
            if draft.settled is None and self._comes_back.pay():
                if draft.source in _ASKS and self._rng.random() < 0.28:
                    draft.objection = "reopen"
                else:
                    draft.rework = True
            elif draft.settled is None and draft.source in _ASKS and self._rng.random() < 0.006:
                draft.objection = "dismiss"
        start = self._moment(topic)
        return self._settle_down(draft, start, duplicates)

    def _fate(self, draft: Draft) -> None:
        for ending, share in self._endings.items():
            if share.ask() and not (ending == "lapse" and draft.source not in {"resident", "scan"}):
                draft.ending = ending
                return
        settles = draft.source in {"patrol", "on_behalf"} and draft.matter.on_the_spot and not draft.matter.confidential
        if settles and self._rng.random() < draft.topic.spot * 1.3:
            self._on_the_spot(draft)
            return
        draft.supplement = draft.source in {"resident", "scan"} and self._supplements.ask()
        draft.sent_back = self._returns.ask() and not draft.matter.confidential

    def _on_the_spot(self, draft: Draft) -> None:
        draft.settled = self._pen.outcome(draft.topic, draft.matter)
        draft.sampled = draft.source in _ASKS or self._rng.random() < 0.1

    def _settle_down(self, draft: Draft, start: dt.datetime, duplicates: int) -> list[Past]:
        """Walk it; a case that would not be finished today is moved back in time until it is."""
        key = self._key
        start = _plausible(draft, start)
        while True:
            walk = Walk(self._scene, self._pen, draft)
            probe = walk.go(start, asked=0, judges=Silent())
            copies, joined = self._others(draft, key, start, probe, duplicates)
            asks = [source for source in (draft.source, *(v.source for v in joined)) if source in _ASKS]
            asks += [past.voices[0].source for past in copies if past.voices[0].source in _ASKS]
            probe = walk.go(start, asked=len(asks), judges=Silent())
            if (probe.ended or probe.entered) < self._scene.at - dt.timedelta(minutes=5):
                break
            start = _plausible(draft, start - dt.timedelta(days=self._rng.randrange(3, 30)))
        course = walk.go(start, asked=len(asks), judges=self)
        return [self._past(key, draft, course, start, joined), *copies]

    def _others(
        self, draft: Draft, key: int, start: dt.datetime, probe: Course, duplicates: int
    ) -> tuple[list[Past], list[Voice]]:
        """Who else said it before it was handled: cases to be merged, or a voice that joins."""
        copies: list[Past] = []
        if probe.handled is None:
            return [], []
        if duplicates:
            for _n in range(duplicates):
                copy = self._duplicate(draft, key, (start, probe.handled))
                if copy is not None:
                    copies.append(copy)
        elif not draft.matter.confidential and self._joins.ask():
            return [], self._join(draft, start, probe.handled)
        return sorted(copies, key=lambda past: past.deeds[-1].at), []

    def answers(self, asked: int) -> list[str]:
        """A mood for each asked voice: 92 of 100 answer, 95 of 100 answers are content."""
        found = []
        for _n in range(asked):
            if self._silent.ask():
                found.append("")
                continue
            self._sulks.owe()
            if self._sulks.pay():
                found.append("sulk")
            else:
                found.append("fair" if self._rng.random() < 0.22 else "well")
        return found

    def disagrees(self) -> None:
        """Somebody says "not solved": one of the discontented."""
        self._sulks.owe()
        self._sulks.pay(forced=True)

    def _past(self, key: int, draft: Draft, course: Course, start: dt.datetime, joined: Iterable[Voice] = ()) -> Past:
        first = Voice(
            source=draft.source,
            text=draft.text,
            at=start,
            by=course.by,
            contact=draft.contact,
            photos=draft.report_photos,
        )
        return Past(
            key=key,
            place=self._place(draft, course),
            matter=draft.matter if draft.settled or draft.source in {"patrol", "on_behalf", "tip"} else None,
            voices=(first, *joined),
            deeds=tuple(course.deeds),
            settled=draft.settled,
        )

    # -- the same thing said twice

    def _duplicate(self, draft: Draft, into: int, window: tuple[dt.datetime, dt.datetime]) -> Past | None:
        begin, end = window
        at = begin + (end - begin) * self._rng.uniform(0.02, 0.6)
        source = self._rng.choice(("resident", "resident", "scan", "phone"))
        copy = self._draft(draft.topic, north=draft.spot.is_north, sources=((source, 1.0),))
        copy.spot = draft.spot
        copy.text = self._pen.report(draft.topic, draft.spot.building, 3, worker=False)
        if source == "phone":
            at = _in_office_hours(at)
        walk = Walk(self._scene, self._pen, dataclasses.replace(copy, stop=S.REPORTED))
        course = walk.go(at, asked=0, judges=Silent())
        merged = at + dt.timedelta(minutes=self._rng.randrange(6, 50))
        merged = _in_office_hours(merged) if not draft.urgent else merged
        if merged >= end or course.area.pk != self._scene.grid_of(draft.spot, begin).pk:
            return None
        desk = self._scene.desk_at(course.area)
        course.deeds.append(Deed(verb="merge", at=merged, by=desk.intake, into=into))
        return self._past(self._key, copy, course, at)

    def _join(self, draft: Draft, start: dt.datetime, end: dt.datetime) -> list[Voice]:
        at = start + (end - start) * self._rng.uniform(0.1, 0.8)
        text = self._pen.report(draft.topic, draft.spot.building, 3, worker=False)
        return [Voice(source="resident", text=text, at=at, contact=self._pen.contact())]

    # -- open cases

    def _open(self, state: S, least: float, most: float) -> list[Past]:
        now = self._scene.at
        month = clock.day_of(now).month
        while True:
            topic = self._topic(month)
            matter = self._scene.matters[topic.code]
            asks_needed = state in {S.EVALUATING, S.OBJECTED}
            if matter.confidential and state not in {S.HANDLING, S.HANDLED, S.REPORTED}:
                continue
            if state is S.SETTLED and not (matter.on_the_spot and topic.spot):
                continue
            sources: tuple[tuple[str, float], ...] | None = (
                (("resident", 6.0), ("phone", 2.0), ("scan", 2.0)) if asks_needed else None
            )
            if state is S.NEEDS_INFO:
                sources = (("resident", 1.0), ("scan", 1.0))
            if state is S.SETTLED:
                sources = (("patrol", 3.0), ("on_behalf", 1.0))
            break
        draft = self._draft(topic, north=self._north.ask() and not matter.confidential, sources=sources)
        draft.stop = state
        if state is S.SETTLED:
            self._on_the_spot(draft)
        if state is S.OBJECTED:
            self.disagrees()
        if state is S.HANDLING:
            limit = matter.handling_amount * (1.45 * 24 if matter.handling_kind == "working_days" else 3.0)
            age = limit * self._rng.choices((self._rng.uniform(0.03, 0.8), self._rng.uniform(0.8, 1.3)), (80, 20))[0]
        else:
            age = self._rng.uniform(least, most)
        return [self._arrive(draft, now - dt.timedelta(hours=age))]

    def _arrive(self, draft: Draft, wanted: dt.datetime) -> Past:
        """Move the beginning until the present state began about when it is wanted, and in any case before now."""
        latest = self._scene.at - dt.timedelta(minutes=2)
        walk = Walk(self._scene, self._pen, draft)
        voices = 1 if draft.source in _ASKS else 0

        def go(start: dt.datetime) -> Course:
            return walk.go(_plausible(draft, start), asked=voices, judges=Silent())

        start = wanted
        for _n in range(6):
            start += wanted - go(start).entered
        while (course := go(start)).entered > latest or _plausible(draft, start) > latest:
            start -= dt.timedelta(minutes=40)
        start = _plausible(draft, start)
        if self._photos_left > 0 and draft.topic.code.startswith(_VISIBLE):
            self._photograph(draft, course, start)
        return self._past(self._key_of(draft), draft, course, start)

    @staticmethod
    def _key_of(draft: Draft) -> int:
        return int(draft.seed.rsplit(" ", 1)[1])

    def _photograph(self, draft: Draft, course: Course, start: dt.datetime) -> None:
        """What was seen, and what it looked like when the unit was done."""
        self._photos_left -= 1
        subject = f"{draft.topic.code}-{self._key_of(draft)}"
        draft.report_photos = (self._pictures(subject, start - dt.timedelta(minutes=2)),)
        for n, deed in enumerate(course.deeds):
            if deed.outcome is not None and deed.outcome.result in {"solved", "partly"}:
                after = self._pictures(f"after-{subject}", deed.at - dt.timedelta(minutes=7))
                outcome = dataclasses.replace(deed.outcome, after_photos=(after,))
                course.deeds[n] = dataclasses.replace(deed, outcome=outcome)


def _plausible(draft: Draft, at: dt.datetime) -> dt.datetime:
    """Residents write at any hour; what staff write down, they write by day."""
    return at if draft.source in {"resident", "scan"} else _in_office_hours(at)


def _in_office_hours(at: dt.datetime) -> dt.datetime:
    """Then, or the next time between eight and six, for what staff write down."""
    local = at.astimezone(clock.OFFICE)
    if 8 <= local.hour < 18:
        return at
    day = local if local.hour < 8 else local + dt.timedelta(days=1)
    return day.replace(hour=8 + local.hour % 10)
