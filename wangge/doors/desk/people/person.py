"""A person: what is known, masked; where he lived, to whom he belongs, who said so; and the steps with his entry."""

from __future__ import annotations

import dataclasses
import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.people import access, homes, registry
from wangge.domains.people.actions import dying, merging, moving, registering, relating
from wangge.domains.people.actions.revealing import FIELDS as REVEALED
from wangge.domains.people.actions.revealing import RESCUE_FIELDS
from wangge.domains.people.models import Household, Membership, Person, Purpose, Relation
from wangge.doors.desk.people import forms
from wangge.doors.desk.privacy.forms import purposes
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError, NotFoundError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms as django_forms
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.people.access import Masked
    from wangge.domains.people.models import Stay

_CLOSED = frozenset({Person.State.MERGED, Person.State.ERASED})


@gate(P.PERSON_VIEW)
@require_GET
def person(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """His page. A merged entry leads to the one that was kept."""
    found = access.get_person(request.user, public_id)
    if found.state == Person.State.MERGED:
        kept = registry.kept_of(public_id)
        if kept is not None and access.sees(request.user, kept):
            return redirect("desk:person", public_id=kept.public_id)
    access.seen(request.user, [found])
    relations = registry.relations_of(found)
    others = [other for _row, other, _mine in relations]
    access.listed(request.user, others)
    masked = access.masked([found, *others])
    shown = masked[found.pk]
    may = _may(request.user, found)
    lived = _homes(request.user, found)
    context = {
        "person": found,
        "shown": shown,
        "facts": _facts(found, shown),
        "may": may,
        **_reveal(request.user, found, shown),
        "homes": lived,
        "seated": any(row["runs"] for row in lived),
        "relations": [_relation(request.user, row, other, masked[other.pk], mine) for row, other, mine in relations],
        "owned": [{"title": row, "address": homes.address_of(row.room)} for row in homes.owned_by(found)],
        "let": [{"tenancy": row, "address": homes.address_of(row.room)} for row in homes.let_by(found)],
        "told": [
            {"row": row, "field": _FIELD_NAMES.get(row.field, row.field), "source": row.get_source_display()}
            for row in registry.told_of(found)
        ],
        "merges": [row for row in registry.merges_of(found) if row.undone_at is None] if may["merge"] else [],
        "house": homes.home_on(found, clock.today()),
    }
    return render(request, "desk/people/person.html", context)


_FIELD_NAMES = dict(forms.FIELDS)


def _may(user: Any, found: Person) -> dict[str, bool]:
    edits = access.sees(user, found, P.PERSON_EDIT) and found.state not in _CLOSED
    return {
        "edit": edits,
        "live": edits and found.state in {Person.State.PRESENT, Person.State.AWAY},
        "undie": edits and found.state == Person.State.DEAD,
        "merge": access.sees(user, found, P.PERSON_MERGE) and found.state not in _CLOSED,
    }


def _facts(found: Person, shown: Masked) -> list[dict[str, Any]]:
    sex = {"m": _("Male"), "f": _("Female")}.get(shown.sex, "")
    rows = [
        (_("Sex"), sex),
        (_("Age"), "" if shown.age is None else _("%(age)s years") % {"age": shown.age}),
        (found.get_id_kind_display(), shown.id_number),
        (_("Phone"), shown.phone),
        (_("Registration"), found.get_registration_display()),
        (_("Address of registration"), shown.registered_address),
        (_("Work or school"), shown.work_or_school),
        (_("Earlier name"), shown.former_name),
    ]
    return [{"label": label, "value": value or _("Not recorded")} for label, value in rows]


def _reveal(user: Any, found: Person, shown: Masked) -> dict[str, Any]:
    """What is recorded and may be shown whole, one field at a time; under a grant only for the purpose of the grant."""
    if found.state in _CLOSED:
        return {}
    fields, reasons = list(REVEALED), purposes(rescue=False)
    if not access.sees(user, found, P.PERSON_REVEAL):
        grant = access.running_grant(user, access.households_of(found))
        if grant is None:
            return {}
        reasons = [(grant.purpose, grant.get_purpose_display())]
        fields = [field for field in fields if grant.purpose != Purpose.RESCUE or field in RESCUE_FIELDS]
    masks = {field: getattr(shown, field, "") for field in fields}
    if "born" in masks:
        masks["born"] = _("%(age)s years") % {"age": shown.age} if shown.age is not None else ""
    rows = [{"field": field, "label": REVEALED[field], "masked": mask} for field, mask in masks.items() if mask]
    return {"reveal": rows, "purposes": reasons}


def _homes(user: Any, found: Person) -> list[dict[str, Any]]:
    rows = []
    for membership, stays in homes.homes_of(found):
        household = membership.household
        rows.append(
            {
                "membership": membership,
                "url": reverse("desk:household", args=[household.public_id])
                if access.may_see(user, household.area_path, household.pk)
                else "",
                "stays": [
                    {"stay": stay, "address": homes.address_of(stay.room)} | _while_there(membership, stay)
                    for stay in stays
                ],
                "runs": membership.valid_to is None or membership.valid_to > clock.today(),
            }
        )
    return rows


def _while_there(membership: Membership, stay: Stay) -> dict[str, Any]:
    """When he lived in a dwelling of his household: as long as it was theirs and he belonged to it."""
    ends = [day for day in (membership.valid_to, stay.valid_to) if day is not None]
    return {"since": max(membership.valid_from, stay.valid_from), "until": min(ends, default=None)}


def _relation(user: Any, row: Relation, other: Person, shown: Masked, mine: bool) -> dict[str, Any]:  # noqa: FBT001
    return {
        "row": row,
        "name": shown.name,
        "url": reverse("desk:person", args=[other.public_id]) if access.sees(user, other) else "",
        "mine": mine,
        "kind": row.get_kind_display(),
    }


@dataclasses.dataclass(frozen=True, slots=True)
class Verb:
    """One step with an entry: its heading, its button, its form, and the action behind it."""

    title: Any
    button: Any
    form: Callable[[HttpRequest, Person], django_forms.Form]
    do: Callable[[Any, Person, dict[str, Any]], Any]
    danger: bool = False


def _plain(form: type[django_forms.Form], *names: str) -> Callable[[HttpRequest, Person], django_forms.Form]:
    def make(request: HttpRequest, _person: Person) -> django_forms.Form:
        initial = {name: request.GET[name] for name in names if name in request.GET}
        return form(request.POST if request.method == "POST" else None, initial=initial)

    return make


def _correct(by: Any, found: Person, given: dict[str, Any]) -> str:
    newer = registering.correct(
        by=by, person=found, field=given["field"], value=given["value"], stated_on=given["stated_on"]
    )
    return _("Corrected.") if newer else _("Nothing was changed: what is there was stated later.")


def _join(by: Any, found: Person, given: dict[str, Any]) -> str:
    moving.join(
        by=by,
        person=found,
        household=access.get_household(by, given["household"]),
        role=given["role"],
        since=given["since"],
        presence=given["presence"] or Membership.Presence.LIVES.value,
    )
    return _("He belongs to this household now.")


def _relate_form(request: HttpRequest, found: Person) -> django_forms.Form:
    posted = request.POST if request.method == "POST" else None
    return forms.RelateForm(posted, offered=_housemates(request.user, found))


def _relate(by: Any, found: Person, given: dict[str, Any]) -> str:
    other = access.get_person(by, given["person"])
    relating.relate(by=by, person=found, other=other, kind=given["kind"], since=given["since"])
    return _("The relation is recorded.")


def _merge_form(request: HttpRequest, found: Person) -> django_forms.Form:
    offered = [one.person for one in registry.duplicates_of(request.user, found) if one.shown]
    return forms.MergeForm(request.POST if request.method == "POST" else None, offered=_choices(request.user, offered))


def _merge(by: Any, found: Person, given: dict[str, Any]) -> str:
    merging.merge(by=by, kept=found, gone=access.get_person(by, given["person"]), reason=given["reason"])
    return _("The two entries are one now. It can be undone below.")


def _housemates(user: Any, found: Person) -> list[tuple[str, str]]:
    seats = [seat for seat, _stays in homes.homes_of(found) if seat.valid_to is None]
    mates = [one.person for seat in seats for one in homes.members_of(seat.household) if one.person_id != found.pk]
    return _choices(user, mates)


def _choices(user: Any, persons: list[Person]) -> list[tuple[str, str]]:
    access.listed(user, persons)
    masked = access.masked(persons)
    return [
        (
            str(one.public_id),
            " · ".join(part for part in (masked[one.pk].name, masked[one.pk].id_number, masked[one.pk].phone) if part),
        )
        for one in persons
    ]


VERBS: dict[str, Verb] = {
    "correct": Verb(
        gettext_lazy("Correct a field"), gettext_lazy("Correct"), _plain(forms.CorrectForm, "field"), _correct
    ),
    "role": Verb(
        gettext_lazy("Change the place in the household"),
        gettext_lazy("Save"),
        _plain(forms.RoleForm),
        lambda by, found, given: moving.change_role(by=by, person=found, role=given["role"], since=given["since"]),
    ),
    "join": Verb(
        gettext_lazy("Join a household"),
        gettext_lazy("Save"),
        _plain(forms.JoinForm, "household", "role", "since"),
        _join,
    ),
    "leave": Verb(
        gettext_lazy("Moved away"),
        gettext_lazy("Moved away"),
        _plain(forms.LeaveForm),
        lambda by, found, given: moving.leave(by=by, person=found, since=given["since"]),
    ),
    "die": Verb(
        gettext_lazy("Record a death"),
        gettext_lazy("Record the death"),
        _plain(forms.DieForm),
        lambda by, found, given: dying.die(by=by, person=found, on=given["on"]),
        danger=True,
    ),
    "undie": Verb(
        gettext_lazy("Take back the death"),
        gettext_lazy("He is alive: take it back"),
        _plain(forms.UndieForm),
        lambda by, found, _given: dying.undo_death(by=by, person=found),
    ),
    "relate": Verb(gettext_lazy("Record a relation"), gettext_lazy("Save"), _relate_form, _relate),
    "merge": Verb(gettext_lazy("Merge a double entry"), gettext_lazy("Merge the entries"), _merge_form, _merge),
}


@gate(P.PERSON_EDIT, P.PERSON_MERGE)
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, public_id: uuid.UUID, verb: str) -> HttpResponse:
    """The form of one step, and the step."""
    if verb not in VERBS:
        raise NotFoundError
    permission = P.PERSON_MERGE if verb == "merge" else P.PERSON_EDIT
    found = access.get_person(request.user, public_id, permission)
    access.seen(request.user, [found])
    what = VERBS[verb]
    form = what.form(request, found)
    if request.method == "POST" and form.is_valid():
        try:
            said = what.do(request.user, found, form.cleaned_data)
        except (NotAllowedError, NotFoundError) as problem:
            if verb not in {"relate", "merge", "join"}:
                raise
            form.add_error(None, f"{problem} {problem.remedy}")
        except registering.KnownPersonError as problem:
            access.listed(request.user, [problem.person])
            form.add_error("value", f"{problem.title} {problem.remedy}")
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, f"{problem.title} {problem.remedy}")
        else:
            messages.success(request, said if isinstance(said, str) else _("Saved."))
            return redirect("desk:person", public_id=public_id)
    context = {
        "title": what.title,
        "form": form,
        "button": what.button,
        "danger": what.danger,
        "back_label": access.masked([found])[found.pk].name,
        "back_url": reverse("desk:person", args=[public_id]),
    }
    return render(request, "desk/people/form.html", context, status=422 if request.method == "POST" else 200)


