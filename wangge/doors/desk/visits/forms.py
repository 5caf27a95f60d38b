"""Forms of visits, rules, campaigns, weather, links, leave and office hours. They check shapes; the actions decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wangge.domains.fieldwork.actions.visit_rules import may_set
from wangge.domains.fieldwork.actions.visits import MOST_NOTE
from wangge.domains.fieldwork.models import Campaign, Visit, VisitRule, WeatherNotice
from wangge.domains.people.circumstances import KINDS
from wangge.domains.people.models import Firm, Site
from wangge.doors.desk.visits.tabs import area_choices
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue import queries as catalogue
from wangge.foundation.catalogue.kinds import Task
from wangge.foundation.core import clock

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wangge.foundation.accounts.models import User

O = VisitRule.Object  # noqa: E741 — as in the domain
_DAY: dict[str, Any] = {"format": "%Y-%m-%d", "attrs": {"type": "date"}}
_TIME: dict[str, Any] = {"format": "%H:%M", "attrs": {"type": "time"}}
_MOMENT: dict[str, Any] = {"format": "%Y-%m-%dT%H:%M", "attrs": {"type": "datetime-local"}}
_MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


def set_choices(form: forms.Form, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
    """Give a choice field what may be chosen in this request."""
    form.fields[name].choices = list(choices)  # type: ignore[attr-defined]


def objects() -> list[tuple[str, Any]]:
    """Everything that a rule or a campaign can be about, as one list of choices: "need:low_income", "firm:", …"""
    found: list[tuple[str, Any]] = [(O.AGED.value, O.AGED.label)]
    found += [(f"{O.NEED.value}:{code}", kind.name) for code, kind in KINDS.items()]
    found += [(O.NEW_TENANT.value, O.NEW_TENANT.label), (O.ORDINARY.value, O.ORDINARY.label)]
    found.append((O.FIRM.value, _("All firms")))
    found += [(f"{O.FIRM.value}:{kind.value}", kind.label) for kind in Firm.Kind]
    found.append((O.SITE.value, _("All key places")))
    return found + [(f"{O.SITE.value}:{kind.value}", kind.label) for kind in Site.Kind]


def as_object(chosen: str) -> dict[str, str]:
    """What a choice means: {"object", "need", "kind"}."""
    what, _colon, which = chosen.partition(":")
    return {
        "object": what,
        "need": which if what == O.NEED else "",
        "kind": which if what in {O.FIRM, O.SITE} else "",
    }


def as_chosen(one: dict[str, str]) -> str:
    """The reverse of `as_object`."""
    which = one.get("need") or one.get("kind") or ""
    return f"{one['object']}:{which}" if which else one["object"]


def words_of(one: dict[str, str]) -> Any:
    """An object in words."""
    return dict(objects()).get(as_chosen(one), one["object"])


def _matters() -> list[tuple[str, str]]:
    return [("", str(_("Please choose"))), *((one.code, f"{one.code} {one.name}") for one in catalogue.matters())]


class DueFilter(forms.Form):
    """Which due visits are shown."""

    grid = forms.TypedChoiceField(label=_("Grid"), required=False, coerce=int, empty_value=None)
    until = forms.ChoiceField(
        label=_("Due until"),
        required=False,
        choices=[
            ("", _("within 7 days")),
            ("0", _("today and before")),
            ("31", _("within a month")),
            ("400", _("all")),
        ],
    )

    def __init__(self, data: Any, *, grids: list[tuple[int, str]]) -> None:
        super().__init__(data)
        set_choices(self, "grid", [("", _("All grids")), *grids])

    def days(self) -> int:
        """Until how many days from today."""
        return int(self.cleaned_data["until"] or 7)


class VisitForm(forms.Form):
    """A visit made."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    result = forms.ChoiceField(
        label=pgettext_lazy("visit", "How it went"), choices=Visit.Result.choices, widget=forms.RadioSelect
    )
    way = forms.ChoiceField(label=pgettext_lazy("visit", "Way"), choices=Visit.Way.choices, initial=Visit.Way.DOOR)
    tasks = forms.MultipleChoiceField(
        label=_("What was done"), required=False, choices=Task.choices, widget=forms.CheckboxSelectMultiple
    )
    confirmed = forms.BooleanField(label=_("Who lives there is as recorded"), required=False)
    note = forms.CharField(
        label=pgettext_lazy("visit", "Note"),
        required=False,
        max_length=MOST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Nothing about health or belief; of counselling nothing at all."),
    )

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None, firm: bool = False) -> None:
        super().__init__(data, initial=initial)
        if firm:
            del self.fields["confirmed"]

    def values(self) -> dict[str, Any]:
        """As the action takes them."""
        given = dict(self.cleaned_data)
        return {"public_id": given.pop("key"), "confirmed": given.pop("confirmed", False)} | given


