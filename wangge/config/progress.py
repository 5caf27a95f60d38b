"""Long steps on a terminal: a number, the time taken, and the last line of what is happening.

Standard library only: `deploy/bootstrap.py` uses this with the machine's own Python, before anything is installed.
"""

from __future__ import annotations

import codecs
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import unicodedata
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

QUIET_SECONDS = 10.0
"""How often a step reports when the output is a file or a pipe, in seconds."""

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class SetupError(Exception):
    """What could not be done, and the remedy, for the person at the terminal; never shown with a traceback."""


class CommandFailed(Exception):
    """A command ended with a code other than 0; `tail` holds its last lines, oldest first."""

    def __init__(self, code: int, tail: Sequence[str]) -> None:
        super().__init__(f"exit code {code}")
        self.code = code
        self.tail = list(tail)

    @property
    def text(self) -> str:
        return "\n".join(self.tail)


def say(text: str = "") -> None:
    """Write one line to standard output at once (a log that is followed must not wait for a buffer)."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def fit(text: str, width: int) -> str:
    """Cut `text` to `width` terminal cells; a Chinese character takes two."""
    cells = 0
    for index, char in enumerate(text):
        cells += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if cells > width:
            return text[:index]
    return text


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


class Steps:
    """Numbered steps. `total` may grow while the work shows what is needed; the numbers stay honest.

    `log` receives the complete output of every command, so that the screen can stay short.
    """

    def __init__(self, total: int, log: Path) -> None:
        self.total = total
        self.number = 0
        self.log = log
        self.live = sys.stdout.isatty()
        log.parent.mkdir(parents=True, exist_ok=True)

    def skip(self, label: str, why: str = "unchanged") -> None:
        """Count a step that has nothing to do."""
        self.number += 1
        say(f"{self._head(label)} … {why}")

    def done(self, label: str, what: str) -> None:
        """Count a step that the caller has already carried out, with what came of it."""
        self.skip(label, what)

    def run(
        self,
        label: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        count: bool = True,
        keep: int = 60,
    ) -> str:
        """Run a command as a step and return its output (at most the last `keep` lines).

        Args:
            count: False for a command that belongs to the step before it.

        Raises:
            CommandFailed: the command's exit code was not 0.
        """
        if count:
            self.number += 1
        head = self._head(label)
        started = time.monotonic()
        tail: deque[str] = deque(maxlen=keep)
        if not self.live:
            say(f"{head} …")
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
        )
        title = f"\n== {label}: {' '.join(command)}\n"
        reader = threading.Thread(target=self._read, args=(process, tail, title), daemon=True)
        reader.start()
        try:
            self._watch(process, head, started, tail)
        except BaseException:
            # Ctrl-C reaches only this process (own session above), so the command must be ended by hand.
            _end_group(process)
            raise
        reader.join(timeout=2)
        took = _duration(time.monotonic() - started)
        if process.returncode != 0:
            self._line(f"{head} … failed after {took}")
            raise CommandFailed(process.returncode, tail)
        self._line(f"{head} … {took}" if self.live else f"      … done in {took}")
        return "\n".join(tail)

    def _head(self, label: str) -> str:
        return f"[{self.number}/{max(self.total, self.number)}] {label}"

    def _watch(self, process: subprocess.Popen[bytes], head: str, started: float, tail: deque[str]) -> None:
        told = started
        while True:
            try:
                process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                now = time.monotonic()
                last = tail[-1] if tail else ""
                if self.live:
                    width = shutil.get_terminal_size().columns - 1
                    sys.stdout.write("\r\x1b[K" + fit(f"{head} … {now - started:.0f} s  {last}", width))
                    sys.stdout.flush()
                elif now - told >= QUIET_SECONDS:
                    told = now
                    say(f"      … {now - started:.0f} s  {fit(last, 100)}")
            else:
                return

    def _line(self, text: str) -> None:
        say(("\r\x1b[K" if self.live else "") + text)

    def _read(self, process: subprocess.Popen[bytes], tail: deque[str], title: str) -> None:
        stream = process.stdout
        if stream is None:
            return
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        pending = ""
        with stream, self.log.open("a", encoding="utf-8") as log:
            log.write(title)
            while chunk := os.read(stream.fileno(), 65536):
                text = decoder.decode(chunk)
                log.write(text.replace("\r", "\n"))
                *lines, pending = re.split(r"[\r\n]+", pending + _ESCAPES.sub("", text))
                tail.extend(line.rstrip() for line in lines if line.strip())
        if pending.strip():
            tail.append(pending.rstrip())


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a command and its children: ask, wait three seconds, then insist."""
    for number in (15, 9):
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):
            return
        try:
            process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            continue
        return
