"""一线办公: when and where somebody of the community can be met in the compound, every week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork.models import OfficeHour
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    import datetime as dt

    from wangge.foundation.accounts.models import User
    from wangge.foundation.places.models import Area, Compound

kinds.declare("office_hour.set", "office_hour.end")

_SUNDAY = 6


@transaction.atomic
def set_office_hour(
    *,
    by: Any,
    area: Area,
    spot: str,
    weekday: int,
    opens: dt.time,
    closes: dt.time,
    compound: Compound | None = None,
    user: User | None = None,
    valid_from: dt.date | None = None,
    at: dt.datetime | None = None,
) -> OfficeHour:
    """Tell residents that somebody is there, every week from a day on. `weekday`: 0 is Monday."""
    now = at or clock.now()
    if not authority_of(by).may(P.VISIT_PLAN, area_path=area.path):
        raise NotAllowedError
    if not spot.strip() or len(spot.strip()) > 60:
        raise InvalidError(_("Say where, in at most 60 characters."), field="spot")
    if not 0 <= weekday <= _SUNDAY:
        raise InvalidError(_("There is no such day."), field="weekday")
    if closes <= opens:
        raise InvalidError(_("It ends after it begins."), field="closes")
    if compound is not None and not _lies_in(compound, area):
        raise InvalidError(_("This compound does not lie there."), field="compound")
    begins = valid_from or clock.day_of(now)
    if begins < clock.day_of(now):
        raise InvalidError(_("It begins today or later."), field="valid_from")
    row = OfficeHour.objects.create(
        area=area,
        area_path=area.path,
        compound=compound,
        spot=spot.strip(),
        weekday=weekday,
        opens=opens,
        closes=closes,
        user=user,
        valid_from=begins,
    )
    record("office_hour.set", by=by, subject=row, at=now, area=area.pk, weekday=weekday)
    return row


@transaction.atomic
def end_office_hour(*, by: Any, hour: OfficeHour, at: dt.datetime | None = None) -> None:
    """Nobody is there any more, from today."""
    now = at or clock.now()
    today = clock.day_of(now)
    row = OfficeHour.objects.unscoped("who may is asked below").select_for_update(of=("self",)).get(pk=hour.pk)
    if not authority_of(by).may(P.VISIT_PLAN, area_path=row.area_path):
        raise NotAllowedError
    if row.valid_to is not None and row.valid_to <= today:
        raise ConflictError(_("It has ended already."))
    record("office_hour.end", by=by, subject=row, at=now)
    if row.valid_from >= today:
        row.delete()
        return
    row.valid_to = today
    row.save(update_fields=["valid_to"])


def _lies_in(compound: Compound, area: Area) -> bool:
    community = compound.community
    return community.path.startswith(area.path) or area.path.startswith(community.path)
