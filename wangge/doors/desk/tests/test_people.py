"""The registry on the desk: masked, searched before anything is entered, nothing of a neighbour's."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.urls import reverse

from wangge.domains.cases import actions as cases
from wangge.domains.people.models import FieldChange, Firm, Household, Person, PersonMerge, PersonSeen, Relation
from wangge.domains.people.tests.homes import WU, draft, opened, read

SECRETS = ("吴淑芬", WU.id_number, "10012340001", "1947-03-05", "王建国", "10012340002")
ZHANG = draft("张桂芝", "1950-03-07", "f", "10012340077", serial=9)


def url(name, *args):
    return reverse(f"desk:{name}", args=args)


def form(**more):
    values = {
        "name": ZHANG.name,
        "id_kind": "resident_id",
        "id_number": ZHANG.id_number,
        "phone": ZHANG.phone,
        "registration": "unknown",
        "role": "other",
        "presence": "lives",
        "since": "2026-11-01",
        "public_id": str(uuid.uuid4()),
    }
    return values | more


def everybody() -> int:
    return Person.objects.unscoped("the test counts").count()


def test_a_place_is_listed_by_address_and_names_nobody(at_desk, town, homes):
    answer = at_desk("lin").get(url("people"))
    body = answer.content.decode()
    for room in ("301", "302", "401"):
        assert f"物业所家属院 3号楼 2单元 {room}" in body
    assert "5号楼" not in body
    assert "吴" not in body
    assert "66%" in body
    assert PersonSeen.objects.count() == 0


@pytest.mark.parametrize(("query", "rooms"), [("?verified=never", ["401"]), ("?verified=fresh", ["301", "302"])])
def test_the_list_is_narrowed(at_desk, town, homes, query, rooms):
    body = at_desk("lin").get(url("people") + query).content.decode()
    assert [room for room in ("301", "302", "401") if f"2单元 {room}" in body] == rooms


def test_a_household_is_masked_and_counted(at_desk, town, homes):
    answer = at_desk("lin").get(url("household", homes.wang_home.public_id))
    body = answer.content.decode()
    assert answer.status_code == 200
    assert [name in body for name in ("王*国", "李*英", "王*")] == [True] * 3
    assert not any(secret in body for secret in SECRETS)
    assert PersonSeen.objects.filter(user=town.lin).count() == 3


def test_a_person_is_masked_and_counted(at_desk, town, homes):
    answer = at_desk("lin").get(url("person", homes.wu.public_id))
    body = answer.content.decode()
    assert answer.status_code == 200
    assert "吴*芬" in body
    assert "100****0001" in body
    assert "物业所家属院 3号楼 2单元 301" in body
    assert not any(secret in body for secret in SECRETS)
    assert PersonSeen.objects.get().person == homes.wu


@pytest.mark.parametrize("who", ["gao", "zhao", "chen", "root", "tan", "he"])
def test_nothing_of_a_neighbours(at_desk, town, homes, who):
    client = at_desk(who)
    for page in (
        url("person", homes.wu.public_id),
        url("household", homes.wu_home.public_id),
        url("person-step", homes.wu.public_id, "correct"),
        url("person-step", homes.wu.public_id, "merge"),
        url("household-move", homes.wu_home.public_id),
        url("household-new", homes.rooms["402"].pk),
        url("person-new") + f"?household={homes.wu_home.public_id}",
        url("firm", homes.shop.public_id),
        url("firm-step", homes.shop.public_id, "edit"),
    ):
        answer = client.get(page)
        assert answer.status_code in {403, 404}, page
        assert "吴" not in answer.content.decode()
    assert PersonSeen.objects.count() == 0


def test_somebody_new_in_a_household(at_desk, town, homes):
    client = at_desk("lin")
    page = url("person-new") + f"?household={homes.wu_home.public_id}"
    assert client.get(page).status_code == 200
    answer = client.post(page, form(household=homes.wu_home.public_id))
    made = Person.objects.unscoped("the test looks").order_by("-pk").first()
    assert answer.url == url("person", made.public_id)
    assert (opened(made, "name"), made.memberships.get().household) == ("张桂芝", homes.wu_home)


def test_the_same_number_shows_who_it_is_and_offers_to_join(at_desk, town, homes):
    before = everybody()
    page = url("person-new") + f"?household={homes.wu_home.public_id}"
    answer = at_desk("lin").post(page, form(household=homes.wu_home.public_id, id_number=opened(homes.li, "id_number")))
    body = answer.content.decode()
    assert (answer.status_code, everybody()) == (409, before)
    assert "李*英" in body
    assert 'value="张桂芝"' in body  # what was typed is kept
    assert url("person-step", homes.li.public_id, "join") + f"?household={homes.wu_home.public_id}" in body


def test_he_joins(at_desk, town, homes):
    page = url("person-step", homes.wang_lei.public_id, "join")
    client = at_desk("lin")
    assert str(homes.wu_home.public_id) in client.get(page + f"?household={homes.wu_home.public_id}").content.decode()
    sent = {"household": homes.wu_home.public_id, "role": "carer", "presence": "lives", "since": "2026-11-01"}
    assert client.post(page, sent).status_code == 302
    assert homes.wang_lei.memberships.get(valid_to__isnull=True).household == homes.wu_home


def test_somebody_alike_is_looked_at_first(at_desk, town, homes):
    client, before = at_desk("lin"), everybody()
    alike = form(name="吴淑芬", id_number="", phone="10012340001")
    answer = client.post(url("person-new"), alike)
    assert (answer.status_code, everybody()) == (409, before)
    sent = alike | {"others": str(homes.wu.public_id), "other_person": "1"}
    assert client.post(url("person-new"), sent).status_code == 302
    assert everybody() == before + 1


@pytest.mark.parametrize(("field", "value"), [("id_number", "12345"), ("born", "yesterday"), ("name", "")])
def test_a_form_with_an_error_keeps_what_was_typed(at_desk, town, homes, field, value):
    before = everybody()
    answer = at_desk("lin").post(url("person-new"), form(**{field: value}))
    assert (answer.status_code, everybody()) == (422, before)
    assert 'value="10012340077"' in answer.content.decode()


def test_a_field_is_corrected(at_desk, town, homes):
    sent = {"field": "phone", "value": "10012349999", "stated_on": "2026-11-01"}
    answer = at_desk("lin").post(url("person-step", homes.wu.public_id, "correct"), sent)
    assert answer.url == url("person", homes.wu.public_id)
    assert opened(homes.wu, "phone") == "10012349999"
    body = at_desk("lin").get(answer.url).content.decode()
    assert FieldChange.objects.count() == 1
    assert "10012349999" not in body


@pytest.mark.parametrize(
    ("verb", "sent"),
    [
        ("correct", {"field": "phone", "value": "x", "stated_on": "2026-11-01"}),
        ("correct", {"field": "tokens", "value": "1", "stated_on": "2026-11-01"}),
        ("leave", {"since": "2999-01-01"}),
        ("die", {"on": ""}),
        ("role", {"role": "king", "since": "2026-11-01"}),
        ("relate", {"link": "nobody", "kind": "spouse", "since": "2026-11-01"}),
        ("merge", {"link": str(uuid.uuid4()), "reason": "同一人登记两次"}),
        ("join", {"household": str(uuid.uuid4()), "role": "other", "since": "2026-11-01"}),
    ],
)
def test_a_wrong_step_changes_nothing(at_desk, town, homes, verb, sent):
    answer = at_desk("fang").post(url("person-step", homes.wu.public_id, verb), sent)
    assert answer.status_code == 422
    assert (FieldChange.objects.count(), Relation.objects.count(), PersonMerge.objects.count()) == (0, 0, 0)
    assert homes.wu.memberships.get().valid_to is None


def test_there_is_no_such_step(at_desk, town, homes):
    assert at_desk("lin").get(url("person-step", homes.wu.public_id, "rank")).status_code == 404


def test_leaving_dying_and_a_new_place(at_desk, town, homes):
    client = at_desk("lin")
    client.post(url("person-step", homes.wang.public_id, "role"), {"role": "spouse", "since": "2026-11-01"})
    client.post(url("person-step", homes.wang_lei.public_id, "leave"), {"since": "2026-11-02"})
    client.post(url("person-step", homes.wang.public_id, "die"), {"on": "2026-11-03"})
    assert (read(homes.wang).state, read(homes.wang_lei).state) == ("dead", "away")
    assert homes.wang.memberships.order_by("-valid_from").first().role == "spouse"
    page = client.get(url("person", homes.wang_lei.public_id)).content.decode()  # he is still of this place's past
    # His household lives there on; he does not, and nobody moves him out a second time.
    assert page.count("至 2026年11月2日") == 2
    assert url("person-step", homes.wang_lei.public_id, "leave") not in page
    assert url("person-step", homes.wang_lei.public_id, "die") in page
    page = client.get(url("person", homes.li.public_id)).content.decode()
    assert url("person-step", homes.li.public_id, "leave") in page


def test_relations_lead_from_one_to_the_other(at_desk, town, homes):
    client = at_desk("lin")
    page = url("person-step", homes.wang_lei.public_id, "relate")
    sent = {"link": "/desk" + url("person", homes.wu.public_id), "kind": "carer", "since": "2026-11-01"}
    assert client.post(page, sent).status_code == 302
    row = Relation.objects.get()
    assert (row.person, row.other, row.kind) == (homes.wang_lei, homes.wu, "carer")
    assert url("person", homes.wang_lei.public_id) in client.get(url("person", homes.wu.public_id)).content.decode()
    client.post(url("relation-end", homes.wu.public_id, row.pk))
    assert Relation.objects.get().valid_to is not None


def test_merging_and_undoing(at_desk, town, homes):
    client = at_desk("fang")
    client.post(url("person-new"), form(name="王磊", id_number="", phone=""))
    double = Person.objects.unscoped("the test looks").order_by("-pk").first()
    page = url("person-step", homes.wang_lei.public_id, "merge")
    sent = {"link": str(double.public_id), "reason": "同一人登记两次"}
    # Entered without a household: tied to no place, so nobody sees it to merge it.
    assert client.post(page, sent).status_code == 422
    client.post(url("person-new"), form(name="王磊", id_number="", phone="", household=homes.wu_home.public_id))
    double = Person.objects.unscoped("the test looks").order_by("-pk").first()
    answer = client.post(page, {"link": str(double.public_id), "reason": "同一人登记两次"})
    assert answer.status_code == 302
    assert read(double).merged_into == homes.wang_lei
    assert client.get(url("person", double.public_id)).url == url("person", homes.wang_lei.public_id)
    client.post(url("merge-undo", homes.wang_lei.public_id, PersonMerge.objects.get().pk))
    assert read(double).state == "present"


def test_a_household_is_opened_and_moved(at_desk, town, homes):
    client = at_desk("lin")
    sent = {"kind": "family", "basis": "rent", "since": "2026-11-01", "public_id": str(uuid.uuid4())}
    answer = client.post(url("household-new", homes.rooms["402"].pk), sent)
    made = Household.objects.unscoped("the test looks").get(public_id=sent["public_id"])
    assert answer.url == url("person-new") + f"?household={made.public_id}"
    page = url("household-move", homes.wu_home.public_id)
    assert "2单元 402" in client.get(page).content.decode()
    client.post(page, {"room": homes.rooms["402"].pk, "basis": "own", "since": "2026-11-01"})
    assert read(homes.wu_home).room == homes.rooms["402"]
    client.post(page, {"room": "", "basis": "own", "since": "2026-11-02"})
    assert read(homes.wu).state == "away"


def test_firms(at_desk, town, homes):
    client = at_desk("lin")
    assert "老张面馆" in client.get(url("firms") + "?q=面馆").content.decode()
    body = client.get(url("firm", homes.shop.public_id)).content.decode()
    assert "张*来" in body
    assert "张福来" not in body
    before = Firm.objects.unscoped("the test counts").count()
    sent = {"name": "槐荫药店", "kind": "shop", "grid": town.grid1.pk, "since": "2026-11-01"}
    refused = client.post(url("firm-new"), sent | {"credit_code": homes.shop.credit_code})
    assert (refused.status_code, Firm.objects.unscoped("the test counts").count()) == (422, before)
    assert client.post(url("firm-new"), sent).status_code == 302
    changed = {"name": "老张面馆", "kind": "shop", "trade": "餐饮", "address": "槐荫路20号"}
    client.post(url("firm-step", homes.shop.public_id, "edit"), changed)
    assert read(homes.shop).address == "槐荫路20号"
    client.post(
        url("firm-step", homes.shop.public_id, "site"), {"name": "燃气间", "kind": "dangerous", "since": "2026-11-01"}
    )
    assert "燃气间" in client.get(url("firm", homes.shop.public_id)).content.decode()
    client.post(url("firm-step", homes.shop.public_id, "close"), {"until": "2026-11-02"})
    assert read(homes.shop).valid_to == dt.date(2026, 11, 2)


def test_changes_that_wait(at_desk, town, homes):
    voice = cases.report_change(
        by=town.lin, kind="death", room=homes.rooms["301"], person=homes.wu, happened_on=dt.date(2026, 11, 10)
    )
    client = at_desk("lin")
    assert voice.case.number in client.get(url("changes")).content.decode()
    assert voice.case.number not in at_desk("gao").get(url("changes")).content.decode()
    client = at_desk("lin")
    client.post(url("change-settle", change_id(), "apply"))
    assert read(homes.wu).state == "dead"
    assert voice.case.number not in client.get(url("changes")).content.decode()
    assert voice.case.number in client.get(url("changes") + "?all=1").content.decode()


def change_id():
    from wangge.domains.people.models import PopulationChange

    return PopulationChange.objects.unscoped("the test looks").get().public_id
