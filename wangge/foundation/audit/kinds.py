"""The closed list of audited kinds. Each says how personal data in its `data` is destroyed (its shred).

The rule of this project is that audit rows carry ids and codes only; a kind that must carry more names the keys that
`shred` removes on erasure.
"""

from __future__ import annotations

import dataclasses

NOTHING_PERSONAL: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """An audited kind: its name ("case.dispatch") and the keys of `data` to shred when a person is erased."""

    name: str
    shred: tuple[str, ...] | None = None


_KINDS: dict[str, Kind] = {}


def declare(*names: str, shred: tuple[str, ...] = NOTHING_PERSONAL) -> None:
    """Add kinds to the list; called at import by the app that records them."""
    for name in names:
        _KINDS[name] = Kind(name, shred)


def known(name: str) -> bool:
    """Whether `name` was declared."""
    return name in _KINDS


def every() -> dict[str, Kind]:
    """All declared kinds by name."""
    return dict(_KINDS)
