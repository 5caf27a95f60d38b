"""What a case page says about evidence: second checks, doubtful photos, answers that say little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from wangge.domains.cases import evidence, second_checks
from wangge.domains.cases.answers import hints
from wangge.domains.cases.workflow import S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wangge.domains.cases.models import Case, CasePhoto, Handling, SecondCheck
    from wangge.foundation.accounts.models import User


def described_checks(
    case: Case, photos: Sequence[CasePhoto], handlings: Sequence[Handling], user: User
) -> dict[str, Any]:
    """The context of `parts/second_checks.html` and `parts/doubts.html`."""
    checks = second_checks.of_case(case, user) if case.verified_at is not None else []
    return {
        "second_checks": [check_line(check) for check in checks],
        "blind": bool(checks) and second_checks.is_blind(case, user),
        "doubts": doubt_lines(case, photos, user),
        # Whoever verifies is told what a reader would miss; afterwards it is settled.
        "hints": hints(handlings[-1].text, handlings[-1].reply) if handlings and case.state == S.HANDLED else [],
    }


def check_line(check: SecondCheck) -> dict[str, Any]:
    """One second check: how it stands, in a word and a tone."""
    if check.lapsed:
        return {"check": check, "word": check.get_lapsed_display(), "tone": "amber", "icon": "clock-off"}
    if check.passed is None:
        return {"check": check, "word": _("Second check waits"), "tone": "blue", "icon": "hourglass"}
    if check.passed:
        return {"check": check, "word": _("Second check passed"), "tone": "green", "icon": "eye-check"}
    return {"check": check, "word": _("Second check not passed"), "tone": "red", "icon": "eye-search"}


def doubt_lines(case: Case, photos: Sequence[CasePhoto], user: User) -> list[str]:
    """One sentence for each photo "afterwards" that looks like an earlier one."""
    lines = []
    for earlier in evidence.doubtful(photos).values():
        kind = str(earlier.get_kind_display())
        if earlier.case_id == case.pk:
            line = _("A photo taken afterwards is the same picture as one that this case already has (%(kind)s).") % {
                "kind": kind
            }
        elif evidence.may_name(earlier.case, user):
            line = _("A photo taken afterwards was already used in case %(number)s (%(kind)s).") % {
                "number": earlier.case.number,
                "kind": kind,
            }
        else:
            line = _("A photo taken afterwards was already used in another case.")
        lines.append(line)
    return lines
