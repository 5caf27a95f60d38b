"""Imported histories are what real steps would have written, and nothing that people could not have done."""

import datetime as dt
from decimal import Decimal

import pytest

from wangge.domains.cases import actions
from wangge.domains.cases.actions import Deed, Past, Voice
from wangge.domains.cases.models import (
    Assignment,
    Case,
    ClockEvent,
    Evaluation,
    Handling,
    Objection,
    Quantity,
    Report,
    TimelineEntry,
    Verification,
)
from wangge.domains.cases.tests.traces import at, audited, everything, open_duties, verbs
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import crypto

HALF_DAY = dt.timedelta(hours=3)
_OWN = {"id", "number", "public_id", "case_id", "report_id", "handling_id"}
_SEALED = {"contact_name", "contact_phone"}


def rows(case: Case) -> dict:
    """Everything a case consists of, without keys and ciphertexts, for comparing two of them."""

    def plain(values, without=_OWN | _SEALED):
        return [{k: v for k, v in row.items() if k not in without} for row in values]

    reports = Report.objects.unscoped("the test looks").filter(case=case)
    timeline = plain(TimelineEntry.objects.filter(case=case).order_by("id").values())
    for row in timeline:
        row["data"] = {k: v for k, v in row["data"].items() if k not in {"report", "assignment"}}
    return {
        "case": plain(Case.objects.unscoped("the test looks").filter(pk=case.pk).values(), _OWN),
        "reports": plain(reports.order_by("id").values()),
        "timeline": timeline,
        "clocks": [
            row | {"assignment_id": row["assignment_id"] is not None}
            for row in plain(ClockEvent.objects.filter(case=case).order_by("at", "clock", "kind", "id").values())
        ],
        # By which version of the rules a unit was proposed is known of what happens here, not of what is brought along.
        "assignments": plain(Assignment.objects.filter(case=case).order_by("id").values(), _OWN | {"rules_version"}),
        "handlings": plain(Handling.objects.filter(case=case).order_by("id").values()),
        "quantities": plain(Quantity.objects.filter(handling__case=case).order_by("id").values()),
        "verifications": plain(Verification.objects.filter(case=case).order_by("id").values()),
        "evaluations": plain(Evaluation.objects.filter(report__case=case).order_by("id").values()),
        "objections": plain(Objection.objects.filter(case=case).order_by("id").values()),
        "duties": open_duties(case),
    }


def moments(count: int) -> list[dt.datetime]:
    return [at() + HALF_DAY * n for n in range(count)]


def past(town, deeds, *, key=1, source="resident", when=None, by=None, **more) -> Past:
    voice = Voice(source=source, text="家属院后面的板房。", at=when or at(), by=by, contact=town.wu())
    return Past(key=key, place=town.place(), matter=town.shed, voices=(voice,), deeds=tuple(deeds), **more)


def reported(town, **more):
    values = {"source": "resident", "text": "家属院后面的板房。", "at": at()} | more
    return actions.report(by=None, place=town.place(), matter=town.shed, contact=town.wu(), **values)


