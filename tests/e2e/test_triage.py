"""A desk worked through by keyboard alone: no pointer event from the first report to the last."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from wangge.domains.cases.models import Case
from wangge.foundation.core import clock

pytestmark = pytest.mark.browser

HEAPS = 12
_COUNT_POINTERS = """
window.pointers = 0;
for (const kind of ["pointerdown", "mousedown", "mouseup", "mousemove", "touchstart"])
  addEventListener(kind, () => { window.pointers += 1; }, { capture: true });
// A click made by a key has detail 0.
addEventListener("click", (event) => { if (event.detail > 0) window.pointers += 1; }, { capture: true });
"""


@pytest.fixture
def heap(at_site):
    """Twelve reports of a community where no other test reports: pairs of the same thing, far from other pairs."""
    with at_site() as town:
        from wangge.domains.cases.actions import Place

        numbers = []
        for n in range(HEAPS):
            place = Place(
                area=town.grid3, lon=116.0215 + 0.0013 * (n // 2), lat=35.005, address=f"桃源巷{n // 2 + 1}号"
            )
            voice = town.report(
                by=None,
                contact=town.wu(),
                place=place,
                matter=town.litter,
                text=f"桃源巷{n // 2 + 1}号门口垃圾没人清，已经第{n + 1}天了。",
                at=clock.now() - dt.timedelta(minutes=60 - n),
            )
            numbers.append(voice.case.number)
        return numbers, f"/desk/cases/queue/file/?area={town.community2.path}"


def focused_row(page) -> str:
    return page.evaluate("document.activeElement.dataset.triageTarget === 'row' ? document.activeElement.id : ''")


def press_until(page, selector: str, key: str = "Tab", *, at_most: int = 40) -> None:
    """Walk by Tab until the element has the focus."""
    for _step in range(at_most):
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press(key)
    pytest.fail(
        f"{selector} is not reached by {key}; the focus is on {page.evaluate('document.activeElement.outerHTML')}"
    )


def accept(page, number: str, *, following: str) -> None:
    page.keyboard.press("1")
    page.locator(f"#pane-{number} [data-step=file][open] button[type=submit]:focus").wait_for()
    page.keyboard.press("Enter")
    page.locator(f"#case-{number}").wait_for(state="detached")
    wait_for_row(page, following)


def wait_for_row(page, number: str) -> None:
    page.wait_for_function("(id) => document.activeElement.id === id", arg=f"case-{number}")


def test_a_desk_is_worked_through_by_keyboard(visit, heap, at_site):
    heap, queue = heap
    bai = visit("bai")
    page = bai.page
    page.add_init_script(_COUNT_POINTERS)
    bai.go(queue)
    pressed = page.keyboard.press
    rows = page.locator(".wg-queue__row")
    shown = [one.get_attribute("id").removeprefix("case-") for one in rows.all()]
    assert shown == heap
    first = heap[0]

    # j and k walk, and the cursor is the focus.
    pressed("j")
    assert focused_row(page) == f"case-{first}"
    pressed("j")
    assert focused_row(page) == f"case-{heap[1]}"
    pressed("k")
    assert focused_row(page) == f"case-{first}"

    # ? explains; Escape leads back to the same row.
    pressed("?")
    page.locator("dialog#keys[open]").wait_for()
    pressed("Escape")
    page.locator("dialog#keys[open]").wait_for(state="detached")
    assert focused_row(page) == f"case-{first}"

    # Enter opens beside the list.
    pressed("Enter")
    page.locator(f"#pane-{first}").wait_for()

    # 1, Enter: accepted; the next row has the focus.
    accept(page, heap[0], following=heap[1])

    # 2: merged with the suggested duplicate (the one just accepted, next door), and taken back by the keyboard.
    pressed("2")
    merging = f"#pane-{heap[1]} [data-step=merge][open]"
    page.locator(merging).wait_for()
    press_until(page, f"{merging} input[name=into]")
    near = page.locator(f"{merging} input[name=into][value='{heap[0]}']")
    assert near.count() == 1
    pressed("Space")
    assert near.is_checked()
    pressed("Enter")
    page.locator(f"#case-{heap[1]}").wait_for(state="detached")
    wait_for_row(page, heap[2])
    with at_site():
        merged = Case.objects.unscoped("the test looks").get(number=heap[1])
        assert (merged.state, merged.merged_into.number) == ("merged", heap[0])
    pressed("u")
    page.wait_for_url(f"**/desk/cases/{heap[1]}/")
    with at_site():
        back = Case.objects.unscoped("the test looks").get(number=heap[1])
        assert (back.state, back.merged_into_id) == ("reported", None)

    # 3: declined with a reason and where to turn instead.
    bai.go(queue)
    pressed("j")
    while focused_row(page) != f"case-{heap[2]}":
        pressed("j")
    pressed("3")
    declining = f"#pane-{heap[2]} [data-step=decline][open]"
    page.locator(declining).wait_for()
    press_until(page, f"{declining} select[name=reason]")
    pressed("ArrowDown")
    press_until(page, f"{declining} select[name=channel]")
    pressed("ArrowDown")
    press_until(page, f"{declining} button[type=submit]")
    pressed("Enter")
    page.locator(f"#case-{heap[2]}").wait_for(state="detached")
    wait_for_row(page, heap[3])

    # The rest of the heap: one key and Enter each.
    for number, following in itertools.pairwise(heap[3:]):
        accept(page, number, following=following)
    with at_site():
        states = dict(Case.objects.unscoped("the test looks").filter(number__in=heap).values_list("number", "state"))
    assert [states[number] for number in heap] == [
        "filed",
        "reported",
        "declined",
        *["filed"] * (HEAPS - 4),
        "reported",
    ]

    # / searches, g t leads to the to-do list.
    pressed("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("桃源巷")
    pressed("Enter")
    page.wait_for_url("**/desk/search/**")
    bai.go(queue)
    assert page.evaluate("window.pointers") == 0
    pressed("g")
    pressed("t")
    page.wait_for_url("**/desk/")
    assert page.evaluate("window.pointers") == 0
