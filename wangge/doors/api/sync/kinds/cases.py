"""Steps with a case from a phone: sign for, contact, handle, verify, look a second time, send back, do one's part."""

from typing import Annotated, Any, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StrictStr

from wangge.domains.cases import actions, queries
from wangge.domains.cases.models import Case
from wangge.doors.api.shapes import Amount, Flag, In, Note, Originals, Photos, QuantityIn, Words
from wangge.doors.api.sync.kinds.registry import Kind, NotYetError, Sender
from wangge.doors.api.sync.kinds.reports import CaseNumber
from wangge.foundation.media.queries import media_sent_by


class PhotosFirstError(NotYetError):
    """A second check is judged by its photo, so that it waits for one."""

    code = "photos-first"
    title = _("A photo has to arrive before this can be carried out.")


class OfCase(In):
    """签收: nothing but the case."""

    case: CaseNumber


class Contact(OfCase):
    """先行联系: what was agreed with the reporter."""

    note: Words


class SendBack(OfCase):
    """退回: why it is not the unit's duty, and on which basis."""

    reason: Words
    basis: Words


class Handle(OfCase):
    """处置反馈: what was done, with photos before and after by their sha256."""

    result: Literal["solved", "partly", "explained", "unfounded", "beyond", "long_term"]
    text: Words
    reply: Note = ""
    quantities: Annotated[list[QuantityIn], Field(max_length=20)] = Field(default_factory=list)
    legal_basis: Annotated[StrictStr, Field(max_length=200)] = ""
    area_m2: Amount | None = None
    before: Photos = Field(default_factory=list)
    after: Photos = Field(default_factory=list)
    originals: Originals = Field(default_factory=dict)


class Verify(OfCase):
    """核查: it is as reported, or what is missing (`note`); with fresh photos."""

    passed: Flag
    note: Note = ""
    photos: Photos = Field(default_factory=list)
    originals: Originals = Field(default_factory=dict)


class Part(OfCase):
    """协办: what was contributed; with `done` the part is finished."""

    note: Words
    photos: Photos = Field(default_factory=list)
    originals: Originals = Field(default_factory=dict)


def _taken(case: Case, sender: Sender | None = None, originals: dict[str, str] | None = None) -> dict[str, Any]:
    if sender is not None and originals:
        actions.keep_originals(case=case, by=sender.user, originals=originals)
    return {"number": case.number, "state": case.state}


def _case(sender: Sender, said: OfCase) -> Case:
    return queries.get_case(sender.user, said.case)


def _sign_for(sender: Sender, said: OfCase) -> dict[str, Any]:
    return _taken(actions.sign_for(case=_case(sender, said), by=sender.user))


def _contact(sender: Sender, said: Contact) -> dict[str, Any]:
    return _taken(actions.contact(case=_case(sender, said), by=sender.user, text=said.note))


def _send_back(sender: Sender, said: SendBack) -> dict[str, Any]:
    return _taken(actions.send_back(case=_case(sender, said), by=sender.user, reason=said.reason, basis=said.basis))


def _handle(sender: Sender, said: Handle) -> dict[str, Any]:
    outcome = actions.Outcome(
        result=said.result,
        text=said.text,
        reply=said.reply,
        quantities=[(one.amount, one.unit) for one in said.quantities],
        legal_basis=said.legal_basis,
        area_m2=said.area_m2,
        before_photos=said.before,
        after_photos=said.after,
    )
    return _taken(actions.handle(case=_case(sender, said), by=sender.user, outcome=outcome), sender, said.originals)


def _verify(sender: Sender, said: Verify) -> dict[str, Any]:
    case = _case(sender, said)
    if said.passed:
        case = actions.verify(case=case, by=sender.user, note=said.note, photos=said.photos)
    else:
        case = actions.rework(case=case, by=sender.user, reason=said.note, photos=said.photos)
    return _taken(case, sender, said.originals)


def _second_check(sender: Sender, said: Verify) -> dict[str, Any]:
    case = _case(sender, said)
    if said.photos and not media_sent_by(sender.user, said.photos):
        raise PhotosFirstError
    if said.passed:
        case = actions.pass_second_check(case=case, by=sender.user, note=said.note, photos=said.photos)
    else:
        case = actions.fail_second_check(case=case, by=sender.user, reason=said.note, photos=said.photos)
    return _taken(case, sender, said.originals)


def _assist(sender: Sender, said: Part) -> dict[str, Any]:
    case = actions.assist(case=_case(sender, said), by=sender.user, text=said.note, photos=said.photos)
    return _taken(case, sender, said.originals)


def _assist_done(sender: Sender, said: Part) -> dict[str, Any]:
    case = actions.assist_done(case=_case(sender, said), by=sender.user, text=said.note, photos=said.photos)
    return _taken(case, sender, said.originals)


KINDS = {
    "case.sign_for": Kind(OfCase, _sign_for),
    "case.contact": Kind(Contact, _contact),
    "case.send_back": Kind(SendBack, _send_back),
    "case.handle": Kind(Handle, _handle),
    "case.verify": Kind(Verify, _verify),
    "case.second_check": Kind(Verify, _second_check),
    "case.assist": Kind(Part, _assist),
    "case.assist_done": Kind(Part, _assist_done),
}
