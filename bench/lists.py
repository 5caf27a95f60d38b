"""How long the desk's pages take at 10 k, 100 k and 1 M cases, over HTTP, as the people of the street see them.

    python -m bench.lists            (make bench NAME=lists)
    SIZES=10k,100k python -m bench.lists

Each size is a database of its own, made once by bench/history.py and kept until the schema changes. Every page is asked
for by the person who works with it, logged in by the site's own page, on a keep-alive connection; first by one client
alone (the figures that are compared between the sizes), then by four at once, who share the two cores with the server.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bench import ground, history
from wangge.config.progress import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

REQUESTS = 200
FEWER = 60
"""Requests of the pages that carry no target: the whole run is to take minutes, not a morning."""
WARM = 12
CLIENTS = 4


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """One thing that is measured: who asks for which addresses, and the name of its figures."""

    key: str
    label: str
    who: str
    paths: Sequence[str]
    token: bool = False
    target: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of one page, with one client and with four; bytes of an answer as it travels."""

    alone: Sequence[float]
    together: Sequence[float]
    """Empty where only one client was asked."""
    size: int

    def at(self, share: float) -> float:
        """The percentile with one client, in milliseconds."""
        return ground.percentile(self.alone, share)

    def at_once(self) -> float | None:
        """The 95th percentile with four clients, in milliseconds."""
        return ground.percentile(self.together, 0.95) if self.together else None


