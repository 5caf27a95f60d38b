"""Who finds what: scope, queues, pages, search, neighbours."""

import datetime as dt
import uuid

import pytest

from wangge.domains.cases import actions, queries
from wangge.domains.cases.models import Case
from wangge.domains.cases.queries import Filter
from wangge.domains.cases.tests.traces import at
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.core.problems import NotFoundError


def numbers(cases):
    return [case.number for case in cases]


@pytest.fixture
def three(town):
    """One case in grid 1, one in grid 2, one in the sibling street."""
    return {
        "grid1": town.reported(by=town.lin),
        "grid2": town.reported(by=town.gao, area=town.grid2),
        "north": town.reported(by=town.zhao, source="phone", area=town.north_grid),
    }


SEES = {
    "lin": ["grid1"],
    "gao": ["grid2"],
    "fang": ["grid1", "grid2"],
    "bai": ["grid1", "grid2"],
    "chen": ["grid1", "grid2"],
    "su": ["grid1", "grid2"],
    "ma": ["grid1", "grid2"],
    "luo": ["grid1", "grid2"],
    "qian": ["grid1", "grid2"],
    "zhao": ["north"],
    "he": [],
    "hua": [],
    "tan": [],
    "root": [],
    "security": [],
}


@pytest.mark.parametrize("name", SEES)
def test_everybody_sees_his_own_places_and_no_other(town, three, name):
    user = getattr(town, name)
    seen = [three[key].number for key in SEES[name]]
    assert numbers(queries.find(user, Filter())) == seen[::-1]
    assert sorted(numbers(queries.on_map(user))) == sorted(seen)
    assert queries.how_many(user, Filter()) == len(seen)
    for case in three.values():
        if case.number in seen:
            assert queries.get_case(user, case.number) == case
            assert queries.get_case_by_public_id(user, case.public_id) == case
        else:
            for get in (
                lambda case=case: queries.get_case(user, case.number),
                lambda case=case: queries.get_case_by_public_id(user, case.public_id),
            ):
                with pytest.raises(NotFoundError):
                    get()


def test_foreign_and_unknown_answer_alike(town, three):
    with pytest.raises(NotFoundError) as foreign:
        queries.get_case(town.lin, three["north"].number)
    with pytest.raises(NotFoundError) as unknown:
        queries.get_case(town.lin, "NC-1999-000001")
    assert str(foreign.value) == str(unknown.value)
    assert (foreign.value.status, unknown.value.status) == (404, 404)


def test_nobody_and_the_disabled_see_nothing(town, three):
    accounts.disable_user(user=town.lin, by=town.security)
    for user in (None, town.lin):
        assert queries.find(user, Filter()) == []
        with pytest.raises(NotFoundError):
            queries.get_case(user, three["grid1"].number)


def test_scope_by_path_is_exact(town):
    """Area 1 must not see area 12: a path is compared with its closing slash."""
    case = town.reported()
    prefix = case.area_path.rstrip("/")
    Case.objects.unscoped("the test makes a neighbour with a longer id").filter(pk=case.pk).update(
        area_path=f"{prefix}3/"
    )
    assert queries.find(town.lin, Filter()) == []
    assert queries.find(town.lin, Filter(area_path=f"{prefix}3/")) == []
    assert numbers(queries.find(town.fang, Filter())) == [case.number]
    assert queries.find(town.fang, Filter(area_path=f"{prefix}/")) == []
    with pytest.raises(NotFoundError):
        queries.get_case(town.lin, case.number)


def test_a_unit_sees_what_was_sent_to_it_and_loses_what_it_sent_back(town):
    mine, other = town.dispatched(), town.dispatched(unit=town.sanitation, area=town.grid2)
    assert numbers(queries.find(town.he, Filter())) == [mine.number]
    assert numbers(queries.find(town.hua, Filter())) == [other.number]
    actions.send_back(case=mine, by=town.he, reason="不属", basis="据")
    assert queries.find(town.he, Filter()) == []


def test_co_handlers_see_it_and_do_not_find_it_in_their_queue(town):
    case = actions.dispatch(case=town.filed(), by=town.chen, unit=town.enforcement, co_units=[town.sanitation])
    assert queries.get_case(town.hua, case.number) == case
    assert queries.queue(town.hua, "sign") == []
    assert numbers(queries.queue(town.he, "sign")) == [case.number]


