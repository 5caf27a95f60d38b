"""The pages of figures: what they say, whom they say it to, and that a number leads to its cases."""

from __future__ import annotations

import csv
import io
import re

import pytest
import time_machine

from wangge.domains.stats import actions
from wangge.domains.stats.tests.november import NOW, November
from wangge.doors.desk.stats.views import inert

URL = "/desk/stats/"
NOVEMBER = "?period=2026-11"


@pytest.fixture
def november(town):
    made = November(town)
    with time_machine.travel(NOW, tick=False):
        yield made


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def card_html(answer, name: str) -> str:
    """One card, by its label."""
    found = re.search(rf'<article[^>]*aria-label="{name}[",].*?</article>', answer.content.decode(), re.DOTALL)
    assert found, name
    return found[0]


def card(answer, name: str) -> str:
    """The words of it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", card_html(answer, name)))


def the_overview_says_what_was_counted(november, town, at_desk):
    answer = at_desk("luo").get(URL + NOVEMBER)
    assert answer.status_code == 200
    said = card(answer, "按期处置率")
    assert "50.0%" in said
    assert "9 / 18" in said
    assert "其余 9" in said
    assert "样本少，95% 的把握在 29.0% 至 71.0% 之间" in said
    assert "按期处置 ÷ 应处置" in said
    # Satisfaction and how many answered are one card, in both pages and nowhere apart.
    said = card(answer, "满意率")
    assert "满意率 83.3% 5 / 6" in said
    assert "参评率 75.0% 6 / 8" in said
    assert 'aria-label="参评率"' not in answer.content.decode()
    assert "72.5%" in card(answer, "三率综合")
    assert "628.0 小时" in card(answer, "处置时长")
    assert "处置时长 8.2 小时 12 件的中位数；九成在 19.9 小时 以内" in card(answer, "处置时长")
    # Nobody was counted there: voices without residents are no rate.
    assert "万人诉求量 – 本期没有常住人口统计数" in card(answer, "万人诉求量")
    assert "恒为零" in card(answer, "一人多处常住数")
    assert "2.50" in card(answer, "街道评价均分")


def a_year_of_a_district_has_no_median(november, town, at_desk):
    answer = at_desk("luo").get(f"{URL}?period=2026")
    assert "处置时长" not in text_of(answer)
    assert "9 / 18" in card(answer, "按期处置率")


def a_number_leads_to_as_many_cases(november, town, at_desk):
    client = at_desk("luo")
    page = client.get(URL + NOVEMBER).content.decode()
    links = sorted(set(re.findall(r'href="(/desk/stats/[a-z_]+/rows/\?[^"]*)"[^>]*>\s*([0-9.]+)\s*<', page)))
    assert len(links) > 40
    for url, number in links:
        shown = client.get(url.replace("&amp;", "&")).content.decode().count('<li class="dk-row dk-row--case"')
        # A partly solved matter counts one half: 4 of 5 rows.
        assert shown == (5 if "solved/rows" in url and "part=hit" in url else float(number)), url


def the_page_of_one_indicator(november, town, at_desk):
    answer = at_desk("luo").get(f"{URL}satisfied/{NOVEMBER}")
    body = answer.content.decode()
    assert answer.status_code == 200
    assert "未评价的不算满意" in body
    assert body.count("<circle") == 2  # one month with answers, and with people who were asked
    assert "is-small" in body
    assert body.count('<th scope="row">') == 12
    assert "样本太少，不作比较" in body
    assert "参评率" in re.search(r"<thead>.*?</thead>", body, re.DOTALL)[0]
    # Nobody has thirty rows: there is nothing to put in order.
    assert "dk-compare__sorts" not in body
    assert "dk-compare__sorts" not in at_desk("luo").get(f"{URL}satisfied/{NOVEMBER}&sort=-value").content.decode()


def the_csv_holds_every_figure_and_no_formula(november, town, at_desk):
    answer = at_desk("luo").get(f"{URL}figures.csv{NOVEMBER}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="figures-2026-11-01-2026-11-30.csv"'
    heads, *lines = csv.reader(io.StringIO(answer.content.decode().removeprefix("\ufeff")))
    assert len(lines) == 41
    found = {line[1]: line for line in lines}
    assert found["按期处置率"][2:8] == ["南城街道", "2026-11-01", "2026-11-30", "50.0%", "9", "18"]
    assert found["满意率"][heads.index("并列显示")] == "参评率 75.0% (6/8)"
    assert [cell for line in lines for cell in line if cell[:1] in "=+-@" and cell] == []


def odd_questions_are_answered(november, town, at_desk):
    client = at_desk("luo")
    for query in ("?period=2026-13", "?from=2026-11-02", "?from=2026-11-09&to=2026-11-02", "?from=x&to=y"):
        answer = client.get(URL + query)
        assert answer.status_code == 422, query
        assert "wg-field--bad" in answer.content.decode(), query
        assert client.get(f"{URL}figures.csv{query}").status_code == 422, query
    assert client.get(f"{URL}?from=2024-01-01&to=2026-11-30").status_code == 422
    answer = client.get(f"{URL}?from=2026-11-02&to=2026-11-03&period=2026-10")
    assert answer.status_code == 200
    assert "2026-11-02 至 2026-11-03" in text_of(answer)
    assert client.get(f"{URL}?period=2020-Q1").status_code == 200
    assert client.get(f"{URL}homes/handled/").status_code == 404
    assert client.get(f"{URL}homes/fresh_homes/?period=2026-13").status_code == 422
    for query in ("?area=999999999", "?area=abc", "?unit=999999999", f"?area={town.north.pk}"):
        assert client.get(URL + query).status_code == 404, query
        assert client.get(f"{URL}handled/rows/{query}").status_code == 404, query
    assert client.get(f"{URL}nothing/").status_code == 404
    assert client.get(f"{URL}handled/rows/?part=both").status_code == 404


def who_sees_a_community_sees_its_figures_only(november, town, at_desk):
    client = at_desk("fang")
    answer = client.get(URL + NOVEMBER)
    assert "槐荫社区" in text_of(answer)
    assert "9 / 16" not in card(answer, "按期处置率")
    assert "8 / 16" in card(answer, "按期处置率")
    for area in (town.south, town.community2, town.grid3, town.north):
        for page in ("", "handled/", "handled/rows/", "homes/fresh_homes/", "figures.csv"):
            assert client.get(f"{URL}{page}{NOVEMBER}&area={area.pk}").status_code == 404
    shown = client.get(f"{URL}handled/rows/{NOVEMBER}").content.decode()
    assert november.cases["next_community"].number not in shown
    assert november.cases["good"].number in shown
    assert november.cases["secret"].number not in shown


def whoever_holds_no_permission_is_turned_away(november, town, at_desk):
    for who in ("lin", "he", "root"):
        client = at_desk(who)
        for page in ("", "handled/", "handled/rows/", "homes/fresh_homes/", "figures.csv"):
            assert client.get(f"{URL}{page}{NOVEMBER}").status_code == 403, (who, page)
        assert "/desk/stats/" not in client.get("/desk/").content.decode()
    assert "/desk/stats/" in at_desk("qian").get("/desk/").content.decode()


CHECKS = (
    the_overview_says_what_was_counted,
    a_year_of_a_district_has_no_median,
    a_number_leads_to_as_many_cases,
    the_page_of_one_indicator,
    the_csv_holds_every_figure_and_no_formula,
    odd_questions_are_answered,
    who_sees_a_community_sees_its_figures_only,
    whoever_holds_no_permission_is_turned_away,
)


def test_the_figures_of_november(november, town, at_desk, subtests):
    for check in CHECKS:
        with subtests.test(check.__name__):
            check(november, town, at_desk)


def test_the_registry_and_the_voices_of_ten_thousand(november, town, homes, at_desk):
    actions.count_homes(at=NOW)
    client = at_desk("luo")
    answer = client.get(URL + NOVEMBER)
    assert "11111.1 10 人次诉求，常住人口 9 人" in card(answer, "万人诉求量")
    assert "人房鲜活度 75.0% 3 / 4" in card(answer, "人房鲜活度")
    assert "样本少，95% 的把握在 30.1% 至 95.4% 之间" in card(answer, "人房鲜活度")
    assert "空地址率 55.6% 5 / 9" in card(answer, "空地址率")
    assert "2026年11月30日统计" in text_of(answer)
    # 罗刚 sees no homes: his number leads to none.
    assert "/desk/people/" not in card_html(answer, "人房鲜活度")
    page = client.get(f"{URL}homes/fresh_homes/{NOVEMBER}")
    assert page.status_code == 200
    assert page.content.decode().count("<circle") == 1
    assert "槐荫社区" in text_of(page)
    assert "dk-compare__sorts" not in page.content.decode()
    rate = client.get(f"{URL}voices_per_10k/{NOVEMBER}")
    assert "10 / 9" in text_of(rate)
    assert "20000" in rate.content.decode()  # the top of the scale
    assert client.get(f"{URL}voices_per_10k/rows/{NOVEMBER}").content.decode().count("dk-row--case") == 10
    # A unit has no homes.
    assert "人房底数" not in text_of(client.get(f"{URL}{NOVEMBER}&unit={town.sanitation.pk}"))
    lines = {
        line[1]: line for line in csv.reader(io.StringIO(client.get(f"{URL}figures.csv{NOVEMBER}").content.decode()))
    }
    assert lines["万人诉求量"][5:10] == ["11111.1", "10", "9", "", ""]
    assert lines["人房鲜活度"][5:8] == ["75.0%", "3", "4"]


def test_a_number_of_households_leads_to_as_many(november, town, homes, at_desk):
    actions.count_homes(at=NOW)
    client = at_desk("fang")
    for place, whole, fresh in ((town.community, 4, 3), (town.grid1, 3, 2)):
        answer = client.get(f"{URL}{NOVEMBER}&area={place.pk}")
        found = re.findall(r'href="(/desk/people/[^"]*)"[^>]*>(?:其余 )?([0-9]+)<', card_html(answer, "人房鲜活度"))
        assert [int(number) for _url, number in found] == [fresh, whole, whole - fresh], place
        for url, number in found:
            listed = client.get(url.replace("&amp;", "&")).content.decode()
            assert listed.count('href="/desk/people/households/') == int(number), url
    # A month that is over has its numbers, and no list: homes are as they are today.
    assert "/desk/people/" not in card_html(client.get(f"{URL}?period=2026-10"), "人房鲜活度")


def test_an_office_without_cases_is_told_so(town, at_desk):
    answer = at_desk("luo").get(URL)
    assert answer.status_code == 200
    assert "本期在这里没有到期、立案或结案的案件" in text_of(answer)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_is_never_a_formula(cell):
    assert inert(cell) == f"'{cell}"
    assert inert(f"a{cell}") == f"a{cell}"


def test_rounds_and_visits_have_a_section_and_pages_of_their_own(town, at_desk):
    page = at_desk("luo").get("/desk/stats/")
    assert page.status_code == 200
    for key in ("rounds_walked", "points_overdue", "visits_in_time"):
        assert f"/desk/stats/field/{key}/" in page.content.decode()
        assert at_desk("luo").get(f"/desk/stats/field/{key}/").status_code == 200
    assert at_desk("luo").get("/desk/stats/field/handled/").status_code == 404
    assert at_desk("lin").get("/desk/stats/field/rounds_walked/").status_code == 403
