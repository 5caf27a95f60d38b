"""Phones of a place and refused records on the desk; and one's own refused record in the field."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from wangge.domains.cases import actions
from wangge.domains.cases.models import VoiceNote
from wangge.domains.fieldwork.actions import phones, receiving
from wangge.domains.fieldwork.actions.receiving import Sent
from wangge.domains.fieldwork.models import Phone, Refused
from wangge.foundation.accounts.models import Post
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError
from wangge.foundation.duties.queries import to_do
from wangge.foundation.media.actions import accept_sound
from wangge.foundation.media.tests.recordings import webm

SECRET = "三楼的暗号丁"


def heard(user, *, waiting=0, age_h=0.0, clock_off=0, **more) -> Phone:
    now = clock.now()
    told = phones.Told(
        clock=now + dt.timedelta(seconds=clock_off), waiting=waiting, oldest_age_s=round(age_h * 3600),
        label="Android, Chrome",
    )  # fmt: skip
    return phones.hear_from(by=user, phone=uuid.uuid4(), told=told, at=more.get("at"))


def refused(town, *, by=None, hours=0) -> Refused:
    data = {"text": SECRET, "place": {"address": "3号楼"}, "contact": {"name": "吴桂英", "phone": "10012345678"}}
    body = {"id": str(uuid.uuid4()), "kind": "report.make", "data": data}
    sent = Sent(
        id=uuid.UUID(body["id"]), kind="report.make", occurred_at=clock.now(), body=body, canonical=body["id"].encode()
    )
    at = clock.now() - dt.timedelta(hours=hours)
    return receiving.keep_refused(by=by or town.lin, sent=sent, problem=InvalidError(field="place"), at=at)


def test_the_station_sees_its_phones_in_no_order_of_merit(town, at_desk):
    heard(town.gao, waiting=9, age_h=30)
    heard(town.lin, waiting=1, age_h=3)
    heard(town.fang)
    page = at_desk("fang").get("/desk/phones/")
    text = page.content.decode()
    assert page.status_code == 200
    assert [text.index(name) for name in ("高远</td>", "林晓</td>", "方敏</td>")] == sorted(
        text.index(name) for name in ("高远</td>", "林晓</td>", "方敏</td>")
    )
    assert text.count("wg-badge--red") == 1
    assert text.count("wg-badge wg-badge--amber") == 1


def test_only_who_sees_to_the_place(town, at_desk):
    heard(town.lin, waiting=1)
    for who in ("lin", "chen", "zhao", "qian", "root"):
        assert at_desk(who).get("/desk/phones/").status_code == 403
    Post.objects.filter(user=town.fang).update(area=town.community2)
    assert "林晓" not in at_desk("fang").get("/desk/phones/").content.decode().split("<main")[1]


def test_a_post_that_ended_with_something_unsent_is_still_seen(town, at_desk):
    heard(town.lin, waiting=2, age_h=1)
    heard(town.gao)
    Phone.objects.update(ended_at=clock.now())
    Post.objects.filter(user__in=[town.lin, town.gao]).update(valid_to=clock.today())
    text = at_desk("fang").get("/desk/phones/").content.decode().split("<main")[1]
    assert ("林晓" in text, "高远" in text) == (True, False)


def test_a_silent_phone_and_a_wrong_clock_are_named(town, at_desk):
    heard(town.lin, clock_off=30 * 86400)
    heard(town.gao, at=clock.now() - dt.timedelta(days=2))
    text = at_desk("fang").get("/desk/phones/").content.decode()
    assert "时钟相差 30 天" in text
    assert "wifi-off" in text


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (299, ""),
        (-300, "时钟相差 5 分钟"),
        (7199, "时钟相差 120 分钟"),
        (7200, "时钟相差 2 小时"),
        (-172_800, "时钟相差 2 天"),
    ],
)
def test_how_far_a_clock_is_off(off, words):
    from wangge.doors.desk.phones.views import _clock

    assert _clock(off) == words


def test_pages_of_fifty(town, at_desk, monkeypatch):
    from wangge.doors.desk import paging

    monkeypatch.setattr(paging, "PAGE", 2)
    for _n in range(3):
        heard(town.lin)
    first = at_desk("fang").get("/desk/phones/").content.decode()
    assert first.count("Android, Chrome") == 2
    last = Phone.objects.order_by("pk")[1].pk
    assert f"?after={last}" in first
    assert at_desk("fang").get(f"/desk/phones/?after={last}").content.decode().count("Android, Chrome") == 1


def test_twice_the_rows_ask_no_more(town, at_desk):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    desk, counts = at_desk("fang"), []
    for _time in range(2):
        for who in (town.lin, town.gao):
            heard(who, waiting=1)
            receiving.hand_over(refused=refused(town, by=who), by=who)
        desk.get("/desk/phones/")
        for path in ("/desk/phones/", "/desk/phones/refused/"):
            with CaptureQueriesContext(connection) as seen:
                assert desk.get(path).status_code == 200
            counts.append(len(seen))
    assert counts[:2] == counts[2:]


# Refused records --------------------------------------------------------------------------------------------------------


def test_a_fresh_one_is_its_senders_alone(town, at_desk):
    row = refused(town)
    desk = at_desk("fang")
    assert f"#{row.pk}" not in desk.get("/desk/phones/refused/").content.decode()
    assert desk.get(f"/desk/phones/refused/{row.pk}/").status_code == 404


def test_after_a_day_that_it_is_there_but_not_what_it_says(town, at_desk):
    row = refused(town, hours=25)
    desk = at_desk("fang")
    assert f"#{row.pk}" in desk.get("/desk/phones/refused/").content.decode()
    page = desk.get(f"/desk/phones/refused/{row.pk}/").content.decode()
    assert SECRET not in page
    for act in ("read", "taken_over", "dropped"):
        answer = desk.post(f"/desk/phones/refused/{row.pk}/", {"act": act})
        assert answer.status_code == 403
        assert SECRET not in answer.content.decode()
    assert Refused.objects.get().state == "open"
    assert not AuditEntry.objects.filter(kind="refused.read").exists()


def test_handed_over_it_is_read_and_settled(town, at_desk):
    row = receiving.hand_over(refused=refused(town), by=town.lin)
    desk = at_desk("fang")
    assert f"/desk/phones/refused/{row.pk}/" in desk.get("/desk/").content.decode()
    assert SECRET not in desk.get(f"/desk/phones/refused/{row.pk}/").content.decode()
    read = desk.post(f"/desk/phones/refused/{row.pk}/", {"act": "read"})
    assert SECRET in read.content.decode()
    assert "吴桂英 10012345678" in read.content.decode()
    assert "no-store" in read["Cache-Control"]
    assert list(AuditEntry.objects.filter(kind="refused.read").values_list("actor_id", flat=True)) == [town.fang.pk]
    wrong = desk.post(f"/desk/phones/refused/{row.pk}/", {"act": "sent_anew"})
    assert wrong.status_code == 422
    done = desk.post(f"/desk/phones/refused/{row.pk}/", {"act": "taken_over"})
    assert (done.status_code, done["Location"]) == (302, "/desk/phones/refused/")
    row.refresh_from_db()
    assert (row.state, row.settled_by) == ("taken_over", town.fang)
    assert not [duty for duty in to_do(town.fang) if duty.subject_type == "refused"]
    again = desk.post(f"/desk/phones/refused/{row.pk}/", {"act": "dropped"})
    assert again.status_code == 409
    row.refresh_from_db()
    assert row.state == "taken_over"


@pytest.mark.parametrize("who", ["zhao", "gao", "chen"])
def test_nobody_else_sees_it(town, at_desk, who):
    row = receiving.hand_over(refused=refused(town), by=town.lin)
    answer = at_desk(who).post(f"/desk/phones/refused/{row.pk}/", {"act": "read"})
    assert answer.status_code in {403, 404}
    assert SECRET not in answer.content.decode()


def test_its_sender_in_the_field(town, client):
    row = refused(town)
    town.log_in(client, town.lin)
    assert f"/field/refused/{row.pk}/" in client.get("/field/todo/").content.decode()
    page = client.get(f"/field/refused/{row.pk}/").content.decode()
    assert SECRET in page
    assert client.post(f"/field/refused/{row.pk}/", {"act": "nonsense"}).status_code == 422
    assert client.post(f"/field/refused/{row.pk}/", {"act": "hand_over"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "handed"
    assert client.post(f"/field/refused/{row.pk}/", {"act": "dropped"}).status_code == 302
    assert client.post(f"/field/refused/{row.pk}/", {"act": "dropped"}).status_code == 409
    town.log_in(client, town.gao)
    assert client.get(f"/field/refused/{row.pk}/").status_code == 404


# Files on their way -----------------------------------------------------------------------------------------------------


def test_missing_files_are_named_on_the_page_and_in_lists(town, at_desk):
    case = town.reported(photos=["a" * 64, "b" * 64])
    actions.promise_voice_note(report=town.voice(case), sha256="c" * 64, by=town.lin)
    desk = at_desk("bai")
    page = desk.get(f"/desk/cases/{case.number}/").content.decode()
    assert "2 张照片" in page
    assert "还有 1 段语音未到" in page
    for path in ("/desk/cases/", "/desk/cases/queue/file/"):
        listed = desk.get(path).content.decode()
        assert ("缺 2 张照片" in listed, "缺 1 段语音" in listed) == (True, True)


def test_what_was_spoken_can_be_heard(town, at_desk, settings, tmp_path):
    import hashlib

    settings.MEDIA_DIR = tmp_path
    content = webm(4)
    sha = hashlib.sha256(content).hexdigest()
    case = town.reported()
    actions.promise_voice_note(report=town.voice(case), sha256=sha, by=town.lin)
    actions.attach_sound(sound=accept_sound(by=town.lin, content=content, sha256=sha))
    assert VoiceNote.objects.get().sound.seconds == 4.0
    page = at_desk("bai").get(f"/desk/cases/{case.number}/").content.decode()
    assert f'src="/api/v1/media/{sha}/sound"' in page
    secret = town.reported(confidential=True)
    actions.promise_voice_note(report=town.voice(secret), sha256=sha, by=town.lin)
    filed = actions.file(case=secret, by=town.bai, matter=secret.matter, confidential=True)
    actions.dispatch(case=filed, by=town.luo, unit=town.enforcement)
    assert "<audio" not in at_desk("he").get(f"/desk/cases/{secret.number}/").content.decode()
