"""Owners and letting on the desk: entered after a search, ended with a reason, corrected; nothing of a neighbour's."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from wangge.domains.people import homes as reads
from wangge.domains.people.models import Person, PersonSeen, Tenancy, Title
from wangge.domains.people.tests.homes import WU, draft, opened, read
from wangge.foundation.places.models import Room

SECRETS = ("吴淑芬", WU.id_number, "10012340001", "王建国", "10012340002")
ZHANG = draft("张桂芝", "1950-03-07", "f", "10012340077", serial=9)
DAY = "2026-11-01"


def url(name, *args):
    return reverse(f"desk:{name}", args=args)


def owner(**more):
    values = {"who": "other", "name": "", "id_number": "", "phone": "", "firm": "", "share": "100", "since": DAY}
    return values | {"public_id": str(uuid.uuid4())} | more


def letting(**more):
    values = {"who": "", "firm": "", "link": "", "purpose": "living", "since": DAY, "until": "", "landlord": ""}
    return values | {"agreement": "", "agreed_until": ""} | more


def rows():
    return Title.objects.count(), Tenancy.objects.count(), Person.objects.unscoped("the test counts").count()


def test_the_page_names_owners_and_tenants_masked(at_desk, town, homes):
    for room, said in (("401", ("王*国", "韩*", "lives elsewhere", "100%")), ("301", ("吴*芬", "lives here"))):
        answer = at_desk("lin").get(url("ties", homes.rooms[room].pk), headers={"accept-language": "en"})
        body = answer.content.decode()
        assert answer.status_code == 200
        assert [words for words in said if words not in body] == []
        assert not any(secret in body for secret in SECRETS)


def test_the_house_card_leads_there_and_says_it_too(at_desk, town, homes):
    Tenancy.objects.update(agreed_until=dt.date(2026, 5, 1))
    for name in ("desk:house", "field:house"):
        client = at_desk("lin")
        body = client.get(
            reverse(name, args=[homes.rooms["401"].pk]), headers={"accept-language": "en"}
        ).content.decode()
        assert url("ties", homes.rooms["401"].pk) in body
        for words in ("lives elsewhere", "to 韩*", "by 王*国", "since 1 May 2020", "agreement has run out"):
            assert words in body, (name, words)


def test_an_owner_who_lives_there(at_desk, town, homes):
    client, room = at_desk("lin"), homes.rooms["301"]
    Title.objects.filter(room=room).update(share=Decimal("0.5"))
    page = url("owner-new", room.pk)
    assert 'value="50"' in client.get(page).content.decode()
    answer = client.post(page, owner(who=f"p:{homes.wu.public_id}", share="33.333"))
    assert answer.url == url("ties", room.pk)
    assert [(one.person, one.share) for one in reads.owners_of(room)][1] == (homes.wu, Decimal("0.33333"))


@pytest.mark.parametrize("who", ["firm", "unknown"])
def test_a_firm_and_nobody_known(at_desk, town, homes, who):
    room = homes.rooms["402"]
    assert at_desk("lin").post(url("owner-new", room.pk), owner(who=who, firm="老张")).status_code == 302
    (title,) = reads.owners_of(room)
    assert (title.person, title.firm) == (None, homes.shop if who == "firm" else None)


def test_a_firm_that_is_not_there(at_desk, town, homes):
    before = rows()
    answer = at_desk("lin").post(url("owner-new", homes.rooms["402"].pk), owner(who="firm", firm="没有"))
    assert (answer.status_code, rows()) == (409, before)
    assert 'value="没有"' in answer.content.decode()


def test_somebody_new_is_searched_for_first(at_desk, town, homes):
    client, room = at_desk("lin"), homes.rooms["402"]
    page, before = url("owner-new", room.pk), rows()
    answer = client.post(page, owner(name="吴淑芬", id_number=opened(homes.wu, "id_number")))
    body = answer.content.decode()
    assert (answer.status_code, rows()) == (409, before)
    assert f'value="p:{homes.wu.public_id}"' in body  # offered, masked, to be chosen
    assert "吴*芬" in body
    answer = client.post(page, owner(name="吴淑芬", phone="10012340001"))
    assert (answer.status_code, rows()) == (409, before)
    assert str(homes.wu.public_id) in answer.content.decode()
    assert client.post(page, owner(who=f"p:{homes.wu.public_id}")).status_code == 302
    assert reads.owners_of(room)[0].person == homes.wu
    assert rows()[2] == before[2]


def test_another_person_of_the_same_name(at_desk, town, homes):
    page = url("owner-new", homes.rooms["402"].pk)
    sent = owner(name="吴淑芬", phone="10012340001", others=str(homes.wu.public_id), other_person="1")
    assert at_desk("lin").post(page, sent).status_code == 302
    made = reads.owners_of(homes.rooms["402"])[0].person
    assert made != homes.wu
    assert opened(made, "name") == "吴淑芬"


def test_an_owner_elsewhere_is_tied_once_and_counted(at_desk, town, homes):
    page = url("owner-new", homes.rooms["402"].pk)
    before = rows()
    sent = owner(name="孙大伟", id_number=opened(homes.sun, "id_number"))
    assert at_desk("lin").post(page, sent).status_code == 302
    assert reads.owners_of(homes.rooms["402"])[0].person == homes.sun
    assert rows()[2] == before[2]
    assert PersonSeen.objects.filter(user=town.lin, person=homes.sun).count() == 1
    assert at_desk("lin").get(url("person", homes.sun.public_id)).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"who": ""},
        {"who": "p:nobody"},
        {"who": f"p:{uuid.UUID(int=1)}"},
        {"who": "other"},
        {"who": "firm"},
        {"share": "0"},
        {"share": "101"},
        {"since": "2999-01-01"},
        {"since": "yesterday"},
    ],
)
def test_a_wrong_form_keeps_what_was_typed(at_desk, town, homes, wrong):
    before = rows()
    answer = at_desk("lin").post(
        url("owner-new", homes.rooms["402"].pk), owner(**({"who": "unknown", "phone": "100123"} | wrong))
    )
    assert (answer.status_code, rows()) == (422, before)
    assert 'value="100123"' in answer.content.decode()


def test_more_than_the_whole_is_refused_readably(at_desk, town, homes):
    before = rows()
    answer = at_desk("lin").post(
        url("owner-new", homes.rooms["301"].pk), owner(who="unknown", share="1"), headers={"accept-language": "en"}
    )
    assert (answer.status_code, rows()) == (422, before)
    assert "The shares would come to more than the whole." in answer.content.decode()


def test_nobody_out_of_sight_can_be_chosen(at_desk, town, homes):
    before = rows()
    sent = owner(who=f"p:{homes.girl.public_id}")
    assert at_desk("lin").post(url("owner-new", homes.rooms["402"].pk), sent).status_code == 422
    assert rows() == before


def test_a_title_is_ended_corrected_and_taken_out(at_desk, town, homes):
    client, room = at_desk("lin"), homes.rooms["301"]
    title = Title.objects.get(room=room)
    correct, end = (url("owner-step", room.pk, title.pk, verb) for verb in ("correct", "end"))
    assert 'value="100"' in client.get(correct).content.decode()
    assert client.post(correct, {"share": "50", "since": "2021-01-01"}).status_code == 302
    assert client.get(end).status_code == 200
    assert client.post(end, {"reason": "sold", "until": "2020-01-01"}).status_code == 422
    assert client.post(end, {"reason": "sold", "until": DAY}).status_code == 302
    title.refresh_from_db()
    assert (title.share, title.valid_from, title.valid_to) == (
        Decimal("0.5"),
        dt.date(2021, 1, 1),
        dt.date(2026, 11, 1),
    )
    assert client.get(end).status_code == 404  # it has ended
    other = Title.objects.get(room=homes.rooms["302"])
    gone = url("owner-step", homes.rooms["302"].pk, other.pk, "end")
    assert client.post(gone, {"reason": "mistake", "until": DAY}).status_code == 302
    assert Title.objects.filter(pk=other.pk).count() == 0


def test_a_letting_is_entered_corrected_and_ended(at_desk, town, homes):
    client, room = at_desk("lin"), homes.rooms["302"]
    page = url("letting-new", room.pk)
    assert f'value="h:{homes.wang_home.public_id}"' in client.get(page).content.decode()
    sent = letting(who=f"h:{homes.wang_home.public_id}", landlord=str(homes.wang.public_id), agreement="租备1")
    assert client.post(page, sent | {"agreed_until": "2027-10-31"}).url == url("ties", room.pk)
    row = Tenancy.objects.get(room=room)
    assert (row.household, row.landlord, row.agreement) == (homes.wang_home, homes.wang, "租备1")
    assert Room.objects.get(pk=room.pk).use == "let"
    correct, end = (url("letting-step", room.pk, row.pk, verb) for verb in ("correct", "end"))
    assert 'value="2027-10-31"' in client.get(correct).content.decode()
    fixed = {"purpose": "living", "since": DAY, "landlord": "", "agreement": "租备2", "agreed_until": "2028-10-31"}
    assert client.post(correct, fixed).status_code == 302
    row.refresh_from_db()
    assert (row.landlord, row.agreement, row.agreed_until) == (None, "租备2", dt.date(2028, 10, 31))
    assert client.post(end, {"reason": "early", "until": "2026-11-10", "moved_out": "on"}).status_code == 302
    assert (read(homes.wang_home).room_id, Room.objects.get(pk=room.pk).use) == (None, "empty")
    assert client.get(end).status_code == 404


def test_a_letting_to_a_firm_and_to_somebody_by_his_page(at_desk, town, homes):
    client, room = at_desk("lin"), homes.rooms["402"]
    page = url("letting-new", room.pk)
    assert client.post(page, letting(who="firm", firm="老张面馆", purpose="business")).status_code == 302
    assert Room.objects.get(pk=room.pk).use == "mixed"
    link = "https://example.org" + url("person", homes.wu.public_id)
    refused = client.post(page, letting(who="other", link=link, purpose="store"), headers={"accept-language": "en"})
    assert (refused.status_code, Tenancy.objects.filter(room=room).count()) == (422, 1)
    assert "This dwelling is let already on these days." in refused.content.decode()
    assert client.post(page, letting(who="other", link=link, purpose="store", in_parts="on")).status_code == 302
    assert Tenancy.objects.get(room=room, household=homes.wu_home).purpose == "store"


@pytest.mark.parametrize(
    "wrong",
    [
        {"who": ""},
        {"who": "h:nobody"},
        {"who": "other"},
        {"who": "other", "link": str(uuid.UUID(int=1))},
        {"since": "2999-01-01"},
        {"until": "2020-01-01"},
        {"agreed_until": "2020-01-01"},
        {"landlord": "x"},
    ],
)
def test_a_wrong_letting_keeps_what_was_typed(at_desk, town, homes, wrong):
    sent = {"who": f"h:{homes.wu_home.public_id}", "agreement": "租备7"} | wrong
    answer = at_desk("lin").post(url("letting-new", homes.rooms["301"].pk), letting(**sent))
    assert (answer.status_code, Tenancy.objects.count()) == (422, 1)
    assert 'value="租备7"' in answer.content.decode()


@pytest.mark.parametrize("who", ["gao", "zhao", "chen", "su", "root", "he", "qian"])
def test_nothing_of_a_neighbours(at_desk, town, homes, who):
    title, tenancy = Title.objects.get(room=homes.rooms["401"]), Tenancy.objects.get()
    client, before = at_desk(who), rows()
    room = homes.rooms["401"].pk
    for page in (
        url("ties", room),
        url("owner-new", room),
        url("owner-step", room, title.pk, "end"),
        url("letting-new", room),
        url("letting-step", room, tenancy.pk, "end"),
    ):
        for answer in (client.get(page), client.post(page, {"reason": "mistake", "until": DAY})):
            assert answer.status_code in {403, 404, 405}, page
            assert "王" not in answer.content.decode()
    assert rows() == before


def test_a_title_of_another_room_is_not_there(at_desk, town, homes):
    title, tenancy = Title.objects.get(room=homes.rooms["401"]), Tenancy.objects.get()
    client = at_desk("lin")
    for page in (
        url("owner-step", homes.rooms["301"].pk, title.pk, "end"),
        url("owner-step", homes.rooms["401"].pk, title.pk, "burn"),
        url("letting-step", homes.rooms["301"].pk, tenancy.pk, "end"),
        url("letting-step", homes.rooms["401"].pk, tenancy.pk, "burn"),
    ):
        assert client.get(page).status_code == 404, page


def test_a_death_is_taken_back(at_desk, town, homes):
    client, page = at_desk("lin"), url("person-step", homes.wu.public_id, "undie")
    client.post(url("person-step", homes.wu.public_id, "die"), {"on": DAY})
    assert read(homes.wu).state == "dead"
    assert page in client.get(url("person", homes.wu.public_id)).content.decode()
    assert client.post(page, {}).status_code == 422
    assert read(homes.wu).state == "dead"
    assert client.post(page, {"sure": "on"}).status_code == 302
    assert (read(homes.wu).state, read(homes.wu_home).room_id) == ("present", homes.rooms["301"].pk)
