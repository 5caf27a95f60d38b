"""Reactions to the sub-procedures: the unit reads how its request was decided, called units and guides are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wangge.domains.cases.actions.levels import guides_of
from wangge.domains.cases.models import Case, Extension, Hang, Ruling
from wangge.foundation.accounts.queries import members
from wangge.foundation.core import clock
from wangge.foundation.notifications.actions import tell

if TYPE_CHECKING:
    from wangge.foundation.accounts.models import User


def tell_unit_of_extension(*, case_id: int, extension_id: int) -> None:
    """The unit that asked: granted or refused."""
    asked = Extension.objects.get(pk=extension_id)
    kind = "case.extension_granted" if asked.granted else "case.extension_refused"
    _tell_unit(case_id, kind, extension_id)


def tell_unit_of_hang(*, case_id: int, hang_id: int) -> None:
    """The unit that asked: hung or not."""
    asked = Hang.objects.get(pk=hang_id)
    _tell_unit(case_id, "case.hung" if asked.granted else "case.hang_refused", hang_id)


def tell_unit_of_resuming(*, case_id: int, hang_id: int) -> None:
    """The unit: the hung case is taken up again, its clock goes on."""
    _tell_unit(case_id, "case.resumed", hang_id)


def tell_called_units(*, case_id: int, ruling_id: int) -> None:
    """Everybody of the units that were called to the spot; again when the meeting is moved."""
    ruling = Ruling.objects.prefetch_related("units").get(pk=ruling_id)
    case = _case(case_id)
    when = ruling.meet_at.astimezone(clock.OFFICE)
    _tell(
        members(unit.pk for unit in ruling.units.all()),
        "ruling.called",
        label=case.number,
        about=("ruling", ruling_id),
        again=f"{ruling.called_at.timestamp():.0f}",
        data={"month": when.month, "day": when.day, "hour": when.hour, "minute": when.minute},
    )


def tell_guides(*, case_id: int, move_id: int) -> None:
    """包保: whoever stands surety for the grid reads that a case of it went up."""
    case = _case(case_id)
    _tell(guides_of(case), "case.escalated", label=case.number, about=("case", case_id), again=str(move_id))


def _case(case_id: int) -> Case:
    return Case.objects.unscoped("a reaction to a fact").select_related("unit").get(pk=case_id)


def _tell_unit(case_id: int, kind: str, again: int) -> None:
    case = _case(case_id)
    if case.unit_id:
        _tell(members([case.unit_id]), kind, label=case.number, about=("case", case_id), again=str(again))


def _tell(
    users: list[User],
    kind: str,
    *,
    label: str,
    about: tuple[str, int],
    again: str,
    data: dict[str, int] | None = None,
) -> None:
    subject_type, subject_id = about
    tell(
        users=users,
        kind=kind,
        subject_type=subject_type,
        subject_id=subject_id,
        label=label,
        once_key=f"{kind}:{subject_id}:{again}",
        data=data,
    )
