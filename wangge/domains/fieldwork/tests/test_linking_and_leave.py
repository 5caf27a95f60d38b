"""Links, leave and standing in, handing over, office hours, referrals, and what is forgotten."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from wangge.domains.fieldwork import absences, grounds, links, office_hours, referrals
from wangge.domains.fieldwork.actions import forgetting, handing_over, referring, visit_planning
from wangge.domains.fieldwork.actions import links as linking
from wangge.domains.fieldwork.actions import office_hours as hours
from wangge.domains.fieldwork.actions.absences import end_absence, note_absence
from wangge.domains.fieldwork.actions.links import TooManyLinksError
from wangge.domains.fieldwork.actions.receiving import Sent, keep_refused
from wangge.domains.fieldwork.actions.tasks import do_task, give_task
from wangge.domains.fieldwork.actions.visits import make_visit
from wangge.domains.fieldwork.models import Absence, FieldTask, Link, OfficeHour, Referral, Refused, Visit, VisitDue
from wangge.domains.people import subject
from wangge.domains.people.actions.erasing import erase
from wangge.domains.people.models import Household
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import Post
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import posts_of
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.duties.models import Duty
from wangge.foundation.duties.queries import to_do

TODAY = dt.date(2026, 11, 21)
NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=clock.OFFICE)
ONE = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(NOW, tick=False)


def member(town, login="dang"):
    user = accounts.add_user(by=None, username=login, name="党一心", password=None)
    accounts.give_post(by=None, user=user, role="linked_member", valid_from=dt.date(2024, 1, 1), area=town.grid1)
    return user


def open_due(household) -> VisitDue:
    return VisitDue.objects.unscoped("the test looks at the row").get(household=household, state="open")


def every_link() -> list[Link]:
    return list(Link.objects.unscoped("the test looks at the rows").order_by("pk"))


# Links


def test_a_link_makes_the_next_visits_his(town, homes):
    dang = member(town)
    made = linking.link(by=town.fang, user=dang, households=[homes.wu_home, homes.wang_home])
    assert [(row.household, row.area_path, row.valid_from) for row in made] == [
        (homes.wu_home, town.grid1.path, TODAY), (homes.wang_home, town.grid1.path, TODAY),
    ]  # fmt: skip
    assert open_due(homes.wu_home).linked == dang
    assert [(one.user, one.count, one.few) for one in links.members(town.fang)] == [(dang, 2, True)]
    assert links.members(town.zhao) == []
    linking.unlink(by=town.fang, link=made[0])
    assert every_link() == [made[1]]
    assert open_due(homes.wu_home).linked is None


def test_more_than_twenty_are_refused_and_none_is_linked(town, homes):
    dang = member(town)
    more = [Household.objects.create(room=homes.rooms["302"], area_path=town.grid1.path) for _n in range(20)]
    linking.link(by=town.fang, user=dang, households=more[:19])
    with pytest.raises(TooManyLinksError):
        linking.link(by=town.fang, user=dang, households=[more[19], homes.wu_home])
    assert links.how_many(dang) == 19
    linking.link(by=town.fang, user=dang, households=more[19:])
    assert not links.members(town.fang)[0].few


def test_links_that_are_refused(town, homes):
    dang = member(town)
    nobody = accounts.add_user(by=None, username="nobody", name="无职", password=None)
    linking.link(by=town.fang, user=dang, households=[homes.wu_home])
    for by, user, households, error in (
        (town.fang, dang, [homes.wu_home], ConflictError),
        (town.fang, nobody, [homes.wang_home], InvalidError),
        (town.fang, dang, [], InvalidError),
        (town.fang, dang, [homes.wang_home, homes.sun_home], NotFoundError),
        (town.lin, dang, [homes.wang_home], NotFoundError),
        (town.zhao, dang, [homes.wang_home], NotFoundError),
    ):
        with pytest.raises(error):
            linking.link(by=by, user=user, households=households)
    assert len(every_link()) == 1
    with pytest.raises(NotFoundError):
        linking.unlink(by=town.lin, link=every_link()[0])


# Leave


def away(town, **more) -> Absence:
    values = {"by": town.fang, "user": town.lin, "from_on": TODAY, "to_on": TODAY + 4 * ONE, "substitute": town.gao}
    return note_absence(**(values | more))


def test_who_stands_in_holds_the_field_posts_for_these_days_and_no_longer(town):
    row = away(town)
    (given,) = Post.objects.filter(pk__in=row.posts)
    assert (given.user, given.role, given.area, given.basis) == (town.gao, "grid_worker", town.grid1, "standing_in")
    assert (given.valid_from, given.valid_to) == (TODAY, TODAY + 5 * ONE)
    assert authority_of(town.gao).may(P.VISIT_DO, area_path=town.grid1.path)
    assert not authority_of(town.gao, on=TODAY + 5 * ONE).may(P.VISIT_DO, area_path=town.grid1.path)
    assert authority_of(town.lin).may(P.VISIT_DO, area_path=town.grid1.path)
    assert AuditEntry.objects.get(kind="post.stand_in").data["post"] == posts_of(town.lin)[0].pk
    assert absences.absent_on([town.lin.pk], TODAY)[town.lin.pk] == row
    assert absences.absent_on([town.lin.pk], TODAY + 5 * ONE) == {}


def test_back_sooner_ends_the_post_today(town):
    row = away(town, from_on=TODAY - 3 * ONE)
    ended = end_absence(by=town.fang, absence=row)
    assert ended.ended_on == TODAY
    assert not authority_of(town.gao).may(P.VISIT_DO, area_path=town.grid1.path)
    assert absences.absences(town.fang) == []
    with pytest.raises(ConflictError):
        end_absence(by=town.fang, absence=row)
    away(town)  # the days are free again


def test_leave_to_come_gives_nothing_before_and_can_be_called_off(town):
    row = away(town, from_on=TODAY + 10 * ONE, to_on=TODAY + 12 * ONE)
    assert not authority_of(town.gao).may(P.VISIT_DO, area_path=town.grid1.path)
    end_absence(by=town.fang, absence=row)
    assert not authority_of(town.gao, on=TODAY + 11 * ONE).may(P.VISIT_DO, area_path=town.grid1.path)


def test_leave_that_is_refused(town):
    away(town, from_on=TODAY + 20 * ONE, to_on=TODAY + 22 * ONE, user=town.gao, substitute=None)
    for more, error in (
        ({"by": town.lin}, NotAllowedError),
        ({"by": town.gao}, NotFoundError),
        ({"by": town.zhao}, NotFoundError),
        ({"by": town.security}, NotFoundError),
        ({"user": town.fang}, NotAllowedError),
        ({"user": town.chen}, NotFoundError),
        ({"substitute": town.fang}, NotAllowedError),
        ({"substitute": town.lin}, InvalidError),
        ({"to_on": TODAY - ONE}, InvalidError),
        ({"from_on": TODAY - 9 * ONE, "to_on": TODAY - ONE}, InvalidError),
        ({"to_on": TODAY + 400 * ONE}, InvalidError),
        ({"from_on": TODAY + 21 * ONE, "to_on": TODAY + 23 * ONE}, ConflictError),
        ({"user": town.gao, "substitute": None, "from_on": TODAY, "to_on": TODAY + 20 * ONE}, ConflictError),
    ):
        with pytest.raises(error):
            away(town, **more)
    assert Absence.objects.count() == 1
    assert not Post.objects.filter(basis="standing_in").exists()


def test_leave_gives_no_post_of_an_office_and_nothing_but_leave(town):
    (secretary,) = posts_of(town.fang)
    with pytest.raises(InvalidError):
        accounts.stand_in(by=town.luo, post=secretary, user=town.gao, valid_from=TODAY, valid_to=TODAY + ONE)
    (post,) = posts_of(town.lin)
    for by, error in ((town.chen, NotAllowedError), (town.zhao, NotAllowedError), (town.gao, NotAllowedError)):
        with pytest.raises(error):
            accounts.stand_in(by=by, post=post, user=town.gao, valid_from=TODAY, valid_to=TODAY + ONE)
    with pytest.raises(NotAllowedError):
        accounts.end_stand_in(by=town.fang, post=post)
    assert not Post.objects.filter(basis="standing_in").exists()
    assert posts_of(town.lin) == [post]


# Handing over


def test_open_work_goes_to_a_colleague_in_one_step(town, homes):
    task = give_task(
        by=town.fang, grid=town.grid1, matter="06010", title="清点消防栓", due_at=NOW + 2 * ONE, assigned=town.lin
    )
    linking.link(by=town.fang, user=town.lin, households=[homes.wu_home])
    Link.objects.unscoped("as since a week").update(valid_from=TODAY - 7 * ONE)
    hours.set_office_hour(
        by=town.fang, area=town.grid1, spot="凉亭", weekday=2, opens=dt.time(9), closes=dt.time(10), user=town.lin
    )
    before = absences.open_work(town.fang, town.lin)
    assert ([one.pk for one in before.tasks], len(before.links), len(before.office_hours)) == ([task.pk], 1, 1)
    done = handing_over.hand_over(by=town.fang, leaver=town.lin, heir=town.gao)
    assert (done.tasks, done.links, done.links_left, done.office_hours) == (1, 1, 0, 1)
    assert FieldTask.objects.unscoped("test").get().assigned == town.gao
    assert [duty.subject_id for duty in to_do(town.gao) if duty.subject_type == "field_task"] == [task.pk]
    assert [(row.user, row.valid_to) for row in every_link()] == [(town.lin, TODAY), (town.gao, None)]
    assert OfficeHour.objects.unscoped("test").get().user == town.gao
    assert not absences.open_work(town.fang, town.lin).anything
    with pytest.raises(ConflictError):
        handing_over.hand_over(by=town.fang, leaver=town.lin, heir=town.gao)


def test_handing_over_is_for_who_grants_leave_there_and_to_who_works_there(town, homes):
    linking.link(by=town.fang, user=town.lin, households=[homes.wu_home])
    for by, heir, error in (
        (town.lin, town.gao, NotAllowedError),
        (town.chen, town.gao, NotAllowedError),
        (town.fang, town.lin, InvalidError),
        (town.fang, town.zhao, InvalidError),
    ):
        with pytest.raises(error):
            handing_over.hand_over(by=by, leaver=town.lin, heir=heir)
    assert [row.user for row in every_link()] == [town.lin]
    for reader, person in ((town.fang, town.zhao), (town.zhao, town.lin), (town.fang, town.fang)):
        with pytest.raises(NotFoundError):
            absences.leaver(reader, person.pk)


# Office hours


def test_office_hours_are_told_to_everybody_of_the_place(town):
    row = hours.set_office_hour(
        by=town.fang, area=town.community, compound=town.compound, spot="家属院凉亭", weekday=5,
        opens=dt.time(9), closes=dt.time(11), user=town.lin,
    )  # fmt: skip
    assert office_hours.open_to_all(town.grid1.path) == [row]
    assert office_hours.open_to_all(town.north_grid.path) == []
    assert office_hours.of_day([town.south.path], TODAY) == [row]  # a Saturday
    assert office_hours.of_day([town.south.path], TODAY + ONE) == []
    for wrong, error in (
        ({"by": town.lin}, NotAllowedError),
        ({"spot": " "}, InvalidError),
        ({"weekday": 7}, InvalidError),
        ({"closes": dt.time(9)}, InvalidError),
        ({"valid_from": TODAY - ONE}, InvalidError),
        ({"area": town.community2}, InvalidError),
    ):
        values = {
            "by": town.luo, "area": town.community, "compound": town.compound, "spot": "凉亭", "weekday": 1,
            "opens": dt.time(9), "closes": dt.time(11),
        } | wrong  # fmt: skip
        with pytest.raises(error):
            hours.set_office_hour(**values)
    assert OfficeHour.objects.unscoped("test").count() == 1
    hours.end_office_hour(by=town.fang, hour=row)
    assert office_hours.open_to_all(town.grid1.path) == []


# Referrals


def test_a_referral_says_to_the_unit_that_somebody_wishes_it_and_nothing_else(town, homes):
    row = referring.refer(by=town.lin, public_id=uuid.uuid4(), household=homes.wu_home)
    assert (row.unit, row.state) == (town.office, "sent")
    assert referring.refer(by=town.lin, public_id=uuid.uuid4(), household=homes.wu_home) == row
    assert Referral.objects.unscoped("test").count() == 1
    (duty,) = [one for one in to_do(town.fang) if one.subject_type == "referral"]
    assert (duty.kind, duty.label, duty.confidential) == ("referral.take", f"#{row.pk}", True)
    assert [one for one in to_do(town.lin) if one.subject_type == "referral"] == []
    (line,) = referrals.referrals(town.fang)
    assert (line.address, line.mine) == ("", False)
    for who in (town.lin, town.chen, town.luo, town.he, town.zhao):
        assert referrals.referrals(who) == []
        with pytest.raises(NotFoundError):
            referrals.get_referral(who, row.public_id)
        with pytest.raises(NotFoundError):
            referring.take_referral(by=who, referral=row)
    referring.take_referral(by=town.fang, referral=row)
    (line,) = referrals.referrals(town.fang)
    assert (line.address, line.mine) == ("物业所家属院 3号楼 2单元 301", True)
    with pytest.raises(ConflictError):
        referring.take_referral(by=town.fang, referral=row)
    referring.end_referral(by=town.fang, referral=row)
    assert referrals.referrals(town.fang) == []
    assert not Duty.objects.filter(subject_type="referral", done_at__isnull=True).exists()


def test_what_a_counsellor_cannot_see_to_goes_back_to_the_unit(town, homes):
    row = referring.refer(by=town.lin, public_id=uuid.uuid4(), household=homes.wu_home)
    colleague = accounts.add_user(by=None, username="xin", name="辛宁", password=None)
    accounts.give_post(
        by=None, user=colleague, role="unit_handler", valid_from=dt.date(2024, 1, 1), organisation=row.unit
    )
    with pytest.raises(ConflictError):
        referring.give_back_referral(by=town.fang, referral=row)  # nobody has it
    referring.take_referral(by=town.fang, referral=row)
    with pytest.raises(ConflictError):
        referring.give_back_referral(by=colleague, referral=row)
    assert [line.may_give_back for line in referrals.referrals(colleague)] == [False]
    assert [line.may_give_back for line in referrals.referrals(town.fang)] == [True]
    referring.give_back_referral(by=town.fang, referral=row)
    (line,) = referrals.referrals(town.fang)
    assert (line.referral.state, line.referral.taken_by, line.referral.taken_at, line.address) == (
        "sent",
        None,
        None,
        "",
    )
    assert [one.kind for one in to_do(colleague) if one.subject_type == "referral"] == ["referral.take"]
    referring.take_referral(by=colleague, referral=row)
    (post,) = posts_of(colleague)
    accounts.end_post(by=None, post=post)
    assert [line.may_give_back for line in referrals.referrals(town.fang)] == [True]  # he has left the unit
    referring.give_back_referral(by=town.fang, referral=row)
    assert [one.kind for one in to_do(town.fang) if one.subject_type == "referral"] == ["referral.take"]
    with pytest.raises(NotFoundError):
        referring.give_back_referral(by=town.lin, referral=row)


def test_only_who_visits_there_refers(town, homes):
    for who in (town.gao, town.luo, town.chen, town.zhao):
        with pytest.raises(NotFoundError):
            referring.refer(by=who, public_id=uuid.uuid4(), household=homes.wu_home)
    assert Referral.objects.unscoped("test").count() == 0


# Forgetting


def visited(town, homes):
    visit_planning.plan_all()
    for home in (homes.wu_home, homes.wang_home):
        make_visit(by=town.lin, public_id=uuid.uuid4(), household=home, result="met", note="已提醒关阀门。")
        linking.link(by=town.fang, user=town.gao, households=[home])
        referring.refer(by=town.lin, public_id=uuid.uuid4(), household=home)


def test_everything_about_him_is_given_to_him(town, homes):
    visited(town, homes)
    told = subject.held(homes.wu)
    assert told["visits"] == [
        {"on": "2026-11-21", "result": "见到人", "way": "上门", "tasks": "", "note": "已提醒关阀门。"}
    ]
    assert told["visits_due"] == [{"due_on": "2027-11-21"}]
    assert told["linked"] == [{"from": "2026-11-21", "by": "高远"}]
    assert [row["on"] for row in told["counselling"]] == ["2026-11-21"]
    assert "note" not in subject.held(homes.wang)["visits"][0]  # what was said there is of his family, too


def test_erasing_empties_notes_and_grounds_and_ends_what_was_due_to_him_alone(town, homes):
    visited(town, homes)
    counts = erase(person=homes.wu, reason="request")
    assert (counts["visit_notes"], counts["visit_grounds"], counts["referrals"]) == (1, 2, 1)
    dues = VisitDue.objects.unscoped("test").filter(household=homes.wu_home)
    assert {(row.state, row.grounds) for row in dues} == {("made", None), ("dropped", None)}
    assert Visit.objects.unscoped("test").get(household=homes.wu_home).note is None
    assert grounds.note_of(Visit.objects.unscoped("test").get(household=homes.wang_home)) == "已提醒关阀门。"
    assert [row.household for row in every_link()] == [homes.wang_home]
    erase(person=homes.wang_lei, reason="request")
    assert Visit.objects.unscoped("test").get(household=homes.wang_home).note is None
    assert open_due(homes.wang_home).grounds is None  # until the next planning
    assert Referral.objects.unscoped("test").get().household == homes.wang_home


def test_what_is_over_long_enough_is_emptied(town, homes):
    visited(town, homes)
    assert forgetting.forget_old(at=NOW + 364 * ONE) == 0
    assert forgetting.forget_old(at=NOW + 366 * ONE) == 2  # the grounds of the two visits made
    assert forgetting.forget_old(at=NOW + 366 * ONE) == 0
    assert forgetting.forget_old(at=NOW + 3 * 366 * ONE) == 2  # their notes
    assert Visit.objects.unscoped("test").filter(note__isnull=False).count() == 0


def refused(town, phone: str) -> Refused:
    body = {"kind": "report.make", "data": {"text": "水管漏水", "contact": {"name": "吴", "phone": phone}}}
    sent = Sent(id=uuid.uuid4(), kind="report.make", occurred_at=NOW, body=body, canonical=phone.encode())
    return keep_refused(by=town.lin, sent=sent, problem=InvalidError(field="place"), at=NOW)


def test_a_refused_record_that_names_him_goes_with_him(town, homes):
    his, other = refused(town, "10012340001"), refused(town, "10012349999")
    assert erase(person=homes.wu, reason="request")["refused"] == 1
    assert list(Refused.objects.all()) == [other]
    assert [duty.subject_id for duty in to_do(town.lin) if duty.subject_type == "refused"] == [other.pk]
    assert his.pk != other.pk


def test_words_of_tasks_and_settled_refusals_are_not_kept_for_ever(town, homes):
    task = give_task(
        by=town.fang, grid=town.grid1, matter=town.litter.code, title="巡看", text="看楼道。", due_at=NOW + ONE, at=NOW
    )
    do_task(by=town.lin, task=task, note="已看。", at=NOW)
    Refused.objects.filter(pk=refused(town, "10012349999").pk).update(state="dropped", settled_at=NOW)
    waits = refused(town, "10012349998")
    FieldTask.objects.unscoped("test").update(changed_at=NOW)
    assert forgetting.forget_old(at=NOW + 364 * ONE) == 0
    assert forgetting.forget_old(at=NOW + 366 * ONE) == 1
    assert list(Refused.objects.all()) == [waits]
    assert forgetting.forget_old(at=NOW + 3 * 366 * ONE) == 1
    row = FieldTask.objects.unscoped("test").get()
    assert (row.title, row.text, row.done_note) == ("巡看", None, None)
