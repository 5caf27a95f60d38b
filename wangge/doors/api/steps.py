"""Taking a step: POST /cases/{case_id}/steps/{verb}, one typed body per verb of the workflow's table."""

import datetime as dt
import inspect
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from wangge.domains.cases import actions, queries
from wangge.domains.cases.models import Case, Evaluation
from wangge.doors.api import procedures, second_checks, supervision
from wangge.doors.api.contract import operation
from wangge.doors.api.gates import STAFF_VERBS
from wangge.doors.api.ground import area_of, matter_of, unit_of
from wangge.doors.api.shapes import (
    AreaCode,
    Flag,
    In,
    MatterCode,
    Note,
    Out,
    OutcomeIn,
    Photos,
    PublicId,
    RowId,
    Words,
)
from wangge.doors.api.writing import written

router = Router(tags=["steps"])


class StepTaken(Out):
    """The case after the step. Who sent it away may not see it any more."""

    verb: str
    id: uuid.UUID
    number: str
    state: str
    state_name: str
    since: dt.datetime
    due_at: dt.datetime | None


class Empty(In):
    """Nothing to say: `{}`."""


class AskForMore(In):
    """待补充: what the reporter is asked."""

    question: Words


class File(In):
    """受理立案: what it is, how high it stands, where it is."""

    matter: MatterCode
    level: Annotated[Literal[1, 2, 3, 4] | None, Field(description="1 grid, 2 community, 3 street, 4 district")] = None
    area: AreaCode | None = None
    text: Note | None = None
    confidential: Flag | None = None


class Decline(In):
    """不予受理: the legal reason, and where to turn instead; the reporter reads both."""

    reason: Words
    channel: Words


class Merge(In):
    """并案: the same thing as another case."""

    into: Annotated[PublicId, Field(description="Id of the other case.")]


class Reason(In):
    """Why."""

    reason: Words


class Flags(In):
    """苗头性 / 历史遗留."""

    emerging: Flag
    legacy: Flag


class Remark(In):
    """A note, if any."""

    note: Note = ""


class Dispatch(In):
    """派遣: one main unit, and co-handlers."""

    unit: RowId
    co_units: Annotated[list[RowId], Field(max_length=10)] = Field(default_factory=list)
    why: Annotated[list[Annotated[str, Field(max_length=60, strict=True)]], Field(max_length=20)] = Field(
        default_factory=list
    )
    note: Note = ""


class SendBack(In):
    """退回: not this unit's duty, and on which basis."""

    reason: Words
    basis: Words


class Contacted(In):
    """先行联系: what was agreed with the reporter."""

    text: Words


class Assist(In):
    """协办: what was contributed."""

    text: Words
    photos: Photos = Field(default_factory=list)


class Verify(In):
    """核查: a note and photos, if any."""

    note: Note = ""
    photos: Photos = Field(default_factory=list)


class Rework(In):
    """返工: what is not as reported."""

    reason: Words
    photos: Photos = Field(default_factory=list)


class CallBack(In):
    """回访: what one reporter answered: is it solved, is he satisfied."""

    report: Annotated[PublicId, Field(description="Which voice of the case was called.")]
    solved: Literal["yes", "partly", "no"]
    satisfied: Literal["yes", "fairly", "no"]
    contacted: Annotated[
        bool | None, Field(strict=True, description="Did the unit get in touch first? Null: not asked, or no answer.")
    ] = None
    comment: Annotated[str, Field(max_length=1000, strict=True)] = ""


def _file(case: Case, by: Any, said: File) -> Any:
    return actions.file(
        case=case,
        by=by,
        matter=matter_of(said.matter),
        level=said.level,
        area=area_of(said.area) if said.area else None,
        text=said.text,
        confidential=said.confidential,
    )


def _dispatch(case: Case, by: Any, said: Dispatch) -> Any:
    return actions.dispatch(
        case=case,
        by=by,
        unit=unit_of(said.unit, "unit"),
        co_units=[unit_of(pk, "co_units") for pk in said.co_units],
        why=said.why,
        note=said.note,
    )


def _merge(case: Case, by: Any, said: Merge) -> Any:
    return actions.merge(case=case, into=queries.get_case_by_public_id(by, said.into), by=by)


