"""One form per step. A form checks the shape only; what a step needs and who may take it is the action's to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wangge.domains.cases import actions, procedures, queries
from wangge.domains.cases.answers import hints
from wangge.domains.cases.models import Evaluation, Result
from wangge.doors.desk.cases.check_forms import CHECK_FORMS
from wangge.doors.desk.cases.procedure_forms import PROCEDURE_FORMS, by_level, fits_level, units_near
from wangge.doors.desk.cases.step_form import StepForm
from wangge.doors.desk.cases.step_form import long_text as _area
from wangge.doors.desk.supervision.forms import AnswerSupervision, Supervise
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import get_organisation
from wangge.foundation.catalogue import queries as catalogue
from wangge.foundation.catalogue.kinds import Level
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from wangge.domains.cases.models import Case, Report
    from wangge.foundation.accounts.models import User

QUANTITY_ROWS = 4
_COMMON_UNITS = ("处", "件", "次", "户", "人", "m2", "m3", "m", "t")
UNIT_NAMES = {"m2": "m²", "m3": "m³"}


class AskForMore(StepForm):
    verb = "ask_for_more"
    question = _area(_("What do you need to know?"), help_text=_("The reporter reads this."))

    def act(self) -> None:
        actions.ask_for_more(case=self.case, by=self.user, question=self.cleaned_data["question"])


class File(StepForm):
    verb = "file"
    template = "desk/cases/steps/file.html"
    matter = forms.CharField(label=_("Matter"), max_length=5, error_messages={"required": _("Please choose a matter.")})
    level = forms.TypedChoiceField(
        label=_("Level"), coerce=int, empty_value=None, required=False, help_text=_("Empty: as the matter says.")
    )
    area = forms.TypedChoiceField(label=_("Location"), coerce=int, empty_value=None, required=False)
    text = _area(_("Text of the case"), required=False)
    confidential = forms.BooleanField(
        label=_("Confidential: the reporter is hidden from the handling unit"), required=False
    )

    def first_values(self, case: Case) -> dict[str, Any]:
        matter = case.matter.code if case.matter is not None else ""
        return {"text": case.text, "confidential": case.confidential, "area": case.area_id, "matter": matter}

    def set_up(self) -> None:
        self.fields["level"].choices = [("", _("As the matter says")), *Level.choices]  # type: ignore[attr-defined]
        allowed = authority_of(self.user).places(P.CASE_FILE)
        held = places.areas(under_paths=allowed)
        names = [
            (area.pk, f"{area.parent.name if area.parent is not None and area.kind == 'grid' else ''}{area.name}")
            for area in held
            if area.kind in {"community", "grid"} or area.pk == self.case.area_id
        ]
        if self.case.area_id not in dict(names):
            names.insert(0, (self.case.area_id, self.case.area.name))
        self.fields["area"].choices = names  # type: ignore[attr-defined]

    def act(self) -> None:
        given = self.cleaned_data
        actions.file(
            case=self.case,
            by=self.user,
            matter=catalogue.get_matter(given["matter"]),
            level=given["level"],
            area=places.get_area(given["area"]) if given["area"] else None,
            text=given["text"],
            confidential=given["confidential"],
        )


_OTHER = "other"
_REASONS: tuple[tuple[str, Any], ...] = (
    ("powers", _("It is beyond the powers of this street and its units.")),
    ("court", _("It is before a court, in arbitration or administrative review, or has been decided there.")),
    ("petition", _("It is being dealt with as a petition, or a final answer was given.")),
    ("repeated", _("It was reported before and answered; nothing new was said.")),
    ("unclear", _("What is meant cannot be found out, and the reporter cannot be reached.")),
    ("private", _("It is a private commercial dispute that needs no public body.")),
    ("emergency", _("It is an emergency or a crime that the police, fire or ambulance service must handle.")),
    ("secret", _("It touches state secrets, business secrets or the privacy of others.")),
)
_CHANNELS: tuple[tuple[str, Any], ...] = (
    ("12345", _("Please call the government hotline 12345.")),
    ("court", _("Please turn to the court, the arbitration commission or the body of administrative review.")),
    ("petition", _("Please turn to the petition office of the district.")),
    ("mediation", _("The people's mediation committee of your community can help free of charge.")),
    ("legal", _("Please call the legal service hotline 12348.")),
    ("market", _("Please call the consumer hotline 12315.")),
    ("alarm", _("Please call 110, 119 or 120 at once.")),
    ("station", _("You are welcome to ask at the station of your community.")),
)


class Decline(StepForm):
    verb = "decline"
    template = "desk/cases/steps/decline.html"
    reason = forms.ChoiceField(label=_("Reason"))
    reason_text = _area(_("In your own words"), required=False, rows=2)
    channel = forms.ChoiceField(label=_("Where to turn instead"))
    channel_text = _area(_("Where to turn, in your own words"), required=False, rows=2)

    def set_up(self) -> None:
        other = (_OTHER, _("Something else, in my own words"))
        self.fields["reason"].choices = [("", _("Please choose")), *_REASONS, other]  # type: ignore[attr-defined]
        self.fields["channel"].choices = [("", _("Please choose")), *_CHANNELS, other]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for field, ready in (("reason", dict(_REASONS)), ("channel", dict(_CHANNELS))):
            chosen, own = given.get(field, ""), given.get(f"{field}_text", "").strip()
            if chosen == _OTHER and not own:
                self.add_error(f"{field}_text", _("Please write it down; the reporter reads it."))
            sentence = "" if chosen == _OTHER else str(ready.get(chosen, ""))
            given[f"{field}_sentence"] = " ".join(part for part in (sentence, own) if part)
        return given

    def act(self) -> None:
        given = self.cleaned_data
        actions.decline(
            case=self.case, by=self.user, reason=given["reason_sentence"], channel=given["channel_sentence"]
        )


class Merge(StepForm):
    verb = "merge"
    template = "desk/cases/steps/merge.html"

    def __init__(self, data: Any = None, **more: Any) -> None:
        if data is not None and data.get("into_number", "").strip():
            data = data.copy()  # a number typed by hand goes before the choice
            data["into"] = data["into_number"]
        super().__init__(data, **more)

    into = forms.CharField(
        label=_("Number of the other case"),
        max_length=24,
        error_messages={"required": _("Please choose or enter the case that stays.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    @property
    def typed_number(self) -> str:
        """The number typed by hand, kept after a refusal."""
        return str(self.data.get("into_number", "")) if self.is_bound else ""

    def clean_into(self) -> str:
        """The chosen case."""
        return str(self.cleaned_data["into"]).strip().upper()

    def act(self) -> None:
        into = queries.get_case(self.user, self.cleaned_data["into"])
        actions.merge(case=self.case, into=into, by=self.user)


class _Reason(StepForm):
    reason = _area(_("Reason"))

    action: ClassVar[Callable[..., Any]]

    def act(self) -> None:
        type(self).action(case=self.case, by=self.user, reason=self.cleaned_data["reason"])


class Unmerge(_Reason):
    verb = "unmerge"
    action = staticmethod(actions.unmerge)


class Void(_Reason):
    verb = "void"
    action = staticmethod(actions.void)


class RefuseSpotCheck(_Reason):
    verb = "refuse_spot_check"
    action = staticmethod(actions.refuse_spot_check)


class Reopen(_Reason):
    verb = "reopen"
    action = staticmethod(actions.reopen)


class Dismiss(_Reason):
    verb = "dismiss"
    reason = _area(_("Reasons, in words that the reporter reads"))
    action = staticmethod(actions.dismiss)


class Flag(StepForm):
    verb = "flag"
    emerging = forms.BooleanField(label=_("Early sign: small now, could grow"), required=False)
    legacy = forms.BooleanField(label=_("Inherited: a problem from years ago"), required=False)

    def first_values(self, case: Case) -> dict[str, Any]:
        return {"emerging": case.emerging, "legacy": case.legacy}

    def act(self) -> None:
        given = self.cleaned_data
        actions.flag(case=self.case, by=self.user, emerging=given["emerging"], legacy=given["legacy"])


class PassSpotCheck(StepForm):
    verb = "pass_spot_check"
    note = _area(_("What was seen"), required=False, rows=2)

    def act(self) -> None:
        actions.pass_spot_check(case=self.case, by=self.user, note=self.cleaned_data["note"])


class Dispatch(StepForm):
    verb = "dispatch"
    template = "desk/cases/steps/dispatch.html"
    unit = forms.TypedChoiceField(
        label=_("Responsible unit"), coerce=int, error_messages={"required": _("Please choose the responsible unit.")}
    )
    co_units = forms.TypedMultipleChoiceField(
        label=_("Co-handling units"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    note = _area(
        _("Note to the unit"),
        required=False,
        rows=2,
        help_text=_("Appears in the record of the case; the reporter can read it."),
    )

    def set_up(self) -> None:
        matter = self.case.matter
        self.route = (
            catalogue.route(matter, self.case.area, compound=self.case.compound) if matter is not None else None
        )
        if self.route is not None and not fits_level(self.case, self.route.main):
            self.route = None
        near = units_near(self.case)
        self.fields["unit"].choices = [("", _("Please choose")), *by_level(self.case, near)]  # type: ignore[attr-defined]
        self.fields["co_units"].choices = [(unit.pk, unit.name) for unit in near]  # type: ignore[attr-defined]
        if self.route is not None:
            self.initial.setdefault("unit", self.route.main.pk if self.route.main is not None else "")
            self.initial.setdefault("co_units", [unit.pk for unit in self.route.co])

    @property
    def moved_to(self) -> str:
        """The level to which the case was passed up or handed down."""
        return str(dict(Level.choices)[self.case.level]) if procedures.was_moved(self.case) else ""

    @property
    def reasons(self) -> list[str]:
        """Why the proposal is what it is."""
        return [str(reason) for reason in self.route.why] if self.route is not None else []

    def act(self) -> None:
        given = self.cleaned_data
        unit = get_organisation(given["unit"])
        proposed = self.route is not None and self.route.main is not None and self.route.main.pk == unit.pk
        rule = self.route.rule if self.route is not None else None
        actions.dispatch(
            case=self.case,
            by=self.user,
            unit=unit,
            co_units=[get_organisation(pk) for pk in given["co_units"]],
            why=[f"rule:{rule.pk}"] if proposed and rule is not None else ["by_hand"],
            note=given["note"].strip(),
        )


class SignFor(StepForm):
    verb = "sign_for"

    def act(self) -> None:
        actions.sign_for(case=self.case, by=self.user)


class SendBack(StepForm):
    verb = "send_back"
    reason = _area(_("Why it is not your unit's duty"), rows=2)
    basis = _area(_("Legal basis or duty list"), rows=2, help_text=_("Law, list of powers, or division of duties."))

    def act(self) -> None:
        given = self.cleaned_data
        actions.send_back(case=self.case, by=self.user, reason=given["reason"], basis=given["basis"])


class Contact(StepForm):
    verb = "contact"
    text = _area(_("What was agreed with the reporter"), rows=2)

    def act(self) -> None:
        actions.contact(case=self.case, by=self.user, text=self.cleaned_data["text"])


class Assist(StepForm):
    verb = "assist"
    template = "desk/cases/steps/photos.html"
    photo_fields = ("photos",)
    text = _area(_("What your unit contributed"))

    def act(self) -> None:
        actions.assist(
            case=self.case, by=self.user, text=self.cleaned_data["text"], photos=self.photos.get("photos", ())
        )


class Handle(StepForm):
    verb = "handle"
    template = "desk/cases/steps/handle.html"
    photo_fields = ("before", "after")
    result = forms.ChoiceField(
        label=_("Result"),
        choices=Result.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose the result.")},
    )
    text = _area(
        _("What was done, for the record"), help_text=_("For the record: who went, what was found, what was done.")
    )
    reply = _area(_("Public answer to the reporter"), help_text=_("The reporter reads exactly this."))
    legal_basis = forms.CharField(label=_("Legal basis"), max_length=200, required=False)
    area_m2 = forms.DecimalField(
        label=_("Area (m²)"), min_value=0, max_digits=12, decimal_places=2, required=False, localize=False
    )

    def set_up(self) -> None:
        matter = self.case.matter
        units = [*(matter.units if matter is not None else []), *_COMMON_UNITS]
        self.unit_choices = [(unit, UNIT_NAMES.get(unit, unit)) for unit in dict.fromkeys(units)]
        if matter is None or not matter.legal_basis_required:
            del self.fields["legal_basis"]
        if matter is None or not matter.area_required:
            del self.fields["area_m2"]

    @property
    def quantity_rows(self) -> list[dict[str, Any]]:
        """Rows of the table of quantities, as typed, or empty with the units of the matter."""
        sent = self.data if isinstance(self.data, QueryDict) else QueryDict()
        amounts, units = sent.getlist("quantity_amount"), sent.getlist("quantity_unit")
        first = [unit for unit, _name in self.unit_choices]
        return [
            {
                "amount": amounts[n] if n < len(amounts) else "",
                "unit": units[n] if n < len(units) else first[min(n, len(first) - 1)],
            }
            for n in range(max(QUANTITY_ROWS - 1, min(len(amounts), QUANTITY_ROWS * 3)))
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        rows: list[tuple[Decimal, str]] = []
        amount_field = forms.DecimalField(min_value=0, max_digits=12, decimal_places=2)
        for row in self.quantity_rows:
            if not row["amount"].strip():
                continue
            try:
                amount = amount_field.clean(row["amount"])
            except forms.ValidationError:
                self.add_error(None, _("“%(text)s” is no quantity; write a number.") % {"text": row["amount"][:20]})
                continue
            rows.append((amount, row["unit"].strip()[:12]))
        given["quantities"] = rows
        return given

    def act(self) -> None:
        given = self.cleaned_data
        outcome = actions.Outcome(
            result=given["result"],
            text=given["text"],
            reply=given["reply"],
            quantities=given["quantities"],
            legal_basis=given.get("legal_basis") or "",
            area_m2=given.get("area_m2"),
            before_photos=self.photos.get("before", ()),
            after_photos=self.photos.get("after", ()),
        )
        actions.handle(case=self.case, by=self.user, outcome=outcome)

    def remarks(self) -> list[str]:
        return [str(hint) for hint in hints(self.cleaned_data["text"], self.cleaned_data["reply"])]


class Verify(StepForm):
    verb = "verify"
    template = "desk/cases/steps/photos.html"
    photo_fields = ("photos",)
    note = _area(_("What was seen"), required=False, rows=2)

    def act(self) -> None:
        actions.verify(
            case=self.case, by=self.user, note=self.cleaned_data["note"], photos=self.photos.get("photos", ())
        )


class Rework(StepForm):
    verb = "rework"
    template = "desk/cases/steps/photos.html"
    photo_fields = ("photos",)
    reason = _area(_("What is missing or wrong"), rows=2, help_text=_("The unit and the reporter read this."))

    def act(self) -> None:
        actions.rework(
            case=self.case, by=self.user, reason=self.cleaned_data["reason"], photos=self.photos.get("photos", ())
        )


class CallBack(StepForm):
    verb = "call_back"
    template = "desk/cases/steps/call_back.html"
    report = forms.UUIDField(widget=forms.HiddenInput)
    solved = forms.ChoiceField(
        label=_("Is it solved?"),
        choices=Evaluation.Solved.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please ask whether it is solved.")},
    )
    satisfied = forms.ChoiceField(
        label=_("Is the reporter satisfied?"),
        choices=Evaluation.Satisfied.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please ask whether the reporter is satisfied.")},
    )
    contacted = forms.TypedChoiceField(
        label=_("Did the unit get in touch first?"),
        choices=[("yes", _("Yes, it did")), ("no", _("No, it did not")), ("", _("Not asked, or no answer"))],
        coerce=lambda answer: answer == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
        required=False,
    )
    comment = _area(pgettext_lazy("call-back", "In the reporter's words"), required=False, rows=2)

    def set_up(self) -> None:
        self.waiting = unanswered(self.case, self.user)
        if self.waiting:
            self.initial.setdefault("report", self.waiting[0].public_id)

    @classmethod
    def offered(cls, case: Case, user: User) -> bool:
        return bool(unanswered(case, user))

    def act(self) -> None:
        given = self.cleaned_data
        actions.evaluate(
            report=queries.get_voice(self.case, self.user, given["report"]),
            solved=given["solved"],
            satisfied=given["satisfied"],
            comment=given["comment"],
            contacted=given["contacted"],
            by=self.user,
        )


def unanswered(case: Case, user: User) -> list[Report]:
    """Reporters who are asked and have not yet answered in this round."""
    return [
        voice
        for voice in queries.voices(case, user)
        if voice.asks and not any(e.round == case.round for e in voice.evaluations.all())
    ]


class Close(StepForm):
    verb = "close"
    note = _area(
        _("Note"),
        required=False,
        rows=2,
        help_text=_("Reporters who said nothing stay “not evaluated”; they can still object for 15 days."),
    )

    def act(self) -> None:
        actions.close(case=self.case, by=self.user, note=self.cleaned_data["note"])


# In the order in which the case page offers them.
_OFFERED: tuple[type[StepForm], ...] = (
    File,
    Dispatch,
    SignFor,
    Handle,
    *PROCEDURE_FORMS,
    Verify,
    PassSpotCheck,
    CallBack,
    Reopen,
    Dismiss,
    Rework,
    RefuseSpotCheck,
    Merge,
    Decline,
    AskForMore,
    SendBack,
    Contact,
    Assist,
    Unmerge,
    Close,
    *CHECK_FORMS,
    AnswerSupervision,
    Supervise,
    Flag,
    Void,
)
STEP_FORMS: dict[str, type[StepForm]] = {form.verb: form for form in _OFFERED}
