"""One short form per kind of change: shape only."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wangge.domains.people.actions.bulk import PersonDraft
from wangge.domains.people.actions.changing import Facts
from wangge.domains.people.models import Membership, Person, Stay
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from collections.abc import Iterable

COMERS = 4  # lines of people; a larger family is told in two changes


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, initial=clock.today)


class ChangeForm(forms.Form):
    """The day, and whether the worker has seen it himself."""

    happened_on = _day(_("Since when"))
    seen = forms.BooleanField(label=_("I have verified it on the spot"), required=False)
    public_id = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, data: Any = None, *, households: Iterable[tuple[str, str]], persons: Iterable[tuple[str, str]]
    ) -> None:
        super().__init__(data)
        self.fields["public_id"].initial = str(uuid.uuid4())
        if "who" in self.fields:
            self.fields["who"].choices = self._who(list(households), list(persons))  # type: ignore[attr-defined]
        if "parents" in self.fields:
            self.fields["parents"].choices = list(persons)  # type: ignore[attr-defined]
        if "household" in self.fields:
            self.fields["household"].choices = list(households)  # type: ignore[attr-defined]

    @staticmethod
    def _who(households: list[tuple[str, str]], persons: list[tuple[str, str]]) -> list[tuple[str, Any]]:
        return [*(("h:" + key, label) for key, label in households), *(("p:" + key, label) for key, label in persons)]

    def facts(self) -> Facts:
        """What was told besides place, day and person."""
        return Facts()


class ComeForm(ChangeForm):
    """Who moves in: as many lines as are filled; the first is the head."""

    happened_on = _day(_("Moved in on"))
    basis = forms.ChoiceField(label=_("Lives there as"), choices=Stay.Basis.choices)

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        for number in range(1, COMERS + 1):
            self.fields[f"name{number}"] = forms.CharField(label=_("Name"), max_length=50, required=False)
            self.fields[f"id_number{number}"] = forms.CharField(label=_("ID number"), max_length=24, required=False)
            self.fields[f"phone{number}"] = forms.CharField(label=_("Phone"), max_length=24, required=False)
            self.fields[f"role{number}"] = forms.ChoiceField(
                label=_("Place in the household"),
                choices=Membership.Role.choices,
                required=False,
                initial="head" if number == 1 else "other",
            )

    def lines(self) -> list[dict[str, Any]]:
        """The people's lines, for the page; the first is open."""
        names = ("name", "id_number", "phone", "role")
        return [
            {
                "number": number,
                "fields": [self[f"{name}{number}"] for name in names],
                "open": number == 1 or any(self[f"{name}{number}"].value() for name in names[:3]),
            }
            for number in range(1, COMERS + 1)
        ]

    def facts(self) -> Facts:
        """Who comes."""
        given = self.cleaned_data
        members = [
            PersonDraft(
                name=given[f"name{number}"],
                id_number=given[f"id_number{number}"],
                phone=given[f"phone{number}"],
                role=given[f"role{number}"] or "other",
            )
            for number in range(1, COMERS + 1)
            if given[f"name{number}"] or given[f"id_number{number}"]
        ]
        return Facts(members=members, basis=given["basis"])


class LetForm(ComeForm):
    """New tenants; without any, the dwelling is let no longer."""

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        del self.fields["basis"]
        self.fields["happened_on"].label = _("Since when")

    def facts(self) -> Facts:
        """Who rents."""
        self.cleaned_data["basis"] = Stay.Basis.RENT.value
        return super().facts()


class GoForm(ChangeForm):
    """The household, or one of it."""

    happened_on = _day(_("Moved out on"))
    who = forms.ChoiceField(label=_("Who has moved out"), widget=forms.RadioSelect)
    field_order = ("who", "happened_on", "seen")


class DeathForm(ChangeForm):
    """Who has died, and when."""

    happened_on = _day(_("Died on"))
    who = forms.ChoiceField(label=_("Who has died"), widget=forms.RadioSelect)
    field_order = ("who", "happened_on", "seen")

    @staticmethod
    def _who(_households: list[tuple[str, str]], persons: list[tuple[str, str]]) -> list[tuple[str, Any]]:
        return [("p:" + key, label) for key, label in persons]


class BirthForm(ChangeForm):
    """A child, of whom."""

    happened_on = _day(_("Born on"))
    household = forms.ChoiceField(label=_("Household"))
    name = forms.CharField(label=_("Name of the child"), max_length=50)
    sex = forms.ChoiceField(label=_("Sex"), choices=[("f", _("Female")), ("m", _("Male"))], widget=forms.RadioSelect)
    role = forms.ChoiceField(label=_("Place in the household"), choices=Membership.Role.choices, initial="child")
    parents = forms.MultipleChoiceField(label=_("Parents"), required=False, widget=forms.CheckboxSelectMultiple)
    field_order = ("household", "name", "sex", "happened_on", "role", "parents", "seen")

    def facts(self) -> Facts:
        """The child; its number comes later."""
        given = self.cleaned_data
        child = PersonDraft(
            name=given["name"],
            sex=given["sex"],
            role=given["role"],
            born=given["happened_on"].isoformat(),
            id_kind=Person.IdKind.NONE.value,
        )
        return Facts(members=[child], parents=[uuid.UUID(one) for one in given["parents"]])


FORMS: dict[str, type[ChangeForm]] = {
    "move_in": ComeForm,
    "move_out": GoForm,
    "let": LetForm,
    "birth": BirthForm,
    "death": DeathForm,
}
