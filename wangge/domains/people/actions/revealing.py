"""Showing one field whole: one field, one purpose, one audit row, committed before the value leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import access
from wangge.domains.people.models import AccessGrant, Firm, Person, Purpose
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError, NotAllowedError, NotFoundError, Problem

if TYPE_CHECKING:
    import datetime as dt

kinds.declare("person.reveal", "firm.reveal")

FIELDS = {
    "name": _("Name"),
    "former_name": _("Earlier name"),
    "born": _("Date of birth"),
    "id_number": _("ID number"),
    "phone": _("Phone"),
    "registered_address": _("Address of registration"),
    "work_or_school": _("Work or school"),
}
FIRM_FIELDS = {"contact_name": _("Whom to call"), "contact_phone": _("Phone")}
RESCUE_FIELDS = frozenset({"phone"})  # the address stands on the page; nothing else brings a child home
_LONGEST_REFERENCE = 40


class ErasedError(Problem):
    """The person asked for erasure, or the time to keep him is over: nobody can read it any more."""

    code = "erased"
    status = 410
    title = _("This entry was erased and can no longer be read by anybody.")
    remedy = _("If the person lives here again, record him anew.")


def reveal(
    *, by: Any, person: Person, field: str, purpose: str, reference: str = "", at: dt.datetime | None = None
) -> str:
    """One field of one person, whole; "" when nothing is recorded.

    The audit row is committed on its own before the value is read, so that an answer cut off on the way is audited too:
    call it outside a transaction. Counts for the throttle, except under a grant for a rescue.
    """
    _check(field, FIELDS, purpose, reference)
    now = at or clock.now()
    grant = _right(by, person, field, purpose, now)
    if grant is None or grant.purpose != Purpose.RESCUE:
        access.seen(by, [person], at=now)
    under: dict[str, Any] = {} if grant is None else {"grant": grant.pk}
    with transaction.atomic(durable=True):
        record(
            "person.reveal",
            by=by,
            subject=person,
            at=now,
            field=field,
            purpose=purpose,
            reference=reference,
            **under,
        )
    value = Keyring.of([person.public_id]).open(person.public_id, f"people.person.{field}", getattr(person, field))
    if value is None:
        raise ErasedError
    return value


def reveal_firm(
    *, by: Any, firm: Firm, field: str, purpose: str, reference: str = "", at: dt.datetime | None = None
) -> str:
    """Whom to call at a firm, or his phone; as `reveal`, by those who may see the firm. Counts like a resident."""
    _check(field, FIRM_FIELDS, purpose, reference)
    if not authority_of(by).may(P.FIRM_VIEW, area_path=firm.area_path):
        raise NotFoundError
    now = at or clock.now()
    with transaction.atomic(durable=True):
        allowed = access.firm_seen(by, firm.pk, at=now)
        if allowed:
            record("firm.reveal", by=by, subject=firm, at=now, field=field, purpose=purpose, reference=reference)
    if not allowed:
        raise access.TooManyPersonsError
    value = Keyring.of([firm.public_id]).open(firm.public_id, f"people.firm.{field}", getattr(firm, field))
    if value is None:
        raise ErasedError
    return value


def _check(field: str, fields: dict[str, Any], purpose: str, reference: str) -> None:
    if field not in fields:
        raise InvalidError(_("There is no such field."), field="field")
    if purpose not in Purpose.values:
        raise InvalidError(_("Please say what you need it for."), field="purpose")
    if len(reference) > _LONGEST_REFERENCE:
        raise InvalidError(_("The reference is too long."), field="reference")


def _right(by: Any, person: Person, field: str, purpose: str, now: dt.datetime) -> AccessGrant | None:
    """The grant under which it is done, None within one's own place; a `Problem` without either."""
    if access.sees(by, person, P.PERSON_REVEAL):
        return None
    grant = access.running_grant(by, access.households_of(person), purpose=purpose, at=now)
    if grant is None:
        if access.sees(by, person) or access.running_grant(by, access.households_of(person), at=now):
            raise NotAllowedError(_("Your right to look at this household is for another purpose, or has run out."))
        raise NotFoundError
    if grant.purpose == Purpose.RESCUE and field not in RESCUE_FIELDS:
        raise NotAllowedError(_("Searching for a lost person shows the phone only."))
    return grant
