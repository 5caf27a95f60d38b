"""A real site for a real browser: granian and a job worker on a committed copy of the cast's database, and Chromium.

`CHROMIUM` names the browser; else the system's, else the one that Playwright has downloaded.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from conftest import _copy, _drop, _use, _with_name
from tests.e2e.street import Street, stock
from tests.early import APP_URL
from tests.town import PASSWORD, Town

ROOT = Path(__file__).resolve().parents[2]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1366, "height": 900}
_FLAGS = [
    "--no-sandbox",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# The tests drive the browser synchronously and look at the database in between.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@dataclasses.dataclass(frozen=True)
class Site:
    """The running site."""

    url: str
    shots: Path
    database: str = ""

    def __truediv__(self, path: str) -> str:
        return self.url + "/" + path.lstrip("/")


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture(scope="session")
def site(_template_name, django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Site]:
    """The site with the cast, each of whom logs in with `PASSWORD`."""
    if not (ROOT / "frontend/dist/desk.css").exists():
        pytest.fail("The front end is not built: run `make test`, or `npm ci && npm run build`.")
    home = tmp_path_factory.mktemp("site")
    name = _copy(_template_name)
    with django_db_blocker.unblock():
        from django.contrib.auth.hashers import make_password
        from django.db import connection

        from wangge.foundation.accounts.models import User

        held = dict(connection.settings_dict)
        _use(name, APP_URL)
        User.objects.all().update(password=make_password(PASSWORD, hasher="argon2"))
        connection.close()
        connection.settings_dict.update({k: held[k] for k in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})
    # The keys and the media folder of this process: what a test writes by the actions, the site can read.
    from django.conf import settings

    (home / "keys").mkdir()
    (home / "keys/secret_key").write_text(settings.SECRET_KEY)
    (home / "keys/data_key").write_text(base64.b64encode(settings.WANGGE_DATA_KEY).decode())
    port = _free_port()
    env = os.environ | {
        "DATABASE_URL": _with_name(APP_URL, name),
        "WANGGE_KEYS_DIR": str(home / "keys"),
        "WANGGE_VAR": str(home),
        "WANGGE_SITE_NAME": "智慧南城",
    }
    env.pop("WANGGE_BUILD", None)
    subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], cwd=ROOT, env=env, check=True)
    log = (home / "site.log").open("w")
    web = [
        str(Path(sys.executable).parent / "granian"),
        "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--blocking-threads", "3", "wangge.config.wsgi:application",
    ]  # fmt: skip
    worker = [sys.executable, "manage.py", "procrastinate", "worker"]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)
        for command in (web, worker)
    ]
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz", running[0], home / "site.log")
        yield Site(f"http://127.0.0.1:{port}", _shots(), name)
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGTERM)
        for process in running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        log.close()
        _drop(name)


def _wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    for _try in range(600):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The site did not start:\n{log.read_text()[-3000:]}")


def _shots() -> Path:
    folder = Path(os.environ.get("WANGGE_SHOTS", ROOT / "test-results/shots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def at_site(site, django_db_blocker):
    """`with at_site() as town:` → the cast in the running site's own database; what is written there stays."""

    @contextlib.contextmanager
    def entered() -> Iterator[Town]:
        from django.db import connection

        held = dict(connection.settings_dict)
        with django_db_blocker.unblock():
            _use(site.database, APP_URL)
            try:
                yield Town()
            finally:
                connection.close()
                connection.settings_dict.update({k: held[k] for k in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})

    return entered


@pytest.fixture(scope="session")
def street(at_site) -> Street:
    """Cases in every state at the running site."""
    from tests.e2e.test_shed import photo

    with at_site() as town:
        return stock(town, photo((120, 110, 90), "street")["buffer"])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    with sync_playwright() as playwright:
        own = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
        found = playwright.chromium.launch(executable_path=own, args=_FLAGS)
        yield found
        found.close()


def filled(page: Page) -> None:
    """The phone's shell is an empty document until script has filled it."""
    if page.locator("body[data-worker]").count():
        page.locator("#main .wg-screen").wait_for()


class Visitor:
    """Somebody with a browser window of a size; every page error and console error fails the test."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.context, self.site = context, site
        self.page: Page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("request", self._request)

    def _console(self, message) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.errors.append(message.text)

    def _request(self, request) -> None:
        if not request.url.startswith((self.site.url, "data:", "blob:")):
            self.errors.append(f"a request left the site: {request.url}")

    def log_in(self, name: str) -> Visitor:
        self.page.goto(self.site / "account/login/")
        self.page.fill("input[name=login]", name)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url(lambda url: "/account/login" not in url)
        return self

    def go(self, path: str) -> Page:
        self.page.goto(self.site / path)
        return self.page

    def shot(self, name: str) -> None:
        # On a phone only what is seen: bars that stick would lie across a long picture.
        whole = self.page.viewport_size != PHONE
        before = len(self.errors)
        self.page.screenshot(path=self.site.shots / f"{name}.png", full_page=whole)
        # Playwright hides the caret by an inline style, which the site's policy refuses: not the page's error.
        self.errors[before:] = [one for one in self.errors[before:] if "inline style" not in one]


@pytest.fixture(scope="session")
def _signed_in() -> dict[str, dict]:
    """Who has logged in during this run, with the cookies: a password is hashed slowly, once per person is enough."""
    return {}


@pytest.fixture
def visit(browser, site, _signed_in) -> Iterator:
    """`visit("lin", PHONE)` → a `Visitor` who is logged in; `visit(None)` → a stranger.

    `script=False` is a browser without JavaScript; `theme` is one of normal, elder, dark; `language` one of zh-hans, en.
    """
    visitors: list[Visitor] = []

    def open_window(
        name: str | None = None,
        size: dict[str, int] = DESK,
        *,
        script: bool = True,
        theme: str = "",
        language: str = "",
    ) -> Visitor:
        context = browser.new_context(
            viewport=size,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=size is PHONE,
            geolocation={"longitude": 116.005, "latitude": 35.005},
            permissions=["geolocation"],
            java_script_enabled=script,
            storage_state=_signed_in.get(name or ""),
        )
        chosen = {"theme": theme, "wangge_language": language}
        context.add_cookies([{"name": key, "value": value, "url": site.url} for key, value in chosen.items() if value])
        visitor = Visitor(context, site)
        visitors.append(visitor)
        if name and name not in _signed_in:
            visitor.log_in(name)
            state = context.storage_state()
            kept = [one for one in state["cookies"] if one["name"] in {"wangge_session", "wangge_csrf"}]
            _signed_in[name] = {"cookies": kept, "origins": []}
        return visitor

    yield open_window
    errors = [error for visitor in visitors for error in visitor.errors]
    for visitor in visitors:
        visitor.context.close()
    assert errors == []
