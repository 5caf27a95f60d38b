"""The ten modules: each a view over the catalogue, with its open cases, what is due, its map and its matters."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from wangge.domains.cases import queries
from wangge.doors.desk.cases.rows import points, rows
from wangge.doors.desk.context import shown
from wangge.doors.desk.map.scope import bounds, map_urls, streets_of
from wangge.doors.desk.words import MODULE_ICONS
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue import queries as catalogue
from wangge.foundation.catalogue.kinds import Module
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest, HttpResponse

_DUE = 15


@gate(P.CASE_VIEW)
@require_GET
def module(request: HttpRequest, module: str) -> HttpResponse:
    """One module."""
    if module not in Module.values:
        raise NotFoundError
    user = request.user
    one = Module(module)
    open_cases = queries.Filter(module=module, open_only=True)
    due = queries.next_due(user, open_cases, limit=_DUE)
    overdue = queries.how_many(user, queries.Filter(module=module, overdue=True))
    flagged = queries.how_many(user, queries.Filter(module=module, open_only=True, emerging=True))
    groups: dict[str, dict[str, Any]] = {}
    listed = catalogue.matters(module=module)
    for matter in listed:
        kind = matter.matter_class
        groups.setdefault(kind.code, {"class": kind, "matters": []})["matters"].append(matter)
    shapes = places.outline("community", under_paths=streets_of(user))["features"]
    url = reverse("desk:cases")
    context = {
        "module": one,
        "icon_name": MODULE_ICONS[module],
        "tone": "party" if one is Module.PARTY else "",
        "tiles": [
            {
                "label": _("Open cases"),
                "value": shown(queries.how_many(user, open_cases)) or "0",
                "url": f"{url}?{urlencode({'module': module, 'state': 'open'})}",
            },
            {
                "label": _("Overdue"),
                "value": shown(overdue) or "0",
                "tone": "red" if overdue else "",
                "url": f"{url}?{urlencode({'module': module, 'overdue': 'on'})}",
            },
            {
                "label": _("Early signs"),
                "value": shown(flagged) or "0",
                "tone": "amber" if flagged else "",
                "url": f"{url}?{urlencode({'module': module, 'state': 'open', 'flag': 'emerging'})}",
            },
            {
                "label": _("Matters on the list"),
                "value": str(len(listed)),
                "url": f"{reverse('desk:catalogue')}?{urlencode({'module': module})}",
            },
        ],
        "rows": rows(due),
        "groups": list(groups.values()),
        "map": map_urls(),
        "points": points(queries.on_map(user, None, queries.Filter(module=module))),
        "bounds": bounds(shape["geometry"] for shape in shapes),
        "all_url": f"{url}?{urlencode({'module': module})}",
        "can_report": authority_of(user).holds(P.REPORT_MAKE),
    }
    return render(request, "desk/modules/module.html", context)
