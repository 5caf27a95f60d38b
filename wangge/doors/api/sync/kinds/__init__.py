"""Every kind of command that a phone may send. A new part of the phone adds its module here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wangge.doors.api.sync.kinds import cases, refusals, reports, rounds, tasks, visits

if TYPE_CHECKING:
    from wangge.doors.api.sync.kinds.registry import Kind

KINDS: dict[str, Kind] = {
    **reports.KINDS,
    **cases.KINDS,
    **refusals.KINDS,
    **visits.KINDS,
    **rounds.KINDS,
    **tasks.KINDS,
}
