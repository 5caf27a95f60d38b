"""Every column that is sealed directly under the office's data key: what a rotation must seal anew.

Apps call `declare` beside the data map. Columns sealed under a person's own key are not here: the key is wrapped anew in
the key store, the columns stay as they are.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclasses.dataclass(frozen=True, slots=True)
class SealedColumn:
    """One column: `purpose` and `bound_to` as it was sealed; `blind` names a column with its fingerprint beside it."""

    model: str  # "app.model"
    column: str
    purpose: str
    bound_to: Callable[[Any], str]
    blind: str = ""


COLUMNS: list[SealedColumn] = []


def declare(model: str, column: str, *, bound_to: Callable[[Any], str], purpose: str = "", blind: str = "") -> None:
    """Add a column. `purpose` is "app.model.column" unless it says otherwise."""
    COLUMNS.append(SealedColumn(model, column, purpose or f"{model}.{column}", bound_to, blind))


def _of_replay(row: Any) -> str:
    return f"{row.owner}/{row.key}"


declare("core.idempotencykey", "answer", purpose="idempotency.answer", bound_to=_of_replay)
declare("core.contradictingreplay", "body", purpose="idempotency.body", bound_to=_of_replay)
