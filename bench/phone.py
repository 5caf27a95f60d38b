"""A grid worker's phone: the real page in headless Chromium, which can be killed, cut off, filled up and set wrong."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error, TimeoutError

from wangge.config.groundwork import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

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


class NoBrowserError(RuntimeError):
    """There is no Chromium."""


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
    """One person's phone. `online` and `days_wrong` outlive its being killed, as does what it stores."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self.script = driver()
        self.days_wrong = 0
        self.kills = 0
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
        """Load the shell, and a second outbox beside the page's own."""
        self.page.goto(f"{self.url}/field/", wait_until="domcontentloaded")
        self.page.locator(".f-box").first.wait_for()
        self.page.evaluate(f"() => {{ {self.script}; globalThis.driving = driving; }}")

    def kill(self) -> None:
        """The renderer falls over as it stands; the phone is opened again by its user."""
        gone: list[bool] = []
        self.page.on("crash", lambda _page: gone.append(True))
        with contextlib.suppress(Error, TimeoutError):
            self.page.goto("chrome://crash", timeout=3_000)
        if not gone:
            raise RuntimeError("The window was not killed.")
        with contextlib.suppress(Error):
            self.page.close()
        self.kills += 1
        self.page = self._window()
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
        with contextlib.suppress(TimeoutError):
            button.tap(timeout=2_000)
        self.page.evaluate("location.hash = '#/home'")
        self.page.locator(".f-box").first.wait_for()

    def cut_off(self, *, off: bool) -> None:
        """Flight mode, on or off."""
        self.context.set_offline(off)

    def room(self, size: int) -> tuple[int, int, str]:
        """Bytes in use, bytes in all, and what the app makes of `size` more: ok, warn or full."""
        found = self.page.evaluate("(size) => driving.room(size)", size)
        return int(found["usage"]), int(found["quota"]), str(found["says"])

    def limit_room(self, size: int | None) -> None:
        """So many bytes the browser grants from now on; None: as many as before."""
        session = self.context.new_cdp_session(self.page)
        session.send("Storage.overrideQuotaForOrigin", {"origin": self.url, **({"quotaSize": size} if size else {})})
        session.detach()

    def note(self, words: str) -> bool:
        """Whether the start page says this now."""
        return words in self.page.inner_text("#main")
