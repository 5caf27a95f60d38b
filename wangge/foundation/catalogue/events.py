"""Facts about the catalogue that travel upward. Ids only."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from wangge.foundation.core.events import Event


@dataclasses.dataclass(frozen=True, slots=True)
class CalendarChanged(Event):
    """The working calendar has a new version."""

    name: ClassVar[str] = "catalogue.CalendarChanged"
    version_id: int
