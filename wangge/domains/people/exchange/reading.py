"""From the bytes of a file to sheets of cells: xlsx, xls, and text with separators in the code pages of the field."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from wangge.foundation.core.problems import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LARGEST_FILE = 30 * 1024 * 1024
"""Bytes. A census of 105,000 residents takes about a third of it."""
MOST_ROWS = 200_000
MOST_COLUMNS = 200
_LONGEST_LINE = 1_000_000
_UNPACKED = 600 * 1024 * 1024
_PARTS = 2_000
_SECONDS = 180
_OPENING = Path(__file__).with_name("opening.py")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS = ",\t;|，"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class UnreadableFileError(InvalidError):
    """Nothing that can be taken in."""

    code = "unreadable-file"
    title = _("This file cannot be read.")
    kept = _("Nothing was taken in.")
    remedy = _("Save it as xlsx, xls or csv and try again; a password or a macro must be taken off first.")


@dataclasses.dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its rows as they stand, row 1 first; merged areas as (row, column, last row, last column) from 0."""

    name: str
    rows: list[list[Any]]
    merged: tuple[tuple[int, int, int, int], ...] = ()


def read(data: bytes, file_name: str) -> list[Sheet]:
    """The sheets of a file that hold anything, or `UnreadableFileError`."""
    if not data:
        raise UnreadableFileError(_("The file is empty."))
    if len(data) > LARGEST_FILE:
        raise UnreadableFileError(_("The file is larger than 30 MB."), remedy=_("Cut it into several files."))
    if data.startswith(_ZIP):
        _check_parts(data)
        sheets = _opened(data)
    elif data.startswith(_OLE):
        sheets = _opened(data)
    else:
        sheets = [_separated(data, Path(file_name).stem)]
    held = [sheet for sheet in sheets if any(filled(row) for row in sheet.rows)]
    if not held:
        raise UnreadableFileError(_("There is nothing in this file."))
    for sheet in held:
        if len(sheet.rows) > MOST_ROWS or any(len(row) > MOST_COLUMNS for row in sheet.rows):
            raise _too_large()
    return held


def _too_large() -> UnreadableFileError:
    return UnreadableFileError(
        _("A sheet of this file is too large: at most 200,000 rows and 200 columns."),
        remedy=_("Cut it into several files."),
    )


def filled(row: Sequence[Any]) -> list[int]:
    """The columns of a row in which something stands."""
    return [column for column, cell in enumerate(row) if text_of(cell)]


def text_of(cell: Any) -> str:
    """A cell as a person reads it: whole numbers without a point, dates as ISO, no space at the ends."""
    if isinstance(cell, str):
        return cell.strip(" \t\r\n\u3000\ufeff\u200b")
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, dict):
        return str(cell.get("d", ""))
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)


def _check_parts(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise UnreadableFileError from None
    if len(parts) > _PARTS or sum(part.file_size for part in parts) > _UNPACKED:
        raise UnreadableFileError(_("This file unpacks to more than any list of the office."))
    if any(part.flag_bits & 0x1 for part in parts):
        raise UnreadableFileError(_("This file is protected by a password."))


def _opened(data: bytes) -> list[Sheet]:
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_OPENING)], input=data, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise UnreadableFileError from None
    if done.returncode != 0:
        raise UnreadableFileError
    return [_sheet(json.loads(line)) for line in done.stdout.splitlines()]


def _sheet(told: dict[str, Any]) -> Sheet:
    merged = tuple((one[0], one[1], one[2], one[3]) for one in told["merged"])
    rows = [[_clean(cell) for cell in row] for row in told["rows"]]
    return Sheet(name=str(told["name"])[:60], rows=rows, merged=merged)


def _clean(cell: Any) -> Any:
    return _CONTROL.sub("", cell) if isinstance(cell, str) else cell


def _separated(data: bytes, name: str) -> Sheet:
    text = _decoded(data)
    rows: list[list[Any]] = []
    try:
        for row in csv.reader(_lines(text), delimiter=_separator(text), strict=False):
            rows.append([_clean(cell) for cell in row])
            if len(rows) > MOST_ROWS or len(row) > MOST_COLUMNS:
                raise _too_large()
    except csv.Error:
        raise UnreadableFileError from None
    return Sheet(name=name[:60], rows=rows)


def _lines(text: str) -> Iterator[str]:
    """Line by line, so that a file that is nothing but line ends or separators is refused before it fills the memory."""
    for line in io.StringIO(text, newline=""):
        if len(line) > _LONGEST_LINE:
            raise _too_large()
        yield line


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data, (encoding,))
    if data[1:200:2].count(0) > 40:
        return _strictly(data, ("utf-16-le",))
    return _strictly(data, ("utf-8", "gb18030"))


def _strictly(data: bytes, encodings: tuple[str, ...]) -> str:
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Pictures and programs decode in some code page too, but to what no list holds.
        sample = text[:20_000]
        if sum(len(found) for found in _CONTROL.findall(sample)) * 50 > len(sample):
            break
        return text
    raise UnreadableFileError


def _separator(text: str) -> str:
    """The separator that cuts the first lines into the most columns, and each into as many."""
    lines = [line for line in text[:_LONGEST_LINE].splitlines()[:50] if line.strip()]

    def worth(mark: str) -> tuple[int, int]:
        counts = [line.count(mark) for line in lines]
        usual = max(set(counts), key=counts.count, default=0)
        return (counts.count(usual) if usual else 0, usual)

    return max(_SEPARATORS, key=worth) if lines else ","
