"""What the eye and the finger need, measured: large type (UI.md), targets, focus, weight of the phone pages."""

from __future__ import annotations

import gzip
import urllib.request

import pytest

from tests.e2e.conftest import DESK, PHONE, filled

pytestmark = pytest.mark.browser

PUBLIC = ["/p/", "/p/report/", "/p/help/", "/p/privacy/", "/p/follow/", "/p/grids/"]
FIELD = [
    "/field/",
    "/field/#/me",
    "/field/#/import",
    "/field/plain/",
    "/field/report/",
    "/field/todo/",
    "/field/reports/",
]

# Every thing to tap: (what, width, height) in CSS px. A tick or a file input is tapped by its label. Links within a
# sentence are exempt (WCAG 2.5.8), and so is what nobody sees.
_TARGETS = """() => {
  const found = new Map();
  for (const one of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (one.closest("[aria-hidden=true], .wg-skip") || one.disabled) continue;
    const ticked = one.matches("[type=radio], [type=checkbox], [type=file]");
    const box = ticked ? one.closest("label") ?? document.querySelector(`label[for="${one.id}"]`) ?? one : one;
    if (!box.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const style = getComputedStyle(box);
    const sentence = box.tagName === "A" && style.display === "inline" && box.parentElement.innerText.trim() !== box.innerText.trim();
    if (sentence) continue;
    const { width, height } = box.getBoundingClientRect();
    if (width <= 1 || height <= 1) continue;
    found.set(box, [box.outerHTML.slice(0, 110), Math.round(width), Math.round(height)]);
  }
  return [...found.values()];
}"""
# Every element that holds words of its own: (words, font size, line height / font size).
_WORDS = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const one = node.parentElement;
    if (!node.data.trim() || one.closest("script, style, option, .wg-skip, [aria-hidden=true]")) continue;
    if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const { width, height } = one.getBoundingClientRect();
    if (width <= 1 || height <= 1) continue;
    const style = getComputedStyle(one);
    const size = parseFloat(style.fontSize);
    const line = style.lineHeight === "normal" ? 1.4 : parseFloat(style.lineHeight) / size;
    found.push([node.data.trim().slice(0, 40), size, Math.round(line * 100) / 100]);
  }
  return found;
}"""


def _unfold(page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")


def test_large_type_is_large(visit, street):
    """Text of at least 20 px, lines of at least 1.3, targets of at least 60 × 60 px; contrast is axe's (test_every_page)."""
    wrong: list[str] = []
    stranger = visit(None, PHONE, theme="elder")
    links = [street.links[state] for state in ("reported", "needs_info", "evaluating", "closed")]
    for path in [*PUBLIC, f"/p/grids/{street.grid}/", *links, links[0] + "slip/"]:
        page = stranger.go(path)
        filled(page)
        assert page.evaluate("document.documentElement.dataset.theme") == "elder"
        _unfold(page)
        words, targets = page.evaluate(_WORDS), page.evaluate(_TARGETS)
        assert (len(words) > 5, len(targets) > 2) == (True, True)
        wrong += [f"{path}: “{text}” has {size} px" for text, size, _line in words if size < 20]
        wrong += [f"{path}: “{text}” has lines of {line}" for text, _size, line in words if line < 1.3]
        wrong += [f"{path}: {what} is {w} × {h} px" for what, w, h in targets if w < 60 or h < 60]
        wrong += [f"{path}: wider than the window"] * (
            page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("who", "paths"), [(None, PUBLIC), ("lin", FIELD)], ids=["portal", "field"])
def test_a_thumb_hits_every_target(visit, street, who, paths):
    more = (
        [street.links["evaluating"], street.links["needs_info"]] if who is None else [f"/field/reports/{street.own}/"]
    )
    wrong: list[str] = []
    person = visit(who, PHONE)
    for path in [*paths, *more]:
        page = person.go(path)
        filled(page)
        _unfold(page)
        wrong += [f"{path}: {what} is {w} × {h} px" for what, w, h in page.evaluate(_TARGETS) if w < 44 or h < 44]
    assert not wrong, "\n".join(wrong)


_FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const box = one.matches("[type=radio], [type=checkbox], [type=file]") ? one.closest("label") ?? one : one;
  const marks = [one, box, box.firstElementChild, one.nextElementSibling].filter(Boolean).some((held) => {
    const style = getComputedStyle(held);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
  });
  const { left, top, width, height } = box.getBoundingClientRect();
  // Not hidden under a bar that sticks (WCAG 2.4.11): something of it is on top where it stands.
  const spots = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.8], [0.5, 0.1], [0.5, 0.9]];
  const free = spots.some(([x, y]) => {
    const top_ = document.elementFromPoint(left + width * x, top + height * y);
    return top_ && (box.contains(top_) || top_.contains(box));
  });
  return { html: one.outerHTML.slice(0, 120), marks, free };
}"""


@pytest.mark.parametrize(
    ("who", "size", "path"),
    [
        (None, PHONE, "/p/report/"),
        (None, PHONE, "/p/"),
        (None, DESK, "/account/login/"),
        ("lin", PHONE, "/field/report/"),
        ("chen", DESK, "/desk/"),
        ("chen", DESK, "/desk/cases/queue/file/"),
    ],
)
def test_the_focus_is_always_seen(visit, street, who, size, path):
    page = visit(who, size).go(path)
    filled(page)
    page.evaluate("document.activeElement.blur()")
    reached, wrong = set(), []
    for _step in range(40):
        page.keyboard.press("Tab")
        focus = page.evaluate(_FOCUS)
        if focus is None:
            break
        reached.add(focus["html"])
        if not focus["marks"]:
            wrong.append(f"no mark: {focus['html']}")
        if not focus["free"]:
            wrong.append(f"covered: {focus['html']}")
    assert len(reached) >= 5
    assert not wrong, "\n".join(dict.fromkeys(wrong))


@pytest.mark.parametrize(
    ("who", "path"), [(None, "/p/"), (None, "/p/report/"), ("lin", "/field/"), ("lin", "/field/report/")]
)
def test_a_phone_page_is_light(visit, site, who, path):
    """At most 100 kB of JavaScript, as it would be sent with gzip, and no font of our own."""
    person = visit(who, PHONE)
    loaded: list[tuple[str, str]] = []
    person.page.on("request", lambda request: loaded.append((request.resource_type, request.url)))
    person.page.goto(site / path, wait_until="networkidle")
    scripts = [url for kind, url in loaded if kind == "script"]
    assert scripts
    weight = 0
    for url in dict.fromkeys(scripts):
        with urllib.request.urlopen(url) as answer:
            weight += len(gzip.compress(answer.read(), 6))
    assert weight <= 100_000
    assert [url for kind, url in loaded if kind == "font"] == []


def test_a_password_may_be_pasted(visit):
    person = visit(None)
    page = person.go("/account/login/")
    page.locator("input[name=password]").focus()
    taken = page.evaluate(
        """() => document.activeElement.dispatchEvent(
          new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: new DataTransfer() }))"""
    )
    assert taken is True  # nobody cancels it
    assert page.locator("input[name=password]").get_attribute("autocomplete") == "current-password"


def test_a_larger_letter_breaks_nothing(visit):
    """WeChat's care mode enlarges the root by 1.4; everything is in rem, so nothing runs out of the window."""
    stranger = visit(None, PHONE)
    wide: list[str] = []
    for path in PUBLIC:
        page = stranger.go(path)
        filled(page)
        page.evaluate(
            "document.documentElement.style.fontSize = `${1.4 * parseFloat(getComputedStyle(document.documentElement).fontSize)}px`"
        )
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    assert wide == []
