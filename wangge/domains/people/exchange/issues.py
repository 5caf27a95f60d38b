"""Why a cell or a row was not taken in: a code that is stored, and a sentence that is read. Never a value."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

WORDS: dict[str, _StrPromise] = {
    # cells
    "missing": _("This must not be empty."),
    "too_long": _("This is longer than the field."),
    "id_digits_lost": _(
        "The spreadsheet turned this number into 4.1E+17 and its last digits are lost. Set the column to text and type it anew."
    ),
    "id_length": _("An identity number has 18 characters (or 15 of old)."),
    "id_characters": _("An identity number consists of digits, and at its end perhaps an X."),
    "id_date": _("The date of birth within the identity number does not exist."),
    "id_future": _("The date of birth within the identity number lies in the future."),
    "id_too_old": _("By the identity number this person would be older than 130 years."),
    "id_checksum": _("The check digit of the identity number is wrong: a digit is mistyped."),
    "id_kind_unknown": _("This kind of document is not known."),
    "document_wrong": _("This is no number of such a document."),
    "name_wrong": _("This is no name."),
    "born_unreadable": _("This date cannot be read. Write it as 2021-03-05."),
    "born_future": _("The date of birth lies in the future."),
    "born_too_old": _("This person would be older than 130 years."),
    "born_not_as_id": _("The date of birth is not that of the identity number."),
    "sex_unknown": _("Write 男 or 女."),
    "sex_not_as_id": _("The sex is not that of the identity number."),
    "phone_wrong": _("This is no phone number."),
    "phone_digits_lost": _("The spreadsheet shortened this number. Set the column to text and type it anew."),
    "role_unknown": _("This relation to the head is not known."),
    "presence_unknown": _("Write 在住 or 户在人不在."),
    "registration_unknown": _("This kind of registration is not known."),
    "basis_unknown": _("Write 自有, 租住, 借住 or 集体宿舍."),
    "date_unreadable": _("This date cannot be read. Write it as 2021-03-05."),
    "date_future": _("This date lies in the future."),
    "number_unreadable": _("This is no number."),
    "credit_length": _("A credit code has 18 characters."),
    "credit_characters": _("There are characters that no credit code has."),
    "credit_checksum": _("The check character of the credit code is wrong: a character is mistyped."),
    "kind_unknown": _("This kind is not known."),
    # places
    "place_missing": _("It does not say in which dwelling."),
    "compound_unknown": _("There is no such compound in this place."),
    "building_unknown": _("There is no such building there."),
    "unit_unknown": _("There is no such entrance in this building."),
    "room_unknown": _("There is no such room there."),
    "place_ambiguous": _("Several dwellings are called so: say the compound and the entrance too."),
    # rows among each other, and beside what is there
    "duplicate": _("The same person stands in row %(row)s already."),
    "duplicate_firm": _("The same firm stands in row %(row)s already."),
    "two_heads": _("This household has a head already, in row %(row)s."),
    "elsewhere": _("This person is registered in another place: record a moving in instead."),
    "deceased": _("This person is registered as deceased: correct that entry first."),
    "firm_elsewhere": _("This credit code is registered in another place."),
    "forgotten": _("What stood in this row was erased. Bring the file again."),
    "changed_since": _("It was changed since by somebody else, and stays as it is."),
    "erased_since": _("This person was erased since; the row is left out."),
    # headings and the like
    "title": _("Title above the heading"),
    "header": _("Heading of the columns"),
    "section": _("Heading of a section"),
    "section_count": _("Heading of a section: it says %(said)s, there are %(found)s."),
    "total": _("Line of totals, not taken in"),
    "note": _("Note or signature, not taken in"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Issue:
    """One thing wrong: with which field ("" for the row), why, and the numbers that the sentence names."""

    field: str
    code: str
    numbers: tuple[tuple[str, int], ...] = ()

    def stored(self) -> dict[str, Any]:
        """As the row of the batch keeps it."""
        return {"field": self.field, "code": self.code, **dict(self.numbers)}


class CellError(ValueError):
    """A cell says nothing that can be taken in."""

    def __init__(self, code: str, field: str = "") -> None:
        self.code = code
        self.field = field
        super().__init__(code)


def sentence(stored: dict[str, Any]) -> str:
    """The sentence of a stored issue, in the reader's language."""
    words = WORDS.get(str(stored.get("code")), _("This cannot be taken in."))
    return str(words) % stored if "%(" in str(words) else str(words)
