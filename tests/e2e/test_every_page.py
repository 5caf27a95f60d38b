"""Every page that a link leads to, as everybody, at the desk and on a phone; and axe on every template in three themes."""

from __future__ import annotations

import re
from collections import Counter, deque
from pathlib import Path
from urllib.parse import parse_qsl, urldefrag, urlsplit

import axe_playwright_python
import pytest
from django.urls import Resolver404, resolve

from tests.e2e.conftest import DESK, PHONE, Visitor, filled
from tests.town import _PEOPLE

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]

TALL_PHONE = {"width": 390, "height": 2400}
MOST = {"desk": 120, "phone": 60}
# A page is one of its kind: so many of each kind, with the same query keys, are looked at.
OF_A_KIND = {"desk": 2, "phone": 1}
MORE_OF = {"desk:case": 12, "desk:queue": 9, "desk:module": 10, "portal:follow": 4, "field:case": 4, "field:own": 3}
STARTS = {
    None: ["/", "/p/", "/account/login/"],
    "lin": ["/", "/field/", "/field/plain/", "/desk/", "/p/"],
    "chen": ["/", "/desk/", "/field/"],
    "he": ["/", "/desk/", "/field/", "/field/plain/"],
    "luo": ["/", "/desk/"],
    "root": ["/", "/desk/"],
}
NO_PAGE = re.compile(
    r"^/(static|api)/|/media/|/photos?/|\.(svg|json|png|jpg|csv|pdf|xlsx)$|/logout/|^/healthz|^/readyz"
)

# Words of Latin letters that a Chinese page may carry.
ALLOWED = {
    "wangge", "english", "api", "gps", "json", "pdf", "http", "https", "jpeg", "webp", "heic", "enter", "html",
    # log-in names of the cast
    "chen", "fang", "root", "security", "zhao", "qian", "admin",
    "totp", "bearer", "authorization", "openapi", "geojson",
    "linux", "chrome", "headlesschrome",  # what a phone says that it is
    *(person[0] for person in _PEOPLE),  # log-in names
}  # fmt: skip
LATIN = re.compile(r"[A-Za-z]{4,}")
_LOOK = """() => {
  const seen = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const main = document.querySelector("main");
  const texts = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const held = node.parentElement;
    if (node.data.trim() && seen(held) && !held.closest("script, style, code, kbd, textarea, .p-slip__link, [lang=en], pre"))
      texts.push(node.data.trim());
  }
  for (const one of document.querySelectorAll("[placeholder], [aria-label], [title], img[alt]"))
    if (seen(one)) for (const name of ["placeholder", "aria-label", "title", "alt"])
      if (one.getAttribute(name)) texts.push(one.getAttribute(name));
  return {
    h1: document.querySelectorAll("h1").length,
    title: document.title,
    main: main ? main.innerText.trim().length : -1,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    broken: [...document.images].filter((one) => one.complete && one.naturalWidth === 0).map((one) => one.src),
    empty: [...document.querySelectorAll("h1, h2, h3, button, a[href], label")]
      .filter((one) => seen(one) && !one.innerText.trim() && !one.getAttribute("aria-label") && !one.querySelector("img[alt], svg[aria-label], input, .visually-hidden"))
      .map((one) => one.outerHTML.slice(0, 160)),
    texts,
    links: [...document.querySelectorAll("a[href]:not([download]):not([hidden])")].map((one) => one.href),
  };
}"""


def kind_of(url: str) -> tuple[str, tuple[str, ...]] | None:
    """The name of the view with the keys of the query; None for what is no page."""
    parts = urlsplit(url)
    if NO_PAGE.search(parts.path):
        return None
    try:
        name = resolve(parts.path).view_name
    except Resolver404:
        name = parts.path
    return name, tuple(sorted({key for key, value in parse_qsl(parts.query) if value}))


