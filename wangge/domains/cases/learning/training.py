"""Training a `texts.Classifier`: scikit-learn's linear SVM, probabilities calibrated on texts that it had not seen.

Imported by the training job and the benchmark only: a web process never loads scikit-learn.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from wangge.domains.cases.learning.texts import Classifier, Floats, calibrated, grams

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FOLDS = 3
LEAST = 5  # samples of a class; with fewer the key words of the catalogue advise alone
_C = 8.0  # of 0.3, 0.5, 1, 2, 4, 8 by five folds of public messages
_SEEN_IN = 2  # texts in which an n-gram must occur
# Weights are kept as half floats: 16 million take 32 MB in a process, whatever number of classes share them.
_MOST_WEIGHTS = 16_000_000
_CURVE_POINTS = 24
_SEED = 20240101


@dataclasses.dataclass(frozen=True, slots=True)
class Trained:
    """A model, and what it said about each text in the fold that had not seen it."""

    model: Classifier
    unseen: Floats  # calibrated probabilities: a row for each text, columns as `model.classes`
    accuracy: float
    macro_f1: float
    folds: int


def train(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    weights: Sequence[float] | None = None,
    folds: int = FOLDS,
    progress: Callable[[int], None] = lambda _percent: None,
) -> Trained:
    """Train on texts and their classes; every class needs at least `LEAST` texts, or `ValueError`.

    `weights` count a text more than once. Same input, same model. `progress` hears per cent.
    """
    held = Counter(labels)
    if len(held) < 2 or min(held.values()) < LEAST:
        raise ValueError(dict(held))
    classes = sorted(held)
    column = {label: n for n, label in enumerate(classes)}
    truth = np.array([column[label] for label in labels])
    counted = np.ones(len(truth)) if weights is None else np.asarray(weights, dtype=float)
    said = [grams(text) for text in texts]
    progress(10)
    unseen = np.zeros((len(truth), len(classes)), dtype=np.float32)
    split = StratifiedKFold(folds, shuffle=True, random_state=_SEED).split(truth, truth)
    for fold, (seen, other) in enumerate(split, 1):
        part = _fit([said[n] for n in seen], truth[seen], counted[seen], classes)
        for n in other:
            margins = part.margins(texts[n])
            unseen[n] = 0.0 if margins is None else margins
        progress(10 + 70 * fold // folds)
    calibration = _calibration(unseen, truth)
    model = _fit(said, truth, counted, classes, calibration)
    progress(95)
    best = unseen.argmax(axis=1)
    return Trained(
        model=model,
        unseen=calibrated(unseen, calibration),
        accuracy=float((best == truth).mean()),
        macro_f1=float(f1_score(truth, best, average="macro")),
        folds=folds,
    )


def _fit(
    said: Sequence[dict[str, float]],
    truth: np.ndarray[Any, Any],
    counted: np.ndarray[Any, Any],
    classes: Sequence[str],
    calibration: Floats | None = None,
) -> Classifier:
    occurs = Counter(gram for counts in said for gram in counts)
    most = _MOST_WEIGHTS // len(classes)
    known = sorted((gram for gram, n in occurs.items() if n >= _SEEN_IN), key=lambda gram: (-occurs[gram], gram))[:most]
    index = {gram: n for n, gram in enumerate(known)}
    idf = np.array([np.log((1 + len(said)) / (1 + occurs[gram])) + 1 for gram in known], dtype=np.float32)
    rows, starts, values = [], [0], []
    for counts in said:
        for gram, count in counts.items():
            if gram in index:
                rows.append(index[gram])
                values.append(count)
        starts.append(len(rows))
    data = np.log1p(np.array(values, dtype=np.float32)) * idf[rows]
    table = csr_matrix((data, np.array(rows), np.array(starts)), shape=(len(said), len(known)))
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    table = table.multiply(1 / np.maximum(lengths, 1e-9)[:, None]).tocsr()
    svm = LinearSVC(C=_C, random_state=_SEED).fit(table, truth, sample_weight=counted)
    weights, bias = svm.coef_, svm.intercept_
    if len(classes) == 2:  # one row says how far it is the second
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return Classifier(
        classes,
        known,
        idf,
        np.ascontiguousarray(weights.T.astype(np.float16)),
        bias.astype(np.float32),
        np.array([1.0], dtype=np.float32) if calibration is None else calibration,
    )


def _calibration(margins: Floats, truth: np.ndarray[Any, Any]) -> Floats:
    """The sharpness of the softmax by likelihood, then how often the best was right at each height of it."""
    at = np.arange(len(truth))

    def surprise(sharpness: float) -> float:
        scaled = margins * sharpness
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        return float((np.log(np.exp(scaled).sum(axis=1)) - scaled[at, truth]).mean())

    sharpness = float(minimize_scalar(surprise, bounds=(0.2, 30.0), method="bounded").x)
    chances = calibrated(margins, np.array([sharpness], dtype=np.float32))
    top = chances.max(axis=1)
    right = (chances.argmax(axis=1) == truth).astype(float)
    # Two made-up texts, one right and one wrong, keep a small set from being certain of anything.
    curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(
        np.concatenate([top, [0.0, 1.0]]), np.concatenate([right, [0.0, 0.0]])
    )
    points = np.unique(np.quantile(top, np.linspace(0.0, 1.0, _CURVE_POINTS)))
    heights = curve.predict(points)
    return np.concatenate([[sharpness], points, heights]).astype(np.float32)