WORKS = {
    "lin": ["verify"],
    "fang": ["spot_check", "sign", "handle"],
    "bai": ["file"],
    "chen": ["file", "dispatch"],
    "su": ["spot_check", "verify"],
    "ma": ["call_back"],
    "luo": ["file", "spot_check", "dispatch", "approve", "ruling", "verify", "call_back", "judge"],
    "he": ["sign", "handle"],
    "qian": [],
    "root": [],
}


@pytest.mark.parametrize("name", WORKS)
def test_everybody_has_the_queues_of_his_post(town, name):
    assert queries.my_queues(getattr(town, name)) == WORKS[name]


def test_each_case_waits_in_its_one_queue(town):
    waiting = {
        "file": [town.reported(), actions.ask_for_more(case=town.reported(), by=town.bai, question="？")],
        "spot_check": [town.settled()],
        "dispatch": [town.filed()],
        "verify": [town.handled()],
        "call_back": [town.evaluating()],
        "judge": [town.objected()],
    }
    town.closed()
    for key, cases in waiting.items():
        assert sorted(numbers(queries.queue(town.luo, key))) == sorted(numbers(cases)), key
        assert queries.queue_size(town.luo, key) == len(cases), key
    assert queries.queue_size(town.qian, "dispatch") == 0
    assert queries.queue(town.zhao, "dispatch") == []


def test_a_unit_works_only_its_own(town):
    mine, theirs = town.dispatched(), town.dispatched(unit=town.sanitation)
    working = town.handling()
    assert numbers(queries.queue(town.he, "sign")) == [mine.number]
    assert numbers(queries.queue(town.hua, "sign")) == [theirs.number]
    assert numbers(queries.queue(town.he, "handle")) == [working.number]
    assert queries.queue_size(town.hua, "handle") == 0


def test_the_handler_does_not_find_his_own_work_to_verify(town):
    case = town.handled()
    accounts.give_post(by=None, user=town.he, role="verifier", valid_from=at().date(), area=town.south)
    assert queries.queue(town.fresh(town.he), "verify") == []
    assert numbers(queries.queue(town.su, "verify")) == [case.number]


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_pages_of_a_queue_cover_everything_once(town, limit):
    instants = [at(2, 9), at(2, 9), at(3, 9), at(2, 9), at(4, 9), at(3, 9)]  # equal deadlines on purpose
    cases = [town.reported(at=instant) for instant in instants]
    seen, after = [], None
    while page := queries.queue(town.bai, "file", after=after, limit=limit):
        assert len(page) <= limit
        seen += numbers(page)
        after = (page[-1].due_at, page[-1].pk)
    assert seen == numbers(sorted(cases, key=lambda case: (case.due_at, case.pk)))


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_of_the_list_cover_everything_once(town, limit):
    cases = [town.reported() for _n in range(5)]
    seen, before = [], None
    while page := queries.find(town.bai, Filter(), before=before, limit=limit):
        seen += numbers(page)
        before = page[-1].pk
    assert seen == numbers(cases)[::-1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("板", True),
        ("板房", True),
        ("泡沫板", True),
        ("泡沫板搭了板房", True),
        ("槐", True),
        ("槐荫", True),
        ("槐荫路12号", True),
        ("楼顶", False),
        ("房板", False),
        ("%", False),
        ("_", False),
        ("3号%", False),
        ("\\", False),
        ("' OR 1=1 --", False),
    ],
)
def test_search_in_text_and_address_by_one_two_and_more_characters(town, text, found):
    case = town.reported()
    assert numbers(queries.find(town.lin, Filter(text=text))) == ([case.number] if found else [])
    assert queries.find(town.gao, Filter(text=text)) == []


def test_a_number_is_looked_up_exactly_and_in_any_case(town):
    first, second = town.reported(), town.reported(text=f"见{town.reported().number}号工单")
    assert numbers(queries.find(town.lin, Filter(text=f" {first.number.lower()} "))) == [first.number]
    assert numbers(queries.find(town.lin, Filter(text=second.number))) == [second.number]
    assert queries.find(town.gao, Filter(text=first.number)) == []


