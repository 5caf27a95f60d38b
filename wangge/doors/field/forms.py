"""Forms of the grid worker's phone: shape only; what may be done is decided by the actions."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import RegexValidator
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wangge.domains.cases import actions as cases
from wangge.domains.cases.models import Result
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import posts_of
from wangge.foundation.accounts.roles import ROLES
from wangge.foundation.catalogue.queries import get_matter
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError, NotFoundError, Problem
from wangge.foundation.places import queries as places
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wangge.domains.cases.models import Assignment
    from wangge.foundation.catalogue.models import Matter

MAX_TEXT = 4000
MAX_OTHER = 2000
_CENTRE_IS_WITHIN_M = 200.0
_BIGGEST = Decimal(9_999_999)

HAND_ON, SETTLE = "hand_on", "settle"


def own_areas(user: Any) -> list[Area]:
    """The areas of one's posts that let one report, in code order."""
    found = {
        post.area.pk: post.area
        for post in posts_of(user)
        if post.area is not None and P.REPORT_MAKE in ROLES[post.role].permissions
    }
    return sorted(found.values(), key=lambda area: area.code)


def place_choices(areas: list[Area]) -> list[tuple[Any, Any]]:
    """One's grids and the compounds of their communities, for a select; a wide post is offered compounds only."""
    paths = [area.parent.path if area.kind == Area.Kind.GRID and area.parent else area.path for area in areas]
    compounds = places.compounds(under_paths=paths) if paths else []
    return [
        ("", _("By my position")),
        (_("My grids"), [(f"area:{area.pk}", area.name) for area in areas]),
        (_("Compounds"), [(f"compound:{compound.pk}", compound.name) for compound in compounds]),
    ]


