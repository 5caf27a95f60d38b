"""Reactions to whistles: who is told what. Each is safe to repeat: one message per person and fact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wangge.domains.cases.models import Whistle, WhistleCall
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import members, users_with
from wangge.foundation.notifications.actions import tell

if TYPE_CHECKING:
    from wangge.foundation.accounts.models import User


def _whistle(whistle_id: int) -> Whistle:
    found = Whistle.objects.unscoped("a reaction to a fact").select_related("case", "kind", "blown_by", "decided_by")
    return found.get(pk=whistle_id)


def tell_callers(*, whistle_id: int) -> None:
    """Whoever may call units at the place; an emergency at once, at night too."""
    whistle = _whistle(whistle_id)
    _tell(whistle, _at_place(whistle, P.WHISTLE_CALL), "whistle.blown")


def tell_called(*, whistle_id: int) -> None:
    """The people of every unit that is called, once for each call; and whoever blew: it was confirmed."""
    whistle = _whistle(whistle_id)
    for call in whistle.calls.filter(excused=""):
        _tell(whistle, members([call.unit_id]), "whistle.called", again=call.pk)
    if whistle.decided_by_id != whistle.blown_by_id:
        _tell(whistle, [whistle.blown_by], "whistle.confirmed")


def tell_declined(*, whistle_id: int) -> None:
    """Whoever blew; and, when it was called off, the units that are perhaps on their way."""
    whistle = _whistle(whistle_id)
    _tell(whistle, [whistle.blown_by], "whistle.declined")
    _tell(whistle, members(_called(whistle)), "whistle.called_off")


def tell_arrived(*, call_id: int) -> None:
    """Whoever blew and whoever called, when somebody has to say that an arrival is true."""
    call = WhistleCall.objects.select_related("unit").get(pk=call_id)
    if call.on_the_spot:
        return
    whistle = _whistle(call.whistle_id)
    asked = {user.pk: user for user in (whistle.blown_by, whistle.decided_by) if user is not None}
    _tell(whistle, list(asked.values()), "whistle.arrived", again=call.pk)


def tell_raters(*, whistle_id: int) -> None:
    """Whoever blew and whoever may rate at the place, but nobody of a called unit."""
    whistle = _whistle(whistle_id)
    called = {user.pk for user in members(_called(whistle))}
    raters = {user.pk: user for user in [whistle.blown_by, *_at_place(whistle, P.WHISTLE_RATE)]}
    _tell(whistle, [user for pk, user in raters.items() if pk not in called], "whistle.concluded")


def tell_rated(*, whistle_id: int) -> None:
    """The rated units read what is said of them."""
    whistle = _whistle(whistle_id)
    for call in whistle.calls.filter(rated_at__isnull=False):
        _tell(whistle, members([call.unit_id]), "whistle.rated", again=call.pk)


def _called(whistle: Whistle) -> list[int]:
    return list(whistle.calls.filter(excused="").values_list("unit_id", flat=True))


def _at_place(whistle: Whistle, permission: P) -> list[User]:
    """Who holds a permission at the place; of a confidential case only who may see it."""
    found = users_with(permission, area_path=whistle.area_path)
    if not whistle.case.confidential:
        return found
    trusted = {user.pk for user in users_with(P.CASE_CONFIDENTIAL, area_path=whistle.area_path)}
    return [user for user in found if user.pk in trusted]


def _tell(whistle: Whistle, users: list[User], kind: str, *, again: int = 0) -> None:
    tell(
        users=users,
        kind=kind,
        subject_type="whistle",
        subject_id=whistle.pk,
        label=whistle.number,
        once_key=f"{kind}:{whistle.pk}:{again}",
        urgent=whistle.kind.emergency,
    )
