"""Forms of the registry: shape only; what may be kept is decided by the actions."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wangge.domains.people.actions.bulk import PersonDraft
from wangge.domains.people.actions.firms import FirmFacts
from wangge.domains.people.models import Firm, Household, Membership, Person, Relation, Site, Stay
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from collections.abc import Iterable

SEXES = [("", _("Not known")), ("f", _("Female")), ("m", _("Male"))]
FIELDS = [
    ("name", _("Name")),
    ("former_name", _("Earlier name")),
    ("sex", _("Sex")),
    ("born", _("Date of birth")),
    ("id_kind", _("Kind of document")),
    ("id_number", _("ID number")),
    ("phone", _("Phone")),
    ("registration", _("Registration")),
    ("registered_address", _("Address of registration")),
    ("work_or_school", _("Work or school")),
]
_ANY_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def day_field(label: Any, **more: Any) -> forms.DateField:
    """A day, today unless said otherwise."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **({"initial": clock.today} | more))


def text_field(label: Any, length: int, *, required: bool = False, **more: Any) -> forms.CharField:
    """A short line that no browser remembers."""
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, max_length=length, required=required, widget=widget, **more)


class PersonForm(forms.Form):
    """A person, and how he belongs to the household."""

    name = text_field(_("Name"), 50, required=True)
    id_kind = forms.ChoiceField(label=_("Kind of document"), choices=Person.IdKind.choices)
    id_number = text_field(_("ID number"), 24, help_text=_("Birth and sex follow from it."))
    born = text_field(_("Date of birth"), 10, help_text=_("1950-03-07, or 1950-03 or 1950 where no more is known."))
    sex = forms.ChoiceField(label=_("Sex"), choices=SEXES, required=False)
    phone = text_field(_("Phone"), 24)
    registration = forms.ChoiceField(
        label=_("Registration"), choices=Person.Registration.choices, initial=Person.Registration.UNKNOWN
    )
    registered_address = text_field(_("Address of registration"), 200)
    work_or_school = text_field(_("Work or school"), 100)
    public_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    others = forms.CharField(widget=forms.HiddenInput, required=False, max_length=800)

    def draft(self, **more: Any) -> PersonDraft:
        """What was written."""
        given = self.cleaned_data
        values = {
            field: given[field]
            for field in (
                "name",
                "id_kind",
                "id_number",
                "born",
                "sex",
                "phone",
                "registration",
                "registered_address",
                "work_or_school",
            )
        }
        return PersonDraft(**values, public_id=given["public_id"] or uuid.uuid4(), **more)

    def said_others(self) -> list[uuid.UUID]:
        """The entries of which somebody said that they are other people."""
        return [uuid.UUID(found) for found in _ANY_UUID.findall(self.cleaned_data["others"])]


class MemberForm(PersonForm):
    """With his place in a household."""

    role = forms.ChoiceField(label=_("Place in the household"), choices=Membership.Role.choices, initial="other")
    presence = forms.ChoiceField(label=_("Lives there"), choices=Membership.Presence.choices)
    since = day_field(_("Since"))


class HouseholdForm(forms.Form):
    """A household in a room."""

    kind = forms.ChoiceField(label=_("Kind of household"), choices=Household.Kind.choices)
    basis = forms.ChoiceField(label=_("Lives there as"), choices=Stay.Basis.choices)
    since = day_field(_("Since"))
    public_id = forms.UUIDField(widget=forms.HiddenInput, required=False)


class MoveForm(forms.Form):
    """The household moves: to a room of a building, or away."""

    room = forms.TypedChoiceField(label=_("Where to"), coerce=int, empty_value=None, required=False)
    basis = forms.ChoiceField(label=_("Lives there as"), choices=Stay.Basis.choices)
    since = day_field(_("Since"))

    def __init__(self, data: Any = None, *, rooms: Iterable[tuple[int, str]]) -> None:
        super().__init__(data)
        self.fields["room"].choices = [("", _("Away from here")), *rooms]  # type: ignore[attr-defined]


class CorrectForm(forms.Form):
    """One field, what it should say, and when that was stated."""

    field = forms.ChoiceField(label=_("What is to be corrected"), choices=FIELDS)
    value = text_field(_("Correct is"), 200)
    stated_on = day_field(_("Stated on"), help_text=_("An older statement never replaces a newer one."))

    def clean(self) -> dict[str, Any]:
        """Words of the lists are accepted as they are shown."""
        given = super().clean() or {}
        lists = {"sex": SEXES, "id_kind": Person.IdKind.choices, "registration": Person.Registration.choices}
        for code, label in lists.get(given.get("field", ""), ()):
            if given.get("value") == str(label):
                given["value"] = code
        return given