def main() -> None:
    """Build what is missing, measure every size, print the table and the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.lists", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--all", action="store_true", help=f"{REQUESTS} requests, and {CLIENTS} clients, for every page"
    )
    parser.add_argument("--only", default="", help="pages whose key begins with this")
    given = parser.parse_args()
    sizes = history.sizes(os.environ.get("SIZES", "10k,100k,1m"))
    found: dict[int, dict[str, Measured]] = {}
    labels: dict[str, str] = {}
    for size in sizes:
        database = ground.database(f"lists_{_short(size)}")
        if not database.kept(history.fingerprint(size)):
            say(f"[{_short(size)}] building {size:,} cases …")
            say(f"[{_short(size)}] built in {history.build(database, size):.0f} s")
        ground.prepare_django(database.url("app"))
        pages = [page for page in _pages(size) if page.key.startswith(given.only)]
        labels |= {page.key: f"{page.label} ({page.who})" for page in pages}
        with ground.web(database) as web:
            say(f"[{_short(size)}] measuring {len(pages)} pages …")
            found[size] = {page.key: _measure(web, page, full=given.all or page.target) for page in pages}
    _print(labels, found)
    ground.finish("lists", _figures(found))


def _short(size: int) -> str:
    return f"{size // 1_000_000}m" if size % 1_000_000 == 0 else f"{size // 1000}k"


# -- what is asked for


def _pages(size: int) -> list[Page]:
    """The pages of a size: addresses that depend on what is in the database are looked up here, off the clock."""
    from wangge.domains.cases import queries
    from wangge.foundation.accounts.models import User

    people = {name: User.objects.get(username=name) for name in ("bai", "chen", "chief", "he", "lin", "luo")}

    def numbers(who: str) -> list[str]:
        """Fifty numbers spread over everything the person sees, newest to oldest."""
        listed = []
        for step in range(1, 6):
            rows = queries.find(people[who], queries.Filter(), before=size * step // 5 + 1, limit=10)
            listed += [case.number for case in rows]
        return listed

    def deep(who: str, key: str) -> str:
        """The address of a page in the second half of a queue."""
        everybody = queries.queue(people[who], key, limit=size)
        last = everybody[len(everybody) * 6 // 10]
        assert last.due_at is not None
        return f"/desk/cases/queue/{key}/?{urlencode({'after': f'{last.due_at.isoformat()}~{last.pk}'})}"

    some = numbers("chen")
    public = [f"/api/v1/cases/{queries.get_case(people['chen'], number).public_id}" for number in some[:25]]
    return [
        Page("queue", "queue, full page at every size", "chief", ["/desk/cases/queue/file/"], target=True),
        Page("queue_street", "queue of a street", "bai", ["/desk/cases/queue/file/"]),
        Page("queue_deep", "queue, deep page", "bai", [deep("bai", "file")], target=True),
        Page("queue_dispatch", "dispatch queue", "chen", ["/desk/cases/queue/dispatch/"], target=True),
        Page("queue_unit", "unit's handling queue", "he", ["/desk/cases/queue/handle/"], target=True),
        Page("todo", "to-do list", "luo", ["/desk/"]),
        Page("grid_worker", "grid worker's queue", "lin", ["/desk/cases/queue/verify/"]),
        Page("grid_worker_todo", "grid worker's to-do list", "lin", ["/desk/"]),
        Page("all", "all cases, newest first", "chen", ["/desk/cases/"]),
        Page("all_deep", "all cases, deep page", "chen", [f"/desk/cases/?before={size // 2}"]),
        Page("case", "case page", "chen", [f"/desk/cases/{number}/" for number in some]),
        Page("case_unit", "case page, unit", "he", [f"/desk/cases/{number}/" for number in numbers("he")]),
        Page("map", "map, open cases of a street", "chen", ["/desk/map/cases.json"]),
        Page("map_grid", "map, part of a community", "chen", ["/desk/map/cases.json?bbox=116.0,35.0,116.005,35.005"]),
        Page("search_frequent", f"search {history.FREQUENT}", "chen", [_search(history.FREQUENT)]),
        Page("search_rare", f"search {history.RARE}", "chen", [_search(history.RARE)]),
        Page("search_phrase", "search 槐荫路12", "chen", [_search("槐荫路12")]),
        Page("search_number", "search by number", "chen", [_search(number) for number in some]),
        Page("api_list", "API list of 50", "chen", ["/api/v1/cases?limit=50"], token=True),
        Page("api_queue", "API queue of 50", "chen", ["/api/v1/queues/dispatch?limit=50"], token=True),
        Page("api_case", "API case", "chen", public, token=True),
    ]


def _search(words: str) -> str:
    return f"/desk/search/?{urlencode({'q': words})}"


# -- asking


def _measure(web: ground.Web, page: Page, *, full: bool) -> Measured:
    requests = REQUESTS if full else FEWER
    clients = [_client(web, page) for _ in range(CLIENTS if full else 1)]
    warm = [_ask(clients[number % len(clients)], page, number) for number in range(WARM)]
    alone = [_ask(clients[0], page, number).ms for number in range(requests)]
    together: list[float] = []

    def work(client: ground.Client, first: int) -> None:
        client.close()  # the server gives up a connection that was silent while the one client was measured
        _ask(client, page, first)
        together.extend([_ask(client, page, first + number).ms for number in range(requests // CLIENTS)])

    if full:
        threads = [_started(work, client, number * 7) for number, client in enumerate(clients)]
        for thread in threads:
            thread.join()
        if len(together) != requests // CLIENTS * CLIENTS:
            raise SystemExit(f"{page.label}: a client stopped early")
    for client in clients:
        client.close()
    return Measured(alone, together, len(warm[-1].body))


def _started(work: Callable[..., None], *given: Any) -> threading.Thread:
    thread = threading.Thread(target=work, args=given)
    thread.start()
    return thread


def _client(web: ground.Web, page: Page) -> ground.Client:
    if page.token:
        return ground.Client(web.port, token=_token(page.who))
    client = ground.Client(web.port)
    client.log_in(page.who, history.PASSWORD)
    return client


def _token(who: str) -> str:
    from wangge.foundation.accounts.actions import issue_token
    from wangge.foundation.accounts.models import User

    return issue_token(by=User.objects.get(username=who), name="bench", days=1)[1]


def _ask(client: ground.Client, page: Page, number: int) -> ground.Answer:
    path = page.paths[number % len(page.paths)]
    answer = client.get(path)
    # A number in the search box leads straight to the case.
    if answer.status != (302 if page.key == "search_number" else 200):
        raise SystemExit(f"{page.who} asked for {path} and got {answer.status}: {answer.body[:200]!r}")
    return answer


# -- telling


def _print(labels: dict[str, str], found: dict[int, dict[str, Measured]]) -> None:
    sizes = sorted(found)
    head = ["page (who)"]
    for size in sizes:
        head += [f"{_short(size)} p50", "p95", f"p95 x{CLIENTS}", "KB"]
    rows = []
    for key, label in labels.items():
        row: list[Any] = [label]
        for size in sizes:
            seen = found[size][key]
            row += [seen.at(0.5), seen.at(0.95), seen.at_once(), seen.size / 1000]
        rows.append([*row, _growth(found, key, 0.5), _growth(found, key, 0.95)])
    say("")
    ground.table([*head, "growth p50", "growth p95"], rows)
    say(
        f"\nMilliseconds over HTTP; x{CLIENTS}: as many clients at once; growth: the largest size against the smallest.\n"
    )


def _growth(found: dict[int, dict[str, Measured]], key: str, share: float) -> float | None:
    if len(found) < 2:
        return None
    return found[max(found)][key].at(share) / found[min(found)][key].at(share)


def _figures(found: dict[int, dict[str, Measured]]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for key in found[min(found)]:
        for size, pages in sorted(found.items()):
            seen = pages[key]
            figures[f"{key}_p50_ms_{_short(size)}"] = seen.at(0.5)
            figures[f"{key}_p95_ms_{_short(size)}"] = seen.at(0.95)
            if seen.at_once() is not None:
                figures[f"{key}_p95_ms_{_short(size)}_x{CLIENTS}"] = seen.at_once() or 0.0
            figures[f"{key}_bytes_{_short(size)}"] = float(seen.size)
        growth = _growth(found, key, 0.5)
        if growth is not None:
            figures[f"growth_{key}"] = growth
            figures[f"growth_p95_{key}"] = _growth(found, key, 0.95) or 0.0
    return figures


if __name__ == "__main__":
    main()
