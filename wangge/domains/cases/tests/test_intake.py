"""Reports, other voices, and what the intake desk decides."""

import uuid

import pytest

from wangge.domains.cases import actions
from wangge.domains.cases.actions import intake
from wangge.domains.cases.actions.steps import StepNotPossibleError
from wangge.domains.cases.models import Case, Handling, Report
from wangge.domains.cases.tests.traces import at, audited, jobs, open_duties, refused, row, verbs
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.core import crypto
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError


def test_a_report_makes_a_case_with_number_clock_duty_audit_and_job(town):
    report = town.report(at=at())
    case = town.read(report.case)

    assert case.state == "reported"
    assert (case.area, case.area_path, case.matter, case.level) == (town.grid1, town.grid1.path, town.shed, 3)
    number = case.number.split("-")
    assert (number[0], number[1], len(number[2]), number[2].isdigit()) == ("NC", "2026", 6, True)
    assert (case.reported_at, case.since) == (at(), at())
    assert case.due_at == at(2, 15, 30)  # four office hours: 9–12 and 14:30–15:30
    assert verbs(case) == ["report"]
    assert audited(case) == ["case.report"]
    assert open_duties(case) == [("case.reported", "case:file", town.grid1.path, "", None)]
    assert jobs() == ["cases.CaseReported"]
    assert (report.by, report.asks, report.contact_name) == (town.lin, False, None)


def test_an_urgent_report_is_due_in_ten_minutes_also_at_night(town):
    assert town.reported(at=at(2, 23, 55), urgent=True).due_at == at(3, 0, 5)


def test_the_contact_is_sealed_and_only_a_mask_is_kept(town):
    report = town.report(contact=town.wu())
    report.refresh_from_db()
    assert report.contact_mask == "吴** 1**********"
    assert b"100" not in bytes(report.contact_phone)
    opened = crypto.unseal(report.contact_phone, purpose="cases.report.contact_phone", bound_to=str(report.public_id))
    assert opened == "10012345678"
    assert report.phone_blind == crypto.blind("10012345678", purpose="cases.report.contact_phone")
    assert report.asks is True
    with pytest.raises(crypto.UnreadableError):  # not under the name's purpose, not for another row
        crypto.unseal(report.contact_phone, purpose="cases.report.contact_name", bound_to=str(report.public_id))
    with pytest.raises(crypto.UnreadableError):
        crypto.unseal(report.contact_phone, purpose="cases.report.contact_phone", bound_to=str(uuid.uuid4()))


def test_the_same_report_id_is_written_once(town):
    mine = uuid.uuid4()
    first = town.report(report_id=mine)
    with refused(ConflictError):
        town.report(report_id=mine)
    with refused(ConflictError):
        actions.join(case=first.case, by=town.lin, source="patrol", text="同一件事", place=town.place(), report_id=mine)


@pytest.mark.parametrize(
    ("values", "error", "field"),
    [
        ({"text": "   "}, InvalidError, "text"),
        ({"text": "长" * 4001}, InvalidError, "text"),
        ({"source": "rumour"}, InvalidError, "source"),
        ({"photos": ["not-a-digest"]}, InvalidError, "photos"),
        ({"photos": ["A" * 64]}, InvalidError, "photos"),
        ({"photos": [f"{n:064x}" for n in range(10)]}, InvalidError, "photos"),
    ],
)
def test_a_bad_report_is_refused_whole(town, values, error, field):
    with refused(error, field=field):
        town.report(**values)


def test_nine_photos_and_four_thousand_characters_are_taken(town):
    case = town.reported(text="长" * 4000, photos=[f"{n:064x}" for n in range(9)])
    assert case.photos.count() == 9
    assert len(case.text) == 4000


def test_a_grid_worker_reports_in_his_street_and_not_in_the_next(town):
    assert town.reported(by=town.lin, area=town.grid2).area == town.grid2
    assert town.reported(by=town.lin, area=town.grid3).area == town.grid3
    with refused(NotAllowedError):
        town.report(by=town.lin, area=town.north_grid)


def test_a_post_for_the_whole_district_reports_in_every_street(town):
    accounts.give_post(by=None, user=town.tan, role="duty_chief", valid_from=at().date(), area=town.district)
    tan = town.fresh(town.tan)
    assert town.reported(by=tan, area=town.grid1).number.startswith("NC-")
    assert town.reported(by=tan, area=town.north_grid).number.startswith("BC-")


@pytest.mark.parametrize("name", ["he", "qian", "tan", "root", "security"])
def test_who_may_not_report_is_refused(town, name):
    with refused(NotAllowedError):
        town.report(by=getattr(town, name))


@pytest.mark.parametrize("source", ["patrol", "phone", "hotline", "tip"])
def test_nobody_reports_as_staff_without_logging_in(town, source):
    with refused(NotAllowedError):
        actions.report(by=None, source=source, text="无人", place=town.place())


