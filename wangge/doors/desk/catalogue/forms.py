"""Forms of the catalogue: a matter, a routing rule, a trial of the routing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wangge.doors.desk.map.scope import streets_of
from wangge.foundation.accounts.models import Organisation
from wangge.foundation.accounts.queries import get_organisation, handling_units
from wangge.foundation.catalogue import queries as catalogue
from wangge.foundation.catalogue.kinds import ClockKind, Duty, Level, Module, Task, Urgency
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from wangge.foundation.catalogue.models import Matter


class Words(forms.CharField):
    """A list of words, separated by commas, spaces or new lines."""

    def prepare_value(self, value: Any) -> Any:
        return "，".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = str(super().to_python(value) or "")
        for mark in "，、；;\n\r\t ":
            text = text.replace(mark, ",")
        return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _text(label: Any, length: int, rows: int = 0) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return forms.CharField(label=label, max_length=length, widget=widget)


class MatterForm(forms.Form):
    """Everything that the desk may change about a matter."""

    name_zh = _text(_("Name in Chinese"), 40)
    name_en = _text(_("Name in English"), 80)
    module = forms.ChoiceField(label=_("Module"), choices=Module.choices)
    level = forms.TypedChoiceField(label=_("Level"), coerce=int, choices=Level.choices)
    urgency = forms.ChoiceField(label=_("Urgency"), choices=Urgency.choices)
    handling_amount = forms.IntegerField(label=_("Handling limit"), min_value=1, max_value=1000)
    handling_kind = forms.ChoiceField(label=_("Time counted in"), choices=ClockKind.choices)
    tasks = forms.MultipleChoiceField(
        label=_("Tasks of the grid"), required=False, choices=Task.choices, widget=forms.CheckboxSelectMultiple
    )
    filing_zh = _text(_("Filing condition in Chinese"), 200, 2)
    filing_en = _text(_("Filing condition in English"), 300, 2)
    closing_zh = _text(_("Closing condition in Chinese"), 200, 2)
    closing_en = _text(_("Closing condition in English"), 300, 2)
    before_photo = forms.BooleanField(label=_("Photo before is required"), required=False)
    after_photo = forms.BooleanField(label=_("Photo afterwards is required"), required=False)
    legal_basis_required = forms.BooleanField(label=_("Legal basis is required"), required=False)
    area_required = forms.BooleanField(label=_("Area in m² is required"), required=False)
    on_the_spot = forms.BooleanField(label=_("May be settled on the spot"), required=False)
    confidential = forms.BooleanField(label=_("Confidential"), required=False)
    public = forms.BooleanField(label=_("Its course may be shown publicly"), required=False)
    units = Words(label=_("Units of measure"), required=False, max_length=120, help_text=_("Separated by commas."))
    keywords = Words(
        label=_("Words of residents"),
        required=False,
        max_length=900,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("By these words the matter is proposed for a report. Separated by commas."),
    )
    basis_zh = _text(_("Basis of admission in Chinese"), 200)
    basis_en = _text(_("Basis of admission in English"), 200)
    owner_zh = _text(_("Owning department in Chinese"), 60)
    owner_en = _text(_("Owning department in English"), 120)

    @classmethod
    def about(cls, matter: Matter) -> dict[str, Any]:
        """The first values for a matter."""
        return {name: getattr(matter, name) for name in cls.base_fields}


def area_choices(user: Any, everywhere: Any) -> list[tuple[Any, Any]]:
    """Areas of the person's streets, streets and communities and grids, indented."""
    held = places.areas(under_paths=streets_of(user))
    depth = {"street": 0, "community": 1, "grid": 2, "micro_grid": 3}
    ordered = sorted(held, key=lambda area: [int(part) for part in area.path.strip("/").split("/")])
    return [("", everywhere), *((area.pk, "　" * depth.get(area.kind, 0) + area.name) for area in ordered)]


def unit_choices(user: Any) -> list[tuple[int, str]]:
    """Units that can be sent cases in the person's streets."""
    found = {unit.pk: unit.name for street in streets_of(user) for unit in handling_units(street)}
    return list(found.items())


class RuleForm(forms.Form):
    """A new routing rule: about what, where, who."""

    subject = forms.ChoiceField(label=_("About"))
    area = forms.TypedChoiceField(label=_("Where"), required=False, coerce=int, empty_value=None)
    duty = forms.ChoiceField(label=_("As"), choices=Duty.choices)
    unit = forms.TypedChoiceField(label=_("Unit"), required=False, coerce=int, empty_value=None)
    unit_kind = forms.ChoiceField(label=_("or the nearest of a kind"), required=False)
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def __init__(self, data: Any = None, *, user: Any, **more: Any) -> None:
        super().__init__(data, auto_id="id_rule_%s", **more)
        matters = [(f"matter:{m.code}", f"{m.code} {m.name}") for m in catalogue.matters()]
        kinds = [(f"class:{c.code}", f"{c.code} {c.name}") for c in catalogue.classes()]
        modules = [(f"module:{value}", label) for value, label in Module.choices]
        choices: dict[str, Any] = {
            "subject": [
                ("", _("Please choose")),
                (_("Everything"), [("all:", _("Everything else"))]),
                (_("Module"), modules),
                (_("Class"), kinds),
                (_("Matter"), matters),
            ],
            "area": area_choices(user, _("Everywhere")),
            "unit": [("", _("Please choose")), *unit_choices(user)],
            "unit_kind": [("", _("Please choose")), *Organisation.Kind.choices],
        }
        for name, listed in choices.items():
            self.fields[name].choices = listed  # type: ignore[attr-defined]

    one_of_two = _("Name a unit or a kind of unit, one of the two.")

    def values(self) -> dict[str, Any]:
        """The arguments of `save_rule`."""
        given = self.cleaned_data
        kind, _colon, code = given["subject"].partition(":")
        values: dict[str, Any] = {
            "area": places.get_area(given["area"]) if given["area"] else None,
            "unit": get_organisation(given["unit"]) if given["unit"] else None,
            "unit_kind": given["unit_kind"],
            "duty": given["duty"],
            "note": given["note"],
        }
        if kind == "matter":
            values["matter"] = catalogue.get_matter(code)
        elif kind == "class":
            values["matter_class"] = next(c for c in catalogue.classes() if c.code == code)
        elif kind == "module":
            values["module"] = code
        return values


class TrialForm(forms.Form):
    """Try the routing: a matter at a place."""

    matter = forms.ChoiceField(label=_("Matter"), required=False)
    area = forms.TypedChoiceField(label=_("Location"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data, auto_id="id_try_%s", prefix="try")
        matters = [(m.code, f"{m.code} {m.name}") for m in catalogue.matters()]
        self.fields["matter"].choices = [("", _("Please choose")), *matters]  # type: ignore[attr-defined]
        self.fields["area"].choices = area_choices(user, _("Please choose"))  # type: ignore[attr-defined]
