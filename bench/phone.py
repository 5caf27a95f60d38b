"""A grid worker's phone: the real page in headless Chromium, which can be killed, cut off, filled up and set wrong."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error

from wangge.config.groundwork import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Playwright

_OPENS_WITHIN = 30_000  # ms
SIZE = {"width": 390, "height": 844}
_FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
_LOOK = """() => Object.fromEntries(["drafts", "waiting", "sent"].map(
    (box) => [box, document.querySelector(`.f-box [data-count=${box}]`)?.textContent ?? ""]))"""
_WRONG_CLOCK = """(() => {
  const Right = Date, ahead = %d;
  globalThis.Date = class extends Right {
    constructor(...given) { if (given.length === 0) super(Right.now() + ahead); else super(...given); }
    static now() { return Right.now() + ahead; }
  };
})()"""


@dataclasses.dataclass(frozen=True)
class Boxes:
    """The numbers that the start page shows."""

    drafts: int
    waiting: int
    sent: int


def driver() -> str:
    """frontend/field/driving.ts with the modules that it calls, as one script."""
    found = sorted(ROOT.glob("node_modules/@esbuild/*/bin/esbuild*"))
    if not found:
        raise SystemExit("esbuild is not there: make setup")
    command = [str(found[0]), "frontend/field/driving.ts", "--bundle", "--format=iife", "--global-name=driving"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@contextlib.contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The browser that `CHROMIUM` names, else the system's, else Playwright's own."""
    own = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    browser = playwright.chromium.launch(executable_path=own, args=_FLAGS)
    yield browser
    browser.close()


class Phone:
    """One person's phone. Flight mode and `days_wrong` outlive its being killed, as does what it stores."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self._browser = browser
        self.script = driver()
        self.days_wrong = 0
        self.kills = self.reopened = 0
        self._room: CDPSession | None = None
        self._flight: CDPSession | None = None
        self.faults: list[str] = []
        self.context: BrowserContext = browser.new_context(
            viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True, service_workers="allow"
        )
        self.page: Page = self._window()

    def _window(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        if self.days_wrong:
            page.add_init_script(_WRONG_CLOCK % (self.days_wrong * 86_400_000))
        return page

    def log_in(self, name: str, password: str) -> None:
        """By the site's own page; then wait until the shell and the worker's grids are kept."""
        self.page.goto(f"{self.url}/account/login/")
        self.page.fill("input[name=login]", name)
        self.page.fill("input[name=password]", password)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url(lambda url: "/account/login" not in url)
        self.open()
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.page.wait_for_function("navigator.serviceWorker.controller !== null")
        self.page.wait_for_function("document.querySelector('[data-fresh]')?.textContent.trim() !== ''")

    def open(self) -> None:
        """Load the shell, and a second outbox beside the page's own. What stays empty is loaded again, as a user would."""
        for last in (False, False, True):
            with contextlib.suppress(*([] if last else [Error])):
                self.page.goto(f"{self.url}/field/", wait_until="domcontentloaded", timeout=_OPENS_WITHIN)
                self.page.locator(".f-box").first.wait_for(timeout=_OPENS_WITHIN)
                break
            self.reopened += 1
        self.page.evaluate(f"() => {{ {self.script}; globalThis.driving = driving; }}")

    def kill(self) -> None:
        """`kill -9` of the window and of its service worker; the phone is opened again by its user."""
        session = self._browser.new_browser_cdp_session()
        with self.page.expect_event("crash"):
            for process in session.send("SystemInfo.getProcessInfo")["processInfo"]:
                if process["type"] == "renderer":
                    os.kill(int(process["id"]), signal.SIGKILL)
        session.detach()
        with contextlib.suppress(Error):
            self.page.close()
        self.kills += 1
        self.page = self._window()
        if self._flight is not None:
            self.cut_off(off=True)
        self.open()

    def put(self, report: dict[str, Any], how: str) -> str:
        """Keep as a draft or queue: "kept", "full" or "known"."""
        return str(self.page.evaluate("([report, how]) => driving.put(report, how)", [report, how]))

    def begin_to_put(self, report: dict[str, Any]) -> None:
        """Queue, and do not wait for it."""
        self.page.evaluate("([report]) => { void driving.put(report, 'queue').catch(() => null); }", [report])

    def where(self, public_id: str) -> str:
        """In which store a report lies: drafts, outbox, sent or none ("")."""
        return str(self.page.evaluate("(id) => driving.where(id)", public_id))

    def boxes(self) -> Boxes | None:
        """What the start page shows now; None before it shows anything."""
        found = self.page.evaluate(_LOOK)
        if any(not text.isdecimal() for text in found.values()):
            return None
        return Boxes(**{box: int(text) for box, text in found.items()})

    def send_now(self) -> None:
        """Tap the button of the box 待发送, if it shows one, and go back to the start page."""
        self.page.evaluate("location.hash = '#/waiting'")
        button = self.page.locator("#main [data-send]")
        button.wait_for(state="attached")
        with contextlib.suppress(Error):
            button.tap(timeout=2_000)
        self.page.evaluate("location.hash = '#/home'")
        self.page.locator(".f-box").first.wait_for()

    def cut_off(self, *, off: bool) -> None:
        """Flight mode, on or off, as the page is told; the line itself must be closed as well.

        Of the page alone: a browser context is only off line when its service worker has answered, and one that was just
        killed may never answer.
        """
        self._flight = self._flight_of(off=off)

    def _flight_of(self, *, off: bool) -> CDPSession | None:
        if self._flight is not None:
            with contextlib.suppress(Error):  # its page was killed
                self._flight.detach()
        if not off:
            return None
        session = self.context.new_cdp_session(self.page)
        session.send("Network.enable")
        still = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        session.send("Network.emulateNetworkConditions", {"offline": True, **still})
        return session

    def room(self) -> str:
        """What the app makes of the browser's room: ok, warn or full."""
        return str(self.page.evaluate("driving.room()"))

    def used(self) -> int:
        """Bytes that the browser counts for this site; the page itself is no longer told how many it may."""
        session = self.context.new_cdp_session(self.page)
        found = session.send("Storage.getUsageAndQuota", {"origin": self.url})
        session.detach()
        return int(found["usage"])

    def limit_room(self, size: int | None) -> None:
        """So many bytes the browser grants from now on; None: as many as before."""
        # What a session overrides is as before when it ends.
        if self._room is not None:
            self._room.detach()
            self._room = None
        if size is not None:
            self._room = self.context.new_cdp_session(self.page)
            self._room.send("Storage.overrideQuotaForOrigin", {"origin": self.url, "quotaSize": size})
