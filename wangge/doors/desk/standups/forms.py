"""The forms of stand-ups and tasks. They check the shape only."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wangge.domains.fieldwork.actions.standups import MAX_DECISIONS
from wangge.domains.fieldwork.models import FieldTask
from wangge.doors.desk.rounds.forms import day_widget
from wangge.doors.desk.rounds.looks import choices_of
from wangge.foundation.catalogue.queries import matters
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wangge.foundation.accounts.models import User
    from wangge.foundation.places.models import Area

OFF = "off-the-list"
"""What is chosen where no matter fits: said so, it is refused readably and counted."""
_CHOOSE = ("", _("Please choose"))
_OFF_CHOICE = (OFF, _("On none of the admitted matters"))


class Choices:
    """What may be chosen in a task: made once for all rows of a form."""

    def __init__(self, grids: Sequence[Area], workers: Sequence[User]) -> None:
        self.grids = [_CHOOSE, *choices_of(list(grids))] if len(grids) > 1 else choices_of(list(grids))
        self.workers = [("", _("Whoever patrols there")), *((user.pk, user.name) for user in workers)]
        self.matters = [_CHOOSE, *((one.code, f"{one.code} {one.name}") for one in matters()), _OFF_CHOICE]


class DecisionForm(forms.Form):
    """One decision: what is done, on which matter it rests, where, by when and by whom."""

    title = forms.CharField(label=_("What is to be done"), max_length=60)
    matter = forms.ChoiceField(label=_("Matter"))
    grid = forms.TypedChoiceField(label=_("Grid"), coerce=int)
    due_on = forms.DateField(label=_("By the end of"), widget=day_widget(), initial=clock.today)
    assigned = forms.TypedChoiceField(label=pgettext_lazy("task", "Who"), coerce=int, required=False, empty_value=None)

    def __init__(self, data: Any = None, *, choices: Choices, **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["matter"].choices = choices.matters  # type: ignore[attr-defined]
        self.fields["grid"].choices = choices.grids  # type: ignore[attr-defined]
        self.fields["grid"].initial = str(choices.grids[0][0]) if choices.grids else ""
        self.fields["assigned"].choices = choices.workers  # type: ignore[attr-defined]

    def has_changed(self) -> bool:
        """Whether somebody wrote into this row; one that was not sent at all is empty too."""
        return any(self.add_prefix(name) in self.data for name in self.fields) and super().has_changed()


Decisions = forms.formset_factory(DecisionForm, extra=3, max_num=MAX_DECISIONS, absolute_max=MAX_DECISIONS)


class TaskForm(DecisionForm):
    """A task by itself."""

    text = forms.CharField(
        label=_("More about it"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )


class PresentForm(forms.Form):
    """Who was there: may be noted and need not be."""

    present = forms.TypedMultipleChoiceField(
        label=_("Who was there"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("May be left out."),
    )

    def __init__(self, data: Any = None, *, people: Sequence[User]) -> None:
        super().__init__(data)
        self.fields["present"].choices = [(user.pk, user.name) for user in people]  # type: ignore[attr-defined]


class TaskFilter(forms.Form):
    """Which tasks are listed."""

    state = forms.ChoiceField(label=_("State"), choices=FieldTask.State.choices, required=False)
    area = forms.TypedChoiceField(label=_("Place"), coerce=int, required=False, empty_value=None)

    def __init__(self, data: Any = None, *, areas: list[Area]) -> None:
        super().__init__(data)
        self.fields["area"].choices = [("", _("All of my places")), *choices_of(areas)]  # type: ignore[attr-defined]


class DoneForm(forms.Form):
    """It is done, and how it went."""

    note = forms.CharField(
        label=_("How it went"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


def day_of(text: str) -> dt.date | None:
    """A day in an address; None for nonsense."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
