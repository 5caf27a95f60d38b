"""Opens one spreadsheet and tells its cells. Runs as a process of its own, never inside the server.

A spreadsheet can be a weapon: a megabyte that unpacks to a hundred gigabytes, a sheet whose only two cells lie in its
opposite corners, bytes that make a parser give up. Here such a file meets a limit of memory and of processor time and
takes nobody along. Reads the file on standard input, writes one line of JSON per sheet; ends with 3 when it cannot.
"""

import datetime as dt
import io
import json
import math
import sys
from typing import Any

_MEMORY = 1_500_000_000  # bytes
_SECONDS = 120
_MOST_CELLS = 12_000_000
_MOST_TOLD = (
    256_000_000  # characters, of all sheets: one long text that ten thousand cells share is told ten thousand times
)
_UNREADABLE = 3


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not on this system: the time limit of whoever started this remains
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))


def _cell(value: Any) -> Any:
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else ""
    if isinstance(value, dt.datetime):
        return {"d": value.date().isoformat()}
    if isinstance(value, dt.date):
        return {"d": value.isoformat()}
    return "" if value is None else str(value)


def _sheets(data: bytes) -> None:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    total = told = 0
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        total += (sheet.total_height + 1) * (sheet.total_width + 1)
        if total > _MOST_CELLS:
            raise ValueError("too many cells")
        rows = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
        merged = [[*first, *last] for first, last in sheet.merged_cell_ranges or []]
        line = json.dumps({"name": name, "rows": rows, "merged": merged}, ensure_ascii=True)
        told += len(line)
        if told > _MOST_TOLD:
            raise ValueError("too much text")
        sys.stdout.write(line + "\n")


def main() -> int:
    """0, or 3 for a file that cannot be read within the limits."""
    data = sys.stdin.buffer.read()
    _limit()
    try:
        _sheets(data)
    except BaseException:  # noqa: BLE001 — whatever a parser does with hostile bytes, a panic too, is "cannot be read"
        return _UNREADABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
