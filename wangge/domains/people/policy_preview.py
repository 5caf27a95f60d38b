"""Who would newly match, before conditions are published: counts over a place, never rows, and never a small number."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from wangge.domains.people import benefits, policies
from wangge.domains.people.models import Person
from wangge.domains.people.policies import Outcome
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SMALL = 8
_STEP = 5
_AT_ONCE = 2000


def rounded(count: int) -> str:
    """A count of persons as it may be shown: "0", "<8", else to the next 5."""
    if count <= 0:
        return "0"
    if count < SMALL:
        return f"<{SMALL}"
    return str((count + _STEP // 2) // _STEP * _STEP)


@dataclasses.dataclass(frozen=True, slots=True)
class Preview:
    """What new conditions would change, rounded: who qualifies, who newly does, who no longer, of whom we cannot say."""

    eligible: str
    newly: str
    no_longer: str
    unsure: str


def preview(
    user: Any, rules: Sequence[Mapping[str, Any]], *, code: str = "", before: Sequence[Mapping[str, Any]] | None = None
) -> Preview:
    """Hold conditions against everybody who lives where the reader holds `policy:edit`.

    `before` are the conditions in force, if any; who draws the policy `code` already is left out.
    """
    today = clock.today()
    counts = {"eligible": 0, "newly": 0, "no_longer": 0, "unsure": 0}
    everybody = Person.objects.visible_to(user, P.POLICY_EDIT).filter(state=Person.State.PRESENT)
    last = 0
    while part := list(everybody.filter(pk__gt=last).order_by("pk")[:_AT_ONCE]):
        last = part[-1].pk
        for facts in benefits.known_of(part, today).facts.values():
            if code in facts.draws:
                continue
            outcome = policies.outcome(rules, facts, today)
            held = before is not None and policies.outcome(before, facts, today) is Outcome.ELIGIBLE
            eligible = outcome is Outcome.ELIGIBLE
            counts["eligible"] += eligible
            counts["newly"] += eligible and not held
            counts["no_longer"] += held and not eligible
            counts["unsure"] += outcome is Outcome.UNSURE
    return Preview(**{key: rounded(count) for key, count in counts.items()})
