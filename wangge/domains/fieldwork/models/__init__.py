"""Tables of fieldwork."""

from wangge.domains.fieldwork.models.phones import Phone, Refused
from wangge.domains.fieldwork.models.rounds import Checkpoint, Round, RoundPoint, RoundWindow
from wangge.domains.fieldwork.models.standups import Absence, BlockedTask, FieldTask, OfficeHour, StandUp
from wangge.domains.fieldwork.models.visits import (
    Campaign,
    Link,
    Referral,
    Visit,
    VisitDue,
    VisitRule,
    WeatherNotice,
)

__all__ = [
    "Absence",
    "BlockedTask",
    "Campaign",
    "Checkpoint",
    "FieldTask",
    "Link",
    "OfficeHour",
    "Phone",
    "Referral",
    "Refused",
    "Round",
    "RoundPoint",
    "RoundWindow",
    "StandUp",
    "Visit",
    "VisitDue",
    "VisitRule",
    "WeatherNotice",
]
