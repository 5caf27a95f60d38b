"""The phone's shell in a real browser: it opens offline, loses nothing when killed, and lets nobody's work lie open."""

from __future__ import annotations

import json
import uuid

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PASSWORD, PHONE, Visitor, filled
from wangge.domains.cases.models import CasePhoto, Report

pytestmark = pytest.mark.browser

# Puts reports into the outbox as queue() of frontend/field/outbox.ts does: sealed with the key that lies in the store.
_QUEUE = """async ([reports, state]) => {
  const user = await new Promise((done) => {
    const asked = indexedDB.open("wangge", 1);
    asked.onsuccess = () => {
      const got = asked.result.transaction("device").objectStore("device").get("user");
      got.onsuccess = () => { asked.result.close(); done(got.result); };
    };
  });
  const db = await new Promise((done) => {
    const asked = indexedDB.open(`wangge-${user}`, 1);
    asked.onsuccess = () => done(asked.result);
  });
  const ask = (request) => new Promise((done, fail) => { request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error); });
  const key = await ask(db.transaction("meta").objectStore("meta").get("key"));
  const seal = async (bytes) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv: iv.buffer, body: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes) };
  };
  const rows = [];
  for (const { id, text, area, photo } of reports) {
    const row = { id, kind: "report.make", state, occurred_at: new Date().toISOString(), offset: 0, tries: 0, next_at: 0, photos: [], size: 300 };
    const data = { text, place: { area }, photos: [] };
    if (photo) {
      const bytes = Uint8Array.from(atob(photo), (one) => one.charCodeAt(0));
      const sha = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((one) => one.toString(16).padStart(2, "0")).join("");
      row.photos = data.photos = [sha];
      row.file = { sha, mime: "image/jpeg", size: bytes.length, state: "queued", received: 0, tries: 0, next_at: 0, belongs: [id] };
      row.bytes = { sha, sealed: await seal(bytes) };
    }
    row.sealed = await seal(new TextEncoder().encode(JSON.stringify({ title: text, data })));
    rows.push(row);
  }
  const tx = db.transaction(["outbox", "files", "bytes", "meta"], "readwrite", { durability: "strict" });
  let seq = (await ask(tx.objectStore("meta").get("seq"))) ?? 0;
  for (const { file, bytes, ...row } of rows) {
    tx.objectStore("outbox").put({ ...row, seq: ++seq });
    if (file) { tx.objectStore("files").put(file); tx.objectStore("bytes").put(bytes); }
  }
  tx.objectStore("meta").put(seq, "seq");
  await new Promise((done) => { tx.oncomplete = done; });
  db.close();
  const channel = new BroadcastChannel("wangge");
  channel.postMessage({ topic: "boxes", detail: "" });
  channel.postMessage({ topic: "queued", detail: "" });
  channel.close();
}"""


@pytest.fixture(autouse=True)
def _without_a_line(monkeypatch):
    """The browser tells every request that finds no line; that is what is tested here."""
    told = Visitor._console

    def console(self, message) -> None:
        if not any(word in message.text for word in ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "status of 503")):
            told(self, message)

    monkeypatch.setattr(Visitor, "_console", console)


def count(page, box: str) -> str:
    return page.locator(f".f-box [data-count={box}]").inner_text()


def shows(page, box: str, n: int) -> None:
    """Waits until the box on the start page says so."""
    expect(page.locator(f".f-box [data-count={box}]")).to_have_text(str(n), timeout=20_000)


def opened(visitor: Visitor) -> None:
    """The shell is kept by its worker and has fetched its grids."""
    page = visitor.page
    if page.locator("body[data-worker]").count():  # a log-in leads here by itself: let it come to rest first
        filled(page)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    visitor.go("/field/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.evaluate(
        """() => navigator.serviceWorker.controller ? true :
          new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", () => done(true)))"""
    )
    page.get_by_text("网格数据更新于").wait_for()


def texts(n: int) -> list[str]:
    return [f"离线上报 {uuid.uuid4().int % 10**6:06d}" for _ in range(n)]


def queue(page, town, said: list[str], *, photos: bool = False, state: str = "queued") -> None:
    reports = [
        {"id": str(uuid.uuid4()), "text": text, "area": town.grid1.pk, "photo": _photo() if photos else ""}
        for text in said
    ]
    page.evaluate(_QUEUE, [reports, state])


