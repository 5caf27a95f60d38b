"""A score of two things, in sentences: what speaks for one and the same, and what against."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

if TYPE_CHECKING:
    from wangge.domains.cases.learning.duplicates import Factor, Score

_NEAR_M = 50
_ALIKE = 0.1  # of the cosine of two short texts
_SAME_DAY = 1.0


@dataclasses.dataclass(frozen=True, slots=True)
class Reason:
    """One sentence in the reader's language; `speaks_for`: that it is the same thing."""

    text: str
    speaks_for: bool


def in_words(score: Score) -> list[Reason]:
    """What there is to say about a score, in the order of the facts; what is not known is left out."""
    found = (_of(factor, score.metres) for factor in score.factors)
    return [reason for reason in found if reason is not None]


def _of(factor: Factor, metres: float | None) -> Reason | None:
    value = factor.value
    if factor.name == "distance":
        if metres is None:
            return None
        return Reason(_("%(m)s m away") % {"m": round(metres)}, metres <= _NEAR_M)
    if factor.name == "text":
        return _text(factor)
    if factor.name == "time":
        return _time(value)
    if factor.name == "open":
        return None if value else Reason(_("already ended"), speaks_for=False)
    said = _SAID[factor.name].get(value)
    return Reason(_(said), speaks_for=value >= 0.5) if said else None


def _text(factor: Factor) -> Reason:
    if factor.words and factor.value >= _ALIKE / 2:
        words = "".join(_("“%(word)s”") % {"word": word} for word in factor.words)
        return Reason(_("both say %(words)s") % {"words": words}, speaks_for=factor.value >= _ALIKE)
    return Reason(_("other words"), speaks_for=False)


def _time(value: float) -> Reason:
    days = _days(value)
    if days < _SAME_DAY:
        return Reason(_("reported within a day"), speaks_for=True)
    whole = round(days)
    return Reason(ngettext("%(n)s day apart", "%(n)s days apart", whole) % {"n": whole}, speaks_for=whole <= 3)


def _days(value: float) -> float:
    """Days, from the number of the score."""
    return math.exp(-value) - 1


_SAID: dict[str, dict[float, str]] = {
    "matter": {
        1.0: gettext_noop("the same matter"),
        0.6: gettext_noop("matters that are often confused"),
        0.3: gettext_noop("another matter of the same class"),
        0.0: gettext_noop("another matter"),
    },
    "place": {
        1.0: gettext_noop("the same building"),
        0.5: gettext_noop("the same compound"),
        -0.5: gettext_noop("another compound"),
        -1.0: gettext_noop("another building"),
    },
    "room": {1.0: gettext_noop("the same room"), -1.0: gettext_noop("another room")},
}
