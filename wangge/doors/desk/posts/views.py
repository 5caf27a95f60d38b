"""任职: who holds which post; giving and ending posts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from wangge.doors.desk import paging
from wangge.doors.desk.catalogue.forms import area_choices
from wangge.doors.desk.map.scope import streets_of
from wangge.foundation.accounts import actions
from wangge.foundation.accounts import queries as accounts
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.models import Post
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.roles import ROLES, role_choices
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError, Problem
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class PostForm(forms.Form):
    """An appointment."""

    username = forms.CharField(
        label=_("Log-in name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("Please choose")), *role_choices()])
    organisation = forms.TypedChoiceField(label=_("Unit"), required=False, coerce=int, empty_value=None)
    area = forms.TypedChoiceField(label=_("Location"), required=False, coerce=int, empty_value=None)
    basis = forms.ChoiceField(label=_("Kind of appointment"), choices=Post.Basis.choices)
    valid_from = forms.DateField(label=_("From"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    valid_to = forms.DateField(
        label=_("Until (not including)"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(self, data: Any = None, *, user: Any) -> None:
        super().__init__(data, initial={"valid_from": clock.today()})
        streets = streets_of(user)
        units = [
            (unit.pk, unit.name)
            for unit in accounts.organisations()
            if unit.area is None or any(unit.area.path.startswith(street) for street in streets)
        ]
        self.fields["organisation"].choices = [("", _("None")), *units]  # type: ignore[attr-defined]
        self.fields["area"].choices = area_choices(user, _("None"))  # type: ignore[attr-defined]


def _page(request: HttpRequest, *, form: PostForm | None = None, status: int = 200) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:30]
    after = paging.by_id(request.GET, "after") or 0
    found = accounts.posts_visible_to(request.user, text=text, after=after, limit=paging.PAGE + 1)
    shown = found[: paging.PAGE]
    may_edit = authority_of(request.user).holds(P.POST_EDIT)
    context = {
        "posts": [{"post": post, "role": ROLES[post.role].name} for post in shown],
        "text": text,
        "may_edit": may_edit,
        "form": (form or PostForm(user=request.user)) if may_edit else None,
        "next_url": paging.next_url(request.GET, after=shown[-1].pk) if len(found) > paging.PAGE else "",
        "first_url": paging.next_url(request.GET, after="") if after else "",
    }
    return render(request, "desk/posts/posts.html", context, status=status)


@gate(P.POST_VIEW)
@require_GET
def posts(request: HttpRequest) -> HttpResponse:
    """Posts in force in one's areas."""
    return _page(request)


@gate(P.POST_EDIT)
@require_POST
def give(request: HttpRequest) -> HttpResponse:
    """Appoint somebody."""
    form = PostForm(request.POST, user=request.user)
    if form.is_valid():
        given = form.cleaned_data
        try:
            post = actions.give_post(
                by=request.user,
                user=accounts.user_by_username(given["username"]),
                role=given["role"],
                organisation=accounts.get_organisation(given["organisation"]) if given["organisation"] else None,
                area=places.get_area(given["area"]) if given["area"] else None,
                basis=given["basis"],
                valid_from=given["valid_from"],
                valid_to=given["valid_to"],
            )
        except NotAllowedError as problem:
            form.add_error(None, str(problem.title))
        except Problem as problem:
            field = problem.field if problem.field in form.fields else "username" if problem.status == 404 else None
            form.add_error(field, str(problem.title))
        else:
            said = {"name": post.user.name, "role": ROLES[post.role].name}
            messages.success(request, gettext("%(name)s holds the post “%(role)s” now.") % said)
            return redirect("desk:posts")
    return _page(request, form=form, status=422)


@gate(P.POST_EDIT)
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a post today: it gives nothing from the next request on."""
    post = accounts.get_post(request.user, pk)
    try:
        actions.end_post(post=post, by=request.user)
    except NotAllowedError:
        raise
    except Problem as problem:
        messages.error(request, str(problem.title))
    else:
        said = {"name": post.user.name, "role": ROLES[post.role].name}
        messages.success(request, gettext("%(name)s no longer holds the post “%(role)s”.") % said)
    return redirect("desk:posts")
