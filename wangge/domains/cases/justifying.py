"""Whether the case that somebody named as his reason for looking at a person exists, and was open then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wangge.domains.cases.models import Case

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable


def known(references: Iterable[str]) -> dict[str, tuple[dt.datetime, dt.datetime | None]]:
    """Of these references those that are case numbers: when each came in and was closed. Nothing else is told."""
    wanted = sorted({reference for reference in references if reference})
    found = Case.objects.unscoped("the privacy officer compares looks with work: a number, and that it exists")
    rows = found.filter(number__in=wanted).values_list("number", "reported_at", "closed_at")
    return {number: (begun, ended) for number, begun, ended in rows}
