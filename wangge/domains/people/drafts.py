"""What somebody wrote about a person, checked field by field before it is kept. Plain rules, nothing is looked up."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from wangge.domains.people import identity
from wangge.domains.people.models import Person
from wangge.foundation.core.problems import InvalidError

if TYPE_CHECKING:
    import datetime as dt

    from django.utils.functional import _StrOrPromise

    from wangge.domains.people.actions.bulk import PersonDraft

LONGEST = {"name": 50, "former_name": 50, "registered_address": 200, "work_or_school": 100, "phone": 20}
_PHONE = frozenset("0123456789+-")
_SEXES = frozenset({"", "m", "f"})

ID_TROUBLE: dict[str, _StrOrPromise] = {
    "length": _("An ID number has 18 characters."),
    "characters": _("An ID number consists of digits; only the last may be an X."),
    "date": _("The birthday in the ID number is no day of the calendar."),
    "future": _("The birthday in the ID number is still to come."),
    "too_old": _("By this ID number the person would be older than 130 years."),
    "checksum": _("The last character does not fit the ID number: please compare it with the card."),
}
CREDIT_TROUBLE: dict[str, _StrOrPromise] = {
    "length": _("A unified social credit code has 18 characters."),
    "characters": _("This unified social credit code contains a character that does not occur in one."),
    "checksum": _("The last character does not fit the unified social credit code: please compare it."),
}


def checked(draft: PersonDraft, *, on: dt.date) -> PersonDraft:
    """The draft as it is kept: trimmed, the number in 18 characters, birth and sex from it. `InvalidError` with the field."""
    values: dict[str, Any] = {
        field: field_value(field, getattr(draft, field), id_kind=draft.id_kind, on=on)
        for field in (
            "name",
            "former_name",
            "sex",
            "born",
            "id_number",
            "phone",
            "registered_address",
            "work_or_school",
        )
    }
    if draft.id_kind not in Person.IdKind.values:
        raise InvalidError(_("There is no such kind of document."), field="id_kind")
    if draft.registration not in Person.Registration.values:
        raise InvalidError(_("There is no such kind of registration."), field="registration")
    if draft.id_kind == Person.IdKind.RESIDENT_ID and values["id_number"]:
        read = identity.read_id(values["id_number"], on=on)
        born = read.born.isoformat()
        if values["born"] and not born.startswith(values["born"]):
            raise InvalidError(_("The date of birth is not that of the ID number."), field="born")
        if values["sex"] and values["sex"] != read.sex:
            raise InvalidError(_("The sex is not that of the ID number."), field="sex")
        values |= {"born": born, "sex": read.sex}
    return dataclasses.replace(draft, **values)


def field_value(field: str, text: str, *, id_kind: str, on: dt.date) -> str:
    """One field as it is kept; `InvalidError` naming it. Everything but the name may be empty."""
    text = " ".join(text.split())
    if len(text) > LONGEST.get(field, 40):
        raise InvalidError(_("This is too long."), field=field)
    if field == "name" and not text:
        raise InvalidError(_("Please give the name."), field=field)
    if field == "sex" and text not in _SEXES:
        raise InvalidError(_("There is no such sex in the register."), field=field)
    if field == "born" and text and not identity.is_birth(text, on=on):
        raise InvalidError(_("Please write the birth as 1950-03-07, 1950-03 or 1950."), field=field)
    if field == "phone" and text:
        text = identity.written(text).replace("(", "").replace(")", "")
        if not set(text) <= _PHONE or not 5 <= sum(char.isdigit() for char in text) <= 15:
            raise InvalidError(_("This is not a phone number."), field=field)
    if field == "id_number" and text:
        return _id_number(text, id_kind, on)
    return text


def credit_code(text: str) -> str:
    """A 统一社会信用代码 as it is kept, "" for none; `InvalidError`."""
    if not text.strip():
        return ""
    try:
        return identity.read_credit_code(text)
    except identity.WrongNumberError as wrong:
        raise InvalidError(CREDIT_TROUBLE[wrong.reason], field="credit_code") from None


def _id_number(text: str, id_kind: str, on: dt.date) -> str:
    if id_kind == Person.IdKind.NONE:
        raise InvalidError(_("Please choose the kind of document to this number."), field="id_kind")
    if id_kind != Person.IdKind.RESIDENT_ID:
        written = identity.written(text)
        if not (written.isascii() and written.isalnum() and 5 <= len(written) <= 20):
            raise InvalidError(_("This is not the number of such a document."), field="id_number")
        return written
    try:
        return identity.read_id(text, on=on).number
    except identity.WrongNumberError as wrong:
        raise InvalidError(ID_TROUBLE[wrong.reason], field="id_number") from None
