"""What every desk page needs: the rail and who is signed in. Built only when a page draws them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wangge.domains.fieldwork.field_tasks import SEES
from wangge.doors.desk.words import MODULE_ICONS
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import posts_of
from wangge.foundation.accounts.roles import ROLES
from wangge.foundation.catalogue.kinds import Module
from wangge.foundation.duties.queries import how_many

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.functional import _StrPromise as StrPromise

    from wangge.foundation.accounts.authority import Authority


_MOST = 99


def rail(request: HttpRequest) -> dict[str, object]:
    """`rail` and `me`, as `base_desk.html` describes them."""
    return {
        "rail": SimpleLazyObject(lambda: _rail(request)),
        "me": SimpleLazyObject(lambda: _me(request)),
    }


def shown(count: int) -> str:
    """A bounded count: "99+" beyond 99, nothing for none."""
    return "" if count <= 0 else f"{_MOST}+" if count > _MOST else str(count)


@dataclasses.dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the rail, for whoever holds one of `may` somewhere and none of `unless`; no `may`: for everybody."""

    section: StrPromise | str
    label: StrPromise
    url: str
    icon: str
    may: tuple[P, ...] = ()
    unless: tuple[P, ...] = ()

    def is_for(self, authority: Authority) -> bool:
        allowed = not self.may or any(authority.holds(one) for one in self.may)
        return allowed and not any(authority.holds(one) for one in self.unless)


_GRID, _PEOPLE, _STATS, _BASE = _("In the grid"), _("People and homes"), _("Statistics"), _("Base data")
_BEFORE_MODULES = (
    _Entry("", _("Cases"), "cases", "clipboard-list", (P.CASE_VIEW, P.CASE_HANDLE)),
    _Entry("", _("Map"), "map", "map-2", (P.CASE_VIEW, P.CASE_HANDLE)),
    _Entry("", _("Whistles"), "whistles", "speakerphone", (P.CASE_VIEW, P.CASE_HANDLE)),
    _Entry("", _("Precedents"), "precedents", "scale", (P.CASE_VIEW, P.CASE_HANDLE)),
    _Entry("", _("Possibly one thing"), "clusters", "git-merge", (P.CASE_MERGE,)),
    _Entry("", _("Supervision"), "supervision", "clock-exclamation", (P.STATS_VIEW,)),
    _Entry("", _("Inspections"), "inspections", "eye-search", (P.CASE_INSPECT,)),
    _Entry("", _("New report"), "new", "plus", (P.REPORT_MAKE,)),
)
_AFTER_MODULES = (
    _Entry(_GRID, _("Visits"), "visits", "home", (P.VISIT_VIEW,)),
    _Entry(_GRID, _("Leave and standing in"), "leave", "calendar-x", (P.LEAVE_GRANT,), unless=(P.VISIT_VIEW,)),
    _Entry(_GRID, pgettext_lazy("desk", "Phones"), "phones", "device-mobile", (P.PHONE_VIEW,)),
    _Entry(_GRID, _("Rounds"), "rounds", "route", (P.PATROL_VIEW,)),
    _Entry(_GRID, _("Stand-ups"), "stand-ups", "users-group", (P.STANDUP_HOLD,)),
    _Entry(_GRID, _("Tasks"), "tasks", "list-check", tuple(SEES)),
    _Entry(_PEOPLE, _("Find people"), "find", "search", (P.PERSON_FIND,)),
    _Entry(_PEOPLE, _("Households of a place"), "people", "home", (P.PERSON_VIEW,)),
    _Entry(_PEOPLE, _("Firms"), "firms", "building-store", (P.FIRM_VIEW,)),
    _Entry(_PEOPLE, _("Somebody is lost"), "lost", "heart-handshake", (P.PERSON_RESCUE,)),
    _Entry(
        _PEOPLE, _("Files in and out"), "files:home", "upload", (P.PERSON_IMPORT, P.PERSON_EXPORT, P.EXPORT_APPROVE)
    ),
    _Entry(_PEOPLE, _("Policies"), "policies", "notebook", (P.CATALOGUE_VIEW,)),
    _Entry(_PEOPLE, _("Privacy"), "privacy", "eye-search", (P.LOOKUP_REVIEW,)),
    _Entry(_STATS, _("Indicators"), "stats", "chart-bar", (P.STATS_VIEW,)),
    _Entry(_BASE, _("Grids"), "grids", "layout-kanban", (P.AREA_VIEW,)),
    _Entry(_BASE, _("Matters and routing"), "catalogue", "list-details", (P.CATALOGUE_VIEW,)),
    _Entry(_BASE, _("Working calendar"), "calendar", "calendar", (P.CATALOGUE_VIEW,)),
    _Entry(_BASE, _("People and posts"), "posts", "users", (P.POST_VIEW,)),
    _Entry(_("Settings"), _("My account"), "me", "settings"),
)


def _rail(request: HttpRequest) -> list[dict[str, Any]]:
    user = request.user
    if not user.is_authenticated:
        return []
    authority = authority_of(user)
    items = [
        _item(request, "", _("To do"), reverse("desk:home"), "list-check", exact=True, count=shown(how_many(user)))
    ]
    items += [_linked(request, entry) for entry in _BEFORE_MODULES if entry.is_for(authority)]
    if authority.holds(P.CASE_VIEW):
        for module in Module:
            url, icon = reverse("desk:module", args=[module.value]), MODULE_ICONS[module.value]
            tone = "party" if module is Module.PARTY else ""
            items.append(_item(request, _("Modules"), module.label, url, icon, tone=tone))
    return items + [_linked(request, entry) for entry in _AFTER_MODULES if entry.is_for(authority)]


def _linked(request: HttpRequest, entry: _Entry) -> dict[str, Any]:
    url = reverse(entry.url if ":" in entry.url else f"desk:{entry.url}")
    return _item(request, entry.section, entry.label, url, entry.icon)


def _item(
    request: HttpRequest, section: StrPromise | str, label: StrPromise | str, url: str, icon: str, **more: Any
) -> dict[str, Any]:
    active = request.path == url if more.pop("exact", False) else request.path.startswith(url)
    return {"section": str(section), "label": str(label), "url": url, "icon": icon, "active": active, **more}


def _me(request: HttpRequest) -> dict[str, Any]:
    if not request.user.is_authenticated:
        return {}
    posts = [post_in_words(post) for post in posts_of(request.user)]
    return {"name": request.user.name, "note": posts[0] if posts else str(_("No post at present")), "posts": posts}


def post_in_words(post: Any) -> str:
    """Say Dispatcher · Command Centre: the role and where it is held."""
    where = post.organisation.name if post.organisation is not None else post.area.name
    return f"{ROLES[post.role].name} · {where}"
