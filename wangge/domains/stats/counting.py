"""Counting: the rows of the bases under the definitions, one statement for all indicators of a basis."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Case as Choice
from django.db.models import Count, F, FloatField, Sum, Value, When
from django.db.models.functions import TruncMonth

from wangge.foundation.core.clock import OFFICE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from wangge.domains.stats.bases import Basis, Scope, Window
    from wangge.domains.stats.indicators import Indicator

DIMENSIONS = ("month", "area", "unit", "confidential", "matter_class")  # a closed list: nobody is counted by person


class Tallied(NamedTuple):
    """Rows, hits among them, and what the hits count together (the hits themselves, unless marks are given)."""

    rows: int = 0
    hits: int = 0
    score: float = 0.0

    def plus(self, other: Tallied) -> Tallied:
        """Both together."""
        return Tallied(self.rows + other.rows, self.hits + other.hits, self.score + other.score)


Groups = dict[tuple[Any, ...], dict[str, Tallied]]


def denominator(indicator: Indicator, scope: Scope, window: Window) -> QuerySet[Any]:
    """The rows that count."""
    return indicator.basis.rows(scope, window).filter(indicator.of)


def numerator(indicator: Indicator, scope: Scope, window: Window) -> QuerySet[Any]:
    """Those of the rows that are hits."""
    return denominator(indicator, scope, window).filter(indicator.hits_in(window))


def count(indicators: Iterable[Indicator], scope: Scope, window: Window, by: Sequence[str] = ()) -> Groups:
    """All indicators, in groups by some of `DIMENSIONS`: {(month, …): {key: Tallied}}; without groups under ()."""
    found: Groups = defaultdict(dict)
    by_basis: dict[str, list[Indicator]] = defaultdict(list)
    bases: dict[str, Basis] = {}
    for one in indicators:
        by_basis[one.basis.key].append(one)
        bases[one.basis.key] = one.basis
    for key, members in by_basis.items():
        _count_basis(bases[key], members, scope, window, by, found)
    return dict(found)


def _count_basis(
    basis: Basis, members: list[Indicator], scope: Scope, window: Window, by: Sequence[str], found: Groups
) -> None:
    asked: dict[str, Any] = {}
    for one in members:
        asked[f"{one.key}_rows"] = Count("pk", filter=one.of) if one.of else Count("pk")
        if not one.apart:
            asked[f"{one.key}_hits"] = Count("pk", filter=one.of & one.hits_in(window))
        if one.mark is not None:
            asked[f"{one.key}_score"] = Sum(_marks(one))
    for group, row in _grouped(basis.rows(scope, window), basis, by, asked):
        for one in members:
            if row[f"{one.key}_rows"]:
                hits = 0 if one.apart else row[f"{one.key}_hits"]
                score = (row[f"{one.key}_score"] or 0.0) if one.mark is not None else float(hits)
                found[group][one.key] = Tallied(row[f"{one.key}_rows"], hits, score)
    for one in members:
        if one.apart:
            for group, row in _grouped(numerator(one, scope, window), basis, by, {"n": Count("pk")}):
                if row["n"]:
                    rows_ = found[group][one.key].rows
                    found[group][one.key] = Tallied(rows_, row["n"], float(row["n"]))


def _marks(one: Indicator) -> Any:
    if not one.of:
        return one.mark
    return Choice(When(one.of, then=one.mark), default=Value(0.0), output_field=FloatField())


def _grouped(
    rows: QuerySet[Any], basis: Basis, by: Sequence[str], asked: dict[str, Any]
) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    rows = rows.order_by()
    if not by:
        row = rows.aggregate(**asked)
        return [((), row)]
    names = [f"by_{name}" for name in by]
    keys = dict(zip(names, (_dimension(basis, name) for name in by), strict=True))
    return [
        (tuple(_plain(row[name]) for name in names), row)
        for row in rows.annotate(**keys).values(*names).annotate(**asked).order_by()
    ]


def _dimension(basis: Basis, name: str) -> Any:
    if name not in DIMENSIONS:
        raise ValueError(name)
    if name == "month":
        return TruncMonth(basis.at) if basis.at_is_day else TruncMonth(basis.at, tzinfo=OFFICE)
    path = getattr(basis, name)
    return F(path) if isinstance(path, str) else path


def _plain(value: Any) -> Any:
    """A month as its first day; anything else as it is."""
    return value.date() if hasattr(value, "hour") else value
