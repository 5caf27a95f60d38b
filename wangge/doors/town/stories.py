"""The stories that newspapers tell of such streets, taken through the real steps one by one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wangge.domains.cases import actions, procedures
from wangge.domains.cases.workflow import S
from wangge.doors.town.course import OBJECTION_DAYS
from wangge.doors.town.lots import at_hour
from wangge.doors.town.procedures import ProcedureSteps
from wangge.doors.town.recipe import read
from wangge.doors.town.whistles import WhistleSteps
from wangge.foundation.core import clock
from wangge.foundation.core.worktime import deadline, is_working_day

if TYPE_CHECKING:
    from wangge.domains.cases.models import Case, Report
    from wangge.doors.town.pictures import Album
    from wangge.doors.town.scene import Scene, Spot
    from wangge.foundation.accounts.models import Organisation, User


def started(story: dict[str, Any], now: dt.datetime) -> dt.datetime:
    """When a story was reported: so many working days before today, in the morning or at an hour of its own."""
    day, left = clock.day_of(now), story["days"]
    while left:
        day -= dt.timedelta(days=1)
        left -= is_working_day(day)
    return at_hour(day, story.get("hour", 9.4))


def in_order(now: dt.datetime) -> list[dict[str, Any]]:
    """All stories, the oldest first."""
    return sorted(read("stories")["stories"], key=lambda story: started(story, now))


class Storyteller(WhistleSteps, ProcedureSteps):
    """Tells one story after the other."""

    def __init__(self, scene: Scene, album: Album) -> None:
        self._scene, self._album = scene, album
        self._taken: dict[str, dt.datetime] = {}

    def tell(self, story: dict[str, Any]) -> Case:
        """Take a story through its steps; the case as it stands at the end."""
        self._at = started(story, self._scene.at)
        self._spot = self._find(story["place"])
        area = self._scene.grid_of(self._spot, self._at)
        building = self._spot.building
        side = story["place"]["s"]
        place = actions.Place(
            area=area,
            lon=building.lon,
            lat=building.lat,
            accuracy_m=8.0,
            address=f"{building.address}{building.name}{side}",
            compound=building.compound,
            building=building,
        )
        self._by_the_wall = story.get("minutes", False)  # an emergency is told by the minute, not by office hours
        self._unit: Organisation | None = None
        self._reports: list[Report] = [
            actions.report(
                by=self._who(story.get("by")),
                source=story["source"],
                text=story["text"],
                place=place,
                matter=self._scene.matters[story["matter"]],
                contact=_contact(story),
                photos=self._pictures(story.get("photos", ()), self._at),
                urgent=story.get("urgent", False),
                at=self._at,
            )
        ]
        case = self._reports[0].case
        voices = [(self._later(self._at, voice["after"]), voice) for voice in story.get("voices", ())]
        for hours, verb, who, *more in story["steps"]:
            self._at = self._later(self._at, hours)
            while voices and voices[0][0] <= self._at and verb != "file":
                at, voice = voices.pop(0)
                self._reports.append(
                    actions.join(
                        case=case,
                        by=self._who(voice.get("by")),
                        source=voice["source"],
                        text=voice["text"],
                        place=place,
                        contact=_contact(voice),
                        at=at,
                    )
                )
            case = getattr(self, f"_{verb}")(case, who, more[0] if more else {})
        if case.state == S.CLOSED and case.closed_at is not None:
            over = case.closed_at + dt.timedelta(days=OBJECTION_DAYS, minutes=3)
            if over <= self._scene.at:
                case = actions.archive(case=case, at=over)
        return case

    # -- finding

    def _find(self, place: dict[str, Any]) -> Spot:
        for spot in self._scene.spots:
            building = spot.building
            if place.get("compound") and building.compound and building.compound.name_zh == place["compound"]:
                return spot
            if place.get("building") == building.name:
                return spot
        raise LookupError(place)

    def _later(self, at: dt.datetime, hours: float) -> dt.datetime:
        if self._by_the_wall:
            return at + dt.timedelta(minutes=hours, seconds=9)
        return deadline(at, "working_hours", hours).at + dt.timedelta(seconds=17)

    def _who(self, key: str | None) -> User | None:
        if key is None:
            return None
        if key == "worker":
            return self._scene.workers(self._scene.grid_of(self._spot, self._at), self._at)[0]
        if key == "unit" and self._unit is not None:
            return self._scene.handlers(self._unit)[0]
        if key == "fang" and self._unit is not None:
            return self._station_head()
        if key.startswith("unit:"):
            return self._scene.handlers(self._named(key.removeprefix("unit:")))[0]
        return self._scene.users[key]

    def _station_head(self) -> User:
        return self._scene.handlers(self._named("community"))[0]

    def _named(self, key: str) -> Organisation:
        if key == "community":
            community = self._spot.now.parent_id
            return self._scene.committees[community if community is not None else 0]
        return self._scene.units[key]

    def _pictures(self, keys: tuple[str, ...] | list[str], at: dt.datetime) -> list[str]:
        # One picture is one sha256: the photo of the report may come again as the one "before".
        return [self._album.add(key, self._taken.setdefault(key, at)) for key in keys]

    # -- steps

    def _file(self, case: Case, who: str, _more: dict[str, Any]) -> Case:
        matter = case.matter
        if matter is None:
            raise LookupError(case.number)
        return actions.file(case=case, by=self._who(who), matter=matter, at=self._at)

    def _dispatch(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        self._unit = self._named(more["unit"])
        co_units = [self._named(key) for key in more.get("co", ())]
        return actions.dispatch(
            case=case, by=self._who(who), unit=self._unit, co_units=co_units, why=["by_hand"], at=self._at
        )

    def _sign_for(self, case: Case, who: str, _more: dict[str, Any]) -> Case:
        return actions.sign_for(case=case, by=self._who(who), at=self._at)

    def _contact(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        return actions.contact(case=case, by=self._who(who), text=more["note"], at=self._at)

    def _assist(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        return actions.assist(case=case, by=self._who(who), text=more["note"], at=self._at)

    def _assist_done(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        by = self._who(who)
        part = procedures.parts_to_do(case, by)[0]
        return actions.assist_done(case=case, by=by, text=more["note"], assignment=part, at=self._at)

    def _flag(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        return actions.flag(
            case=case,
            by=self._who(who),
            emerging=more.get("emerging", False),
            legacy=more.get("legacy", False),
            at=self._at,
        )

    def _handle(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        quantities = [(Decimal(str(amount)), unit) for amount, unit in more.get("q", ())]
        outcome = actions.Outcome(
            result=more["result"],
            text=more["text"],
            reply=more["reply"],
            quantities=quantities,
            legal_basis=more.get("basis", ""),
            area_m2=Decimal(str(more["area"])) if "area" in more else None,
            before_photos=self._pictures(more.get("before", ()), self._at),
            after_photos=self._pictures(more.get("after", ()), self._at),
        )
        return actions.handle(case=case, by=self._who(who), outcome=outcome, at=self._at)

    def _verify(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        by = self._who(who)
        for part in procedures.parts_to_verify(case, by):
            case = actions.verify_assist(case=case, by=by, assignment=part, at=self._at)
        return actions.verify(case=case, by=by, note=more["note"], at=self._at)

    def _rework(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        return actions.rework(case=case, by=self._who(who), reason=more["note"], at=self._at)

    def _evaluate(self, case: Case, voice: int, more: dict[str, Any]) -> Case:
        return self._judged(case, self._reports[voice], None, more)

    def _call_back(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        return self._judged(case, self._reports[more.get("voice", 0)], self._who(who), more)

    def _judged(self, case: Case, report: Report, by: User | None, more: dict[str, Any]) -> Case:
        report.refresh_from_db()
        actions.evaluate(
            report=report, solved=more["solved"], satisfied=more["satisfied"], comment=more["note"], by=by, at=self._at
        )
        case.refresh_from_db()
        return case


def _contact(row: dict[str, Any]) -> actions.Contact | None:
    if "contact" not in row:
        return None
    name, phone = row["contact"]
    return actions.Contact(name=name, phone=phone)
