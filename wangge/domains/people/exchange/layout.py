"""What the rows of a sheet are: titles, headings (one row or two), data, headings of sections, totals, notes.

Every row that holds anything gets a kind; nothing is passed over in silence.
"""

from __future__ import annotations

import dataclasses
import enum
import re
from typing import TYPE_CHECKING, Any

from wangge.domains.people.exchange.reading import Sheet, filled, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_LOOK_AT = 30  # rows among which the heading is sought
_LONGEST_LABEL = 40
_TOTAL = re.compile(r"^(合\s*计|总\s*计|小\s*计|共\s*计|累\s*计)")
_NOTE = re.compile(
    r"^(填表|制表|填报|审核|复核|负责人|备注[:：]|说明[:：]|注[:：]|注\d|单位[:：]|日期[:：]|联系人[:：])"
)
_SAID = re.compile(r"[(（]\s*共?\s*(\d+)\s*(所|户|人|家|个|名|处|栋|套|间)?\s*[)）]\s*$")
_PLACE = re.compile(r"(省|市|区|县|街道|社区|小区|网格|单元|号楼|栋|幢|院|组|片区|路|村|类)$")
_NUMBER = re.compile(r"^[\d.,%+-]+$")


class Kind(enum.StrEnum):
    """What a row is."""

    TITLE = "title"  # above the heading
    HEADER = "header"
    DATA = "data"
    SECTION = "section"
    TOTAL = "total"
    NOTE = "note"


@dataclasses.dataclass(slots=True)
class Line:
    """A row that holds something. `number` as the sheet counts, from 1; `section` is the heading under which it stands."""

    number: int
    kind: Kind
    cells: list[Any]
    section: str = ""
    said: int | None = None  # of a section: how many rows it claims to have
    found: int = 0  # of a section: how many follow


@dataclasses.dataclass(frozen=True, slots=True)
class Layout:
    """A sheet understood: numbers of the heading's rows, one label per column, all rows."""

    sheet: str
    header_rows: tuple[int, ...]
    labels: tuple[str, ...]
    lines: tuple[Line, ...]

    def data(self) -> list[Line]:
        """The rows with data, in order."""
        return [line for line in self.lines if line.kind is Kind.DATA]


def label_key(text: str) -> str:
    """A heading as it is compared: without spaces, line breaks, marks and what stands in brackets."""
    bare = re.sub(r"[(（\[【].*?[)）\]】]", "", text)
    return re.sub(r"[\s*＊:：、/\\_.\-·]", "", bare or text).lower()


def lay_out(sheet: Sheet, *, known: Collection[str]) -> Layout:
    """Understand one sheet. `known` holds the headings that the office uses, as `label_key` writes them."""
    first = _header(sheet, known)
    second = first is not None and _is_second(sheet, first, known)
    header = () if first is None else (first, first + 1) if second else (first,)
    width = max((max(filled(row), default=-1) + 1 for row in sheet.rows), default=0)
    labels = _labels(sheet, header, width)
    down = _merged_down(sheet)
    lines = _lines(sheet, header, labels, down)
    _count(lines)
    return Layout(sheet.name, tuple(one + 1 for one in header), labels, tuple(lines))


def _header(sheet: Sheet, known: Collection[str]) -> int | None:
    """The row that looks most like headings, the upper of equals; None where none does."""
    best, found = 0.0, None
    for number, row in enumerate(sheet.rows[:_LOOK_AT]):
        worth = _likeness(sheet, number, row, known)
        if worth > best:
            best, found = worth, number
    return found


def _likeness(sheet: Sheet, number: int, row: Sequence[Any], known: Collection[str]) -> float:
    columns = filled(row)
    texts = [text_of(row[column]) for column in columns]
    if not texts or any(len(text) > _LONGEST_LABEL or _NUMBER.match(text) for text in texts):
        return 0.0
    if any(not isinstance(row[column], str) for column in columns) or len(set(texts)) != len(texts):
        return 0.0
    hits = sum(label_key(text) in known for text in texts)
    if hits == 0 and (len(texts) < 2 or not _numbers_below(sheet, number, columns)):
        return 0.0
    return 4.0 * hits + len(texts) / 4


def _numbers_below(sheet: Sheet, number: int, columns: list[int]) -> bool:
    """Whether under one of these words stand mostly numbers or dates: then the words are headings."""
    rows = [row for row in sheet.rows[number + 1 : number + 40] if filled(row)]
    for column in columns:
        cells = [row[column] for row in rows if column < len(row) and text_of(row[column])]
        if cells and sum(not isinstance(cell, str) or bool(_NUMBER.match(text_of(cell))) for cell in cells) * 2 > len(
            cells
        ):
            return True
    return False


