"""Forms of owners and lettings: shape only; what may be kept is decided by the actions."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import ties
from wangge.domains.people.actions import letting, owning
from wangge.domains.people.actions.bulk import PersonDraft
from wangge.domains.people.models import Person, Tenancy
from wangge.doors.desk.people.forms import day_field, text_field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wangge.domains.people.models import Title

OTHER, FIRM, UNKNOWN = "other", "firm", "unknown"
MISTAKE = "mistake"
_WHOLE = Decimal(1)
_ANY_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_NEVER = (MISTAKE, _("Entered by mistake; it never was so"))


def percent_field() -> forms.DecimalField:
    """A share as people write it."""
    return forms.DecimalField(
        label=_("Share in percent"),
        min_value=Decimal("0.001"),
        max_value=Decimal(100),
        max_digits=6,
        decimal_places=3,
        initial=100,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )


def optional_day(label: Any, **more: Any) -> forms.DateField:
    """A day that may be left empty."""
    return day_field(label, required=False, initial=None, **more)


class OwnerForm(forms.Form):
    """Who owns the room: one of those offered, somebody else, a firm, or nobody known."""

    who = forms.ChoiceField(label=_("Who owns it"), widget=forms.RadioSelect)
    name = text_field(_("Name"), 50)
    id_number = text_field(_("ID number"), 24, help_text=_("The registry is searched first: nobody is entered twice."))
    phone = text_field(_("Phone"), 24)
    firm = text_field(_("Firm or unit: part of its name, or its credit code"), 60)
    share = percent_field()
    since = day_field(_("Since"))
    others = forms.CharField(widget=forms.HiddenInput, required=False, max_length=800)
    public_id = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, offered: Iterable[tuple[str, str]], left: Decimal) -> None:
        super().__init__(data, initial={"public_id": str(uuid.uuid4()), "share": ties.percent(left or _WHOLE)})
        self.fields["who"].choices = [  # type: ignore[attr-defined]
            *offered,
            (OTHER, _("Somebody else")),
            (FIRM, _("A firm or a unit")),
            (UNKNOWN, _("Not known")),
        ]

    def clean(self) -> dict[str, Any]:
        """Somebody else needs a name, a firm too."""
        given = super().clean() or {}
        if given.get("who") == OTHER and not given.get("name"):
            self.add_error("name", _("Please give the name."))
        if given.get("who") == FIRM and not given.get("firm"):
            self.add_error("firm", _("Please give the name."))
        return given

    def draft(self) -> PersonDraft:
        """Somebody else, as he was written down."""
        given = self.cleaned_data
        return PersonDraft(
            name=given["name"],
            id_number=given["id_number"],
            id_kind=(Person.IdKind.RESIDENT_ID if given["id_number"] else Person.IdKind.NONE).value,
            phone=given["phone"],
            public_id=given["public_id"] or uuid.uuid4(),
        )

    def share_part(self) -> Decimal:
        """The share as a part of one."""
        percent: Decimal = self.cleaned_data["share"]
        return percent / 100

    def said_others(self) -> list[uuid.UUID]:
        """The entries of which somebody said that they are other people."""
        return [uuid.UUID(found) for found in _ANY_UUID.findall(self.cleaned_data["others"])]


class CorrectOwnerForm(forms.Form):
    """Share and day."""

    share = percent_field()
    since = day_field(_("Since"))

    def __init__(self, data: Any = None, *, title: Title) -> None:
        super().__init__(data, initial={"share": ties.percent(title.share), "since": title.valid_from})

    def share_part(self) -> Decimal:
        """The share as a part of one."""
        percent: Decimal = self.cleaned_data["share"]
        return percent / 100


class EndForm(forms.Form):
    """Since when it is no longer so, and why."""

    reason = forms.ChoiceField(label=_("Why"))
    until = day_field(_("No longer since"))


class EndOwnerForm(EndForm):
    """Of a title."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["reason"].choices = [*owning.ENDS.items(), _NEVER]  # type: ignore[attr-defined]


class EndLettingForm(EndForm):
    """Of a letting; the tenants may have left with it."""

    moved_out = forms.BooleanField(label=_("The tenants have moved out too"), required=False)

    def __init__(self, data: Any = None, *, lives_here: bool) -> None:
        super().__init__(data)
        self.fields["reason"].choices = [*letting.ENDS.items(), _NEVER]  # type: ignore[attr-defined]
        if not lives_here:
            del self.fields["moved_out"]


class _Agreed(forms.Form):
    """What an agreement says."""

    purpose = forms.ChoiceField(label=_("Let for"), choices=Tenancy.Purpose.choices)
    since = day_field(_("Since"))
    landlord = forms.ChoiceField(label=_("Who lets it"), required=False)
    agreement = text_field(_("Number of the agreement"), 40, help_text=_("Under which it was filed, if it was."))
    agreed_until = optional_day(_("Agreed until"))
    in_parts = forms.BooleanField(label=_("It is let in parts: other tenants stay"), required=False)

    def _offer(self, landlords: Iterable[tuple[str, str]]) -> None:
        self.fields["landlord"].choices = [("", _("Not known")), *landlords]  # type: ignore[attr-defined]


class LettingForm(_Agreed):
    """To whom it is let, from when, by which agreement."""

    who = forms.ChoiceField(label=_("To whom"), widget=forms.RadioSelect)
    firm = text_field(_("Firm or unit: part of its name, or its credit code"), 60)
    link = text_field(
        _("Address of the page of a person or a household"),
        300,
        help_text=_("For a tenant who lives elsewhere: open his page and copy its address."),
    )
    until = optional_day(_("Until"), help_text=_("Only if it is over already."))
    field_order = (
        "who",
        "firm",
        "link",
        "purpose",
        "since",
        "until",
        "landlord",
        "agreement",
        "agreed_until",
        "in_parts",
    )

    def __init__(
        self, data: Any = None, *, offered: Iterable[tuple[str, str]], landlords: list[tuple[str, str]]
    ) -> None:
        super().__init__(data, initial={"landlord": landlords[0][0]} if len(landlords) == 1 else None)
        self.fields["who"].choices = [  # type: ignore[attr-defined]
            *offered,
            (FIRM, _("A firm or a unit")),
            (OTHER, _("Somebody who lives elsewhere")),
        ]
        self._offer(landlords)

    def clean(self) -> dict[str, Any]:
        """A firm needs its name, somebody else the address of his page."""
        given = super().clean() or {}
        if given.get("who") == FIRM and not given.get("firm"):
            self.add_error("firm", _("Please give the name."))
        if given.get("who") == OTHER:
            found = _ANY_UUID.search(given.get("link") or "")
            if found is None:
                self.add_error("link", _("Please say who it is."))
            else:
                given["page"] = uuid.UUID(found.group())
        return given


class CorrectLettingForm(_Agreed):
    """What an agreement says, as it should have been written."""

    def __init__(self, data: Any = None, *, tenancy: Tenancy, landlords: list[tuple[str, str]]) -> None:
        held = tenancy.landlord
        initial = {name: getattr(tenancy, name) for name in ("purpose", "agreement", "agreed_until")}
        super().__init__(
            data,
            initial=initial
            | {"since": tenancy.valid_from, "landlord": str(held.public_id) if held is not None else ""},
        )
        self._offer(landlords)
