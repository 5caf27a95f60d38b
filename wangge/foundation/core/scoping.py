"""Querysets that refuse to run until somebody has said for whom.

`Model.objects.filter(...)` on a scoped table raises `UnscopedQueryError` when it is evaluated, unless `visible_to()`
or `unscoped("reason")` was called on it first. One forgotten filter is then a failing test instead of a leak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models
from django.db.models import Q, sql

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


class ScopedQuery(sql.Query):
    """Carries the queryset's silence into whatever embeds the bare query: `Subquery`, `Exists`, unions, EXPLAIN."""

    unsaid = False  # set on the query of a fresh queryset only: Django builds inner queries of the same class

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        if self.unsaid:
            raise _unscoped(self.model)
        return super().get_compiler(*args, **kwargs)


def _unscoped(model: Any) -> UnscopedQueryError:
    return UnscopedQueryError(
        f"{model.__name__}: call visible_to(user, permission) or unscoped('reason') before reading"
    )


class ScopedQuerySet(models.QuerySet[M]):
    """A queryset that must be told for whom it reads."""

    _scope: str | None = None

    def __init__(
        self, model: type[M] | None = None, query: sql.Query | None = None, using: str | None = None, hints: Any = None
    ) -> None:
        if query is None and model is not None:
            query = ScopedQuery(model)
            query.unsaid = True
        super().__init__(model, query, using, hints)

    def unscoped(self, reason: str) -> Self:
        """Read without a person's scope; `reason` says why, in the code, for the reviewer."""
        if not reason.strip():
            raise ValueError("an unscoped read needs a reason")
        return self.scoped_to(reason)

    def scoped_to(self, scope: str) -> Self:
        """For `visible_to` and its like: this queryset now says for whom it reads."""
        clone = self._clone()
        clone._scope = scope  # noqa: SLF001 — our own copy
        if isinstance(clone.query, ScopedQuery):
            clone.query.unsaid = False
        return clone

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._scope = self._scope
        return clone

    def _check(self) -> None:
        if self._scope is None:
            raise _unscoped(self.model)

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            self._check()
        super()._fetch_all()

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

    def raw(self, *args: Any, **kwargs: Any) -> Any:
        self._check()
        return super().raw(*args, **kwargs)

    def __or__(self, other: Any) -> Self:
        _said(other)
        return super().__or__(other)

    def __xor__(self, other: Any) -> Self:
        _said(other)
        return super().__xor__(other)

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        self._check()
        return super().resolve_expression(*args, **kwargs)


def _said(other: Any) -> None:
    """What is added to a scoped queryset must itself say for whom it reads: else it would widen the scope."""
    if isinstance(other, ScopedQuerySet):
        other._check()  # noqa: SLF001 — of our own class
