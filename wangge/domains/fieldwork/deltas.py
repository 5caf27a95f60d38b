"""What a phone must be told so that it holds what it should: versions, digests and deltas. Plain Python, no database.

An item carries its version, a hash of what it says. The server remembers of each phone only {id: version}; both sides
hash the same lines, so that a phone which lost or changed something is found out and given that collection whole.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Item = dict[str, Any]
Marks = dict[str, str]
_VERSION, _DIGEST = 10, 16  # hex digits


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """What a phone says that it holds of one collection."""

    count: int
    digest: str


@dataclasses.dataclass(frozen=True, slots=True)
class Delta:
    """What to do on the phone: with `full` throw the collection away first; drop `gone`, put `items`.

    `drifted`: the phone did not hold what it was given.
    """

    full: bool
    items: Sequence[Item]
    gone: Sequence[Any]
    count: int
    digest: str
    drifted: bool = False


def versioned(items: Iterable[Item]) -> list[Item]:
    """Items with their version `v` in place; the same content has the same version."""
    return [item | {"v": version(item)} for item in items]


def version(item: Mapping[str, Any]) -> str:
    """The first ten hex digits of the SHA-256 of an item's canonical JSON, without its own `v`."""
    said = {key: value for key, value in item.items() if key != "v"}
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:_VERSION]


def marks_of(items: Iterable[Item]) -> Marks:
    """What is remembered of versioned items."""
    return {str(item["id"]): str(item["v"]) for item in items}


def digest(marks: Mapping[str, str]) -> str:
    """The first sixteen hex digits of the SHA-256 over the lines "id v", in the order of the ids as text."""
    lines = "".join(f"{key} {marks[key]}\n" for key in sorted(marks))
    return hashlib.sha256(lines.encode()).hexdigest()[:_DIGEST]


def delta(items: Sequence[Item], *, given: Marks | None, held: Held | None, numeric: bool = False) -> Delta:
    """From what was `given` (None: the phone is not known to stand there) and what is `held` to `items` (versioned).

    `numeric`: the ids of this collection are numbers, in `gone` too.
    """
    now = marks_of(items)
    count, wanted = len(now), digest(now)
    if held is not None and (held.count, held.digest) == (count, wanted):
        return Delta(full=False, items=[], gone=[], count=count, digest=wanted)
    if given is None:
        return Delta(full=True, items=items, gone=[], count=count, digest=wanted)
    if held is None or (held.count, held.digest) != (len(given), digest(given)):
        return Delta(full=True, items=items, gone=[], count=count, digest=wanted, drifted=True)
    changed = [item for item in items if given.get(str(item["id"])) != item["v"]]
    gone = [int(key) if numeric else key for key in given if key not in now]
    return Delta(full=False, items=changed, gone=gone, count=count, digest=wanted)
