"""Forms of supervision: the slip, its answer, and what the leader's list is narrowed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import lateness
from wangge.domains.cases.actions import supervising
from wangge.doors.desk.cases.step_form import StepForm, long_text
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import handling_units
from wangge.foundation.catalogue.kinds import Module
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from wangge.domains.cases.models import Case
    from wangge.foundation.accounts.models import User

REPLY_DAYS = [(1, _("1 working day")), (2, _("2 working days")), (3, _("3 working days")), (5, _("5 working days"))]


class Supervise(StepForm):
    verb = "supervise"
    text = long_text(_("What the unit is to do and to answer"))
    reply_days = forms.TypedChoiceField(label=_("To be answered within"), coerce=int, choices=REPLY_DAYS, initial=1)

    @classmethod
    def offered(cls, case: Case, user: User) -> bool:
        waiting = [slip for slip in lateness.slips_of(case, user) if slip.unit_id == case.unit_id and slip.is_open]
        return case.unit_id is not None and not waiting

    def act(self) -> None:
        given = self.cleaned_data
        supervising.supervise(case=self.case, by=self.user, text=given["text"], reply_days=given["reply_days"])


class AnswerSupervision(StepForm):
    verb = "answer_supervision"
    supervision = forms.ChoiceField(label=_("Supervision slip"))
    text = long_text(_("Answer of the unit"), help_text=_("Why it is late, what was done, when it will be finished."))

    def set_up(self) -> None:
        waiting = lateness.slips_to_answer(self.case, self.user)
        self.fields["supervision"].choices = [(slip.number, slip.number) for slip in waiting]  # type: ignore[attr-defined]

    @classmethod
    def offered(cls, case: Case, user: User) -> bool:
        return bool(lateness.slips_to_answer(case, user))

    def act(self) -> None:
        given = self.cleaned_data
        slip = lateness.get_slip(self.user, given["supervision"])
        supervising.answer(supervision=slip, by=self.user, text=given["text"])


class AnswerSlip(forms.Form):
    """The same on the page of the slip: also for a unit that does not have the case any more."""

    text = long_text(_("Answer of the unit"), help_text=_("Why it is late, what was done, when it will be finished."))


class LateFilter(forms.Form):
    """What the leader's list is narrowed to."""

    unit = forms.TypedChoiceField(label=_("Unit"), required=False, coerce=int, empty_value=None)
    module = forms.ChoiceField(label=_("Module"), required=False)
    area = forms.ChoiceField(label=_("Location"), required=False)
    stage = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data)
        own = authority_of(user).places(P.STATS_VIEW)
        units = {unit.pk: unit.name for path in own for unit in handling_units(path)}
        communities = places.areas("community", under_paths=own)
        choose: dict[str, list[Any]] = {
            "unit": [("", _("All units")), *units.items()],
            "module": [("", _("All modules")), *Module.choices],
            "area": [("", _("All places")), *((area.path, area.name) for area in communities)],
        }
        for name, choices in choose.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def narrowed(self, which: str) -> lateness.LateFilter:
        """What `lateness.late` is asked; what makes no sense is left out."""
        self.is_valid()
        given = self.cleaned_data
        return lateness.LateFilter(
            which=which,
            unit_id=given.get("unit"),
            stage=given.get("stage", ""),
            module=given.get("module", ""),
            area_path=given.get("area", ""),
        )
