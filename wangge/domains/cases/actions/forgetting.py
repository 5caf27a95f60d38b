"""What cases hold of a resident: the reports he made under his phone. Contributed to the export for him and to erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wangge.domains.cases.actions.voice_notes import erase_voice_notes
from wangge.domains.cases.models import Report
from wangge.foundation.core import clock, crypto

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from wangge.domains.people.actions.erasing import Facts

ERASED = "〔已应当事人要求删除〕"
_PHONE = "cases.report.contact_phone"


def held_of(facts: Facts) -> dict[str, list[dict[str, Any]]]:
    """The reports of a person, as he wrote them."""
    return {
        "reports": [
            {
                "case": report.case.number,
                "said": report.text,
                "where": report.address,
                "at": report.recorded_at.astimezone(clock.OFFICE).isoformat(timespec="minutes"),
            }
            for report in _reports(facts.phone).select_related("case")
        ]
    }


def erase_of(facts: Facts) -> dict[str, int]:
    """Empty name, phone, words and position of the reports of a person; the cases themselves stay as the office's record."""
    found = _reports(facts.phone)
    erase_voice_notes(reports=list(found.values_list("pk", flat=True)))
    count = found.update(
        contact_name=None,
        contact_phone=None,
        phone_blind=None,
        contact_mask="",
        text=ERASED,
        address="",
        lon=None,
        lat=None,
        raw_lon=None,
        raw_lat=None,
        accuracy_m=None,
    )
    return {"reports": count}


def _reports(phone: str) -> QuerySet[Report]:
    prints = crypto.under_any_key(crypto.blind(phone, purpose=_PHONE)) if phone else []
    return Report.objects.filter(phone_blind__in=prints).scoped_to("what a person reported, for himself").order_by("pk")
