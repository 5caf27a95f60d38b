"""Who of the invented residents needs help, and who draws which benefit: some draw nothing though they could."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING

from wangge.domains.people.actions.bulk_needs import Benefit, Need

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wangge.domains.people.actions.bulk import HouseholdDraft, PersonDraft
    from wangge.doors.town.families import Member
    from wangge.doors.town.recipe import Recipe

_VISIT = "入户走访时本人或监护人同意登记"


class Troubles:
    """Draws needs and benefits from one random source."""

    def __init__(self, recipe: Recipe, today: dt.date) -> None:
        self._rng = random.Random(f"needs {recipe.seed}")
        self._today = today
        self._needs: list[Need] = []
        self._benefits: list[Benefit] = []

    def draw(self, homes: Iterable[tuple[HouseholdDraft, Sequence[Member]]]) -> tuple[list[Need], list[Benefit]]:
        """The needs and benefits of everybody who lives in these households."""
        for home, members in homes:
            poor = home.kind == "family" and self._rng.random() < 0.012
            for n, (person, member) in enumerate(zip(home.members, members, strict=True)):
                if person.presence != "lives":
                    continue
                age = member.age(self._today)
                self._old(person, age, alone=len(members) == 1)
                self._disabled(person, age)
                if age < 16:
                    self._child(person, alone=all(one.role != "spouse" for one in members))
                if poor and n == 0:
                    self._need(person, "low_income", ("class", self._rng.choice(("minimum", "minimum", "edge"))))
                    self._perhaps(person, "minimum-allowance", 0.7, renewed=True)
        return self._needs, self._benefits

    def _old(self, person: PersonDraft, age: int, *, alone: bool) -> None:
        if alone and age >= 70 and self._rng.random() < 0.7:
            self._need(person, "lives_alone")
        if age >= 80:
            if self._rng.random() < 0.12:
                self._need(person, "unable_self_care", ("level", self._rng.choice(("partly", "partly", "fully"))))
            if person.registration == "here":
                self._perhaps(person, "senior-allowance", 0.75)

    def _disabled(self, person: PersonDraft, age: int) -> None:
        if self._rng.random() < (0.012 if age < 60 else 0.04):
            grade = self._rng.choices("1234", (12, 25, 33, 30))[0]
            self._need(person, "disabled", ("grade", grade))
            if grade in "12":
                self._perhaps(person, "disability-care-subsidy", 0.6, renewed=True)

    def _child(self, person: PersonDraft, *, alone: bool) -> None:
        if alone and self._rng.random() < 0.06:
            self._need(person, "left_behind")
        if self._rng.random() < 0.0015:
            self._need(person, "child_hardship", ("class", self._rng.choice(("without_care", "hardship"))))
            self._perhaps(person, "child-basic-living", 0.5, renewed=True)

    def _need(self, person: PersonDraft, kind: str, *detail: tuple[str, str]) -> None:
        since = self._today - dt.timedelta(days=self._rng.randrange(30, 700))
        review = self._today + dt.timedelta(days=self._rng.randrange(5, 360))
        self._needs.append(Need(person.public_id, kind, _VISIT, since, review, detail))

    def _perhaps(self, person: PersonDraft, policy: str, share: float, *, renewed: bool = False) -> None:
        if self._rng.random() < share:
            since = self._today - dt.timedelta(days=self._rng.randrange(60, 1500))
            renew = self._today + dt.timedelta(days=self._rng.randrange(-10, 350)) if renewed else None
            self._benefits.append(Benefit(person.public_id, policy, since, renew))