class RoleForm(forms.Form):
    """Another place in the household."""

    role = forms.ChoiceField(label=_("Place in the household"), choices=Membership.Role.choices)
    since = day_field(_("Since"))


class LeaveForm(forms.Form):
    """Moved away."""

    since = day_field(_("Since"))


class DieForm(forms.Form):
    """Died."""

    on = day_field(_("Day of death"))


class UndieForm(forms.Form):
    """The death was recorded by mistake."""

    sure = forms.BooleanField(
        label=_("The death was recorded by mistake; his home, his needs and his benefits come back as they were.")
    )


class JoinForm(forms.Form):
    """Somebody who is registered already comes into a household."""

    household = forms.UUIDField(widget=forms.HiddenInput)
    role = forms.ChoiceField(label=_("Place in the household"), choices=Membership.Role.choices, initial="other")
    presence = forms.ChoiceField(label=_("Lives there"), choices=Membership.Presence.choices, required=False)
    since = day_field(_("Since"))


class OtherForm(forms.Form):
    """Names another entry: one of those offered, or by the address of its page."""

    other = forms.ChoiceField(label=_("Who"), required=False, widget=forms.RadioSelect)
    link = text_field(_("Or the address of the other page"), 300)

    def __init__(self, data: Any = None, *, offered: Iterable[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["other"].choices = list(offered)  # type: ignore[attr-defined]
        if not self.fields["other"].choices:  # type: ignore[attr-defined]
            del self.fields["other"]

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        given = super().clean() or {}
        found = _ANY_UUID.search(given.get("other") or given.get("link") or "")
        if found is None:
            self.add_error("link", _("Please say who it is."))
        else:
            given["person"] = uuid.UUID(found.group())
        return given


class RelateForm(OtherForm):
    """What this person is to the other."""

    kind = forms.ChoiceField(label=_("Is the other's"), choices=Relation.Kind.choices)
    since = day_field(_("Since"))


class MergeForm(OtherForm):
    """Which entry becomes part of this one, and why."""

    reason = forms.CharField(
        label=_("By what is it known that this is one person?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class FirmForm(forms.Form):
    """A firm, a shop or a unit."""

    name = text_field(_("Name"), 120, required=True)
    kind = forms.ChoiceField(label=_("Kind"), choices=Firm.Kind.choices)
    credit_code = text_field(_("Unified social credit code"), 24)
    trade = text_field(_("Trade"), 60)
    address = text_field(_("Address"), 200)
    staff = forms.IntegerField(label=_("People who work there"), required=False, min_value=0, max_value=1_000_000)
    contact_name = text_field(_("Whom to call"), 50)
    contact_phone = text_field(_("Phone"), 20)
    public_id = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def facts(self) -> FirmFacts:
        """What was written."""
        given = self.cleaned_data
        names = ("name", "kind", "credit_code", "trade", "address", "staff", "contact_name", "contact_phone")
        return FirmFacts(**{name: given[name] for name in names})


class NewFirmForm(FirmForm):
    """With its place."""

    grid = forms.TypedChoiceField(label=_("Grid"), coerce=int, empty_value=None)
    since = day_field(_("Here since"))

    def __init__(self, data: Any = None, *, grids: Iterable[tuple[int, str]]) -> None:
        super().__init__(data)
        self.fields["grid"].choices = [("", _("Please choose")), *grids]  # type: ignore[attr-defined]


class CloseForm(forms.Form):
    """No longer here."""

    until = day_field(_("No longer here since"))


class SiteForm(forms.Form):
    """A place that needs particular care."""

    name = text_field(_("Name"), 120, required=True)
    kind = forms.ChoiceField(label=_("Kind"), choices=Site.Kind.choices)
    since = day_field(_("Since"))


class PlaceFilter(forms.Form):
    """Which households of a place."""

    grid = forms.TypedChoiceField(label=_("Grid"), coerce=int, empty_value=None, required=False)
    compound = forms.TypedChoiceField(label=_("Compound"), coerce=int, empty_value=None, required=False)
    building = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31)
    verified = forms.ChoiceField(
        label=_("Last verified"),
        required=False,
        choices=[
            ("", _("All")),
            ("fresh", _("Within twelve months")),
            ("due", _("Not within twelve months")),
            ("stale", _("Longer ago")),
            ("never", _("Never")),
        ],
    )

    def __init__(
        self, data: Any = None, *, grids: Iterable[tuple[int, str]], compounds: Iterable[tuple[int, str]]
    ) -> None:
        super().__init__(data)
        self.fields["grid"].choices = [("", _("All")), *grids]  # type: ignore[attr-defined]
        self.fields["compound"].choices = [("", _("All")), *compounds]  # type: ignore[attr-defined]