def arrived(at_site, said: list[str]) -> list[int]:
    """How often each text was reported."""
    with at_site():
        return [Report.objects.unscoped("the test looks").filter(text=text).count() for text in said]


def test_it_can_be_installed(visit, site):
    lin = visit("lin", PHONE)
    opened(lin)
    page = lin.page
    manifest = page.evaluate("fetch(document.querySelector('link[rel=manifest]').href).then((one) => one.json())")
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        width = page.evaluate(
            "(src) => createImageBitmap.length && fetch(src).then((r) => r.blob()).then(createImageBitmap).then((b) => b.width)",
            icon["src"],
        )
        assert f"{width}x{width}" == icon["sizes"]
    assert page.evaluate("navigator.serviceWorker.ready.then((one) => new URL(one.scope).pathname)") == "/field/"
    session = lin.context.new_cdp_session(page)
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error for error in errors if error["errorId"] != "in-incognito"] == []  # the test's own windows are such


def test_the_worker_keeps_the_shell_and_nothing_else(visit):
    lin = visit("lin", PHONE)
    opened(lin)
    lin.go("/field/todo/")
    lin.go("/field/find/")
    page = lin.go("/field/")
    kept = page.evaluate(
        """async () => {
          const found = [];
          for (const name of await caches.keys())
            for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
          return found;
        }"""
    )
    assert "/field/" in kept
    assert [path for path in kept if path != "/field/" and not path.startswith("/static/")] == []


def test_a_line_that_breaks_while_it_is_first_opened_leaves_no_empty_window(visit):
    lin = visit("lin", PHONE)
    opened(lin)
    page = lin.page
    page.evaluate(
        """async () => {
          for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();
          for (const name of await caches.keys()) await caches.delete(name);
        }"""
    )
    cut: list[str] = []

    def cut_once(route) -> None:
        cut.append(route.request.url)
        if len(cut) == 1:
            route.abort()
        else:
            route.continue_()

    lin.context.route("**/app*.js", cut_once)
    page.goto("about:blank")
    page.goto(lin.site / "field/")
    page.get_by_text("林晓，您好").wait_for()
    assert len(cut) >= 2  # the worker fetches it as well
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def test_it_opens_without_a_connection(visit):
    lin = visit("lin", PHONE)
    opened(lin)
    page = lin.page
    lin.context.set_offline(True)
    page.reload()
    page.get_by_text("林晓，您好").wait_for()
    assert "离线" in page.inner_text("#strip")
    lin.shot("phone-offline")
    page.locator("[data-tab-link=me]").tap()
    page.locator("#me-name").wait_for()
    assert page.inner_text("#title") == "我的"
    page.locator("[data-tab-link=home]").tap()
    page.get_by_role("link", name="找人").tap()
    page.get_by_text("此页面需要网络").wait_for()
    lin.context.set_offline(False)


def test_what_a_killed_tab_was_sending_arrives_once(visit, at_site):
    lin = visit("lin", PHONE)
    opened(lin)
    said = texts(3)
    lin.context.set_offline(True)
    with at_site() as town:
        queue(lin.page, town, said, state="sending", photos=True)
    lin.page.close()
    lin.page = page = lin.context.new_page()
    page.goto(lin.site / "field/")
    shows(page, "waiting", 3)
    assert "3 条待发送" in page.inner_text("#strip")
    assert arrived(at_site, said) == [0, 0, 0]
    lin.shot("phone-waiting")
    lin.context.set_offline(False)
    shows(page, "sent", 3)
    assert count(page, "waiting") == "0"
    assert arrived(at_site, said) == [1, 1, 1]
    with at_site():
        photos = CasePhoto.objects.filter(report__text__in=said)
        assert [photo.media_id is not None for photo in photos] == [True] * 3
    page.reload()
    shows(page, "sent", 3)
    assert arrived(at_site, said) == [1, 1, 1]


def test_two_windows_send_once_and_count_alike(visit, at_site):
    lin = visit("lin", PHONE)
    opened(lin)
    other = lin.context.new_page()
    other.goto(lin.site / "field/")
    other.locator(".f-report").wait_for()
    said = texts(8)
    lin.context.set_offline(True)
    with at_site() as town:
        queue(lin.page, town, said)
    for page in (lin.page, other):
        shows(page, "waiting", 8)
    lin.context.set_offline(False)
    for page in (lin.page, other):
        shows(page, "sent", 8)
        assert count(page, "waiting") == "0"
    assert arrived(at_site, said) == [1] * 8


