"""Who may not judge: nobody judges his own work, nor a second time what he has judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.queries import is_own_work
from wangge.domains.cases.second_checks import has_verified
from wangge.foundation.core.problems import NotAllowedError

if TYPE_CHECKING:
    from wangge.domains.cases.models import Case


class OwnWorkError(NotAllowedError):
    """The handler, or somebody of his unit, tried to verify."""

    code = "own-work"
    title = _("A case is verified by somebody who neither handled it nor belongs to the unit that did.")
    kept = _("The case still waits for verification.")
    remedy = _("Leave it to the grid worker or to the command centre.")


class FirstVerifierError(NotAllowedError):
    """Who verified first tried to give the second answer."""

    code = "first-verifier"
    title = _("A second check is made by somebody who did not make the first.")
    kept = _("The second check still waits.")
    remedy = _("Leave it to a colleague or to the grid worker.")


class OwnDecisionError(NotAllowedError):
    """Who handled or verified the case tried to decide the objection to it."""

    code = "own-decision"
    title = _("An objection is decided by somebody who neither handled the case nor verified it.")
    kept = _("The objection still waits for its decision.")
    remedy = _("Leave it to another duty chief or to the street leader in charge.")


def refuse_own_work(case: Case, by: Any) -> None:
    """Raise `OwnWorkError` for the handler and everybody of a unit that handled."""
    if is_own_work(case, by):
        raise OwnWorkError


def refuse_own_decision(case: Case, by: Any) -> None:
    """Raise `OwnDecisionError` for the handler, his unit and whoever verified this round."""
    if is_own_work(case, by) or has_verified(case, by):
        raise OwnDecisionError