@gate(P.PERSON_EDIT)
@require_POST
def end_relation(request: HttpRequest, public_id: uuid.UUID, pk: int) -> HttpResponse:
    """The relation no longer holds, from today on."""
    row = registry.get_relation(request.user, pk)
    if public_id not in {row.person.public_id, row.other.public_id}:
        raise NotFoundError
    try:
        relating.end_relation(by=request.user, relation=row, until=clock.today())
    except NotAllowedError:
        raise
    except Problem as problem:
        messages.error(request, f"{problem.title} {problem.remedy}")
    else:
        messages.success(request, _("Ended from today."))
    return redirect("desk:person", public_id=public_id)


@gate(P.PERSON_MERGE)
@require_POST
def undo_merge(request: HttpRequest, public_id: uuid.UUID, pk: int) -> HttpResponse:
    """Two people after all."""
    found = access.get_person(request.user, public_id, P.PERSON_MERGE)
    row = next((one for one in registry.merges_of(found) if one.pk == pk), None)
    if row is None:
        raise NotFoundError
    try:
        merging.unmerge(by=request.user, merge=row)
    except NotAllowedError:
        raise
    except Problem as problem:
        messages.error(request, f"{problem.title} {problem.remedy}")
    else:
        messages.success(request, _("They are two entries again."))
    return redirect("desk:person", public_id=public_id)


