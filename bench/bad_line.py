"""A bad mobile line between a browser and a server on this machine: slow, far, and cut off at random bytes.

Half of the round trip is spent in each direction; all connections together share the rate of a direction. Of the
exchanges (a request and its answer) a share is cut: while the request is under way, or when the server has already done
its work and the answer is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
import threading
import time
from collections import Counter

_PIECE = 4096
_QUEUE = 64
_LONG_REQUEST = 28_000
_SHORT_ANSWER = 300


@dataclasses.dataclass
class Fuse:
    """After how many more bytes of a direction the connection breaks; None: not in this exchange."""

    up: int | None = None
    down: int | None = None

    def burn(self, way: str, size: int) -> int | None:
        """How much of `size` bytes still passes, if the fuse burns out within them."""
        left: int | None = getattr(self, way)
        if left is None:
            return None
        setattr(self, way, left - size)
        return left if left <= size else None


class BadLine:
    """Listens on `port` from `start` to `stop`, in a thread of its own. While `bad` is off it is a plain pipe.

    While `mute` is set nothing passes at all, though every connection stays open: a stairwell. While `closed` is set every
    connection breaks: flight mode, as a server sees it.
    """

    def __init__(
        self, upstream: int, *, seed: str, round_trip: float = 0.4, cut: float = 0.1, rate: int = 64_000
    ) -> None:
        self.upstream = upstream
        self.rng = random.Random(seed)
        self.half, self.cut, self.rate = round_trip / 2, cut, rate
        self.bad = False
        self.mute = False
        self.closed = False
        self.port = 0
        self.counted: Counter[str] = Counter()
        self._free_at = {"up": 0.0, "down": 0.0}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Listen on a free port."""
        self._thread.start()
        self._ready.wait(10)

    def stop(self) -> None:
        """Break everything off and stop listening."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.closed:
            writer.transport.abort()
            return
        self.counted["connections"] += 1
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            writer.transport.abort()
            return
        fuse = Fuse()
        turn = {"way": "down"}
        ways = (("up", reader, far_writer), ("down", far_reader, writer))
        pumps = [asyncio.ensure_future(self._pump(way, source, target, fuse, turn)) for way, source, target in ways]
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        for end in (writer, far_writer):
            end.transport.abort() if fuse.up == 0 or fuse.down == 0 else end.close()

    async def _pump(
        self, way: str, source: asyncio.StreamReader, target: asyncio.StreamWriter, fuse: Fuse, turn: dict[str, str]
    ) -> None:
        """Carry bytes one way. They are read at once and wait for their time, so that being far is not being slow."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_QUEUE)

        async def read() -> None:
            while piece := await source.read(_PIECE):
                if self.bad and way == "up" and turn["way"] == "down":
                    self._draw(fuse, len(piece))
                turn["way"] = way
                await waiting.put((time.monotonic() + (self.half if self.bad else 0), piece))
            await waiting.put((time.monotonic() + (self.half if self.bad else 0), b""))

        reading = asyncio.ensure_future(read())
        try:
            while True:
                due, piece = await waiting.get()
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                while self.mute and not self.closed:  # noqa: ASYNC110 — set from another thread
                    await asyncio.sleep(0.05)
                if self.closed:
                    return
                if self.bad and piece:
                    await self._take_turn(way, len(piece))
                passes = fuse.burn(way, len(piece))
                if passes is not None:
                    target.write(piece[:passes])
                    await target.drain()
                    fuse.up = fuse.down = 0
                    self.counted[f"cut_{way}"] += 1
                    return
                if not piece:
                    return
                target.write(piece)
                await target.drain()
        except OSError:
            return
        finally:
            reading.cancel()

    def _draw(self, fuse: Fuse, size: int) -> None:
        """The fate of the exchange that begins; a request of which `size` bytes came at once may be longer."""
        self.counted["exchanges"] += 1
        fuse.up = fuse.down = None
        if self.rng.random() < self.cut:
            if self.rng.random() < 0.5:
                fuse.up = self.rng.randrange(1, size if size < _PIECE else _LONG_REQUEST)
            else:
                fuse.down = self.rng.randrange(1, _SHORT_ANSWER)

    async def _take_turn(self, way: str, size: int) -> None:
        now = time.monotonic()
        starts = max(now, self._free_at[way])
        self._free_at[way] = starts + size / self.rate
        await asyncio.sleep(self._free_at[way] - now)
