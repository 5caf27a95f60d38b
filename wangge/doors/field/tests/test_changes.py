"""A change is told from a house card in a few taps, and runs as a matter."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from wangge.domains.cases.models import Case
from wangge.domains.people.models import PopulationChange
from wangge.domains.people.tests.homes import draft, opened

TIAN = draft("田春花", "1990-02-03", "f", "10012340088", serial=11)


def page(homes, room="301", kind=None):
    args = [homes.rooms[room].pk, *([kind] if kind else [])]
    return reverse("field:change-tell" if kind else "field:change", args=args)


def told() -> list[PopulationChange]:
    return list(PopulationChange.objects.unscoped("the test looks"))


@pytest.fixture
def lin(client, town):
    town.log_in(client, town.lin)
    return client


def sent(**more):
    return {"happened_on": "2026-11-10", "public_id": str(uuid.uuid4())} | more


def test_the_kinds_that_fit_the_dwelling(lin, homes):
    body = lin.get(page(homes)).content.decode()
    assert [page(homes, "301", kind) in body for kind in ("move_in", "move_out", "let", "birth", "death")] == [True] * 5
    body = lin.get(page(homes, "402")).content.decode()
    assert [page(homes, "402", kind) in body for kind in ("move_in", "move_out", "let", "birth", "death")] == [
        True,
        False,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("kind", ["move_in", "move_out", "let", "birth", "death"])
def test_the_forms_name_people_masked(lin, homes, kind):
    answer = lin.get(page(homes, "302", kind))
    assert answer.status_code == 200
    body = answer.content.decode()
    assert "王建国" not in body
    assert ("王*国" in body) is (kind in {"move_out", "birth", "death"})


def test_moving_in(lin, town, homes):
    values = sent(basis="rent", name1="田春花", id_number1=TIAN.id_number, role1="head", name2="田小虎", role2="child")
    answer = lin.post(page(homes, "402", "move_in"), values)
    (change,) = told()
    assert answer.url == reverse("field:ticket", args=[values["public_id"]])
    case = Case.objects.unscoped("the test looks").get()
    assert (change.case_number, change.kind, str(change.public_id)) == (case.number, "move_in", values["public_id"])
    assert case.state == "reported"
    assert lin.get(answer.url).status_code == 200


def test_told_once_though_sent_twice(lin, homes):
    values = sent(basis="rent", name1="田春花", role1="head")
    lin.post(page(homes, "402", "move_in"), values)
    assert lin.post(page(homes, "402", "move_in"), values).status_code == 409
    assert (len(told()), Case.objects.unscoped("the test counts").count()) == (1, 1)


def test_seen_on_the_spot(lin, homes):
    lin.post(page(homes, "301", "move_out"), sent(who=f"h:{homes.wu_home.public_id}", seen="on"))
    case = Case.objects.unscoped("the test looks").get()
    assert case.state in {"settled", "closed"}  # every tenth is sampled
    assert told()[0].household == homes.wu_home


def test_a_death_and_a_birth(lin, homes):
    lin.post(page(homes, "302", "death"), sent(who=f"p:{homes.wang.public_id}"))
    birth = sent(household=homes.wang_home.public_id, name="王小宝", sex="f", role="grandchild")
    assert lin.post(page(homes, "302", "birth"), birth | {"parents": [homes.wang_lei.public_id]}).status_code == 302
    assert [(one.kind, one.person_id, one.household_id) for one in told()] == [
        ("birth", None, homes.wang_home.pk),
        ("death", homes.wang.pk, None),
    ]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("move_in", {"basis": "rent"}),
        ("move_in", {"basis": "rent", "name1": "田春花", "id_number1": "123"}),
        ("move_in", {"basis": "rent", "name1": "田春花", "happened_on": "2999-01-01"}),
        ("move_out", {}),
        ("move_out", {"who": "p:" + str(uuid.uuid4())}),
        ("death", {"who": "h:x"}),
        ("birth", {"name": "王小宝"}),
    ],
)
def test_a_form_with_an_error_keeps_what_was_typed(lin, homes, kind, values):
    answer = lin.post(page(homes, "302", kind), sent(**values))
    assert answer.status_code == 422
    assert (told(), Case.objects.unscoped("the test counts").count()) == ([], 0)
    if "name1" in values:
        assert 'value="田春花"' in answer.content.decode()


def test_not_of_the_neighbours_dwelling(client, town, homes):
    town.log_in(client, town.gao)
    for kind in (None, "move_out"):
        assert client.get(page(homes, "301", kind)).status_code == 404
    assert client.post(page(homes, "301", "move_out"), sent(who=f"h:{homes.wu_home.public_id}")).status_code == 404
    assert told() == []
    assert opened(homes.wu, "name") == "吴淑芬"


def test_there_is_no_such_kind(lin, homes):
    assert lin.get(page(homes, "301", "wedding")).status_code == 404
