"""The tabs of the pages of visits, as far as their reader may open them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from wangge.foundation.places.models import Area


def tabs(current: str, user: Any) -> list[dict[str, Any]]:
    """Each tab leads to a page of its own."""
    sections = (
        ("dues", _("Visits due"), "desk:visits", "home", P.VISIT_VIEW),
        ("campaigns", _("Campaigns"), "desk:campaigns", "flag", P.VISIT_VIEW),
        ("weather", _("Weather"), "desk:weather", "alert-triangle", P.VISIT_VIEW),
        ("rules", _("Rules of visits"), "desk:visit-rules", "calendar", P.VISIT_VIEW),
        ("links", _("Linked members"), "desk:links", "users", P.VISIT_PLAN),
        ("hours", _("Office hours in the compounds"), "desk:office-hours", "clock", P.VISIT_VIEW),
        ("leave", _("Leave and standing in"), "desk:leave", "calendar-x", P.LEAVE_GRANT),
    )
    authority = authority_of(user)
    return [
        {"label": label, "url": reverse(name), "active": current == key, "icon": icon}
        for key, label, name, icon, permission in sections
        if authority.holds(permission)
    ]


def areas_with(user: Any, permission: P) -> list[Area]:
    """The places where somebody holds a permission, those below them indented by their kind."""
    held = places.areas(under_paths=authority_of(user).places(permission))
    return sorted(held, key=lambda area: [int(part) for part in area.path.strip("/").split("/")])


def area_choices(user: Any, permission: P) -> list[tuple[int, str]]:
    """The same as choices of a form."""
    depth = {"street": 0, "community": 1, "grid": 2, "micro_grid": 3}
    return [(area.pk, "　" * depth.get(area.kind, 0) + area.name) for area in areas_with(user, permission)]
