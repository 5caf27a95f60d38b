"""Forms of a plan of new grids: beginning one, a grid, drawn grids as a file."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.places import crs
from wangge.foundation.places import queries as places
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_FILE = 4 * 1024 * 1024
_AHEAD = dt.timedelta(days=3 * 366)


class PlanForm(forms.Form):
    """Where, from which day, and on which decision it rests."""

    area = forms.TypedChoiceField(label=_("Community or street"), coerce=int)
    valid_from = forms.DateField(
        label=_("First day of the new grids"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("A day still to come: until then everything stays as it is."),
    )
    note = forms.CharField(label=_("Decision on which it rests"), required=False, max_length=200)

    def __init__(self, data: Any = None, *, user: Any) -> None:
        super().__init__(data)
        under = authority_of(user).places(P.GRID_REDRAW)
        held = [area for area in places.areas(under_paths=under) if area.kind in {"street", "community"}]
        ordered = sorted(held, key=lambda area: [int(part) for part in area.path.strip("/").split("/")])
        indent = {"street": "", "community": "　"}
        choices = [(area.pk, indent[area.kind] + area.name) for area in ordered]
        self.fields["area"].choices = [("", _("Please choose")), *choices]  # type: ignore[attr-defined]

    def clean_valid_from(self) -> dt.date:
        """Within three years: a slip of the year would wait for ever."""
        day: dt.date = self.cleaned_data["valid_from"]
        if day > clock.today() + _AHEAD:
            raise forms.ValidationError(_("This day is more than three years ahead."))
        return day


class GridForm(forms.Form):
    """A grid that is added to a plan."""

    community = forms.TypedChoiceField(label=_("Community"), coerce=int)
    name_zh = forms.CharField(label=_("Name of the grid"), max_length=60)
    name_en = forms.CharField(label=_("English name"), required=False, max_length=80)
    grid_kind = forms.ChoiceField(label=_("Kind of grid"), choices=Area.GridKind.choices)

    def __init__(self, data: Any = None, *, communities: Iterable[Area]) -> None:
        super().__init__(data, auto_id="id_grid_%s")
        choices = [(area.pk, area.name) for area in communities]
        self.fields["community"].choices = choices  # type: ignore[attr-defined]


class EditForm(forms.Form):
    """The name of a planned grid, and who is to work it."""

    name_zh = forms.CharField(label=_("Name of the grid"), max_length=60)
    name_en = forms.CharField(label=_("English name"), required=False, max_length=80)
    workers = forms.TypedMultipleChoiceField(
        label=_("Who works it"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Nobody chosen: whoever works the grid from which most of its buildings come, and whoever's own grid is merged into it."
        ),
    )

    def __init__(self, data: Any = None, *, workers: Iterable[tuple[int, str]], **more: Any) -> None:
        super().__init__(data, auto_id="id_edit_%s", **more)
        self.fields["workers"].choices = list(workers)  # type: ignore[attr-defined]


class DrawnForm(forms.Form):
    """Drawn grids: a GeoJSON file of polygons, each with a name."""

    file = forms.FileField(
        label=_("GeoJSON file"),
        help_text=_("Polygons, each with a name; with its code, if the grid keeps it."),
        widget=forms.FileInput(attrs={"accept": ".geojson,.json,application/geo+json"}),
    )
    datum = forms.ChoiceField(
        label=_("Coordinates of the file"),
        choices=crs.CHOICES,
        help_text=_("Public maps shift positions by about 500 m; ask whoever drew it."),
    )

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, auto_id="id_drawn_%s")

    def clean_file(self) -> Any:
        """The file as JSON; nothing is said yet about what it holds."""
        sent = self.cleaned_data["file"]
        if sent.size > _MAX_FILE:
            raise forms.ValidationError(_("This file is too large: at most 4 MB."))
        return _json(sent.read())


class SketchForm(forms.Form):
    """Grids drawn on the map of the plan, as GeoJSON in WGS-84."""

    drawn = forms.CharField(widget=forms.HiddenInput)

    def clean_drawn(self) -> Any:
        """The drawing as JSON; nothing is said yet about what it holds."""
        sent = self.cleaned_data["drawn"].encode()
        if len(sent) > _MAX_FILE:
            raise forms.ValidationError(_("This drawing is too large: at most 4 MB."))
        return _json(sent)


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise forms.ValidationError(_("This is no GeoJSON collection of polygons.")) from None
