"""Forms of the public page: shape only; what may be done is decided by the actions."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import RegexValidator
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import actions as cases
from wangge.domains.cases.models import Evaluation
from wangge.foundation.catalogue.queries import get_matter
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError, Problem
from wangge.foundation.places import queries as places
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    from wangge.foundation.catalogue.models import Matter

MAX_TEXT = 4000
_BIGGEST_ID = 2**62
_CENTRE_IS_WITHIN_M = 200.0  # how far a compound's centre may be from what is meant


def communities() -> list[tuple[str, Any]]:
    """Communities in force, under their streets, for a select."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for area in places.areas(Area.Kind.COMMUNITY):
        street = area.parent.name if area.parent is not None else ""
        groups.setdefault(street, []).append((str(area.pk), area.name))
    return [("", _("Choose a community")), *groups.items()]


class ReportForm(forms.Form):
    """What, where, photos; and, if he likes, who."""

    text = forms.CharField(
        label=_("What is the matter?"),
        max_length=MAX_TEXT,
        widget=forms.Textarea(
            attrs={
                "rows": 4,
                "placeholder": _("For example: the street lamp by building 3 is out."),
                "hx-post": reverse_lazy("portal:guess"),
                "hx-trigger": "input changed delay:900ms",
                "hx-target": "#guess",
                "hx-params": "text,matter",
            }
        ),
        error_messages={"required": _("Please say in a few words what the matter is.")},
    )
    lon = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    accuracy = forms.FloatField(required=False, min_value=0, max_value=1_000_000, widget=forms.HiddenInput)
    at = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    community = forms.ChoiceField(
        label=_("Community"), required=False, error_messages={"invalid_choice": _("Please choose a community.")}
    )
    compound = forms.IntegerField(
        label=_("Compound"), required=False, min_value=1, max_value=_BIGGEST_ID, widget=forms.Select
    )
    address = forms.CharField(
        label=_("Where exactly"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": _("For example: west of building 3")}),
    )
    name = forms.CharField(
        label=_("Your name"),
        required=False,
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "name", "data-draft-skip": ""}),
    )
    phone = forms.CharField(
        label=_("Your phone"),
        required=False,
        max_length=20,
        validators=[RegexValidator(r"^[0-9+\- ]{5,20}\Z", _("Please check the phone number: digits only."))],
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel", "data-draft-skip": ""}),
    )
    matter = forms.CharField(required=False, max_length=5, widget=forms.HiddenInput)
    same_as = forms.CharField(required=False, max_length=24, widget=forms.HiddenInput)
    confidential = forms.BooleanField(
        label=_("Hide my identity from the unit that handles it"),
        required=False,
        help_text=_("Only the intake desk will know who you are. Supervision matters and violence at home always are."),
    )
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off", "data-draft-skip": ""}),
    )

    place: cases.Place
    chosen_matter: Matter | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["community"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = communities()
        chosen = str(self["community"].value() or "")
        widget = self.fields["compound"].widget
        assert isinstance(widget, forms.Select)
        widget.choices = compound_choices(chosen)

    def clean_website(self) -> str:
        """A field no person sees: what fills it is a program, or a browser that fills everything."""
        if self.cleaned_data["website"]:
            self.data = {**self.data, "website": ""}
            raise forms.ValidationError(_("Please send it once more: a hidden field had been filled in."))
        return ""

    def clean_matter(self) -> str:
        """A code that is not on the list today is simply dropped: the intake desk decides anyway."""
        code = str(self.cleaned_data["matter"])
        if code:
            try:
                matter = get_matter(code)
            except NotFoundError:
                return ""
            self.chosen_matter = matter if matter.is_admitted(clock.today()) else None
        return code

    def clean(self) -> dict[str, Any]:
        """Make out the place from what was given: a position, a picked community or compound, a scanned code."""
        data = super().clean() or {}
        if not self.has_error("lon") and not self.has_error("lat") and not self.has_error("community"):
            try:
                self.place = self._place(data)
            except Problem as problem:
                self.add_error("community", str(problem))
            except _NoPlaceError as missing:
                self.add_error("community", missing.text)
        elif not self.has_error("community"):
            self.add_error("community", _("The position is not on earth. Please choose the community instead."))
        return data

    def _place(self, data: dict[str, Any]) -> cases.Place:
        lon, lat = data.get("lon"), data.get("lat")
        address = data.get("address") or ""
        here = places.where(lon, lat) if lon is not None and lat is not None else None
        picked = places.get_area(int(data["community"])) if data.get("community") else None
        compound = places.get_compound(data["compound"]) if data.get("compound") else None
        if compound is not None and (picked is None or compound.community_id == picked.pk):
            found = places.where_compound(compound)
            address = f"{compound.name_zh} {address}".strip()
            if here is None or here.area.parent_id != compound.community_id:
                return cases.Place(found.area, compound.lon, compound.lat, _CENTRE_IS_WITHIN_M, address, compound, None)
            return cases.Place(here.area, lon, lat, data.get("accuracy"), address, compound, here.building)
        if here is not None and (picked is None or here.area.parent_id == picked.pk):
            said = f"{here.address} {address}".strip()
            return cases.Place(here.area, lon, lat, data.get("accuracy"), said, here.compound, here.building)
        if picked is not None:  # picked by hand: that corrects a position
            return cases.Place(picked, address=address)
        scanned = places.area_by_code(data["at"]) if data.get("at") else None
        if scanned is not None and scanned.kind in {Area.Kind.COMMUNITY, Area.Kind.GRID, Area.Kind.MICRO_GRID}:
            return cases.Place(scanned, address=address)
        if lon is not None and lat is not None:
            raise _NoPlaceError(_("Your position is outside our area. Please choose the community where it is."))
        raise _NoPlaceError(_("Please say where it is: use your position, or choose the community."))

    def contact(self) -> cases.Contact | None:
        """Who stands behind it, if he said."""
        name, phone = self.cleaned_data["name"], self.cleaned_data["phone"]
        return cases.Contact(name=name, phone=phone) if name or phone else None


class _NoPlaceError(Exception):
    def __init__(self, text: Any) -> None:
        self.text = text
        super().__init__()


def compound_choices(community: str) -> list[tuple[str, str]]:
    """The compounds of a picked community, for a select."""
    choices: list[tuple[str, str]] = [("", str(_("I am not sure, or it is elsewhere")))]
    if community.isascii() and community.isdigit() and len(community) < 19:
        try:
            area = places.get_area(int(community))
        except NotFoundError:
            return choices
        choices += [(str(compound.pk), compound.name) for compound in places.compounds(under_paths=[area.path])]
    return choices


def key_of(text: str) -> str:
    """The form's key against double sending, or a fresh one where it is no UUID."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return str(uuid.uuid4())


class PositionForm(forms.Form):
    """`?lon=&lat=`"""

    lon = forms.FloatField(min_value=-180, max_value=180)
    lat = forms.FloatField(min_value=-90, max_value=90)


class RateForm(forms.Form):
    """事心双解: two answers, and words if he likes."""

    solved = forms.ChoiceField(
        choices=Evaluation.Solved.choices,
        error_messages={"required": _("Please answer the first question: is it solved?")},
    )
    satisfied = forms.ChoiceField(
        choices=Evaluation.Satisfied.choices,
        error_messages={"required": _("Please answer the second question: are you satisfied?")},
    )
    comment = forms.CharField(
        label=_("Anything to add?"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )


class ObjectForm(forms.Form):
    """Why it is not solved."""

    reason = forms.CharField(
        label=_("What is still not right?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Please say what is still not right.")},
    )


class AnswerForm(forms.Form):
    """The answer to a question of the office."""

    text = forms.CharField(
        label=_("Your answer"),
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Please write your answer.")},
    )


class FindForm(forms.Form):
    """A pasted link."""

    link = forms.CharField(
        label=_("Paste the link of your slip"),
        max_length=400,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )


class GridSearchForm(forms.Form):
    """Which grid is mine?"""

    q = forms.CharField(label=_("Name of the community or compound"), required=False, max_length=60)
