"""The recipe: what `deploy/town/*.yaml` says, read once."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import yaml

if TYPE_CHECKING:
    import datetime as dt

FOLDER = Path(__file__).resolve().parents[3] / "deploy" / "town"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SIZES = ("small", "full")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The files of the recipe, the size that is built, and the seed of everything that is drawn by lot."""

    size: str
    seed: int

    @cached_property
    def town(self) -> dict[str, Any]:
        """`town.yaml`: numbers and names of the ground."""
        return read("town")

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The figures of this size."""
        return cast("dict[str, int]", self.town["sizes"][self.size])

    @property
    def since(self) -> dt.date:
        """The first day of posts, offices and the earlier grids."""
        return cast("dt.date", self.town["since"])

    @property
    def redrawn(self) -> dt.date:
        """The first day of today's grids."""
        return cast("dt.date", self.town["redrawn"])


def read(name: str) -> dict[str, Any]:
    """One file of the recipe."""
    with (FOLDER / f"{name}.yaml").open(encoding="utf-8") as file:
        found = yaml.load(file, Loader=_LOADER)  # noqa: S506 — the safe loader, in C where there is one
    return cast("dict[str, Any]", found)


def load(size: str, seed: int | None = None) -> Recipe:
    """The recipe of a size; without a seed the one of the files."""
    return Recipe(size, seed if seed is not None else int(read("town")["seed"]))
