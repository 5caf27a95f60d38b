"""Querysets that refuse to run until somebody has said for whom.

`Model.objects.filter(...)` on a scoped table raises `UnscopedQueryError` when it is evaluated, unless `visible_to()`
or `unscoped("reason")` was called on it first. One forgotten filter is then a failing test instead of a leak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from collections.abc import Iterable

M = TypeVar("M", bound=models.Model)

# Sorts after every digit and slash of a path in the "C" collation, so that a prefix becomes a range an index can walk.
_AFTER_PREFIX = "\x7e"


class UnscopedQueryError(RuntimeError):
    """A query on people or cases ran without saying for whom."""


def under(field: str, paths: Iterable[str]) -> Q:
    """A condition: `field` (a materialised path, "C" collation) lies at or under one of `paths`.

    No path at all matches nothing.
    """
    condition = Q(pk__in=[])
    for path in sorted(set(paths)):
        condition |= Q(**{f"{field}__gte": path, f"{field}__lt": path + _AFTER_PREFIX})
    return condition


class ScopedQuerySet(models.QuerySet[M]):
    """A queryset that must be told for whom it reads."""

    _scope: str | None = None

    def unscoped(self, reason: str) -> Self:
        """Read without a person's scope; `reason` says why, in the code, for the reviewer."""
        if not reason.strip():
            raise ValueError("an unscoped read needs a reason")
        clone: Self = self._chain()
        clone._scope = reason
        return clone

    def _scoped(self, scope: str) -> Self:
        clone: Self = self._chain()
        clone._scope = scope
        return clone

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._scope = self._scope
        return clone

    def _check(self) -> None:
        if self._scope is None:
            raise UnscopedQueryError(
                f"{self.model.__name__}: call visible_to(user, permission) or unscoped('reason') before reading"
            )

    def _fetch_all(self) -> None:
        if self._result_cache is None:  # type: ignore[has-type]
            self._check()
        super()._fetch_all()  # type: ignore[misc]

    def iterator(self, *args: Any, **kwargs: Any) -> Any:
        self._check()
        return super().iterator(*args, **kwargs)

    def count(self) -> int:
        self._check()
        return super().count()

    def exists(self) -> bool:
        self._check()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._check()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._check()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._check()
        return super().delete()

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        self._check()
        return super().resolve_expression(*args, **kwargs)  # type: ignore[misc]