def _is_second(sheet: Sheet, first: int, known: Collection[str]) -> bool:
    """Whether the row below goes on with the heading: under merged cells, with words and without numbers."""
    if first + 1 >= len(sheet.rows):
        return False
    upper, lower = sheet.rows[first], sheet.rows[first + 1]
    columns = filled(lower)
    texts = [text_of(lower[column]) for column in columns]
    if not texts or any(not isinstance(lower[column], str) for column in columns):
        return False
    if any(_NUMBER.match(text) or len(text) > _LONGEST_LABEL for text in texts):
        return False
    spread = [one for one in sheet.merged if one[0] <= first <= one[2] and one[3] > one[1]]
    spanned = {column for one in spread for column in range(one[1], one[3] + 1)}
    if spanned and set(columns) <= spanned:
        return True
    gaps = {column for column in columns if column >= len(upper) or not text_of(upper[column])}
    return bool(gaps) and sum(label_key(text) in known for text in texts) * 2 >= len(texts)


def _labels(sheet: Sheet, header: tuple[int, ...], width: int) -> tuple[str, ...]:
    """One label per column; a heading over a heading as "住址/楼号". Columns without one are called by their letter."""
    named: list[str] = []
    for column in range(width):
        parts: list[str] = []
        for number in header:
            row = sheet.rows[number]
            text = text_of(row[column]) if column < len(row) else ""
            if not text and number == header[0] and len(header) > 1:
                text = _spanning(sheet, number, column)
            text = re.sub(r"\s+", "", text)
            if text and text not in parts:
                parts.append(text)
        named.append("/".join(parts) or letter(column))
    return tuple(named)


def letter(column: int) -> str:
    """The letters by which a spreadsheet calls a column (from 0)."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _spanning(sheet: Sheet, number: int, column: int) -> str:
    for top, left, bottom, right in sheet.merged:
        if top <= number <= bottom and left <= column <= right:
            return text_of(sheet.rows[top][left]) if left < len(sheet.rows[top]) else ""
    if sheet.merged:
        return ""
    # A csv forgot what was merged: an empty cell belongs to the word on its left.
    row = sheet.rows[number]
    words = [text_of(cell) for cell in row[:column] if text_of(cell)]
    below = sheet.rows[number + 1] if number + 1 < len(sheet.rows) else []
    return words[-1] if words and column < len(below) and text_of(below[column]) else ""


def _merged_down(sheet: Sheet) -> dict[tuple[int, int], tuple[int, int]]:
    """Cells of a merged column: (row, column) → where its value stands."""
    return {
        (row, left): (top, left)
        for top, left, bottom, right in sheet.merged
        if left == right and bottom > top
        for row in range(top + 1, min(bottom + 1, len(sheet.rows)))
    }


def _lines(
    sheet: Sheet, header: tuple[int, ...], labels: tuple[str, ...], down: dict[tuple[int, int], tuple[int, int]]
) -> list[Line]:
    across = {top: (left, right) for top, left, bottom, right in sheet.merged if top == bottom and right > left}
    begins = header[-1] + 1 if header else 0
    repeated = tuple(label_key(label) for label in labels)
    lines: list[Line] = []
    section = ""
    for number, row in enumerate(sheet.rows):
        columns = filled(row)
        if not columns:
            continue
        if number in header:
            lines.append(Line(number + 1, Kind.HEADER, row))
            continue
        if header and number < begins and not _is_data_above(row, columns):
            lines.append(Line(number + 1, Kind.TITLE, row))
            continue
        kind = _kind(row, columns, across.get(number), len(labels), repeated)
        said = None
        if kind is Kind.SECTION:
            section = text_of(row[columns[0]])
            told = _SAID.search(section)
            said = int(told.group(1)) if told else None
        cells = row
        if down and kind is Kind.DATA:
            cells = [
                sheet.rows[down[number, column][0]][column] if (number, column) in down else cell
                for column, cell in enumerate(row)
            ]
        lines.append(Line(number + 1, kind, cells, section if kind is Kind.DATA else "", said))
    return lines


def _is_data_above(row: Sequence[Any], columns: list[int]) -> bool:
    """Titles are words; a row with a number among others is data that somebody put above the heading."""
    numbers = any(isinstance(row[column], int | float) for column in columns)
    return numbers and len(columns) > 1 and not _NOTE.match(text_of(row[columns[0]]))


def _kind(
    row: Sequence[Any], columns: list[int], span: tuple[int, int] | None, width: int, repeated: tuple[str, ...]
) -> Kind:
    first = text_of(row[columns[0]])
    if _TOTAL.match(first):
        return Kind.TOTAL
    if len(columns) > 1 and all(
        column < len(repeated) and label_key(text_of(row[column])) in repeated[column] for column in columns
    ):
        return Kind.HEADER
    if len(columns) == 1 and width > 2:
        if _NOTE.match(first):
            return Kind.NOTE
        wide = span is not None and span[1] - span[0] + 1 >= width / 2
        # A person of whom only the name was written down is no heading: that row is wrong, and says so.
        if wide or _SAID.search(first) or (columns[0] == 0 and not _NUMBER.match(first) and _PLACE.search(first)):
            return Kind.SECTION
    return Kind.NOTE if _NOTE.match(first) and len(columns) <= width / 2 else Kind.DATA


def _count(lines: list[Line]) -> None:
    current: Line | None = None
    for line in lines:
        if line.kind is Kind.SECTION:
            current = line
        elif line.kind is Kind.DATA and current is not None:
            current.found += 1
