"""All authority comes from posts in force today, at their place or in their unit, and from nothing else."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from wangge.foundation.accounts import actions, queries
from wangge.foundation.accounts.authority import NOBODY, authority_of, in_unit
from wangge.foundation.accounts.models import Organisation, Post
from wangge.foundation.accounts.permissions import HELD_BY_UNIT, P
from wangge.foundation.accounts.roles import ROLES
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

SINCE = dt.date(2024, 1, 1)
DAY = dt.timedelta(days=1)


@pytest.fixture
def new(town):
    """Somebody with a log-in and no post."""
    return actions.add_user(by=None, username="xin", name="新人", password=None)


def give(user, role="dispatcher", *, by=None, **values):
    return actions.give_post(**{"by": by, "user": user, "role": role, "valid_from": SINCE} | values)


def state():
    return (list(Post.objects.order_by("id").values()), AuditEntry.objects.count())


def refuses(error, act, *, field=None):
    before = state()
    with pytest.raises(error) as caught, transaction.atomic():
        act()
    assert (type(caught.value), caught.value.field) == (error, field)
    assert state() == before


def test_a_log_in_without_a_post_may_nothing(town, new):
    authority = authority_of(new)
    assert (authority.grants, authority.permissions(), authority.units()) == ((), frozenset(), set())
    assert not any(authority.may(p, area_path=town.grid1.path, unit_path=town.office.path) for p in P)


def test_nobody_anonymous_and_disabled_have_none(town):
    actions.disable_user(user=town.lin, by=town.security)
    for user in (None, AnonymousUser(), town.lin):
        assert authority_of(user) is NOBODY


def test_a_post_ends_at_the_next_request(town):
    assert authority_of(town.lin).holds(P.REPORT_MAKE)
    actions.end_post(post=town.lin.posts.get(), by=town.security)
    assert authority_of(town.lin).grants == ()  # a fresh user object is the next request
    assert queries.posts_of(town.lin) == []


def test_a_post_gives_from_its_first_day_and_to_the_day_before_its_last(town, new, time_machine):
    first, end = dt.date(2026, 3, 2), dt.date(2026, 3, 5)
    give(new, area=town.south, valid_from=first, valid_to=end)
    for instant, holds in (
        ((1, 23, 59), False),
        ((2, 0, 0), True),
        ((4, 23, 59), True),
        ((5, 0, 0), False),
    ):
        time_machine.move_to(dt.datetime(2026, 3, *instant, tzinfo=clock.OFFICE), tick=False)
        assert authority_of(town.fresh(new)).holds(P.CASE_DISPATCH) is holds, instant


def test_a_post_that_begins_tomorrow_gives_nothing_today(town, new):
    give(new, area=town.south, valid_from=clock.today() + DAY)
    assert authority_of(town.fresh(new)) == authority_of(new)
    assert authority_of(town.fresh(new)).grants == ()
    assert authority_of(town.fresh(new), on=clock.today() + DAY).holds(P.CASE_DISPATCH)
    assert new not in queries.users_with(P.CASE_DISPATCH, area_path=town.grid1.path)


def test_midnight_ends_a_post_within_a_long_request(town, new, time_machine):
    time_machine.move_to(dt.datetime(2026, 3, 4, 23, 59, 59, tzinfo=clock.OFFICE), tick=False)
    give(new, area=town.south, valid_to=dt.date(2026, 3, 5))
    assert authority_of(new).holds(P.CASE_DISPATCH)
    time_machine.move_to(dt.datetime(2026, 3, 5, 0, 0, tzinfo=clock.OFFICE), tick=False)
    assert not authority_of(new).holds(P.CASE_DISPATCH)


def test_one_person_with_many_posts_has_each_right_at_its_own_place(town, new):
    give(new, "grid_worker", area=town.grid1, organisation=town.office)
    give(new, "dispatcher", area=town.north)
    give(new, "unit_handler", organisation=town.sanitation)
    authority = authority_of(new)
    assert authority.may(P.CASE_VERIFY, area_path=town.grid1.path)
    assert not authority.may(P.CASE_VERIFY, area_path=town.north_grid.path)
    assert authority.may(P.CASE_DISPATCH, area_path=town.north_grid.path)
    assert not authority.may(P.CASE_DISPATCH, area_path=town.grid1.path)
    assert authority.may(P.CASE_HANDLE, unit_path=town.sanitation.path)
    assert not authority.may(P.CASE_HANDLE, unit_path=town.office.path)  # a grid worker handles for no unit
    assert authority.places(P.CASE_VIEW) == sorted([town.grid1.path, town.north.path])
    assert authority.unit_paths(P.CASE_HANDLE) == [town.sanitation.path]
    assert authority.units() == {town.office.pk, town.sanitation.pk}


def test_a_place_right_is_not_held_for_a_unit_nor_the_other_way_round(town):
    chen, he = authority_of(town.chen), authority_of(town.he)
    assert not chen.may(P.CASE_DISPATCH, unit_path=town.centre.path)
    assert not he.may(P.CASE_HANDLE, area_path=town.south.path)
    assert not chen.may(P.CASE_DISPATCH, area_path="")
    assert not he.may(P.CASE_HANDLE, unit_path="")


def test_scope_by_path_is_exact(town, new):
    give(new, area=town.grid1)
    authority, path = authority_of(new), town.grid1.path
    longer = path[:-1] + "3/"  # "/1/2/4/7/" against "/1/2/4/73/"
    assert authority.may(P.CASE_DISPATCH, area_path=path)
    assert authority.may(P.CASE_DISPATCH, area_path=path + "9/")
    assert not authority.may(P.CASE_DISPATCH, area_path=longer)
    assert not authority.may(P.CASE_DISPATCH, area_path=town.community.path)
    assert not authority.may(P.CASE_DISPATCH, area_path="/")


def test_who_belongs_to_a_unit(town):
    assert in_unit(town.he, town.enforcement)
    assert in_unit(town.he, town.street_office)  # and to what is above it
    assert not in_unit(town.he, town.sanitation)
    assert not in_unit(town.tan, town.enforcement)  # the office above is not a member of the team
    assert not in_unit(None, town.enforcement)


def test_a_post_belongs_somewhere_ends_after_it_begins_and_has_a_known_role(town, new):
    refuses(InvalidError, lambda: give(new, "emperor", area=town.south), field="role")
    refuses(InvalidError, lambda: give(new), field="area")
    for end in (SINCE, SINCE - DAY):
        refuses(InvalidError, lambda end=end: give(new, area=town.south, valid_to=end), field="valid_to")
    for wrong in (
        {"role": "emperor", "area": town.south},
        {"role": "dispatcher"},
        {"role": "dispatcher", "area": town.south, "valid_to": SINCE},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Post.objects.create(**{"user": new, "valid_from": SINCE} | wrong)


def test_nobody_appoints_himself(town):
    refuses(NotAllowedError, lambda: give(town.security, "duty_chief", by=town.security, area=town.south))


@pytest.mark.parametrize("name", "lin chen luo he zhao qian tan root".split())
def test_only_the_security_administrator_appoints(town, new, name):
    refuses(NotAllowedError, lambda: give(new, by=getattr(town, name), area=town.south))
    refuses(NotAllowedError, lambda: actions.end_post(post=town.lin.posts.get(), by=getattr(town, name)))


def test_and_only_in_his_own_area(town, new):
    assert give(new, by=town.security, area=town.grid1).user == new
    entry = AuditEntry.objects.order_by("-id").first()
    assert (entry.kind, entry.actor_id, entry.data) == (
        "post.give", town.security.pk, {"user": new.pk, "role": "dispatcher"}
    )  # fmt: skip
    refuses(NotAllowedError, lambda: give(new, by=town.security, area=town.north))
    refuses(NotAllowedError, lambda: give(new, "unit_handler", by=town.security, organisation=town.north_enforcement))
    refuses(NotAllowedError, lambda: actions.end_post(post=town.zhao.posts.get(), by=town.security))


def test_a_post_ends_once(town):
    post = actions.end_post(post=town.lin.posts.get(), by=town.security)
    assert post.valid_to == clock.today()
    refuses(ConflictError, lambda: actions.end_post(post=post, by=town.security))
    earlier = actions.end_post(post=town.gao.posts.get(), by=None, on=clock.today() + 10 * DAY)
    assert actions.end_post(post=earlier, by=None).valid_to == clock.today()


def test_given_and_taken_on_one_day_gives_nothing(town, new):
    post = give(new, area=town.south, valid_from=clock.today())
    assert authority_of(town.fresh(new)).holds(P.CASE_DISPATCH)
    post = actions.end_post(post=post, by=town.security)
    assert (post.valid_from, post.valid_to) == (clock.today() - DAY, clock.today())
    assert authority_of(town.fresh(new)).grants == ()


def test_history_stays_readable(town):
    actions.end_post(post=town.lin.posts.get(), by=None, on=dt.date(2026, 3, 5))
    assert [post.role for post in queries.posts_of(town.lin, on=dt.date(2026, 3, 4))] == ["grid_worker"]
    assert queries.posts_of(town.lin, on=dt.date(2026, 3, 5)) == []
    assert queries.holders("grid_worker", town.grid1, on=dt.date(2026, 3, 5)) == []
    assert [post.user for post in queries.team_of(town.grid1, on=dt.date(2026, 3, 4))] == [town.lin]


def test_disabling_is_the_security_administrators_and_not_of_himself(town):
    for name in ("lin", "luo", "root"):
        refuses(NotAllowedError, lambda name=name: actions.disable_user(user=town.gao, by=getattr(town, name)))
    refuses(ConflictError, lambda: actions.disable_user(user=town.security, by=town.security))
    actions.disable_user(user=town.gao, by=town.security)
    assert town.gao.is_active is False
    assert queries.members([town.office.pk]) == [town.fang, town.lin]
    assert town.gao not in queries.users_with(P.CASE_VERIFY, area_path=town.grid2.path)


def test_who_holds_a_right_at_a_place(town):
    found = lambda permission, area: sorted(u.username for u in queries.users_with(permission, area_path=area.path))  # noqa: E731
    assert found(P.CASE_VERIFY, town.grid1) == ["lin", "luo", "su"]
    assert found(P.CASE_VERIFY, town.community) == ["luo", "su"]
    assert found(P.CASE_DISPATCH, town.north_grid) == ["zhao"]
    assert found(P.CASE_DISPATCH, town.district) == []


def test_log_in_names_are_taken_once(town):
    refuses(
        ConflictError, lambda: actions.add_user(by=None, username="lin", name="另一", password=None), field="username"
    )


def test_the_three_administrators_see_no_case_and_hold_no_power_of_each_other():
    three = [ROLES[key].permissions for key in ("system_admin", "security_admin", "audit_admin")]
    for held in three:
        assert not {p for p in held if p.startswith(("case:", "report:"))}
    assert P.POST_EDIT not in three[0] | three[2]
    assert P.AUDIT_VERIFY not in three[0] | three[1]
    assert P.CATALOGUE_EDIT not in three[1] | three[2]


def test_the_list_of_permissions_is_closed_and_in_order():
    values = [permission.value for permission in P]
    assert values == sorted(values)
    assert all(len(value.split(":")) == 2 for value in values)
    assert {P.CASE_HANDLE, P.CASE_ASSIST} == HELD_BY_UNIT
    assert {role for role in ROLES.values() if not role.permissions} == set()


def test_units_stand_in_their_own_tree(town):
    before = Organisation.objects.count()
    with pytest.raises(InvalidError) as caught, transaction.atomic():
        actions.add_organisation(
            by=None, tree="party", kind="party_branch", name_zh="支部", valid_from=SINCE, parent=town.office
        )
    assert caught.value.field == "parent"
    assert Organisation.objects.count() == before
    branch = actions.add_organisation(by=None, tree="party", kind="party_committee", name_zh="党委", valid_from=SINCE)
    group = actions.add_organisation(
        by=None, tree="party", kind="party_group", name_zh="小组", valid_from=SINCE, parent=branch
    )
    assert group.path == f"/{branch.pk}/{group.pk}/"


def test_the_unit_that_answers_for_a_place(town):
    assert queries.unit_of_kind_at("enforcement", town.grid1.path) == town.enforcement
    assert queries.unit_of_kind_at("enforcement", town.north_grid.path) == town.north_enforcement
    assert queries.unit_of_kind_at("community", town.grid1.path) == town.office
    assert queries.unit_of_kind_at("community", town.grid3.path) == town.office2
    assert queries.unit_of_kind_at("police", town.grid1.path) is None
    company = actions.add_organisation(
        by=None, tree="self", kind="property_company", name_zh="物业", valid_from=SINCE, handles=True
    )
    ended = actions.give_responsibility(
        by=None, organisation=company, compound=town.compound, valid_from=SINCE, valid_to=dt.date(2025, 1, 1)
    )
    assert ended.organisation == company
    other = actions.add_organisation(
        by=None, tree="self", kind="property_company", name_zh="新物业", valid_from=SINCE, handles=True
    )
    actions.give_responsibility(by=None, organisation=other, compound=town.compound, valid_from=dt.date(2025, 1, 1))
    assert queries.unit_of_kind_at("property_company", town.grid1.path, town.compound) == other


def test_the_units_a_case_may_be_sent_to(town):
    names = [unit.name_zh for unit in queries.handling_units(town.grid1.path)]
    assert "综合执法队" in names
    assert "槐荫社区居委会" in names
    assert not {"北城综合执法队", "桃源社区居委会", "指挥中心", "纪工委"} & set(names)
