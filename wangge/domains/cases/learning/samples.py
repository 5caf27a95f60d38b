"""What a classifier of texts is trained on: the shipped sentences and the office's own closed cases.

Confidential cases are left out. Every tenth case is held out: no model is ever trained on it, so that the old and the new
one are judged on texts that neither has seen.
"""

from __future__ import annotations

import dataclasses
from collections import Counter

from wangge.domains.cases.learning.seed import seed
from wangge.domains.cases.models import Case, MatterAdvice
from wangge.domains.cases.workflow import S

MOST = 12_000  # newest closed cases
MOST_OF_ONE = 400  # of one matter: what is reported every day must not drown the rest
HELD_OUT_ONE_IN = 10
OVERRIDE_WEIGHT = 2.0  # where a person chose another matter than the one proposed first
_ENDED = (S.CLOSED.value, S.ARCHIVED.value)


@dataclasses.dataclass(slots=True)
class Samples:
    """Texts, the code of each one's matter, and how much each counts."""

    texts: list[str] = dataclasses.field(default_factory=list)
    codes: list[str] = dataclasses.field(default_factory=list)
    weights: list[float] = dataclasses.field(default_factory=list)

    def add(self, text: str, code: str, weight: float = 1.0) -> None:
        """One more."""
        self.texts.append(text)
        self.codes.append(code)
        self.weights.append(weight)

    def __len__(self) -> int:
        return len(self.texts)

    def with_at_least(self, least: int) -> Samples:
        """Those of matters that have at least so many."""
        held = Counter(self.codes)
        kept = Samples()
        for text, code, weight in zip(self.texts, self.codes, self.weights, strict=True):
            if held[code] >= least:
                kept.add(text, code, weight)
        return kept


def collect(*, most: int = MOST) -> tuple[Samples, Samples]:
    """What to train on, and what to judge by: the seed set and the newest closed cases with their final matter."""
    training, held_out = Samples(), Samples()
    for text, code in seed():
        training.add(text, code)
    cases = Case.objects.unscoped("the texts of closed cases train the classifier; no reader sees them")
    closed = cases.filter(state__in=_ENDED, matter__isnull=False, confidential=False).order_by("-pk")
    rows = list(closed.values_list("pk", "text", "matter__code")[:most])
    overridden = _overridden([pk for pk, _text, _code in rows])
    held: Counter[str] = Counter()
    for pk, text, code in rows:
        held[code] += 1
        if held[code] > MOST_OF_ONE:
            continue
        if pk % HELD_OUT_ONE_IN == 0:
            held_out.add(text, code)
        else:
            training.add(text, code, OVERRIDE_WEIGHT if pk in overridden else 1.0)
    return training, held_out


def _overridden(ids: list[int]) -> set[int]:
    """Cases for which a person chose another matter than the one proposed first."""
    found: set[int] = set()
    for start in range(0, len(ids), 2000):
        advice = MatterAdvice.objects.filter(case_id__in=ids[start : start + 2000], chosen__isnull=False)
        for case_id, proposed, code in advice.values_list("case_id", "proposed", "chosen__code"):
            if not proposed or proposed[0][0] != code:
                found.add(case_id)
    return found
