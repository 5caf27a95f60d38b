"""What the rows of a page point to: matter, place, unit, compound, handler.

Not joined but fetched once per page, by id: with seven small tables joined to it a list of 50 rows took PostgreSQL
longer to plan than to run, and Django built four hundred objects where seventy do (`make bench NAME=lists`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wangge.foundation.accounts.models import Organisation, User
from wangge.foundation.catalogue.models import Matter
from wangge.foundation.places.models import Area, Compound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from wangge.domains.cases.models import Case

# No list shows these; whoever reads one all the same gets it by a query of its own.
_LONG_TEXTS = (
    *("filing_zh", "filing_en", "closing_zh", "closing_en", "basis_zh", "basis_en", "owner_zh", "owner_en"),
    *("keywords", "tasks", "units"),
)


def surround(cases: Sequence[Case], *, whole: bool = False) -> Sequence[Case]:
    """Put into every case what it points to, shared between the rows; returns the same cases.

    `whole`: also the long texts of the matter, its class and the outlines of the areas (the page of one case).
    """
    matters = Matter.objects.select_related("matter_class") if whole else Matter.objects.defer(*_LONG_TEXTS)
    areas = Area.objects.select_related("parent")
    if not whole:
        areas = areas.defer("boundary", "parent__boundary")
    found = {
        "matter": _by_id(matters, (case.matter_id for case in cases)),
        "area": _by_id(areas, (case.area_id for case in cases)),
        "unit": _by_id(Organisation.objects.all(), (case.unit_id for case in cases)),
        "compound": _by_id(Compound.objects.defer("boundary"), (case.compound_id for case in cases)),
        "handler": _by_id(User.objects.all(), (case.handler_id for case in cases)),
    }
    for case in cases:
        for name, rows in found.items():
            setattr(case, name, rows.get(getattr(case, f"{name}_id")))
    return cases


def with_matters(cases: Sequence[Case]) -> Sequence[Case]:
    """As `surround`, only the matters: the points of a map."""
    matters = _by_id(Matter.objects.defer(*_LONG_TEXTS), (case.matter_id for case in cases))
    for case in cases:
        case.matter = matters.get(case.matter_id)
    return cases


def _by_id(found: QuerySet[Any], ids: Iterable[int | None]) -> dict[int | None, Any]:
    """The rows with these ids; no query where there are none."""
    wanted = {pk for pk in ids if pk is not None}
    return {row.pk: row for row in found.filter(pk__in=wanted).order_by()} if wanted else {}
