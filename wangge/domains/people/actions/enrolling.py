"""A person draws a benefit, renews it, draws it no longer. Which one is sealed; the audit row names keys only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import benefits
from wangge.domains.people.actions import matching
from wangge.domains.people.actions.needs import allowed
from wangge.domains.people.circumstances import months_after
from wangge.domains.people.models import Enrolment, Origin, Person
from wangge.domains.people.sealing import Keyring
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotFoundError

if TYPE_CHECKING:
    import datetime as dt

kinds.declare("benefit.enrol", "benefit.renew", "benefit.end")

_LONGEST_DETAIL = 60


@transaction.atomic
def enrol(
    *,
    by: Any,
    person: Person,
    policy: str,
    since: dt.date,
    detail: str = "",
    renew_on: dt.date | None = None,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    at: dt.datetime | None = None,
) -> Enrolment:
    """Note that a person draws a benefit. `renew_on` follows from the policy when it is not given.

    He need not qualify by our rules: the office that grants it decides. Refuses a policy that does not hold on that
    day, a day to come, and one that he draws already.
    """
    now = at or clock.now()
    today = clock.day_of(now)
    person = allowed(by, person)
    version = benefits.version_at(benefits.get_policy(policy), today)
    if version is None:
        raise InvalidError(_("This policy does not hold at present."), field="policy")
    if since > today:
        raise InvalidError(_("The day lies in the future."), field="since")
    if renew_on is not None and renew_on <= since:
        raise InvalidError(_("It must be renewed after it begins."), field="renew_on")
    ring = Keyring.of([person.public_id])
    if any(one.policy == policy for one in benefits.enrolments_of([person], ring, today).get(person.pk, ())):
        raise ConflictError(_("This is on record already."), remedy=_("Renew it, or end it first."))
    if renew_on is None and version.renew_months:
        renew_on = months_after(since, version.renew_months)
    sealed = ring.seal(person.public_id, "people.enrolment.policy", policy)
    assert sealed is not None  # a code is never empty
    row = Enrolment.objects.create(
        person=person,
        policy=sealed,
        detail=ring.seal(person.public_id, "people.enrolment.detail", detail.strip()[:_LONGEST_DETAIL]),
        valid_from=since,
        renew_on=renew_on,
        source=source,
        source_ref=source_ref,
    )
    record("benefit.enrol", by=by, subject=row, at=now, person=person.pk)
    matching.rematch_household_of(person, at=now)
    return row


@transaction.atomic
def renew(
    *, by: Any, enrolment: Enrolment, renew_on: dt.date | None = None, at: dt.datetime | None = None
) -> Enrolment:
    """It was renewed: the next date is given, or follows from the policy; None where it need not be renewed again."""
    now = at or clock.now()
    today = clock.day_of(now)
    row, person = _running(by, enrolment, today)
    if renew_on is not None and renew_on <= today:
        raise InvalidError(_("The next renewal must lie in the future."), field="renew_on")
    if renew_on is None:
        code = Keyring.of([person.public_id]).open(person.public_id, "people.enrolment.policy", row.policy)
        version = benefits.version_at(benefits.get_policy(code), today) if code else None
        months = version.renew_months if version is not None else None
        renew_on = months_after(max(row.renew_on or today, today), months) if months else None
    row.renew_on = renew_on
    row.save(update_fields=["renew_on"])
    record("benefit.renew", by=by, subject=row, at=now, person=person.pk)
    matching.rematch_household_of(person, at=now)
    return row


@transaction.atomic
def end(*, by: Any, enrolment: Enrolment, at: dt.datetime | None = None) -> Enrolment:
    """He draws it no longer, from today. What was noted and ended on one day never held and is taken out."""
    now = at or clock.now()
    today = clock.day_of(now)
    row, person = _running(by, enrolment, today)
    record("benefit.end", by=by, subject=row, at=now, person=person.pk)
    if row.valid_from >= today:
        row.delete()
    else:
        row.valid_to = today
        row.save(update_fields=["valid_to"])
    matching.rematch_household_of(person, at=now)
    return row


def _running(by: Any, enrolment: Enrolment, today: dt.date) -> tuple[Enrolment, Person]:
    row = Enrolment.objects.select_for_update().filter(pk=enrolment.pk).first()
    if row is None:
        raise NotFoundError
    person = allowed(by, row.person)
    if row.valid_to is not None and row.valid_to <= today:
        raise ConflictError
    return row, person
