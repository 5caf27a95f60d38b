"""Facts about cases that travel upward. Ids only."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from wangge.foundation.core.events import Event


@dataclasses.dataclass(frozen=True, slots=True)
class CaseReported(Event):
    """A first report made a new case."""

    name: ClassVar[str] = "cases.CaseReported"
    case_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class CaseFiled(Event):
    """A case was accepted and filed."""

    name: ClassVar[str] = "cases.CaseFiled"
    case_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class CaseDispatched(Event):
    """A case was sent to its units."""

    name: ClassVar[str] = "cases.CaseDispatched"
    case_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class CaseHandled(Event):
    """A unit reported its result."""

    name: ClassVar[str] = "cases.CaseHandled"
    case_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class CaseReworked(Event):
    """A verification failed: the unit must go again."""

    name: ClassVar[str] = "cases.CaseReworked"
    case_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class CaseObjected(Event):
    """A reporter says that it is not solved."""

    name: ClassVar[str] = "cases.CaseObjected"
    case_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class CaseReopened(Event):
    """An objection was upheld."""

    name: ClassVar[str] = "cases.CaseReopened"
    case_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class CaseClosed(Event):
    """A case ended."""

    name: ClassVar[str] = "cases.CaseClosed"
    case_id: int
