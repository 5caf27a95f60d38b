"""How well texts are classified: five folds of a public set of citizens' messages, by the product's own code.

    DATA=/path/to/messages/train.csv python -m bench.messages      (make bench NAME=messages DATA=…)

The file has the columns `label` and `text`; without `DATA` it is looked for under `$WANGGE_DATA/messages/train.csv`. The
data is not part of this project, and no model trained on it leaves this process. Without the file the benchmark says so and
ends. Each fold is trained by `learning.training.train` (with the three inner folds that calibrate it) and then reads the
texts it has not seen one by one, as a web process does: features, sum, probabilities.
"""

from __future__ import annotations

import csv
import json
import os
import time
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold

from wangge.config.progress import say
from wangge.domains.cases.learning.training import train

FOLDS = 5
SURE = 0.9


def data(name: str) -> Path | None:
    """The file that `DATA` names, or the one under `$WANGGE_DATA`; None, said aloud, where there is none."""
    given = os.environ.get("DATA", "")
    folder = os.environ.get("WANGGE_DATA", "")
    path = Path(given) if given else Path(folder) / name if folder else None
    if path is not None and path.is_file():
        return path
    say(f"SKIPPED: no data. Give DATA=/path/to/{Path(name).name}, or WANGGE_DATA=/folder that holds {name}.")
    return None


def main() -> None:
    """Five folds, a table of the classes, the figures."""
    path = data("messages/train.csv")
    if path is None:
        print(json.dumps({"name": "messages", "figures": {}, "skipped": True}))
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    texts, labels = [row["text"] for row in rows], np.array([row["label"] for row in rows])
    said, top = np.empty(len(labels), dtype=object), np.zeros(len(labels))
    times: list[float] = []
    training = 0.0
    for fold, (seen, other) in enumerate(StratifiedKFold(FOLDS, shuffle=True, random_state=7).split(texts, labels), 1):
        began = time.perf_counter()
        model = train([texts[n] for n in seen], labels[seen].tolist()).model
        training += time.perf_counter() - began
        for n in other:
            began = time.perf_counter()
            best = model.best(texts[n])
            times.append(time.perf_counter() - began)
            said[n], top[n] = best if best is not None else ("", 0.0)
        say(f"fold {fold} of {FOLDS}: accuracy {(said[other] == labels[other]).mean():.4f}")
    right = said == labels
    for label in sorted(set(labels)):
        mine = labels == label
        say(
            f"  {label}: {mine.sum()} messages, {right[mine].mean():.3f} found, {right[said == label].mean():.3f} right"
        )
    sure = top >= SURE
    figures = {
        "messages": len(labels),
        "macro_f1": round(float(f1_score(labels, said, average="macro")), 4),
        "accuracy": round(float(right.mean()), 4),
        "ms_per_message": round(1000 * float(np.mean(times)), 3),
        "ms_p95": round(1000 * float(np.percentile(times, 95)), 3),
        "sure_share": round(float(sure.mean()), 4),
        "sure_right": round(float(right[sure].mean()), 4),
        "train_seconds_per_fold": round(training / FOLDS, 1),
    }
    print(json.dumps({"name": "messages", "figures": figures}))


if __name__ == "__main__":
    main()
