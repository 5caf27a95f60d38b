"""The forms of a whistle. They check the shape only; what is needed and who may is the action's to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import whistle_queries
from wangge.domains.cases.actions import whistling
from wangge.domains.cases.whistling import HIGHEST_MARK, LOWEST_MARK
from wangge.doors.desk.whistles.words import MARKS, SIDES
from wangge.foundation.accounts.queries import get_organisation, handling_units
from wangge.foundation.catalogue import queries as catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wangge.domains.cases.models import Case, Whistle, WhistleCall, WhistleKind
    from wangge.foundation.accounts.models import Organisation

_WHEN = "%Y-%m-%dT%H:%M"


def _words(label: Any, *, rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=4000, widget=forms.Textarea(attrs={"rows": rows}), **more)


class BlowForm(forms.Form):
    """吹哨: of which kind, and why."""

    kind = forms.ChoiceField(
        label=_("Kind of whistle"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose the kind of whistle.")},
    )
    reason = _words(
        _("Why are the units needed on the spot?"), help_text=_("The street and the called units read this.")
    )

    def __init__(self, data: Any = None, *, kinds: Sequence[WhistleKind], **more: Any) -> None:
        super().__init__(data, auto_id="id_blow_%s", **more)
        self.fields["kind"].choices = [(kind.code, _kind_in_words(kind)) for kind in kinds]  # type: ignore[attr-defined]


def _kind_in_words(kind: WhistleKind) -> str:
    if kind.arrive_minutes is None:
        return kind.name
    words = _("%(kind)s (on the spot within %(minutes)d minutes)")
    return str(words) % {"kind": kind.name, "minutes": kind.arrive_minutes}


class UnitRows(forms.Form):
    """Units to choose from, each with its task; the proposed ones first. `lead` only for the first call."""

    units = forms.TypedMultipleChoiceField(
        label=_("Units"), coerce=int, error_messages={"required": _("Please choose the units that are to come.")}
    )
    leads: ClassVar[bool] = False

    def __init__(self, data: Any = None, *, case: Case, known: Sequence[int] = (), **more: Any) -> None:
        super().__init__(data, auto_id=f"id_{type(self).__name__.lower()}_%s", **more)
        route = catalogue.route(case.matter, case.area, compound=case.compound) if case.matter is not None else None
        self.proposed = [*([route.main] if route.main is not None else []), *route.co] if route is not None else []
        near = [unit for unit in handling_units(case.area_path) if _answers_for(unit, case)]
        self.offered = [unit for unit in near if unit.pk not in set(known)]
        self.fields["units"].choices = [(unit.pk, unit.name) for unit in self.offered]  # type: ignore[attr-defined]

    @property
    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """`first`: proposed and chosen ones; `others`: the rest. Each {unit, chosen, task, lead}."""
        chosen = set(map(str, self["units"].value() or ())) if self.is_bound else {str(u.pk) for u in self.proposed}
        lead = str(self.data.get("lead", "")) if self.is_bound else str(self.proposed[0].pk) if self.proposed else ""
        proposed = {unit.pk for unit in self.proposed}
        rows: dict[str, list[dict[str, Any]]] = {"first": [], "others": []}
        for unit in self.offered:
            row = {
                "unit": unit,
                "chosen": str(unit.pk) in chosen,
                "proposed": unit.pk in proposed,
                "task": self.task_of(unit.pk),
                "lead": str(unit.pk) == lead,
            }
            rows["first" if row["chosen"] or row["proposed"] else "others"].append(row)
        return rows

    def task_of(self, pk: int) -> str:
        """What was typed beside a unit."""
        return str(self.data.get(f"task_{pk}", "")) if self.is_bound else ""

    def summons(self) -> list[whistling.Summons]:
        """The chosen units with their tasks."""
        return [whistling.Summons(get_organisation(pk), self.task_of(pk)) for pk in self.cleaned_data["units"]]


def _answers_for(unit: Organisation, case: Case) -> bool:
    return unit.area is None or case.area_path.startswith(unit.area.path)


class CallForm(UnitRows):
    """召集: which units, who leads, where and when."""

    leads = True
    lead = forms.TypedChoiceField(
        label=_("In the lead"), coerce=int, error_messages={"required": _("Please choose the unit in the lead.")}
    )
    place = forms.CharField(label=_("Meeting place"), max_length=200, required=False)
    meet_at = forms.DateTimeField(
        label=_("Time"),
        required=False,
        input_formats=[_WHEN, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(format=_WHEN, attrs={"type": "datetime-local"}),
    )

    def __init__(self, data: Any = None, *, case: Case, kind: WhistleKind, **more: Any) -> None:
        more.setdefault("initial", {"place": case.address or case.area.name})
        super().__init__(data, case=case, **more)
        self.fields["lead"].choices = [(unit.pk, unit.name) for unit in self.offered]  # type: ignore[attr-defined]
        time = self.fields["meet_at"]
        if kind.arrive_minutes is None:
            time.required = True
            time.error_messages["required"] = _("Please say when the units are to meet.")
        else:
            minutes = {"minutes": kind.arrive_minutes}
            time.help_text = _("Empty: at once, within %(minutes)d minutes from the call.") % minutes


class MoreForm(UnitRows):
    """Further units to the same place."""


class ReasonForm(forms.Form):
    """Why not."""

    reason = _words(_("Reason"))

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, auto_id="id_decline_%s", **more)


class ExcuseForm(forms.Form):
    """Which unit need not come, and why; who leads, if it had the lead."""

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    reason = _words(_("Reason"), rows=2)
    lead = forms.TypedChoiceField(label=_("Who leads instead"), coerce=int, required=False, empty_value=None)

    def __init__(self, data: Any = None, *, whistle: Whistle, **more: Any) -> None:
        super().__init__(data, auto_id="id_excuse_%s", **more)
        awaited = [c for c in whistle_queries.calls(whistle) if not c.excused]
        staying = [(c.pk, c.unit.name) for c in awaited if c.arrived_at is None]
        self.fields["unit"].choices = [("", _("Please choose")), *staying]  # type: ignore[attr-defined]
        names = [(c.unit_id, c.unit.name) for c in awaited]
        self.fields["lead"].choices = [("", _("The lead stays as it is")), *names]  # type: ignore[attr-defined]


class PositionForm(forms.Form):
    """Where the phone was at the tap; nothing that is odd or missing keeps anybody from checking in."""

    lon = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, auto_id="id_arrive_%s", **more)

    def position(self) -> tuple[float, float] | None:
        """(lon, lat) in degrees WGS-84, when both were given."""
        self.is_valid()
        lon, lat = self.cleaned_data.get("lon"), self.cleaned_data.get("lat")
        return (lon, lat) if lon is not None and lat is not None else None


class ContributeForm(forms.Form):
    """What the unit did on the spot."""

    text = _words(_("What your unit did on the spot"))

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, auto_id="id_contribute_%s", **more)


class ConcludeForm(forms.Form):
    """What was agreed and done."""

    conclusion = _words(
        _("Conclusion on the spot"),
        rows=4,
        help_text=_("What was found, what was done, who goes on with what by when."),
    )

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, auto_id="id_conclude_%s", **more)


class MarksForm(forms.Form):
    """Three marks for one unit; left empty, the unit is rated another time."""

    remark = forms.CharField(
        label=_("Remark"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Any = None, *, call: WhistleCall) -> None:
        super().__init__(data, prefix=f"unit{call.pk}", auto_id="id_rate_%s")
        self.call = call
        for side, label in SIDES.items():
            self.fields[side] = forms.TypedChoiceField(
                label=label,
                coerce=int,
                empty_value=None,
                required=False,
                choices=list(MARKS.items()),
                widget=forms.RadioSelect,
            )
        self.order_fields([*SIDES, "remark"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        empty = [side for side in SIDES if given.get(side) is None and side not in self.errors]
        if empty and (len(empty) < len(SIDES) or given.get("remark")):
            for side in empty:
                self.add_error(side, _("Please give all three marks."))
        return given

    def marks(self) -> whistling.Marks | None:
        """The marks; None when the unit was left for another time."""
        given = self.cleaned_data
        if given.get("presence") is None:
            return None
        return whistling.Marks(given["presence"], given["duty"], given["result"], given["remark"])


class RateForm:
    """The marks of all units that are not rated yet, sent together."""

    def __init__(self, data: Mapping[str, Any] | None = None, *, whistle: Whistle) -> None:
        waiting = [c for c in whistle_queries.calls(whistle) if not c.excused and c.rated_at is None]
        self.units = [MarksForm(data, call=call) for call in waiting]
        self.refusal = ""
        self.lowest, self.highest = LOWEST_MARK, HIGHEST_MARK

    def is_valid(self) -> bool:
        """Whether every unit's marks are whole, and there are any."""
        refused = [form for form in self.units if not form.is_valid()]  # every one is asked, to say all at once
        if refused:
            return False
        if not self.marks():
            self.refusal = str(_("Please give the marks of at least one unit."))
            return False
        return True

    def marks(self) -> dict[int, whistling.Marks]:
        """By the id of the call."""
        given = {form.call.pk: form.marks() for form in self.units}
        return {pk: marks for pk, marks in given.items() if marks is not None}


class KindForm(forms.Form):
    """A kind of whistle."""

    code = forms.RegexField(
        r"^[A-Za-z0-9_]{1,20}$",
        label=_("Code"),
        max_length=20,
        help_text=_("Letters and digits; it stays when the name changes."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=30)
    name_en = forms.CharField(label=_("Name in English"), max_length=60, required=False)
    arrive_minutes = forms.IntegerField(
        label=_("On the spot within (minutes)"),
        required=False,
        min_value=1,
        max_value=24 * 60,
        help_text=_("Empty: by the time of the meeting."),
    )
    emergency = forms.BooleanField(label=_("Emergency: may be called at once, day and night"), required=False)
    active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, auto_id="id_kind_%s", **more)
