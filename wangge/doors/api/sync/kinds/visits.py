"""走访 from a phone: a visit made, a wish for counselling handed on. The phone knows doors; of people it says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StrictStr

from wangge.domains.fieldwork import visits
from wangge.domains.fieldwork.actions.referring import refer
from wangge.domains.fieldwork.actions.visits import MOST_NOTE, make_visit
from wangge.doors.api.shapes import Flag, In, PublicId
from wangge.doors.api.sync.kinds.registry import Kind, Sender
from wangge.foundation.core.problems import InvalidError

if TYPE_CHECKING:
    from wangge.domains.fieldwork.models import VisitDue
    from wangge.domains.people.models import Household

TaskCode = Literal[
    "information",
    "mediation",
    "hazard",
    "security",
    "population",
    "legal",
    "counselling",
    "convenience",
]


class AtDoor(In):
    """Whose door it is: of a due visit, a household or a firm, by its id; one of them."""

    due: PublicId | None = None
    household: PublicId | None = None
    firm: PublicId | None = None


class MakeVisit(AtDoor):
    """A visit. The command's id becomes the visit's. What is noted is not about health or belief."""

    result: Literal["met", "nobody", "declined", "gone"]
    way: Literal["door", "phone", "elsewhere"] = "door"
    tasks: Annotated[list[TaskCode], Field(max_length=8)] = Field(default_factory=list)
    confirmed: Flag = False
    note: Annotated[StrictStr, Field(max_length=MOST_NOTE)] = ""


class Refer(In):
    """心理疏导转介: that a household wishes to be called; never why."""

    due: PublicId | None = None
    household: PublicId | None = None


def _due(sender: Sender, said: Any) -> VisitDue | None:
    return visits.get_due(sender.user, said.due) if said.due is not None else None


def _make(sender: Sender, said: MakeVisit) -> dict[str, Any]:
    if sum(one is not None for one in (said.due, said.household, said.firm)) != 1:
        raise InvalidError(_("Say at which door it was."), field="due")
    made = make_visit(
        by=sender.user,
        public_id=sender.id,
        due=_due(sender, said),
        household=visits.household_of(sender.user, said.household) if said.household is not None else None,
        firm=visits.firm_of(sender.user, said.firm) if said.firm is not None else None,
        result=said.result,
        way=said.way,
        tasks=said.tasks,
        confirmed=said.confirmed,
        note=said.note,
        occurred_at=sender.occurred_at,
    )
    return {"id": str(made.visit.public_id), "result": made.visit.result, "number": made.visit.case_number or None}


def _refer(sender: Sender, said: Refer) -> dict[str, Any]:
    made = refer(by=sender.user, public_id=sender.id, household=_home(sender, said), occurred_at=sender.occurred_at)
    return {"id": str(made.public_id)}


def _home(sender: Sender, said: Refer) -> Household:
    due = _due(sender, said)
    if due is not None and due.household is not None:
        return due.household
    if said.household is None or due is not None:
        raise InvalidError(_("Say which household wishes it."), field="household")
    return visits.household_of(sender.user, said.household)


KINDS = {"visit.make": Kind(MakeVisit, _make), "visit.refer": Kind(Refer, _refer)}
