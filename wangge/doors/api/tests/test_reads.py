"""Lists and single things: what they hold, page by page, at a pinned number of queries."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.cases import actions
from wangge.foundation.duties.actions import open_duty
from wangge.foundation.notifications.actions import tell

# Queries of one request with a token: the token, the posts where they are needed, the list, its matters and areas.
COUNTS = {
    "/me": 3,
    "/cases": 5,
    "/queues/file": 5,
    "/reports": 2,
    "/duties": 3,
    "/notices": 3,
    "/catalogue/classes": 3,
}


def test_one_case(town, calls):
    case = town.handled(contact=town.wu())
    seen = calls(town.luo).get(f"/cases/{case.public_id}").json()
    assert (seen["number"], seen["state"], seen["state_name"]) == (case.number, "handled", "待核查")
    assert seen["matter"] == {"code": "06001", "name": town.shed.name_zh, "module": town.shed.module}
    assert seen["area"] == {"code": town.grid1.code, "kind": "grid", "name": "第一网格"}
    assert seen["unit"] == {"id": town.enforcement.pk, "name": "综合执法队"}
    assert seen["position"] == {"lon": case.lon, "lat": case.lat}
    assert (seen["result"], seen["round"], seen["merged_into"]) == ("solved", 1, None)
    assert dt.datetime.fromisoformat(seen["handled_at"]) == case.handled_at
    assert {"verify", "rework"} <= set(seen["steps"])
    assert calls(town.he).get(f"/cases/{case.public_id}").json()["steps"] == []


def test_in_english(town, calls):
    case = town.reported()
    seen = calls(town.luo, "en").get(f"/cases/{case.public_id}").json()
    assert (seen["state_name"], seen["area"]["name"]) == ("To be accepted", "Grid 1")


def test_timeline_photos_and_voices(town, calls):
    case = town.evaluating(photos=["e" * 64])
    luo = calls(town.luo)
    steps = luo.get(f"/cases/{case.public_id}/timeline").json()["items"]
    assert [step["verb"] for step in steps] == ["report", "file", "dispatch", "sign_for", "handle", "verify"]
    assert steps[2]["by"] == "陈立"
    photos = luo.get(f"/cases/{case.public_id}/photos").json()["items"]
    assert [photo["kind"] for photo in photos] == ["report", "before", "after"]
    actions.evaluate(report=town.voice(case), solved="yes", satisfied="fairly", comment="还行")
    voice = luo.get(f"/cases/{case.public_id}/reports").json()["items"][0]
    assert (voice["contact"], voice["by"]) == ("吴** 1**********", None)
    assert [(said["solved"], said["satisfied"]) for said in voice["judgements"]] == [("yes", "fairly")]


def test_cases_page_by_page(town, calls):
    numbers = [town.reported().number for _ in range(5)]
    luo, shown, cursor = calls(town.luo), [], ""
    while cursor is not None:
        page = luo.get("/cases", limit=2, cursor=cursor).json()
        shown += [row["number"] for row in page["items"]]
        cursor = page["next"]
    assert shown == numbers[::-1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"one", "two"}),
        ({"state": "filed"}, {"two"}),
        ({"state": ["filed", "reported"]}, {"one", "two"}),
        ({"open": "true"}, {"one", "two"}),
        ({"overdue": "true"}, set()),
        ({"matter": "06010"}, {"two"}),
        ({"matter_class": "06"}, {"one", "two"}),
        ({"module": "party"}, set()),
        ({"area": "999999001001002"}, {"two"}),
        ({"area": "999999001"}, {"one", "two"}),
        ({"source": "patrol"}, {"one", "two"}),
        ({"source": "hotline"}, set()),
        ({"q": "泡沫板"}, {"one"}),
        ({"q": "没有这样的话"}, set()),
        ({"emerging": "true"}, set()),
        ({"legacy": "true"}, set()),
        ({"unit": 1}, set()),
        ({"reported_to": "2020-01-01"}, set()),
        ({"reported_from": "2020-01-01"}, {"one", "two"}),
    ],
)
def test_cases_narrowed(town, calls, query, found):
    cases = {
        "one": town.reported(text="有人用泡沫板搭棚"),
        "two": town.filed(matter=town.litter, area=town.grid2, text="垃圾成堆"),
    }
    items = calls(town.luo).get("/cases", **query).json()["items"]
    assert {row["number"] for row in items} == {cases[name].number for name in found}


def test_queues(town, calls):
    case = town.reported()
    luo = calls(town.luo)
    sizes = {row["key"]: row["size"] for row in luo.get("/queues").json()["items"]}
    assert sizes["file"] == 1
    assert sizes["dispatch"] == 0
    assert "sign" not in sizes
    assert [row["number"] for row in luo.get("/queues/file").json()["items"]] == [case.number]
    assert calls(town.tan).get("/queues").json() == {"items": []}
    assert calls(town.he).get("/queues/file").json() == {"items": [], "next": None}


def test_a_queue_page_by_page(town, calls):
    numbers = [town.reported().number for _ in range(3)]
    luo = calls(town.luo)
    first = luo.get("/queues/file", limit=2).json()
    second = luo.get("/queues/file", limit=2, cursor=first["next"]).json()
    assert [row["number"] for row in first["items"] + second["items"]] == numbers


def test_near(town, calls):
    case = town.reported()
    found = calls(town.luo).get("/cases/near", lon=case.lon, lat=case.lat + 0.0005).json()["items"]
    assert [(row["case"]["number"], row["metres"]) for row in found] == [(case.number, 55.7)]
    assert calls(town.luo).get("/cases/near", lon=case.lon, lat=case.lat + 0.002).json() == {"items": []}


def test_me(town, calls):
    me = calls(town.lin).get("/me").json()
    assert (me["username"], me["name"]) == ("lin", "林晓")
    assert [(post["role"], post["area"]["code"], post["organisation"]["name"]) for post in me["posts"]] == [
        ("grid_worker", town.grid1.code, "槐荫社区居委会")
    ]
    assert "report:make" in me["permissions"]


def test_duties(town, calls):
    case = town.reported()
    luo = calls(town.luo)
    rows = luo.get("/duties").json()["items"]
    assert [(row["kind"], row["label"], row["mine"]) for row in rows] == [("case.reported", case.number, False)]
    assert luo.get("/duties", kind="case.filed").json()["items"] == []
    assert calls(town.zhao).get("/duties").json()["items"] == []


def test_duties_without_a_date_come_last_and_end_the_list(town, calls):
    for number in range(3):
        open_duty(kind="k", subject_type="case", subject_id=number + 1, label=f"{number}", due_at=None, user=town.tan)
    page = calls(town.tan).get("/duties", limit=100).json()
    assert ([row["label"] for row in page["items"]], page["next"]) == (["0", "1", "2"], None)


def test_notices(town, calls):
    for number in range(3):
        tell(users=[town.lin], kind="case.closed", subject_type="case", subject_id=1, label="NC", once_key=f"{number}")
    lin, gao = calls(town.lin), calls(town.gao)
    first = lin.get("/notices", limit=2).json()
    assert (first["unread"], len(first["items"])) == (3, 2)
    rest = lin.get("/notices", limit=2, cursor=first["next"]).json()
    assert (len(rest["items"]), rest["next"]) == (1, None)
    one = first["items"][0]["id"]
    assert gao.post(f"/notices/{one}/read").json() == {"unread": 0}
    assert lin.get("/notices").json()["unread"] == 3  # another's hand changed nothing
    assert lin.post(f"/notices/{one}/read").json() == {"unread": 2}
    assert lin.post("/notices/read").json() == {"unread": 0}


def test_where(town, calls):
    here = calls(town.lin).get("/places/where", lon=116.005, lat=35.005).json()
    assert here["grid"]["code"] == town.grid1.code
    assert [area["kind"] for area in here["above"]] == ["community", "street", "district"]
    assert (here["compound"]["name"], here["address"]) == ("物业所家属院", "物业所家属院3号楼")
    assert calls(town.lin).get("/places/where", lon=0, lat=0).status_code == 404


def test_areas(town, calls):
    lin = calls(town.lin)
    grids = lin.get("/places/areas", kind="grid", under=town.community.code).json()
    assert [row["code"] for row in grids["items"]] == [town.grid1.code, town.grid2.code]
    assert grids["next"] is None
    later = lin.get("/places/areas", kind="grid", after=town.grid1.code).json()["items"]
    assert [row["code"] for row in later] == [town.grid2.code, town.grid3.code, town.north_grid.code]
    assert lin.get("/places/areas", on="2020-01-01").json()["items"] == []
    one = lin.get(f"/places/areas/{town.grid1.code}").json()
    assert (one["name"], one["parent"]["code"], one["households"]) == ("第一网格", town.community.code, 400)
    assert lin.get("/places/areas/000").status_code == 404


def test_place_search(town, calls):
    found = calls(town.lin).get("/places/search", q="家属院").json()["items"]
    assert [(row["type"], row["name"]) for row in found] == [("compound", "物业所家属院")]


def test_catalogue(town, calls):
    lin = calls(town.lin)
    assert "06" in [row["code"] for row in lin.get("/catalogue/classes").json()["items"]]
    shed = lin.get("/catalogue/matters/06001").json()
    assert (shed["legal_basis_required"], shed["area_required"], shed["after_photo"]) == (True, True, True)
    assert lin.get("/catalogue/matters/99999").status_code == 404
    first = lin.get("/catalogue/matters").json()
    assert len(first["items"]) == 100
    second = lin.get("/catalogue/matters", after=first["next"]).json()["items"]
    assert second[0]["code"] > first["items"][-1]["code"]
    assert [row["code"] for row in lin.get("/catalogue/matters", q="06001").json()["items"]] == ["06001"]
    guess = lin.get("/catalogue/guess", text="楼下垃圾成堆没人清").json()["items"]
    assert any("垃圾" in word for row in guess for word in row["words"])
    route = lin.get("/catalogue/matters/06001/route", area=town.grid1.code).json()
    assert route["main"] == {"id": town.enforcement.pk, "name": "综合执法队"}
    assert route["why"]


@pytest.mark.parametrize("path", COUNTS)
@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_takes_the_same_number_of_queries_however_long(town, calls, django_assert_num_queries, path, rows):
    for _ in range(rows):
        town.reported(by=town.luo, area=town.grid1)
    luo = calls(town.luo)
    luo.get(path)
    with django_assert_num_queries(COUNTS[path]):
        assert luo.get(path).status_code == 200


def test_a_report_takes_few_queries(town, calls, django_assert_num_queries):
    from wangge.doors.api.tests.conftest import report_body

    lin = calls(town.lin)
    lin.post("/reports", report_body())
    # token, posts; begin, begin; number, case, report, timeline, audit, clock, duty, job; end; key; end
    with django_assert_num_queries(15):
        assert lin.post("/reports", report_body()).status_code == 201
