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


@dataclasses.dataclass(frozen=True, slots=True)
class WhistleBlown(Event):
    """A grid or a community asks the street to call units to the spot."""

    name: ClassVar[str] = "cases.WhistleBlown"
    whistle_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class WhistleCalled(Event):
    """Units were called to the spot."""

    name: ClassVar[str] = "cases.WhistleCalled"
    whistle_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class WhistleDeclined(Event):
    """A whistle was not confirmed, or was called off."""

    name: ClassVar[str] = "cases.WhistleDeclined"
    whistle_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class WhistleArrived(Event):
    """A called unit checked in."""

    name: ClassVar[str] = "cases.WhistleArrived"
    call_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class WhistleConcluded(Event):
    """A whistle was brought to its end on the spot."""

    name: ClassVar[str] = "cases.WhistleConcluded"
    whistle_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class WhistleRated(Event):
    """Units were rated by the callers."""

    name: ClassVar[str] = "cases.WhistleRated"
    whistle_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class ExtensionDecided(Event):
    """More time was granted or refused."""

    name: ClassVar[str] = "cases.ExtensionDecided"
    case_id: int
    extension_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class HangDecided(Event):
    """A case was hung, or the request was refused."""

    name: ClassVar[str] = "cases.HangDecided"
    case_id: int
    hang_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class HangEnded(Event):
    """A hung case was taken up again."""

    name: ClassVar[str] = "cases.HangEnded"
    case_id: int
    hang_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class RulingCalled(Event):
    """Units were called to a joint meeting on the spot."""

    name: ClassVar[str] = "cases.RulingCalled"
    case_id: int
    ruling_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class CaseEscalated(Event):
    """A case went up a level."""

    name: ClassVar[str] = "cases.CaseEscalated"
    case_id: int
    move_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class SecondCheckFailed(Event):
    """The second look contradicted the first: the case began anew."""

    name: ClassVar[str] = "cases.SecondCheckFailed"
    case_id: int
    check_id: int
