"""Forms about looking at people."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wangge.domains.people.models import PrivacyAlert, Purpose
from wangge.foundation.core import clock


def purposes(*, rescue: bool = True) -> list[tuple[str, Any]]:
    """The purposes to choose from, without a choice made beforehand."""
    return [("", _("Choose a purpose")), *(one for one in Purpose.choices if rescue or one[0] != Purpose.RESCUE)]


class Beyond(forms.Form):
    """One person beyond one's own place: by a whole number, for a purpose, with the code of this minute."""

    number = forms.CharField(
        label=_("Whole ID number or phone"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )
    purpose = forms.ChoiceField(label=_("Purpose"), choices=[])
    reference = forms.CharField(
        label=_("Case number"),
        max_length=40,
        required=False,
        help_text=_("If there is one: it is compared every week."),
    )
    code = forms.CharField(
        label=_("Code of your second factor"),
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["purpose"].choices = purposes(rescue=False)  # type: ignore[attr-defined]


class Verdict(forms.Form):
    """What the officer decides."""

    verdict = forms.ChoiceField(
        label=_("Verdict"), choices=[one for one in PrivacyAlert.Verdict.choices if one[0]], widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("What you found out"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Whom you asked and what he said. No names of residents."),
    )


def monday(text: str) -> dt.date:
    """The Monday of the week of a day given as text; of this week when it is none."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = clock.today()
    if not dt.date(2020, 1, 6) <= day <= clock.today():
        day = clock.today()
    return day - dt.timedelta(days=day.weekday())