def _call_back(case: Case, by: Any, said: CallBack) -> Any:
    voice = queries.get_voice(case, by, said.report)
    return actions.evaluate(
        report=voice,
        solved=said.solved,
        satisfied=said.satisfied,
        comment=said.comment,
        contacted=said.contacted,
        by=by,
    )


# Body and act of every verb that staff take.
_VERBS: dict[str, tuple[type[In], Callable[[Case, Any, Any], Any]]] = {
    "ask_for_more": (AskForMore, lambda c, by, said: actions.ask_for_more(case=c, by=by, question=said.question)),
    "file": (File, _file),
    "decline": (Decline, lambda c, by, said: actions.decline(case=c, by=by, reason=said.reason, channel=said.channel)),
    "merge": (Merge, _merge),
    "unmerge": (Reason, lambda c, by, said: actions.unmerge(case=c, by=by, reason=said.reason)),
    "void": (Reason, lambda c, by, said: actions.void(case=c, by=by, reason=said.reason)),
    "flag": (Flags, lambda c, by, said: actions.flag(case=c, by=by, emerging=said.emerging, legacy=said.legacy)),
    "pass_spot_check": (Remark, lambda c, by, said: actions.pass_spot_check(case=c, by=by, note=said.note)),
    "refuse_spot_check": (Reason, lambda c, by, said: actions.refuse_spot_check(case=c, by=by, reason=said.reason)),
    "dispatch": (Dispatch, _dispatch),
    "sign_for": (Empty, lambda c, by, _said: actions.sign_for(case=c, by=by)),
    "send_back": (SendBack, lambda c, by, said: actions.send_back(case=c, by=by, reason=said.reason, basis=said.basis)),
    "contact": (Contacted, lambda c, by, said: actions.contact(case=c, by=by, text=said.text)),
    "assist": (Assist, lambda c, by, said: actions.assist(case=c, by=by, text=said.text, photos=said.photos)),
    "handle": (OutcomeIn, lambda c, by, said: actions.handle(case=c, by=by, outcome=said.outcome())),
    "verify": (Verify, lambda c, by, said: actions.verify(case=c, by=by, note=said.note, photos=said.photos)),
    "rework": (Rework, lambda c, by, said: actions.rework(case=c, by=by, reason=said.reason, photos=said.photos)),
    "call_back": (CallBack, _call_back),
    "close": (Remark, lambda c, by, said: actions.close(case=c, by=by, note=said.note)),
    "reopen": (Reason, lambda c, by, said: actions.reopen(case=c, by=by, reason=said.reason)),
    "dismiss": (Reason, lambda c, by, said: actions.dismiss(case=c, by=by, reason=said.reason)),
    **procedures.VERBS,
    **second_checks.VERBS,
    **supervision.VERBS,
}


def _taken(verb: str, case: Case, result: Any) -> StepTaken:
    after = result.report.case if isinstance(result, Evaluation) else result
    if isinstance(result, Evaluation):
        after.refresh_from_db(fields=["state", "since", "due_at"])
    return StepTaken(
        verb=verb,
        id=case.public_id,
        number=case.number,
        state=after.state,
        state_name=str(after.get_state_display()),
        since=after.since,
        due_at=after.due_at,
    )


def _route(verb: str, body: type[In], act: Callable[[Case, Any, Any], Any]) -> None:
    """One operation; its parameters are given to the router by signature, as if it were written out."""

    def take(request: HttpRequest, case_id: uuid.UUID, data: Any) -> HttpResponse:
        def step() -> StepTaken:
            case = queries.get_case_by_public_id(request.user, case_id)
            return _taken(verb, case, act(case, request.user, data))

        return written(request, step)

    take.__name__ = f"step_{verb}"
    take.__doc__ = inspect.getdoc(body)
    kinds = inspect.Parameter
    take.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            kinds("request", kinds.POSITIONAL_OR_KEYWORD, annotation=HttpRequest),
            kinds("case_id", kinds.POSITIONAL_OR_KEYWORD, annotation=Annotated[uuid.UUID, Path()]),  # type: ignore[type-arg]
            kinds("data", kinds.POSITIONAL_OR_KEYWORD, annotation=body),
        ]
    )
    router.post(f"/cases/{{case_id}}/steps/{verb}", **operation(f"step_{verb}", answers=StepTaken, write=True))(take)


for _verb in STAFF_VERBS:
    _route(_verb, *_VERBS[_verb])
