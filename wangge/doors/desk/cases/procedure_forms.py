"""Forms of the sub-procedures: 延期, 挂账, 争议研判, 协办, 分级上报. The shape only; what is allowed is the action's to say."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import actions, procedures
from wangge.domains.cases.models import Hang
from wangge.domains.cases.procedures import MAX_EXTENSION_DAYS, MAX_HANG_DAYS
from wangge.doors.desk.cases.step_form import StepForm, long_text
from wangge.foundation.accounts.queries import get_organisation, handling_units
from wangge.foundation.catalogue import calendars
from wangge.foundation.catalogue.kinds import Level
from wangge.foundation.core import clock
from wangge.foundation.core.worktime import later, next_working_day

if TYPE_CHECKING:
    from wangge.domains.cases.models import Assignment, Case, Extension, Ruling
    from wangge.foundation.accounts.models import Organisation

_MEETING_AT = dt.time(9, 30)


def _fill(form: forms.Form, name: str, choices: list[tuple[Any, Any]]) -> None:
    form.fields[name].choices = choices  # type: ignore[attr-defined]


class AskExtension(StepForm):
    verb = "ask_extension"
    days = forms.TypedChoiceField(
        label=_("How many working days more"),
        coerce=int,
        choices=[(n, str(n)) for n in range(1, MAX_EXTENSION_DAYS + 1)],
        initial=5,
    )
    reason = long_text(
        _("Why it takes longer"), rows=2, help_text=_("If it is granted, the reporter reads this with the new date.")
    )

    def set_up(self) -> None:
        if procedures.granted_extensions(self.case):
            self.fields["days"].help_text = _("It was extended once already; about this one the leader decides.")

    def act(self) -> None:
        given = self.cleaned_data
        actions.ask_extension(case=self.case, by=self.user, days=given["days"], reason=given["reason"])


class _Extension(StepForm):
    template = "desk/cases/steps/extension.html"
    extension = forms.IntegerField(widget=forms.HiddenInput)

    def set_up(self) -> None:
        self.asked: Extension | None = procedures.open_extension(self.case)
        if self.asked is not None:
            self.initial["extension"] = self.asked.pk

    @property
    def new_date(self) -> dt.datetime | None:
        """Until when, if it is granted now."""
        if self.asked is None:
            return None
        return later(self.asked.due_before, self.asked.days, calendars.calendar()).at


class GrantExtension(_Extension):
    verb = "grant_extension"
    note = long_text(_("Remark"), required=False, rows=2)

    def act(self) -> None:
        given = self.cleaned_data
        extension = procedures.extension_of(self.case, given["extension"])
        actions.grant_extension(extension=extension, by=self.user, note=given["note"])


class RefuseExtension(_Extension):
    verb = "refuse_extension"
    reason = long_text(_("Why not"), rows=2, help_text=_("The unit reads this."))

    def act(self) -> None:
        given = self.cleaned_data
        extension = procedures.extension_of(self.case, given["extension"])
        actions.refuse_extension(extension=extension, by=self.user, reason=given["reason"])


class AskHang(StepForm):
    verb = "ask_hang"
    why = forms.ChoiceField(label=_("Why it cannot be done now"))
    plan = long_text(
        _("What is planned, and by whom"),
        help_text=_("The public reads exactly this. Name no person and no phone number."),
    )
    review_on = forms.DateField(
        label=_("Looked at again on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Within 90 days. On that day it comes back by itself."),
    )

    def set_up(self) -> None:
        _fill(self, "why", [("", _("Please choose")), *Hang.Why.choices])
        today = clock.today()
        self.fields["review_on"].widget.attrs |= {
            "min": (today + dt.timedelta(days=1)).isoformat(),
            "max": (today + dt.timedelta(days=MAX_HANG_DAYS)).isoformat(),
        }

    def act(self) -> None:
        given = self.cleaned_data
        actions.ask_hang(
            case=self.case, by=self.user, why=given["why"], plan=given["plan"], review_on=given["review_on"]
        )


class _Hang(StepForm):
    template = "desk/cases/steps/hang.html"
    hang = forms.IntegerField(widget=forms.HiddenInput)

    def set_up(self) -> None:
        self.asked: Hang | None = procedures.open_hang(self.case)
        if self.asked is not None:
            self.initial["hang"] = self.asked.pk


class HangIt(_Hang):
    verb = "hang"
    note = long_text(_("Remark"), required=False, rows=2)

    def act(self) -> None:
        given = self.cleaned_data
        actions.hang(hang=procedures.hang_of(self.case, given["hang"]), by=self.user, note=given["note"])


class RefuseHang(_Hang):
    verb = "refuse_hang"
    reason = long_text(_("Why not"), rows=2, help_text=_("The unit reads this."))

    def act(self) -> None:
        given = self.cleaned_data
        actions.refuse_hang(hang=procedures.hang_of(self.case, given["hang"]), by=self.user, reason=given["reason"])


class Resume(StepForm):
    verb = "resume"
    reason = long_text(_("Why it can be done now"), rows=2, help_text=_("The unit and the reporter read this."))

    def act(self) -> None:
        actions.resume(case=self.case, by=self.user, reason=self.cleaned_data["reason"])


class CallRuling(StepForm):
    verb = "call_ruling"
    template = "desk/cases/steps/call_ruling.html"
    meet_at = forms.DateTimeField(
        label=_("When"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    place = forms.CharField(label=pgettext_lazy("meeting", "Where"), max_length=200)
    units = forms.TypedMultipleChoiceField(
        label=_("Units that come"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please choose the units that come.")},
    )

    def set_up(self) -> None:
        _fill(self, "units", [(unit.pk, unit.name) for unit in units_near(self.case)])
        self.called: Ruling | None = procedures.open_ruling(self.case)
        if self.called is not None:
            wanted = {
                "meet_at": self.called.meet_at,
                "place": self.called.place,
                "units": [unit.pk for unit in self.called.units.all()],
            }
        else:
            day = next_working_day(clock.today())
            wanted = {
                "meet_at": dt.datetime.combine(day, _MEETING_AT, tzinfo=clock.OFFICE),
                "place": self.case.address,
                "units": [unit.pk for unit in disputing(self.case)],
            }
        self.initial = {**wanted, **self.initial}

    @property
    def returned(self) -> list[Assignment]:
        """Who has sent it back, and why."""
        return procedures.returned(self.case)

    def act(self) -> None:
        given = self.cleaned_data
        actions.call_ruling(
            case=self.case,
            by=self.user,
            meet_at=given["meet_at"],
            place=given["place"],
            units=[get_organisation(pk) for pk in given["units"]],
        )


class Rule(StepForm):
    verb = "rule"
    template = "desk/cases/steps/rule.html"
    unit = forms.TypedChoiceField(
        label=_("Whose duty it is"), coerce=int, error_messages={"required": _("Please choose the responsible unit.")}
    )
    minutes = long_text(_("Minutes: who came, what was found"))
    basis = long_text(
        _("Basis of the ruling"),
        rows=2,
        help_text=_("Law, list of powers, or division of duties. It becomes a precedent."),
    )

    def set_up(self) -> None:
        self.called: Ruling | None = procedures.open_ruling(self.case)
        came = [unit.pk for unit in self.called.units.all()] if self.called is not None else []
        names = [(unit.pk, unit.name) for unit in units_near(self.case)]
        first = [pair for pair in names if pair[0] in came]
        rest = [pair for pair in names if pair[0] not in came]
        groups = [(gettext("Called to the spot"), first), (gettext("Other units"), rest)]
        _fill(self, "unit", [("", _("Please choose")), *((name, held) for name, held in groups if held)])

    def act(self) -> None:
        given = self.cleaned_data
        unit = get_organisation(given["unit"])
        actions.rule(case=self.case, by=self.user, unit=unit, minutes=given["minutes"], basis=given["basis"])


class Escalate(StepForm):
    verb = "escalate"
    reason = long_text(_("Why it cannot be settled at this level"), rows=2)

    def set_up(self) -> None:
        higher = dict(Level.choices).get(self.case.level + 1)
        if higher is not None:
            text = gettext("It goes to the level “%(level)s” and is dispatched anew; the promised date stays.")
            self.fields["reason"].help_text = text % {"level": higher}

    def act(self) -> None:
        actions.escalate(case=self.case, by=self.user, reason=self.cleaned_data["reason"])


class HandDown(StepForm):
    verb = "hand_down"
    level = forms.TypedChoiceField(label=_("Down to"), coerce=int)
    reason = long_text(_("Why it belongs there"), rows=2)

    def set_up(self) -> None:
        lower = [(value, name) for value, name in Level.choices if value < self.case.level]
        _fill(self, "level", lower)
        if lower:
            self.initial.setdefault("level", lower[-1][0])

    def act(self) -> None:
        given = self.cleaned_data
        actions.hand_down(case=self.case, by=self.user, level=given["level"], reason=given["reason"])


class _Part(StepForm):
    """A form about one co-handler's part; where there is but one, it is chosen already."""

    assignment = forms.TypedChoiceField(
        label=_("Whose part"), coerce=int, error_messages={"required": _("Please choose the unit.")}
    )

    def set_up(self) -> None:
        names = [(part.pk, part.unit.name) for part in self.possible()]
        _fill(self, "assignment", names if len(names) == 1 else [("", _("Please choose")), *names])

    def possible(self) -> list[Assignment]:
        """The parts about which this step may be."""
        raise NotImplementedError

    @property
    def chosen(self) -> Assignment:
        return procedures.part_of(self.case, self.cleaned_data["assignment"])


