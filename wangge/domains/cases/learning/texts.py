"""Which matter a text means: character n-grams and a linear model, with calibrated probabilities and the deciding words.

Numpy and plain Python only. A model is six arrays without objects (`Classifier.packed`); it is never pickled. Training is
in `training`, which uses the same `grams`.
"""

from __future__ import annotations

import dataclasses
import io
import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 3  # characters of an n-gram; a fourth made no text clearer and the model half as large again
HEAD = 20  # characters at the beginning that count more: people say first what it is about
HEAD_WEIGHT = 3.0
_LONGEST_TEXT = 4000
_DIGITS = re.compile(r"0+")
_WORDS, _WORD_LENGTH = 4, 6
_FORMAT = 1

Floats = np.ndarray[Any, np.dtype[np.float32]]


@dataclasses.dataclass(frozen=True, slots=True)
class Likely:
    """One proposal: the class, how probable it is (calibrated, all classes together at most 1), what spoke for it."""

    label: str
    probability: float
    words: tuple[str, ...]


@lru_cache(maxsize=20_000)
def _plain(character: str) -> str:
    """One character as the model reads it: half width, lower case, every digit 0, whatever separates a blank."""
    plain = ""
    for part in unicodedata.normalize("NFKC", character).casefold():
        kind = unicodedata.category(part)
        plain += "0" if kind == "Nd" else part if kind[0] in "LNM" else " "
    return plain


def normalised(text: str) -> str:
    """The text as the model reads it: no punctuation, and no digit, so that no phone or house number is learned."""
    return _DIGITS.sub("0", "".join(map(_plain, text[:_LONGEST_TEXT])))


def spelled(text: str) -> str:
    """As `normalised`, with its digits: building 3 is not building 5."""
    kept = unicodedata.normalize("NFKC", text[:_LONGEST_TEXT]).casefold()
    return "".join(one if unicodedata.category(one)[0] in "LNM" else " " for one in kept)


def grams(text: str) -> dict[str, float]:
    """Counts of the character n-grams of a text, those of its first 20 characters counted four times; none spans a blank."""
    plain = normalised(text)
    found: Counter[str] = Counter(_pieces(plain))
    weighted: dict[str, float] = dict(found)
    for gram, count in Counter(_pieces(plain[:HEAD])).items():
        weighted[gram] += HEAD_WEIGHT * count
    return weighted


def _pieces(plain: str) -> list[str]:
    pieces: list[str] = []
    for run in plain.split():
        for length in range(1, LONGEST + 1):
            pieces += [run[i : i + length] for i in range(len(run) - length + 1)]
    return pieces


