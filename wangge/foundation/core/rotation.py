"""A new data key while people work: everything that hangs on the old one is brought under the new one, in small batches.

What is sealed stays readable all the time, because the old keys stay in the folder until nothing needs them; what is
searched by fingerprint is found under both until all rows are re-keyed. Where it stands is written to `rotation.json` in
the key folder after every batch, so that a killed run is taken up where it stopped.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import secrets
import time
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import transaction

from wangge.foundation.core import crypto, datakeys, keystore
from wangge.foundation.core.sealed import COLUMNS, SealedColumn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BATCH = 500
# How long a running process may go on with the keys it knows.
_KNOWN_EVERYWHERE = datakeys.LOOK_AGAIN_AFTER * 3


class RotationError(RuntimeError):
    """The rotation cannot go on; what was done stays valid."""


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One thing to bring under the new key. `batch(after, limit)` does the next rows after a mark and says
    (new mark or None at the end, how many rows were changed). Done again it changes nothing.
    """

    name: str
    batch: Callable[[Any, int], tuple[Any, int]]


STEPS: list[Step] = []  # those of apps with fingerprints of their own; the key store and COLUMNS come first


def begin() -> int:
    """Make the next data key, and on the first rotation the key of the links; the new version.

    Raises `RotationError` while an earlier rotation is not finished, or when another key could not be told apart.
    """
    held = datakeys.data_keys(fresh=True)
    if _state() is not None:
        raise RotationError("the last rotation is not finished: run it without a new key first")
    if held.blind_done != crypto.blind_scheme():
        raise RotationError("the index is not re-keyed yet: run it without a new key first")
    version = held.current + 1
    if held.by_header(version % datakeys.VERSIONS) is not None:
        raise RotationError("the oldest key must leave the folder first")
    link = datakeys.folder() / "link_key"
    if not link.exists():
        _write_key(link, held.link_key)
    _write_key(datakeys.folder() / f"data_key.{version}", secrets.token_bytes(datakeys.KEY_BYTES))
    datakeys.forget()
    _remember({"version": version, "marks": {}})
    return version


def run(*, say: Callable[[str], None], wait: bool = True) -> dict[str, int]:
    """Bring everything under the current key and suite; how many rows each step changed. May be killed and run again."""
    datakeys.forget()
    state = _state() or {"version": datakeys.data_keys().current, "marks": {}}
    if state["version"] != datakeys.data_keys().current:
        raise RotationError("the folder holds another key than the rotation began with")
    _remember(state)
    if wait:
        time.sleep(_KNOWN_EVERYWHERE)
    changed = {}
    for step in every():
        changed[step.name] = _take(step, state, say)
    again = {step.name: _take(step, {"version": state["version"], "marks": {}}, None) for step in _resealing()}
    if any(again.values()):
        raise RotationError(f"rows were still written under an old key, run it again: {again}")
    _replace(datakeys.folder() / "blind_index", crypto.blind_scheme() + "\n")
    (datakeys.folder() / "rotation.json").unlink()
    datakeys.forget()
    return changed


def retire() -> list[str]:
    """Move the keys that nothing needs any more to `retired/`; their names. They open old dumps: keep them locked away
    as long as those, then destroy them.
    """
    if _state() is not None:
        raise RotationError("a rotation is not finished")
    held = datakeys.data_keys(fresh=True)
    if held.blind_done != crypto.blind_scheme():
        raise RotationError("the index is not re-keyed yet")
    place = datakeys.folder()
    away = place / "retired"
    away.mkdir(mode=0o700, exist_ok=True)
    old = [place / ("data_key" if version == 0 else f"data_key.{version}") for version in held.keys]
    moved = [file for file in old if file.exists() and file.name != f"data_key.{held.current}" and held.current > 0]
    for file in moved:
        file.rename(away / file.name)
    datakeys.forget()
    return [file.name for file in moved]


def every() -> list[Step]:
    """All steps, in order."""
    return [*_resealing(), *STEPS]


def _resealing() -> list[Step]:
    return [Step("key store", _rewrap), *(Step(f"{one.model}.{one.column}", _resealer(one)) for one in COLUMNS)]


def _take(step: Step, state: dict[str, Any], say: Callable[[str], None] | None) -> int:
    total, mark = 0, state["marks"].get(step.name)
    if mark == "done":
        return 0
    while True:
        mark, count = step.batch(mark, BATCH)
        total += count
        if say is None:
            if mark is None:
                return total
            continue
        state["marks"][step.name] = "done" if mark is None else mark
        _remember(state)
        say(f"{step.name}: {total}" + ("" if mark is not None else ", done"))
        if mark is None:
            return total


def _rewrap(after: str | None, limit: int) -> tuple[str | None, int]:
    return keystore.keys().rewrap(after, limit)


def _resealer(column: SealedColumn) -> Callable[[Any, int], tuple[Any, int]]:
    def batch(after: Any, limit: int) -> tuple[Any, int]:
        model: Any = apps.get_model(column.model)
        with transaction.atomic():
            rows = list(
                model._base_manager.select_for_update()  # noqa: SLF001 — every row, whoever may see it
                .filter(**{f"{column.column}__isnull": False}, pk__gt=after or 0)
                .order_by("pk")[:limit]
            )
            changed = sum(_reseal(column, row) for row in rows)
        return (rows[-1].pk if len(rows) == limit else None), changed

    return batch


def _reseal(column: SealedColumn, row: Any) -> bool:
    held, bound_to = bytes(getattr(row, column.column)), column.bound_to(row)
    new = crypto.reseal(held, purpose=column.purpose, bound_to=bound_to)
    fields = []
    if new is not None:
        setattr(row, column.column, new)
        fields.append(column.column)
    if column.blind:
        plain = crypto.unseal(held, purpose=column.purpose, bound_to=bound_to)
        print_ = int(crypto.blind(plain, purpose=column.purpose))
        if getattr(row, column.blind) != print_:
            setattr(row, column.blind, print_)
            fields.append(column.blind)
    if fields:
        row.save(update_fields=fields)
    return bool(fields)


def _state() -> dict[str, Any] | None:
    file = datakeys.folder() / "rotation.json"
    return json.loads(file.read_text()) if file.exists() else None


def _remember(state: dict[str, Any]) -> None:
    _replace(datakeys.folder() / "rotation.json", json.dumps(state))


def _write_key(file: Path, key: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(base64.b64encode(key).decode() + "\n")
        out.flush()
        os.fsync(out.fileno())


def _replace(file: Path, text: str) -> None:
    fresh = file.with_name(f".{file.name}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