def test_nobody_logs_out_over_unsent_work_but_takes_it_along(visit, at_site, tmp_path):
    lin = visit(None, PHONE).log_in("lin")  # a session of its own, which ends here
    opened(lin)
    page = lin.page
    said = texts(2)
    page.route("**/api/v1/sync/commands", lambda route: route.fulfill(status=503))
    with at_site() as town:
        queue(page, town, said, photos=True)
    shows(page, "waiting", 2)
    page.goto(lin.site / "field/#/logout")
    page.get_by_text("还有2条内容未发送").wait_for()
    assert page.locator("[data-out]").is_hidden()
    with page.expect_download() as saved:
        page.locator("[data-export]").tap()
    file = tmp_path / "unsent.json"
    saved.value.save_as(file)
    code = page.inner_text("[data-code]")
    outer = json.loads(file.read_text())
    assert said[0] not in file.read_text()
    assert outer["format"] == "wangge-unsent/1"
    lin.shot("phone-logout")
    assert page.locator("[data-out-anyway]").is_disabled()
    page.locator("[data-written]").check()
    page.locator("[data-out-anyway]").tap()
    page.wait_for_url("**/account/login/**")
    left = page.evaluate("indexedDB.databases().then((all) => all.map((one) => one.name))")
    assert [name for name in left if name.startswith("wangge-")] == []
    assert arrived(at_site, said) == [0, 0]

    # Another phone, or a computer at the desk.
    fresh = visit(None, PHONE)
    fresh.log_in("lin")
    page = fresh.go("/field/#/import")
    page.set_input_files("#import-file", file)
    page.fill("#import-code", "AAAA-AAAA-AAAA-AAAA")
    page.get_by_role("button", name="接收").tap()
    page.get_by_text("编码打不开").wait_for()
    page.fill("#import-code", code.lower().replace("-", " "))
    page.get_by_role("button", name="接收").tap()
    page.get_by_text("已接收2条").wait_for()
    page.goto(fresh.site / "field/#/home")
    shows(page, "sent", 2)
    assert arrived(at_site, said) == [1, 1]


def test_somebody_elses_work_stays_sealed_until_he_is_back(visit, at_site):
    lin = visit("lin", PHONE)
    opened(lin)
    page = lin.page
    said = texts(1)
    page.route("**/api/v1/sync/commands", lambda route: route.abort())
    with at_site() as town:
        queue(page, town, said)
    shows(page, "waiting", 1)
    lin.context.clear_cookies()
    _log_in(lin, "gao")
    page.goto(lin.site / "field/")
    page.get_by_text("高远，您好").wait_for()
    page.get_by_text("还存有另一位工作人员的1条未发送内容").wait_for()
    assert count(page, "waiting") == "0"
    lin.shot("phone-others")
    page.unroute("**/api/v1/sync/commands")
    page.reload()
    page.get_by_text("高远，您好").wait_for()
    assert arrived(at_site, said) == [0]
    lin.context.clear_cookies()
    _log_in(lin, "lin")
    page.goto(lin.site / "field/")
    shows(page, "sent", 1)
    assert arrived(at_site, said) == [1]
    with at_site() as town:
        report = Report.objects.unscoped("the test looks").get(text=said[0])
        assert report.by_id == town.lin.pk


def test_without_script_the_plain_pages_open(visit):
    lin = visit("lin", PHONE, script=False)
    page = lin.go("/field/")
    page.wait_for_url("**/field/plain/")
    assert page.locator("a.f-report").is_visible()


def test_a_browser_that_cannot_is_told_and_led_on(visit):
    lin = visit("lin", PHONE)
    lin.page.add_init_script("delete Navigator.prototype.locks")
    page = lin.go("/field/")
    page.wait_for_url("**/field/plain/?online=1")
    assert "https" in page.inner_text("main")


def _log_in(visitor: Visitor, name: str) -> None:
    page = visitor.page
    page.goto(visitor.site / "account/login/")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/account/login" not in url)


def _photo() -> str:
    import base64

    from tests.e2e.test_shed import photo

    return base64.b64encode(photo((90, 60, 30), uuid.uuid4().hex)["buffer"]).decode()