class ReportForm(forms.Form):
    """One short page: what, where, which matter; handed on or settled on the spot."""

    text = forms.CharField(
        label=_("What is it?"),
        max_length=MAX_TEXT,
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "placeholder": _("What do you see? One sentence is enough."),
                "hx-post": reverse_lazy("field:guess"),
                "hx-trigger": "input changed delay:600ms",
                "hx-target": "#guess",
                "hx-params": "text,matter,auto",
            }
        ),
        error_messages={"required": _("Please say in one sentence what it is.")},
    )
    lon = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    accuracy = forms.FloatField(required=False, min_value=0, max_value=1_000_000, widget=forms.HiddenInput)
    place = forms.ChoiceField(
        label=_("Place"),
        required=False,
        error_messages={"invalid_choice": _("Please choose a place of your own area.")},
    )
    address = forms.CharField(
        label=_("Where exactly"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": _("For example: west of building 3")}),
    )
    matter = forms.CharField(required=False, max_length=5, widget=forms.HiddenInput)
    same_as = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    mode = forms.ChoiceField(
        choices=[(HAND_ON, pgettext_lazy("field", "Hand on")), (SETTLE, pgettext_lazy("field", "Settled on the spot"))],
        required=False,
    )
    urgent = forms.BooleanField(label=_("Urgent: danger to people or property"), required=False)
    name = forms.CharField(
        label=_("Resident's name"),
        required=False,
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-draft-skip": ""}),
    )
    phone = forms.CharField(
        label=_("Resident's phone"),
        required=False,
        max_length=20,
        validators=[RegexValidator(r"^[0-9+\- ]{5,20}\Z", _("Please check the phone number: digits only."))],
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off", "data-draft-skip": ""}),
    )

    at: cases.Place
    chosen_matter: Matter | None = None

    def __init__(self, *args: Any, areas: list[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._areas = areas
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = place_choices(areas)

    def clean_matter(self) -> str:
        """Only what is on the admission list today."""
        code = str(self.cleaned_data["matter"])
        if code:
            try:
                matter = get_matter(code)
            except NotFoundError:
                raise forms.ValidationError(_("There is no such matter.")) from None
            if not matter.is_admitted(clock.today()):
                raise forms.ValidationError(_("This matter is not on the admission list today."))
            self.chosen_matter = matter
        return code

    def clean(self) -> dict[str, Any]:
        """Make out the place, and whether this matter may be settled on the spot."""
        data = super().clean() or {}
        if self.has_error("lon") or self.has_error("lat"):
            self.add_error("place", _("The position is not on earth. Please choose the place by hand."))
        elif not self.has_error("place"):
            try:
                self.at = self._place(data)
            except Problem as problem:
                self.add_error("place", str(problem))
        if data.get("mode") == SETTLE and not data.get("same_as") and not self.has_error("matter"):
            if self.chosen_matter is None:
                self.add_error("matter", _("Please choose the matter: only some may be settled on the spot."))
            elif not self.chosen_matter.on_the_spot:
                self.add_error("mode", _("This matter may not be settled on the spot; please hand it on."))
        return data

    def _place(self, data: dict[str, Any]) -> cases.Place:
        lon, lat, accuracy = data.get("lon"), data.get("lat"), data.get("accuracy")
        address = data.get("address") or ""
        kind, _colon, pk = (data.get("place") or "").partition(":")
        here = places.where(lon, lat) if lon is not None and lat is not None else None
        if kind == "compound":
            compound = places.get_compound(int(pk))
            found = places.where_compound(compound)
            said = f"{compound.name_zh} {address}".strip()
            if here is not None and here.area.parent_id == compound.community_id:
                return cases.Place(here.area, lon, lat, accuracy, said, compound, here.building)
            return cases.Place(found.area, compound.lon, compound.lat, _CENTRE_IS_WITHIN_M, said, compound)
        if kind == "area":
            area = next(area for area in self._areas if area.pk == int(pk))
            if here is not None and here.area.path.startswith(area.path):
                said = f"{here.address} {address}".strip()
                return cases.Place(here.area, lon, lat, accuracy, said, here.compound, here.building)
            return cases.Place(area, address=address)
        if here is not None:
            said = f"{here.address} {address}".strip()
            return cases.Place(here.area, lon, lat, accuracy, said, here.compound, here.building)
        if lon is not None and lat is not None:
            raise InvalidError(_("This position lies in no grid. Please choose the place by hand."))
        if len(self._areas) == 1:
            return cases.Place(self._areas[0], address=address)
        raise InvalidError(_("Please say where: use your position, or choose the place."))

    def contact(self) -> cases.Contact | None:
        """The resident on whose behalf it is reported, if one is named."""
        name, phone = self.cleaned_data["name"], self.cleaned_data["phone"]
        return cases.Contact(name=name, phone=phone) if name or phone else None


class PositionForm(forms.Form):
    """`?lon=&lat=`"""

    lon = forms.FloatField(min_value=-180, max_value=180)
    lat = forms.FloatField(min_value=-90, max_value=90)


class OutcomeForm(forms.Form):
    """What was done: for 即办, and for a unit's result. What a matter asks for is checked by the action."""

    result = forms.ChoiceField(label=_("Result"), choices=Result.choices, initial=Result.SOLVED)
    done = forms.CharField(
        label=_("What was done"),
        max_length=MAX_OTHER,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Please say what was done.")},
    )
    reply = forms.CharField(
        label=_("Answer to the resident"),
        required=False,
        max_length=MAX_OTHER,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    amount = forms.DecimalField(
        label=_("Quantity"), required=False, min_value=Decimal("0.01"), max_value=_BIGGEST, decimal_places=2
    )
    unit = forms.CharField(label=_("Counted in"), required=False, max_length=12)
    legal_basis = forms.CharField(label=_("Legal basis"), required=False, max_length=200)
    area_m2 = forms.DecimalField(
        label=_("Area in m²"), required=False, min_value=Decimal("0.01"), max_value=_BIGGEST, decimal_places=2
    )

    def __init__(self, *args: Any, matter: Matter | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = [(unit, unit) for unit in (matter.units if matter is not None else [])]
        if units:
            self.fields["unit"].widget = forms.Select(choices=units)
        else:
            del self.fields["amount"], self.fields["unit"]
        if matter is None or not matter.legal_basis_required:
            del self.fields["legal_basis"]
        if matter is None or not matter.area_required:
            del self.fields["area_m2"]
        self.matter = matter

    def outcome(self, *, before: list[str], after: list[str]) -> cases.Outcome:
        """As the action takes it."""
        data = self.cleaned_data
        amount = data.get("amount")
        return cases.Outcome(
            result=data["result"],
            text=data["done"],
            reply=data["reply"],
            quantities=[(amount, data["unit"] or "")] if amount else [],
            legal_basis=data.get("legal_basis", ""),
            area_m2=data.get("area_m2"),
            before_photos=before,
            after_photos=after,
        )


class NoteForm(forms.Form):
    """A verification's note; may be empty."""

    note = forms.CharField(
        label=pgettext_lazy("field", "Note"),
        required=False,
        max_length=MAX_OTHER,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class PartForm(forms.Form):
    """A check of one co-handler's part: which, whether it passed, what was seen."""

    assignment = forms.TypedChoiceField(label=_("Whose part"), coerce=int)
    passed = forms.ChoiceField(
        label=_("Result of the check"),
        choices=(("yes", _("Passed")), ("no", _("To be done again"))),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please say whether it passed.")},
    )
    note = forms.CharField(
        label=pgettext_lazy("field", "Note"),
        required=False,
        max_length=MAX_OTHER,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("If it did not pass: what is missing."),
    )

    def __init__(self, data: Any = None, *, parts: Iterable[Assignment]) -> None:
        super().__init__(data)
        self.fields["assignment"].choices = [(part.pk, part.unit.name) for part in parts]  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why it has to be done again."""

    reason = forms.CharField(
        label=_("What is missing?"),
        max_length=MAX_OTHER,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Please say what is missing.")},
    )


class SendBackForm(forms.Form):
    """Why it is not the unit's duty."""

    reason = forms.CharField(label=_("Reason"), max_length=MAX_OTHER, widget=forms.Textarea(attrs={"rows": 2}))
    basis = forms.CharField(label=_("Legal basis"), max_length=200)


class TextForm(forms.Form):
    """What was agreed, contributed or answered."""

    text = forms.CharField(
        label=_("In a few words"),
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Please write a few words.")},
    )
