"""Reactions: who is told what. Each is safe to repeat: one message per person and fact."""

from __future__ import annotations

from wangge.domains.cases.models import Case, Report
from wangge.foundation.accounts.models import User
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import members, users_with
from wangge.foundation.notifications.actions import tell


def _case(case_id: int) -> Case:
    return Case.objects.unscoped("a reaction to a fact").select_related("unit").get(pk=case_id)


def tell_desk(*, case_id: int) -> None:
    """An urgent report rings at the desk at once; others wait in the queue with their clock."""
    case = _case(case_id)
    if case.urgent:
        _tell(case, users_with(P.CASE_FILE, area_path=case.area_path), "case.urgent")


def tell_unit(*, case_id: int) -> None:
    """The members of every unit that was sent the case."""
    case = _case(case_id)
    sent = case.assignments.filter(returned_at__isnull=True).values_list("unit_id", "pk")
    # Sent back and dispatched again is another fact, for the same unit too.
    _tell(
        case, members(unit for unit, _pk in sent), "case.dispatched", again=max((pk for _unit, pk in sent), default=0)
    )


def tell_unit_of_rework(*, case_id: int) -> None:
    """The main unit: the verification failed."""
    case = _case(case_id)
    if case.unit_id:
        _tell(case, members([case.unit_id]), "case.rework", again=case.reworks)


def tell_unit_of_reopening(*, case_id: int) -> None:
    """The main unit: an objection was upheld, the work begins again."""
    case = _case(case_id)
    if case.unit_id:
        _tell(case, members([case.unit_id]), "case.reopened", again=case.round)


def tell_judges(*, case_id: int) -> None:
    """Whoever decides objections at the place."""
    case = _case(case_id)
    last = case.objections.order_by("-pk").values_list("pk", flat=True).first()
    _tell(case, users_with(P.CASE_JUDGE, area_path=case.area_path), "case.objected", again=last or 0)


def tell_staff_reporters(*, case_id: int) -> None:
    """Members of staff who reported it: how it ended."""
    case = _case(case_id)
    reporters = Report.objects.of_case(case).filter(by__isnull=False).values("by_id")
    _tell(case, list(User.objects.filter(pk__in=reporters, is_active=True)), "case.closed", again=case.round)


def _tell(case: Case, users: list[User], kind: str, *, again: int = 0) -> None:
    tell(
        users=users,
        kind=kind,
        subject_type="case",
        subject_id=case.pk,
        label=case.number,
        once_key=f"{kind}:{case.pk}:{again}",
        urgent=case.urgent,
    )
