"""Is anything that a grid worker queued lost, sent twice or miscounted, on a bad line and a phone that dies?

    python -m bench.offline [--seed 1] [--count 500] [--photos 2] [--kills 20]
    make bench NAME=offline SEED=2 COUNT=50 KILLS=4

The phone is the real page in headless Chromium, the site a real server; between them runs `bad_line.py`: 400 ms there and
back, 64 kB/s, every tenth exchange cut at a random byte. Reports with photos of about 30 kB go into the page's outbox
(one in five lay as a draft first) while the phone is switched on and off line, now and then nothing passes though it is
on line, the window is killed (every third time while a report is just being queued), the clock is a month ahead for a
while, and once the browser has no room left. In the end:

* `lost`: queued, and no such report at the server;
* `duplicate`: more reports or cases of one thing than one;
* `photo_mismatch`: photos that are missing, hang elsewhere or are not byte for byte what the camera gave;
* `count_wrong`: looks at the start page at which 草稿, 待发送 or 已发送 was not the truth;
* `faults`: errors that the page did not catch, and a full phone that took or dropped something.

What was queued is known to this program, what arrived to the server's tables; the page is compared with both: 草稿 and
待发送 + 已发送 must be what was put, 已发送 never more than what the server holds whole.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import os
import random
import shutil
import subprocess
import sys
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from PIL import Image
from playwright.sync_api import sync_playwright

from bench import ground
from bench.bad_line import BadLine
from bench.phone import Boxes, Phone, chromium
from wangge.config import embedded
from wangge.config.groundwork import ROOT
from wangge.config.progress import say

if TYPE_CHECKING:
    from collections.abc import Sequence

PLACE = ground.PLACE / "offline"
PASSWORD = "the-cast-knows-this-1"
_GRID = "999999001001001"
LAG_SECONDS = 10.0  # between a change and the page's showing it, on a machine that does other things as well
WRONG_DAYS = 30
GIVE_UP_SECONDS = 3600.0
_DRAFT, _MUTE = 0.2, 0.15
_FULL_AFTER = 3  # reports that are put to see a full phone; only while so many are still to come
_NO_ROOM = 4_000  # bytes
_ROOM_IS_REMEMBERED = 35.0  # seconds
MUST_BE_ZERO = ("lost", "duplicate", "photo_mismatch", "count_wrong", "faults")


@dataclass(frozen=True)
class Size:
    """How much happens."""

    count: int
    photos: int
    kills: int
    seed: int


@dataclass
class Made:
    """One report as the phone was given it."""

    id: str
    text: str
    photos: list[bytes] = field(repr=False)

    def hashes(self) -> list[str]:
        return [hashlib.sha256(photo).hexdigest() for photo in self.photos]


def picture(rng: random.Random) -> bytes:
    """A JPEG of about 30 kB, like no other."""
    noise = Image.frombytes("L", (120, 90), rng.randbytes(120 * 90)).resize((600, 450))
    image = Image.merge("RGB", (noise, noise.transpose(Image.Transpose.FLIP_LEFT_RIGHT), noise))
    held = io.BytesIO()
    image.save(held, "JPEG", quality=17)
    return held.getvalue()


class Server:
    """What has really arrived."""

    def __init__(self, url: str, media: Path) -> None:
        self.url, self.media = url, media

    def area(self) -> int:
        """The grid of Lin."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT id FROM places_area WHERE code = %s", [_GRID]).fetchone()
        if row is None:
            raise SystemExit("The cast is not there.")
        return int(row[0])

    def whole(self) -> int:
        """Reports that are there with every photo they announced."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute(
                "SELECT count(*) FROM cases_report r WHERE NOT EXISTS "
                "(SELECT 1 FROM cases_casephoto p WHERE p.report_id = r.id AND p.media_id IS NULL)"
            ).fetchone()
        return int(row[0]) if row else 0

    def count(self, made: Sequence[Made]) -> dict[str, int]:
        """`lost`, `duplicate`, `photo_mismatch`."""
        with psycopg.connect(self.url) as connection:
            reports = connection.execute("SELECT id, public_id::text, text, case_id FROM cases_report").fetchall()
            photos = connection.execute(
                "SELECT p.report_id, p.sha256 FROM cases_casephoto p JOIN media_mediafile m "
                "ON m.id = p.media_id AND m.sha256 = p.sha256"
            ).fetchall()
            cases = connection.execute("SELECT count(*) FROM cases_case").fetchone()
        found = Counter()
        held: dict[int, list[str]] = {}
        for report, sha in photos:
            held.setdefault(report, []).append(sha)
        by_text: dict[str, list[tuple[int, str]]] = {}
        for report, public_id, text, _case in reports:
            by_text.setdefault(text, []).append((report, public_id))
        for one in made:
            rows = by_text.pop(one.text, [])
            found["duplicate"] += max(0, len(rows) - 1)
            if not rows or rows[0][1] != one.id:
                found["lost"] += 1
                continue
            for photo, sha in zip(one.photos, one.hashes(), strict=True):
                found["photo_mismatch"] += held.get(rows[0][0], []).count(sha) != 1 or self._stored(sha) != photo
        found["duplicate"] += sum(len(rows) for rows in by_text.values())
        found["duplicate"] += max(0, (cases[0] if cases else 0) - len(reports))
        return {name: found[name] for name in ("lost", "duplicate", "photo_mismatch")}

    def _stored(self, sha: str) -> bytes:
        path = self.media / sha[:2] / sha[2:4] / f"{sha}.orig"
        return path.read_bytes() if path.is_file() else b""


@dataclass
class Day:
    """A day in the field: what happens to the phone, drawn from the seed, and what it showed."""

    phone: Phone
    line: BadLine
    server: Server
    rng: random.Random
    size: Size
    area: int
    made: list[Made] = field(default_factory=list)
    drafts: list[Made] = field(default_factory=list)
    online: bool = True
    looks: int = 0
    count_wrong: int = 0
    faults: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    _until: float = 0.0
    _quota: bool = False
    _number: int = 0

    # -- what the worker does

    def work(self) -> None:
        """Queue everything, then see it arrive."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while len(self.made) < self.size.count:
            for _report in range(min(self.rng.randint(1, 6), self.size.count - len(self.made))):
                self._take_one()
            self._weather()
            self.look()
            self._trouble()
            time.sleep(self.rng.uniform(0.2, 2.5))
        say(f"all {self.size.count} queued, {self.shown().sent} sent; waiting …")
        while time.monotonic() < deadline and self.shown().sent < self.size.count:
            self._weather(easing=self.share() > 0.92)
            self.look()
            self._trouble()
            time.sleep(self.rng.uniform(0.3, 1.5))
        self._set(online=True, mute=False)
        self.look()

    def _take_one(self) -> None:
        """Queue something new or an old draft, or begin a draft."""
        left = self.size.count - len(self.made) - len(self.drafts)
        if self.drafts and (left == 0 or self.rng.random() < _DRAFT):
            self._queue(self.drafts.pop(0))
        elif left > 0 and self.rng.random() < _DRAFT:
            one = self._fresh()
            if self.phone.put(self._said(one), "draft") != "kept":
                self._fault("a draft was not kept")
            self.drafts.append(one)
            self.done["drafts"] += 1
        elif left > 0:
            self._queue(self._fresh())

    def _queue(self, one: Made) -> None:
        if (answer := self.phone.put(self._said(one), "queue")) != "kept":
            self._fault(f"queueing was answered {answer}")
        self.made.append(one)

    def _said(self, one: Made) -> dict[str, Any]:
        pictures = [base64.b64encode(photo).decode() for photo in one.photos]
        return {"id": one.id, "text": one.text, "area": self.area, "photos": pictures}

    def _fault(self, what: str) -> None:
        say(f"fault: {what}")
        self.faults.append(what)

    # -- what happens to the phone

    def share(self) -> float:
        """How much of the work is done: half of it is queueing, half is sending."""
        return (len(self.made) + self.shown().sent) / (2 * self.size.count)

    def _weather(self, *, easing: bool = False) -> None:
        """On line, off line, or on line and nothing passes; each for some seconds."""
        now = time.monotonic()
        if now < self._until:
            return
        if easing or not self.online or self.line.mute:
            self._set(online=True, mute=False)
            self._until = now + self.rng.uniform(4, 20)
        else:
            mute = self.rng.random() < _MUTE
            self._set(online=mute, mute=mute)
            self._until = now + self.rng.uniform(2, 7)
            self.done["mute" if mute else "offline"] += 1

    def _set(self, *, online: bool, mute: bool) -> None:
        self.line.mute, self.line.closed = mute, not online
        if online != self.online:
            self.phone.cut_off(off=not online)
            self.online = online

    def _trouble(self) -> None:
        share = self.share()
        if self.phone.kills < self.size.kills and share >= (self.phone.kills + 0.5) / (self.size.kills + 1):
            self.phone.days_wrong = WRONG_DAYS if 0.25 <= share < 0.45 else 0
            self.done["wrong_clock"] += self.phone.days_wrong > 0
            self._kill()
            self.look()
            say(f"{len(self.made)} queued, {self.shown().sent} sent, killed {self.phone.kills} times …")
        if (
            len(self.made) >= 0.2 * self.size.count
            and not self._quota
            and len(self.made) + len(self.drafts) + _FULL_AFTER <= self.size.count
        ):
            self._quota = True
            self._fill_up()

    def _kill(self) -> None:
        self.line.mute = False  # whoever opens it anew has left the stairwell
        if self.phone.kills % 3 or len(self.made) + len(self.drafts) >= self.size.count:
            self.phone.kill()
            return
        one = self._fresh()
        self.phone.begin_to_put(self._said(one))
        time.sleep(self.rng.uniform(0, 0.05))
        self.phone.kill()
        # All of it was written or nothing: then its user does it once more.
        if self.phone.where(one.id) == "":
            self._queue(one)
        else:
            self.made.append(one)
            self.done["queued_in_death"] += 1

    def _fill_up(self) -> None:
        """The browser runs out of room: the phone must say so before it takes no more, and must go on sending."""
        self._set(online=False, mute=False)
        if (says := self.phone.room()) != "ok":
            self._fault(f"before it was full the phone said {says}")
        self._leave_no_room()
        taken = 0
        while (answer := self._put_more()) == "kept" and taken < _FULL_AFTER:
            taken += 1
            if (says := self.phone.room()) == "ok":
                self._fault("the room ran out and the phone did not say so")
            self._leave_no_room()
        if answer != "full" or taken == 0:
            self._fault(f"a phone without room took {taken} and answered {answer}")
        self.look()
        before = self.server.whole()
        self._set(online=True, mute=False)
        deadline = time.monotonic() + LAG_SECONDS * 6
        while self.server.whole() == before and time.monotonic() < deadline:
            time.sleep(0.2)
        if self.server.whole() == before:
            self._fault("a full phone did not send")
        self.look()
        self.phone.limit_room(None)
        while self.phone.room() != "ok" and time.monotonic() < deadline:
            time.sleep(0.2)
        if (says := self.phone.room()) != "ok":
            self._fault(f"with room again the phone says {says}")
        self.done["full"] += 1
        self.done["taken_when_full"] += taken

    def _leave_no_room(self) -> None:
        """From the moment this returns; the browser goes on believing for a while in the room it last found."""
        self.phone.limit_room(self.phone.used() + _NO_ROOM)
        time.sleep(_ROOM_IS_REMEMBERED)

    def _put_more(self) -> str:
        """One more report in a phone that is nearly full; what it does not take is not there."""
        one = self._fresh()
        answer = self.phone.put(self._said(one), "queue")
        if answer == "kept":
            self.made.append(one)
        elif where := self.phone.where(one.id):
            self._fault(f"refused for want of room, and in {where} all the same")
        return answer

    def _fresh(self) -> Made:
        self._number += 1
        pictures = [picture(self.rng) for _photo in range(self.size.photos)]
        public_id = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        return Made(public_id, f"离线台账第{self._number:04d}号，楼道堆物", pictures)

    # -- what the phone shows

    def shown(self) -> Boxes:
        """The start page's numbers; waits until it shows any."""
        deadline = time.monotonic() + LAG_SECONDS
        while (boxes := self.phone.boxes()) is None and time.monotonic() < deadline:
            time.sleep(0.05)
        return boxes or Boxes(-1, -1, -1)

    def _true(self, boxes: Boxes) -> bool:
        queued = boxes.waiting + boxes.sent == len(self.made)
        return queued and boxes.drafts == len(self.drafts) and boxes.sent <= self.server.whole()

    def look(self) -> None:
        """Compare the page with the truth: at once right, or within the seconds a screen may lag; and then steadily."""
        self.looks += 1
        deadline = time.monotonic() + LAG_SECONDS
        while not self._true(boxes := self.shown()):
            if time.monotonic() > deadline:
                self.count_wrong += 1
                say(f"shown {boxes}; queued {len(self.made)}, drafts {len(self.drafts)}, there {self.server.whole()}")
                return
            time.sleep(0.05)
        for _again in range(3):
            time.sleep(0.02)
            if not self._true(boxes := self.shown()):
                self.count_wrong += 1
                say(f"flickered {boxes}; queued {len(self.made)}, drafts {len(self.drafts)}")


