"""Rows that hold for a time: `valid_from` is the first day, `valid_to` the first day on which the row no longer holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    import datetime as dt

M = TypeVar("M", bound=models.Model)


class DatedQuerySet(models.QuerySet[M]):
    """Querysets of dated rows."""

    def as_of(self, day: dt.date) -> Self:
        """Rows in force on `day`."""
        return self.filter(in_force(day))


def in_force(day: dt.date, prefix: str = "") -> Q:
    """The condition "in force on `day`" for dated rows reached through `prefix` ("post__")."""
    still = Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gt": day})
    return still & Q(**{f"{prefix}valid_from__lte": day})


def ends_after_it_begins(name: str) -> models.CheckConstraint:
    """The constraint that every dated table carries."""
    return models.CheckConstraint(
        condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name=f"{name}_ends_after_it_begins"
    )