class AssistDone(_Part):
    verb = "assist_done"
    template = "desk/cases/steps/photos.html"
    photo_fields = ("photos",)
    text = long_text(_("What your unit did"), rows=2)

    def possible(self) -> list[Assignment]:
        return procedures.parts_to_do(self.case, self.user)

    def act(self) -> None:
        actions.assist_done(
            case=self.case,
            by=self.user,
            text=self.cleaned_data["text"],
            photos=self.photos.get("photos", ()),
            assignment=self.chosen,
        )


class VerifyAssist(_Part):
    verb = "verify_assist"
    template = "desk/cases/steps/verify_part.html"
    PASSED: ClassVar[tuple[tuple[str, Any], ...]] = (("yes", _("Passed")), ("no", _("To be done again")))
    passed = forms.ChoiceField(
        label=_("Result of the check"),
        choices=PASSED,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please say whether it passed.")},
    )
    note = long_text(_("What was seen"), required=False, rows=2, help_text=_("If it did not pass: what is missing."))

    def possible(self) -> list[Assignment]:
        return procedures.parts_to_verify(self.case, self.user)

    def act(self) -> None:
        given = self.cleaned_data
        actions.verify_assist(
            case=self.case,
            by=self.user,
            assignment=self.chosen,
            passed=given["passed"] == "yes",
            note=given["note"],
        )