def test_a_case_with_return_rework_objection_and_judgement_is_the_same_either_way(town):
    t = moments(20)
    outcome, again, at_last = (
        town.outcome(after_photos=[after * 64], before_photos=["b" * 64], quantities=[(Decimal("1.5"), "处")])
        for after in "acd"
    )
    report = reported(town)
    case = actions.ask_for_more(case=report.case, by=town.bai, question="几号楼？", at=t[1])
    case = actions.supplement(report=report, by=None, text="3号楼。", at=t[2])
    case = actions.file(case=case, by=town.bai, matter=town.shed, at=t[3])
    case = actions.dispatch(case=case, by=town.chen, unit=town.sanitation, at=t[4])
    case = actions.send_back(case=case, by=town.hua, reason="不是本单位职责。", basis="三定方案", at=t[5])
    case = actions.dispatch(case=case, by=town.chen, unit=town.enforcement, co_units=[town.office], why=["7"], at=t[6])
    case = actions.sign_for(case=case, by=town.he, at=t[7])
    case = actions.flag(case=case, by=town.luo, emerging=True, legacy=False, at=t[8])
    case = actions.contact(case=case, by=town.he, text="约定下午到场。", at=t[9])
    case = actions.assist(case=case, by=town.fang, text="已做通工作。", at=t[10])
    case = actions.assist_done(case=case, by=town.fang, text="当事人同意拆除。", at=t[10])
    case = actions.handle(case=case, by=town.he, outcome=outcome, at=t[11])
    case = actions.rework(case=case, by=town.su, reason="还有一角。", at=t[12])
    case = actions.handle(case=case, by=town.he, outcome=again, at=t[13])
    part = case.assignments.get(unit=town.office)
    case = actions.verify_assist(case=case, by=town.su, assignment=part, at=t[14])
    case = actions.verify(case=case, by=town.su, note="已拆。", at=t[14])
    report.refresh_from_db()
    actions.evaluate(report=report, solved="no", satisfied="no", comment="又搭起来了。", at=t[15])
    case = actions.reopen(case=town.read(case), by=town.luo, reason="属实。", at=t[16])
    case = actions.handle(case=case, by=town.he, outcome=at_last, at=t[17])
    case = actions.verify(case=case, by=town.su, note="再次核查。", at=t[18])
    actions.evaluate(report=report, solved="yes", satisfied="fairly", comment="好了。", by=town.ma, at=t[19])

    imported = actions.import_history(
        by=None,
        histories=[
            past(
                town,
                [
                    Deed("ask_for_more", t[1], town.bai, note="几号楼？"),
                    Deed("supplement", t[2], note="3号楼。"),
                    Deed("file", t[3], town.bai, matter=town.shed),
                    Deed("dispatch", t[4], town.chen, unit=town.sanitation),
                    Deed("send_back", t[5], town.hua, note="不是本单位职责。", basis="三定方案"),
                    Deed("dispatch", t[6], town.chen, unit=town.enforcement, co_units=(town.office,), why=("7",)),
                    Deed("sign_for", t[7], town.he),
                    Deed("flag", t[8], town.luo, emerging=True),
                    Deed("contact", t[9], town.he, note="约定下午到场。"),
                    Deed("assist", t[10], town.fang, note="已做通工作。"),
                    Deed("assist_done", t[10], town.fang, unit=town.office, note="当事人同意拆除。"),
                    Deed("handle", t[11], town.he, outcome=outcome),
                    Deed("rework", t[12], town.su, note="还有一角。"),
                    Deed("handle", t[13], town.he, outcome=again),
                    Deed("verify_assist", t[14], town.su, unit=town.office),
                    Deed("verify", t[14], town.su, note="已拆。"),
                    Deed("evaluate", t[15], solved="no", satisfied="no", note="又搭起来了。"),
                    Deed("reopen", t[16], town.luo, note="属实。"),
                    Deed("handle", t[17], town.he, outcome=at_last),
                    Deed("verify", t[18], town.su, note="再次核查。"),
                    Deed("call_back", t[19], town.ma, solved="yes", satisfied="fairly", note="好了。"),
                ],
            )
        ],
    )
    assert rows(imported[1]) == rows(town.read(case))
    assert town.read(imported[1]).state == "closed"


@pytest.mark.parametrize("steps", range(6))
def test_an_open_case_has_the_same_clock_and_duty_wherever_it_stands(town, steps):
    t = moments(6)
    outcome = town.outcome(before_photos=["b" * 64])
    real = [
        lambda c: actions.file(case=c, by=town.bai, matter=town.shed, at=t[1]),
        lambda c: actions.dispatch(case=c, by=town.chen, unit=town.enforcement, at=t[2]),
        lambda c: actions.sign_for(case=c, by=town.he, at=t[3]),
        lambda c: actions.handle(case=c, by=town.he, outcome=outcome, at=t[4]),
        lambda c: actions.verify(case=c, by=town.su, note="好。", at=t[5]),
    ]
    deeds = [
        Deed("file", t[1], town.bai, matter=town.shed),
        Deed("dispatch", t[2], town.chen, unit=town.enforcement),
        Deed("sign_for", t[3], town.he),
        Deed("handle", t[4], town.he, outcome=outcome),
        Deed("verify", t[5], town.su, note="好。"),
    ]
    case = reported(town).case
    for step in real[:steps]:
        case = step(case)
    imported = actions.import_history(by=None, histories=[past(town, deeds[:steps])])[1]
    assert rows(imported) == rows(town.read(case))
    assert len(open_duties(imported)) == 1


def test_merged_voices_are_asked_and_the_case_closes_with_the_last_answer(town):
    t = moments(8)
    outcome = town.outcome(before_photos=["b" * 64])
    cases = actions.import_history(
        by=None,
        histories=[
            past(
                town,
                [
                    Deed("file", t[2], town.bai, matter=town.shed),
                    Deed("dispatch", t[3], town.chen, unit=town.enforcement),
                    Deed("sign_for", t[4], town.he),
                    Deed("handle", t[5], town.he, outcome=outcome),
                    Deed("verify", t[6], town.su),
                    Deed("evaluate", t[7], solved="yes", satisfied="yes", voice=0),
                    Deed("evaluate", t[7], solved="yes", satisfied="fairly", voice=1),
                ],
            ),
            past(town, [Deed("merge", t[2], town.bai, into=1)], key=2, when=t[1]),
        ],
    )
    target, copy = town.read(cases[1]), town.read(cases[2])
    assert (target.state, copy.state, copy.merged_into_id) == ("closed", "merged", target.pk)
    assert copy.state_before_merge == "reported"
    assert verbs(target)[-3:] == ["evaluate", "evaluate", "close_by_rule"]
    assert verbs(copy) == ["report", "merge"]
    assert [r.evaluations.count() for r in Report.objects.of_case(target).order_by("id")] == [1, 1]


