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
from wangge.domains.cases.models.checks import InspectedCase, Inspection, SecondCheck
from wangge.domains.cases.models.clocks import ClockEvent
from wangge.domains.cases.models.learning import Cluster, ClusterMember, MatterAdvice, TextModel
from wangge.domains.cases.models.procedures import Alert, Extension, Hang, LevelMove, Ruling, Supervision
from wangge.domains.cases.models.whistles import Whistle, WhistleCall, WhistleKind, WhistleQuerySet

__all__ = [
    "Alert",
    "Assignment",
    "Case",
    "CasePhoto",
    "CaseQuerySet",
    "ClockEvent",
    "Cluster",
    "ClusterMember",
    "Evaluation",
    "Extension",
    "Handling",
    "Hang",
    "InspectedCase",
    "Inspection",
    "LevelMove",
    "MatterAdvice",
    "Objection",
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
    "Whistle",
    "WhistleCall",
    "WhistleKind",
    "WhistleQuerySet",
]
