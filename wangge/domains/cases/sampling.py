"""Samples that anybody can draw again: plain Python, no database, no random numbers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def sample(population: Iterable[int], size: int, seed: str) -> list[int]:
    """`size` of the given ids, in the order in which they are drawn; all of them when there are fewer.

    The same ids, size and seed give the same sample, in whatever order the ids are given; a larger size only adds to it.
    Each id gets the SHA-256 of seed and id, and the smallest are drawn: whoever doubts a sample can do the sum again.
    """
    return sorted(set(population), key=lambda pk: (_lot(pk, seed), pk))[: max(0, size)]


def _lot(pk: int, seed: str) -> bytes:
    return hashlib.sha256(f"{seed}:{pk}".encode()).digest()
