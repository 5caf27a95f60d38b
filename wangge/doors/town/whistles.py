"""吹哨报到 in the stories: the steps of a whistle, as `stories.yaml` writes them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from wangge.domains.cases import whistle_queries
from wangge.domains.cases.actions import whistling
from wangge.doors.town.lots import at_hour
from wangge.foundation.core import clock
from wangge.foundation.core.worktime import next_working_day

if TYPE_CHECKING:
    from wangge.domains.cases.models import Case, Whistle, WhistleCall
    from wangge.doors.town.scene import Scene, Spot
    from wangge.foundation.accounts.models import Organisation, User

_METRES = 111_320  # of a degree of latitude


class WhistleSteps:
    """Mixed into the teller of stories, which says who, where and when."""

    _scene: Scene
    _spot: Spot
    _at: dt.datetime
    _whistle: Whistle

    def _who(self, key: str | None) -> User | None:
        raise NotImplementedError

    def _named(self, key: str) -> Organisation:
        raise NotImplementedError

    def _pictures(self, keys: tuple[str, ...] | list[str], at: dt.datetime) -> list[str]:
        raise NotImplementedError

    def _call_of(self, key: str) -> WhistleCall:
        return self._whistle.calls.select_related("whistle", "unit").get(unit=self._named(key))

    def _whistle_blow(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        kind = whistle_queries.get_kind(more["kind"])
        self._whistle = whistling.blow(case=case, by=self._who(who), kind=kind, reason=more["reason"], at=self._at)
        return case

    def _whistle_call(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        """`units` with the task of each, the first in the lead; `meets` is an hour of the next working day."""
        meet_at = None
        if "meets" in more:
            meet_at = at_hour(next_working_day(clock.day_of(self._scene.at) + dt.timedelta(days=1)), more["meets"])
        units = [whistling.Summons(self._named(key), task) for key, task in more["units"].items()]
        whistling.call(
            whistle=self._whistle,
            by=self._who(who),
            units=units,
            lead=units[0].unit,
            place=more.get("place", ""),
            meet_at=meet_at,
            at=self._at,
        )
        return case

    def _whistle_arrive(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        building = self._spot.building
        here = (building.lon, building.lat + more["near"] / _METRES) if "near" in more else None
        whistling.arrive(call=self._call_of(more["unit"]), by=self._who(who), position=here, at=self._at)
        return case

    def _whistle_vouch(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        whistling.vouch(call=self._call_of(more["unit"]), by=self._who(who), at=self._at)
        return case

    def _whistle_contribute(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        photos = self._pictures(more.get("photos", ()), self._at)
        its = self._call_of(more["unit"])
        whistling.contribute(call=its, by=self._who(who), text=more["text"], photos=photos, at=self._at)
        return case

    def _whistle_conclude(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        whistling.conclude(whistle=self._whistle, by=self._who(who), conclusion=more["text"], at=self._at)
        return case

    def _whistle_rate(self, case: Case, who: str, more: dict[str, Any]) -> Case:
        marks = {self._call_of(key).pk: whistling.Marks(*given) for key, given in more["units"].items()}
        whistling.rate(whistle=self._whistle, by=self._who(who), marks=marks, at=self._at)
        return case