def test_settled_on_the_spot(town):
    report = town.settled(matter=town.litter, source="patrol", contact=None, at=at())
    outcome = actions.Outcome(result="solved", text="已当场清理。", reply="已清理。", after_photos=["c" * 64])
    voice = Voice(source="patrol", text=report.text, at=at(), by=town.lin)
    imported = actions.import_history(
        by=None,
        histories=[
            Past(
                key=1,
                place=town.place(),
                matter=town.litter,
                voices=(voice,),
                settled=outcome,
                deeds=(Deed("close_unsampled", at()),),
            )
        ],
    )[1]
    assert town.read(imported).state == "closed"
    assert verbs(imported) == ["settle", "close_unsampled"]
    assert imported.handlings.get().unit == town.office


def test_the_series_of_numbers_goes_on_and_one_audit_row_tells_of_all(town):
    before = reported(town).case.number
    cases = actions.import_history(
        by=None, histories=[past(town, [], key=2, when=at(hour=10)), past(town, [], key=1, when=at(hour=9))]
    )
    after = reported(town).case.number
    serials = [int(n.rsplit("-", 1)[1]) for n in (before, cases[1].number, cases[2].number, after)]
    assert serials == list(range(serials[0], serials[0] + 4))
    entry = AuditEntry.objects.filter(kind="case.import").get()
    assert entry.data == {"cases": 2, "first": cases[1].pk, "last": cases[2].pk}
    assert audited(cases[1]) == []


def test_who_stands_behind_a_report_is_sealed(town):
    case = actions.import_history(by=None, histories=[past(town, [])])[1]
    report = Report.objects.of_case(case).get()
    bound = str(report.public_id)
    assert crypto.unseal(report.contact_phone, purpose="cases.report.contact_phone", bound_to=bound) == "10012345678"
    assert report.contact_mask == "吴** 1**********"


def test_nothing_is_written_when_one_history_cannot_have_happened(town):
    t = moments(8)
    outcome = town.outcome(before_photos=["b" * 64])
    way = [
        Deed("file", t[1], town.bai, matter=town.shed),
        Deed("dispatch", t[2], town.chen, unit=town.enforcement),
        Deed("sign_for", t[3], town.he),
        Deed("handle", t[4], town.he, outcome=outcome),
    ]
    impossible = {
        "a step that the table does not allow": [Deed("dispatch", t[1], town.chen, unit=town.enforcement)],
        "somebody without the right": [Deed("file", t[1], town.lin, matter=town.shed)],
        "somebody of the other street": [way[0], Deed("dispatch", t[2], town.zhao, unit=town.enforcement)],
        "a unit of the other street": [way[0], Deed("dispatch", t[2], town.chen, unit=town.north_enforcement)],
        "a unit that was not asked": [*way[:2], Deed("sign_for", t[3], town.hua)],
        "the handler verifies himself": [*way, Deed("verify", t[5], town.he)],
        "time runs backwards": [way[0], Deed("dispatch", t[0], town.chen, unit=town.enforcement)],
        "before anybody had a post": [Deed("file", at().replace(year=2023), town.bai, matter=town.shed)],
        "one voice judges twice": [
            *way,
            Deed("verify", t[5], town.su),
            *[Deed("evaluate", t[6], solved="yes", satisfied="yes")] * 2,
        ],
        "closed by rule before its time": [*way, Deed("verify", t[5], town.su), Deed("close_by_rule", t[6])],
        "lapsed before its time": [Deed("ask_for_more", t[1], town.bai, note="?"), Deed("lapse", t[2])],
        "merged into what is not there": [Deed("merge", t[1], town.bai, into=99)],
    }
    before = everything()
    for what, deeds in impossible.items():
        with pytest.raises(actions.InconsistentHistoryError):
            actions.import_history(by=None, histories=[past(town, [], key=5), past(town, deeds)])
        assert everything() == before, what


def test_no_history_is_no_import(town):
    before = everything()
    assert actions.import_history(by=None, histories=[]) == {}
    assert everything() == before
