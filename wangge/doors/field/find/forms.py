"""What the search asks for: shape only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wangge.domains.people.typed import LONGEST, two_names


class FindForm(forms.Form):
    """One box for everything."""

    q = forms.CharField(
        label=_("Name, pinyin, last four digits or address"),
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "enterkeyhint": "search"}),
    )


class LostForm(forms.Form):
    """Two names of one family; a place only where two are not enough."""

    first = forms.CharField(
        label=_("A name in the family"),
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "off", "enterkeyhint": "next", "autofocus": True}),
    )
    second = forms.CharField(
        label=_("Another name in the family"),
        max_length=50,
        required=False,  # both may stand in the first box, as they were said
        widget=forms.TextInput(attrs={"autocomplete": "off", "enterkeyhint": "search"}),
    )
    place = forms.CharField(
        label=_("Compound or building, if known"),
        max_length=LONGEST,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "enterkeyhint": "search"}),
    )

    def clean(self) -> dict[str, Any]:
        """Two names, however they were typed; a form error without a second."""
        given = super().clean() or {}
        if given.get("first") and not given.get("second"):
            both = two_names(given["first"])
            if both is None:
                self.add_error("second", _("A second name of the family is needed: one name fits too many people."))
            else:
                given["first"], given["second"] = both
        return given