def test_settled_on_the_spot_waits_for_the_check_and_keeps_the_result(town):
    case = town.settled(at=at())
    assert (case.state, case.result, case.reply, case.handler) == ("settled", "solved", "已清理。", town.lin)
    assert case.due_at == at(3, 18)  # one working day
    assert verbs(case) == ["settle"]
    assert audited(case) == ["case.settle"]
    assert open_duties(case) == [("case.settled", "case:check_spot", town.grid1.path, "", None)]
    assert Handling.objects.get(case=case).unit == town.office
    assert list(case.photos.values_list("kind", "sha256")) == [("report", "d" * 64), ("after", "c" * 64)]


def test_without_a_complainant_one_in_ten_is_checked(town, monkeypatch):
    monkeypatch.setattr(intake.secrets, "randbelow", lambda _n: 7)
    let_go = town.settled(source="patrol", contact=None, at=at())
    assert (let_go.state, let_go.closed_at) == ("closed", at())
    assert verbs(let_go) == ["settle", "close_unsampled"]
    assert open_duties(let_go) == []
    monkeypatch.setattr(intake.secrets, "randbelow", lambda _n: 0)
    assert town.settled(source="patrol", contact=None).state == "settled"


def test_only_what_the_catalogue_allows_is_settled_on_the_spot(town):
    with refused(InvalidError, field="matter"):
        town.settled(matter=town.shed)
    with refused(InvalidError, field="matter"):
        actions.report(
            by=town.lin, source="patrol", text="x", place=town.place(), settled=actions.Outcome("solved", "已清")
        )


def test_settling_without_the_photo_that_the_matter_asks_for_is_refused(town):
    with refused(InvalidError, field="after_photos"):
        town.settled(settled=actions.Outcome(result="solved", text="已清理"))


def test_settling_outside_ones_own_place_is_refused(town):
    with refused(NotAllowedError):
        town.settled(area=town.grid2)


def test_who_belongs_to_no_unit_settles_nothing(town):
    tan = accounts.add_user(by=None, username="zhi", name="志愿", password=None)
    accounts.give_post(by=None, user=tan, role="building_head", valid_from=at().date(), area=town.grid1)
    with refused(NotAllowedError):
        town.settled(by=town.fresh(tan))


def test_another_voice_joins_an_open_case(town):
    case = town.dispatched()
    voice = actions.join(
        case=case,
        by=None,
        source="resident",
        text="我也看见了",
        place=town.place(),
        contact=town.wu(),
        photos=["d" * 64],
    )
    assert town.read(case).state == "dispatched"
    assert [r.pk for r in Report.objects.of_case(case)] == [town.voice(case).pk, voice.pk]
    assert voice.asks is True
    assert verbs(case) == ["report", "file", "dispatch", "join"]
    assert audited(case)[-1] == "case.join"
    assert list(case.photos.values_list("sha256", "report_id")) == [("d" * 64, voice.pk)]


def test_nobody_joins_what_has_ended_or_what_is_not_his(town):
    closed = town.closed()
    with refused(ConflictError):
        actions.join(case=closed, by=None, source="resident", text="又来了", place=town.place())
    case = town.reported()
    with refused(NotAllowedError):  # his own place is no key to another street's case
        actions.join(case=case, by=town.zhao, source="phone", text="x", place=town.place(town.north_grid))
    with refused(InvalidError, field="text"):
        actions.join(case=case, by=town.lin, source="patrol", text=" ", place=town.place())


def test_asking_for_more_and_the_answer(town):
    report = town.report(at=at())
    case = actions.ask_for_more(case=report.case, by=town.bai, question="几号楼？", at=at(2, 10))
    assert (case.state, case.due_at) == ("needs_info", at(5, 18))  # three working days
    assert open_duties(case) == [("case.needs_info", "", "", "", town.lin.pk)]

    case = actions.supplement(report=report, by=town.lin, text="3号楼", photos=["e" * 64], at=at(3))
    assert (case.state, case.since) == ("reported", at(3))
    assert verbs(case) == ["report", "ask_for_more", "supplement"]
    assert audited(case) == ["case.report", "case.ask_for_more", "case.supplement"]
    assert open_duties(case) == [("case.reported", "case:file", town.grid1.path, "", None)]
    assert list(case.photos.values_list("sha256", flat=True)) == ["e" * 64]


def test_only_the_reporter_answers(town):
    report = town.report()
    case = actions.ask_for_more(case=report.case, by=town.bai, question="几号楼？")
    for other in (town.gao, None):
        with refused(NotAllowedError):
            actions.supplement(report=report, by=other, text="我来答")
    with refused(InvalidError, field="text"):
        actions.supplement(report=report, by=town.lin, text="  ")
    assert town.read(case).state == "needs_info"


