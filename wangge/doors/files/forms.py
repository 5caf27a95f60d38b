"""Forms of files in and out: they check shape only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wangge.domains.people.actions import exporting
from wangge.domains.people.exchange import cells, listing, reading, sheets
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from wangge.foundation.accounts.models import User
    from wangge.foundation.places.models import Area

# What a list holds unless more is asked for: as little as a visit needs.
_USUAL = frozenset({"name", "phone", "compound", "building", "unit", "room", "kind", "address", "contact_phone"})
_KINDS = ("street", "community", "grid")


def areas_of(user: Any, permission: P) -> list[Area]:
    """The streets, communities and grids where somebody holds a permission, from the largest down."""
    held = authority_of(user).places(permission)
    found = [area for kind in _KINDS for area in places.areas(kind, under_paths=held)] if held else []
    return sorted(found, key=lambda area: area.path)


class _AreaForm(forms.Form):
    area = forms.TypedChoiceField(label=_("Street, community or grid"), coerce=int)

    def __init__(self, *args: Any, user: User, permission: P, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.areas = {area.pk: area for area in areas_of(user, permission)}
        field: Any = self.fields["area"]
        field.choices = [(pk, _named(area)) for pk, area in self.areas.items()]

    def chosen_area(self) -> Area:
        """The place that was chosen."""
        return self.areas[self.cleaned_data["area"]]


def _named(area: Area) -> str:
    parent = area.parent if area.kind == "grid" else None
    return f"{parent.name} · {area.name}" if parent is not None else area.name


class BringForm(_AreaForm):
    """A file, what is in it, for which place and day."""

    what = forms.ChoiceField(label=_("What the file holds"), choices=[(k.key, k.name) for k in sheets.KINDS.values()])
    as_of = forms.DateField(
        label=_("As of"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The day for which the file speaks. What was stated for a later day stays as it is."),
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("xlsx, xls or csv, at most 30 MB. Titles, merged cells and two rows of headings are understood."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.csv,.txt"}),
    )

    field_order = ("what", "area", "as_of", "file")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, permission=P.PERSON_IMPORT, **kwargs)
        self.fields["as_of"].initial = clock.today

    def clean_file(self) -> Any:
        """Within the size that is read at all."""
        sent = self.cleaned_data["file"]
        if sent.size > reading.LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than 30 MB."))
        return sent


class ColumnsForm(forms.Form):
    """Which column is which field: one choice per column of the chosen sheet."""

    def __init__(self, *args: Any, what: str, preview: dict[str, Any], may_build: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet_kind = sheets.KINDS[what]
        self.preview = preview
        options = [("", _("not taken in")), *[(field.key, field.name) for field in self.sheet_kind.fields]]
        for number, label in enumerate(preview["labels"]):
            if self.sheet_kind.fields:
                self.fields[f"column_{number}"] = forms.ChoiceField(label=label, choices=options, required=False)
        words = cells.kinds_of(what)
        if words:
            self.fields["kind"] = forms.ChoiceField(
                label=_("Kind, where a row does not say"), choices=[("", _("Other")), *words], required=False
            )
        if may_build and what in {"persons", "firms"}:
            self.fields["build"] = forms.BooleanField(
                label=_("Build rooms and entrances that are missing in known buildings"),
                required=False,
                help_text=_(
                    "Only rooms with a number on a floor that the building has. The check lists them; an undo takes them away again."
                ),
            )

    def chosen(self) -> dict[int, str]:
        """Column → field."""
        return {
            number: self.cleaned_data[f"column_{number}"]
            for number in range(len(self.preview["labels"]))
            if self.cleaned_data.get(f"column_{number}")
        }


class AskForm(_AreaForm):
    """A list: of whom, which columns, for what."""

    what = forms.ChoiceField(
        label=_("List of"), choices=[(key, sheets.KINDS[key].name) for key in listing.OFFERED], widget=forms.RadioSelect
    )
    purpose = forms.ChoiceField(label=_("Purpose"), choices=exporting.purposes)
    reason = forms.CharField(label=_("Why it is needed"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    file_format = forms.ChoiceField(
        label=_("Format"), choices=[("xlsx", _("xlsx, set up for printing")), ("csv", _("csv (GB18030)"))]
    )

    def __init__(self, *args: Any, user: User, what: str, **kwargs: Any) -> None:
        super().__init__(*args, user=user, permission=P.PERSON_EXPORT, **kwargs)
        self.listed = what
        self.fields["what"].initial = what
        kind = sheets.KINDS[what]
        masked = listing.maskable(what)
        for key in listing.OFFERED[what]:
            options: list[tuple[str, Any]] = [("", _("leave out"))]
            if key in masked:
                options += [(key, _("masked")), (f"{key}{listing.WHOLE}", _("whole"))]
            else:
                options.append((key, _("include")))
            self.fields[f"field_{key}"] = forms.ChoiceField(
                label=kind.field(key).name, choices=options, required=False, initial=key if key in _USUAL else ""
            )

    def columns(self) -> list[Any]:
        """The fields of the columns, bound."""
        return [self[f"field_{key}"] for key in listing.OFFERED[self.listed]]

    def chosen(self) -> list[str]:
        """The chosen columns."""
        picked = [self.cleaned_data.get(f"field_{key}", "") for key in listing.OFFERED[self.listed]]
        return [one for one in picked if one]
