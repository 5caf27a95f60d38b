"""The only place where a state of fieldwork is written: `workflow.py` says what may become of what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork import workflow
from wangge.foundation.core.problems import ConflictError

if TYPE_CHECKING:
    from django.db.models import QuerySet


class MovedOnError(ConflictError):
    """Meanwhile it has become something else, from where this step does not start."""

    code = "moved-on"
    title = _("This is not possible any more: somebody has settled it meanwhile.")
    kept = _("What you entered was not saved.")
    remedy = _("Load the page anew and look at what has become of it.")


def take(row: Any, new: str) -> None:
    """Bring a locked row into another state; the caller saves it. `MovedOnError` where no way leads there."""
    if not workflow.may_become(row._meta.model_name, row.state, new):
        raise MovedOnError
    row.state = new


def take_all(rows: QuerySet[Any], new: str, **columns: Any) -> int:
    """The same for many at once: those from which a way leads there, with some columns beside the state; how many."""
    kind = rows.model._meta.model_name
    assert kind is not None
    return rows.filter(state__in=workflow.before(kind, new)).update(state=new, **columns)
