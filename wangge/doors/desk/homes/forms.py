"""Forms of the house card: a need, a benefit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import benefits
from wangge.domains.people.circumstances import KINDS
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from wangge.domains.people.house_card import HouseCard
    from wangge.domains.people.models import Person


def _date(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, help_text=help_text)


def _need_choices() -> list[tuple[str, Any]]:
    """Every need with its particulars, one line each: "disabled:grade=2"."""
    choices: list[tuple[str, Any]] = [("", _("Please choose"))]
    for kind in KINDS.values():
        if not kind.details:
            choices.append((kind.code, kind.name))
            continue
        (one,) = kind.details
        named = [(f"{kind.code}:{one.key}={value}", f"{kind.name}: {name}") for value, name in one.values.items()]
        choices += named
    return choices


class _OfTheRoom(forms.Form):
    """For somebody who lives in the room of the card."""

    person = forms.ChoiceField(label=_("For whom"))

    def __init__(self, data: Any = None, *, card: HouseCard) -> None:
        super().__init__(data)
        self._persons: dict[str, Person] = {}
        choices = []
        for home in card.homes:
            for one in home.members:
                if one.membership.presence == one.membership.Presence.LIVES and not one.shown.erased:
                    key = str(one.person.public_id)
                    self._persons[key] = one.person
                    choices.append((key, f"{one.shown.name} · {one.membership.get_role_display()}"))
        self.fields["person"].choices = choices  # type: ignore[attr-defined]

    def the_person(self) -> Person:
        """Whom it is about."""
        return self._persons[self.cleaned_data["person"]]


class NeedForm(_OfTheRoom):
    """What somebody needs, since when, and on which basis it is kept."""

    kind = forms.ChoiceField(label=_("What is needed"))
    since = _date(_("Since when"))
    basis = forms.CharField(
        label=_("Basis"),
        max_length=120,
        help_text=_("The duty or the consent on which this is kept, for example a certificate or his own wish."),
    )

    def __init__(self, data: Any = None, *, card: HouseCard) -> None:
        super().__init__(data, card=card)
        self.fields["kind"].choices = _need_choices()  # type: ignore[attr-defined]
        self.fields["since"].initial = clock.today()

    def values(self) -> dict[str, Any]:
        """The arguments of `needs.record`."""
        kind, _colon, rest = self.cleaned_data["kind"].partition(":")
        key, _equals, value = rest.partition("=")
        return {
            "person": self.the_person(),
            "kind": kind,
            "detail": {key: value} if key else {},
            "since": self.cleaned_data["since"],
            "basis": self.cleaned_data["basis"],
        }


class BenefitForm(_OfTheRoom):
    """Which benefit somebody draws, since when, until when."""

    policy = forms.ChoiceField(label=_("Policy"))
    since = _date(_("Since when"))
    renew_on = _date(_("Renew by"), required=False, help_text=_("Left empty, it follows from the policy."))
    detail = forms.CharField(label=_("How much"), required=False, max_length=60)

    def __init__(self, data: Any = None, *, card: HouseCard) -> None:
        super().__init__(data, card=card)
        library = [(version.policy.code, version.policy.name) for version in benefits.in_force()]
        self.fields["policy"].choices = [("", _("Please choose")), *library]  # type: ignore[attr-defined]
        self.fields["since"].initial = clock.today()

    def values(self) -> dict[str, Any]:
        """The arguments of `enrolling.enrol`."""
        given = self.cleaned_data
        return {"person": self.the_person(), **{key: given[key] for key in ("policy", "since", "renew_on", "detail")}}
