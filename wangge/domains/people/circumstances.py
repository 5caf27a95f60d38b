"""What people may need, as a closed list: each with the ground on which it is kept, and the duty it gives the worker.

A need is shown to the worker as what he is to do ("contact him every week"), never as a word about the person; its name
is for the form in which it is recorded and for the conditions of policies. Nothing here is a diagnosis: of a disability
only the grade on the certificate is kept, because only that is asked by a benefit. How often to visit are proposals of
this project (model.md 3.7); who keeps a need must name its basis (PIPL 13, 28, 29).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import _StrPromise


@dataclasses.dataclass(frozen=True, slots=True)
class Detail:
    """One particular of a need: its key, what it is called, the values it may have (value → name)."""

    key: str
    label: _StrPromise
    values: Mapping[str, _StrPromise]


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """One kind of need. `every_days` is how often the worker is to be in touch; None: only at the yearly verification.

    `review_months` is how long it is kept unless confirmed. `sign` stands for the duty on the printed building sheet.
    """

    code: str
    name: _StrPromise
    duty: _StrPromise
    basis: _StrPromise
    every_days: int | None
    review_months: int
    sign: str
    details: tuple[Detail, ...] = ()


def _grades() -> dict[str, _StrPromise]:
    return {"1": _("grade 1"), "2": _("grade 2"), "3": _("grade 3"), "4": _("grade 4")}


WEEKLY, MONTHLY, QUARTERLY = 7, 31, 92

_CARE = _("Guidance on visiting and caring for elderly people in particular difficulty (2022), no. 73")
_ALLOWANCE = _("Interim Measures for Social Assistance (2014)")
_CHILDREN = _("State Council opinion on protecting children in hardship (2016), no. 36")

_KINDS = (
    Kind("lives_alone", _("Lives alone or without children nearby"), _("Contact every week"), _CARE, WEEKLY, 12, "周"),
    Kind(
        "unable_self_care",
        _("Cannot look after himself"),
        _("Visit every month; ask whether care is in place"),
        _CARE,
        MONTHLY,
        12,
        "月",
        (Detail("level", pgettext_lazy("need", "Level"), {"partly": _("partly"), "fully": _("fully")}),),
    ),
    Kind(
        "extreme_poverty",
        _("Supported as extremely poor"),
        _("Visit every month; ask about food, heating and medicine"),
        _ALLOWANCE,
        MONTHLY,
        12,
        "月",
    ),
    Kind(
        "low_income",
        _("Low-income household"),
        _("Visit every quarter; go through the benefits with the family"),
        _ALLOWANCE,
        QUARTERLY,
        12,
        "季",
        (
            Detail(
                "class",
                pgettext_lazy("need", "Class"),
                {"minimum": _("draws the minimum living allowance"), "edge": _("on the edge of the allowance")},
            ),
        ),
    ),
    Kind(
        "disabled",
        _("Holds a disability certificate"),
        _("Visit every quarter; ask about aids and the subsidies"),
        _("Law on the Protection of Persons with Disabilities"),
        QUARTERLY,
        24,
        "季",
        (Detail("grade", pgettext_lazy("need", "Grade"), _grades()),),
    ),
    Kind(
        "child_hardship",
        _("Child in hardship"),
        _("Visit every month; speak with the child and the guardian"),
        _CHILDREN,
        MONTHLY,
        12,
        "月",
        (
            Detail(
                "class",
                pgettext_lazy("need", "Class"),
                {
                    "orphan": _("orphan"),
                    "without_care": _("in fact without anybody to raise him"),
                    "hardship": _("other hardship"),
                },
            ),
        ),
    ),
    Kind(
        "left_behind",
        _("Parents work elsewhere"),
        _("Visit every month; keep the guardian's phone up to date"),
        _("State Council opinion on caring for children left behind (2016), no. 13"),
        MONTHLY,
        12,
        "月",
    ),
    Kind(
        "sudden_hardship",
        _("In sudden hardship"),
        _("Visit every month until it is over; offer emergency relief"),
        _ALLOWANCE,
        MONTHLY,
        6,
        "月",
    ),
    Kind(
        "needs_help_leaving",
        _("Needs help to leave the building"),
        _("In an emergency knock here first"),
        _("Emergency Response Law"),
        None,
        12,
        "先",
    ),
    Kind(
        "veteran",
        _("Veteran"),
        _("Tell him of changes in the benefits of veterans"),
        _("Law on the Support of Veterans"),
        None,
        36,
        "告",
    ),
    Kind(
        "one_child_parent",
        _("Parent of an only child"),
        _("Tell him of changes in the family-planning benefits"),
        _("Population and Family Planning Law"),
        None,
        36,
        "告",
        (
            Detail(
                "class", pgettext_lazy("need", "Class"), {"ordinary": _("ordinary"), "special": _("special support")}
            ),
        ),
    ),
)

KINDS: dict[str, Kind] = {kind.code: kind for kind in _KINDS}


class UnknownKindError(ValueError):
    """A need that is not on the list, or a particular that it does not have."""


def checked(kind: str, detail: Mapping[str, Any]) -> dict[str, str]:
    """The particulars of a need as they are kept; `UnknownKindError` for a kind, key or value that is not on the list.

    Every particular of the kind must be given.
    """
    if kind not in KINDS:
        raise UnknownKindError(kind)
    wanted = {one.key: one for one in KINDS[kind].details}
    given = {key: str(value) for key, value in detail.items() if str(value)}
    if given.keys() != wanted.keys():
        raise UnknownKindError(f"{kind}: {sorted(given.keys() ^ wanted.keys())}")
    for key, value in given.items():
        if value not in wanted[key].values:
            raise UnknownKindError(f"{kind}.{key}: {value}")
    return given


def detail_in_words(kind: str, detail: Mapping[str, str]) -> str:
    """The particulars as people read them: "grade 2"."""
    names = [str(one.values[detail[one.key]]) for one in KINDS[kind].details if detail.get(one.key) in one.values]
    return pgettext("between items", ", ").join(names)


def review_on(kind: str, since: dt.date) -> dt.date:
    """Until when a need that was stated on a day is kept unless it is confirmed."""
    return months_after(since, KINDS[kind].review_months)


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day so many months later; the last of the month where there is none such."""
    year, month = divmod(day.month - 1 + months, 12)
    first = dt.date(day.year + year, month + 1, 1)
    last = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
    return min(first + dt.timedelta(days=day.day - 1), last)
