"""Forms of the second check (复核). The shape only; who may answer and what proves it is the action's to say."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import actions
from wangge.doors.desk.cases.step_form import StepForm, long_text


class PassSecondCheck(StepForm):
    verb = "pass_second_check"
    template = "desk/cases/steps/second_check.html"
    photo_fields = ("photos",)
    note = long_text(_("What was seen"), required=False, rows=2)

    def act(self) -> None:
        actions.pass_second_check(
            case=self.case, by=self.user, note=self.cleaned_data["note"], photos=self.photos.get("photos", ())
        )


class FailSecondCheck(StepForm):
    verb = "fail_second_check"
    template = "desk/cases/steps/second_check.html"
    photo_fields = ("photos",)
    reason = long_text(_("What is missing or wrong"), rows=2, help_text=_("The unit and the reporter read this."))

    def act(self) -> None:
        actions.fail_second_check(
            case=self.case, by=self.user, reason=self.cleaned_data["reason"], photos=self.photos.get("photos", ())
        )


CHECK_FORMS = (PassSecondCheck, FailSecondCheck)
