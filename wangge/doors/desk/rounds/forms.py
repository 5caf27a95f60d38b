"""The forms of rounds. They check the shape only."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wangge.domains.fieldwork.models import Checkpoint, Round, RoundWindow
from wangge.doors.desk.rounds.looks import choices_of
from wangge.foundation.catalogue.queries import matters
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from wangge.foundation.places.models import Area

_CHOOSE = ("", _("Please choose"))
_RISKS = [("3", _("High: every 3 days")), ("2", _("Middle: every 7 days")), ("1", _("Low: every 30 days"))]
_CRS = [("WGS84", "WGS-84 / CGCS2000"), ("GCJ02", _("GCJ-02 (Amap, Tencent)")), ("BD09", _("BD-09 (Baidu)"))]


def day_widget() -> forms.DateInput:
    """A day as browsers pick it."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class DayFilter(forms.Form):
    """Which day, and where."""

    day = forms.DateField(label=_("Day"), required=False, widget=day_widget())
    area = forms.TypedChoiceField(label=_("Place"), coerce=int, required=False, empty_value=None)

    def __init__(self, data: Any = None, *, areas: list[Area]) -> None:
        super().__init__(data)
        self.fields["area"].choices = [("", _("All of my places")), *choices_of(areas)]  # type: ignore[attr-defined]


class PlaceFilter(forms.Form):
    """Where."""

    area = forms.TypedChoiceField(label=_("Place"), coerce=int, required=False, empty_value=None)

    def __init__(self, data: Any = None, *, areas: list[Area]) -> None:
        super().__init__(data)
        self.fields["area"].choices = [("", _("All of my places")), *choices_of(areas)]  # type: ignore[attr-defined]


class ExemptForm(forms.Form):
    """豁免: where, which day, which rounds, and why."""

    area = forms.TypedChoiceField(label=_("Place"), coerce=int)
    day = forms.DateField(label=_("Day"), widget=day_widget(), initial=clock.today)
    kinds = forms.MultipleChoiceField(
        label=_("Round"),
        choices=RoundWindow.Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all of the day."),
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=[_CHOOSE, *Round.Exempt.choices])

    def __init__(self, data: Any = None, *, areas: list[Area]) -> None:
        super().__init__(data, auto_id="id_exempt_%s")
        self.fields["area"].choices = [_CHOOSE, *choices_of(areas)]  # type: ignore[attr-defined]


class CheckpointForm(forms.Form):
    """A checkpoint: what, where, how often, and the matter on which looking there rests."""

    name = forms.CharField(label=_("Name of the spot"), max_length=60)
    kind = forms.ChoiceField(label=_("Kind"), choices=[_CHOOSE, *Checkpoint.Kind.choices])
    matter = forms.ChoiceField(
        label=_("Matter"), help_text=_("The entry of the list of admitted matters on which looking there rests.")
    )
    risk = forms.TypedChoiceField(label=_("Risk"), coerce=int, choices=_RISKS, initial="2")
    every_days = forms.IntegerField(
        label=_("Look at it every … days"),
        required=False,
        min_value=1,
        max_value=366,
        help_text=_("Left empty: what the risk asks for."),
    )
    look_for = forms.CharField(label=_("What to look for"), max_length=200, required=False)
    building = forms.CharField(
        label=_("Building"),
        max_length=60,
        required=False,
        help_text=_("As people say it, with its number. Or click on the map."),
    )
    lon = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        listed = [(one.code, f"{one.code} {one.name}") for one in matters()]
        self.fields["matter"].choices = [_CHOOSE, *listed]  # type: ignore[attr-defined]


class ManyForm(forms.Form):
    """Many checkpoints at once: pasted from a sheet, or GeoJSON."""

    text = forms.CharField(
        label=_("Rows of a sheet, or GeoJSON"), max_length=200_000, widget=forms.Textarea(attrs={"rows": 12})
    )
    crs = forms.ChoiceField(label=_("The coordinates are"), choices=_CRS)


class WindowForm(forms.Form):
    """When the grids of a place are walked."""

    area = forms.TypedChoiceField(label=_("Place"), coerce=int)
    kind = forms.ChoiceField(label=_("Round"), choices=RoundWindow.Kind.choices)
    days = forms.ChoiceField(label=_("Days"), choices=RoundWindow.Days.choices)
    opens = forms.TimeField(
        label=pgettext_lazy("time", "From"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        initial=dt.time(8, 30),
    )
    closes = forms.TimeField(
        label=pgettext_lazy("time", "Until"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        initial=dt.time(11, 30),
    )

    def __init__(self, data: Any = None, *, areas: list[Area], **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["area"].choices = choices_of(areas)  # type: ignore[attr-defined]
