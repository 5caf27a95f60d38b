"""Entering, correcting, confirming: nobody twice, nothing newer overwritten, every word with its source."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

import pytest

from wangge.domains.people import registry
from wangge.domains.people.actions import registering
from wangge.domains.people.models import FieldChange, Household, Membership, Person
from wangge.domains.people.sealing import Keyring
from wangge.domains.people.tests.homes import WU, draft, opened, read
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

SINCE = dt.date(2026, 11, 1)
ZHANG = draft("张桂芝", "1950-03-07", "f", "10012340077", role="other", serial=9)


def new(given=ZHANG, **more):
    return dataclasses.replace(given, public_id=uuid.uuid4(), **more)


def register(town, homes, given=None, **more):
    values = {"by": town.lin, "draft": given or new(), "household": homes.wu_home, "since": SINCE} | more
    return registering.register(**values)


def people() -> tuple[int, int, int]:
    count = Person.objects.unscoped("the test counts").count()
    return count, Membership.objects.count(), AuditEntry.objects.count()


def test_a_person_enters_a_household(town, homes):
    person = register(town, homes, stated_on=SINCE)
    assert (person.state, person.area_path) == ("present", town.grid1.path)
    assert opened(person, "name") == "张桂芝"
    seat = person.memberships.get()
    assert (seat.household_id, seat.role, seat.valid_from, seat.valid_to) == (homes.wu_home.pk, "other", SINCE, None)
    assert person.stated_on == dict.fromkeys(("name", "sex", "born", "id_number", "phone", "id_kind"), "2026-11-01")
    row = AuditEntry.objects.filter(kind="person.register").get()
    assert (row.actor_id, row.subject_id) == (town.lin.pk, person.pk)
    assert row.data == {"household": homes.wu_home.pk, "source": "visit", "ref": ""}


def test_he_is_found_by_what_was_entered(town, homes):
    person = register(town, homes)
    (found,) = registry.candidates(town.lin, new(name="别人", phone=""), area_path=town.grid1.path)
    assert (found.person, found.why, found.shown) == (person, "id", True)
    household = read(homes.wu_home)
    assert set(household.tokens) > set(homes.wu_home.tokens)


def test_the_same_number_is_refused_and_shown(town, homes):
    before = people()
    with pytest.raises(registering.KnownPersonError) as refusal:
        register(town, homes, new(name="另一个", born="", sex="", id_number=WU.id_number.lower()))
    assert refusal.value.public_id == homes.wu.public_id
    assert people() == before


def test_somebody_out_of_place_is_refused_but_not_shown(town, homes):
    number = opened(homes.cheng, "id_number")
    before = people()
    with pytest.raises(registering.KnownPersonError) as refusal:
        register(town, homes, new(born="", sex="", id_number=number))
    assert refusal.value.public_id is None
    assert people() == before


def test_the_same_name_and_phone_must_be_looked_at(town, homes):
    alike = new(name="吴淑芬", born="1960", id_number="", phone="10012340001")
    before = people()
    with pytest.raises(registering.LookAlikesError) as refusal:
        register(town, homes, alike)
    assert [(one.person, one.why) for one in refusal.value.found] == [(homes.wu, "phone")]
    assert people() == before
    person = register(town, homes, alike, others=[homes.wu.public_id])
    assert person.pk != homes.wu.pk


def test_the_same_name_and_birth_must_be_looked_at(town, homes):
    with pytest.raises(registering.LookAlikesError) as refusal:
        register(town, homes, new(name="吴 淑芬", born="1947-03-05", sex="f", id_number="", phone=""))
    assert [(one.person, one.why) for one in refusal.value.found] == [(homes.wu, "born")]


def test_a_namesake_of_another_birth_is_another(town, homes):
    person = register(town, homes, new(name="吴淑芬", born="1980-01-01", sex="f", id_number="", phone=""))
    assert person.pk != homes.wu.pk


def test_the_form_sent_twice_enters_once(town, homes):
    given = new()
    first, before = register(town, homes, given), None
    before = people()
    assert register(town, homes, given) == first
    assert people() == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "长" * 51}, "name"),
        ({"id_number": "99999919500307018X"}, "id_number"),
        ({"born": "1951-03-07"}, "born"),
        ({"sex": "m"}, "sex"),
        ({"sex": "x"}, "sex"),
        ({"phone": "call me"}, "phone"),
        ({"id_kind": "none"}, "id_kind"),
        ({"id_kind": "passport", "id_number": "E 12"}, "id_number"),
        ({"registration": "moon"}, "registration"),
        ({"role": "boss"}, "role"),
        ({"role": "head"}, "role"),  # there is one
        ({"presence": "sometimes"}, "presence"),
    ],
)
def test_what_cannot_be_right_is_refused(town, homes, changes, field):
    before = people()
    with pytest.raises(InvalidError) as refusal:
        register(town, homes, new(**changes))
    assert refusal.value.field == field
    assert people() == before


def test_not_from_tomorrow_on(town, homes):
    before = people()
    with pytest.raises(InvalidError):
        register(town, homes, since=dt.date(2999, 1, 1))
    with pytest.raises(InvalidError):
        register(town, homes, stated_on=dt.date(2999, 1, 1))
    assert people() == before


@pytest.mark.parametrize("who", ["gao", "zhao", "chen", "root"])
def test_only_by_those_who_record_at_that_place(town, homes, who):
    before = people()
    with pytest.raises(NotAllowedError):
        register(town, homes, by=getattr(town, who))
    assert people() == before


def correct(town, homes, field="phone", value="10012349999", **more):
    values = {"by": town.lin, "person": homes.wu, "field": field, "value": value, "stated_on": dt.date(2026, 10, 1)}
    return registering.correct(**(values | more))


def test_a_correction_keeps_what_was_there(town, homes):
    assert correct(town, homes, source="counter", source_ref="信-7") is True
    assert opened(homes.wu, "phone") == "10012349999"
    change = FieldChange.objects.get()
    assert (change.field, change.stated_before, change.by_id) == ("phone", dt.date(2026, 9, 1), town.lin.pk)
    assert (change.source, change.source_ref) == ("counter", "信-7")
    ring = Keyring.of([homes.wu.public_id])
    assert ring.open(homes.wu.public_id, "people.fieldchange.before", change.before) == "10012340001"
    assert read(homes.wu).stated_on["phone"] == "2026-10-01"
    row = AuditEntry.objects.filter(kind="person.correct").get()
    assert row.data == {"field": "phone", "source": "counter", "ref": "信-7"}


def test_older_news_never_overwrites(town, homes):
    before = read(homes.wu)
    assert correct(town, homes, stated_on=dt.date(2026, 8, 31)) is False
    after = read(homes.wu)
    assert opened(homes.wu, "phone") == "10012340001"
    assert (after.stated_on, bytes(after.phone)) == (before.stated_on, bytes(before.phone))
    assert FieldChange.objects.count() == 0


def test_the_same_again_only_moves_the_day(town, homes):
    assert correct(town, homes, value="10012340001") is True
    assert read(homes.wu).stated_on["phone"] == "2026-10-01"
    assert FieldChange.objects.count() == 0


def test_a_new_name_is_found_and_the_old_one_not(town, homes):
    correct(town, homes, "name", "吴素芬")
    sought = new(name="吴素芬", phone="10012340001", id_number="", born="")
    assert [one.person for one in registry.candidates(town.lin, sought)] == [homes.wu]
    assert registry.candidates(town.lin, dataclasses.replace(sought, name="吴淑芬")) == []
    assert set(read(homes.wu_home).tokens).isdisjoint(set(homes.wu_home.tokens) - set(read(homes.wu_home).tokens))


def test_the_number_brings_birth_and_sex(town, homes):
    number = draft("", "1948-03-05", "f", serial=7).id_number
    correct(town, homes, "id_number", number)
    assert (opened(homes.wu, "id_number"), opened(homes.wu, "born")) == (number, "1948-03-05")
    assert sorted(FieldChange.objects.values_list("field", flat=True)) == ["born", "id_number"]


def test_the_number_of_another_is_refused(town, homes):
    with pytest.raises(registering.KnownPersonError):
        correct(town, homes, "id_number", opened(homes.wang, "id_number"))
    assert opened(homes.wu, "id_number") == WU.id_number
    assert FieldChange.objects.count() == 0


def test_open_fields_are_corrected_too(town, homes):
    assert correct(town, homes, "registration", "apart") is True
    assert read(homes.wu).registration == "apart"
    ring = Keyring.of([homes.wu.public_id])
    assert ring.open(homes.wu.public_id, "people.fieldchange.before", FieldChange.objects.get().before) == "here"


@pytest.mark.parametrize(
    ("field", "value"),
    [("state", "dead"), ("name", ""), ("phone", "x"), ("born", "05.03.1947"), ("registration", ""), ("id_kind", "y")],
)
def test_a_wrong_correction_changes_nothing(town, homes, field, value):
    with pytest.raises(InvalidError):
        correct(town, homes, field, value)
    assert FieldChange.objects.count() == 0


def test_not_by_the_neighbour(town, homes):
    with pytest.raises(NotAllowedError):
        correct(town, homes, by=town.gao)
    assert opened(homes.wu, "phone") == "10012340001"


def test_a_merged_entry_is_closed(town, homes):
    Person.objects.unscoped("the test merges").filter(pk=homes.wu.pk).update(state="merged", merged_into=homes.li)
    with pytest.raises(ConflictError):
        correct(town, homes)


def test_a_household_opens_in_an_empty_room(town, homes):
    household = registering.new_household(by=town.lin, room=homes.rooms["402"], since=SINCE, basis="rent")
    assert (household.area_path, household.room_id, household.active) == (
        town.grid1.path,
        homes.rooms["402"].pk,
        False,  # nobody lives in it yet
    )
    register(town, homes, household=household)
    assert read(household).active is True


def test_the_household_form_sent_twice(town, homes):
    key = uuid.uuid4()
    first = registering.new_household(by=town.lin, room=homes.rooms["402"], since=SINCE, public_id=key)
    again = registering.new_household(by=town.lin, room=homes.rooms["402"], since=SINCE, public_id=key)
    assert first == again
    assert Household.objects.unscoped("the test counts").filter(public_id=key).count() == 1


def test_no_household_in_the_next_grid(town, homes):
    with pytest.raises(NotAllowedError):
        registering.new_household(by=town.lin, room=homes.room2, since=SINCE)


def test_confirmed_at_the_door(town, homes):
    assert registering.verify_household(by=town.lin, household=homes.wang_home, on=dt.date(2026, 11, 20)) == 3
    assert read(homes.wang_home).verified_on == dt.date(2026, 11, 20)
    assert (read(homes.li).verified_on, read(homes.li).verified_by_id) == (dt.date(2026, 11, 20), town.lin.pk)


def test_an_older_visit_does_not_set_it_back(town, homes):
    registering.verify_household(by=town.lin, household=homes.wang_home, on=dt.date(2026, 8, 1))
    assert read(homes.wang_home).verified_on == dt.date(2026, 9, 1)


def test_only_ones_own_households(town, homes):
    with pytest.raises(NotAllowedError):
        registering.verify_household(by=town.gao, household=homes.wang_home)
    assert read(homes.wang_home).verified_on == dt.date(2026, 9, 1)
