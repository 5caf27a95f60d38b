"""试算: what a rule would have done with last month's cases, shown before anybody lets it hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.views.decorators.http import require_POST

from wangge.domains.cases.learning import backtest
from wangge.doors.desk.cases.rows import place_line
from wangge.doors.desk.catalogue.forms import RuleForm
from wangge.doors.desk.catalogue.routing import refused_page
from wangge.doors.desk.catalogue.views import tabs
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue import proposals
from wangge.foundation.catalogue.models import RoutingRule
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.cases.learning.backtest import Trial


def trial_lines(user: Any, trial: Trial) -> dict[str, Any]:
    """A trial as `catalogue/trial_result.html` draws it; rows of cases that the person may see."""
    rows = backtest.changed_rows(user, trial)
    return {
        "trial": trial,
        "rows": [
            {
                "case": row.case,
                "place": place_line(row.case),
                "before": row.before,
                "after": row.after,
                "handled": row.handled,
                "right": row.right,
            }
            for row in rows
        ],
        "hidden": trial.elsewhere - len(rows),
    }


@gate(P.ROUTING_EDIT)
@require_POST
def try_rule(request: HttpRequest) -> HttpResponse:
    """The result for the rule as typed; nothing is saved."""
    form = RuleForm(request.POST, user=request.user)
    if not form.is_valid():
        return refused_page(request, form)
    values = form.values()
    if (values["unit"] is None) == (not values["unit_kind"]):
        form.add_error("unit", str(form.one_of_two))
        return refused_page(request, form)
    rule = RoutingRule(valid_from=clock.today(), **values)
    context = {
        "tabs": tabs("routing", request.user),
        "rule": rule,
        "replaces": proposals.same_subject(rule, clock.today()),
        "typed": {name: request.POST.get(name, "") for name in form.fields},
    }
    return render(request, "desk/catalogue/trial.html", context | trial_lines(request.user, backtest.try_rule(rule)))
