"""What fieldwork holds of a person: the visits of his households. Contributed to the export for him, and to his erasure."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from wangge.domains.fieldwork import grounds, phones
from wangge.domains.fieldwork.actions.links import close
from wangge.domains.fieldwork.actions.referring import SUBJECT
from wangge.domains.fieldwork.actions.steps import take_all
from wangge.domains.fieldwork.models import FieldTask, Link, Referral, Refused, Visit, VisitDue
from wangge.domains.people.models import Membership, Person
from wangge.foundation.core import clock
from wangge.foundation.duties.actions import finish_duties

if TYPE_CHECKING:
    from wangge.domains.people.actions.erasing import Facts

_WHY = "what is kept of a person, for himself"
GROUNDS_KEPT = dt.timedelta(days=365)
NOTES_KEPT = dt.timedelta(days=3 * 365)
REFERRALS_KEPT = dt.timedelta(days=365)
REFUSALS_KEPT = dt.timedelta(days=365)
_AT_ONCE = 5000


def held_of(facts: Facts) -> dict[str, list[dict[str, Any]]]:
    """The visits made and due at his households while he belonged to them; the notes where he lived there alone."""
    visits, dues, linked = [], [], []
    for seat in Membership.objects.filter(person_id=facts.person_id).select_related("household"):
        alone = _lives_alone(seat)
        for visit in Visit.objects.unscoped(_WHY).filter(household=seat.household).order_by("recorded_at"):
            day = clock.day_of(visit.recorded_at)
            if day < seat.valid_from or (seat.valid_to is not None and day >= seat.valid_to):
                continue
            row = {
                "on": day.isoformat(),
                "result": str(visit.get_result_display()),
                "way": str(visit.get_way_display()),
                "tasks": ", ".join(visit.tasks),
            }
            visits.append(row | ({"note": grounds.note_of(visit)} if alone else {}))
        if seat.valid_to is None:
            open_ = VisitDue.objects.unscoped(_WHY).filter(household=seat.household, state=VisitDue.State.OPEN)
            dues += [{"due_on": due.due_on.isoformat()} for due in open_]
            links = Link.objects.unscoped(_WHY).filter(household=seat.household, valid_to__isnull=True)
            linked += [{"from": link.valid_from.isoformat(), "by": link.user.name} for link in links]
    homes = Membership.objects.filter(person_id=facts.person_id).values("household_id")
    sent = Referral.objects.unscoped(_WHY).filter(household__in=homes).order_by("pk")
    referrals = [
        {"on": clock.day_of(row.recorded_at).isoformat(), "state": str(row.get_state_display())} for row in sent
    ]
    found = {"visits": visits, "visits_due": dues, "linked": linked, "counselling": referrals}
    return {name: rows for name, rows in found.items() if rows}


def erase_of(facts: Facts) -> dict[str, int]:
    """Empty the notes and the grounds of the households to which he ever belonged; that there was a visit stays.

    Where nobody else lives there, what is due is dropped, the link ends and the referrals go.
    """
    seats = Membership.objects.filter(person_id=facts.person_id)
    homes = list(seats.order_by().values_list("household_id", flat=True).distinct())
    notes = Visit.objects.unscoped(_WHY).filter(household__in=homes, note__isnull=False).update(note=None)
    dues = VisitDue.objects.unscoped(_WHY).filter(household__in=homes)
    emptied = dues.filter(grounds__isnull=False).update(grounds=None)
    others = Membership.objects.filter(
        household__in=homes,
        valid_to__isnull=True,
        presence=Membership.Presence.LIVES,
        person__state=Person.State.PRESENT,
    ).exclude(person_id=facts.person_id)
    lonely = set(homes) - set(others.values_list("household_id", flat=True))
    now = clock.now()
    take_all(dues.filter(household__in=lonely), VisitDue.State.DROPPED, changed_at=now)
    for link in Link.objects.unscoped(_WHY).filter(household__in=lonely, valid_to__isnull=True):
        close(link, clock.day_of(now))
    gone = list(Referral.objects.unscoped(_WHY).filter(household__in=lonely).values_list("pk", flat=True))
    for pk in gone:
        finish_duties(subject_type=SUBJECT, subject_id=pk, at=now)
    Referral.objects.unscoped(_WHY).filter(pk__in=gone).delete()
    refused = _refusals_naming(facts)
    for pk in refused:
        finish_duties(subject_type="refused", subject_id=pk, at=now)
    Refused.objects.filter(pk__in=refused).delete()
    return {"visit_notes": notes, "visit_grounds": emptied, "referrals": len(gone), "refused": len(refused)}


@transaction.atomic
def forget_old(*, at: dt.datetime | None = None) -> int:
    """Empty what is over long enough: grounds a year after the visit, notes and the words of tasks after three; referrals
    and refused records go a year after their end.

    How many rows; safe to repeat, part by part.
    """
    now = at or clock.now()
    closed = VisitDue.objects.unscoped(_WHY).exclude(state=VisitDue.State.OPEN)
    old = closed.filter(grounds__isnull=False, changed_at__lt=now - GROUNDS_KEPT).order_by("pk")[:_AT_ONCE]
    count = VisitDue.objects.unscoped(_WHY).filter(pk__in=list(old.values_list("pk", flat=True))).update(grounds=None)
    said = Visit.objects.unscoped(_WHY).filter(note__isnull=False, recorded_at__lt=now - NOTES_KEPT).order_by("pk")
    pks = list(said.values_list("pk", flat=True)[:_AT_ONCE])
    count += Visit.objects.unscoped(_WHY).filter(pk__in=pks).update(note=None)
    ended = Referral.objects.unscoped(_WHY).filter(ended_at__lt=now - REFERRALS_KEPT).order_by("pk")
    pks = list(ended.values_list("pk", flat=True)[:_AT_ONCE])
    count += Referral.objects.unscoped(_WHY).filter(pk__in=pks).delete()[0]
    tasks = FieldTask.objects.unscoped(_WHY).exclude(state=FieldTask.State.OPEN).filter(changed_at__lt=now - NOTES_KEPT)
    worded = tasks.filter(Q(text__isnull=False) | Q(done_note__isnull=False)).order_by("pk")
    pks = list(worded.values_list("pk", flat=True)[:_AT_ONCE])
    count += FieldTask.objects.unscoped(_WHY).filter(pk__in=pks).update(text=None, done_note=None)
    settled = Refused.objects.filter(settled_at__lt=now - REFUSALS_KEPT).order_by("pk")
    pks = list(settled.values_list("pk", flat=True)[:_AT_ONCE])
    return count + Refused.objects.filter(pk__in=pks).delete()[0]


def _refusals_naming(facts: Facts) -> list[int]:
    """Refused records of phones that hold his phone or his number."""
    sought = [value for value in (facts.phone, facts.id_number) if value]
    if not sought:
        return []
    found: list[int] = []
    for row in Refused.objects.only("pk", "user_id", "command_id", "body").order_by("pk").iterator(chunk_size=500):
        text = json.dumps(phones.command(row), ensure_ascii=False)
        if any(value in text for value in sought):
            found.append(row.pk)
    return found


def _lives_alone(seat: Membership) -> bool:
    return not Membership.objects.filter(household_id=seat.household_id).exclude(person_id=seat.person_id).exists()