class WaiveAssist(_Part):
    verb = "waive_assist"
    reason = long_text(_("Why the part is not needed"), rows=2)

    def possible(self) -> list[Assignment]:
        return procedures.open_parts(self.case)

    def act(self) -> None:
        actions.waive_assist(case=self.case, by=self.user, assignment=self.chosen, reason=self.cleaned_data["reason"])


def units_near(case: Case) -> list[Organisation]:
    """Units that can be sent the case."""
    units = handling_units(case.area_path)
    return [unit for unit in units if unit.area is None or case.area_path.startswith(unit.area.path)]


def disputing(case: Case) -> list[Organisation]:
    """Those between whom it is disputed: who sent it back, and who has it now."""
    found = [gone.unit for gone in procedures.returned(case)]
    if case.unit is not None:
        found.append(case.unit)
    return list(dict.fromkeys(found))


def by_level(case: Case, units: list[Organisation]) -> list[Any]:
    """Choices of units for a case that was moved between levels: those of its level first."""
    if not procedures.was_moved(case):
        return [(unit.pk, unit.name) for unit in units]
    fitting = [(unit.pk, unit.name) for unit in units if procedures.level_of(unit) == case.level]
    others = [(unit.pk, unit.name) for unit in units if procedures.level_of(unit) != case.level]
    level = str(dict(Level.choices)[case.level])
    groups = [(gettext("Units of the level “%(level)s”") % {"level": level}, fitting), (gettext("Other units"), others)]
    return [(name, held) for name, held in groups if held]


def fits_level(case: Case, unit: Organisation | None) -> bool:
    """Whether a proposed unit stands where the case was moved to; always, when it was not moved."""
    return unit is None or not procedures.was_moved(case) or procedures.level_of(unit) == case.level


PROCEDURE_FORMS: tuple[type[StepForm], ...] = (
    GrantExtension,
    RefuseExtension,
    HangIt,
    RefuseHang,
    Resume,
    AssistDone,
    VerifyAssist,
    Rule,
    CallRuling,
    AskExtension,
    AskHang,
    Escalate,
    HandDown,
    WaiveAssist,
)
