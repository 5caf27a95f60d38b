"""Training the classifier of texts, switching it on, and keeping what people chose against its advice."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from wangge.domains.cases.learning import advice
from wangge.domains.cases.learning.samples import Samples, collect
from wangge.domains.cases.models import Case, MatterAdvice, TextModel
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.catalogue import queries as catalogue
from wangge.foundation.core import clock
from wangge.foundation.core.memo import forget_all
from wangge.foundation.core.problems import ConflictError, NotAllowedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wangge.domains.cases.learning.texts import Classifier
    from wangge.domains.cases.learning.training import Trained
    from wangge.foundation.catalogue.models import Matter

kinds.declare("text_model.ask", "text_model.train", "text_model.switch_on", "text_model.switch_off")

TASK = "cases.train_texts"  # its entry point is in `tasks`, which stands above the actions
_QUEUE = "periodic"
_KEPT = 10  # trainings that keep their weights, beside the one in use
_STALE = dt.timedelta(hours=2)  # a training that began before then died with its worker
_ENOUGH_HELD_OUT = 30
_SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
_CONFUSED_PAIRS = 40
_SURE = 0.9
_MARGIN = 0.005  # of accuracy: as good as before, within what chance does to so many texts


class TrainingRunsError(ConflictError):
    """Another training is on its way."""

    code = "training-runs"
    title = _("A training is already running.")
    kept = _("Nothing was changed.")
    remedy = _("Wait until it has ended; the page shows how far it is.")


def note_choice(*, case: Case, matter: Matter, at: dt.datetime) -> None:
    """Keep what was proposed for a case and what a person chose; in the transaction of `file`."""
    active = advice.active()
    proposed = [[p.matter.code, round(p.probability or 0.0, 4)] for p in advice.suggest(case.text)]
    row = MatterAdvice(
        case=case, model_id=active.pk if active is not None else None, proposed=proposed, chosen=matter, chosen_at=at
    )
    MatterAdvice.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["case"],
        update_fields=["model", "proposed", "chosen", "chosen_at"],
    )


def train(*, by: Any = None, at: dt.datetime | None = None) -> TextModel:
    """Train on the seed set and the closed cases, judge on the held-out cases, and switch on if it is not worse.

    Not one transaction: the row tells the progress. `by` None is the nightly job. Raises `TrainingRunsError` while
    another training runs.
    """
    at = at or clock.now()
    _require(by)
    row = _begin(by, at)
    try:
        return _train(row)
    except Exception:
        TextModel.objects.filter(pk=row.pk).update(finished_at=clock.now(), verdict="failed")
        raise


def train_first() -> bool:
    """Train where nothing was ever trained, so that a new office has advice on its first day. Whether it did."""
    if TextModel.objects.exists():
        return False
    train()
    return True


@transaction.atomic
def ask_training(*, by: Any, at: dt.datetime | None = None) -> None:
    """Let the worker train now instead of tonight. Raises `TrainingRunsError` while one runs or waits."""
    at = at or clock.now()
    _require(by)
    if TextModel.objects.filter(finished_at__isnull=True, trained_at__gt=at - _STALE).exists():
        raise TrainingRunsError
    try:
        with transaction.atomic():
            app.configure_task(TASK, queue=_QUEUE, queueing_lock=TASK).defer(timestamp=0)
    except AlreadyEnqueued:
        raise TrainingRunsError from None
    record("text_model.ask", by=by, subject_type="textmodel", at=at)


@transaction.atomic
def switch_on(*, model: TextModel, by: Any, at: dt.datetime | None = None) -> None:
    """Let a trained model advise from now on, whatever its verdict was."""
    _require(by)
    row = TextModel.objects.select_for_update().get(pk=model.pk)
    if row.finished_at is None or not row.weights:
        raise ConflictError(_("This training has no model that could advise."))
    TextModel.objects.filter(active=True).update(active=False)
    TextModel.objects.filter(pk=row.pk).update(active=True)
    record("text_model.switch_on", by=by, subject=row, at=at)
    forget_all()


@transaction.atomic
def switch_off(*, by: Any, at: dt.datetime | None = None) -> None:
    """Let the words of the catalogue advise alone."""
    _require(by)
    row = TextModel.objects.select_for_update().filter(active=True).first()
    if row is None:
        raise ConflictError(_("No model is in use."))
    TextModel.objects.filter(pk=row.pk).update(active=False)
    record("text_model.switch_off", by=by, subject=row, at=at)
    forget_all()


@transaction.atomic
def _begin(by: Any, at: dt.datetime) -> TextModel:
    running = TextModel.objects.select_for_update().filter(finished_at__isnull=True)
    if running.filter(trained_at__gt=at - _STALE).exists():
        raise TrainingRunsError
    running.update(finished_at=at, verdict="failed")
    row = TextModel.objects.create(trained_at=at, trained_by=by if getattr(by, "pk", None) else None)
    record("text_model.train", by=by, subject=row, at=at)
    return row


def _train(row: TextModel) -> TextModel:
    # Here, because a web process must never load scikit-learn.
    from wangge.domains.cases.learning import training

    def progress(percent: int) -> None:
        TextModel.objects.filter(pk=row.pk).update(progress=percent)

    samples, held_out = collect()
    samples = samples.with_at_least(training.LEAST)
    progress(5)
    trained = training.train(samples.texts, samples.codes, weights=samples.weights, progress=progress)
    figures: dict[str, Any] = {
        "folds": trained.folds,
        "accuracy": round(trained.accuracy, 4),
        "macro_f1": round(trained.macro_f1, 4),
        "confused": _confused_pairs(trained, samples.codes),
    } | _together(trained, samples)
    verdict = _judge(trained.model, figures["word_share"], figures, held_out)
    with transaction.atomic():
        TextModel.objects.filter(pk=row.pk).update(
            finished_at=clock.now(),
            progress=100,
            samples=len(samples),
            classes=list(trained.model.classes),
            figures=figures,
            weights=trained.model.packed(),
            verdict=verdict,
        )
        if verdict in {"first", "not_worse"}:
            switch_on(model=row, by=None)
        kept = TextModel.objects.exclude(weights=b"").order_by("-pk").values_list("pk", flat=True)[:_KEPT]
        TextModel.objects.exclude(pk__in=list(kept)).filter(active=False).exclude(weights=b"").update(weights=b"")
    row.refresh_from_db()
    return row


def _together(trained: Trained, samples: Samples) -> dict[str, float]:
    """How much of the advice the words of the catalogue get (what was right most often on unseen texts), and how good both
    together then are: right first, among the three, and where they were sure (90 per cent).
    """
    words = catalogue.known_words()
    ids = catalogue.ids_of_codes(set(samples.codes))
    codes = [ids.get(code, -n) for n, code in enumerate(trained.model.classes, 1)]
    heard: dict[float, list[tuple[float, int]]] = {share: [] for share in _SHARES}  # (probability, place of the truth)
    for text, code, chances in zip(samples.texts, samples.codes, trained.unseen, strict=True):
        said = dict(zip(codes, chances.tolist(), strict=True))
        spoken = advice.word_chances(words.spoken_in(text))
        for share, rows in heard.items():
            both = advice.mixed(said, spoken, share)
            best = sorted(both, key=lambda pk, both=both: (-both[pk], pk))[: advice.PROPOSED]  # type: ignore[misc]
            truth = ids.get(code)
            rows.append((both[best[0]], best.index(truth) if truth in best else advice.PROPOSED))
    share = max(_SHARES, key=lambda one: sum(place == 0 for _top, place in heard[one]))
    rows = heard[share]
    sure = [place == 0 for top, place in rows if top >= _SURE]
    figures = {
        "word_share": share,
        "advice_right": round(sum(place == 0 for _top, place in rows) / len(rows), 4),
        "advice_in_three": round(sum(place < advice.PROPOSED for _top, place in rows) / len(rows), 4),
        "sure": round(len(sure) / len(rows), 4),
    }
    return figures | ({"sure_right": round(sum(sure) / len(sure), 4)} if sure else {})


def _confused_pairs(trained: Trained, codes: Sequence[str]) -> list[list[Any]]:
    """The pairs of matters most often taken for one another, with how often."""
    best = trained.unseen.argmax(axis=1)
    pairs: Counter[tuple[str, str]] = Counter()
    for code, column in zip(codes, best, strict=True):
        said = trained.model.classes[int(column)]
        if said != code:
            pairs[min(code, said), max(code, said)] += 1
    return [[a, b, n] for (a, b), n in pairs.most_common(_CONFUSED_PAIRS) if n > 1]


def _judge(model: Classifier, share: float, figures: dict[str, Any], held_out: Samples) -> str:
    """Whether the new model may advise: "first", "not_worse", "worse". Its figures get what was compared."""
    rows = held_out.with_at_least(1)
    before = advice.active()
    figures["held_out"] = len(rows)
    if len(rows) >= _ENOUGH_HELD_OUT:
        figures["held_out_accuracy"] = round(_accuracy(rows, model, share), 4)
        old = (before.classifier, before.word_share) if before is not None else (None, 1.0)
        figures["held_out_before"] = round(_accuracy(rows, *old), 4)
        worse = figures["held_out_accuracy"] + _MARGIN < figures["held_out_before"]
    else:
        row = advice.get_model(before.pk) if before is not None else None
        worse = row is not None and figures["advice_right"] + _MARGIN < row.figures.get("advice_right", 0.0)
    if worse:
        return "worse"
    return "first" if before is None else "not_worse"


def _accuracy(rows: Samples, model: Classifier | None, share: float) -> float:
    """How often the first proposal was right; without a model, that of the words alone."""
    words = catalogue.known_words()
    ids = catalogue.ids_of_codes({*rows.codes, *(model.classes if model is not None else ())})
    right = 0
    for text, code in zip(rows.texts, rows.codes, strict=True):
        chances = model.probabilities(text) if model is not None else None
        said = {}
        if model is not None and chances is not None:
            said = {ids[c]: float(p) for c, p in zip(model.classes, chances, strict=True) if c in ids}
        together = advice.mixed(said, advice.word_chances(words.spoken_in(text)), share)
        right += bool(together) and max(together, key=lambda pk: together[pk]) == ids.get(code)
    return right / len(rows)


def _require(by: Any) -> None:
    """`by` None is the system's own job."""
    if by is not None and not authority_of(by).holds(P.CATALOGUE_EDIT):
        raise NotAllowedError
