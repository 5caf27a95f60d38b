"""Who sees whom, masked; and the fiftieth person of a day."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
from django.db import connection

from wangge.domains.people import access
from wangge.domains.people.actions.bulk import HouseholdDraft, load
from wangge.domains.people.models import AccessGrant, Person, PersonSeen, PrivacyAlert
from wangge.domains.people.tests.homes import SINCE, STATED, draft
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.core import clock, keystore
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.notifications.models import Notice


def crowd(town, count, *, grid=None):
    """So many more people in one shared household of a grid (Lin's)."""
    members = tuple(
        draft(
            f"赵{chr(0x4E00 + i)}{chr(0x5000 + i)}",
            "1990-01-01",
            "m",
            f"1001235{i:04d}",
            serial=i % 50,
            role="flatmate",
        )
        for i in range(count)
    )
    path = (grid or town.grid1).path
    load([HouseholdDraft(room_id=None, area_path=path, since=SINCE, members=members)], by=None, stated_on=STATED)
    wanted = {one.public_id for one in members}
    return list(Person.objects.unscoped("the test's own").filter(public_id__in=wanted))


def grant(user, household, purpose="emergency", minutes=30):
    now = clock.now()
    return AccessGrant.objects.create(
        user=user, household=household, purpose=purpose, granted_at=now, expires_at=now + dt.timedelta(minutes=minutes)
    )


def test_a_worker_sees_his_grid_and_nobody_else(town, homes):
    assert access.get_person(town.lin, homes.wu.public_id) == homes.wu
    assert access.get_household(town.lin, homes.wu_home.public_id) == homes.wu_home
    assert access.get_room(town.lin, homes.rooms["301"].pk) == homes.rooms["301"]
    for stranger in (town.gao, town.chen, town.zhao, town.root, town.tan, town.qian):
        for call in (
            lambda who=stranger: access.get_person(who, homes.wu.public_id),
            lambda who=stranger: access.get_household(who, homes.wu_home.public_id),
            lambda who=stranger: access.get_room(who, homes.rooms["301"].pk),
        ):
            with pytest.raises(NotFoundError):
                call()
        assert not access.may_see(stranger, town.grid1.path, homes.wu_home.pk)
    assert access.may_see(town.lin, town.grid1.path)
    assert not access.may_see(town.lin, "")
    assert access.get_person(town.fang, homes.girl.public_id) == homes.girl  # both grids are her community's


def test_what_does_not_exist_is_the_same(town, homes):
    for call in (
        lambda: access.get_person(town.lin, uuid.uuid4()),
        lambda: access.get_household(town.lin, uuid.uuid4()),
        lambda: access.get_room(town.lin, 0),
    ):
        with pytest.raises(NotFoundError):
            call()


def test_somebody_without_a_home_here_is_seen_where_he_is_tied(town, homes):
    Person.objects.unscoped("moved away").filter(pk__in=[homes.wang.pk, homes.han.pk]).update(area_path="")
    homes.han.memberships.update(valid_to=dt.date(2026, 1, 1))
    for person in (homes.wang, homes.han):  # he owns rooms in grid 1; she lived there
        assert access.get_person(town.lin, person.public_id) == person
        with pytest.raises(NotFoundError):
            access.get_person(town.gao, person.public_id)


def test_who_moved_to_another_grid_is_seen_there_only(town, homes):
    Person.objects.unscoped("moved").filter(pk=homes.wu.pk).update(area_path=town.grid2.path)
    assert access.get_person(town.gao, homes.wu.public_id) == homes.wu
    with pytest.raises(NotFoundError):
        access.get_person(town.lin, homes.wu.public_id)


def test_a_merged_entry_is_seen_with_the_one_that_was_kept(town, homes):
    Person.objects.unscoped("merged").filter(pk=homes.han.pk).update(
        state="merged", merged_into=homes.zhou, area_path=""
    )
    homes.han.memberships.all().delete()
    assert access.get_person(town.lin, homes.han.public_id) == homes.han
    with pytest.raises(NotFoundError):
        access.get_person(town.gao, homes.han.public_id)


def test_a_grant_opens_one_household_for_half_an_hour(town, homes, time_machine):
    start = clock.now()
    time_machine.move_to(start, tick=False)
    grant(town.lin, homes.cheng_home)
    assert access.get_person(town.lin, homes.girl.public_id) == homes.girl
    assert access.get_household(town.lin, homes.cheng_home.public_id) == homes.cheng_home
    assert access.get_room(town.lin, homes.room2.pk) == homes.room2
    assert access.may_see(town.lin, town.grid2.path, homes.cheng_home.pk)
    with pytest.raises(NotFoundError):
        access.get_person(town.lin, homes.sun.public_id)
    time_machine.move_to(start + dt.timedelta(minutes=29, seconds=59), tick=False)
    assert access.get_person(town.lin, homes.girl.public_id) == homes.girl
    time_machine.move_to(start + dt.timedelta(minutes=30), tick=False)
    for call in (
        lambda: access.get_person(town.lin, homes.girl.public_id),
        lambda: access.get_household(town.lin, homes.cheng_home.public_id),
        lambda: access.get_room(town.lin, homes.room2.pk),
    ):
        with pytest.raises(NotFoundError):
            call()


def test_a_grant_ends_with_the_last_post(town, homes):
    grant(town.lin, homes.cheng_home)
    for post in town.lin.posts.all():
        accounts.end_post(by=None, post=post, on=clock.today())
    lin = type(town.lin).objects.get(pk=town.lin.pk)
    with pytest.raises(NotFoundError):
        access.get_person(lin, homes.girl.public_id)


def test_masked(town, homes, django_assert_num_queries):
    rows = [homes.wu, homes.girl, homes.han]
    with django_assert_num_queries(0):
        found = access.masked(rows)
    assert found[homes.wu.pk] == access.Masked(
        name="吴*芬",
        sex="f",
        age=79,
        id_number="9999" + "*" * 12 + found[homes.wu.pk].id_number[-2:],
        phone="100****0001",
    )
    assert (found[homes.girl.pk].name, found[homes.girl.pk].phone, found[homes.girl.pk].age) == ("程*雨", "", 10)
    assert found[homes.han.pk].name == "韩*"


def test_masked_reads_the_keys_once(homes, monkeypatch):
    reads = []
    real = keystore.KeyStore.get_many
    monkeypatch.setattr(keystore.KeyStore, "get_many", lambda self, some: reads.append(1) or real(self, some))
    access.masked([homes.wu, homes.girl, homes.han])
    assert reads == [1]


def test_nothing_is_shown_of_an_erased_person(homes):
    keystore.keys().destroy([homes.wu.public_id])
    assert access.masked([homes.wu, homes.wang])[homes.wu.pk] == access.ERASED
    assert access.masked([homes.wu, homes.wang])[homes.wang.pk].name == "王*国"


@pytest.mark.parametrize(
    ("born", "age"),
    [
        ("1950-11-21", 76), ("1950-11-22", 75), ("1950-11", 76), ("1950-12", 75), ("1950", 76), ("", None),
        ("2027-01-01", None), ("1800-01-01", None), ("about 1950", None), ("1950-11-21-01", None),
    ],
)  # fmt: skip
def test_age(born, age):
    assert access.age_of(born, on=dt.date(2026, 11, 21)) == age


def test_the_fifty_first_person_of_a_day_is_refused_and_told(town, homes):
    people = crowd(town, 60)
    for person in people[:50]:
        access.seen(town.lin, [person])
    access.seen(town.lin, people[:50])  # again is not more
    assert access.seen_today(town.lin) == 50
    assert PrivacyAlert.objects.count() == 0
    for person in people[50:]:
        with pytest.raises(access.TooManyPersonsError) as caught:
            access.seen(town.lin, [person])
        assert caught.value.status == 429
    assert access.seen_today(town.lin) == 50
    alert = PrivacyAlert.objects.get()
    assert (alert.kind, alert.user, alert.area_path, alert.households, alert.verdict) == (
        "many", town.lin, town.grid1.path, [], ""
    )  # fmt: skip
    assert list(
        Notice.objects.filter(kind="privacy.alert").values_list("user_id", "subject_id", "urgent", "label")
    ) == [(town.tan.pk, alert.pk, True, str(alert.pk))]
    access.seen(town.lin, people[:3])  # whom he saw before he still sees
    access.seen(town.gao, people[:3])  # others are not stopped
    assert access.seen_today(town.gao) == 3


def test_a_page_that_would_pass_the_limit_shows_nobody(town, homes):
    people = crowd(town, 52)
    access.seen(town.lin, people[:48])
    with pytest.raises(access.TooManyPersonsError):
        access.seen(town.lin, people[48:51])
    assert access.seen_today(town.lin) == 48
    access.seen(town.lin, people[48:50])
    assert access.seen_today(town.lin) == 50


def test_the_next_day_begins_anew(town, homes, time_machine):
    people = crowd(town, 51)
    time_machine.move_to(dt.datetime(2026, 11, 20, 23, 59, tzinfo=clock.OFFICE), tick=False)
    access.seen(town.lin, people[:50])
    with pytest.raises(access.TooManyPersonsError):
        access.seen(town.lin, people[50:])
    time_machine.move_to(dt.datetime(2026, 11, 21, 0, 0, tzinfo=clock.OFFICE), tick=False)
    access.seen(town.lin, people[50:])
    assert access.seen_today(town.lin) == 1


def test_an_officer_who_finds_it_justified_gives_as_many_again(town, homes, settings):
    from wangge.domains.people.actions import reviewing

    settings.WANGGE_PERSONS_A_DAY = 5
    people = crowd(town, 12)
    access.seen(town.lin, people[:5])
    with pytest.raises(access.TooManyPersonsError):
        access.seen(town.lin, people[5:6])
    reviewing.review(by=town.tan, alert=PrivacyAlert.objects.get(), verdict="justified")
    access.seen(town.lin, people[5:10])
    with pytest.raises(access.TooManyPersonsError):
        access.seen(town.lin, people[10:11])
    assert PrivacyAlert.objects.filter(kind="many").count() == 2


def test_lists_count_only_beyond_the_own_place(town, homes, settings):
    settings.WANGGE_PERSONS_A_DAY = 2
    own = crowd(town, 5)
    access.listed(town.lin, own)
    assert PersonSeen.objects.count() == 0
    access.listed(town.lin, [*own, homes.cheng, homes.girl])
    assert access.seen_today(town.lin) == 2
    with pytest.raises(access.TooManyPersonsError):
        access.listed(town.lin, [homes.sun])
    assert access.seen_today(town.lin) == 2


def test_many_pages_at_once_do_not_pass_the_limit_together(own_database, settings):
    from tests.town import Town
    from wangge.domains.people.tests.homes import build

    settings.WANGGE_PERSONS_A_DAY = 6
    town = Town()
    build(town)
    people = crowd(town, 24)
    start, ended = threading.Barrier(8), []

    def page(number):
        try:
            start.wait(20)
            access.seen(town.lin, people[number * 3 : number * 3 + 3])
            ended.append("shown")
        except access.TooManyPersonsError:
            ended.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=page, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (ended.count("shown"), ended.count("refused")) == (2, 6)
    assert access.seen_today(town.lin) == 6
    assert PrivacyAlert.objects.filter(kind="many").count() == 1
