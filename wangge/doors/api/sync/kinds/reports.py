"""上报 from a phone: a report, another voice, the answer to a question."""

from typing import Annotated, Any, Literal

from pydantic import Field, StrictStr

from wangge.domains.cases import actions, queries
from wangge.domains.cases.models import Report, Source
from wangge.doors.api.ground import matter_of
from wangge.doors.api.shapes import (
    Amount,
    ContactIn,
    Flag,
    In,
    MatterCode,
    Note,
    Originals,
    Photos,
    PublicId,
    QuantityIn,
    Sha256,
    Words,
)
from wangge.doors.api.sync.kinds.places import PlaceSaid, place_said
from wangge.doors.api.sync.kinds.registry import Kind, Sender
from wangge.doors.api.sync.kinds.rounds import RoundRef, note_found
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P

CaseNumber = Annotated[StrictStr, Field(pattern=r"^[0-9A-Za-z-]{1,24}$")]


class Settled(In):
    """即办: what was done about it on the spot."""

    result: Literal["solved", "partly", "explained", "unfounded"] = "solved"
    text: Words
    reply: Note = ""
    quantities: Annotated[list[QuantityIn], Field(max_length=20)] = Field(default_factory=list)
    legal_basis: Annotated[StrictStr, Field(max_length=200)] = ""
    area_m2: Amount | None = None
    before: Photos = Field(default_factory=list)
    after: Photos = Field(default_factory=list)

    def outcome(self) -> actions.Outcome:
        """As the action takes it."""
        return actions.Outcome(
            result=self.result,
            text=self.text,
            reply=self.reply,
            quantities=[(one.amount, one.unit) for one in self.quantities],
            legal_basis=self.legal_basis,
            area_m2=self.area_m2,
            before_photos=self.before,
            after_photos=self.after,
        )


class MakeReport(In):
    """A report. The command's id becomes the report's. Photos and the voice note follow under their sha256.

    `originals`: photo → the camera's file of which it was made, where a watermark was burnt in. `round`: it was found on that round, and is noted there.
    """

    text: Words
    place: PlaceSaid
    matter: MatterCode | None = None
    urgent: Flag = False
    confidential: Flag = False
    contact: ContactIn | None = None
    photos: Photos = Field(default_factory=list)
    originals: Originals = Field(default_factory=dict)
    voice: Sha256 | None = None
    settled: Settled | None = None
    round: RoundRef | None = None


class Join(In):
    """The same thing as an open case: another voice."""

    case: CaseNumber
    text: Words
    place: PlaceSaid
    contact: ContactIn | None = None
    photos: Photos = Field(default_factory=list)
    originals: Originals = Field(default_factory=dict)
    voice: Sha256 | None = None


class Supplement(In):
    """待补充: the answer to the desk's question about one of one's own reports."""

    report: PublicId
    text: Words
    photos: Photos = Field(default_factory=list)
    originals: Originals = Field(default_factory=dict)
    voice: Sha256 | None = None


def _source(sender: Sender, *, on_behalf: bool) -> Source:
    """What staff see on their round is a patrol; building heads, couriers and volunteers give a tip."""
    if on_behalf:
        return Source.ON_BEHALF
    return Source.PATROL if authority_of(sender.user).holds(P.CASE_VIEW) else Source.TIP


def _answer(report: Report) -> dict[str, Any]:
    case = report.case
    return {
        "id": str(report.public_id),
        "number": case.number,
        "state": case.state,
        "follow_code": queries.link_code(report) if report.asks else None,
    }


def _make(sender: Sender, said: MakeReport) -> dict[str, Any]:
    contact = said.contact.contact() if said.contact else None
    made = actions.report(
        by=sender.user,
        source=_source(sender, on_behalf=contact is not None),
        text=said.text,
        place=place_said(sender.user, said.place),
        matter=matter_of(said.matter) if said.matter else None,
        contact=contact,
        photos=said.photos,
        urgent=said.urgent,
        confidential=said.confidential,
        settled=said.settled.outcome() if said.settled else None,
        report_id=sender.id,
        occurred_at=sender.occurred_at,
    )
    actions.keep_originals(case=made.case, by=sender.user, originals=said.originals)
    if said.voice:
        actions.promise_voice_note(report=made, sha256=said.voice, by=sender.user)
    if said.round is not None:
        note_found(sender, said.round, made.case.number)
    return _answer(made)


def _join(sender: Sender, said: Join) -> dict[str, Any]:
    contact = said.contact.contact() if said.contact else None
    made = actions.join(
        case=queries.get_case(sender.user, said.case),
        by=sender.user,
        source=_source(sender, on_behalf=contact is not None),
        text=said.text,
        place=place_said(sender.user, said.place),
        contact=contact,
        photos=said.photos,
        report_id=sender.id,
        occurred_at=sender.occurred_at,
    )
    actions.keep_originals(case=made.case, by=sender.user, originals=said.originals)
    if said.voice:
        actions.promise_voice_note(report=made, sha256=said.voice, by=sender.user)
    return _answer(made)


def _supplement(sender: Sender, said: Supplement) -> dict[str, Any]:
    own = queries.own_report(sender.user, said.report)
    case = actions.supplement(report=own, by=sender.user, text=said.text, photos=said.photos)
    actions.keep_originals(case=case, by=sender.user, originals=said.originals)
    if said.voice:
        actions.promise_voice_note(report=own, sha256=said.voice, by=sender.user)
    return {"id": str(own.public_id), "number": case.number, "state": case.state}


KINDS = {
    "report.make": Kind(MakeReport, _make),
    "report.join": Kind(Join, _join),
    "report.supplement": Kind(Supplement, _supplement),
}
