"""Tables of cases: reports, the case and its work; clocks, sub-procedures, whistles, checks, and what was learned."""

from wangge.domains.cases.models.case import (
    Assignment,
    Case,
    CasePhoto,
    CaseQuerySet,
    Evaluation,
    Handling,
    Objection,
    Quantity,
    Report,
    ReportQuerySet,
    Result,
    Source,
    State,
    TimelineEntry,
    Verification,
)
from wangge.domains.cases.models.checks import InspectedCase, Inspection, PhotoDoubt, SecondCheck
from wangge.domains.cases.models.clocks import ClockEvent
from wangge.domains.cases.models.learning import Cluster, ClusterMember, MatterAdvice, TextModel
from wangge.domains.cases.models.procedures import (
    Alert,
    AlertReader,
    DocumentSeries,
    Extension,
    Hang,
    LevelMove,
    Ruling,
    Supervision,
)
from wangge.domains.cases.models.voice_notes import VoiceNote
from wangge.domains.cases.models.whistles import Whistle, WhistleCall, WhistleKind, WhistleQuerySet

__all__ = [
    "Alert",
    "AlertReader",
    "Assignment",
    "Case",
    "CasePhoto",
    "CaseQuerySet",
    "ClockEvent",
    "Cluster",
    "ClusterMember",
    "DocumentSeries",
    "Evaluation",
    "Extension",
    "Handling",
    "Hang",
    "InspectedCase",
    "Inspection",
    "LevelMove",
    "MatterAdvice",
    "Objection",
    "PhotoDoubt",
    "Quantity",
    "Report",
    "ReportQuerySet",
    "Result",
    "Ruling",
    "SecondCheck",
    "Source",
    "State",
    "Supervision",
    "TextModel",
    "TimelineEntry",
    "Verification",
    "VoiceNote",
    "Whistle",
    "WhistleCall",
    "WhistleKind",
    "WhistleQuerySet",
]