class RuleForm(forms.Form):
    """A rule of visits, or its next version."""

    code = forms.SlugField(label=_("Code"), max_length=24, help_text=_("Small letters, digits, hyphens."))
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=60)
    name_en = forms.CharField(label=_("Name in English"), max_length=100, required=False)
    chosen = forms.ChoiceField(label=_("Who is visited"))
    every_days = forms.IntegerField(label=_("Every so many days"), min_value=1, max_value=732)
    matter = forms.ChoiceField(label=_("Matter of the admission list"))
    area = forms.TypedChoiceField(label=pgettext_lazy("visit", "Place"), coerce=int)

    def __init__(self, data: Any = None, *, user: User, rule: VisitRule | None = None) -> None:
        initial: dict[str, Any] = {}
        if rule is not None:
            initial = {name: getattr(rule, name) for name in ("code", "name_zh", "name_en", "every_days")}
            initial |= {"matter": rule.matter.code, "area": rule.area_id or 0}
            initial["chosen"] = as_chosen({"object": rule.object, "need": rule.need, "kind": rule.firm_kind})
        super().__init__(data, initial=initial)
        set_choices(self, "chosen", [("", _("Please choose")), *objects()])
        set_choices(self, "matter", _matters())
        everywhere = [(0, _("Everywhere"))] if may_set(user, None) else []
        set_choices(self, "area", [*everywhere, *area_choices(user, P.VISIT_PLAN)])
        if rule is not None:
            self.fields["code"].widget = forms.HiddenInput()

    def values(self) -> dict[str, Any]:
        """As the action takes them, but matter and area."""
        given = {name: self.cleaned_data[name] for name in ("code", "name_zh", "name_en", "every_days")}
        one = as_object(self.cleaned_data["chosen"])
        return given | {"object": one["object"], "need": one["need"], "firm_kind": one["kind"]}


class CampaignForm(forms.Form):
    """A campaign."""

    name_zh = forms.CharField(label=pgettext_lazy("campaign", "Name"), max_length=60)
    trigger = forms.ChoiceField(label=_("Occasion"), choices=[("", _("Please choose")), *Campaign.Trigger.choices])
    area = forms.TypedChoiceField(label=pgettext_lazy("visit", "Place"), coerce=int)
    choice = forms.MultipleChoiceField(label=_("Who is visited"), widget=forms.CheckboxSelectMultiple)
    matter = forms.ChoiceField(label=_("Matter of the admission list"))
    days = forms.IntegerField(label=_("Within how many days"), min_value=1, max_value=31, initial=2)
    ask = forms.CharField(
        label=_("What to look at and to say"),
        required=False,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It stands on the phones: name nobody."),
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)
        set_choices(self, "choice", objects())
        set_choices(self, "matter", _matters())
        set_choices(self, "area", area_choices(user, P.VISIT_PLAN))

    def values(self) -> dict[str, Any]:
        """As the action takes them, but matter and area."""
        given = {name: self.cleaned_data[name] for name in ("name_zh", "trigger", "days", "ask")}
        return given | {"choice": [as_object(one) for one in self.cleaned_data["choice"]]}


