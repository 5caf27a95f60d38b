"""Who lives together: families as a census finds them, in plain values."""

from __future__ import annotations

import dataclasses
import datetime as dt
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from wangge.domains.people.names import split

if TYPE_CHECKING:
    import random

_SIZES = (1, 2, 3, 4, 5, 6)
_SIZE_WEIGHTS = (13, 24, 31, 18, 10, 4)  # three persons on the average
_RARE = 0.006
_OLD = 60


@dataclasses.dataclass(slots=True)
class Member:
    """Somebody in a household. `spouse` and `parents` are places in its list of members."""

    name: str
    male: bool
    born: dt.date
    role: str
    spouse: int | None = None
    parents: tuple[int, ...] = ()

    def age(self, day: dt.date) -> int:
        """Completed years on a day."""
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))


class Families:
    """Draws names, ages and families from one random source."""

    def __init__(self, rng: random.Random, file: dict[str, Any]) -> None:
        self._rng = rng
        self._day: dt.date = file["drawn_for"]
        self._surnames = list(file["surnames"])
        self._surname_weights = list(accumulate(file["surnames"].values()))
        self._given = file["given"]
        self._rare = file["rare"]

    def surname(self) -> str:
        """A surname, as often as the file says."""
        return str(self._rng.choices(self._surnames, cum_weights=self._surname_weights)[0])

    def given(self, year: int, *, male: bool) -> str:
        """A given name as people of that year carry them."""
        era = next(era for era in self._given if year <= era["until"])
        pool = era["m" if male else "f"]
        first = self._rng.choice(self._rare if self._rng.random() < _RARE else pool)
        if self._rng.random() < era["one"]:
            return str(first)
        return str(first + self._rng.choice(pool))

    def person(self, age: int, role: str, *, male: bool, surname: str = "") -> Member:
        """Somebody of about that age in completed years."""
        day = max(self._day - dt.timedelta(days=age * 365 + age // 4 + self._rng.randrange(365)), dt.date(1926, 1, 1))
        name = (surname or self.surname()) + self.given(day.year, male=male)
        return Member(name, male, day, role)

    def family(self) -> list[Member]:
        """A family; its head comes first."""
        size = self._rng.choices(_SIZES, _SIZE_WEIGHTS)[0]
        return [self._alone, self._two, self._three, self._four, self._five, self._six][size - 1]()

    def flat(self) -> list[Member]:
        """Two to four who share a flat."""
        made = [
            self.person(self._rng.randint(20, 38), "flatmate", male=self._rng.random() < 0.55)
            for _n in range(self._rng.randint(2, 4))
        ]
        made[0].role = "head"
        return made

    def dormitory(self) -> list[Member]:
        """Four to eight workers in a room of a dormitory."""
        male = self._rng.random() < 0.6
        return [self.person(self._rng.randint(19, 50), "other", male=male) for _n in range(self._rng.randint(4, 8))]

    # -- by size

    def _coin(self, share: float) -> bool:
        return self._rng.random() < share

    def _couple(self, age: int) -> list[Member]:
        head_is_male = self._coin(0.8)
        head = self.person(age, "head", male=head_is_male)
        other = self.person(max(20, age + self._rng.choice((-4, -3, -2, -1, 0, 1, 2))), "spouse", male=not head_is_male)
        head.spouse, other.spouse = 1, 0
        return [head, other]

    def _child(self, family: list[Member], parents: tuple[int, ...], later: int = 0) -> None:
        mother = next((family[n] for n in parents if not family[n].male), family[parents[0]])
        father = next((family[n] for n in parents if family[n].male), mother)
        age = max(0, mother.age(self._day) - self._rng.randint(22, 33) - later)
        child = self.person(min(age, 27), "child", male=self._coin(0.52), surname=_surname_of(father.name))
        child.parents = parents
        family.append(child)

    def _elder(self, family: list[Member], *, male: bool) -> None:
        """A parent of the head, living with him."""
        age = family[0].age(self._day) + self._rng.randint(22, 32)
        surname = _surname_of(family[0].name) if male else ""
        elder = self.person(min(age, 96), "parent", male=male, surname=surname)
        others = [n for n, member in enumerate(family) if member.role == "parent"]
        if others:
            elder.spouse, family[others[0]].spouse = others[0], len(family)
        family.append(elder)
        family[0].parents = (*family[0].parents, len(family) - 1)

    def _alone(self) -> list[Member]:
        age = self._rng.randint(_OLD, 93) if self._coin(0.45) else self._rng.randint(23, 59)
        return [self.person(age, "head", male=self._coin(0.35 if age >= _OLD else 0.55))]

    def _two(self) -> list[Member]:
        if self._coin(0.74):
            return self._couple(self._rng.randint(57, 86) if self._coin(0.6) else self._rng.randint(24, 56))
        family = [self.person(self._rng.randint(28, 52), "head", male=self._coin(0.3))]
        if self._coin(0.6):
            self._child(family, (0,))
        else:
            self._elder(family, male=self._coin(0.3))
        return family

    def _three(self) -> list[Member]:
        family = self._couple(self._rng.randint(27, 58))
        if self._coin(0.85):
            self._child(family, (0, 1))
        else:
            self._elder(family, male=self._coin(0.35))
        return family

    def _four(self) -> list[Member]:
        family = self._couple(self._rng.randint(30, 52))
        self._child(family, (0, 1))
        if self._coin(0.65):
            self._child(family, (0, 1), later=self._rng.randint(2, 6))
        else:
            self._elder(family, male=self._coin(0.3))
        return family

    def _five(self) -> list[Member]:
        family = self._couple(self._rng.randint(31, 48))
        self._child(family, (0, 1))
        self._elder(family, male=True)
        self._elder(family, male=False)
        return family

    def _six(self) -> list[Member]:
        family = self._five()
        self._child(family, (0, 1), later=self._rng.randint(2, 6))
        return family


def _surname_of(name: str) -> str:
    return split(name)[0]