@gate(P.PERSON_EDIT)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Somebody new: searched for first. With `?household=`, as a member of it."""
    key = request.POST.get("household") or request.GET.get("household") or ""
    household = _household(request, key) if key else None
    made = forms.MemberForm if household is not None else forms.PersonForm
    form = made(request.POST if request.method == "POST" else None, initial={"public_id": str(uuid.uuid4())})
    known: list[dict[str, Any]] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            seat = {"role": given["role"], "presence": given["presence"]} if household is not None else {}
            try:
                made_person = registering.register(
                    by=request.user,
                    draft=form.draft(**seat),
                    household=household,
                    since=given.get("since"),
                    others=form.said_others() if request.POST.get("other_person") else (),
                )
            except registering.KnownPersonError as problem:
                access.listed(request.user, [problem.person])
                form.add_error("id_number", f"{problem.title} {problem.remedy}")
                known = _known(request, [problem.public_id] if problem.public_id else [], household)
                status = 409
            except registering.LookAlikesError as problem:
                form.add_error(None, f"{problem.title} {problem.remedy}")
                known = _known(request, [one.person.public_id for one in problem.found], household)
                status = 409
            except NotAllowedError:
                raise
            except Problem as problem:
                field = problem.field if problem.field in form.fields else None
                form.add_error(field, f"{problem.title} {problem.remedy}")
            else:
                messages.success(request, _("Entered."))
                return redirect("desk:person", public_id=made_person.public_id)
    context = {
        "form": form,
        "known": known,
        "alike": " ".join(str(one["person"].public_id) for one in known),
        "household": household,
        "address": homes.address_of(household.room) if household is not None and household.room is not None else "",
    }
    return render(request, "desk/people/new.html", context, status=status)


def _household(request: HttpRequest, key: str) -> Household:
    try:
        return access.get_household(request.user, uuid.UUID(key), P.PERSON_EDIT)
    except ValueError:
        raise NotFoundError from None


def _known(request: HttpRequest, ids: list[uuid.UUID], household: Household | None) -> list[dict[str, Any]]:
    """Entries found, masked, each with the way to it and into this household."""
    persons = [access.get_person(request.user, one) for one in ids]
    access.listed(request.user, persons)
    masked = access.masked(persons)
    into = f"?household={household.public_id}" if household is not None else ""
    return [
        {
            "person": one,
            "shown": masked[one.pk],
            "url": reverse("desk:person", args=[one.public_id]),
            "join_url": reverse("desk:person-step", args=[one.public_id, "join"]) + into if into else "",
        }
        for one in persons
    ]
