"""Looking at who stands behind a report: one report, one purpose, one audit row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.actions.intake import Contact
from wangge.domains.cases.queries import may_see_contact
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import crypto
from wangge.foundation.core.problems import InvalidError, NotAllowedError

if TYPE_CHECKING:
    from wangge.domains.cases.models import Report

kinds.declare("report.contact")

PURPOSES = {
    "handle": _("To handle the case"),
    "ask": _("To ask for details"),
    "call_back": _("To ask whether it is solved"),
}


def reveal_contact(*, report: Report, by: Any, purpose: str) -> Contact:
    """Name and phone of a reporter. The audit row is committed before anything is shown, also if the answer is lost."""
    if purpose not in PURPOSES:
        raise InvalidError(_("Please say what you need it for."), field="purpose")
    case = report.case
    if case.merged_into is not None and case.confidential:
        case = case.merged_into if case.merged_into.confidential else case
    if not may_see_contact(case, by):
        raise NotAllowedError
    with transaction.atomic():
        record("report.contact", by=by, subject=report, case=case.pk, purpose=purpose)
    bound_to = str(report.public_id)
    name = report.contact_name
    phone = report.contact_phone
    return Contact(
        name=crypto.unseal(name, purpose="cases.report.contact_name", bound_to=bound_to) if name else "",
        phone=crypto.unseal(phone, purpose="cases.report.contact_phone", bound_to=bound_to) if phone else "",
    )
