"""How long it takes to find somebody among 200 thousand and 10 million residents, over HTTP, as the people of a post do.

    python -m bench.lookup            (make bench NAME=lookup)
    LOOKUP_ROWS=200k python -m bench.lookup

The database of each size is made once by bench/residents.py and kept until the tables or the tokens change; 10 million take
about an hour on two cores and 25 GB. Asked is `POST /api/v1/people/find` with a token, on a keep-alive connection, by one
client: everything a page does but the drawing. Every search is another one. By the post of a whole street, and
(`_district`) of the whole district: 95 streets at 10 million, each with keys of its own.
"""

from __future__ import annotations

import json
import os
import random
from typing import TYPE_CHECKING, Any

from bench import ground, residents
from wangge.config.progress import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ASKED = 200
WARM = 15
SIZES = {"200k": 200_000, "1m": 1_000_000, "10m": 10_000_000}
TARGETS = {"two_names": 100}  # p95 in milliseconds; everything else:
TARGET = 150


def main() -> None:
    """Build what is missing, ask, print the table and the figures."""
    sizes = [size for size in os.environ.get("LOOKUP_ROWS", "200k,10m").lower().split(",") if size]
    rows: list[list[Any]] = []
    figures: dict[str, float | str] = {}
    for size in sizes:
        count = SIZES[size]
        database = ground.database(f"lookup_{size}")
        if not database.kept(residents.fingerprint(count)):
            say(f"[{size}] building {count:,} residents …")
            say(f"[{size}] built in {residents.build(database, count):.0f} s")
        else:
            residents.bring_up_to_date(database)
        os.environ["WANGGE_KEY_STORE"] = str(residents.key_store(count))
        ground.prepare_django(database.url("app"))
        _use_keys(count)
        questions = _questions(count)
        tokens = _tokens()
        with ground.web(database, extra={"WANGGE_KEY_STORE": str(residents.key_store(count))}) as web:
            for kind, texts in questions.items():
                for where in ("street", "district"):
                    taken, hits = _ask(web, tokens[where], texts)
                    p50, p95 = ground.percentile(taken, 0.5), ground.percentile(taken, 0.95)
                    rows.append([f"{kind}, {where}, {size}", p50, p95, max(taken), hits, TARGETS.get(kind, TARGET)])
                    suffix = "" if where == "street" else "_district"
                    figures[f"{kind}{suffix}_p50_ms_{size}"] = p50
                    figures[f"{kind}{suffix}_p95_ms_{size}"] = p95
    ground.table(["what, scope, residents", "p50 ms", "p95 ms", "max ms", "found", "goal p95"], rows)
    ground.finish("lookup", figures)


def _use_keys(count: int) -> None:
    from django.conf import settings

    settings.WANGGE_KEY_STORE = residents.key_store(count)


def _questions(count: int) -> dict[str, list[str]]:
    """What is asked for: facts of people who are there, opened with their keys, off the clock."""
    from wangge.domains.people import names

    rng = random.Random("questions")
    homes = [members for _home, members in residents.sample(count, 0, ASKED * 4)]
    pairs = [members for members in homes if len(members) > 1]
    three = [one for members in homes for one in members if len(one["name"]) == 3]
    with_phone = [one for members in homes for one in members if one["phone"]]
    made: dict[str, Callable[[], str]] = {
        "two_names": lambda: " ".join(one["name"] for one in rng.sample(rng.choice(pairs), 2)),
        "name_and_surname": lambda: _loose(rng.choice(pairs)),
        "whole_name": lambda: rng.choice(homes)[0]["name"],
        "partial_name": lambda: rng.choice(three)["name"][1:],
        "pinyin": lambda: min(names.sounds(rng.choice(three)["name"])),
        "initials": lambda: min(names.initials(rng.choice(three)["name"])),
        "last_four": lambda: rng.choice(with_phone)["phone"][-4:],
        "one_wrong": lambda: _one_wrong(rng, rng.choice(three)["name"]),
        "address": lambda: (
            f"第1街{rng.randint(1, 84)}小区{rng.randint(1, 6)}号楼{rng.randint(1, 4)}单元{rng.randint(1, 6)}01"
        ),
    }
    return {kind: [make() for _ in range(ASKED)] for kind, make in made.items()}


def _loose(members: list[dict[str, str]]) -> str:
    return f"{members[0]['name'][1:]} {members[1]['name'][0]}"


def _one_wrong(rng: random.Random, name: str) -> str:
    place = rng.randrange(3)
    return name[:place] + rng.choice("伟芳军磊涛明") + name[place + 1 :]


def _tokens() -> dict[str, str]:
    """Tokens of two people who look people up: of a street and of the district."""
    from tests import town as cast
    from wangge.foundation.accounts import actions as accounts
    from wangge.foundation.accounts.models import User

    town, found = cast.Town(), {}
    for where, area in (("street", town.south), ("district", town.district)):
        user = User.objects.filter(username=f"finder_{where}").first()
        if user is None:
            user = accounts.add_user(by=None, username=f"finder_{where}", name="查询员", password=None)
            accounts.give_post(by=None, user=user, role="station_head", valid_from=cast.SINCE, area=area)
        found[where] = accounts.issue_token(by=user, name="bench", days=1)[1]
    return found


def _ask(web: ground.Web, token: str, texts: Sequence[str]) -> tuple[list[float], int]:
    """Milliseconds of every search but the first few, and in how many somebody was found."""
    client = ground.Client(web.port, token=token)
    taken, hits = [], 0
    for number, text in enumerate([*texts[-WARM:], *texts]):
        answer = client.send(
            "POST",
            "/api/v1/people/find",
            body=json.dumps({"text": text}).encode(),
            headers={"Content-Type": "application/json"},
        )
        if answer.status != 200:
            raise SystemExit(f"A search was answered with {answer.status}: {answer.body[:300]!r}")
        if number >= WARM:
            taken.append(answer.ms)
            found = json.loads(answer.body)
            hits += bool(found["homes"] or found["buildings"])
    client.close()
    return taken, hits


if __name__ == "__main__":
    main()
