"""Clients on a bad day: they send twice, hang up before the answer, forget their key, and repeat until acknowledged.

What each submission goes through is drawn from (seed, number), so that a run can be repeated.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import random
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.queues import Queue
    from multiprocessing.sharedctypes import Synchronized

DOUBLE, LOST, URGENT, FORGETFUL, DISPATCHED = 0.15, 0.05, 0.20, 0.10, 0.10
GIVE_UP_SECONDS = 180.0
ANSWER_SECONDS = 20.0
PROCESSES = 2
_AGAIN = frozenset({0, 429, 502, 503, 504})
"""Statuses after which the same request is sent again; 0: no answer at all."""

_FACTS = (
    "有人用泡沫板搭了板房，还私拉电线，老人小孩路过很危险。",
    "垃圾桶满了好几天没有清运，夏天味道很大，希望尽快处理。",
    "污水井盖破损，昨晚有骑车的人摔倒，已用树枝临时围挡。",
    "路灯连续三盏不亮，接孩子放学的路很黑，请安排检修。",
)


@dataclass(frozen=True)
class People:
    """Tokens: who reports, who files, who dispatches; and the unit to which is dispatched."""

    reporters: list[str] = field(repr=False)
    filer: str = field(repr=False)
    dispatcher: str = field(repr=False)
    unit: int


@dataclass
class Fate:
    """What became of one submission. `said` are the different answers that it was given (there must be one)."""

    number: int
    mark: str
    urgent: bool
    dispatched: bool
    said: list[str] = field(default_factory=list)
    walked: list[str] = field(default_factory=list)
    sent: int = 0
    doubled: bool = False
    cut: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> bool:
        return bool(self.said)


def send_all(
    port: int,
    people: People,
    *,
    seed: int,
    count: int,
    clients: int,
    done: Synchronized[int],
    pace: float,
    watch: Callable[[], None],
) -> list[Fate]:
    """Let `clients` send `count` submissions; `watch` is called again and again in this process meanwhile.

    `pace` is the least number of seconds between two submissions of one client.
    """
    context = multiprocessing.get_context("fork")
    results: Queue[Any] = context.Queue()
    processes = min(PROCESSES, clients)
    children = [
        context.Process(
            target=_process, args=(port, people, seed, count, clients, part, processes, done, pace, results)
        )
        for part in range(processes)
    ]
    for child in children:
        child.start()
    gathered: list[list[Fate]] = []
    while len(gathered) < processes:
        watch()
        while not results.empty():
            gathered.append(results.get())
        if any(child.exitcode not in (None, 0) for child in children):
            raise SystemExit("A sending process fell over.")
        time.sleep(0.01)
    for child in children:
        child.join()
    return sorted((fate for part in gathered for fate in part), key=lambda fate: fate.number)


def _process(
    port: int,
    people: People,
    seed: int,
    count: int,
    clients: int,
    part: int,
    processes: int,
    done: Synchronized[int],
    pace: float,
    results: Queue[Any],
) -> None:
    fates: list[Fate] = []

    def client(which: int) -> None:
        sender = _Sender(port)
        for number in range(which, count, clients):
            began = time.monotonic()
            fates.append(_submit(sender, port, people, seed, number))
            with done.get_lock():
                done.value += 1
            time.sleep(max(0.0, pace - (time.monotonic() - began)))
        sender.close()

    threads = [threading.Thread(target=client, args=(which,)) for which in range(part, clients, processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(fates)


def _submit(sender: _Sender, port: int, people: People, seed: int, number: int) -> Fate:
    """One report until it is acknowledged; of some, also the filing and the dispatch."""
    rng = random.Random(f"{seed}/{number}")
    fate = Fate(
        number=number,
        mark=f"〔{seed}-{number}〕",
        urgent=rng.random() < URGENT,
        dispatched=rng.random() < DISPATCHED,
    )
    token = rng.choice(people.reporters)
    own_id = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    forgetful = rng.random() < FORGETFUL
    body = {
        "source": "patrol",
        "text": f"{rng.choice(_FACTS)}{fate.mark}",
        "place": {
            "position": {"lon": round(116.0 + rng.random() * 0.0199, 6), "lat": round(35.0 + rng.random() * 0.0099, 6)}
        },
        "matter": rng.choice(("06001", "06010")),
        "urgent": fate.urgent,
        "id": own_id if forgetful or rng.random() < 0.5 else None,
    }
    key = f"kill-{uuid.UUID(int=rng.getrandbits(128), version=4)}"

    def request(attempt: int) -> bytes:
        # Who forgets his key is known by his report's own id alone.
        return _request("/api/v1/reports", token, f"{key}-{attempt}" if forgetful else key, body)

    answer = _until_acknowledged(sender, port, request, rng, fate, known=forgetful)
    if answer is None:
        return fate
    fate.said.append(answer)
    made = json.loads(answer).get("case")
    fate.dispatched &= made is not None  # whose key was forgotten is only told that it was received
    if fate.dispatched:
        for verb, said, who in (
            ("file", {"matter": body["matter"]}, people.filer),
            ("dispatch", {"unit": people.unit}, people.dispatcher),
        ):
            step_key = f"{key}-{verb}"
            path = f"/api/v1/cases/{made}/steps/{verb}"

            def step(
                _attempt: int, path: str = path, who: str = who, step_key: str = step_key, said: Any = said
            ) -> bytes:
                return _request(path, who, step_key, said)

            taken = _until_acknowledged(sender, port, step, rng, fate, known=False)
            if taken is None:
                break
            fate.walked.append(verb)
    return fate


def _until_acknowledged(
    sender: _Sender, port: int, request: Callable[[int], bytes], rng: random.Random, fate: Fate, *, known: bool
) -> str | None:
    """Send until the site has said that it has it: the answer's body. None when it never did.

    `known`: a refusal because the report's own id was already received is an acknowledgement, too.
    """
    doubled, cut = rng.random() < DOUBLE, rng.random() < LOST
    fate.doubled |= doubled
    deadline = time.monotonic() + GIVE_UP_SECONDS
    attempt = 0
    if cut:
        # Everything was sent; the line is cut before the answer is read.
        fate.cut += 1
        fate.sent += 1
        sender.close()
        _Sender(port).send_and_hang_up(request(0), rng.random() * 0.05)
        attempt = 1
    while time.monotonic() < deadline:
        fate.sent += 1
        if doubled:
            doubled = False
            fate.sent += 1
            first, second = _twice(port, request(attempt))
            answers = [answer for answer in (first, second) if answer[0] not in _AGAIN]
        else:
            first = sender.ask(request(attempt))
            answers = [first] if first[0] not in _AGAIN else []
        attempt += 1
        said = {body for status, body in answers if status in {200, 201}}
        if known and any(status == 409 for status, _body in answers) and not said:
            return '{"already": "received"}'
        fate.faults += [
            f"{status} {body[:300]}"
            for status, body in answers
            if status not in {200, 201} and not (known and status == 409)
        ]
        if len(said) > 1:
            fate.faults.append(f"two answers to one key: {sorted(said)}")
        if said:
            return min(said)
        time.sleep(0.05 + rng.random() * 0.4)
    return None


def _twice(port: int, request: bytes) -> tuple[tuple[int, str], tuple[int, str]]:
    """The same request on two connections at the same time."""
    held: list[tuple[int, str]] = [(0, ""), (0, "")]

    def one(which: int) -> None:
        sender = _Sender(port)
        held[which] = sender.ask(request)
        sender.close()

    other = threading.Thread(target=one, args=(1,))
    other.start()
    one(0)
    other.join()
    return held[0], held[1]


def _request(path: str, token: str, key: str, said: Any) -> bytes:
    body = json.dumps(said, ensure_ascii=False).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nAccept-Language: zh-CN\r\n"
        f"Authorization: Bearer {token}\r\nIdempotency-Key: {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Sender:
    """One keep-alive connection over a raw socket, made anew whenever it breaks."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, str]:
        """(status, body) of one request; status 0 when the connection broke before the whole answer was here."""
        try:
            if self.connection is None:
                self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_SECONDS)
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connection.sendall(request)
            status, body, goes_on = _answer(self.connection)
        except (OSError, ValueError):
            self.close()
            return 0, ""
        if not goes_on:
            self.close()
        return status, body

    def send_and_hang_up(self, request: bytes, wait: float) -> None:
        """Send all of it and cut the line, whatever is on its way."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_SECONDS) as line,
        ):
            line.sendall(request)
            time.sleep(wait)

    def close(self) -> None:
        """Give the connection back."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def _answer(connection: socket.socket) -> tuple[int, str, bool]:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65_536)
        if not piece:
            raise ConnectionError
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    lowered = head.lower()
    length = int(lowered.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    while len(body) < length:
        piece = connection.recv(65_536)
        if not piece:
            raise ConnectionError
        body += piece
    return int(head[9:12]), body.decode(), b"connection: close" not in lowered
