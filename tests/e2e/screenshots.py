"""`make screenshots`: pictures of the running demo for the documentation.

make up && make screenshots        (WANGGE_URL: where the demo runs, default http://127.0.0.1:8000)
"""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

URL = os.environ.get("WANGGE_URL", "http://127.0.0.1:8000").rstrip("/")
FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
PASSWORD = "wangge-demo-2026"
DESK, PHONE = {"width": 1366, "height": 860}, {"width": 390, "height": 844}
HERE = {"longitude": 115.99336, "latitude": 34.98998, "accuracy": 8}  # in Lin's grid
# name, who, window, address, seconds until the map has drawn itself
SHOTS = (
    ("desk-home", "chen", DESK, "/desk/", 1),
    ("desk-queue", "chen", DESK, "/desk/cases/queue/file/", 1),
    ("desk-case", "luo", DESK, "shed", 5),
    ("desk-map", "luo", DESK, "/desk/map/", 7),
    ("desk-module", "luo", DESK, "/desk/modules/city/", 6),
    ("desk-coverage", "fang", DESK, "/desk/rounds/coverage/", 6),
    ("field-home", "lin", PHONE, "/field/", 1),
    ("field-report", "lin", PHONE, "/field/#/report", 3),
    ("field-round", "lin", PHONE, "round", 2),
    ("portal-home", None, PHONE, "/p/", 1),
    ("portal-report", None, PHONE, "/p/report/", 1),
)


def log_in(page: Page, who: str) -> None:
    page.goto(f"{URL}/account/login/")
    page.fill("input[name=login]", who)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/account/login" not in url)


def shoot(browser: Browser, name: str, who: str | None, window: dict, address: str, seconds: float) -> None:
    context = browser.new_context(
        viewport=window, locale="zh-CN", timezone_id="Asia/Shanghai", permissions=["geolocation"], geolocation=HERE
    )
    page = context.new_page()
    if who:
        log_in(page, who)
    if name.startswith("field-"):
        page.goto(f"{URL}/field/")
        page.get_by_text("网格数据更新于").wait_for()
    if address == "shed":
        page.goto(f"{URL}/desk/search?q=泡沫板搭了一间板房")
        page.locator("main a[href*='/desk/cases/']", has_text="私搭乱建").first.click()
    elif address == "round":
        page.goto(f"{URL}/field/#/rounds")
        page.locator("[data-list] [data-open]").first.click()
    else:
        page.goto(URL + address)
    if name == "desk-queue":  # the first case open beside the list
        page.keyboard.press("Enter")
    page.wait_for_timeout(seconds * 1000)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(128)
    image.save(FOLDER / f"{name}.png", optimize=True)
    context.close()


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
            args=["--no-sandbox", "--enable-unsafe-swiftshader", "--disable-background-networking"],
        )
        for shot in SHOTS:
            shoot(browser, *shot)
            print(f"docs/screenshots/{shot[0]}.png")  # noqa: T201 — progress
        browser.close()


if __name__ == "__main__":
    main()
