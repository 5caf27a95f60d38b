"""走访: a visit made, as it was; a wish not to be visited taken back.

One visit answers everything that is due at its door. Who is linked to a household (联户) may make it too: he sees the
door and the day, nothing else.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.actions.population import report_change
from wangge.domains.fieldwork import grounds
from wangge.domains.fieldwork.actions import visit_planning
from wangge.domains.fieldwork.actions.steps import take
from wangge.domains.fieldwork.models import Link, Visit, VisitDue
from wangge.domains.fieldwork.visiting import AGAIN_DAYS
from wangge.domains.people.actions.declining import decline_visits
from wangge.domains.people.actions.registering import verify_household
from wangge.domains.people.models import Firm, Household, PopulationChange
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.catalogue.kinds import Task
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.problems import ConflictError, InvalidError, NotFoundError

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

kinds.declare("visit.make", "visit.allow")

R = Visit.Result
MOST_NOTE = 300
_WHY = "who may is asked on the next line"


@dataclasses.dataclass(frozen=True, slots=True)
class Made:
    """What came of a visit: its row, and whether the moving away was reported as a change to be verified."""

    visit: Visit
    told: bool = False


@transaction.atomic
def make_visit(
    *,
    by: Any,
    public_id: uuid.UUID,
    result: str,
    way: str = Visit.Way.DOOR.value,
    due: VisitDue | None = None,
    household: Household | None = None,
    firm: Firm | None = None,
    tasks: Sequence[str] = (),
    confirmed: bool = False,
    note: str = "",
    occurred_at: dt.datetime | None = None,
    at: dt.datetime | None = None,
) -> Made:
    """Record a visit at the door of a due visit, of a household or of a firm. The same public id once only.

    Met: the next one is due after the intervals of the rules; `confirmed`: who lives there is as recorded, so the household
    counts as verified. Nobody: due again in three days. Declined: the household is not visited any more until it takes
    that back, but for an emergency. Gone: the moving away is reported as a change to be verified; nobody is deleted.
    A visit that comes late, after another has been made, is kept beside it.
    """
    now = at or clock.now()
    held = Visit.objects.unscoped("the same visit, sent twice").filter(public_id=public_id).first()
    if held is not None:
        if held.by_id != by.pk:
            raise NotFoundError
        return Made(held)
    door = due or VisitDue(household=household, firm=firm)
    home, shop = _locked(door.household_id, door.firm_id)
    path = home.area_path if home is not None else shop.area_path if shop is not None else ""
    if not may_visit(by, path, home):
        raise NotFoundError
    _check(result, way, tasks, note, home, confirmed=confirmed)
    open_now = VisitDue.objects.unscoped(_WHY).select_for_update().filter(household=home, firm=shop)
    standing = open_now.filter(state=VisitDue.State.OPEN).first()
    visit = Visit(
        public_id=public_id,
        household=home,
        firm=shop,
        due=standing or due,
        area_path=path,
        result=result,
        way=way,
        tasks=list(dict.fromkeys(tasks)),
        confirmed=confirmed,
        by=by,
        occurred_at=occurred_at or now,
        recorded_at=now,
    )
    visit.note = grounds.seal_note(visit, note.strip())
    told = False
    if result == R.MET and confirmed and home is not None and authority_of(by).may(P.PERSON_EDIT, area_path=path):
        verify_household(by=by, household=home, at=now)
    elif result == R.DECLINED and home is not None:
        decline_visits(by=by, household=home, declines=True, at=now)
    elif result == R.GONE and home is not None:
        told = _tell_of_leaving(by, home, visit, now)
    visit.save(force_insert=True)
    if standing is not None:
        _answer(standing, result, now, told=told)
    if home is not None:
        visit_planning.plan_homes([home.pk], at=now)
    elif shop is not None:
        visit_planning.plan_firms([shop.pk], at=now)
    record("visit.make", by=by, subject=visit, at=now, household=door.household_id, firm=door.firm_id, result=result)
    return Made(visit, told)


@transaction.atomic
def allow_visits(*, by: Any, household: Household, at: dt.datetime | None = None) -> bool:
    """They wish to be visited again. False when nothing else was noted."""
    now = at or clock.now()
    home, _shop = _locked(household.pk, None)
    if home is None or not authority_of(by).may(P.VISIT_DO, area_path=home.area_path):
        raise NotFoundError
    if not decline_visits(by=by, household=home, declines=False, at=now):
        return False
    visit_planning.plan_homes([home.pk], at=now)
    record("visit.allow", by=by, subject=home, at=now)
    return True


def may_visit(by: Any, area_path: str, household: Household | None) -> bool:
    """Whether somebody visits at a place, or is linked to the household today and still holds a post at all."""
    authority = authority_of(by)
    if authority.may(P.VISIT_DO, area_path=area_path):
        return True
    if household is None or not authority.grants:
        return False
    mine = Link.objects.unscoped(_WHY).filter(in_force(clock.today()), user_id=by.pk, household=household)
    return bool(mine.exists())


def _locked(household_id: int | None, firm_id: int | None) -> tuple[Household | None, Firm | None]:
    """The door, locked: two who were there one after the other are recorded one after the other."""
    if household_id is not None:
        homes = Household.objects.unscoped(_WHY).select_for_update().filter(pk=household_id, active=True)
        home: Household | None = homes.first()
        if home is None or not home.area_path:
            raise ConflictError(
                _("This household does not live here any more."), remedy=_("Nothing is left to be visited there.")
            )
        return home, None
    shop: Firm | None = Firm.objects.unscoped(_WHY).select_for_update().filter(pk=firm_id).first()
    if shop is None:
        raise NotFoundError
    return None, shop


def _check(
    result: str, way: str, tasks: Sequence[str], note: str, household: Household | None, *, confirmed: bool
) -> None:
    if result not in R.values:
        raise InvalidError(_("Say how the visit went."), field="result")
    if way not in Visit.Way.values:
        raise InvalidError(_("Say whether it was at the door, by phone or elsewhere."), field="way")
    if any(task not in Task.values for task in tasks):
        raise InvalidError(_("There is no such task."), field="tasks")
    if result != R.MET and (tasks or confirmed):
        raise InvalidError(_("Only where somebody was met something was done."), field="tasks")
    if confirmed and household is None:
        raise InvalidError(_("Who lives there is confirmed of a household only."), field="confirmed")
    if len(note.strip()) > MOST_NOTE:
        raise InvalidError(_("The note is too long."), field="note")
    if Task.COUNSELLING in tasks and note.strip():
        raise InvalidError(
            _("Of counselling nothing is noted. Leave the note empty, or note the visit without it."), field="note"
        )


def _answer(due: VisitDue, result: str, now: dt.datetime, *, told: bool) -> None:
    """What becomes of the due visit: made, declined, or left open because nobody was there."""
    if result == R.NOBODY or (result == R.GONE and not told and due.household_id is not None):
        again = clock.day_of(now) + dt.timedelta(days=AGAIN_DAYS if result == R.NOBODY else 0)
        due.due_on = max(due.due_on, again) if result == R.NOBODY else min(due.due_on, again)
    else:
        take(due, VisitDue.State.DECLINED if result == R.DECLINED else VisitDue.State.MADE)
    due.changed_at = now
    due.save(update_fields=["due_on", "state", "changed_at"])


def _tell_of_leaving(by: Any, household: Household, visit: Visit, now: dt.datetime) -> bool:
    """Report the moving away, where the visitor keeps the registry there and nobody has told it before."""
    authority = authority_of(by)
    path = household.area_path
    waiting = PopulationChange.objects.unscoped(_WHY).filter(
        household=household,
        person__isnull=True,
        kind=PopulationChange.Kind.MOVE_OUT,
        state=PopulationChange.State.TOLD,
    )
    if waiting.exists():
        return True
    if household.room is None or not all(authority.may(one, area_path=path) for one in (P.PERSON_EDIT, P.REPORT_MAKE)):
        return False
    voice = report_change(
        by=by,
        kind=PopulationChange.Kind.MOVE_OUT.value,
        room=household.room,
        happened_on=clock.day_of(now),
        household=household,
        at=now,
    )
    visit.case_number = voice.case.number
    return True
