"""文本识别模型: how well the classifier of texts is, when it was trained, which one advises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from wangge.domains.cases import actions
from wangge.domains.cases.learning import advice
from wangge.doors.desk.catalogue.views import tabs
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue import queries as catalogue
from wangge.foundation.core.problems import NotAllowedError, NotFoundError, Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.cases.models import TextModel

_PAIRS = 8
_VERDICTS = {
    "first": gettext_lazy("the first model; switched on"),
    "not_worse": gettext_lazy("not worse than the one before; switched on"),
    "worse": gettext_lazy("worse than the one in use; kept, but not switched on"),
    "failed": gettext_lazy("the training did not end"),
}


def _line(model: TextModel) -> dict[str, Any]:
    figures = model.figures
    return {
        "model": model,
        "verdict": _VERDICTS.get(model.verdict, ""),
        "classes": len(model.classes),
        "right": _percent(figures.get("advice_right")),
        "in_three": _percent(figures.get("advice_in_three")),
        "held_out": figures.get("held_out", 0),
        "held_out_accuracy": _percent(figures.get("held_out_accuracy")),
        "held_out_before": _percent(figures.get("held_out_before")),
        "sure": _percent(figures.get("sure")),
        "sure_right": _percent(figures.get("sure_right")),
        "usable": model.finished_at is not None and model.verdict != "failed" and not model.active,
    }


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.1f} %"


def _confused(model: TextModel) -> list[dict[str, Any]]:
    pairs = model.figures.get("confused", [])[:_PAIRS]
    ids = catalogue.ids_of_codes({code for one, other, _n in pairs for code in (one, other)})
    held = {matter.code: matter for matter in catalogue.matters_by_id(ids.values()).values()}
    return [
        {"one": held[one], "other": held[other], "n": n} for one, other, n in pairs if one in held and other in held
    ]


@gate(P.CATALOGUE_VIEW)
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    """The trainings and their figures; the one in use above."""
    rows = [_line(model) for model in advice.models()]
    current = next((row for row in rows if row["model"].active), None)
    context = {
        "tabs": tabs("learning", request.user),
        "rows": rows,
        "current": current,
        "running": next((row for row in rows if row["model"].finished_at is None), None),
        "confused": _confused(current["model"]) if current else [],
        "may_edit": authority_of(request.user).holds(P.CATALOGUE_EDIT),
    }
    return render(request, "desk/catalogue/learning.html", context)


@gate(P.CATALOGUE_EDIT)
@require_POST
def train(request: HttpRequest) -> HttpResponse:
    """Ask the worker to train now."""
    try:
        actions.learning.ask_training(by=request.user)
    except NotAllowedError:
        raise
    except Problem as problem:
        messages.error(request, f"{problem.title} {problem.remedy}")
    else:
        messages.success(request, _("The training begins in a moment; this page shows how far it is."))
    return redirect("desk:learning")


@gate(P.CATALOGUE_EDIT)
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Let this model advise; the one in use is switched off by the same button."""
    model = advice.get_model(pk)
    if model is None:
        raise NotFoundError
    try:
        if model.active:
            actions.learning.switch_off(by=request.user)
            messages.success(request, _("Now the words of the catalogue advise alone."))
        else:
            actions.learning.switch_on(model=model, by=request.user)
            messages.success(request, _("This model advises from now on."))
    except NotAllowedError:
        raise
    except Problem as problem:
        messages.error(request, str(problem.title))
    return redirect("desk:learning")
