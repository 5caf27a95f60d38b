"""What a page of figures is asked: a place, a period, perhaps a unit and a part of the catalogue; as a form and an address."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wangge.domains.stats import queries
from wangge.domains.stats.periods import LONGEST_DAYS, Period, months_of, quarters_of
from wangge.foundation.catalogue import queries as catalogue
from wangge.foundation.catalogue.kinds import Module
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    from django.http import QueryDict

    from wangge.foundation.places.models import Area

_DEPTH = {"street": 0, "community": 1, "grid": 2, "micro_grid": 3}
_FIELDS = ("period", "from", "to", "area", "unit", "matter")
_FIRST, _LAST = dt.date(2000, 1, 1), dt.date(2100, 1, 1)


def month_name(day: dt.date) -> str:
    """Say 2026年11月 / 2026-11."""
    return gettext("%(year)s-%(month)s") % {"year": day.year, "month": day.month}


def period_name(period: Period) -> str:
    """A period as people say it."""
    first, last = period.first, period.last
    if period.key == str(first.year):
        return gettext("Year %(year)s") % {"year": first.year}
    if "Q" in period.key:
        return gettext("%(year)s, quarter %(quarter)s") % {"year": first.year, "quarter": (first.month + 2) // 3}
    if period.key != "custom":
        return month_name(first)
    return gettext("%(first)s to %(last)s") % {"first": first.isoformat(), "last": last.isoformat()}


def _periods(today: dt.date) -> list[Any]:
    months = [Period.of_key(f"{day:%Y-%m}") for day in reversed(months_of(today, 14))]
    years = [str(today.year - n) for n in range(3)]
    groups = (
        (_("Months"), months),
        (_("Quarters"), quarters_of(today, 5)),
        (_("Years"), [Period.of_key(key) for key in years]),
    )
    return [(label, [(period.key, period_name(period)) for period in periods]) for label, periods in groups]


class StatsForm(forms.Form):
    """The filter of every page of figures."""

    period = forms.ChoiceField(label=_("Period counted"), required=False)
    area = forms.TypedChoiceField(label=_("Location"), required=False, coerce=int, empty_value=None)
    unit = forms.TypedChoiceField(label=_("Unit"), required=False, coerce=int, empty_value=None)
    matter = forms.ChoiceField(label=_("Kind of matter"), required=False)

    def __init__(self, data: Any, *, user: Any, places_only: bool = False) -> None:
        super().__init__(data)
        day = {"type": "date", "min": _FIRST.isoformat(), "max": _LAST.isoformat()}
        for name, label in (("from", _("From")), ("to", _("to"))):
            widget = forms.DateInput(format="%Y-%m-%d", attrs=day)
            self.fields[name] = forms.DateField(label=label, required=False, widget=widget)
        self.user = user
        self.today = clock.today()
        self.areas = queries.places_for(user)
        if not self.areas:
            raise NotFoundError
        widest = self.areas[0]
        units = queries.units_for(user, widest)
        choose: dict[str, list[Any]] = {
            "period": _with_chosen(_periods(self.today), self.data.get("period", "")),
            "area": [(area.pk, _indented(area, widest)) for area in self.areas],
            "unit": [("", _("All units")), *((unit.pk, unit.name) for unit in units)],
            "matter": [
                ("", _("All matters")),
                (_("Modules"), [(f"module:{value}", label) for value, label in Module.choices]),
                (_("Classes"), [(f"class:{kind.code}", kind.name) for kind in catalogue.classes()]),
            ],
        }
        for name, choices in choose.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.initial = {"period": f"{self.today:%Y-%m}", "area": widest.pk}
        if places_only:  # homes have no unit and no matter
            del self.fields["unit"], self.fields["matter"]

    def clean(self) -> dict[str, Any]:
        """Two days make a period of their own."""
        given = super().clean() or self.cleaned_data
        first, last = given.get("from"), given.get("to")
        if (first is None) != (last is None) and not (self.errors.keys() & {"from", "to"}):
            self.add_error("to" if last is None else "from", _("Please give both days."))
        elif first is not None and last is not None:
            if not _FIRST <= first <= last < _LAST:
                self.add_error("to", _("The last day lies before the first."))
            elif (last - first).days >= LONGEST_DAYS:
                self.add_error("to", _("At most two years at a time."))
        return given

    def asked(self) -> queries.Asked:
        """What to count. A place or a unit that is not the person's is not there: `NotFoundError`.

        Where the period cannot be read the present month is counted, and the form says what is wrong.
        """
        self.is_valid()
        if self.errors.keys() & {"area", "unit"}:
            raise NotFoundError
        given = self.cleaned_data
        kind, _sep, code = given.get("matter", "").partition(":")
        return queries.asked_of(
            self.user,
            self._period(),
            area=given.get("area") or self.areas[0].pk,
            unit=given.get("unit"),
            module=code if kind == "module" else "",
            matter_class=code if kind == "class" else "",
        )

    def _period(self) -> Period:
        given = self.cleaned_data
        if not self.errors and given.get("from") and given.get("to"):
            return Period.of_days(given["from"], given["to"])
        return Period.of_key(given.get("period") or f"{self.today:%Y-%m}")


def _with_chosen(choices: list[Any], key: str) -> list[Any]:
    """The choices, and an older period that an address names."""
    if any(key == value for _label, group in choices for value, _name in group):
        return choices
    try:
        period = Period.of_key(key)
    except ValueError:
        return choices
    return [*choices, (_("Chosen"), [(period.key, period_name(period))])]


def _indented(area: Area, widest: Area) -> str:
    depth = _DEPTH.get(area.kind, 0) - _DEPTH.get(widest.kind, 0)
    return "　" * max(0, depth) + area.name


def address(query: QueryDict | dict[str, str], **more: str) -> str:
    """The parameters of a page of figures, with some changed: "?…", or nothing."""
    kept = {name: query[name] for name in (*_FIELDS, "sort") if query.get(name)}
    kept |= more
    return "?" + urlencode({name: value for name, value in kept.items() if value}) if any(kept.values()) else ""
