"""What the desk and the field see of the sync: phones, refused records, files on their way, a voice that is heard."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import uuid

import pytest

from tests.e2e.conftest import DESK, PHONE, Visitor
from tests.e2e.test_every_page import _ALL, _AXE, _LOOK, _OF_A_THEME, _STILL, _THEME, AXE, faults
from wangge.domains.cases import actions
from wangge.domains.cases.models import Report, VoiceNote
from wangge.domains.fieldwork.actions import phones, receiving
from wangge.domains.fieldwork.actions.receiving import Sent
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError

pytestmark = pytest.mark.browser

BROWSER = "Android, Chrome"  # what a phone calls itself, in every language

# Two seconds of a tone, recorded by the browser as it records a worker's voice.
_RECORD = """async () => {
  const context = new AudioContext();
  await context.resume();
  const tone = context.createOscillator();
  const out = context.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  const recorder = new MediaRecorder(out.stream, { mimeType: "audio/webm;codecs=opus" });
  const pieces = [];
  recorder.ondataavailable = (event) => pieces.push(event.data);
  recorder.start(500);
  await new Promise((done) => setTimeout(done, 2000));
  await new Promise((done) => { recorder.onstop = done; recorder.stop(); });
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  let text = "";
  for (const one of bytes) text += String.fromCharCode(one);
  return btoa(text);
}"""
_SEND = """async ([sha, content]) => {
  const { csrf } = await (await fetch("/api/v1/sync/hello")).json();
  const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
  const answer = await fetch(`/api/v1/media/${sha}`, {
    method: "PUT", body: bytes, headers: { "Content-Type": "audio/webm", "X-CSRFToken": csrf },
  });
  return answer.status;
}"""
_HEAR = """async () => {
  const sound = document.querySelector("audio");
  await sound.play();
  await new Promise((done) => sound.addEventListener("timeupdate", () => sound.currentTime > 0.3 && done(), { passive: true }));
  return sound.error === null;
}"""


def refused(town, *, hours: float = 0):
    data = {
        "text": "3号楼二单元楼道里堆着旧沙发，走不过去。",
        "place": {"address": "槐荫路12号3号楼"},
        "photos": ["a" * 64],
    }
    body = {"id": str(uuid.uuid4()), "kind": "report.make", "data": data}
    at = clock.now() - dt.timedelta(hours=hours)
    sent = Sent(uuid.UUID(body["id"]), "report.make", at, body, body["id"].encode())
    return receiving.keep_refused(
        by=town.lin, sent=sent, problem=InvalidError("这个位置不在本街道的网格内。", field="place"), at=at
    )


def looked_at(visitor: Visitor, path: str, name: str) -> list[str]:
    """The page in three themes: what is wrong with it."""
    page = visitor.go(path)
    phone = page.viewport_size == PHONE
    found = [f"{path}: {one}" for one in faults(page.evaluate(_LOOK), phone=phone) if not one.endswith(BROWSER)]
    visitor.shot(f"{name}_{'phone' if phone else 'desk'}")
    page.evaluate(AXE)
    page.evaluate(_STILL)
    for theme, rules in (("normal", _ALL), ("elder", _OF_A_THEME), ("dark", _OF_A_THEME)):
        page.evaluate(_THEME, theme)
        found += [f"{path} {theme}: {one}" for one in page.evaluate(_AXE, rules)]
    return found


def test_every_page_about_phones_can_be_read(visit, at_site):
    with at_site() as town:
        now = clock.now()
        ages = ((town.lin, 3, 3.0, 0), (town.gao, 12, 30.0, 2_592_000), (town.fang, 0, 0.0, 0))
        for user, waiting, hours, off in ages:
            told = phones.Told(now + dt.timedelta(seconds=off), waiting, round(hours * 3600), label=BROWSER)
            phones.hear_from(by=user, phone=uuid.uuid4(), told=told)
        own, old = refused(town), refused(town, hours=30)
        handed = receiving.hand_over(refused=refused(town), by=town.lin)
        case = town.reported(photos=["d" * 64, "e" * 64], text="小广场的长椅断了一条腿。")
        actions.promise_voice_note(report=town.voice(case), sha256="f" * 64, by=town.lin)
        mine = town.voice(case).public_id
    wrong: list[str] = []
    for size in (DESK, PHONE):
        fang, lin, bai = visit("fang", size), visit("lin", size), visit("bai", size)
        wrong += looked_at(fang, "/desk/phones/", "phones")
        wrong += looked_at(fang, "/desk/phones/refused/", "refusals")
        wrong += looked_at(fang, f"/desk/phones/refused/{old.pk}/", "refused_old")
        wrong += looked_at(fang, f"/desk/phones/refused/{handed.pk}/", "refused_handed")
        wrong += looked_at(lin, f"/field/refused/{own.pk}/", "refused_own")
        wrong += looked_at(lin, f"/field/reports/{mine}/", "own_on_its_way")
        wrong += looked_at(bai, f"/desk/cases/{case.number}/", "case_on_its_way")
        wrong += looked_at(bai, "/desk/cases/", "cases_on_their_way")
        fang.go(f"/desk/phones/refused/{handed.pk}/").get_by_role("button", name="查看内容").click()
        fang.page.get_by_text("走不过去").wait_for()
        fang.shot(f"refused_read_{'phone' if size is PHONE else 'desk'}")
    assert not wrong, "\n".join(wrong)


def test_a_voice_recorded_by_the_browser_is_accepted_and_heard_at_the_desk(visit, at_site):
    lin = visit("lin", PHONE)
    page = lin.go("/field/plain/")
    page.locator("h1").click()
    content = page.evaluate(_RECORD)
    sha = hashlib.sha256(base64.b64decode(content)).hexdigest()
    with at_site() as town:
        case = town.reported(text="请听录音：老人说夜里总有人敲水管。")
        actions.promise_voice_note(report=town.voice(case), sha256=sha, by=town.lin)
    assert page.evaluate(_SEND, [sha, content]) == 200
    with at_site():
        report = Report.objects.unscoped("the test looks").get(text="请听录音：老人说夜里总有人敲水管。")
        assert 1 < VoiceNote.objects.get(report=report).sound.seconds < 4
    bai = visit("bai", DESK)
    page = bai.go(f"/desk/cases/{case.number}/")
    page.locator("h1").click()
    assert page.evaluate(_HEAR) is True
    bai.shot("voice_at_the_desk")
