"""联户: somebody is linked to a household, or is not any more. 10 to 20 households each; more than 20 are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork.actions import visit_planning
from wangge.domains.fieldwork.links import MOST, how_many
from wangge.domains.fieldwork.models import Link
from wangge.domains.people.models import Household
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import posts_of
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.problems import ConflictError, InvalidError, NotFoundError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wangge.foundation.accounts.models import User

kinds.declare("link.begin", "link.end")

_WHY = "who may is asked for every household"
_LOCK = 0x6C696E6B  # with the user's id: two who link the same person count one after the other


class TooManyLinksError(ConflictError):
    """More than twenty households for one person."""

    code = "too-many-links"
    title = _("Nobody keeps in touch with more than 20 households.")
    kept = _("No household was linked.")
    remedy = _("Choose fewer, or another member.")


@transaction.atomic
def link(*, by: Any, user: User, households: Iterable[Household], at: dt.datetime | None = None) -> list[Link]:
    """Link somebody to some households from today; all or none. Their next visits are his as well."""
    now = at or clock.now()
    today = clock.day_of(now)
    if not user.is_active or not posts_of(user, on=today):
        raise InvalidError(_("Only somebody with a post can be linked."), field="user")
    locked = _lock(by, households)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, user.pk % 2**31])
    if how_many(user) + len(locked) > MOST:
        raise TooManyLinksError(field="user")
    held = Link.objects.unscoped(_WHY).filter(in_force(today), household__in=locked)
    if held.exists():
        raise ConflictError(
            _("Somebody is linked to this household already."), remedy=_("End that link first, or hand it over.")
        )
    made = [Link.objects.create(user=user, household=one, area_path=one.area_path, valid_from=today) for one in locked]
    for row in made:
        record("link.begin", by=by, subject=row, at=now, user=user.pk, household=row.household_id)
    visit_planning.plan_homes([one.pk for one in locked], at=now)
    return made


@transaction.atomic
def unlink(*, by: Any, link: Link, at: dt.datetime | None = None) -> None:
    """He is not linked any more, from today."""
    now = at or clock.now()
    row = Link.objects.unscoped(_WHY).select_for_update(of=("self",)).filter(pk=link.pk).first()
    if row is None or not authority_of(by).may(P.VISIT_PLAN, area_path=row.area_path):
        raise NotFoundError
    if row.valid_to is not None:
        raise ConflictError(_("This link has ended already."))
    record("link.end", by=by, subject=row, at=now, user=row.user_id, household=row.household_id)
    close(row, clock.day_of(now))
    visit_planning.plan_homes([row.household_id], at=now)


def close(row: Link, today: dt.date) -> None:
    """End a link today; one that began today never held for a day and is taken out."""
    if row.valid_from >= today:
        row.delete()
        return
    row.valid_to = today
    row.save(update_fields=["valid_to"])


def _lock(by: Any, households: Iterable[Household]) -> list[Household]:
    wanted = {one.pk for one in households}
    rows = Household.objects.unscoped(_WHY).select_for_update().filter(pk__in=wanted, active=True).order_by("pk")
    locked = list(rows)
    authority = authority_of(by)
    if len(locked) != len(wanted) or not all(authority.may(P.VISIT_PLAN, area_path=one.area_path) for one in locked):
        raise NotFoundError
    if not locked:
        raise InvalidError(_("Choose at least one household."), field="households")
    return locked