def faults(look: dict, *, phone: bool, latin: bool = True) -> list[str]:
    """What is wrong with a page that was looked at."""
    found = []
    if look["h1"] != 1:
        found.append(f"{look['h1']} h1")
    if not look["title"].strip():
        found.append("no title")
    if look["main"] < 2:
        found.append("main is empty")
    if phone and look["wide"] > 0:
        found.append(f"{look['wide']} px wider than the window")
    found += [f"broken picture {src}" for src in look["broken"]]
    found += [f"nothing to read: {html}" for html in look["empty"]]
    for text in look["texts"]:
        if "{{" in text or "{%" in text or re.search(r"\bNone\b|\bnull\b|\bundefined\b|\bNaN\b|%\(\w+\)", text):
            found.append(f"raw: {text[:80]}")
        strange = [word for word in LATIN.findall(text) if word.lower() not in ALLOWED] if latin else []
        if strange and not re.search(r"https?://|@", text):
            found.append(f"not Chinese: {text[:80]}")
    return found


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("who", list(STARTS), ids=lambda who: who or "anonymous")
def test_every_link_leads_to_a_good_page(visit, street, site, who, size):
    visitor: Visitor = visit(who, PHONE if size == "phone" else DESK)
    page = visitor.page
    doors = [*STARTS[who], *(list(street.links.values()) if who is None else [])]
    waiting = deque((site / path, "start") for path in doors)
    known, kinds = {url for url, _from in waiting}, Counter()
    wrong: list[str] = []
    visited = 0
    while waiting and visited < MOST[size]:
        url, source = waiting.popleft()
        kind = kind_of(url)
        if kind is None:
            continue
        if kinds[kind] >= max(OF_A_KIND[size], MORE_OF.get(kind[0], 0) // (1 if size == "desk" else 3)):
            continue
        answer = page.goto(url)
        if source == "start" and answer.status == 403:
            continue  # not this person's door
        kinds[kind] += 1
        visited += 1
        short = url.removeprefix(site.url)
        if answer.status != 200:
            wrong.append(f"{short} (from {source}): {answer.status}")
            continue
        filled(page)
        look = page.evaluate(_LOOK)
        # The form of a matter shows both languages beside each other, that of a policy how a rule is written.
        latin = not short.endswith(("/edit/", "/policies/new/"))
        wrong += [f"{short}: {fault}" for fault in faults(look, phone=size == "phone", latin=latin)]
        wrong += [f"{short}: {error}" for error in visitor.errors]
        visitor.errors.clear()
        for link in look["links"]:
            target = urldefrag(link).url
            if target.startswith(site.url) and target not in known:
                known.add(target)
                waiting.append((target, short))
    assert not wrong, "\n".join(sorted(set(wrong)))
    assert visited >= 3


# One page of each template: whose, at which size, where.
def templates(street) -> list[tuple[str | None, str, str]]:
    case = {state: f"/desk/cases/{number}/" for state, number in street.cases.items()}
    field = {state: f"/field/cases/{number}/" for state, number in street.cases.items()}
    return [
        (None, "phone", "/p/"),
        (None, "phone", "/p/report/"),
        (None, "phone", "/p/help/"),
        (None, "phone", "/p/privacy/"),
        (None, "phone", "/p/follow/"),
        (None, "phone", "/p/grids/"),
        (None, "phone", "/p/grids/?q=槐荫"),
        (None, "phone", f"/p/grids/{street.grid}/"),
        *((None, "phone", street.links[state]) for state in ("reported", "needs_info", "evaluating", "closed", "merged")),
        (None, "phone", street.links["reported"] + "slip/"),
        (None, "phone", "/p/no-such-page/"),
        (None, "desk", "/account/login/"),
        ("lin", "phone", "/field/"),
        ("lin", "phone", "/field/#/drafts"),
        ("lin", "phone", "/field/#/waiting"),
        ("lin", "phone", "/field/#/sent"),
        ("lin", "phone", "/field/#/me"),
        ("lin", "phone", "/field/#/import"),
        ("lin", "phone", "/field/#/logout"),
        ("lin", "phone", "/field/plain/"),
        ("lin", "phone", "/field/todo/"),
        ("lin", "phone", "/field/report/"),
        ("lin", "phone", "/field/reports/"),
        ("lin", "phone", f"/field/reports/{street.own}/"),
        ("lin", "phone", f"/field/reports/{street.own}/sent/"),
        ("lin", "phone", field["handled"]),
        ("chen", "desk", "/desk/"),
        ("chen", "desk", "/desk/notices/"),
        ("chen", "desk", "/desk/search/?q=槐荫"),
        ("chen", "desk", "/desk/new/"),
        ("chen", "desk", "/desk/cases/"),
        ("chen", "desk", "/desk/cases/queue/file/"),
        ("chen", "desk", case["reported"]),
        ("chen", "desk", case["filed"]),
        ("chen", "desk", case["merged"]),
        ("chen", "desk", "/desk/modules/city/"),
        ("chen", "desk", "/desk/map/"),
        ("chen", "desk", "/desk/grids/"),
        ("chen", "desk", f"/desk/grids/{street.grid}/"),
        ("chen", "desk", "/desk/me/"),
        ("chen", "phone", "/desk/"),
        ("chen", "phone", "/desk/cases/queue/file/"),
        ("chen", "phone", case["reported"]),
        ("he", "desk", case["handling"]),
        ("luo", "desk", case["objected"]),
        ("luo", "desk", case["closed"]),
        ("luo", "desk", "/desk/supervision/"),
        ("luo", "desk", "/desk/supervision/?which=today"),
        ("luo", "desk", "/desk/supervision/slips/"),
        ("luo", "phone", "/desk/supervision/"),
        ("qian", "desk", "/desk/inspections/"),
        *(("luo", "desk", address) for address in street.whistles.values()),
        ("luo", "desk", "/desk/whistles/"),
        ("luo", "desk", "/desk/whistles/figures/"),
        ("luo", "desk", "/desk/whistles/kinds/"),
        ("he", "phone", street.whistles["called"]),
        ("he", "phone", "/desk/whistles/"),
        ("luo", "phone", street.whistles["blown"]),
        ("luo", "phone", street.whistles["concluded"]),
        ("lin", "phone", case["reported"] + "whistle/"),
        ("luo", "desk", "/desk/stats/"),
        ("luo", "phone", "/desk/stats/"),
        ("luo", "desk", "/desk/stats/satisfied/"),
        ("luo", "phone", "/desk/stats/satisfied/"),
        ("luo", "desk", "/desk/stats/accepted_in_time/rows/"),
        ("luo", "desk", "/desk/catalogue/"),
        ("luo", "desk", "/desk/catalogue/06001/"),
        ("luo", "desk", "/desk/catalogue/06001/edit/"),
        ("luo", "desk", "/desk/catalogue/routing/"),
        ("root", "desk", "/desk/posts/"),
        ("root", "desk", "/account/password/"),
        ("root", "desk", "/account/2fa/"),
    ]  # fmt: skip


_AXE = """async (only) => {
  const found = await axe.run(document, { runOnly: only, resultTypes: ["violations"] });
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id} ${n.target.join(" ")}: ${n.any.map((a) => a.message).join("; ").slice(0, 160)}`));
}"""
_ALL = {"type": "tag", "values": TAGS}
# A theme is another style sheet on the same document: only these rules can answer differently.
_OF_A_THEME = {"type": "rule", "values": ["color-contrast", "link-in-text-block", "target-size"]}
_THEME = """(name) => {
  document.documentElement.dataset.theme = name;
  if (document.body.dataset.weuiTheme) document.body.dataset.weuiTheme = name === "dark" ? "dark" : "light";
}"""
# Colours are measured when they have arrived, and bars that stick lie over nothing.
_STILL = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { transition: none !important; animation: none !important } .wg-phone__head, .wg-phone__bottom { position: static !important }");
  document.adoptedStyleSheets = [sheet];
}"""
_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_axe_finds_nothing(visit, street, size):
    windows: dict[str | None, Visitor] = {}
    wrong: list[str] = []
    for who, wanted, path in templates(street):
        if wanted != size:
            continue
        if who not in windows:
            windows[who] = visit(who, PHONE if size == "phone" else DESK)
        page = windows[who].go(path)
        filled(page)
        page.evaluate(AXE)
        page.evaluate(_STILL)
        for theme in ("normal", "elder", "dark"):
            page.evaluate(_THEME, theme)
            rules = _ALL if theme == "normal" else _OF_A_THEME
            wrong += [f"{who} {path} {theme}: {one}" for one in page.evaluate(_AXE, rules)]
            if size == "phone" and (wide := page.evaluate(_WIDE)) > 0:
                wrong.append(f"{who} {path} {theme}: {wide} px wider than the window")
    assert not wrong, "\n".join(wrong)


def test_axe_sees_what_is_wrong(visit):
    page = visit(None, PHONE).go("/p/help/")
    page.evaluate(AXE)
    page.evaluate("""() => {
      const box = document.querySelector("main");
      box.innerHTML = '<img src="/static/none.svg"><button></button><p class="faint">hardly to be read</p>';
      box.querySelector(".faint").style.color = "#ddd";
    }""")
    rules = {found.split()[0] for found in page.evaluate(_AXE, _ALL)}
    assert rules == {"image-alt", "button-name", "color-contrast"}


def test_english_is_complete_and_fits(visit, street):
    """English labels are longer than Chinese ones; nobody's words but the residents' stay Chinese."""
    windows: dict[tuple, Visitor] = {}
    wrong: list[str] = []
    for who, size, path in templates(street):
        window = windows.get((who, size))
        if window is None:
            window = windows[who, size] = visit(who, PHONE if size == "phone" else DESK, language="en")
        page = window.go(path)
        filled(page)
        if size == "phone" and (wide := page.evaluate(_WIDE)) > 0:
            wrong.append(f"{who} {path}: {wide} px wider than the window")
        labels = page.locator("h1, h2:not(.f-text), label.wg-label, summary, button").all_inner_texts()
        wrong += [f"{who} {path}: {text[:60]}" for text in labels if _only_chinese(text)]
    assert not wrong, "\n".join(wrong)


def _only_chinese(text: str) -> bool:
    """A label without a single Latin letter, that names nobody and no place of the cast."""
    if not re.search(r"[\u4e00-\u9fff]", text) or re.search(r"[A-Za-z]", text):
        return False
    names = {"中文", "智慧南城", *(name for person in _PEOPLE for name in (person[1], person[1][0]))}
    return text.strip() not in names
