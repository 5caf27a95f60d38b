"""Reactions to second checks: who is told what. Each is safe to repeat: one message per person and fact."""

from __future__ import annotations

from wangge.domains.cases.models import Case, SecondCheck
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import members, users_with
from wangge.foundation.notifications.actions import tell


def tell_of_failed_second_check(*, case_id: int, check_id: int) -> None:
    """The unit begins anew; the duty chief and the first verifier learn that the two answers differ."""
    case = Case.objects.unscoped("a reaction to a fact").select_related("unit").get(pk=case_id)
    check = SecondCheck.objects.select_related("verification__by", "unit").get(pk=check_id)
    chiefs = users_with(P.CASE_CLOSE, area_path=case.area_path)
    learn = {user.pk: user for user in (*chiefs, check.verification.by) if user.is_active}
    for kind, users in (
        ("case.second_check_failed", members([check.unit_id])),
        ("case.second_check_differs", list(learn.values())),
    ):
        tell(
            users=users,
            kind=kind,
            subject_type="case",
            subject_id=case.pk,
            label=case.number,
            once_key=f"{kind}:{case.pk}:{check.pk}",
        )