def test_who_was_merged_into_it_answers_for_it_too(town):
    first, second = town.report(), town.report(by=town.gao, area=town.grid2)
    actions.merge(case=second.case, into=first.case, by=town.chen)
    actions.ask_for_more(case=first.case, by=town.bai, question="几号楼？")
    assert {user for *_rest, user in open_duties(first.case)} == {town.lin.pk, town.gao.pk}
    second.refresh_from_db()
    case = actions.supplement(report=second, by=town.gao, text="3号楼")
    assert (case.pk, case.state) == (first.case.pk, "reported")
    assert row(second.case)["state"] == "merged"


def test_no_answer_lapses_only_when_it_is_due(town):
    case = actions.ask_for_more(case=town.reported(at=at()), by=town.bai, question="？", at=at())
    with refused(StepNotPossibleError):
        actions.lapse(case=case, at=at(5, 17, 59))
    case = actions.lapse(case=case, at=at(5, 18))
    assert (case.state, case.closed_at, case.due_at) == ("declined", at(5, 18), None)
    assert verbs(case) == ["report", "ask_for_more", "lapse"]
    assert open_duties(case) == []


def test_filing_fixes_matter_level_place_and_the_promised_end(town):
    case = actions.file(
        case=town.reported(at=at()), by=town.bai, matter=town.litter, level=2, area=town.grid2, text="改过", at=at()
    )
    assert (case.state, case.matter, case.level, case.area_path) == ("filed", town.litter, 2, town.grid2.path)
    assert case.text == "改过"
    assert (case.due_at, case.handle_due_at) == (at(2, 10), at(3, 18))  # one office hour; one working day
    assert open_duties(case) == [("case.filed", "case:dispatch", town.grid2.path, "", None)]
    assert jobs() == ["cases.CaseReported"]  # nobody reacts to a filed case


@pytest.mark.parametrize("level", [0, 5, -1])
def test_a_level_that_does_not_exist_is_refused(town, level):
    case = town.reported()
    with refused(InvalidError, field="level"):
        actions.file(case=case, by=town.bai, matter=town.shed, level=level)


def test_filing_refuses_a_matter_not_admitted_and_a_place_not_ones_own(town):
    case = town.reported()
    with refused(InvalidError, field="matter"):
        actions.file(case=case, by=town.bai, matter=None)
    with refused(InvalidError, field="matter"):
        actions.file(case=case, by=town.bai, matter=town.shed, at=at().replace(year=2020))
    with refused(NotAllowedError):
        actions.file(case=case, by=town.bai, matter=town.shed, area=town.north_grid)
    with refused(NotAllowedError):
        actions.file(case=case, by=town.zhao, matter=town.shed)


def test_declining_tells_reason_and_channel(town):
    case = actions.decline(case=town.reported(), by=town.bai, reason="属诉讼事项", channel="请向人民法院起诉", at=at())
    assert (case.state, case.closed_at, case.reply) == ("declined", at(), "属诉讼事项\n请向人民法院起诉")
    assert verbs(case) == ["report", "decline"]
    assert jobs() == ["cases.CaseReported", "cases.CaseClosed"]
    for values in ({"reason": " ", "channel": "法院"}, {"reason": "诉讼", "channel": ""}):
        other = town.reported()
        with refused(InvalidError, field="reason" if not values["reason"].strip() else "channel"):
            actions.decline(case=other, by=town.bai, **values)


def test_only_the_duty_chief_voids(town):
    case = town.dispatched()
    with refused(NotAllowedError):
        actions.void(case=case, by=town.chen, reason="误报")
    with refused(InvalidError, field="reason"):
        actions.void(case=case, by=town.luo, reason=" ")
    case = actions.void(case=case, by=town.luo, reason="误报", at=at())
    assert (case.state, case.closed_at, case.due_at) == ("void", at(), None)
    assert open_duties(case) == []


def test_flags_change_no_state_and_no_clock(town):
    case = town.filed()
    before = row(case)
    actions.flag(case=case, by=town.chen, emerging=True, legacy=True)
    assert row(case) == before | {"emerging": True, "legacy": True}
    assert verbs(case) == ["report", "file", "flag"]
    closed = town.closed()
    with refused(StepNotPossibleError):
        actions.flag(case=closed, by=town.chen, emerging=False, legacy=False)


def test_the_number_counts_per_street_and_year(town):
    first, second = town.reported(at=at()), town.reported(at=at())
    assert int(second.number[-6:]) == int(first.number[-6:]) + 1
    assert town.reported(at=at().replace(year=2025)).number.startswith("NC-2025-")
    assert town.reported(by=town.zhao, source="phone", area=town.north_grid, at=at()).number.startswith("BC-2026-")


def test_the_database_itself_refuses_what_no_step_writes(town):
    from django.db import IntegrityError, transaction

    case = town.handling()
    rows = Case.objects.unscoped("the test goes round the actions").filter(pk=case.pk)
    for wrong in ({"state": "lost"}, {"unit": None}, {"merged_into": case.pk}, {"level": 9}, {"lon": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)
    assert row(case)["state"] == "handling"
