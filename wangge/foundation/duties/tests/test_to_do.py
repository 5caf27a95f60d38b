"""One to-do list per person: what is given to him, to his post at a place, to his unit."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from wangge.foundation.accounts import actions as accounts
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.duties import actions, queries
from wangge.foundation.duties.models import Duty

SINCE = dt.date(2024, 1, 1)
CAST = "lin gao fang bai chen su ma luo he hua zhao qian tan root security".split()


def give(number=1, *, due=None, **whom):
    actions.open_duty(
        kind="test.duty", subject_type="thing", subject_id=number, label=f"T-{number}", due_at=due, **whom
    )
    return Duty.objects.latest("pk")


def who_has(town, duty):
    """Those who find it on their list, once, and are told the same number."""
    lists = {name: queries.to_do(getattr(town, name), limit=500) for name in CAST}
    assert all(found.count(duty) <= 1 for found in lists.values())
    assert {name: queries.how_many(getattr(town, name)) for name in CAST} == {n: len(lists[n]) for n in CAST}
    return [name for name in CAST if duty in lists[name]]


def test_a_persons_own(town):
    assert who_has(town, give(user=town.lin)) == ["lin"]


@pytest.mark.parametrize(
    ("permission", "area", "names"),
    [
        (P.CASE_VERIFY, "grid1", "lin su luo"),
        (P.CASE_VERIFY, "grid2", "gao su luo"),
        (P.CASE_VERIFY, "community", "su luo"),
        (P.CASE_FILE, "grid1", "bai chen luo"),
        (P.CASE_FILE, "north_grid", "zhao"),
        (P.CASE_DISPATCH, "south", "chen luo"),
        (P.CASE_DISPATCH, "district", ""),
        (P.CASE_CHECK_SPOT, "grid1", "fang su luo"),
        (P.CASE_CHECK_SPOT, "grid3", "su luo"),
        (P.CASE_JUDGE, "grid1", "luo"),
    ],
)
def test_a_post_at_a_place_and_above_it(town, permission, area, names):
    assert who_has(town, give(permission=permission, area_path=getattr(town, area).path)) == names.split()


@pytest.mark.parametrize(
    ("unit", "names"), [("enforcement", "he"), ("sanitation", "hua"), ("office", "fang"), ("street_office", "")]
)
def test_a_unit_and_nobody_beside_it(town, unit, names):
    assert who_has(town, give(permission=P.CASE_HANDLE, unit_path=getattr(town, unit).path)) == names.split()


def test_a_unit_above_works_for_those_below(town):
    accounts.give_post(by=None, user=town.tan, role="unit_head", valid_from=SINCE, organisation=town.street_office)
    assert who_has(town, give(permission=P.CASE_HANDLE, unit_path=town.enforcement.path)) == ["he", "tan"]


def test_secret_work_is_for_those_with_the_right_at_that_place(town):
    duty = give(permission=P.CASE_FILE, area_path=town.grid1.path, confidential=True)
    assert who_has(town, duty) == ["bai", "luo"]
    accounts.give_post(by=None, user=town.chen, role="intake_officer", valid_from=SINCE, area=town.north)
    assert who_has(town, duty) == ["bai", "luo"]
    accounts.give_post(by=None, user=town.chen, role="street_leader", valid_from=SINCE, area=town.south)
    assert who_has(town, duty) == ["bai", "chen", "luo"]


def test_nobody_is_given_what_his_own_unit_has_done(town):
    duty = give(
        permission=P.CASE_VERIFY, area_path=town.grid1.path, not_unit_paths=[town.office.path]
    )  # handled by the residents' committee, to which Lin belongs
    assert who_has(town, duty) == ["su", "luo"]
    other = give(2, permission=P.CASE_VERIFY, area_path=town.grid1.path, not_unit_paths=[town.enforcement.path])
    assert who_has(town, other) == ["lin", "su", "luo"]
    whole = give(3, permission=P.CASE_VERIFY, area_path=town.grid1.path, not_unit_paths=[town.street_office.path])
    assert who_has(town, whole) == []


def test_it_ends_with_the_post(town):
    duty = give(permission=P.CASE_VERIFY, area_path=town.grid1.path)
    accounts.end_post(post=town.lin.posts.get(), by=None)
    assert who_has(town, duty) == ["su", "luo"]
    assert queries.how_many(town.lin) == 0


def test_finishing_all_or_one_kind(town):
    give(1, user=town.lin)
    actions.open_duty(kind="test.other", subject_type="thing", subject_id=1, label="T-1", due_at=None, user=town.lin)
    give(2, user=town.lin)
    at = dt.datetime(2026, 3, 2, 9, tzinfo=clock.OFFICE)
    actions.finish_duties(subject_type="thing", subject_id=1, kind="test.other", at=at)
    assert [(d.kind, d.subject_id) for d in queries.to_do(town.lin)] == [("test.duty", 1), ("test.duty", 2)]
    actions.finish_duties(subject_type="thing", subject_id=1, at=at + dt.timedelta(hours=1))
    assert [d.subject_id for d in queries.to_do(town.lin)] == [2]
    done = Duty.objects.filter(subject_id=1).order_by("id").values_list("kind", "done_at")
    assert list(done) == [("test.duty", at + dt.timedelta(hours=1)), ("test.other", at)]


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_pages_cover_everything_once_also_what_is_never_due(town, limit):
    base = dt.datetime(2026, 3, 2, 9, tzinfo=clock.OFFICE)
    given = [
        give(n, user=town.lin, due=None if hours is None else base + dt.timedelta(hours=hours))
        for n, hours in enumerate([3, None, 1, 1, None, 2, 1, None])
    ]
    seen, after = [], None
    while page := queries.to_do(town.lin, after=after, limit=limit):
        seen += [duty.subject_id for duty in page]
        after = (page[-1].due_at, page[-1].pk)
        assert len(seen) <= len(given)
    assert seen == [2, 3, 6, 5, 0, 1, 4, 7]


def test_only_one_kind_and_the_count(town):
    for number in range(3):
        give(number, user=town.lin)
    assert queries.to_do(town.lin, kind="test.other") == []
    assert (queries.how_many(town.lin), queries.how_many(town.lin, kind="test.other")) == (3, 0)


def test_the_count_stops_at_a_hundred(town):
    for number in range(103):
        give(number, user=town.lin)
    assert queries.how_many(town.lin) == 100


@pytest.mark.django_db
@pytest.mark.parametrize("whom", [{}, {"permission": P.CASE_FILE}, {"area_path": "/1/"}])
def test_a_duty_is_always_somebodys(whom):
    with pytest.raises(IntegrityError), transaction.atomic():
        give(**whom)
    assert Duty.objects.count() == 0


def test_several_posts_at_one_place_show_it_once(town):
    """One person as dispatcher of the street and of the community, and as duty chief: three ways to one duty."""
    for role, area in (("dispatcher", town.community), ("duty_chief", town.south), ("dispatcher", town.grid1)):
        accounts.give_post(by=None, user=town.chen, role=role, valid_from=SINCE, area=area)
    accounts.give_post(by=None, user=town.he, role="unit_head", valid_from=SINCE, organisation=town.street_office)
    placed = give(permission=P.CASE_FILE, area_path=town.grid1.path)
    assert who_has(town, placed) == ["bai", "chen", "luo"]
    assert who_has(town, give(2, permission=P.CASE_HANDLE, unit_path=town.enforcement.path)) == ["he"]
    assert who_has(town, give(3, user=town.he)) == ["he"]
