"""Contributions: what packages above add to an action of one below, in the same transaction.

An event comes too late where the work must happen together or not at all (regridding, merging, erasure).
`config/contributions.py` says who contributes to which named hook; a hook runs them in the order of that table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from collections.abc import Callable


def contribute(hook: str, *given: Any) -> list[Any]:
    """Call every function wired to `hook` with what is given; their answers. One that raises undoes the action."""
    table: dict[str, list[Callable[..., Any]]] = import_string(settings.WANGGE_CONTRIBUTIONS)
    return [function(*given) for function in table.get(hook, [])]