class WeatherForm(forms.Form):
    """A warning, as it was published."""

    area = forms.TypedChoiceField(label=pgettext_lazy("visit", "Place"), coerce=int)
    trigger = forms.ChoiceField(label=_("Occasion"), choices=[("", _("Please choose")), *Campaign.Trigger.choices])
    level = forms.ChoiceField(label=pgettext_lazy("weather", "Level"), choices=WeatherNotice.Level.choices)
    words = forms.CharField(
        label=pgettext_lazy("weather", "What it says"), max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )
    starts_at = forms.DateTimeField(
        label=pgettext_lazy("time", "From"), input_formats=_MOMENTS, widget=forms.DateTimeInput(**_MOMENT)
    )
    ends_at = forms.DateTimeField(
        label=pgettext_lazy("time", "Until"), input_formats=_MOMENTS, widget=forms.DateTimeInput(**_MOMENT)
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)
        set_choices(self, "area", area_choices(user, P.VISIT_PLAN))


class LinkForm(forms.Form):
    """Somebody is linked to some households of a building."""

    households = forms.TypedMultipleChoiceField(
        label=pgettext_lazy("visit", "Households"), coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, households: Iterable[tuple[int, str]]) -> None:
        super().__init__(data)
        set_choices(self, "households", households)


class MemberForm(forms.Form):
    """Whose links: by log-in name."""

    username = forms.CharField(label=_("Log-in name"), max_length=60)


class BuildingFilter(forms.Form):
    """In which grid and building to look for households."""

    grid = forms.TypedChoiceField(label=_("Grid"), required=False, coerce=int, empty_value=None)
    building = forms.TypedChoiceField(label=_("Building"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Any, *, grids: Iterable[tuple[int, str]], buildings: Iterable[tuple[int, str]]) -> None:
        super().__init__(data)
        set_choices(self, "grid", [("", _("Please choose")), *grids])
        set_choices(self, "building", [("", _("Please choose")), *buildings])


class LeaveForm(forms.Form):
    """Somebody is away. Why is not asked."""

    user = forms.TypedChoiceField(label=_("Who is away"), coerce=int)
    from_on = forms.DateField(label=_("First day"), widget=forms.DateInput(**_DAY))
    to_on = forms.DateField(label=_("Last day"), widget=forms.DateInput(**_DAY))
    substitute = forms.TypedChoiceField(label=_("Who stands in"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Any = None, *, people: Iterable[User], colleagues: Iterable[User]) -> None:
        super().__init__(data, initial={"from_on": clock.today()})
        set_choices(self, "user", [("", _("Please choose")), *((one.pk, one.name) for one in people)])
        set_choices(self, "substitute", [("", _("Nobody")), *((one.pk, one.name) for one in colleagues)])


class HandOverForm(forms.Form):
    """To whom."""

    heir = forms.TypedChoiceField(label=_("Colleague who takes it over"), coerce=int)

    def __init__(self, data: Any = None, *, colleagues: Iterable[User]) -> None:
        super().__init__(data)
        set_choices(self, "heir", [("", _("Please choose")), *((one.pk, one.name) for one in colleagues)])


class OfficeHourForm(forms.Form):
    """When and where somebody can be met, every week."""

    area = forms.TypedChoiceField(label=pgettext_lazy("visit", "Place"), coerce=int)
    compound = forms.TypedChoiceField(label=_("Compound"), required=False, coerce=int, empty_value=None)
    spot = forms.CharField(label=_("Where exactly"), max_length=60)
    weekday = forms.TypedChoiceField(label=_("Day of the week"), coerce=int)
    opens = forms.TimeField(label=pgettext_lazy("time", "From"), widget=forms.TimeInput(**_TIME))
    closes = forms.TimeField(label=pgettext_lazy("time", "Until"), widget=forms.TimeInput(**_TIME))
    user = forms.TypedChoiceField(label=_("Who is there"), required=False, coerce=int, empty_value=None)

    def __init__(
        self, data: Any = None, *, user: User, compounds: Iterable[tuple[int, str]], people: Iterable[User]
    ) -> None:
        super().__init__(data)
        set_choices(self, "area", area_choices(user, P.VISIT_PLAN))
        set_choices(self, "compound", [("", _("None")), *compounds])
        set_choices(self, "weekday", list(enumerate(WEEKDAYS)))
        set_choices(self, "user", [("", _("Not fixed")), *((one.pk, one.name) for one in people)])


WEEKDAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)


def office_time(moment: dt.datetime) -> dt.datetime:
    """A typed moment, in the office's time."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=clock.OFFICE)
