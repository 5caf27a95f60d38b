"""The course of one case: who does what when, from the report to the archive or to where it stands today."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from typing import TYPE_CHECKING, Protocol

from wangge.domains.cases.actions import Deed
from wangge.domains.cases.workflow import S
from wangge.doors.town.lots import Pace, hours_of
from wangge.foundation.catalogue.queries import stage_clock
from wangge.foundation.core import clock
from wangge.foundation.core.worktime import deadline

if TYPE_CHECKING:
    from wangge.domains.cases.actions import Contact, Outcome
    from wangge.doors.town.scene import Desk, Scene, Spot
    from wangge.doors.town.wording import Pen, Topic
    from wangge.foundation.accounts.models import Organisation, User
    from wangge.foundation.catalogue.models import Matter
    from wangge.foundation.places.models import Area

OBJECTION_DAYS = 15


@dataclasses.dataclass(slots=True)
class Draft:
    """One case before its course is drawn: what, where, by whom, and what will become of it."""

    topic: Topic
    matter: Matter
    spot: Spot
    source: str
    seed: str
    text: str
    contact: Contact | None
    stop: S | None = None  # open cases: where it stands today
    ending: str = "closed"  # declined, void, lapse, closed
    settled: Outcome | None = None
    sampled: bool = False
    supplement: bool = False
    sent_back: bool = False
    rework: bool = False
    objection: str = ""  # "reopen" or "dismiss"
    emerging: bool = False
    legacy: bool = False
    report_photos: tuple[str, ...] = ()

    @property
    def urgent(self) -> bool:
        """Whether the short clocks run."""
        return self.matter.urgency == "urgent"


@dataclasses.dataclass(slots=True)
class Course:
    """What happened: the steps, and when the present state began."""

    deeds: list[Deed]
    area: Area
    by: User | None
    entered: dt.datetime
    handled: dt.datetime | None = None
    ended: dt.datetime | None = None


class Judges(Protocol):
    """Those who are asked at the end."""

    def answers(self, asked: int) -> list[str]:
        """The mood of each voice that is asked; "" is silence."""

    def disagrees(self) -> None:
        """One of them says "not solved" before that."""


class Silent:
    """Nobody answers: for finding out when things happen."""

    def answers(self, asked: int) -> list[str]:
        """Silence."""
        return [""] * asked

    def disagrees(self) -> None:
        """Is not counted."""


class Walk:
    """Walks one draft through the steps. Everything by lot comes from the draft's own seed: the same walk every time."""

    def __init__(self, scene: Scene, pen: Pen, draft: Draft) -> None:
        self._scene, self._pen, self._draft = scene, pen, draft

    def go(self, start: dt.datetime, *, asked: int, judges: Judges) -> Course:
        """The course from `start`, when `asked` voices are asked at the end."""
        draft, scene = self._draft, self._scene
        self._rng = random.Random(draft.seed)
        self._pace = Pace(self._rng)
        area = scene.grid_of(draft.spot, start)
        self._area = area
        self._desk: Desk = scene.desk_at(area)
        self._chief_only = draft.matter.confidential
        course = Course([], area, self._reporter(start), start)
        self._course = course
        if draft.stop is S.REPORTED or (draft.stop is S.SETTLED and draft.settled):
            return course
        if draft.settled is not None:
            self._spot_check(start)
            return course
        at = self._intake(start)
        if at is None or draft.stop in {S.NEEDS_INFO, S.FILED}:
            return course
        at = self._to_the_unit(at)
        if draft.stop in {S.DISPATCHED, S.HANDLING}:
            return course
        at = self._handle(at, first=True)
        course.handled = at
        if draft.stop is S.HANDLED:
            return course
        if draft.rework:
            at = self._again(at)
        self._judge(at, asked, judges)
        return course

    # -- helpers

    def _reporter(self, at: dt.datetime) -> User | None:
        source, scene = self._draft.source, self._scene
        if source in {"resident", "scan"}:
            return None
        if source in {"phone", "visit", "hotline", "transfer"}:
            return self._desk.intake
        workers = scene.workers(self._area, at)
        if source == "tip":
            workers = scene.workers(self._area, at, "part_time_worker") or workers
        return self._rng.choice(workers) if workers else self._desk.intake

    def _soon(self, start: dt.datetime, office_hours: float, urgent_minutes: float) -> dt.datetime:
        if self._draft.urgent:
            return self._pace.clock(start, urgent_minutes / 60, 0.4)
        return self._pace.office(start, office_hours)

    def _limit(self) -> float:
        """The time for handling, in hours of its own kind."""
        return hours_of(self._draft.matter.handling_kind, self._draft.matter.handling_amount)

    def _do(self, verb: str, at: dt.datetime, by: User | None, **given: object) -> dt.datetime:
        self._course.deeds.append(Deed(verb=verb, at=at, by=by, **given))  # type: ignore[arg-type]
        self._course.entered = at
        return at

    def _end(self, at: dt.datetime) -> None:
        """Closed: the objections' time runs, then the archive."""
        self._course.ended = at
        archived = at + dt.timedelta(days=OBJECTION_DAYS, minutes=self._rng.randrange(1, 6))
        if archived <= self._scene.at:
            self._course.deeds.append(Deed(verb="archive", at=archived))

    # -- the parts of the way

    def _intake(self, start: dt.datetime) -> dt.datetime | None:
        draft, desk, pen = self._draft, self._desk, self._pen
        at = self._soon(start, 0.9, 6)
        if draft.stop is S.NEEDS_INFO or draft.supplement or draft.ending == "lapse":
            asked = self._do("ask_for_more", at, desk.intake, note=pen.pick("question"))
            if draft.stop is S.NEEDS_INFO:
                return None
            if draft.ending == "lapse":
                lapsed = deadline(asked, "working_days", 3).at + dt.timedelta(minutes=self._rng.randrange(1, 6))
                self._course.ended = self._do("lapse", lapsed, None)
                return None
            at = self._pace.clock(asked, 5, 0.6)
            voice_by = self._course.by
            self._do("supplement", at, voice_by, note=pen.pick("answer"))
            at = self._soon(at, 0.9, 6)
        if draft.ending == "declined":
            reason, channel = pen.declined()
            self._course.ended = self._do("decline", at, desk.intake, note=reason, basis=channel)
            return None
        if draft.ending == "void":
            self._course.ended = self._do("void", at, desk.chief, note=pen.pick("void"))
            return None
        return self._do("file", at, desk.intake, matter=draft.matter)

    def _to_the_unit(self, filed: dt.datetime) -> dt.datetime:
        draft, desk = self._draft, self._desk
        main, co, why = self._scene.route(draft.matter, self._area, draft.spot.building.compound)
        sender = desk.chief if self._chief_only else desk.dispatcher
        at = self._soon(filed, 0.35, 9)
        if draft.sent_back and draft.stop is None:
            wrong = self._wrong_unit(main)
            self._do("dispatch", at, sender, unit=wrong)
            reason, basis = self._pen.returned()
            back = self._soon(at, 2.0, 12)
            self._do("send_back", back, self._rng.choice(self._scene.handlers(wrong)), note=reason, basis=basis)
            at = self._soon(back, 0.4, 8)
        self._main, self._co = main, co
        at = self._do("dispatch", at, sender, unit=main, co_units=co, why=why)
        if draft.stop is S.DISPATCHED:
            return at
        self._handler = self._rng.choice(self._scene.handlers(main))
        at = self._do("sign_for", self._soon(at, min(1.6, self._limit() * 0.12), 8), self._handler)
        if draft.emerging or draft.legacy:
            flagged = self._pace.office(at, 0.3, 0.2)
            self._do("flag", flagged, desk.chief, emerging=draft.emerging, legacy=draft.legacy)
            at = flagged
        if draft.stop is S.HANDLING:
            self._course.entered = at
        return at

    def _wrong_unit(self, main: Organisation) -> Organisation:
        if self._draft.spot.is_north:
            return self._scene.units["north_municipal" if main.kind != "municipal" else "north_sanitation"]
        options = ("municipal", "sanitation", "enforcement", "construction", "property")
        return self._rng.choice([u for u in (self._scene.units[key] for key in options) if u.pk != main.pk])

    def _handle(self, signed: dt.datetime, *, first: bool) -> dt.datetime:
        """The unit's own time: a share of the limit, longer where the unit is slow."""
        draft, scene = self._draft, self._scene
        matter = draft.matter
        slow = scene.slow.get(self._main.pk, 1.0) * (1.5 if draft.topic.hard else 1.0)
        share = min(2.2, self._rng.lognormvariate(-0.8, 0.42) * slow) * (1.0 if first else 0.45)
        # The limit runs from the filing: what dispatch and signing took is gone.
        hours = self._limit() * 0.84 * share
        move = self._pace.clock if matter.handling_kind == "urgent_hours" else self._pace.office
        end = move(signed, max(0.35, hours), 0.02)
        if first and draft.contact is not None and self._rng.random() < 0.8:
            contacted = self._soon(signed, 1.4, 6)
            if contacted < end:
                self._do("contact", contacted, self._handler, note=self._pen.pick("contact"))
                signed = contacted
        if first and self._co and self._rng.random() < 0.4:
            helped = signed + (end - signed) * self._rng.uniform(0.3, 0.8)
            helper = self._rng.choice(scene.handlers(self._rng.choice(self._co)))
            self._do("assist", helped, helper, note=self._pen.pick("assist"))
        if first:
            for nth, unit in enumerate(self._co):
                done = signed + (end - signed) * (0.85 + 0.04 * min(nth, 3))
                self._do("assist_done", done, scene.handlers(unit)[0], unit=unit, note=self._pen.plain("assist"))
        outcome = self._pen.outcome(draft.topic, matter)
        return self._do("handle", end, self._handler, outcome=outcome)

    def _verifier(self, at: dt.datetime) -> User:
        if self._chief_only:
            return self._desk.chief
        workers = self._scene.workers(self._area, at)
        involved = any(unit.kind == "community" for unit in (self._main, *self._co))
        if workers and not involved and self._rng.random() < 0.25:
            return self._rng.choice(workers)
        return self._desk.verifier

    def _again(self, handled: dt.datetime) -> dt.datetime:
        """返工: looked at, not as reported, done again."""
        at = self._soon(handled, 2.4, 25)
        self._do("rework", at, self._verifier(at), note=self._pen.pick("rework"))
        return self._handle(at, first=False)

    def _judge(self, handled: dt.datetime, asked: int, judges: Judges) -> None:
        draft, desk = self._draft, self._desk
        at = self._soon(handled, 2.4, 25)
        verifier = self._verifier(at)
        for unit in self._co:
            self._do("verify_assist", at, verifier, unit=unit)
        self._do("verify", at, verifier, note=self._pen.pick("checked"))
        if not asked:
            self._end(at)
            return
        if draft.stop is S.EVALUATING:
            return
        if draft.objection or draft.stop is S.OBJECTED:
            judges.disagrees()
            at = self._answer(at, 0, "no")
            if draft.stop is S.OBJECTED:
                return
            at = self._pace.office(at, 4.5)
            if draft.objection == "dismiss":
                self._do("dismiss", at, desk.chief, note=self._pen.pick("dismissed"))
                self._end(at)
                return
            self._do("reopen", at, desk.chief, note=self._pen.pick("upheld"))
            at = self._handle(at, first=False)
            at = self._soon(at, 2.4, 25)
            self._do("verify", at, self._verifier(at), note=self._pen.pick("checked"))
        self._answers(at, judges.answers(asked))

    def _answers(self, verified: dt.datetime, moods: list[str]) -> None:
        """Those who answer, then the end: at once when nobody is silent, else when the time is over."""
        limit = stage_limit(self._draft.matter)
        due = deadline(verified, *limit).at
        last = verified
        answers = []
        for voice, mood in enumerate(moods):
            if mood:
                answers.append((min(self._when(verified), due - dt.timedelta(minutes=30 - voice)), voice, mood))
        for at, voice, mood in sorted(answers):
            last = self._answer(at, voice, mood, exactly=True)
        if len(answers) == len(moods):
            self._end(last)
            return
        ended = due + dt.timedelta(minutes=self._rng.randrange(1, 6))
        self._do("close_by_rule", ended, None)
        self._end(ended)

    def _when(self, verified: dt.datetime) -> dt.datetime:
        self._called = self._rng.random() < 0.45 or self._chief_only
        if self._called:
            return self._pace.office(verified, 6, 0.6)
        return self._pace.clock(verified, 14, 0.8)

    def _answer(self, at: dt.datetime, voice: int, mood: str, *, exactly: bool = False) -> dt.datetime:
        solved, satisfied, comment = self._pen.judgement(mood)
        at = at if exactly else self._pace.clock(at, 9, 0.6)
        office = clock.OFFICE
        by_phone = self._rng.random() < 0.5 and 8 <= at.astimezone(office).hour < 18
        by = (self._desk.chief if self._chief_only else self._desk.caller) if by_phone else None
        verb = "call_back" if by else "evaluate"
        said = {"solved": solved, "satisfied": satisfied, "note": comment}
        contacted = any(deed.verb == "contact" for deed in self._course.deeds) if by else None
        return self._do(verb, at, by, voice=voice, contacted=contacted, **said)

    def _spot_check(self, at: dt.datetime) -> None:
        if not self._draft.sampled:
            self._do("close_unsampled", at, None)
            self._end(at)
            return
        checked = self._pace.office(at, 2.5)
        self._do("pass_spot_check", checked, self._desk.verifier, note=self._pen.pick("checked"))
        self._end(checked)


_LIMITS: dict[str, tuple[str, float]] = {}


def stage_limit(matter: Matter) -> tuple[str, float]:
    """How long reporters may judge, as the catalogue has it."""
    if matter.code not in _LIMITS:
        found = stage_clock(matter, "evaluate")
        _LIMITS[matter.code] = (found.kind, found.amount) if found else ("working_days", 5)
    return _LIMITS[matter.code]
