"""`manage.py town --size small|full`: build the demo street; `--logins`: who can log in, and the stories' numbers."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from wangge.domains.people.standing import Standing
from wangge.doors.town import building, recipe
from wangge.doors.town.recipe import SIZES, read

if TYPE_CHECKING:
    from argparse import ArgumentParser


_APART = {
    Standing.WITHOUT_KEYS: (
        "The demo's residents stand in this database, but their key store is gone: nobody's name can be read any more. "
        "Put the store back, or begin anew: make clean-demo && make demo"
    ),
    Standing.WITHOUT_PEOPLE: (
        "The key store holds the keys of people who are not in this database: it belongs to another one. "
        "Name another store (WANGGE_KEY_STORE), or begin anew: make clean-demo && make demo"
    ),
}


class Command(BaseCommand):
    """Safe to repeat: a street that stands is left alone, one that was begun is finished."""

    help = "Build the synthetic demo street (small or full), or print the log-ins of its cast."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--size", choices=SIZES, default="small")
        parser.add_argument("--seed", type=int, default=None, help="another town with the same figures")
        parser.add_argument("--logins", action="store_true", help="print the cast's log-ins and the stories' numbers")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["logins"]:
            self._logins(options["size"])
            return
        try:
            building.check_keys()
        except building.KeysApartError as error:
            raise CommandError(_APART[error.args[0]]) from None
        standing = building.standing()
        if standing is not None:
            self.stdout.write(f"The street exists ({standing}); nothing was changed.")
            if standing != options["size"]:
                self.stdout.write("For another size delete the demo's data first: make clean-demo")
            return
        try:
            building.build(options["size"], options["seed"], self._say)
        except building.NotEmptyError:
            raise CommandError(
                "This database already holds areas of its own. The demo street is only built into an empty database."
            ) from None
        except building.KeysApartError as error:
            raise CommandError(_APART[error.args[0]]) from None
        self.stdout.write("The street stands.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _logins(self, size: str) -> None:
        cast = read("cast")
        rows = [("登录名 log-in", "姓名 name", "岗位 role", "位置 place", "密码 password")]
        chosen = recipe.load(size)
        home, south = chosen.town["communities"]["south"][0], chosen.town["streets"]["south"]
        north, district = chosen.town["streets"]["north"], chosen.town["district"]
        places = {
            "south": f"{south['zh']} {south['en']}",
            "north": f"{north['zh']} {north['en']}",
            "district": f"{district['zh']} {district['en']}",
            "community": f"{home[0]}社区 {home[1]} Community",
            "": f"{south['zh']} {south['en']}",
        }
        for person in cast["cast"]:
            place = places.get(person["place"], places["community"])
            rows.append(
                (person["login"], person["name"], f"{person['zh']} {person['en']}", place, str(cast["password"]))
            )
        widths = [max(_width(row[n]) for row in rows) for n in range(len(rows[0]))]
        for row in rows:
            self.stdout.write("  ".join(cell + " " * (widths[n] - _width(cell)) for n, cell in enumerate(row)).rstrip())
        numbers = building.done().get("history", {}).get("stories", {})
        if numbers:
            self.stdout.write("")
            self.stdout.write("案例 stories")
            for story in read("stories")["stories"]:
                self.stdout.write(f"  {numbers[story['key']]}  {story['zh']} · {story['en']}")
        lost = building.done().get("residents", {}).get("lost")
        if lost:
            told = read("residents")["lost"]
            parents = " ".join(member["name"] for member in told["members"][:2])
            self.stdout.write(f"  {parents} → {lost}  {told['zh']} · {told['en']}")
        if "fieldwork" in building.done():
            self.stdout.write("")
            self.stdout.write("一线 field")
            for hint in read("fieldwork")["hints"]:
                self.stdout.write(f"  {hint['zh']} · {hint['en']}")


def _width(text: str) -> int:
    """Columns that a text takes in a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