def main(arguments: list[str] | None = None) -> int:
    """Run, count, print. Exit code 1 unless nothing is lost, doubled or wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.offline", description=__doc__.splitlines()[0])
    for name, value in (("seed", "1"), ("count", "500"), ("photos", "2"), ("kills", "20")):
        parser.add_argument(f"--{name}", type=int, default=int(os.environ.get(name.upper(), value)))
    for name, what in (("port", "of a site that runs already"), ("database", "its address"), ("media", "its folder")):
        parser.add_argument(f"--{name}", help=f"{what}; all three or none")
    given = parser.parse_args(arguments)
    if not (ROOT / "frontend/dist/app.js").exists():
        raise SystemExit("The front end is not built: make setup")
    size = Size(given.count, given.photos, given.kills, given.seed)
    if given.port:
        figures = spend(int(given.port), Server(given.database, Path(given.media)), size)
    else:
        figures = _at_a_site_of_its_own(size)
    ground.table(["", "figure"], [[name, value] for name, value in figures.items()])
    ground.finish("offline", figures)
    whole = all(figures[name] == 0 for name in MUST_BE_ZERO)
    return 0 if whole and (figures["sent"], figures["kills"]) == (given.count, given.kills) else 1


def _at_a_site_of_its_own(size: Size) -> dict[str, Any]:
    say("making the database: migrations, catalogue, cast …")
    database = ground.with_cast("offline", embedded.ensure("bench"))
    ground.prepare_django(database.url("owner"))
    ground.give_passwords(PASSWORD)
    shutil.rmtree(PLACE, ignore_errors=True)
    extra = {"WANGGE_VAR": str(PLACE), "WANGGE_DATA_DIR": str(PLACE / "media")}
    _collect(extra)
    with ground.web(database, extra=extra) as web:
        return spend(web.port, Server(database.url("owner"), PLACE / "media"), size)


def spend(port: int, server: Server, size: Size) -> dict[str, Any]:
    """A day in the field of grid worker Lin, whose password is `PASSWORD`, at the site on `port`: all figures of it."""
    say(f"{size.count} reports with {size.photos} photos each, {size.kills} kills, seed {size.seed} …")
    with sync_playwright() as playwright, chromium(playwright) as browser:
        line = BadLine(port, seed=f"line/{size.seed}")
        line.start()
        phone = Phone(browser, f"http://127.0.0.1:{line.port}")
        phone.log_in("lin", PASSWORD)
        line.bad = True
        day = Day(phone, line, server, random.Random(f"offline/{size.seed}"), size, server.area())
        began = time.monotonic()
        day.work()
        seconds = time.monotonic() - began
        sent = day.shown().sent
        line.stop()
    faults = day.faults + phone.faults
    for fault in phone.faults:
        say(f"fault: {fault}")
    return server.count(day.made) | {
        "count_wrong": day.count_wrong,
        "faults": len(faults),
        "sent": sent,
        "seconds": round(seconds, 1),
        "photos": size.count * size.photos,
        "kills": phone.kills,
        "reopened": phone.reopened,
        **{
            name: day.done[name]
            for name in ("queued_in_death", "offline", "mute", "wrong_clock", "full", "taken_when_full", "drafts")
        },
        "looks": day.looks,
        **{name: line.counted[name] for name in ("connections", "exchanges", "cut_up", "cut_down")},
        "seed": size.seed,
    }


def _collect(extra: dict[str, str]) -> None:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("DATABASE_", "WANGGE_"))}
    env |= ground.server_settings() | extra | {"WANGGE_BUILD": "1"}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
    subprocess.run(command, cwd=ROOT, env=env, check=True)


if __name__ == "__main__":
    sys.exit(main())
