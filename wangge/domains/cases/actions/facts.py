"""What has happened, told as plain facts: voices, deeds, the case they belong to; and the rows they come to."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from wangge.foundation.core.problems import InvalidError

if TYPE_CHECKING:
    import datetime as dt

    from wangge.domains.cases.actions.handling import Outcome
    from wangge.domains.cases.actions.intake import Contact, Place
    from wangge.domains.cases.actions.replay_clocks import Row
    from wangge.domains.cases.models import (
        Assignment,
        Case,
        CasePhoto,
        Evaluation,
        Handling,
        Objection,
        Quantity,
        Report,
        TimelineEntry,
        Verification,
    )
    from wangge.foundation.accounts.models import Organisation, User
    from wangge.foundation.catalogue.models import Matter


class InconsistentHistoryError(InvalidError):
    """The facts contradict the lifecycle; nothing is imported."""

    code = "inconsistent-history"
    title = _("This history cannot have happened.")


@dataclasses.dataclass(frozen=True, slots=True)
class Voice:
    """What one person said, and when. `photos` are SHA-256 names, brought later."""

    source: str
    text: str
    at: dt.datetime
    by: User | None = None
    contact: Contact | None = None
    photos: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Deed:
    """One step that was taken, with what it was given; fields that the verb does not use stay empty."""

    verb: str
    at: dt.datetime
    by: User | None = None
    note: str = ""
    matter: Matter | None = None
    unit: Organisation | None = None
    co_units: tuple[Organisation, ...] = ()
    why: tuple[str, ...] = ()
    outcome: Outcome | None = None
    basis: str = ""  # of sending back; the channel of declining
    voice: int = 0  # whose judgement or answer
    solved: str = ""
    satisfied: str = ""
    contacted: bool | None = None  # the reporter's answer: did the unit get in touch first?
    emerging: bool = False
    legacy: bool = False
    into: int | None = None  # key of the history into which this one is merged
    photos: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Past:
    """One case from its first voice on. `settled` is what was done on the spot (即办), by the first voice's person."""

    key: int
    place: Place
    matter: Matter | None
    voices: tuple[Voice, ...]
    deeds: tuple[Deed, ...] = ()
    settled: Outcome | None = None
    urgent: bool = False
    confidential: bool = False


@dataclasses.dataclass(slots=True)
class Tape:
    """The rows that the replay produced, in the order of time."""

    cases: list[Case] = dataclasses.field(default_factory=list)
    reports: list[Report] = dataclasses.field(default_factory=list)
    assignments: list[Assignment] = dataclasses.field(default_factory=list)
    timeline: list[TimelineEntry] = dataclasses.field(default_factory=list)
    handlings: list[Handling] = dataclasses.field(default_factory=list)
    quantities: list[Quantity] = dataclasses.field(default_factory=list)
    verifications: list[Verification] = dataclasses.field(default_factory=list)
    evaluations: list[Evaluation] = dataclasses.field(default_factory=list)
    objections: list[Objection] = dataclasses.field(default_factory=list)
    photos: list[CasePhoto] = dataclasses.field(default_factory=list)
    clock_events: list[Row] = dataclasses.field(default_factory=list)
