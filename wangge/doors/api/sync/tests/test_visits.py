"""走访 from a phone: one visit per command id, what it says of the door, and what is refused."""

from __future__ import annotations

import uuid

import pytest

from wangge.domains.fieldwork import grounds
from wangge.domains.fieldwork.actions import visit_planning
from wangge.domains.fieldwork.models import Referral, Visit, VisitDue
from wangge.doors.api.sync.tests.conftest import Phone


@pytest.fixture
def due(town, homes) -> VisitDue:
    visit_planning.plan_all()
    return VisitDue.objects.unscoped("test").get(household=homes.wu_home, state="open")


def test_a_visit_made_offline_arrives_once(town, homes, due):
    phone = Phone(town.lin)
    said = phone.command(
        "visit.make", due=str(due.public_id), result="met", tasks=["information"], confirmed=True, note="水表正常。"
    )
    (first,) = phone.send(said)
    (again,) = phone.send(said)
    assert (first["status"], first["replayed"], again["status"], again["replayed"]) == ("done", False, "done", True)
    visit = Visit.objects.unscoped("test").get()
    assert first["answer"] == {"id": said["id"], "result": "met", "number": None} == again["answer"]
    assert (str(visit.public_id), visit.household, visit.due, visit.confirmed) == (said["id"], homes.wu_home, due, True)
    assert grounds.note_of(visit) == "水表正常。"
    assert visit.occurred_at.isoformat() == "2026-11-20T00:30:00+00:00"
    assert "visits" in phone.sync()["collections"]
    assert "吴" not in str(phone.held["visits"])


def test_gone_answers_with_the_matter_under_which_it_is_verified(town, homes, due):
    result = Phone(town.lin).one("visit.make", household=str(homes.wu_home.public_id), result="gone")
    assert result["status"] == "done"
    assert result["answer"]["number"] == Visit.objects.unscoped("test").get().case_number != ""


def test_a_firm_is_visited_by_its_id(town, homes):
    result = Phone(town.lin).one("visit.make", firm=str(homes.shop.public_id), result="nobody", way="phone")
    assert (result["status"], Visit.objects.unscoped("test").get().firm) == ("done", homes.shop)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"result": "met"}, "invalid"),
        ({"result": "met", "due": str(uuid.uuid4())}, "not-found"),
        ({"result": "met", "household": str(uuid.uuid4())}, "not-found"),
        ({"result": "met", "tasks": ["counselling"], "note": "心情低落"}, "invalid"),
    ],
)
def test_what_is_refused_is_kept_for_a_look(town, homes, due, data, code):
    if "note" in data:
        data = data | {"due": str(due.public_id)}
    result = Phone(town.lin).one("visit.make", **data)
    assert (result["status"], result["problem"]["code"]) == ("refused", code)
    assert Visit.objects.unscoped("test").count() == 0


def test_somebody_elses_door_does_not_exist(town, homes, due):
    result = Phone(town.gao).one("visit.make", due=str(due.public_id), result="declined")
    assert (result["status"], result["problem"]["code"]) == ("refused", "not-found")
    result = Phone(town.gao).one("visit.refer", due=str(due.public_id))
    assert (result["status"], result["problem"]["code"]) == ("refused", "not-found")
    assert (Visit.objects.unscoped("test").count(), Referral.objects.unscoped("test").count()) == (0, 0)


def test_a_referral_is_handed_on_without_a_word(town, homes, due):
    phone = Phone(town.lin)
    said = phone.command("visit.refer", due=str(due.public_id))
    assert [one["status"] for one in phone.send(said) + phone.send(said)] == ["done", "done"]
    assert Referral.objects.unscoped("test").get().household == homes.wu_home
    refused = phone.one("visit.refer", due=str(due.public_id), note="他说……")
    assert (refused["status"], refused["problem"]["code"]) == ("refused", "invalid")
    assert phone.one("visit.refer")["problem"]["code"] == "invalid"
