"""Commands of a phone: each once, refusals kept, what is only delayed left in the phone."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid

import pytest
from django.db import OperationalError

from wangge.domains.cases.models import Case, CasePhoto, Report, TimelineEntry
from wangge.domains.fieldwork import phones as reads
from wangge.domains.fieldwork.command_words import NAMES
from wangge.domains.fieldwork.models import Phone, Refused
from wangge.doors.api.sync import carrying_out
from wangge.doors.api.sync.kinds import KINDS
from wangge.doors.api.sync.tests.conftest import NOW, dumps, report
from wangge.doors.api.tests.conftest import photo
from wangge.foundation.accounts.models import Post
from wangge.foundation.core import clock
from wangge.foundation.core.models import IdempotencyKey
from wangge.foundation.duties.queries import to_do

OTHER = "/api/v1/sync/commands"


def cases():
    return Case.objects.unscoped("the test counts").count()


def test_a_report_is_made_under_the_id_of_its_command(town, phones):
    lin = phones(town.lin)
    command = lin.command("report.make", **report(photos=["a" * 64, "b" * 64], urgent=True))
    (result,) = lin.send(command)
    made = Report.objects.unscoped("test").select_related("case").get()
    assert result == {
        "id": command["id"],
        "status": "done",
        "replayed": False,
        "answer": {"id": command["id"], "number": made.case.number, "state": "reported", "follow_code": None},
        "problem": None,
        "refused": None,
    }
    assert str(made.public_id) == command["id"]
    assert (made.by, made.source, made.case.urgent, made.case.area) == (town.lin, "patrol", True, town.grid1)
    assert made.occurred_at == dt.datetime.fromisoformat(NOW)
    assert abs(made.recorded_at - clock.now()) < dt.timedelta(minutes=1)
    assert made.case.reported_at == made.recorded_at  # no deadline from the phone's clock
    assert list(CasePhoto.objects.values_list("sha256", "media")) == [("a" * 64, None), ("b" * 64, None)]


def test_sent_again_it_is_answered_as_the_first_time(town, phones):
    lin = phones(town.lin)
    command = lin.command("report.make", **report())
    (first,) = lin.send(command)
    (again,) = lin.send(command)
    assert again == first | {"replayed": True}
    assert cases() == 1
    twice = lin.command("report.make", **report())
    one, two = lin.send(twice, twice)
    assert (one["replayed"], two["replayed"], one["answer"]) == (False, True, two["answer"])
    assert cases() == 2


def test_the_order_of_keys_is_no_other_body(town, phones):
    lin = phones(town.lin)
    command = lin.command("report.make", **report())
    lin.send(command)
    (again,) = lin.send(command | {"data": dict(reversed(command["data"].items()))})
    assert again["replayed"] is True


@pytest.mark.parametrize("days", [1, 400])
def test_a_replay_after_long_is_still_one_row(town, phones, monkeypatch, days):
    lin = phones(town.lin)
    command = lin.command("report.make", **report())
    (first,) = lin.send(command)
    later = clock.now() + dt.timedelta(days=days)
    monkeypatch.setattr(clock, "now", lambda: later)
    (again,) = phones(town.fresh(town.lin)).send(command)
    assert again == first | {"replayed": True}
    assert cases() == 1
    assert IdempotencyKey.objects.filter(key=f"sync:{command['id']}").count() == 1


def test_the_same_id_with_another_body_is_refused_kept_and_changes_nothing(town, phones):
    lin = phones(town.lin)
    command = lin.command("report.make", **report())
    lin.send(command)
    (refused,) = lin.send(command | {"data": report(text="完全不同的事")})
    assert (refused["status"], refused["problem"]["code"]) == ("refused", "same-key-other-body")
    assert Report.objects.unscoped("test").get().text == report()["text"]
    kept = Refused.objects.get()
    assert (kept.pk, kept.user, str(kept.command_id), kept.kind) == (
        refused["refused"], town.lin, command["id"], "report.make",
    )  # fmt: skip
    assert reads.command(kept)["data"]["text"] == "完全不同的事"
    assert "完全".encode() not in bytes(kept.body)
    assert [(duty.kind, duty.subject_id) for duty in to_do(town.lin) if duty.subject_type == "refused"] == [
        ("refused", kept.pk)
    ]
    lin.send(command | {"data": report(text="完全不同的事")})
    assert Refused.objects.count() == 1
    lin.send(command | {"data": report(text="第三种说法")})
    assert Refused.objects.count() == 2
    assert cases() == 1


@pytest.mark.parametrize(
    ("kind", "data", "code", "field"),
    [
        ("report.make", {"place": {}}, "invalid", "text"),
        ("report.make", report(text="x" * 4001), "invalid", "text"),
        ("report.make", report(matter="99999"), "invalid", "matter"),
        ("report.make", report(place={"lon": 0.0, "lat": 0.0}), "invalid", "place"),
        ("report.make", report(place={"building": 999999}), "invalid", "place.building"),
        ("report.make", report(place={"lon": 200.0, "lat": 0.0}), "invalid", "place.lon"),
        ("report.make", report(photos=["x"]), "invalid", "photos.0"),
        ("report.make", report(extra=1), "invalid", "extra"),
        ("report.make", report(text="\ud800"), "invalid", "text"),
        ("case.sign_for", {"case": "NC-2026-999999"}, "not-found", None),
        ("case.fly", {}, "unknown-kind", "kind"),
        ("refused.drop", {"refused": 1}, "not-found", None),
    ],
)
def test_what_cannot_be_done_is_kept_with_its_reason(town, phones, kind, data, code, field):
    lin = phones(town.lin)
    good = lin.command("report.make", **report())
    first, bad = lin.send(good, lin.command(kind, **data))
    assert first["status"] == "done"
    assert (bad["status"], bad["problem"]["code"], bad["problem"]["field"]) == ("refused", code, field)
    assert all(bad["problem"][part] for part in ("title", "kept", "remedy"))
    assert cases() == 1
    row = Refused.objects.get()
    assert reads.command(row)["data"] == data
    assert row.area_path == town.grid1.path


def test_every_kind_refuses_what_is_no_data_of_it(town, phones):
    lin = phones(town.lin)
    results = lin.send(*(lin.command(kind, nonsense=True) for kind in KINDS))
    assert {result["status"] for result in results} == {"refused"}
    assert Refused.objects.count() == len(KINDS)
    assert cases() == 0


def test_every_kind_has_a_name_for_people():
    assert {kind for kind in KINDS if not kind.startswith("refused.")} == NAMES.keys()


def test_only_who_may_does(town, phones):
    case = town.dispatched()
    results = [
        phones(user).one("case.sign_for", case=case.number) for user in (town.gao, town.zhao, town.lin, town.tan)
    ]
    assert [(r["status"], r["problem"]["code"]) for r in results] == [
        ("refused", "not-found"), ("refused", "not-found"), ("refused", "not-allowed"), ("refused", "not-found"),
    ]  # fmt: skip
    assert town.read(case).state == "dispatched"
    assert phones(town.he).one("case.sign_for", case=case.number)["answer"] == {
        "number": case.number, "state": "handling",
    }  # fmt: skip


def test_a_case_walked_by_phones(town, phones):
    case = town.dispatched(contact=town.wu())
    he, su = phones(town.he), phones(town.su)
    signed, spoke, done = he.send(
        he.command("case.sign_for", case=case.number),
        he.command("case.contact", case=case.number, note="已约周三上门"),
        he.command(
            "case.handle", case=case.number, result="solved", text="已拆除", reply="您反映的违建已经拆除。",
            legal_basis="城乡规划法第六十四条", area_m2=18.5, quantities=[{"amount": 1, "unit": "处"}],
            before=["b" * 64], after=["a" * 64],
        ),
    )  # fmt: skip
    assert [signed["status"], spoke["status"], done["status"]] == ["done"] * 3, done
    assert su.one("case.verify", case=case.number, passed=False, note="还有残渣", photos=["c" * 64])["answer"] == {
        "number": case.number, "state": "handling",
    }  # fmt: skip
    assert list(TimelineEntry.objects.filter(case=case).order_by("id").values_list("verb", flat=True))[-4:] == [
        "sign_for", "contact", "handle", "rework",
    ]  # fmt: skip
    assert sorted(case.photos.values_list("kind", flat=True)) == ["after", "before", "check"]


def test_a_second_check_waits_for_its_photo(town, phones, settings, tmp_path):
    settings.MEDIA_DIR = tmp_path
    settings.SECOND_CHECK_PERCENT = 100
    case = town.evaluating()
    lin = phones(town.lin)
    content = photo("blue")
    sha = hashlib.sha256(content).hexdigest()
    command = lin.command("case.second_check", case=case.number, passed=True, note="属实", photos=[sha])
    (waits,) = lin.send(command)
    assert (waits["status"], waits["problem"]["code"]) == ("later", "photos-first")
    assert not Refused.objects.exists()
    assert lin.caller.raw("PUT", f"/media/{sha}", content, "image/jpeg").status_code == 200
    (done,) = lin.send(command)
    assert (done["status"], done["replayed"]) == ("done", False), done


def test_join_supplement_and_settle(town, phones):
    case = town.reported()
    lin = phones(town.lin)
    joined = lin.one("report.join", case=case.number, text="我也看到了", place={"area": town.grid1.pk})
    assert joined["answer"]["number"] == case.number
    settled = lin.one(
        "report.make",
        **report(
            matter="06010", photos=["d" * 64], settled={"text": "已当场清理", "reply": "已清理", "after": ["e" * 64]}
        ),
    )
    assert settled["status"] == "done", settled
    assert settled["answer"]["state"] in {"settled", "closed"}
    asked = town.reported()
    from wangge.domains.cases import actions

    actions.ask_for_more(case=asked, by=town.bai, question="几楼？")
    answer = lin.one("report.supplement", report=str(town.voice(asked).public_id), text="三楼")
    assert answer["answer"]["state"] == "reported"


def test_somebody_else_stands_behind_a_report(town, phones):
    result = phones(town.lin).one("report.make", **report(contact={"name": "吴桂英", "phone": "10012345678"}))
    made = Report.objects.unscoped("test").get()
    assert (made.source, made.contact_mask, made.asks) == ("on_behalf", "吴** 1**********", True)
    assert len(result["answer"]["follow_code"]) == 26


@pytest.mark.parametrize(
    ("place", "words", "exact"),
    [
        ({"compound": "compound", "address": "西侧"}, "物业所家属院 西侧", False),
        ({"building": "building", "address": "2单元"}, "物业所家属院3号楼 2单元", False),
        ({"area": "grid1", "address": "槐荫路"}, "槐荫路", None),
        ({"address": "槐荫路"}, "槐荫路", None),
        ({"building": "building", "lon": 116.0051, "lat": 35.0051}, "物业所家属院3号楼", True),
    ],
)
def test_where_it_is(town, phones, place, words, exact):
    ids = {"compound": town.compound.pk, "building": town.compound.buildings.get().pk, "grid1": town.grid1.pk}
    said = {key: ids.get(value, value) for key, value in place.items()}
    assert phones(town.lin).one("report.make", **report(place=said))["status"] == "done"
    case = Case.objects.unscoped("test").get()
    assert (case.area, case.address) == (town.grid1, words)
    assert (case.lon == 116.0051 if exact else True) and (case.lon is None) == (exact is None)


def test_a_grid_redrawn_while_it_waited(town, phones):
    from wangge.foundation.places.models import Area, AreaLineage

    today = clock.today()
    Area.objects.filter(pk=town.grid1.pk).update(valid_to=today)
    old = town.grid1
    new = Area.objects.create(
        kind="grid",
        grid_kind="basic",
        code="999999001001009",
        name_zh="新网格",
        parent=town.community,
        valid_from=today,
    )
    Area.objects.filter(pk=new.pk).update(path=f"{town.community.path}{new.pk}/")
    AreaLineage.objects.create(old=old, new=new, share=1)
    Post.objects.filter(user=town.lin).update(area=town.community)
    assert phones(town.lin).one("report.make", **report(place={"area": old.pk}))["status"] == "done"
    assert Case.objects.unscoped("test").get().area_id == new.pk


@pytest.mark.parametrize("fault", [OperationalError("lock timeout"), RuntimeError("our own mistake")])
def test_what_is_only_delayed_stays_in_the_phone(town, phones, monkeypatch, fault):
    lin = phones(town.lin)
    command = lin.command("report.make", **report())

    def breaks(*_args, **_kwargs):
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(carrying_out, "_write", breaks)
        (later,) = lin.send(command)
    assert (later["status"], later["refused"]) == ("later", None)
    assert not Refused.objects.exists()
    assert not IdempotencyKey.objects.exists()
    (done,) = lin.send(command)
    assert (done["status"], done["replayed"]) == ("done", False)


def test_too_many_wait_in_the_phone(town, phones, monkeypatch):
    monkeypatch.setattr(carrying_out, "IN_TEN_MINUTES", 2)
    lin = phones(town.lin)
    results = lin.send(*(lin.command("report.make", **report()) for _ in range(3)))
    assert [r["status"] for r in results] == ["done", "done", "later"]
    assert results[2]["problem"]["code"] == "too-many-requests"
    assert lin.one("report.make", **report())["status"] == "later"
    assert cases() == 2


def test_a_refused_command_that_goes_through_later_is_nobodys_work(town, phones):
    he = phones(town.he)
    case = town.filed()
    command = he.command("case.sign_for", case=case.number)
    (refused,) = he.send(command)
    assert refused["status"] == "refused"
    from wangge.domains.cases import actions

    actions.dispatch(case=case, by=town.chen, unit=town.enforcement)
    (done,) = he.send(command)
    assert done["status"] == "done"
    row = Refused.objects.get()
    assert (row.state, row.settled_by) == ("sent_anew", town.he)
    assert not [duty for duty in to_do(town.he) if duty.subject_type == "refused"]


def test_after_the_post_has_ended_nothing_is_lost(town, phones):
    lin = phones(town.lin)
    Post.objects.filter(user=town.lin).update(valid_to=clock.today())
    result = lin.one("report.make", **report())
    assert (result["status"], result["problem"]["code"]) == ("refused", "not-allowed")
    assert Refused.objects.get().area_path == town.grid1.path  # his last station sees to it
    assert cases() == 0


# What a batch may be ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        {"phone": "x"}, {"clock": "gestern"}, {"clock": "2026-01-01T00:00:00"}, {"waiting": -1}, {"unknown": 1},
        {"commands": [{"id": "x"}]}, {"commands": None}, {"label": "x" * 61},
    ],
)  # fmt: skip
def test_a_malformed_batch_is_refused_whole(town, phones, more):
    answer = phones(town.lin).post(**more)
    assert answer.status_code == 422
    assert not Phone.objects.exists()


def test_fifty_at_most(town, phones):
    lin = phones(town.lin)
    commands = [lin.command("refused.drop", refused=1, id=str(uuid.uuid4())) for _ in range(51)]
    assert lin.post(*commands).status_code == 422
    assert len(lin.send(*commands[:50])) == 50


def test_a_body_that_is_too_large(town, phones):
    lin = phones(town.lin)
    assert lin.post(lin.command("report.make", **report(text="x" * 3_000_000))).status_code == 413


def test_who_is_not_signed_in_keeps_everything(town, phones):
    lin = phones(town.lin)
    town.lin.__class__.objects.filter(username="lin").update(is_active=False)
    for path in ("/sync/commands", "/sync/working-set"):
        assert lin.caller.raw("POST", path, b"{}").status_code == 401
    assert lin.caller.get("/sync/hello").status_code == 401
    from wangge.doors.api.tests.conftest import Caller

    assert Caller(None).get("/sync/hello").status_code == 401
    assert not Phone.objects.exists()


def test_hello_gives_a_token_that_is_good(town):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    town.log_in(client, town.lin)
    body = dumps({"phone": str(uuid.uuid4()), "clock": NOW, "waiting": 0, "oldest_age_s": 0, "commands": []})
    assert client.post(OTHER, body, content_type="application/json").status_code == 403
    hello = client.get("/api/v1/sync/hello")
    said = hello.json()
    assert (said["user"], said["on_duty"], said["ends_on"]) == ({"id": town.lin.pk, "name": "林晓"}, True, None)
    assert said["limits"]["commands"] == 50
    assert hello["Cache-Control"] == "no-store"
    sent = client.post(OTHER, body, content_type="application/json", headers={"x-csrftoken": said["csrf"]})
    assert sent.status_code == 200, sent.content
    assert sent.json()["results"] == []


def test_hello_says_when_the_post_ends(town, phones):
    Post.objects.filter(user=town.lin).update(valid_to=clock.today() + dt.timedelta(days=3))
    said = phones(town.lin).caller.get("/sync/hello").json()
    assert said["ends_on"] == (clock.today() + dt.timedelta(days=2)).isoformat()
    Post.objects.filter(user=town.lin).update(valid_to=clock.today())
    assert phones(town.lin).caller.get("/sync/hello").json()["on_duty"] is False


# What a phone tells of itself -------------------------------------------------------------------------------------------


def test_a_clock_wrong_by_a_month_is_noted_and_nothing_else(town, phones):
    lin = phones(town.lin)
    ahead = (clock.now() + dt.timedelta(days=30)).isoformat()
    (result,) = lin.send(lin.command("report.make", occurred_at=ahead, **report()), clock=ahead)
    assert result["status"] == "done"
    assert Phone.objects.get().clock_off_s == pytest.approx(30 * 86400, abs=60)
    made = Report.objects.unscoped("test").select_related("case").get()
    assert made.occurred_at == dt.datetime.fromisoformat(ahead)
    usual = town.reported(matter=made.case.matter)
    assert abs(made.case.due_at - usual.due_at) < dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    "said", ["1970-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00", "0001-01-01T00:00:00+08:00"]
)
def test_a_time_that_no_calendar_has_does_not_stop_the_queue(town, phones, said):
    lin = phones(town.lin)
    (result,) = lin.send(lin.command("report.make", occurred_at=said, **report()), clock=said)
    assert result["status"] == "done"
    assert Report.objects.unscoped("test").get().occurred_at is None


def test_what_waits_is_noted_and_forgotten_when_it_has_come(town, phones):
    lin = phones(town.lin)
    command = lin.command("report.make", **report())
    lin.send(waiting=3, oldest_age_s=7200, label="Android, Chrome", persistent=True)
    phone = Phone.objects.get()
    assert (phone.waiting, phone.label, phone.persistent) == (3, "Android, Chrome", True)
    assert abs(clock.now() - phone.oldest_since - dt.timedelta(hours=2)) < dt.timedelta(minutes=1)
    lin.send(command, waiting=1, oldest_age_s=7300)
    phone.refresh_from_db()
    assert (phone.waiting, phone.oldest_since) == (2, phone.oldest_since)
    lin.send(waiting=0)
    phone.refresh_from_db()
    assert (phone.waiting, phone.oldest_since) == (0, None)
    lin.send(command, waiting=1)
    phone.refresh_from_db()
    assert (phone.waiting, phone.oldest_since) == (0, None)


def test_a_flush_writes_the_phone_rarely(town, phones):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    lin = phones(town.lin)
    lin.send()
    with CaptureQueriesContext(connection) as seen:
        lin.send()
    assert [query["sql"][:40] for query in seen if 'UPDATE "fieldwork_phone"' in query["sql"]] == []


def test_two_people_with_one_phone_are_two(town, phones):
    lin, gao = phones(town.lin), phones(town.gao)
    gao.id = lin.id
    lin.send()
    gao.send()
    assert Phone.objects.count() == 2


# What was refused -------------------------------------------------------------------------------------------------------


def refused_of(phone, **more) -> int:
    return phone.one("report.make", **report(place={"lon": 0.0, "lat": 0.0}, **more))["refused"]


def test_its_sender_reads_it_whole_and_nobody_else(town, phones):
    lin = phones(town.lin)
    pk = refused_of(lin, contact={"name": "吴桂英", "phone": "10012345678"})
    said = lin.caller.get(f"/sync/refused/{pk}").json()
    assert said["command"]["data"]["contact"]["name"] == "吴桂英"
    assert said["problem"]["code"] == "invalid"
    for other in (town.gao, town.fang, town.luo):
        assert phones(other).caller.get(f"/sync/refused/{pk}").status_code == 404
    assert lin.caller.get("/sync/refused/99999").status_code == 404


def test_handed_over_it_is_the_stations_work(town, phones):
    lin = phones(town.lin)
    pk = refused_of(lin)
    assert reads.refusals_at(town.fang) == []
    assert lin.one("refused.hand_over", refused=pk)["answer"] == {"refused": pk, "state": "handed"}
    assert [row.pk for row in reads.refusals_at(town.fang)] == [pk]
    assert reads.refusals_at(town.zhao) == []
    assert [duty.kind for duty in to_do(town.fang) if duty.subject_type == "refused"] == ["refused.handed"]
    assert not [duty for duty in to_do(town.lin) if duty.subject_type == "refused"]


@pytest.mark.parametrize(("kind", "state"), [("refused.drop", "dropped"), ("refused.sent_anew", "sent_anew")])
def test_its_sender_settles_it(town, phones, kind, state):
    lin = phones(town.lin)
    pk = refused_of(lin)
    assert phones(town.gao).one(kind, refused=pk)["problem"]["code"] == "not-found"
    assert lin.one(kind, refused=pk)["answer"] == {"refused": pk, "state": state}
    row = Refused.objects.get(pk=pk)
    assert (row.state, row.settled_by) == (state, town.lin)
    again = lin.one("refused.hand_over", refused=pk)
    assert (again["status"], again["answer"]) == ("done", {"refused": pk, "state": state})
    assert lin.one("refused.drop", refused=pk)["answer"] == {"refused": pk, "state": state}
    assert Refused.objects.filter(user=town.lin).count() == 1
    assert not [d for d in to_do(town.lin) if d.subject_type == "refused" and d.subject_id == pk]
