"""Tables of the catalogue: matters and their clocks, routing rules and their versions, the working calendar."""

from wangge.foundation.catalogue.models.calendar import CalendarDay, CalendarVersion, TimePlan
from wangge.foundation.catalogue.models.matters import (
    MAX_AMOUNT,
    ClockKind,
    Duty,
    Level,
    Matter,
    MatterClass,
    Module,
    RoutingRule,
    Stage,
    StageClock,
    Task,
    Urgency,
)
from wangge.foundation.catalogue.models.routing import RuleProposal, RulesVersion

__all__ = [
    "MAX_AMOUNT",
    "CalendarDay",
    "CalendarVersion",
    "ClockKind",
    "Duty",
    "Level",
    "Matter",
    "MatterClass",
    "Module",
    "RoutingRule",
    "RuleProposal",
    "RulesVersion",
    "Stage",
    "StageClock",
    "Task",
    "TimePlan",
    "Urgency",
]