def test_filters_narrow_one_by_one(town):
    shed = town.filed()
    litter = town.settled()
    quarrel = town.reported(matter=town.quarrel, source="phone", by=town.bai, area=town.grid2)
    actions.flag(case=quarrel, by=town.chen, emerging=True, legacy=False)
    closed = town.closed()
    for narrowed, wanted in (
        (Filter(states=("filed",)), [shed]),
        (Filter(open_only=True), [quarrel, litter, shed]),
        (Filter(matter="21002"), [quarrel]),
        (Filter(matter_class="06"), [closed, litter, shed]),
        (Filter(module=town.quarrel.module), [quarrel]),
        (Filter(area_path=town.grid2.path), [quarrel]),
        (Filter(unit_id=town.enforcement.pk), [closed]),
        (Filter(source="phone"), [quarrel]),
        (Filter(emerging=True), [quarrel]),
        (Filter(legacy=True), []),
        (Filter(states=("filed",), matter="21002"), []),
    ):
        assert numbers(queries.find(town.luo, narrowed)) == numbers(wanted), narrowed


def test_days_are_the_offices_days(town):
    late, early = town.reported(at=at(2, 23, 59)), town.reported(at=at(3, 0, 0))
    on = lambda day: Filter(reported_from=dt.date(2026, 3, day), reported_to=dt.date(2026, 3, day))  # noqa: E731
    assert numbers(queries.find(town.lin, on(2))) == [late.number]
    assert numbers(queries.find(town.lin, on(3))) == [early.number]


def test_overdue_and_next_due(town, time_machine):
    time_machine.move_to(at(2, 9), tick=False)
    first, second = town.reported(), town.reported(urgent=True)
    assert numbers(queries.next_due(town.lin, Filter())) == [second.number, first.number]
    time_machine.move_to(at(2, 9, 30), tick=False)
    assert numbers(queries.find(town.lin, Filter(overdue=True))) == [second.number]
    time_machine.move_to(at(2, 16), tick=False)
    assert numbers(queries.find(town.lin, Filter(overdue=True))) == [second.number, first.number]


def test_a_queue_is_counted_up_to_a_hundred(town, monkeypatch):
    monkeypatch.setattr(queries, "SHOWN_UP_TO", 2)
    for _n in range(4):
        town.reported()
    assert queries.queue_size(town.bai, "file") == 3
    assert queries.how_many(town.bai, Filter()) == 3


def test_the_map_shows_open_cases_in_the_box(town):
    one, two = town.reported(), town.reported(by=town.gao, area=town.grid2)
    town.closed()
    assert sorted(numbers(queries.on_map(town.fang))) == sorted([one.number, two.number])
    assert numbers(queries.on_map(town.fang, (116.0, 35.0, 116.0099, 35.01))) == [one.number]
    assert numbers(queries.on_map(town.fang, None, Filter(area_path=town.grid2.path))) == [two.number]
    assert queries.on_map(town.fang, (110.0, 30.0, 111.0, 31.0)) == []


def test_a_link_opens_its_own_report_only(town):
    one, two = town.report(contact=town.wu()), town.report(contact=town.wu())
    code = queries.link_code(one)
    assert queries.report_by_link(one.public_id, code) == one
    for public_id, tried in (
        (two.public_id, code),
        (one.public_id, code[:-1] + ("a" if code[-1] != "a" else "b")),
        (one.public_id, ""),
        (one.public_id, code.upper()),
        (one.public_id, "钥匙"),
        (uuid.uuid4(), code),
    ):
        with pytest.raises(NotFoundError):
            queries.report_by_link(public_id, tried)


def test_own_reports_are_ones_own(town):
    first, second = town.report(by=town.lin), town.report(by=town.lin)
    town.report(by=town.gao)
    assert queries.own_reports(town.lin) == [second, first]
    assert queries.own_reports(town.lin, before=second.pk) == [first]
    assert queries.own_reports(None) == []
    assert queries.own_report(town.lin, first.public_id) == first
    with pytest.raises(NotFoundError):
        queries.own_report(town.gao, first.public_id)


def test_the_public_timeline_holds_no_inner_notes(town):
    case = town.handling(contact=town.wu())
    actions.contact(case=case, by=town.he, text="内部约定")
    actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    shown = queries.public_timeline(case)
    assert [entry.verb for entry in shown] == ["report", "file", "dispatch", "sign_for"]
    assert [entry.verb for entry in queries.timeline(case)][-2:] == ["contact", "handle"]
