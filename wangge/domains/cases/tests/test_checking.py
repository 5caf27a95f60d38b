"""复核: who is drawn, who may look, what he is not shown, and what follows."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from wangge.domains.cases import actions, queries, second_checks
from wangge.domains.cases.actions.impartial import FirstVerifierError, OwnDecisionError, OwnWorkError
from wangge.domains.cases.actions.photos import PhotoSeenError
from wangge.domains.cases.actions.sampling import lapse_late
from wangge.domains.cases.actions.steps import StepNotPossibleError
from wangge.domains.cases.models import CasePhoto, Objection, PhotoDoubt, SecondCheck, TimelineEntry, Verification
from wangge.domains.cases.tests.shots import shot
from wangge.domains.cases.tests.traces import at, audited, jobs, open_duties, refused, row, verbs
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.duties.models import Duty
from wangge.foundation.duties.queries import to_do
from wangge.foundation.notifications.models import Notice

NEW, OTHER = "e" * 64, "f" * 64


@pytest.fixture
def every_one(settings):
    """The lot falls on every verification."""
    settings.SECOND_CHECK_PERCENT = 100


@pytest.fixture
def drawn(town, every_one):
    """Verified by Su with a note and a photo, closed, and drawn."""
    town.sent("5" * 64, by=town.su)
    case = actions.verify(case=town.handled(), by=town.su, note="已拆净", photos=["5" * 64], at=at())
    return town.read(case)


def also(town, user, role, **where):
    accounts.give_post(by=None, user=user, role=role, valid_from=dt.date(2024, 1, 1), **where)
    return town.fresh(user)


def check_of(case) -> SecondCheck:
    return SecondCheck.objects.get(case=case)


def duties_about(check) -> list[tuple]:
    held = Duty.objects.filter(subject_type="second_check", subject_id=check.pk, done_at__isnull=True)
    return list(held.values_list("kind", "permission", "area_path", "not_unit_paths", "not_user__username", "due_at"))


# -- the draw


def test_a_drawn_verification_waits_for_nothing(drawn, town):
    check = check_of(drawn)
    assert (drawn.state, drawn.closed_at) == ("closed", at())
    assert (check.why, check.percent, check.round, check.unit) == ("sample", 100, 1, town.enforcement)
    assert (check.drawn_at, check.due_at, check.at, check.passed) == (at(), at(17), None, None)
    assert check.verification.by == town.su
    units = [town.enforcement.path]
    assert duties_about(check) == [
        ("case.second_check", "case:second_check", town.grid1.path, units, "su", at(17)),
    ]
    entry = AuditEntry.objects.get(kind="case.draw_second_check")
    assert (entry.subject_id, entry.data["why"], entry.data["percent"]) == (drawn.pk, "sample", 100)
    assert "draw_second_check" not in verbs(drawn)  # the unit that reads the record does not learn of it


def test_the_lot_is_the_same_for_everybody_who_holds_the_key_and_one_in_ten(town):
    case = town.reported()
    assert second_checks.ticket(case, 1) == second_checks.ticket(town.read(case), 1)
    tickets = []
    for _n in range(3000):
        case.public_id = uuid.uuid4()
        tickets.append(second_checks.ticket(case, 1))
    assert (min(tickets), max(tickets)) == (0, 99)
    assert 220 < sum(ticket < 10 for ticket in tickets) < 380
    assert sum(second_checks.ticket(case, n) == tickets[-1] for n in range(2, 200)) < 20  # a rework is another lot


def test_below_the_share_and_not_at_it(town, settings):
    case = town.handled()
    ticket = second_checks.ticket(case, 1)
    settings.SECOND_CHECK_PERCENT = ticket
    actions.verify(case=case, by=town.su)
    assert SecondCheck.objects.count() == 0
    case = town.handled()
    settings.SECOND_CHECK_PERCENT = second_checks.ticket(case, 1) + 1
    actions.verify(case=case, by=town.su)
    assert check_of(case).why == "sample"


def test_of_ten_verifications_of_a_unit_in_a_row_one_is_drawn(town):
    def verified() -> bool:
        case = actions.verify(case=town.handled(), by=town.su)
        return SecondCheck.objects.filter(case=case).exists()

    settled = actions.pass_spot_check(case=town.settled(), by=town.su)  # another unit's work
    assert not SecondCheck.objects.filter(case=settled).exists()
    first_ten = [verified() for _n in range(10)]
    assert first_ten == [False] * 9 + [True]
    assert SecondCheck.objects.get().why == "turn"
    assert verified() is False
    assert SecondCheck.objects.get().unit == town.enforcement


def test_a_rework_is_no_passed_verification(town, every_one):
    actions.rework(case=town.handled(), by=town.su, reason="未清运")
    assert (SecondCheck.objects.count(), Verification.objects.count()) == (0, 1)


def test_what_was_reopened_is_always_drawn_and_what_was_drawn_before_is_overtaken(town, settings):
    settings.SECOND_CHECK_PERCENT = 100
    case = town.objected()
    first = check_of(case)
    settings.SECOND_CHECK_PERCENT = 0
    actions.reopen(case=case, by=town.luo, reason="确未解决", at=at())
    first.refresh_from_db()
    assert (first.lapsed, first.lapsed_at, first.passed, duties_about(first)) == ("overtaken", at(), None, [])
    actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    actions.verify(case=case, by=town.su)
    again = SecondCheck.objects.get(case=case, lapsed_at__isnull=True)
    assert (again.why, again.round, again.percent) == ("reopened", 2, 0)


def test_a_doubtful_photo_is_always_drawn(town):
    case = town.handled(photos=["d" * 64])
    first, last = case.photos.order_by("id").first(), case.photos.get(kind="after")
    PhotoDoubt.objects.create(photo=last, earlier=first, at=at())
    actions.verify(case=case, by=town.su)
    assert check_of(case).why == "photo"


@pytest.mark.parametrize(("failed", "why"), [(2, None), (3, "unit")])
def test_a_unit_whose_work_is_often_contradicted_is_always_drawn(town, failed, why):
    """Three of ten failed: more than a fifth; two of ten: not more."""
    cases = [actions.verify(case=town.handled(), by=town.su, at=at()) for _n in range(10)]
    SecondCheck.objects.all().delete()
    for n, case in enumerate(cases):
        SecondCheck.objects.create(
            case=case, verification=case.verifications.get(), unit=town.enforcement, round=1, why="sample", percent=10,
            drawn_at=at(), due_at=at(17), by=town.lin, at=at(3), passed=n >= failed,
        )  # fmt: skip
    case = actions.verify(case=town.handled(), by=town.su, at=at(4))
    assert list(SecondCheck.objects.filter(case=case).values_list("why", flat=True)) == ([why] if why else [])
    later = actions.verify(case=town.handled(), by=town.su, at=at(3) + dt.timedelta(days=181))  # long ago: forgiven
    assert SecondCheck.objects.filter(case=later, why="unit").count() == 0


def test_the_spot_check_is_a_verification_too(town, every_one):
    case = actions.pass_spot_check(case=town.settled(), by=town.su, at=at())
    assert (check_of(case).unit, case.unit) == (town.office, None)
    gao = also(town, town.he, "verifier", area=town.south)  # Lin settled it, and Gao is of the same station
    photo = shot(town, NEW, by=gao)
    case = actions.fail_second_check(case=case, by=gao, photos=[photo], reason="垃圾仍在", at=at(3))
    assert (case.state, case.round, case.unit) == ("filed", 2, None)


# -- the answer


def test_passed_changes_nothing_else(drawn, town):
    before, told = row(drawn), len(jobs())
    case = actions.pass_second_check(
        case=drawn, by=town.lin, photos=[shot(town, NEW, by=town.lin)], note=" 属实 ", at=at(3)
    )
    check = check_of(case)
    assert (check.by, check.at, check.passed, check.note, check.lapsed) == (town.lin, at(3), True, "属实", "")
    assert row(case) == before
    assert len(jobs()) == told
    assert duties_about(check) == []
    assert list(case.photos.filter(kind="second").values_list("sha256", "by__username", "at")) == [(NEW, "lin", at(3))]
    last = TimelineEntry.objects.filter(case=case).order_by("-id").first()
    assert (last.verb, last.state, last.note, last.public) == ("pass_second_check", "closed", "属实", False)
    assert audited(case)[-1] == "case.pass_second_check"


def test_failed_begins_anew_as_after_an_upheld_objection(town, every_one):
    case = town.closed()
    case = actions.fail_second_check(
        case=case, by=town.lin, photos=[shot(town, NEW, by=town.lin)], reason=" 板房仍在 ", at=at()
    )
    check = SecondCheck.objects.get(case=case)
    assert (check.passed, check.by, check.at, check.note, check.round) == (False, town.lin, at(), "板房仍在", 1)
    assert (case.state, case.round, case.closed_at, case.unit) == ("handling", 2, None, town.enforcement)
    assert case.due_at == case.handle_due_at == at(23, 18)  # fifteen working days anew
    last = TimelineEntry.objects.filter(case=case).order_by("-id").first()
    assert (last.verb, last.state, last.note, last.public) == ("fail_second_check", "handling", "板房仍在", True)
    assert [duty[0] for duty in open_duties(case)] == ["case.handling"]
    assert duties_about(check) == []
    assert jobs()[-1] == "cases.SecondCheckFailed"
    said = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    assert said.state == "handled"


def test_who_is_told_of_a_contradiction_and_once(drawn, town):
    case = actions.fail_second_check(
        case=drawn, by=town.lin, photos=[shot(town, NEW, by=town.lin)], reason="板房仍在", at=at(3)
    )
    for _twice in range(2):
        actions.tell_of_failed_second_check(case_id=case.pk, check_id=check_of(case).pk)
    told = Notice.objects.filter(subject_id=case.pk, kind__startswith="case.second_check")
    assert sorted(told.values_list("kind", "user__username")) == [
        ("case.second_check_differs", "luo"),
        ("case.second_check_differs", "su"),
        ("case.second_check_failed", "he"),
    ]


def refused_check(error, case, *, field=None):
    """As `refused`, and no second check was changed either."""
    import contextlib

    @contextlib.contextmanager
    def block():
        before = list(SecondCheck.objects.order_by("id").values())
        with refused(error, field=field) as caught:
            yield caught
        assert list(SecondCheck.objects.order_by("id").values()) == before
        assert CasePhoto.objects.filter(case=case, kind="second").count() == 0

    return block()


def test_neither_the_first_verifier_nor_the_unit_looks_again(drawn, town):
    he = also(town, town.he, "verifier", area=town.south)
    colleague = accounts.add_user(by=None, username="liu", name="刘同", password=None)
    colleague = also(town, colleague, "verifier", area=town.south, organisation=town.enforcement)
    photo = shot(town, NEW, by=town.su)
    with refused_check(FirstVerifierError, drawn):
        actions.pass_second_check(case=drawn, by=town.su, photos=[photo], at=at(3))
    for own in (he, colleague):
        with refused_check(OwnWorkError, drawn):
            actions.pass_second_check(case=drawn, by=own, photos=[photo], at=at(3))
    for stranger in (town.gao, town.luo, town.chen, town.ma, town.zhao, town.qian):
        with refused_check(NotAllowedError, drawn):
            actions.fail_second_check(case=drawn, by=stranger, photos=[photo], reason="未拆", at=at(3))
    for nobody in (town.su, he, town.gao, town.luo):
        verbs_ = {step.verb for step in queries.next_steps(drawn, nobody)}
        assert verbs_.isdisjoint(second_checks.VERBS)
    assert {step.verb for step in queries.next_steps(drawn, town.lin)} >= second_checks.VERBS


def test_only_what_was_drawn_is_answered_and_once(town, every_one, settings):
    settings.SECOND_CHECK_PERCENT = 0
    plain = actions.verify(case=town.handled(), by=town.su, at=at())
    photo = shot(town, NEW, by=town.lin)
    with refused_check(ConflictError, plain):
        actions.pass_second_check(case=plain, by=town.lin, photos=[photo], at=at(3))
    assert {step.verb for step in queries.next_steps(plain, town.lin)}.isdisjoint(second_checks.VERBS)
    settings.SECOND_CHECK_PERCENT = 100
    case = actions.verify(case=town.handled(), by=town.su, at=at())
    actions.pass_second_check(case=case, by=town.lin, photos=[photo], at=at(3))
    with refused(ConflictError):
        actions.fail_second_check(
            case=case, by=town.lin, photos=[shot(town, OTHER, by=town.lin)], reason="不对", at=at(3)
        )


def test_an_objection_goes_first(town, every_one):
    case, photo = town.objected(), shot(town, NEW, by=town.lin)
    with refused_check(StepNotPossibleError, case):
        actions.pass_second_check(case=case, by=town.lin, photos=[photo])
    actions.dismiss(case=case, by=town.luo, reason="经现场复核，确已拆除。")
    assert actions.pass_second_check(case=case, by=town.lin, photos=[photo]).state == "closed"


def test_what_the_answer_must_hold(drawn, town):
    photo = shot(town, NEW, by=town.lin)
    with refused_check(InvalidError, drawn, field="photos"):
        actions.pass_second_check(case=drawn, by=town.lin, photos=[], at=at(3))
    with refused_check(InvalidError, drawn, field="reason"):
        actions.fail_second_check(case=drawn, by=town.lin, photos=[photo], reason=" ", at=at(3))
    with refused_check(InvalidError, drawn, field="photos"):  # promised, not here
        actions.pass_second_check(case=drawn, by=town.lin, photos=[OTHER], at=at(3))
    actions.pass_second_check(case=drawn, by=town.lin, photos=[photo, OTHER], at=at(3))  # the second may follow
    assert list(drawn.photos.filter(kind="second").order_by("id").values_list("sha256", "media__sha256")) == [
        (NEW, NEW),
        (OTHER, None),
    ]


def test_evidence_is_fresh(drawn, town):
    used, theirs = "7" * 64, "8" * 64
    town.report(photos=[used])
    shot(town, used, by=town.lin)
    actions.attach_stragglers()
    shot(town, theirs, by=town.su)
    stale = {
        "in another case": used,
        "in this case": "b" * 64,
        "somebody else's": theirs,
        "saved again": shot(town, "9" * 64, by=town.lin, like=used, copy=True),
    }
    fresh = shot(town, NEW, by=town.lin)
    for digest in stale.values():
        with refused_check(PhotoSeenError, drawn, field="photos"):
            actions.pass_second_check(case=drawn, by=town.lin, photos=[fresh, digest], at=at(3))
    for n, taken in enumerate((at(1, 8), at(5, 10))):
        old = shot(town, f"{n:064x}", by=town.lin, taken_at=taken)
        with refused_check(InvalidError, drawn, field="photos"):
            actions.pass_second_check(case=drawn, by=town.lin, photos=[old], at=at(3))
    good = shot(town, OTHER, by=town.lin, taken_at=at(1, 9))
    assert actions.pass_second_check(case=drawn, by=town.lin, photos=[good], at=at(3)).state == "closed"


def test_two_photos_of_the_same_moment_are_no_copy_of_each_other(drawn, town):
    pair = [shot(town, NEW, by=town.lin), shot(town, OTHER, by=town.lin, like=NEW, copy=True)]
    assert (
        actions.pass_second_check(case=drawn, by=town.lin, photos=pair, at=at(3)).photos.filter(kind="second").count()
        == 2
    )


# -- too late


def test_not_checked_in_time_is_said_and_counted(drawn, town):
    photo = shot(town, NEW, by=town.lin)
    with refused_check(ConflictError, drawn):
        actions.pass_second_check(case=drawn, by=town.lin, photos=[photo], at=at(17))
    assert lapse_late(at=at(17) - dt.timedelta(seconds=1)) == 0
    assert actions.apply_rules(at=at(17)) == 2  # the check lapses, the case is archived
    assert actions.apply_rules(at=at(17)) == 0
    check = check_of(drawn)
    assert (check.lapsed, check.lapsed_at, check.passed, check.is_open, duties_about(check)) == (
        "late", at(17), None, False, [],
    )  # fmt: skip
    assert town.read(drawn).state == "archived"
    assert audited(drawn)[-1] == "case.lapse_second_check"
    (shown,) = second_checks.ended(town.su)
    assert (shown.pk, shown.get_lapsed_display()) == (check.pk, "未在期限内复核")


# -- blind


def test_the_first_answer_is_hidden_from_whoever_gives_the_second(drawn, town):
    def seen(user):
        case = town.read(drawn)
        try:
            queries.photo_for(user, "5" * 64)
        except NotFoundError:
            photo = False
        else:
            photo = True
        return (
            "verify" in [entry.verb for entry in queries.timeline(case, user)],
            "已拆净" in str([entry.note for entry in queries.timeline(case, user)]),
            "check" in [held.kind for held in queries.photos(case, user)],
            [held.note for held in queries.dossier(case, user).verifications],
            photo,
        )

    blind, sees = (False, False, False, [], False), (True, True, True, ["已拆净"], True)
    lin_too = also(town, town.ma, "verifier", area=town.south)
    for checker in (town.lin, lin_too):
        assert seen(checker) == blind
    for other in (town.su, town.luo, town.chen, town.he, town.qian, town.fang):
        assert seen(other) == sees
    assert [entry.verb for entry in queries.timeline(town.read(drawn))].count("verify") == 0  # nobody: hidden
    assert [held.kind for held in queries.photos(town.read(drawn))].count("check") == 0
    own = queries.own_report_of_case(town.lin, drawn.number)
    assert "verify" not in [entry.verb for entry in queries.reporter_timeline(own)]
    photo = shot(town, NEW, by=town.lin)
    actions.pass_second_check(case=drawn, by=town.lin, photos=[photo], at=at(3))
    assert seen(town.lin) == sees
    own = queries.own_report_of_case(town.lin, drawn.number)
    assert "verify" in [entry.verb for entry in queries.reporter_timeline(own)]


def test_a_residents_link_shows_that_it_was_verified(town, every_one):
    case = town.evaluating()
    report = queries.report_by_link(town.voice(case).public_id, queries.link_code(town.voice(case)))
    assert "verify" in [entry.verb for entry in queries.reporter_timeline(report)]


# -- lists


def test_it_waits_for_those_who_may_look_and_for_nobody_else(drawn, town):
    also(town, town.ma, "verifier", area=town.south)
    waits = {
        name: [held.pk for held in second_checks.waiting(getattr(town, name))]
        for name in ("lin", "ma", "su", "gao", "he", "luo", "zhao", "fang")
    }
    check = check_of(drawn)
    assert {name for name, held in waits.items() if held == [check.pk]} == {"lin", "ma"}
    assert {name for name, held in waits.items() if held} == {"lin", "ma"}
    listed = {
        name: [duty.kind for duty in to_do(getattr(town, name))].count("case.second_check")
        for name in ("lin", "ma", "su", "gao", "he", "luo", "zhao", "fang")
    }
    assert listed == {"lin": 1, "ma": 1, "su": 0, "gao": 0, "he": 0, "luo": 0, "zhao": 0, "fang": 0}
    assert (second_checks.how_many_wait(town.lin), second_checks.how_many_wait(town.luo)) == (1, 0)
    assert [case.pk for case in second_checks.cases_behind(town.lin, [check.pk]).values()] == [drawn.pk]
    assert second_checks.cases_behind(town.zhao, [check.pk]) == {}


def test_a_confidential_case_waits_only_for_those_who_may_see_it(town, every_one):
    case = town.handling(matter=town.shed)
    case = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    type(case).objects.unscoped("the test").filter(pk=case.pk).update(confidential=True)
    luo = also(town, town.luo, "verifier", area=town.south)
    su = also(town, town.su, "intake_officer", area=town.south)
    actions.verify(case=case, by=su)
    assert second_checks.waiting(town.lin) == []
    assert [held.case_id for held in second_checks.waiting(luo)] == [case.pk]


def test_pages_follow_the_due_time(town, every_one):
    cases = [actions.verify(case=town.handled(), by=town.su, at=at(day)) for day in (4, 2, 3)]
    order = [held.case_id for held in second_checks.waiting(town.lin)]
    assert order == [cases[1].pk, cases[2].pk, cases[0].pk]
    first = second_checks.waiting(town.lin, limit=1)[0]
    rest = second_checks.waiting(town.lin, after=(first.due_at, first.pk), limit=5)
    assert [held.case_id for held in rest] == order[1:]


def test_the_unit_does_not_see_what_was_drawn_before_the_answer(drawn, town):
    assert [held.pk for held in second_checks.of_case(drawn, town.lin)] == [check_of(drawn).pk]
    assert second_checks.of_case(drawn, town.he) == []
    actions.pass_second_check(case=drawn, by=town.lin, photos=[shot(town, NEW, by=town.lin)], at=at(3))
    assert [held.passed for held in second_checks.of_case(drawn, town.he)] == [True]


# -- the two-day decision


@pytest.mark.parametrize("decide", [actions.reopen, actions.dismiss])
def test_who_handled_or_verified_does_not_decide_the_objection(town, decide):
    case = town.handled(contact=town.wu())
    actions.verify(case=case, by=town.luo)
    actions.object_to(report=town.voice(case), reason="没拆")
    he = also(town, town.he, "street_leader", area=town.south)
    for partial in (town.luo, he):
        with refused(OwnDecisionError):
            decide(case=case, by=partial, reason="经现场复核，情况属实。")
        assert {"reopen", "dismiss"}.isdisjoint(step.verb for step in queries.next_steps(town.read(case), partial))
    leader = also(town, town.chen, "street_leader", area=town.south)
    assert {"reopen", "dismiss"} <= {step.verb for step in queries.next_steps(town.read(case), leader)}
    decide(case=case, by=leader, reason="经现场复核，情况属实。")
    assert Objection.objects.get(case=case).decided_by == leader


def test_a_dismissal_gives_its_reasons(town):
    case = town.objected()
    with refused(InvalidError, field="reason"):
        actions.dismiss(case=case, by=town.luo, reason=" 已经拆除了没有问题 ")  # nine characters
    assert actions.dismiss(case=case, by=town.luo, reason="已经拆除了，没有问题").state == "closed"
