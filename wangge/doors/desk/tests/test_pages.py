"""Every page of the desk: it works, it is in words, the wrong person gets nowhere, and twice the rows cost no query."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import pytest
import time_machine

from tests.town import SINCE, square
from wangge.domains.cases import actions
from wangge.doors.desk.tests.test_steps import jpeg
from wangge.foundation.accounts.actions import give_responsibility
from wangge.foundation.accounts.models import ApiToken, Organisation, Post, SavedView
from wangge.foundation.media.actions import accept
from wangge.foundation.notifications.models import Notice
from wangge.foundation.places import actions as places

FRIDAY = dt.datetime(2026, 11, 20, 2, 0, tzinfo=dt.UTC)  # 10:00 at the office


def text_of(answer) -> str:
    return answer.content.decode()


class TestHome:
    def test_the_list_of_a_dispatcher(self, town, at_desk):
        with time_machine.travel(FRIDAY - dt.timedelta(days=8), tick=False):
            late = town.filed()
        with time_machine.travel(FRIDAY, tick=False):
            new = town.filed()
            town.log_in(client := at_desk("chen"), town.chen)
            page = text_of(client.get("/desk/"))
        assert page.index("已超期") < page.index(late.number) < page.index("今日到期") < page.index(new.number)
        assert f'href="/desk/cases/{late.number}/"' in page

    def test_what_belongs_to_others_is_not_on_it(self, town, at_desk):
        foreign = town.filed()
        for who in ("zhao", "he", "su", "root", "tan"):
            assert foreign.number not in text_of(at_desk(who).get("/desk/")), who

    @pytest.mark.parametrize(
        ("who", "offered"),
        [
            ("chen", "/desk/new/"),
            ("he", "/desk/cases/"),
            ("qian", "/desk/cases/"),
            ("security", "/desk/posts/"),
            ("root", "/desk/catalogue/"),
            ("tan", "/desk/me/"),
        ],
    )
    def test_an_empty_list_offers_the_first_action(self, town, at_desk, who, offered):
        page = text_of(at_desk(who).get("/desk/"))
        empty = page[page.index('class="wg-empty"') :]
        assert f'href="{offered}"' in empty[:900]

    def test_messages_are_read(self, town, at_desk):
        case = town.dispatched()
        from wangge.domains.cases.actions import tell_unit

        tell_unit(case_id=case.pk)
        page = text_of(at_desk("he").get("/desk/"))
        assert f"{case.number} 已派遣到您单位，请及时签收。" in page
        notice = Notice.objects.get(user=town.he)
        assert at_desk("hua").post(f"/desk/notices/{notice.pk}/", {"number": case.number}).status_code == 302
        notice.refresh_from_db()
        assert notice.read_at is None
        answer = at_desk("he").post(f"/desk/notices/{notice.pk}/", {"number": case.number})
        assert answer["Location"] == f"/desk/cases/{case.number}/"
        notice.refresh_from_db()
        assert notice.read_at is not None

    def test_all_messages_at_once(self, town, at_desk):
        from wangge.domains.cases.actions import tell_unit

        for _n in range(2):
            tell_unit(case_id=town.dispatched().pk)
        assert at_desk("he").post("/desk/notices/read/").status_code == 302
        assert Notice.objects.filter(user=town.he, read_at__isnull=True).count() == 0
        assert text_of(at_desk("he").get("/desk/notices/")).count("dk-notice__text") == 2

    def test_pages_of_fifty(self, town, at_desk):
        numbers = [town.reported().number for _n in range(52)]
        first = text_of(at_desk("bai").get("/desk/"))
        following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
        second = text_of(at_desk("bai").get(f"/desk/{following}"))
        on_first = {n for n in numbers if n in first}
        on_second = {n for n in numbers if n in second}
        assert (len(on_first), len(on_second)) == (50, 2)
        assert on_first | on_second == set(numbers)


class TestQueue:
    def test_next_breach_first_with_keys(self, town, at_desk):
        early, late = town.reported(), town.reported()
        page = text_of(at_desk("bai").get("/desk/cases/queue/file/"))
        assert page.index(early.number) < page.index(late.number)
        for key, verb in (("1", "file"), ("2", "merge"), ("3", "decline")):
            assert (
                f'data-triage-key="{key}" hx-get="/desk/cases/{early.number}/panel/?queue=file&amp;open={verb}"' in page
            )

    def test_who_may_work_it(self, town, at_desk):
        for key, worker, other in (
            ("file", "bai", "su"), ("spot_check", "su", "chen"), ("dispatch", "chen", "bai"), ("sign", "he", "chen"),
            ("handle", "he", "su"), ("verify", "su", "bai"), ("call_back", "ma", "chen"), ("judge", "luo", "chen"),
        ):  # fmt: skip
            assert at_desk(worker).get(f"/desk/cases/queue/{key}/").status_code == 200, key
            assert at_desk(other).get(f"/desk/cases/queue/{key}/").status_code == 403, key
        assert at_desk("luo").get("/desk/cases/queue/nothing/").status_code == 404

    def test_a_queue_is_narrowed(self, town, at_desk):
        here, there = town.reported(), town.reported(area=town.grid3, by=town.bai)
        page = text_of(at_desk("bai").get("/desk/cases/queue/file/", {"area": town.community2.path}))
        assert there.number in page
        assert here.number not in page
        page = text_of(at_desk("bai").get("/desk/cases/queue/file/", {"module": "party"}))
        assert "没有符合条件的案件" in page

    def test_pages_of_fifty(self, town, at_desk):
        numbers = [town.reported().number for _n in range(51)]
        page = text_of(at_desk("bai").get("/desk/cases/queue/file/"))
        following = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
        second = text_of(at_desk("bai").get(f"/desk/cases/queue/file/{following}"))
        assert [n for n in numbers if f'id="case-{n}"' in second] == numbers[50:]

    def test_the_pane_shows_guess_and_route(self, town, at_desk):
        case = town.reported()
        page = text_of(at_desk("bai").get(f"/desk/cases/{case.number}/panel/?queue=file&open=file"))
        assert "综合执法队" in page
        assert "15 个工作日" in page
        assert 'name="matter" value="06001" checked' in page

    def test_the_pane_shows_possible_duplicates(self, town, at_desk):
        first, second = town.reported(), town.reported()
        page = text_of(at_desk("bai").get(f"/desk/cases/{second.number}/panel/?queue=file&open=merge"))
        assert f'name="into" value="{first.number}"' in page

    def test_a_matter_is_searched(self, town, at_desk):
        case = town.reported()
        page = text_of(at_desk("bai").get(f"/desk/cases/{case.number}/matters/?q=06010"))
        assert page.count('name="matter"') == 1
        assert 'value="06010" checked' in page
        assert at_desk("he").get(f"/desk/cases/{case.number}/matters/?q=06010").status_code == 403
        assert at_desk("zhao").get(f"/desk/cases/{case.number}/matters/?q=06010").status_code == 404

    def test_a_route_is_previewed(self, town, at_desk):
        case = town.reported()
        assert "环卫所" in text_of(at_desk("bai").get(f"/desk/cases/{case.number}/route/?matter=06010"))
        assert at_desk("bai").get(f"/desk/cases/{case.number}/route/?matter=99999").status_code == 404


class TestList:
    def test_number_leads_straight_to_the_case(self, town, at_desk):
        case = town.reported()
        answer = at_desk("chen").get("/desk/search/", {"q": case.number.lower()})
        assert (answer.status_code, answer["Location"]) == (302, f"/desk/cases/{case.number}/")
        assert at_desk("zhao").get("/desk/search/", {"q": case.number}).status_code == 200

    def test_words_places_and_people_who_see_no_case(self, town, at_desk):
        case = town.reported(text="广场南边的井盖松动了")
        page = text_of(at_desk("chen").get("/desk/search/", {"q": "井盖"}))
        assert case.number in page
        assert "物业所家属院" in text_of(at_desk("chen").get("/desk/search/", {"q": "家属院"}))
        assert "第一网格" in text_of(at_desk("chen").get("/desk/search/", {"q": "第一"}))
        assert "北关网格" not in text_of(at_desk("chen").get("/desk/search/", {"q": "北关"}))
        assert case.number not in text_of(at_desk("root").get("/desk/search/", {"q": "井盖"}))

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({}, {"a", "b", "c"}),
            ({"state": "open"}, {"a", "b"}),
            ({"state": "closed"}, {"c"}),
            ({"q": "路灯"}, {"b"}),
            ({"module": "order"}, set()),
            ({"matter_class": "06"}, {"a", "b", "c"}),
            ({"flag": "urgent"}, {"b"}),
            ({"source": "patrol"}, {"a", "b"}),
            ({"reported_from": "2031-01-01"}, set()),
            ({"state": "nonsense", "unit": "x", "reported_from": "never"}, {"a", "b", "c"}),
        ],
    )
    def test_filters(self, town, at_desk, query, found):
        cases = {"a": town.filed(), "b": town.reported(text="路灯不亮", urgent=True), "c": town.closed()}
        page = text_of(at_desk("luo").get("/desk/cases/", query))
        assert {key for key, case in cases.items() if f'id="case-{case.number}"' in page} == found

    def test_by_area_and_unit(self, town, at_desk):
        sent, other = town.dispatched(), town.reported(area=town.grid2, by=town.gao)
        page = text_of(at_desk("luo").get("/desk/cases/", {"unit": town.enforcement.pk}))
        assert (sent.number in page, other.number in page) == (True, False)
        page = text_of(at_desk("luo").get("/desk/cases/", {"area": town.grid2.path}))
        assert (sent.number in page, other.number in page) == (False, True)

    def test_pages_of_fifty(self, town, at_desk):
        numbers = [town.reported().number for _n in range(53)]
        page = text_of(at_desk("luo").get("/desk/cases/"))
        following = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
        second = text_of(at_desk("luo").get(f"/desk/cases/{following}"))
        assert [n for n in numbers if f'id="case-{n}"' in second] == numbers[:3]

    def test_views_are_saved_renamed_and_deleted(self, town, at_desk):
        client = at_desk("chen")
        answer = client.post("/desk/cases/views/", {"name": "未办结", "query": "state=open&evil=1&module="})
        assert answer["Location"] == "/desk/cases/?state=open"
        view = SavedView.objects.get(user=town.chen)
        assert (view.name, view.query) == ("未办结", "state=open")
        assert at_desk("bai").post(f"/desk/cases/views/{view.pk}/delete/").status_code == 404
        assert at_desk("bai").post(f"/desk/cases/views/{view.pk}/rename/", {"name": "我的"}).status_code == 404
        at_desk("chen").post(f"/desk/cases/views/{view.pk}/rename/", {"name": "在办"})
        assert list(SavedView.objects.values_list("name", "query")) == [("在办", "state=open")]
        assert "在办" in text_of(at_desk("chen").get("/desk/cases/"))
        view = SavedView.objects.get()
        at_desk("chen").post(f"/desk/cases/views/{view.pk}/delete/")
        assert SavedView.objects.count() == 0

    def test_a_view_without_a_name_is_refused(self, town, at_desk):
        at_desk("chen").post("/desk/cases/views/", {"name": " ", "query": "state=open"})
        assert SavedView.objects.count() == 0


class TestCase:
    def test_why_the_deadline_is_what_it_is(self, town, at_desk):
        with time_machine.travel(FRIDAY, tick=False):
            case = town.handling()
            page = text_of(at_desk("luo").get(f"/desk/cases/{case.number}/"))
        assert "15 个工作日" in page
        assert "当日不计，至最后一个工作日下班时止" in page
        assert "12月11日 周五 18:00" in page

    def test_two_judgements_shown_apart(self, town, at_desk):
        case = town.closed()
        page = text_of(at_desk("luo").get(f"/desk/cases/{case.number}/"))
        judged = page[page.index('class="dk-judged"') :][:900]
        assert judged.index("是否解决") < judged.index("是否满意")

    def test_photos_are_linked_when_they_have_arrived(self, town, at_desk):
        sent = jpeg()
        digest = hashlib.sha256(sent).hexdigest()
        accept(by=town.he, content=sent, sha256=digest)
        handling = town.handling()
        outcome = town.outcome(before_photos=["b" * 64], after_photos=[digest])
        case = actions.handle(case=handling, by=town.he, outcome=outcome)
        page = text_of(at_desk("luo").get(f"/desk/cases/{case.number}/"))
        assert f"/api/v1/media/{digest}?size=thumb" in page
        assert f"/api/v1/media/{'b' * 64}" not in page
        assert "还有 1 张照片正在上传。" in page

    def test_objection_merged_and_returned_stand_on_the_page(self, town, at_desk):
        case = town.objected()
        assert "异议" in text_of(at_desk("luo").get(f"/desk/cases/{case.number}/"))
        sent = actions.send_back(case=town.dispatched(), by=town.he, reason="不属于我队", basis="清单第3条")
        page = text_of(at_desk("chen").get(f"/desk/cases/{sent.number}/"))
        assert "不属于我队" in page
        assert "清单第3条" in page
        assert "被退回" in page

    def test_foreign_and_missing_are_alike(self, town, at_desk):
        case = town.reported()
        for path in ("", "panel/"):
            foreign = at_desk("zhao").get(f"/desk/cases/{case.number}/{path}")
            missing = at_desk("zhao").get(f"/desk/cases/NC-2026-999999/{path}")
            assert foreign.status_code == missing.status_code == 404
            assert foreign.content == missing.content

    def test_signed_out_goes_to_the_log_in(self, town, client):
        case = town.reported()
        answer = client.get(f"/desk/cases/{case.number}/")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/login/?next=")


class TestNew:
    def said(self, town, **more):
        lon, lat = town.grid1.lon, town.grid1.lat
        values = {
            "report_id": "018f3f5e-0000-7000-8000-000000000001", "source": "phone", "text": "楼道灯坏了三天",
            "area": "", "lon": lon, "lat": lat, "address": "槐荫路12号", "contact_name": "吴桂英",
            "contact_phone": "10012345678", "matter": "", "join": "",
        }  # fmt: skip
        return values | more

    def test_a_call_becomes_a_case(self, town, at_desk):
        from wangge.domains.cases.models import Case

        answer = at_desk("bai").post("/desk/new/", self.said(town))
        case = Case.objects.unscoped("the test looks").get()
        assert answer["Location"] == f"/desk/cases/{case.number}/"
        assert (case.state, case.source, case.area, case.compound) == (
            "reported",
            "phone",
            town.grid1,
            town.compound,
        )
        assert town.voice(case).contact_mask == "吴** 1**********"
        assert town.voice(case).asks is True

    def test_the_same_form_twice_is_one_report(self, town, at_desk):
        from wangge.domains.cases.models import Case, Report

        client = at_desk("bai")
        first = client.post("/desk/new/", self.said(town))
        second = client.post("/desk/new/", self.said(town))
        assert (first["Location"], second.status_code) == (second["Location"], 302)
        assert (Case.objects.unscoped("count").count(), Report.objects.unscoped("count").count()) == (1, 1)

    def test_the_same_thing_joins(self, town, at_desk):
        from wangge.domains.cases.models import Case, Report

        case = town.reported()
        answer = at_desk("bai").post("/desk/new/", self.said(town, join=case.number))
        assert answer["Location"] == f"/desk/cases/{case.number}/"
        assert Case.objects.unscoped("count").count() == 1
        assert Report.objects.of_case(case).count() == 2

    def test_what_is_possible_is_shown_while_typing(self, town, at_desk):
        case = town.reported()
        where = {"text": "有人搭板房", "lon": town.grid1.lon, "lat": town.grid1.lat}
        page = text_of(at_desk("bai").get("/desk/new/possible/", where))
        assert f'name="join" value="{case.number}"' in page
        assert case.number not in text_of(at_desk("zhao").get("/desk/new/possible/", where))

    def test_where_a_point_is(self, town, at_desk):
        point = {"lon": town.grid1.lon, "lat": town.grid1.lat}
        assert "第一网格" in text_of(at_desk("bai").get("/desk/new/where/", point))
        assert "第一网格" not in text_of(at_desk("zhao").get("/desk/new/where/", point))
        assert at_desk("bai").get("/desk/new/where/", {"lon": "NaN", "lat": "inf"}).status_code == 200

    def test_without_words_or_a_place_it_is_refused_and_kept(self, town, at_desk):
        from wangge.domains.cases.models import Case

        answer = at_desk("bai").post("/desk/new/", self.said(town, text="", lon="", lat="", contact_name="李某"))
        assert answer.status_code == 422
        page = text_of(answer)
        assert "请填写反映内容。" in page
        assert "请说明地点" in page
        assert 'value="李某"' in page
        assert Case.objects.unscoped("count").count() == 0

    def test_who_may_not(self, town, at_desk):
        assert at_desk("he").get("/desk/new/").status_code == 403
        answer = at_desk("zhao").post("/desk/new/", self.said(town))
        assert answer.status_code == 422
        from wangge.domains.cases.models import Case

        assert Case.objects.unscoped("count").count() == 0


class TestMap:
    def test_points_are_open_cases_in_their_colours(self, town, at_desk):
        here, _closed = town.filed(), town.closed()
        found = json.loads(at_desk("chen").get("/desk/map/cases.json?bbox=115,34,117,36").content)["features"]
        assert [f["properties"]["id"] for f in found] == [here.number]
        assert found[0]["properties"]["tone"] in {"blue", "amber"}
        assert json.loads(at_desk("zhao").get("/desk/map/cases.json").content)["features"] == []
        assert json.loads(at_desk("chen").get("/desk/map/cases.json?bbox=1,1,2,2").content)["features"] == []
        for box in ("1,2,3", "a,b,c,d", "nan,1,2,3", "1e999,0,0,0"):
            assert at_desk("chen").get("/desk/map/cases.json", {"bbox": box}).status_code == 422, box

    def test_no_tiles_unless_configured(self, town, at_desk):
        assert at_desk("chen").get("/desk/tiles/12/3/4").status_code == 404


def test_tiles_come_through_the_server(town, at_desk, settings, socket_enabled):
    """A local fake of the tile source: the key goes there and never to the browser."""
    import http.server
    import threading

    asked: list[str] = []

    class Source(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            kind, body = ("image/png", b"\x89PNG") if "/12/" in self.path else ("text/html", b"<b>no</b>")
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Source)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        settings.TILE_URL = f"http://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}?tk={{key}}"
        settings.TILE_KEY = "secret-key"
        answer = at_desk("chen").get("/desk/tiles/12/3/4")
        assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"\x89PNG", "image/png")
        assert asked == ["/12/3/4?tk=secret-key"]
        assert at_desk("chen").get("/desk/tiles/11/3/4").status_code == 404  # not a picture
        assert at_desk("chen").get("/desk/tiles/2/9/1").status_code == 404  # no such tile: nobody is asked
        assert len(asked) == 2
        page = text_of(at_desk("chen").get("/desk/map/"))
        assert "/desk/tiles/{z}/{x}/{y}" in page
        assert "secret-key" not in page
        assert at_desk("tan").get("/desk/tiles/12/3/4").status_code == 403
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert at_desk("chen").get("/desk/tiles/12/3/5").status_code == 404  # the source is down


class TestPostsAndGrids:
    def test_posts_of_ones_own_street(self, town, at_desk):
        page = text_of(at_desk("security").get("/desk/posts/"))
        assert "林晓" in page
        assert "赵北" not in page
        assert at_desk("he").get("/desk/posts/").status_code == 403

    def given(self, town, **more):
        values = {"username": "gao", "role": "grid_head", "area": town.grid2.pk, "basis": "concurrent"}
        return values | {"valid_from": "2026-01-01", "valid_to": "", "organisation": ""} | more

    def test_a_post_is_given_and_ended(self, town, at_desk):
        assert at_desk("luo").post("/desk/posts/give/", self.given(town)).status_code == 403
        assert at_desk("security").post("/desk/posts/give/", self.given(town)).status_code == 302
        post = Post.objects.get(user=town.gao, role="grid_head")
        assert at_desk("luo").post(f"/desk/posts/{post.pk}/end/").status_code == 403
        assert at_desk("security").post(f"/desk/posts/{post.pk}/end/").status_code == 302
        post.refresh_from_db()
        assert post.valid_to is not None

    @pytest.mark.parametrize(
        "wrong",
        [{"username": "nobody"}, {"username": "security"}, {"role": ""}, {"area": ""}, {"valid_to": "2025-01-01"}],
    )
    def test_a_wrong_appointment(self, town, at_desk, wrong):
        count = Post.objects.count()
        assert at_desk("security").post("/desk/posts/give/", self.given(town, **wrong)).status_code == 422
        assert Post.objects.count() == count

    def test_a_foreign_post_is_not_found(self, town, at_desk):
        foreign = Post.objects.get(user=town.zhao)
        assert at_desk("security").post(f"/desk/posts/{foreign.pk}/end/").status_code == 404
        assert Post.objects.get(pk=foreign.pk).valid_to is None

    def test_the_division_as_of_a_day(self, town, at_desk):
        old = places.add_area(
            by=None, kind="grid", code="999999001001900", name_zh="老网格", parent=town.community, grid_kind="basic",
            boundary=square(0, 0, 2, 1), valid_from=dt.date(2022, 1, 1), valid_to=SINCE,
        )  # fmt: skip
        places.record_lineage(by=None, links=[(old, town.grid1, 0.5), (old, town.grid2, 0.5)])
        now = text_of(at_desk("chen").get("/desk/grids/"))
        then = text_of(at_desk("chen").get("/desk/grids/?on=2023-06-01"))
        assert ("老网格" in now, "第一网格" in now) == (False, True)
        assert ("老网格" in then, "第一网格" in then) == (True, False)
        assert "没有网格" in text_of(at_desk("chen").get("/desk/grids/?on=2001-01-01"))
        card = text_of(at_desk("chen").get(f"/desk/grids/{old.pk}/"))
        assert "已调整撤销" in card
        assert f'href="/desk/grids/{town.grid1.pk}/"' in card
        assert "50%" in card
        assert "老网格" in text_of(at_desk("chen").get(f"/desk/grids/{town.grid1.pk}/"))

    def test_the_card_of_a_grid(self, town, at_desk):
        case = town.filed()
        branch = Organisation.objects.create(
            tree="party", kind="party_branch", name_zh="第一网格党支部", valid_from=SINCE, area=town.community
        )
        give_responsibility(by=None, organisation=branch, valid_from=SINCE, area=town.grid1)
        page = text_of(at_desk("chen").get(f"/desk/grids/{town.grid1.pk}/"))
        for word in ("林晓", "第一网格党支部", "物业所家属院", case.number):
            assert word in page
        assert at_desk("chen").get(f"/desk/grids/{town.north_grid.pk}/").status_code == 404
        assert at_desk("chen").get(f"/desk/grids/{town.community.pk}/").status_code == 404
        assert case.number not in text_of(at_desk("root").get(f"/desk/grids/{town.grid1.pk}/"))


class TestAccount:
    def test_a_token_is_shown_once(self, town, at_desk):
        answer = at_desk("chen").post("/desk/me/tokens/", {"name": "值班脚本"})
        token = ApiToken.objects.get(user=town.chen)
        page = text_of(answer)
        secret = page.split("<code>")[1].split("</code>")[0]
        assert secret.startswith("wg_")
        from wangge.foundation.accounts.queries import user_by_token

        assert user_by_token(secret) == town.chen
        assert secret not in text_of(at_desk("chen").get("/desk/me/"))
        assert at_desk("bai").post(f"/desk/me/tokens/{token.pk}/end/").status_code == 404
        assert at_desk("chen").post(f"/desk/me/tokens/{token.pk}/end/").status_code == 302
        assert user_by_token(secret) is None

    def test_a_token_without_a_purpose(self, town, at_desk):
        assert at_desk("chen").post("/desk/me/tokens/", {"name": " "}).status_code == 422
        assert ApiToken.objects.count() == 0

    def test_the_gallery(self, town, at_desk):
        assert at_desk("chen").get("/desk/components/").status_code == 200
