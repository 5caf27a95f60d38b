"""What an indicator is: its words, its kind, and how it is shown. The list of them is in `indicators`."""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db.models import Q

from wangge.foundation.core.naming import in_language

if TYPE_CHECKING:
    from collections.abc import Callable

    from wangge.domains.stats.bases import Basis, Window

SMALL = 30  # below it a share comes with its interval and is not ranked


class Rules(NamedTuple):
    """What an office may set (`settings.WANGGE_INDICATORS`); published with the figures."""

    partly: float = 0.5  # what a partly solved matter counts
    responded: float = 0.10  # weights of the three rates
    solved: float = 0.45
    satisfied: float = 0.45
    whistle_low: float = 0.01  # the band in which whistles are neither feared nor a habit
    whistle_high: float = 0.15


RULES = Rules(**getattr(settings, "WANGGE_INDICATORS", {}))


class Text(NamedTuple):
    """One thing said in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return in_language(self.zh, self.en)


class Kind(StrEnum):
    """What the number is."""

    SHARE = "share"  # hits / rows, 0 to 1
    MEAN = "mean"  # sum of marks / rows
    RATE = "rate"  # rows per 10,000 residents


class Band(StrEnum):
    """Where a share lies that is watched at both ends and is no target."""

    UNKNOWN = "unknown"  # too few cases to say anything
    LOW = "low"
    WITHIN = "within"
    HIGH = "high"


class Topic(StrEnum):
    """The part of the work that an indicator speaks of, in the order of the page."""

    TIME = "time"
    DISPATCH = "dispatch"
    QUALITY = "quality"
    VOICES = "voices"
    SIGHT = "sight"
    WHISTLE = "whistle"
    HOMES = "homes"
    FIELD = "field"


TOPICS: dict[Topic, Text] = {
    Topic.TIME: Text("按时", "On time"),
    Topic.DISPATCH: Text("派遣与签收", "Dispatch and signing"),
    Topic.QUALITY: Text("处置质量", "Quality of the work"),
    Topic.VOICES: Text("群众评价", "What the reporters say"),
    Topic.SIGHT: Text("发现与诉求", "Finding and demand"),
    Topic.WHISTLE: Text("吹哨报到", "Whistles"),
    Topic.HOMES: Text("人房底数", "People and homes"),
    Topic.FIELD: Text("巡查走访", "Rounds and visits"),
}

_X_V_M = Text(
    "不予受理、作废不计；并案只计一次；挂账期间不计时",
    "not accepted and void cases; merged cases count once; hung time",
)
_CASES = Text("案件", "cases")
_NOTHING = Text("", "")
_LIST = Text("街道网格化考核指标第 {} 项", "The office's list of indicators, no. {}")


@dataclasses.dataclass(frozen=True, slots=True)
class Measure:
    """What is said of a figure. `beside` names the one without which it is never shown; `detail`: shown on the page of
    its subject, and not among the others.
    """

    key: str
    number: str  # in the office's list: "1" to "10", "13" to "15"; "+" for what follows from the second checks
    name: Text
    formula: Text
    topic: Topic
    window: Text
    kind: Kind = dataclasses.field(default=Kind.SHARE, kw_only=True)
    rows: Text = dataclasses.field(default=_CASES, kw_only=True)  # what n counts
    note: Text = dataclasses.field(default=_NOTHING, kw_only=True)
    excluded: Text = dataclasses.field(default=_X_V_M, kw_only=True)
    beside: str = dataclasses.field(default="", kw_only=True)
    detail: bool = dataclasses.field(default=False, kw_only=True)
    band: tuple[float, float] | None = dataclasses.field(default=None, kw_only=True)

    @property
    def source(self) -> str:
        """Where the formula comes from, in the reader's language."""
        if self.number == "+":
            return str(Text("本中心复核制度", "The centre's rule of second checks"))
        return str(_LIST).format(self.number)


@dataclasses.dataclass(frozen=True, slots=True)
class Indicator(Measure):
    """A figure counted from rows of a basis that belong to cases. `apart` counts its hits in a statement of their own (a
    semi-join that a filter clause would run row by row).
    """

    basis: Basis
    hit: Q | Callable[[Window], Q] = dataclasses.field(default_factory=Q, hash=False)
    of: Q = dataclasses.field(default_factory=Q, hash=False)
    mark: Any = dataclasses.field(default=None, hash=False)  # what a hit counts, where it is not one
    apart: bool = False

    def hits_in(self, window: Window) -> Q:
        """Which rows of a window are hits."""
        return self.hit if isinstance(self.hit, Q) else self.hit(window)


@dataclasses.dataclass(frozen=True, slots=True)
class HomeMeasure(Measure):
    """A state of the registry at a place: `part` of `whole`, columns of the count of a month (`models.HomesMonth`)."""

    part: str
    whole: str


@dataclasses.dataclass(frozen=True, slots=True)
class Composite:
    """A weighted sum of shares; "–" as long as one of them is."""

    key: str
    number: str
    name: Text
    formula: Text
    topic: Topic
    parts: tuple[tuple[str, float], ...]
    note: Text


@dataclasses.dataclass(frozen=True, slots=True)
class Omission:
    """An indicator of the list that this system does not show, and why."""

    number: str
    name: Text
    why: Text
