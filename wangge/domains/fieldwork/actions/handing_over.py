"""交接: what hangs on a person who changes his post goes to a colleague, in one step."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork.actions import visit_planning
from wangge.domains.fieldwork.actions.links import close
from wangge.domains.fieldwork.links import MOST, how_many
from wangge.domains.fieldwork.models import FieldTask, Link, OfficeHour
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import posts_of
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.core.scoping import under
from wangge.foundation.duties.actions import give_duties

if TYPE_CHECKING:
    import datetime as dt

    from wangge.foundation.accounts.models import User

kinds.declare("work.hand_over")

_WHY = "of one person, at the places where the actor grants leave"


@dataclasses.dataclass(frozen=True, slots=True)
class HandedOver:
    """What went: tasks, links and office hours; `links_left` are those beyond the colleague's twenty."""

    tasks: int
    links: int
    links_left: int
    office_hours: int


@transaction.atomic
def hand_over(*, by: Any, leaver: User, heir: User, at: dt.datetime | None = None) -> HandedOver:
    """Give the open tasks, links and office hours of somebody to a colleague: those at the places where `by` grants leave.

    What belongs to a place or a unit stays there and needs no handing over. What was sent back to the leaver himself (a
    question about his own report, a command of his phone) stays with him.
    """
    now = at or clock.now()
    today = clock.day_of(now)
    places = authority_of(by).places(P.LEAVE_GRANT)
    if not places or by == leaver:
        raise NotAllowedError
    if heir == leaver:
        raise InvalidError(_("Choose a colleague."), field="heir")
    reach = {post.area.path for post in posts_of(heir, on=today) if post.area is not None}
    reach |= {
        post.organisation.area.path
        for post in posts_of(heir, on=today)
        if post.organisation is not None and post.organisation.area is not None
    }
    if not heir.is_active or not any(
        one.startswith(place) or place.startswith(one) for one in reach for place in places
    ):
        raise InvalidError(_("Choose a colleague who has a post there."), field="heir")
    here = under("area_path", places)
    tasks = FieldTask.objects.unscoped(_WHY).filter(here, assigned=leaver, state=FieldTask.State.OPEN)
    keys = list(tasks.select_for_update().values_list("pk", flat=True))
    FieldTask.objects.unscoped(_WHY).filter(pk__in=keys).update(assigned=heir, changed_at=now)
    give_duties(from_user=leaver, to_user=heir, subject_type="field_task", subject_ids=keys)
    links, left = _links(leaver, heir, places, today, now)
    hours = OfficeHour.objects.unscoped(_WHY).filter(here, in_force(today), user=leaver).update(user=heir)
    if not (keys or links or hours):
        raise ConflictError(
            _("There is nothing to hand over."), remedy=_("What belongs to the place stays there by itself.")
        )
    record(
        "work.hand_over",
        by=by,
        subject=leaver,
        at=now,
        to=heir.pk,
        tasks=keys,
        links=links,
        hours=hours,
    )
    return HandedOver(len(keys), len(links), left, hours)


def _links(leaver: User, heir: User, places: list[str], today: dt.date, now: dt.datetime) -> tuple[list[int], int]:
    """Links end with the one and begin with the other; those beyond the heir's twenty stay: (households, left)."""
    rows = Link.objects.unscoped(_WHY).filter(under("area_path", places), in_force(today), user=leaver)
    held = list(rows.select_for_update(of=("self",)).order_by("pk"))
    room = max(MOST - how_many(heir), 0)
    moved = []
    for row in held[:room]:
        close(row, today)
        Link.objects.create(user=heir, household_id=row.household_id, area_path=row.area_path, valid_from=today)
        moved.append(row.household_id)
    if moved:
        visit_planning.plan_homes(moved, at=now)
    return moved, len(held) - len(moved)
