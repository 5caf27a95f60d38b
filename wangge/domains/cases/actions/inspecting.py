"""纪检抽查: draw a sample, write down what was found, what must be put right and what was answered, conclude.

The inspector changes nothing in a case; every reading of one is audited.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.actions.numbering import INSPECTION, next_paper
from wangge.domains.cases.inspections import population
from wangge.domains.cases.models import InspectedCase, Inspection
from wangge.domains.cases.sampling import sample
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    import datetime as dt

    from wangge.foundation.places.models import Area

kinds.declare(
    "inspection.draw",
    "inspection.read",
    "inspection.find",
    "inspection.put_right",
    "inspection.conclude",
    "inspection.export",
)

MAX_SIZE = 100
MAX_DAYS = 366
MAX_SEED = 40
_MAX_TEXT = 4000


@transaction.atomic
def draw(
    *,
    by: Any,
    area: Area,
    method: str,
    first_day: dt.date,
    last_day: dt.date,
    size: int,
    seed: str = "",
    at: dt.datetime | None = None,
) -> Inspection:
    """Draw a sample of `size` cases by a method out of a period of whole days; without a seed one is made by lot.

    The same method, period, size and seed give the same sample again, as long as the cases of the period are the same.
    """
    at = at or clock.now()
    _require(by, area.path)
    seed = seed.strip() or secrets.token_hex(4)
    if method not in Inspection.Method.values:
        raise InvalidError(_("There is no such method."), field="method")
    if last_day < first_day:
        raise InvalidError(_("The period ends before it begins."), field="last_day")
    if last_day > clock.day_of(at):
        raise InvalidError(_("The period lies in the future."), field="last_day")
    if (last_day - first_day).days >= MAX_DAYS:
        raise InvalidError(_("A period is at most one year."), field="first_day")
    if not 1 <= size <= MAX_SIZE:
        raise InvalidError(_("Between 1 and 100 cases can be drawn."), field="size")
    if len(seed) > MAX_SEED:
        raise InvalidError(_("The seed is too long: at most 40 characters."), field="seed")
    ids = population(by, area.path, method, first_day, last_day)
    if not ids:
        raise ConflictError(
            _("No case of this period fits the method, so nothing was drawn."),
            remedy=_("Choose another period or another method."),
        )
    inspection = Inspection.objects.create(
        number=next_paper(INSPECTION, area.path, at),
        area=area,
        area_path=area.path,
        method=method,
        seed=seed,
        size=size,
        population=len(ids),
        first_day=first_day,
        last_day=last_day,
        by=by,
        at=at,
    )
    InspectedCase.objects.bulk_create(
        [
            InspectedCase(inspection=inspection, case_id=pk, place=place)
            for place, pk in enumerate(sample(ids, size, seed), 1)
        ]
    )
    record("inspection.draw", by=by, subject=inspection, at=at, method=method, size=size, population=len(ids))
    return inspection


def read(*, by: Any, inspected: InspectedCase, at: dt.datetime | None = None) -> None:
    """Note that the process data of a sampled case are being read; the row is committed before they are shown."""
    _require(by, inspected.inspection.area_path)
    with transaction.atomic():
        record("inspection.read", by=by, subject=inspected.inspection, at=at, case=inspected.case_id)


@transaction.atomic
def find(
    *,
    by: Any,
    inspected: InspectedCase,
    finding: str,
    note: str = "",
    put_right_what: str = "",
    at: dt.datetime | None = None,
) -> InspectedCase:
    """Write down what was found in one case; may be corrected until the inspection is concluded."""
    at = at or clock.now()
    row = _locked(by, inspected)
    note, put_right_what = note.strip(), put_right_what.strip()
    _refuse_concluded(row.inspection)
    if finding not in InspectedCase.Finding.values:
        raise InvalidError(_("Please choose what was found."), field="finding")
    if finding != InspectedCase.Finding.FINE and not note:
        raise InvalidError(_("Please say what was found."), field="note")
    if finding == InspectedCase.Finding.FINE and put_right_what:
        raise InvalidError(_("Where nothing was found, nothing has to be put right."), field="put_right_what")
    _check_length(note, "note")
    _check_length(put_right_what, "put_right_what")
    row.finding, row.note, row.put_right_what, row.found_at = finding, note, put_right_what, at
    if not put_right_what:
        row.put_right, row.put_right_at = "", None
    row.save()
    record("inspection.find", by=by, subject=row.inspection, at=at, case=row.case_id, finding=finding)
    return row


@transaction.atomic
def put_right(*, by: Any, inspected: InspectedCase, text: str, at: dt.datetime | None = None) -> InspectedCase:
    """整改: what the unit answered, as the inspector writes it down; also after the conclusion."""
    at = at or clock.now()
    row = _locked(by, inspected)
    text = text.strip()
    if not row.put_right_what:
        raise ConflictError(_("Nothing has to be put right in this case."))
    if not text:
        raise InvalidError(_("Please say how it was put right."), field="put_right")
    _check_length(text, "put_right")
    row.put_right, row.put_right_at = text, at
    row.save(update_fields=["put_right", "put_right_at"])
    record("inspection.put_right", by=by, subject=row.inspection, at=at, case=row.case_id)
    return row


@transaction.atomic
def conclude(*, by: Any, inspection: Inspection, text: str, at: dt.datetime | None = None) -> Inspection:
    """The conclusion; findings are final from then on. Every case of the sample must have one."""
    at = at or clock.now()
    _require(by, inspection.area_path)
    row = Inspection.objects.unscoped("the row that was given").select_for_update(of=("self",)).get(pk=inspection.pk)
    text = text.strip()
    _refuse_concluded(row)
    if not text:
        raise InvalidError(_("Please write the conclusion."), field="conclusion")
    _check_length(text, "conclusion")
    if left := row.cases.filter(finding="").count():
        raise ConflictError(
            _("%(n)s cases of the sample have no finding yet.") % {"n": left},
            remedy=_("Look at each of them and write down what was found."),
        )
    row.conclusion, row.concluded_at = text, at
    row.save(update_fields=["conclusion", "concluded_at"])
    record("inspection.conclude", by=by, subject=row, at=at)
    return row


@transaction.atomic
def export(*, by: Any, inspection: Inspection, at: dt.datetime | None = None) -> None:
    """Note that an inspection is taken out as a file."""
    _require(by, inspection.area_path)
    record("inspection.export", by=by, subject=inspection, at=at, cases=inspection.cases.count())


def _locked(by: Any, inspected: InspectedCase) -> InspectedCase:
    row = InspectedCase.objects.select_related("inspection").select_for_update().get(pk=inspected.pk)
    _require(by, row.inspection.area_path)
    return row


def _require(by: Any, area_path: str) -> None:
    if not authority_of(by).may(P.CASE_INSPECT, area_path=area_path):
        raise NotAllowedError


def _refuse_concluded(inspection: Inspection) -> None:
    if inspection.concluded_at is not None:
        raise ConflictError(_("This inspection is concluded; its findings are final."))


def _check_length(text: str, field: str) -> None:
    if len(text) > _MAX_TEXT:
        raise InvalidError(_("The text is too long: at most 4,000 characters."), field=field)
