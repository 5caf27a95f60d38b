"""What the pages of rounds share: words and colours of states, the tabs, the grids to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from wangge.domains.fieldwork.models import Round, RoundPoint
from wangge.domains.fieldwork.round_queries import GOOD, LATE, SOON
from wangge.doors.desk.words import Look
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict

    from wangge.foundation.places.models import Area

ROUNDS: dict[str, Look] = {
    Round.State.DUE.value: Look(pgettext_lazy("round", "Due"), "clock", "blue"),
    Round.State.DONE.value: Look(pgettext_lazy("round", "Walked"), "circle-check", "green"),
    Round.State.MISSED.value: Look(pgettext_lazy("round", "Not walked"), "hourglass", "amber"),
    Round.State.EXEMPT.value: Look(pgettext_lazy("round", "Let off"), "ban", "quiet"),
}
POINTS: dict[str, Look] = {
    RoundPoint.State.DUE.value: Look(pgettext_lazy("round", "Due"), "clock", "blue"),
    RoundPoint.State.SEEN.value: Look(pgettext_lazy("round", "Looked at"), "circle-check", "green"),
    RoundPoint.State.NOT_POSSIBLE.value: Look(pgettext_lazy("round", "Not possible"), "ban", "amber"),
}
STANDINGS: dict[str, Look] = {
    GOOD: Look(pgettext_lazy("checkpoint", "In time"), "circle-check", "green"),
    SOON: Look(pgettext_lazy("checkpoint", "Soon due"), "clock", "amber"),
    LATE: Look(pgettext_lazy("checkpoint", "Overdue"), "alert-triangle", "red"),
}


def tabs(current: str) -> list[dict[str, Any]]:
    """The rounds of a day, where one has long not been, the checkpoints, and the windows."""
    every = [
        ("day", _("Rounds of the day"), reverse("desk:rounds"), "route"),
        ("coverage", _("Last looked at"), reverse("desk:rounds-coverage"), "map-2"),
        ("checkpoints", _("Checkpoints"), reverse("desk:checkpoints"), "map-pin"),
        ("windows", _("When rounds are walked"), reverse("desk:rounds-windows"), "clock"),
    ]
    return [
        {"label": label, "url": url, "icon": icon, "active": key == current, "count": None}
        for key, label, url, icon in every
    ]


def may_plan(request: HttpRequest, path: str = "") -> bool:
    """Whether the reader plans rounds at a place, or anywhere."""
    authority = authority_of(request.user)
    return authority.may(P.PATROL_PLAN, area_path=path) if path else authority.holds(P.PATROL_PLAN)


def areas_of(user: Any, permission: P) -> list[Area]:
    """Streets, communities and grids at one's places, from the top down."""
    held = places.areas(under_paths=authority_of(user).places(permission))
    found = [area for area in held if area.kind in {"street", "community", "grid"}]
    return sorted(found, key=lambda area: [int(part) for part in area.path.strip("/").split("/")])


def choices_of(areas: list[Area]) -> list[tuple[int, str]]:
    """Areas as a list to choose from, each under the one it lies in."""
    least = min((area.path.count("/") for area in areas), default=0)
    return [(area.pk, "　" * (area.path.count("/") - least) + area.name) for area in areas]


def chosen_area(query: QueryDict, areas: list[Area], name: str = "area") -> Area | None:
    """The area that was asked for, if it is one of these; a broken value chooses none."""
    return next((area for area in areas if str(area.pk) == query.get(name, "")), None)
