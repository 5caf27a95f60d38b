"""Why a unit was chosen: the rule, as it stood in the version by which the decision was proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from wangge.domains.cases import queries
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue import proposals
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_GET
def why(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """One assignment of a case: proposed by which rule of which version, or chosen by hand, or ruled."""
    case = queries.get_case(request.user, number)
    held = queries.dossier(case, request.user)
    assignment = next((one for one in held.assignments if one.pk == pk), None)
    if assignment is None:
        raise NotFoundError
    rule = version = None
    if assignment.rules_version is not None:
        version = proposals.get_version(assignment.rules_version)
        named = [code.partition(":")[2] for code in assignment.why if code.startswith("rule:")]
        if named and named[0].isdecimal():
            rule = proposals.rule_in_version(version.pk, int(named[0]))
    context = {
        "case": case,
        "assignment": assignment,
        "rule": rule,
        "version": version,
        "ruled": any(code.startswith("ruling:") for code in assignment.why),
        "by_hand": "by_hand" in assignment.why,
    }
    return render(request, "desk/cases/why.html", context)
