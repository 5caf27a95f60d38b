"""What a text may be about: the office's own model and the words of the catalogue, asked together.

The model knows matters of which it has seen texts; the words know all 389, also those nobody reported yet. A proposal's
probability is `(1 - s) · model + s · words`, where `s` was measured in training on texts the model had not seen; where only
one of the two has something to say, it speaks alone. Without a model the words advise as they always did, and claim no
probability. A person confirms every time.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from wangge.domains.cases.learning.texts import Classifier
from wangge.domains.cases.models import MatterAdvice, TextModel
from wangge.foundation.catalogue import queries as catalogue
from wangge.foundation.core.memo import for_seconds

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from wangge.domains.cases.models import Case
    from wangge.foundation.catalogue.models import Matter
    from wangge.foundation.catalogue.words import KnownWords, Spoken

PROPOSED = 3
_LEAST_PROBABILITY = 0.02  # below that a proposal is noise on the page


@dataclasses.dataclass(frozen=True, slots=True)
class Proposal:
    """A matter that a text may mean, with the words that decided. `probability` is None where only key words spoke."""

    matter: Matter
    probability: float | None
    words: tuple[str, ...]

    @property
    def percent(self) -> int | None:
        """The probability in whole per cent, never 0 and never 100."""
        return None if self.probability is None else min(99, max(1, round(self.probability * 100)))


@dataclasses.dataclass(frozen=True, slots=True)
class Active:
    """The model that advises now."""

    pk: int
    classifier: Classifier
    word_share: float


_held: dict[int, Active] = {}


def active() -> Active | None:
    """The model in use, unpacked once per process; None while no model was switched on."""
    pk = _active_id()
    if pk is None:
        return None
    if pk not in _held:
        row = TextModel.objects.get(pk=pk)
        _held.clear()
        _held[pk] = Active(pk, Classifier.unpacked(bytes(row.weights)), float(row.figures.get("word_share", 0.0)))
    return _held[pk]


@for_seconds(5)
def _active_id() -> int | None:
    return TextModel.objects.filter(active=True).values_list("pk", flat=True).first()


def suggest(text: str, limit: int = PROPOSED, *, on: dt.date | None = None) -> list[Proposal]:
    """Matters admitted on a day (today) that a text may mean, best first; empty when nothing is known of it."""
    model = active()
    if model is None:
        return [Proposal(guess.matter, None, guess.words) for guess in catalogue.guess(text, limit, on=on)]
    spoken = _known_words(on).spoken_in(text)
    chances = model.classifier.probabilities(text)
    if chances is None:
        best = catalogue.guess(text, limit, on=on)
        return [Proposal(guess.matter, None, guess.words) for guess in best]
    ids = _ids(model.classifier.classes, on)
    said = {ids[code]: float(p) for code, p in zip(model.classifier.classes, chances, strict=True) if code in ids}
    together = mixed(said, word_chances(spoken), model.word_share)
    best_ids = sorted(together, key=lambda pk: (-together[pk], pk))[:limit]
    likely = [pk for pk in best_ids if together[pk] >= _LEAST_PROBABILITY] or best_ids[:1]
    found = catalogue.matters_by_id(likely)
    column = {ids[code]: n for n, code in enumerate(model.classifier.classes) if code in ids}
    return [
        Proposal(found[pk], together[pk], _words(model.classifier, text, column.get(pk), spoken.get(pk)))
        for pk in likely
    ]


def word_chances(spoken: Mapping[int, Spoken]) -> dict[int, float]:
    """The scores of the words as shares of their sum."""
    total = sum(hit.score for hit in spoken.values())
    return {pk: hit.score / total for pk, hit in spoken.items()} if total else {}


def mixed(model: Mapping[int, float], words: Mapping[int, float], share: float) -> dict[int, float]:
    """Both opinions as one, together at most 1; the one that has nothing to say leaves it to the other."""
    if not words:
        return dict(model)
    if not model:
        return {pk: share * chance for pk, chance in words.items()}
    return {pk: (1 - share) * model.get(pk, 0.0) + share * words.get(pk, 0.0) for pk in {*model, *words}}


def confused(pair: Iterable[str]) -> bool:
    """Whether two matters are often taken for one another, by the figures of the model in use."""
    return frozenset(pair) in _confused()


@for_seconds(60)
def _confused() -> frozenset[frozenset[str]]:
    figures = TextModel.objects.filter(active=True).values_list("figures", flat=True).first() or {}
    return frozenset(frozenset(pair[:2]) for pair in figures.get("confused", []))


@for_seconds(5)
def _known_words(on: dt.date | None) -> KnownWords:
    return catalogue.known_words(on=on)


@for_seconds(60)
def _ids(codes: tuple[str, ...], on: dt.date | None) -> dict[str, int]:
    return catalogue.ids_of_codes(codes, on=on)


def _words(classifier: Classifier, text: str, column: int | None, spoken: Spoken | None) -> tuple[str, ...]:
    """First the words of the catalogue, which people know, then what the model heard beside them."""
    named = spoken.words if spoken is not None else ()
    heard = classifier.words(text, column) if column is not None else ()
    beside = [word for word in heard if not any(word in known or known in word for known in named)]
    return (*named, *beside)[:4]


def advice_for(case: Case) -> MatterAdvice | None:
    """What was proposed for a case when it was filed; None for cases filed before there was advice."""
    return MatterAdvice.objects.select_related("chosen").filter(case=case).first()


def models(limit: int = 20) -> list[TextModel]:
    """The trainings, newest first, without their weights."""
    return list(TextModel.objects.defer("weights").select_related("trained_by").order_by("-pk")[:limit])


def get_model(pk: int) -> TextModel | None:
    """One training without its weights."""
    return TextModel.objects.defer("weights").filter(pk=pk).first()
