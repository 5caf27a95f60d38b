"""Lists that stay fast: read by the order of an index, merged, and surrounded once per page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wangge.domains.cases import actions, queries
from wangge.domains.cases.models import Case
from wangge.domains.cases.queries import Filter
from wangge.domains.cases.tests.traces import at

WORDS = ("路灯不亮", "垃圾没人清运", "垃圾桶翻倒", "路面塌陷", "垃圾堆积")


def asked(question):
    """How many queries a question takes."""
    with CaptureQueriesContext(connection) as caught:
        question()
    return len(caught)


def test_a_case_seen_for_two_reasons_is_listed_once(town):
    """Fang's community is where it is, and her committee helps to handle it."""
    both = actions.dispatch(
        case=town.filed(at=at()), by=town.chen, unit=town.enforcement, co_units=[town.office], at=at()
    )
    own = actions.dispatch(case=town.filed(at=at()), by=town.chen, unit=town.office, at=at())
    fang = town.fang
    assert queries.find(fang, Filter()) == [own, both]
    assert queries.find(fang, Filter(text="泡沫板")) == [own, both]
    assert {case.pk for case in queries.next_due(fang, Filter())} == {own.pk, both.pk}
    assert len(queries.next_due(fang, Filter())) == 2
    assert len(queries.on_map(fang)) == 2
    assert queries.how_many(fang, Filter()) == 2
    assert len(Case.objects.ways_visible_to(fang)) == 3


@pytest.mark.parametrize("recent", [1, 3, 2000])
def test_words_are_found_among_the_newest_and_beyond(town, monkeypatch, recent):
    monkeypatch.setattr(queries, "_RECENT", recent)
    cases = [town.reported(text=words) for words in WORDS]
    newest_first = [cases[4], cases[2], cases[1]]
    assert queries.find(town.chen, Filter(text="垃圾")) == newest_first
    assert queries.find(town.chen, Filter(text="垃圾"), limit=2) == newest_first[:2]
    assert queries.find(town.chen, Filter(text="垃圾"), before=cases[4].pk, limit=2) == newest_first[1:]
    assert queries.find(town.chen, Filter(text="路灯")) == [cases[0]]
    assert queries.find(town.gao, Filter(text="垃圾")) == []


def test_twice_the_rows_cost_no_query_more(town):
    person = town.luo
    questions = {
        "find": lambda: queries.find(person, Filter()),
        "queue": lambda: queries.queue(person, "file"),
        "next_due": lambda: queries.next_due(person, Filter()),
        "map": lambda: [
            (case.matter.name, case.since, case.filed_at, case.due_at, case.urgent) for case in queries.on_map(person)
        ],
    }
    town.reported()
    queries.find(person, Filter())  # his posts are read once
    before = {name: asked(question) for name, question in questions.items()}
    for _ in range(3):
        town.reported(area=town.grid2, by=town.gao, matter=town.litter)
    assert {name: asked(question) for name, question in questions.items()} == before
    assert before == {"find": 3, "queue": 3, "next_due": 3, "map": 2}


def test_rows_share_what_they_point_to_and_ask_nothing_more(town):
    for _ in range(2):
        actions.sign_for(case=town.dispatched(at=at()), by=town.he, at=at())
    first, second = queries.find(town.luo, Filter())
    assert first.matter is second.matter
    assert first.unit is second.unit
    assert first.area is second.area
    with CaptureQueriesContext(connection) as caught:
        words = [
            (case.matter.name, case.unit.name, case.area.name, case.area.parent.name, case.compound, case.handler.name)
            for case in (first, second)
        ]
    assert words == [(town.shed.name, "综合执法队", "第一网格", "槐荫社区", None, "何勇")] * 2
    assert len(caught) == 0
