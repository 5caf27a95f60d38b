"""Files that leave the system: sheets that print well, whose cells are never formulas, and that say who took them.

Every cell is written as text, so that a number stays whole and "=cmd" stays a word. What begins like a formula gets an
apostrophe where the format knows no type of a cell (csv); coming back, it is taken off again.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from typing import TYPE_CHECKING, Any

import xlsxwriter
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FONT = "仿宋"
# Some spreadsheets of East Asia take the full-width signs for formulas too.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "'", "\u2019")
_A3, _A4 = 8, 9
_WIDE = 130  # characters of a row from which on the sheet is A3
_LONGEST_SHEET_NAME = 31
_encode = Image.Image.save  # into memory


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """Who took the copy, when, and the number by which the copy is known."""

    name: str
    login: str
    when: str
    number: str

    def line(self) -> str:
        """The line at the foot of every page."""
        return f"{self.name}（{self.login}） {self.when} {self.number}"


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """A heading and how many characters wide it is."""

    heading: str
    width: int = 12


def inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, in a format without types."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def xlsx(
    *,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    mark: Mark | None = None,
    note: str = "",
) -> bytes:
    """A sheet: title, headings that repeat on every page, rows of text; A4 or A3 across, one page wide."""
    out = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    book = xlsxwriter.Workbook(out, options)
    book.set_properties(
        {"title": title, "author": mark.line() if mark else "", "comments": mark.number if mark else ""}
    )
    large = book.add_format({"font_name": FONT, "font_size": 16, "bold": True, "align": "center", "valign": "vcenter"})
    head = book.add_format(
        {
            "font_name": FONT,
            "bold": True,
            "border": 1,
            "align": "center",
            "valign": "vcenter",
            "text_wrap": True,
            "num_format": "@",
        }
    )
    body = book.add_format({"font_name": FONT, "border": 1, "valign": "vcenter", "text_wrap": True, "num_format": "@"})
    sheet = book.add_worksheet(_sheet_name(title))
    _set_up(sheet, columns, mark)
    sheet.set_row(0, 28)
    if len(columns) > 1:
        sheet.merge_range(0, 0, 0, len(columns) - 1, "", large)
    sheet.write_string(0, 0, title, large)
    first = 1
    if note:
        sheet.write_string(1, 0, note, book.add_format({"font_name": FONT, "font_size": 10}))
        first = 2
    for number, column in enumerate(columns):
        sheet.write_string(first, number, column.heading, head)
    sheet.repeat_rows(0, first)
    sheet.freeze_panes(first + 1, 0)
    last = first
    for last, row in enumerate(rows, start=first + 1):
        for number, cell in enumerate(row):
            # An apostrophe in front is a sign to spreadsheets and to our own import: written twice, one remains.
            text = f"'{cell}" if cell.startswith(("'", "\u2019")) else cell
            sheet.write_string(last, number, text, body)
    sheet.print_area(0, 0, last, max(len(columns) - 1, 0))
    book.close()
    return out.getvalue()


def _set_up(sheet: Any, columns: Sequence[Column], mark: Mark | None) -> None:
    for number, column in enumerate(columns):
        sheet.set_column(number, number, column.width)
    sheet.set_landscape()
    sheet.set_paper(_A3 if sum(column.width for column in columns) > _WIDE else _A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.7)
    sheet.center_horizontally()
    line = _escaped(mark.line()) if mark else ""
    footer = f"&L&8{line}&R&9&P / &N"
    if mark is None:
        sheet.set_footer(footer)
        return
    picture = watermark(mark)
    sheet.set_background(io.BytesIO(picture))  # on the screen
    sheet.set_header("&C&G", {"image_center": "mark.png", "image_data_center": io.BytesIO(picture)})  # on paper
    sheet.set_footer(footer)


def _escaped(text: str) -> str:
    """Footers know commands that begin with an ampersand; and hold 255 characters."""
    return text.replace("&", "&&")[:200]


def _sheet_name(title: str) -> str:
    bare = "".join(char for char in title if char not in "[]:*?/\\'")
    return bare[:_LONGEST_SHEET_NAME] or "1"


def watermark(mark: Mark) -> bytes:
    """A faint picture with log-in, time and number, again and again, aslant. Latin letters: no font is needed for them."""
    text = f"{mark.login}  {mark.when}  {mark.number}"
    font = ImageFont.load_default(18)
    canvas = Image.new("RGBA", (1000, 620), (255, 255, 255, 0))
    pen = ImageDraw.Draw(canvas)
    for line in range(0, 900, 150):
        for column in range(-200, 1000, 520):
            pen.text((column + (line // 150 % 2) * 160, line), text, font=font, fill=(110, 110, 110, 70))
    aslant = canvas.rotate(18, expand=False)
    flat = Image.new("RGB", aslant.size, (255, 255, 255))
    flat.paste(aslant, mask=aslant.getchannel("A"))
    out = io.BytesIO()
    _encode(flat, out, "PNG")
    return out.getvalue()


def csv_file(*, columns: Sequence[Column], rows: Iterable[Sequence[str]], mark: Mark | None = None) -> bytes:
    """The same as text in GB18030, which old spreadsheets here open by a double click."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.heading for column in columns])
    for row in rows:
        writer.writerow([inert(cell) for cell in row])
    if mark is not None:
        writer.writerow([f"说明：{mark.line()}"])
    return out.getvalue().encode("gb18030")
