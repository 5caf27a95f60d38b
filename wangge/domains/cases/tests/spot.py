"""What the tests of whistles share: a night, a burst water main, the units that come."""

from __future__ import annotations

import datetime as dt

from wangge.domains.cases.actions import whistling as acts
from wangge.domains.cases.actions.whistling import Summons
from wangge.domains.cases.models import TimelineEntry, Whistle, WhistleCall, WhistleKind
from wangge.foundation.core import clock
from wangge.foundation.duties.models import Duty

NIGHT = dt.datetime(2026, 7, 18, 23, 10, tzinfo=clock.OFFICE)
MINUTE = dt.timedelta(minutes=1)
HERE = (116.005, 35.005)  # the middle of grid 1, where the case is
FAR = (116.015, 35.005)  # 0.9 km east of it


def kind(code="emergency"):
    return WhistleKind.objects.get(code=code)


def verbs(case):
    return [verb for verb in case.timeline.order_by("id").values_list("verb", flat=True) if verb.startswith("whistle")]


def counts():
    return (
        Whistle.objects.unscoped("the test counts").count(),
        WhistleCall.objects.count(),
        TimelineEntry.objects.count(),
        Duty.objects.count(),
    )


def read(whistle):
    return Whistle.objects.unscoped("the test looks").select_related("case", "kind", "lead").get(pk=whistle.pk)


def called(town, whistle, *, at=NIGHT + 3 * MINUTE, **more):
    units = [Summons(town.enforcement, "封路"), Summons(town.sanitation, "排水"), Summons(town.office)]
    return acts.call(whistle=whistle, by=town.luo, units=units, lead=town.enforcement, at=at, **more)


def call_of(whistle, unit):
    return whistle.calls.get(unit=unit)


def all_there(town, whistle, *, at=NIGHT + 20 * MINUTE):
    for unit, who in ((town.enforcement, town.he), (town.sanitation, town.hua), (town.office, town.fang)):
        acts.arrive(call=call_of(whistle, unit), by=who, position=HERE, at=at)
    return whistle


def concluded(town, whistle):
    return acts.conclude(
        whistle=all_there(town, called(town, whistle)),
        by=town.he,
        conclusion="已关阀止水，天亮前换管。",
        photos=["e" * 64],
        at=NIGHT + 60 * MINUTE,
    )
