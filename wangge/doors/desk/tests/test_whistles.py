"""Whistles at the desk: every act by its form, who gets nowhere, what a refusal keeps."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from django.urls import reverse

from wangge.domains.cases.actions import whistling as acts
from wangge.domains.cases.actions.whistling import Marks, Summons
from wangge.domains.cases.models import TimelineEntry, Whistle, WhistleCall, WhistleKind
from wangge.domains.stats import queries
from wangge.domains.stats.periods import Period
from wangge.foundation.core import clock
from wangge.foundation.notifications.actions import tell

HERE = (116.005, 35.005)


def kind(code="emergency"):
    return WhistleKind.objects.get(code=code)


@pytest.fixture
def case(town):
    return town.reported(text="主路水管爆裂，路面塌陷。", matter=town.litter, urgent=True, contact=town.wu())


@pytest.fixture
def blown(town, case):
    return acts.blow(case=case, by=town.lin, kind=kind(), reason="水压很大，需要抢修和封路。")


@pytest.fixture
def called(town, blown):
    units = [Summons(town.enforcement, "封路"), Summons(town.sanitation)]
    return acts.call(whistle=blown, by=town.luo, units=units, lead=town.enforcement)


@pytest.fixture
def concluded(town, called):
    for unit, who in ((town.enforcement, town.he), (town.sanitation, town.hua)):
        acts.arrive(call=called.calls.get(unit=unit), by=who, position=HERE)
    return acts.conclude(whistle=called, by=town.he, conclusion="已关阀止水。", photos=["e" * 64])


def read(whistle):
    return Whistle.objects.unscoped("the test looks").get(pk=whistle.pk)


def page(whistle):
    return reverse("desk:whistle", args=[whistle.number])


def do(whistle, act):
    return reverse("desk:whistle-do", args=[whistle.number, act])


def unit(whistle, its, act):
    return reverse("desk:whistle-unit", args=[whistle.number, whistle.calls.get(unit=its).pk, act])


def counts():
    return (
        Whistle.objects.unscoped("the test counts").count(),
        WhistleCall.objects.count(),
        TimelineEntry.objects.count(),
    )


def test_the_story_at_the_desk(town, at_desk, case):
    client = at_desk("lin")
    assert "吹哨" in client.get(f"/desk/cases/{case.number}/").content.decode()
    answer = client.post(f"/desk/cases/{case.number}/whistle/", {"kind": "emergency", "reason": "水压很大。"})
    whistle = Whistle.objects.unscoped("the test looks").get()
    assert (answer.status_code, answer["Location"]) == (302, page(whistle))

    units = {"units": [town.enforcement.pk, town.sanitation.pk], "lead": town.enforcement.pk, "place": "路口"}
    answer = at_desk("luo").post(do(whistle, "call"), units | {f"task_{town.enforcement.pk}": "封路", "meet_at": ""})
    assert (answer.status_code, read(whistle).state, read(whistle).place) == (302, "called", "路口")
    assert whistle.calls.get(unit=town.enforcement).task == "封路"

    answer = at_desk("he").post(unit(whistle, town.enforcement, "arrive"), {"lon": "116.005", "lat": "35.005"})
    assert (answer.status_code, whistle.calls.get(unit=town.enforcement).distance_m) == (302, 0.0)
    assert at_desk("hua").post(unit(whistle, town.sanitation, "arrive"), {"lon": "x"}).status_code == 302
    assert whistle.calls.get(unit=town.sanitation).on_the_spot is False
    assert at_desk("lin").post(unit(whistle, town.sanitation, "vouch")).status_code == 302
    assert whistle.calls.get(unit=town.sanitation).confirmed_by == town.lin
    said = {"text": "出动两台泵。", "photos_sha256": ["f" * 64]}
    assert at_desk("hua").post(unit(whistle, town.sanitation, "contribute"), said).status_code == 302
    assert whistle.calls.get(unit=town.sanitation).done == "出动两台泵。"
    assert at_desk("he").post(do(whistle, "conclude"), {"conclusion": "已关阀止水。"}).status_code == 302
    assert read(whistle).state == "concluded"

    marks = {}
    for its in whistle.calls.all():
        marks |= {f"unit{its.pk}-presence": 3, f"unit{its.pk}-duty": 2, f"unit{its.pk}-result": 3}
    assert at_desk("luo").post(do(whistle, "rate"), marks).status_code == 302
    assert read(whistle).state == "rated"
    text = at_desk("hua").get(page(whistle)).content.decode()
    assert "已评价" in text
    assert "吴" not in text
    timeline = at_desk("luo").get(f"/desk/cases/{case.number}/").content.decode()
    for verb in ("吹哨", "召集单位到场", "到场签到", "确认到场", "现场办结", "评价到场单位"):
        assert verb in timeline


def test_the_page_offers_what_a_person_may_do(at_desk, town, called):
    acts_of = {}
    for who in ("lin", "luo", "he", "hua", "chen", "fang"):
        text = at_desk(who).get(page(called)).content.decode()
        acts_of[who] = sorted(re.findall(r'id="act-([a-z_]+)', text))
    assert acts_of == {
        "lin": [],
        "luo": ["call_more", "decline", "excuse"],
        "he": ["arrive"],
        "hua": ["arrive"],
        "chen": [],
        "fang": [],
    }
    assert "确认已到场" in at_desk("lin").get(page(called)).content.decode()
    assert "确认已到场" not in at_desk("he").get(page(called)).content.decode()


def test_a_called_unit_reads_the_whistle_and_not_the_case(at_desk, town, case, called):
    text = at_desk("hua").get(page(called)).content.decode()
    assert "主路水管爆裂" in text
    assert f'href="/desk/cases/{case.number}/"' not in text
    assert "吴" not in text
    assert at_desk("hua").get(f"/desk/cases/{case.number}/").status_code == 404


@pytest.mark.parametrize("who", ["zhao", "gao", "hua"])
def test_foreign_is_not_there(at_desk, town, blown, who):
    client = at_desk(who)
    assert client.get(page(blown)).status_code == 404
    assert client.get(page(blown) + "board/").status_code == 404
    before = counts()
    for act in ("call", "decline", "rate", "conclude"):
        assert client.post(do(blown, act)).status_code in {403, 404}
    assert counts() == before
    assert blown.number not in client.get("/desk/whistles/").content.decode()


def test_the_board_alone(at_desk, called):
    text = at_desk("luo").get(page(called) + "board/").content.decode()
    assert 'hx-trigger="every 15s"' in text
    assert "综合执法队" in text
    assert "<html" not in text


def test_an_ended_whistle_is_not_asked_for_again(at_desk, concluded):
    assert "hx-trigger" not in at_desk("luo").get(page(concluded)).content.decode()


def test_the_list(at_desk, town, called):
    text = at_desk("luo").get("/desk/whistles/").content.decode()
    assert called.number in text
    assert "0 / 2 个单位" in text
    assert called.number not in at_desk("luo").get("/desk/whistles/?tab=ended").content.decode()
    acts.decline(whistle=called, by=town.luo, reason="误报。")
    assert called.number in at_desk("luo").get("/desk/whistles/?tab=ended").content.decode()
    assert "已撤哨" in at_desk("luo").get(page(called)).content.decode()


def test_whoever_may_not_blow_is_told_so(at_desk, case):
    before = counts()
    for who, status in (("chen", 403), ("he", 403), ("gao", 404), ("zhao", 403)):
        assert at_desk(who).post(f"/desk/cases/{case.number}/whistle/", {}).status_code == status
    assert "吹哨</span>" not in at_desk("chen").get(f"/desk/cases/{case.number}/").content.decode()
    assert counts() == before


def test_a_second_whistle_leads_to_the_first(at_desk, case, blown):
    before = counts()
    answer = at_desk("lin").post(f"/desk/cases/{case.number}/whistle/", {"kind": "joint", "reason": "再吹。"})
    assert (answer.status_code, answer["Location"]) == (302, page(blown))
    assert counts() == before


def test_what_was_typed_is_kept(at_desk, town, case, blown):
    closed = town.closed()
    assert at_desk("lin").get(f"/desk/cases/{closed.number}/whistle/").status_code == 409
    before = counts()
    answer = at_desk("luo").post(
        do(blown, "call"),
        {
            "units": [town.sanitation.pk],
            "lead": town.enforcement.pk,
            f"task_{town.sanitation.pk}": "带泵",
            "place": "门口",
        },
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "带泵" in text
    assert 'value="门口"' in text
    assert "牵头单位必须在被召集的单位之中。" in text
    assert at_desk("luo").post(do(blown, "call"), {}).status_code == 422
    assert at_desk("luo").post(do(blown, "decline"), {"reason": " "}).status_code == 422
    assert counts() == before


def test_a_planned_meeting_needs_its_time(at_desk, town, case):
    whistle = acts.blow(case=case, by=town.lin, kind=kind("joint"), reason="多部门。")
    chosen = {"units": [town.sanitation.pk], "lead": town.sanitation.pk}
    before = counts()
    assert at_desk("luo").post(do(whistle, "call"), chosen).status_code == 422
    assert at_desk("luo").post(do(whistle, "call"), chosen | {"meet_at": "2020-01-01T08:00"}).status_code == 422
    assert counts() == before


def test_a_refused_conclusion_keeps_its_words(at_desk, town, called):
    acts.arrive(call=called.calls.get(unit=town.enforcement), by=town.he, position=HERE)
    before = counts()
    answer = at_desk("he").post(do(called, "conclude"), {"conclusion": "已关阀止水。"})
    text = answer.content.decode()
    assert (answer.status_code, read(called).state) == (409, "called")
    assert "环卫所" in text
    assert "已关阀止水。" in text
    acts.excuse(call=called.calls.get(unit=town.sanitation), by=town.luo, reason="无关。")
    answer = at_desk("he").post(do(called, "conclude"), {"conclusion": "已关阀止水。"})
    assert answer.status_code == 422
    assert "现场照片" in answer.content.decode()
    assert read(called).state == "called"
    assert counts()[:2] == before[:2]


def test_excusing_at_the_desk(at_desk, town, called):
    its = called.calls.get(unit=town.enforcement)
    before = counts()
    assert at_desk("luo").post(do(called, "excuse"), {"unit": its.pk, "reason": "另有警情。"}).status_code == 422
    assert counts() == before
    chosen = {"unit": its.pk, "reason": "另有警情。", "lead": town.sanitation.pk}
    assert at_desk("luo").post(do(called, "excuse"), chosen).status_code == 302
    assert called.calls.get(pk=its.pk).excused == "另有警情。"
    assert read(called).lead_id == town.sanitation.pk


@pytest.mark.parametrize("marks", [{}, {"presence": 3}, {"presence": 1, "duty": 2, "result": 2}, {"remark": "好"}])
def test_marks_that_are_not_whole(at_desk, town, concluded, marks):
    its = concluded.calls.get(unit=town.enforcement)
    answer = at_desk("luo").post(
        do(concluded, "rate"), {f"unit{its.pk}-{name}": value for name, value in marks.items()}
    )
    assert answer.status_code == 422
    assert concluded.calls.filter(rated_at__isnull=False).count() == 0


def test_units_read_what_is_said_of_them(at_desk, town, concluded):
    its = concluded.calls.get(unit=town.sanitation)
    acts.rate(whistle=concluded, by=town.luo, marks={its.pk: Marks(2, 2, 1, "泵坏了一小时。")})
    assert "泵坏了一小时。" in at_desk("hua").get(page(concluded)).content.decode()


def test_figures_show_units_with_their_numbers_and_no_ranking(at_desk, town, called, time_machine):
    for its, who in ((town.enforcement, town.he), (town.sanitation, town.hua)):
        acts.arrive(call=called.calls.get(unit=its), by=who, position=HERE)
    acts.conclude(whistle=called, by=town.he, conclusion="已关阀止水。", photos=["e" * 64])
    meeting = called.calls.first().due_at
    time_machine.move_to(meeting + dt.timedelta(minutes=1), tick=False)
    period = Period.quarter_of(clock.day_of(meeting)).key
    text = at_desk("luo").get("/desk/whistles/figures/", {"quarter": period}).content.decode()
    assert "个案太少" in text
    units = re.findall(r'<tr role="row"><td role="cell">(.*?)</td><td role="cell" class="wg-num"[^>]*>(\d+)</td>', text)
    assert units == [("综合执法队", "1"), ("环卫所", "1")]
    for person in ("何勇", "华清"):
        assert person not in text
    # Each number leads to its rows, and is that of the indicators.
    (rows,) = re.findall(rf'href="([^"]*/whistle_came/[^"]*unit={town.enforcement.pk}[^"]*)"', text)
    listed = at_desk("luo").get(unescape(rows))
    assert listed.status_code == 200
    assert called.case.number in listed.content.decode()
    asked = queries.asked_of(town.luo, Period.of_key(period))
    figures = queries.figures(town.luo, asked, keys=["whistle_concluded", "whistle_came"])
    assert [(one.rows, one.hits) for one in figures.values()] == [(1, 1), (2, 2)]
    assert ">1/1</a>" in text


def test_a_called_unit_sees_its_own_row(at_desk, town, called, time_machine):
    time_machine.move_to(called.calls.first().due_at + dt.timedelta(minutes=1), tick=False)
    own = at_desk("hua").get("/desk/whistles/figures/").content.decode()
    assert "环卫所" in own
    assert "本单位在各处的报到情况" in own
    assert "综合执法队" not in own
    assert "/desk/stats/" not in own


def test_quarters_and_places_that_are_none(at_desk, town):
    for odd in ("2026-Q9", "x", "1999-Q1", "9999-Q4", "2099-Q4", "2026-11"):
        assert at_desk("luo").get("/desk/whistles/figures/", {"quarter": odd}).status_code == 200
    assert at_desk("luo").get("/desk/whistles/figures/", {"area": town.community2.pk}).status_code == 200
    for foreign in (town.north.pk, 999_999_999, "x"):
        assert at_desk("luo").get("/desk/whistles/figures/", {"area": foreign}).status_code == 404
    assert at_desk("root").get("/desk/whistles/figures/").status_code == 403


def test_kinds_at_the_desk(at_desk):
    client = at_desk("luo")
    given = {"code": "flood", "name_zh": "防汛抢险", "arrive_minutes": "20", "emergency": "on", "active": "on"}
    assert client.post("/desk/whistles/kinds/", given).status_code == 302
    assert kind("flood").arrive_minutes == 20
    assert "防汛抢险" in client.get("/desk/whistles/kinds/?code=flood").content.decode()
    answer = client.post("/desk/whistles/kinds/", given | {"arrive_minutes": ""})
    assert (answer.status_code, kind("flood").arrive_minutes) == (422, 20)
    assert at_desk("chen").get("/desk/whistles/kinds/").status_code == 403


def test_the_to_do_list_and_a_message_lead_to_the_whistle(at_desk, town, called):
    text = at_desk("he").get("/desk/").content.decode()
    assert f'href="{page(called)}"' in text
    tell(
        users=[town.he], kind="whistle.called", subject_type="whistle", subject_id=called.pk, label=called.number,
        once_key="test",
    )  # fmt: skip
    notice = town.he.notices.get()
    answer = at_desk("he").post(f"/desk/notices/{notice.pk}/", {"number": called.number, "subject": "whistle"})
    assert (answer.status_code, answer["Location"]) == (302, page(called))
    field = at_desk("he").get("/field/plain/").content.decode()
    assert f'href="{page(called)}"' in field


def test_the_number_of_queries_does_not_grow_with_the_units(at_desk, town, called):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = at_desk("luo")
    client.get(page(called))
    with CaptureQueriesContext(connection) as two:
        client.get(page(called))
    acts.call_more(whistle=called, by=town.luo, units=[Summons(town.office), Summons(town.peace)])
    with CaptureQueriesContext(connection) as four:
        client.get(page(called))
    assert len(four) == len(two)
