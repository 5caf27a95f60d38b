"""Forms of the calendar: a year's notice, a day of the office's own, a plan of hours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wangge.doors.desk.map.scope import streets_of
from wangge.foundation.accounts.queries import handling_units
from wangge.foundation.catalogue.models import CalendarDay

if TYPE_CHECKING:
    from wangge.foundation.accounts.models import User

_WEEKDAYS = (
    ("1", _("Monday")),
    ("2", _("Tuesday")),
    ("3", _("Wednesday")),
    ("4", _("Thursday")),
    ("5", _("Friday")),
    ("6", _("Saturday")),
    ("7", _("Sunday")),
)
_BETWEEN = re.compile(r"[\s,，;；、]+")
_FROM_TO = re.compile(r"\s*[-–—~～至]\s*")
_MAX_FILE = 64 * 1024


class NoticeForm(forms.Form):
    """A year's notice, pasted or as a CSV file."""

    year = forms.IntegerField(label=_("Year of the notice"), min_value=2018, max_value=2099)
    text = forms.CharField(
        label=_("Days of the notice"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 9, "spellcheck": "false"}),
        help_text=_("One line each: date, 休 or 班, name. A span is written as 2027-02-05 至 2027-02-12."),
    )
    file = forms.FileField(label=_("Or a CSV file"), required=False)

    def clean(self) -> dict[str, Any]:
        """The file's text where one was given."""
        values = super().clean() or {}
        sent = values.get("file")
        if sent is not None and sent.size > _MAX_FILE:
            self.add_error("file", _("This file is too large for the days of one year."))
        elif sent is not None:
            values["text"] = _decoded(sent.read())
        if not self.errors and not str(values.get("text", "")).strip():
            self.add_error("text", _("Paste the days of the notice, or choose a file."))
        return values


def _decoded(raw: bytes) -> str:
    """UTF-8 as everybody should write it, or the code page in which spreadsheets here save."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding).replace("\x00", "")
        except UnicodeDecodeError:
            continue
    return ""


class _UnitForm(forms.Form):
    unit = forms.TypedChoiceField(label=_("For"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = {unit.pk: unit.name for street in streets_of(user) for unit in handling_units(street)}
        field: Any = self.fields["unit"]
        field.choices = [("", _("Everybody")), *units.items()]


class DayForm(_UnitForm):
    """A day that the office decides itself."""

    day = forms.DateField(
        label=pgettext_lazy("calendar", "Day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    kind = forms.ChoiceField(label=_("What it is"), choices=CalendarDay.Kind.choices)
    name = forms.CharField(label=_("Why"), max_length=60)

    field_order = ("day", "kind", "name", "unit")


class PlanForm(_UnitForm):
    """The hours of a season or of a unit."""

    name = forms.CharField(label=_("Name of the plan"), max_length=60)
    slots = forms.CharField(
        label=_("Hours"), max_length=120, help_text=_("Such as 08:30-12:00 14:30-18:00; a night shift as 22:00-02:00.")
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days of the week"),
        coerce=int,
        choices=_WEEKDAYS,
        initial=["1", "2", "3", "4", "5"],
        widget=forms.CheckboxSelectMultiple,
    )
    first = forms.CharField(label=_("From (month-day)"), max_length=5, initial="01-01")
    last = forms.CharField(label=_("To (month-day), included"), max_length=5, initial="12-31")

    field_order = ("name", "slots", "weekdays", "first", "last", "unit")

    def clean_slots(self) -> list[list[str]]:
        """Pairs of times."""
        text = _FROM_TO.sub("-", self.cleaned_data["slots"].strip())
        return [part.split("-") for part in _BETWEEN.split(text) if part]
