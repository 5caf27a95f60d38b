"""What every desk page needs: the rail and who is signed in. Built only when a page draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

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


def _rail(request: HttpRequest) -> list[dict[str, Any]]:
    user = request.user
    if not user.is_authenticated:
        return []
    authority = authority_of(user)
    here = request.path
    items: list[dict[str, Any]] = []

    def add(section: str, label: str, url: str, icon: str, *, exact: bool = False, **more: Any) -> None:
        active = here == url if exact else here.startswith(url)
        items.append({"section": section, "label": label, "url": url, "icon": icon, "active": active, **more})

    add("", _("To do"), reverse("desk:home"), "list-check", exact=True, count=shown(how_many(user)))
    if authority.holds(P.CASE_VIEW) or authority.holds(P.CASE_HANDLE):
        add("", _("Cases"), reverse("desk:cases"), "clipboard-list")
        add("", _("Map"), reverse("desk:map"), "map-2")
        add("", _("Whistles"), reverse("desk:whistles"), "speakerphone")
        add("", _("Precedents"), reverse("desk:precedents"), "scale")
    if authority.holds(P.CASE_MERGE):
        add("", _("Possibly one thing"), reverse("desk:clusters"), "git-merge")
    if authority.holds(P.STATS_VIEW):
        add("", _("Supervision"), reverse("desk:supervision"), "clock-exclamation")
    if authority.holds(P.CASE_INSPECT):
        add("", _("Inspections"), reverse("desk:inspections"), "eye-search")
    if authority.holds(P.REPORT_MAKE):
        add("", _("New report"), reverse("desk:new"), "plus")
    if authority.holds(P.CASE_VIEW):
        for module in Module:
            url = reverse("desk:module", args=[module.value])
            tone = "party" if module is Module.PARTY else ""
            add(_("Modules"), str(module.label), url, MODULE_ICONS[module.value], tone=tone)
    if authority.holds(P.VISIT_VIEW):
        add(_("In the grid"), _("Visits"), reverse("desk:visits"), "home")
    elif authority.holds(P.LEAVE_GRANT):
        add(_("In the grid"), _("Leave and standing in"), reverse("desk:leave"), "calendar-x")
    if authority.holds(P.PHONE_VIEW):
        add(_("In the grid"), pgettext("desk", "Phones"), reverse("desk:phones"), "device-mobile")
    if authority.holds(P.PATROL_VIEW):
        add(_("In the grid"), _("Rounds"), reverse("desk:rounds"), "route")
    if authority.holds(P.STANDUP_HOLD):
        add(_("In the grid"), _("Stand-ups"), reverse("desk:stand-ups"), "users-group")
    if any(authority.holds(one) for one in SEES):
        add(_("In the grid"), _("Tasks"), reverse("desk:tasks"), "list-check")
    if authority.holds(P.PERSON_FIND):
        add(_("People and homes"), _("Find people"), reverse("desk:find"), "search")
    if authority.holds(P.PERSON_VIEW):
        add(_("People and homes"), _("Households of a place"), reverse("desk:people"), "home")
    if authority.holds(P.FIRM_VIEW):
        add(_("People and homes"), _("Firms"), reverse("desk:firms"), "building-store")
    if authority.holds(P.PERSON_RESCUE):
        add(_("People and homes"), _("Somebody is lost"), reverse("desk:lost"), "heart-handshake")
    if any(authority.holds(one) for one in (P.PERSON_IMPORT, P.PERSON_EXPORT, P.EXPORT_APPROVE)):
        add(_("People and homes"), _("Files in and out"), reverse("files:home"), "upload")
    if authority.holds(P.CATALOGUE_VIEW):
        add(_("People and homes"), _("Policies"), reverse("desk:policies"), "notebook")
    if authority.holds(P.LOOKUP_REVIEW):
        add(_("People and homes"), _("Privacy"), reverse("desk:privacy"), "eye-search")
    if authority.holds(P.STATS_VIEW):
        add(_("Statistics"), _("Indicators"), reverse("desk:stats"), "chart-bar")
    if authority.holds(P.AREA_VIEW):
        add(_("Base data"), _("Grids"), reverse("desk:grids"), "layout-kanban")
    if authority.holds(P.CATALOGUE_VIEW):
        add(_("Base data"), _("Matters and routing"), reverse("desk:catalogue"), "list-details")
        add(_("Base data"), _("Working calendar"), reverse("desk:calendar"), "calendar")
    if authority.holds(P.POST_VIEW):
        add(_("Base data"), _("People and posts"), reverse("desk:posts"), "users")
    add(_("Settings"), _("My account"), reverse("desk:me"), "settings")
    return items


def _me(request: HttpRequest) -> dict[str, Any]:
    if not request.user.is_authenticated:
        return {}
    posts = [post_in_words(post) for post in posts_of(request.user)]
    return {"name": request.user.name, "note": posts[0] if posts else _("No post at present"), "posts": posts}


def post_in_words(post: Any) -> str:
    """Say Dispatcher · Command Centre: the role and where it is held."""
    where = post.organisation.name if post.organisation is not None else post.area.name
    return f"{ROLES[post.role].name} · {where}"
