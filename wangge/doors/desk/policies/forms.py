"""The form of a policy version. Conditions are written as the readable rules that `policies.py` reads."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from wangge.domains.people.actions.policy_versions import Text
from wangge.foundation.catalogue.kinds import Module
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from wangge.domains.people.models import Policy, PolicyVersion

_LONGEST_RULES = 6000


def written(rules: Any) -> str:
    """Rules as they are edited: one condition a line."""
    lines = ",\n  ".join(json.dumps(rule, ensure_ascii=False) for rule in rules)
    return f"[\n  {lines}\n]" if lines else "[]"


class Rules(forms.CharField):
    """Conditions as JSON text."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            return json.loads(text) if text else []
        except (ValueError, RecursionError):
            raise ValidationError(_("This cannot be read: check brackets, quotes and commas.")) from None


class Lines(forms.CharField):
    """A list, one item a line."""

    def to_python(self, value: Any) -> Any:
        return [line.strip()[:80] for line in str(super().to_python(value) or "").splitlines() if line.strip()][:30]


class VersionForm(forms.Form):
    """A new version of a policy (or, with `code`, a new policy)."""

    code = forms.CharField(label=_("Code"), max_length=40, help_text=_("Small letters, digits, hyphens."))
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=120, required=False)
    module = forms.ChoiceField(label=_("Module"), choices=Module.choices, initial=Module.SOCIAL)
    benefit = forms.CharField(label=_("What it gives"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    rules = Rules(
        label=_("Conditions"),
        max_length=_LONGEST_RULES,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_('One condition a line; all must hold. Example: {"age": {"at_least": 80}}'),
    )
    materials = Lines(
        label=_("What to bring"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line."),
    )
    office = forms.CharField(label=_("Where to claim"), max_length=120, required=False)
    document = forms.CharField(label=_("Document"), max_length=200, required=False)
    renew_months = forms.IntegerField(label=_("Renew after months"), required=False, min_value=1, max_value=120)
    valid_from = forms.DateField(
        label=_("Holds from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, data: Any = None, *, policy: Policy | None = None, last: PolicyVersion | None = None) -> None:
        super().__init__(data, initial=_about(policy, last))
        if policy is not None:
            del self.fields["code"]
            self._code = policy.code

    def values(self) -> dict[str, Any]:
        """The arguments of `policy_versions.publish`."""
        given = self.cleaned_data
        text = Text(
            benefit=given["benefit"],
            materials=tuple(given["materials"]),
            office=given["office"],
            document=given["document"],
            renew_months=given["renew_months"],
        )
        named = {key: given[key] for key in ("name_zh", "name_en", "module", "rules", "valid_from")}
        return {"code": given.get("code") or self._code, "text": text, **named}


def _about(policy: Policy | None, last: PolicyVersion | None) -> dict[str, Any]:
    today = clock.today()
    first: dict[str, Any] = {"valid_from": today}
    if policy is not None:
        first |= {"name_zh": policy.name_zh, "name_en": policy.name_en, "module": policy.module}
    if last is not None:
        first |= {
            "benefit": last.benefit,
            "rules": written(last.rules),
            "materials": "\n".join(last.materials),
            "office": last.office,
            "document": last.document,
            "renew_months": last.renew_months,
            "valid_from": max(today, last.valid_from + dt.timedelta(days=1)),
        }
    return first