class Classifier:
    """A trained model: what each n-gram says for each class. Reading a text is a few hundred look-ups and one sum."""

    def __init__(
        self,
        classes: Sequence[str],
        vocabulary: Sequence[str],
        idf: Floats,
        weights: np.ndarray[Any, Any],
        bias: Floats,
        calibration: Floats,
    ) -> None:
        """`weights` has a row for each n-gram and a column for each class; `calibration` is (sharpness, x…, y…)."""
        self.classes = tuple(classes)
        self._vocabulary = tuple(vocabulary)
        self._index = {gram: n for n, gram in enumerate(self._vocabulary)}
        self._idf, self._weights, self._bias = idf, weights, bias
        self._calibration = calibration

    def features(self, text: str) -> tuple[np.ndarray[Any, np.dtype[np.intp]], Floats]:
        """Which known n-grams a text has, and how much each weighs; the weights have length 1 together."""
        known = [(self._index[gram], count) for gram, count in grams(text).items() if gram in self._index]
        if not known:
            return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.float32)
        rows = np.fromiter((row for row, _count in known), dtype=np.intp, count=len(known))
        counts = np.fromiter((count for _row, count in known), dtype=np.float32, count=len(known))
        values = np.log1p(counts) * self._idf[rows]
        return rows, (values / np.sqrt(values @ values)).astype(np.float32)

    def margins(self, text: str) -> Floats | None:
        """How far the text is on the side of each class; None when no word of it is known."""
        rows, values = self.features(text)
        if not len(rows):
            return None
        margins: Floats = values @ self._weights[rows].astype(np.float32) + self._bias
        return margins

    def probabilities(self, text: str) -> Floats | None:
        """Calibrated probabilities in the order of `classes`, together at most 1; None when no word is known."""
        margins = self.margins(text)
        return None if margins is None else calibrated(margins[None, :], self._calibration)[0]

    def best(self, text: str) -> tuple[str, float] | None:
        """The most probable class and its probability; None when no word is known."""
        chances = self.probabilities(text)
        if chances is None:
            return None
        column = int(chances.argmax())
        return self.classes[column], float(chances[column])

    def likely(self, text: str, limit: int = 3) -> list[Likely]:
        """The most probable classes, best first, each with the words of the text that decided for it."""
        chances = self.probabilities(text)
        if chances is None:
            return []
        best = np.argsort(-chances, kind="stable")[:limit]
        return [Likely(self.classes[n], float(chances[n]), self.words(text, int(n))) for n in best]

    def words(self, text: str, column: int) -> tuple[str, ...]:
        """The words of a text that spoke for a class more than for the others, strongest first, as they were written.

        What each n-gram contributes is shared among its characters; the strongest stretches of characters are the words.
        """
        rows, values = self.features(text)
        if not len(rows):
            return ()
        said = self._weights[rows].astype(np.float32)
        others = (said.sum(axis=1) - said[:, column]) / max(1, said.shape[1] - 1)
        counts = grams(text)
        share = {
            self._vocabulary[row]: float(v) / counts[self._vocabulary[row]]
            for row, v in zip(rows, values * (said[:, column] - others), strict=True)
        }
        return deciding_words(text[:_LONGEST_TEXT], share)

    def packed(self) -> bytes:
        """The model as a compressed npz without objects."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            format=np.array([_FORMAT]),
            classes=np.array(self.classes),
            vocabulary=np.array(self._vocabulary),
            idf=self._idf.astype(np.float32),
            weights=self._weights.astype(np.float16),
            bias=self._bias.astype(np.float32),
            calibration=self._calibration.astype(np.float32),
        )
        return file.getvalue()

    @classmethod
    def unpacked(cls, packed: bytes) -> Classifier:
        """The model of `packed`; `ValueError` for anything else, pickled objects among it."""
        with np.load(io.BytesIO(packed), allow_pickle=False) as held:
            if int(held["format"][0]) != _FORMAT:
                raise ValueError(int(held["format"][0]))
            return cls(
                held["classes"].tolist(),
                held["vocabulary"].tolist(),
                held["idf"],
                held["weights"],
                held["bias"],
                held["calibration"],
            )


def calibrated(margins: Floats, calibration: Floats) -> Floats:
    """Margins (a row for each text) as probabilities: a softmax of fitted sharpness, then the fitted curve of the best.

    The curve says how often the best one was right where the softmax was that sure; the rest share what it leaves.
    """
    scaled = margins * calibration[0]
    scaled = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    chances: Floats = scaled / scaled.sum(axis=1, keepdims=True)
    curve = calibration[1:].reshape(2, -1)
    if not curve.shape[1]:
        return chances
    top = chances.max(axis=1, keepdims=True)
    right = np.interp(top, curve[0], curve[1])
    # Where the curve says less for the best than what is left over, the order of the classes must still hold.
    rest = np.where(top < 1.0, (1.0 - right) / np.maximum(1.0 - top, 1e-9), 0.0)
    fitted = np.where(chances == top, right, np.minimum(chances * rest, right))
    whole: Floats = (fitted / np.maximum(1.0, fitted.sum(axis=1, keepdims=True))).astype(np.float32)
    return whole


def deciding_words(text: str, share: dict[str, float]) -> tuple[str, ...]:
    """The stretches of a text whose characters carry most of what the n-grams contribute (`share`, per occurrence)."""
    plain, origin = _with_origin(text)
    weight = [0.0] * len(plain)
    for start in range(len(plain)):
        for length in range(1, LONGEST + 1):
            gram = plain[start : start + length]
            if len(gram) < length or " " in gram:
                break
            spoken = share.get(gram, 0.0) / length
            for at in range(start, start + length):
                weight[at] += spoken
    words: list[str] = []
    strongest = 0.0
    while len(words) < _WORDS:
        score, start, end = _best_stretch(plain, weight)
        strongest = max(strongest, score)
        if score <= 0.0 or score < strongest / 3:
            break
        word = text[origin[start] : origin[end - 1] + 1]
        if word not in words:
            words.append(word)
        for at in range(start, end):
            weight[at] = float("-inf")
    return tuple(words)


def _with_origin(text: str) -> tuple[str, list[int]]:
    """The normalised text, and for each of its characters where in the text it stood."""
    plain: list[str] = []
    origin: list[int] = []
    for at, character in enumerate(text):
        for part in _plain(character):
            if part == "0" and plain and plain[-1] == "0":
                continue
            plain.append(part)
            origin.append(at)
    return "".join(plain), origin


def _best_stretch(plain: str, weight: list[float]) -> tuple[float, int, int]:
    """The stretch of two to six characters with the greatest weight, each character paying its way."""
    fair = max((w for w in weight if w != float("-inf")), default=0.0) / 4
    best = (0.0, 0, 0)
    for start in range(len(plain)):
        total = 0.0
        for end in range(start + 1, min(len(plain), start + _WORD_LENGTH) + 1):
            if plain[end - 1] == " ":
                break
            total += weight[end - 1] - fair
            if end - start > 1 and total > best[0]:
                best = (total, start, end)
    return best
