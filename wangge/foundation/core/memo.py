"""Answers kept in a process for a few seconds: for reference data that changes by hand (catalogue, areas), never for
rights, people or cases. An edit is seen by every process within that time.
"""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

A = ParamSpec("A")
R = TypeVar("R")

_LARGEST = 2000
_memos: list[dict[object, tuple[float, object]]] = []


def for_seconds(seconds: float) -> Callable[[Callable[A, R]], Callable[A, R]]:
    """Keep the answers of a function of hashable arguments for `seconds`, at most 2,000 of them."""

    def decorate(function: Callable[A, R]) -> Callable[A, R]:
        held: dict[object, tuple[float, R]] = {}
        _memos.append(held)  # type: ignore[arg-type]  # only ever cleared

        @functools.wraps(function)
        def inner(*args: A.args, **kwargs: A.kwargs) -> R:
            key = (args, tuple(sorted(kwargs.items())))
            known = held.get(key)
            if known is not None and time.monotonic() < known[0]:
                return known[1]
            if len(held) >= _LARGEST:
                held.clear()
            answer = function(*args, **kwargs)
            held[key] = (time.monotonic() + seconds, answer)
            return answer

        return inner

    return decorate


def forget_all() -> None:
    """Drop everything kept in this process (between tests; after an import)."""
    for held in _memos:
        held.clear()
