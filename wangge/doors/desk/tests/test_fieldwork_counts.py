"""Pages of fieldwork: numbers of queries are pinned in `query_counts.json`; more rows cost none."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from typing import TYPE_CHECKING

import pytest

from wangge.domains.fieldwork.actions import phones, referring, visit_planning
from wangge.domains.fieldwork.actions.links import link
from wangge.domains.fieldwork.actions.receiving import Sent, keep_refused
from wangge.domains.fieldwork.actions.tasks import give
from wangge.domains.fieldwork.models import Round, RoundPoint, StandUp
from wangge.domains.fieldwork.tests.walking import set_up
from wangge.domains.people.models import Household
from wangge.doors.desk.tests.conftest import pinned
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterator

WHY = "the test chooses its rows"
_DAY = dt.timedelta(days=1)

PAGES = {
    "rounds": "/desk/rounds/",
    "round": "/desk/rounds/{walk}/",
    "coverage": "/desk/rounds/coverage/",
    "checkpoints": "/desk/rounds/checkpoints/",
    "visits": "/desk/visits/?until=400",
    "links": "/desk/visits/links/",
    "linked": "/desk/visits/links/members/{member}/",
    "counselling": "/desk/visits/counselling/",
    "stand_ups": "/desk/stand-ups/",
    "tasks": "/desk/tasks/",
    "phones": "/desk/phones/",
    "refusals": "/desk/phones/refused/",
}


@dataclasses.dataclass
class Fieldwork:
    """What `more` has made; each call makes one further row of everything."""

    town: object
    homes: Iterator[Household]
    walk: Round
    number: int = 0

    def more(self) -> None:
        town, now = self.town, clock.now()
        self.number += 1
        point = set_up(town, when=now, name=f"消防通道{self.number}")
        RoundPoint.objects.create(round=self.walk, checkpoint=point)
        area = (town.grid1, town.grid2)[self.number % 2]
        kind = ("afternoon", "night")[self.number // 2]
        day = clock.today()
        Round.objects.create(grid=area, area_path=area.path, day=day, kind=kind, opens_at=now, closes_at=now + _DAY)
        day -= _DAY * self.number
        StandUp.objects.create(area=area, area_path=area.path, day=day, items=[], held_by=town.fang, held_at=now)
        give(by=town.fang, grid=town.grid1, matter="09012", title=f"查看{self.number}", at=now, due_at=now + _DAY)
        home = next(self.homes)
        link(by=town.fang, user=(town.lin, town.gao)[self.number % 2], households=[home])
        referral = referring.refer(by=town.lin, public_id=uuid.uuid4(), household=home)
        referring.take_referral(by=town.fang, referral=referral)
        who = (town.lin, town.gao)[self.number % 2]
        told = phones.Told(clock=now, waiting=self.number, oldest_age_s=60, label="Android, Chrome")
        phones.hear_from(by=who, phone=uuid.uuid4(), told=told)
        sent = Sent(id=uuid.uuid4(), kind="report.make", occurred_at=now, body={}, canonical=str(self.number).encode())
        keep_refused(by=who, sent=sent, problem=InvalidError(field="place"), at=now - 2 * _DAY)


@pytest.fixture
def fieldwork(town, homes) -> Fieldwork:
    found = Household.objects.unscoped(WHY).filter(area_path__startswith=town.grid1.path, active=True)
    now = clock.now()
    walk = Round.objects.create(
        grid=town.grid1,
        area_path=town.grid1.path,
        day=clock.today(),
        kind="morning",
        opens_at=now,
        closes_at=now + _DAY,
    )
    visit_planning.plan_all()
    return Fieldwork(town, iter(found.order_by("pk")), walk)


@pytest.mark.parametrize("name", PAGES)
def test_more_rows_the_same_queries(town, at_desk, fieldwork, name):
    fieldwork.more()
    fieldwork.more()
    url = PAGES[name].format(walk=fieldwork.walk.public_id, member=town.gao.pk)
    client = at_desk("fang")
    client.get(url)
    with pinned(name):
        first = client.get(url)
    fieldwork.more()
    with pinned(name):
        second = client.get(url)
    assert (first.status_code, second.status_code) == (200, 200)
    # A member with one household more is a line as long as before.
    assert name == "links" or len(second.content) > len(first.content)
