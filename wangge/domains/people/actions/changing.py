"""迁入 迁出 出租变更 新生 死亡: told in the field, applied to the graph once the matter under which it runs is settled.

What was told is sealed under the change's own key (a newborn has none yet). Nothing of it reaches the graph before
somebody has verified it; then every row that comes of it names the case as its source.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import access, drafts, registry
from wangge.domains.people.actions import dying, graph, letting, moving, registering, relating
from wangge.domains.people.actions.bulk import PersonDraft
from wangge.domains.people.actions.following import Touched, following
from wangge.domains.people.actions.graph import Told
from wangge.domains.people.models import (
    Household,
    Membership,
    Origin,
    Person,
    PopulationChange,
    Relation,
    Stay,
    Tenancy,
    Title,
)
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from collections.abc import Sequence

    from wangge.foundation.places.models import Room

kinds.declare("change.tell", "change.apply", "change.refuse")

Kind = PopulationChange.Kind
FACTS = "people.populationchange.facts"
_WHY = "a change is told, applied and refused by the verbs of this module; who may is checked there"
_MEMBER = ("name", "role", "sex", "born", "id_kind", "id_number", "phone", "registration")
MOST_MEMBERS = 12


class NeedsAnotherError(ConflictError):
    """A change brings somebody from beyond the places of whoever told it, and nobody else has stood for it."""

    code = "needs-another"
    title = _("Somebody who is registered in another place comes with this change.")
    kept = _("Nothing was changed; it waits in the list of changes.")
    remedy = _("Somebody else who keeps the registry of this place must settle it.")


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
    """What is told besides place and day: who comes, on what basis, whose child it is."""

    members: Sequence[PersonDraft] = ()
    basis: str = Stay.Basis.OWN.value
    household_kind: str = Household.Kind.FAMILY.value
    parents: Sequence[uuid.UUID] = ()


@transaction.atomic
def tell(
    *,
    by: Any,
    kind: str,
    happened_on: dt.date,
    room: Room | None = None,
    household: Household | None = None,
    person: Person | None = None,
    facts: Facts | None = None,
    public_id: uuid.UUID | None = None,
    at: dt.datetime | None = None,
) -> PopulationChange:
    """Keep what was told. Moving in and letting need a room and who comes, moving out a household or a person, a birth
    the household and the child, a death the person. The same public id once only.
    """
    at = at or clock.now()
    if public_id is not None:
        held: PopulationChange | None = PopulationChange.objects.unscoped(_WHY).filter(public_id=public_id).first()
        if held is not None:
            return held
    facts = facts or Facts()
    graph.check_day(happened_on, at=at, field="happened_on")
    members = [drafts.checked(one, on=clock.day_of(at)) for one in facts.members]
    _check(kind, room, household, person, members)
    if facts.basis not in Stay.Basis.values or facts.household_kind not in Household.Kind.values:
        raise InvalidError(_("There is no such basis of living there."), field="basis")
    path = _path(room, household, person)
    if not authority_of(by).may(P.PERSON_EDIT, area_path=path):
        raise NotAllowedError
    waiting = PopulationChange.objects.unscoped(_WHY).filter(
        kind=kind, state=PopulationChange.State.TOLD, room=room, household=household, person=person
    )
    if waiting.filter(happened_on=happened_on).exists():
        raise ConflictError(_("This change was told already and is being verified."))
    change = PopulationChange(
        kind=kind,
        area_path=path,
        room=room,
        household=household,
        person=person,
        happened_on=happened_on,
        told_by=by,
        told_at=at,
        **({"public_id": public_id} if public_id is not None else {}),
    )
    text = json.dumps(
        {
            "members": [{field: getattr(one, field) for field in _MEMBER} for one in members],
            "basis": facts.basis,
            "household_kind": facts.household_kind,
            "parents": [str(one) for one in facts.parents],
        },
        ensure_ascii=False,
    )
    change.facts = Keyring.new([change.public_id]).seal(change.public_id, FACTS, text)
    change.save()
    record("change.tell", by=by, subject=change, at=at, change=kind)
    return change


@transaction.atomic
def run_under(*, change: PopulationChange, case_number: str) -> None:
    """The matter under which the change is verified."""
    change.case_number = case_number
    change.save(update_fields=["case_number"])


def facts_of(change: PopulationChange) -> Facts | None:
    """What was told; None when its time of keeping is over. For those who handle it."""
    text = Keyring.of([change.public_id]).open(change.public_id, FACTS, change.facts)
    if text is None:
        return None
    told = json.loads(text)
    return Facts(
        members=[PersonDraft(**member) for member in told["members"]],
        basis=told["basis"],
        household_kind=told["household_kind"],
        parents=tuple(told["parents"]),
    )


@transaction.atomic
def apply(*, change: PopulationChange, by: Any = None, vouched: bool = False, at: dt.datetime | None = None) -> bool:
    """Verified: write it to the graph, with the case as the source. False when it was settled before.

    Called when the matter is settled; a person who does it by hand (what stood in the way is cleared) needs
    `person:edit` there. `vouched`: somebody besides who told it handled or checked the matter; without that nobody is
    fetched from beyond the teller's places (`NeedsAnotherError`), or a known number would be enough to draw its bearer
    into one's own place and look at him there. Raises what stands in the way, and then nothing is written.
    """
    at = at or clock.now()
    locked = PopulationChange.objects.unscoped(_WHY).select_for_update(of=("self",)).get(pk=change.pk)
    if by is not None and not authority_of(by).may(P.PERSON_EDIT, area_path=locked.area_path):
        raise NotAllowedError
    if locked.state != PopulationChange.State.TOLD:
        return False
    facts = facts_of(locked)
    if facts is None:
        raise ConflictError(_("What was told has been erased; please tell it again."))
    if not (vouched or (by is not None and by.pk != locked.told_by_id)):
        _check_nobody_is_fetched(locked, facts)
    told = Told(Origin.CASE.value, locked.case_number)
    with following(
        by=by, at=at, persons=[locked.person], households=[locked.household], rooms=[locked.room]
    ) as touched:
        _APPLY[locked.kind](locked, facts, _Step(told, by, at, touched))
    locked.state, locked.applied_by, locked.applied_at = PopulationChange.State.APPLIED, by, at
    locked.save(update_fields=["state", "applied_by", "applied_at"])
    record("change.apply", by=by, subject=locked, at=at, change=locked.kind, ref=locked.case_number)
    return True


@transaction.atomic
def refuse(*, change: PopulationChange, by: Any = None, at: dt.datetime | None = None) -> bool:
    """不属实: the graph stays as it is. False when it was settled before."""
    at = at or clock.now()
    locked = PopulationChange.objects.unscoped(_WHY).select_for_update(of=("self",)).get(pk=change.pk)
    if by is not None and not authority_of(by).may(P.PERSON_EDIT, area_path=locked.area_path):
        raise NotAllowedError
    if locked.state != PopulationChange.State.TOLD:
        return False
    locked.state, locked.applied_by, locked.applied_at = PopulationChange.State.REFUSED, by, at
    locked.save(update_fields=["state", "applied_by", "applied_at"])
    record("change.refuse", by=by, subject=locked, at=at, change=locked.kind, ref=locked.case_number)
    return True


def _check_nobody_is_fetched(change: PopulationChange, facts: Facts) -> None:
    for member in facts.members:
        known = registry.holder_of(member.id_number)
        if known is not None and not access.sees(change.told_by, known, P.PERSON_EDIT):
            raise NeedsAnotherError


def _check(
    kind: str,
    room: Room | None,
    household: Household | None,
    person: Person | None,
    members: Sequence[PersonDraft],
) -> None:
    if kind not in Kind.values:
        raise InvalidError(_("There is no such change."), field="kind")
    if kind in {Kind.MOVE_IN, Kind.LET} and room is None:
        raise InvalidError(_("Please say which dwelling it is."), field="room")
    if kind == Kind.MOVE_OUT and household is None and person is None:
        raise InvalidError(_("Please say who has moved out."), field="person")
    if kind == Kind.BIRTH and household is None:
        raise InvalidError(_("Please say into which household the child was born."), field="household")
    if kind == Kind.DEATH and person is None:
        raise InvalidError(_("Please say who has died."), field="person")
    if kind in {Kind.MOVE_IN, Kind.BIRTH} and not members:
        raise InvalidError(_("Please give the name."), field="name")
    if kind == Kind.BIRTH and (len(members) != 1 or not members[0].born):
        raise InvalidError(_("Please give the day of birth."), field="born")
    if len(members) > MOST_MEMBERS:
        raise InvalidError(_("These are too many people for one change."), field="members")


def _path(room: Room | None, household: Household | None, person: Person | None) -> str:
    if room is not None:
        return access.room_path(room)
    if household is not None:
        return household.area_path
    return person.area_path if person is not None else ""


@dataclasses.dataclass(frozen=True, slots=True)
class _Step:
    """On whose word a change is written, by whom and when, and whom it touches."""

    told: Told
    by: Any
    at: dt.datetime
    touched: Touched

    @property
    def words(self) -> dict[str, Any]:
        """The arguments that every verb of the graph takes."""
        return {"by": self.by, "told": self.told, "at": self.at}


def _move_in(change: PopulationChange, facts: Facts, step: _Step) -> None:
    if change.room is None:
        raise ConflictError
    household = change.household or registering.open_household(
        room=change.room, kind=facts.household_kind, basis=facts.basis, since=change.happened_on, **step.words
    )
    _bring(household, facts.members, change.happened_on, step)


def _bring(household: Household, members: Sequence[PersonDraft], since: dt.date, step: _Step) -> list[Person]:
    """Whoever has an entry by his number comes with it, from wherever he lived; the others are entered."""
    came = []
    headed = household.memberships.filter(valid_to__isnull=True, role=Membership.Role.HEAD).exists()
    for member in members:
        role = member.role
        if role == Membership.Role.HEAD and headed:
            role = Membership.Role.OTHER.value
        headed = headed or role == Membership.Role.HEAD
        known = registry.holder_of(member.id_number)
        step.touched.add(known, households=[household])
        if known is None:
            written = dataclasses.replace(member, role=role)
            person = registering.enter(draft=written, household=household, since=since, stated_on=since, **step.words)
        else:
            person = known
            moving.join_household(person=known, household=household, role=role, since=since, **step.words)
        came.append(person)
    return came


def _move_out(change: PopulationChange, _facts: Facts, step: _Step) -> None:
    if change.person is not None:
        moving.leave_household(person=change.person, since=change.happened_on, **step.words)
    elif change.household is not None:
        locked = graph.lock_households([change.household.pk])[change.household.pk]
        moving.move_household(household=locked, room=None, since=change.happened_on, **step.words)


def _let(change: PopulationChange, facts: Facts, step: _Step) -> None:
    """The former tenants go, the new ones come. Without new ones the dwelling is let no longer."""
    room, since = change.room, change.happened_on
    if room is None:
        raise ConflictError
    former = Tenancy.objects.filter(room=room, valid_to__isnull=True).select_related("room", "household")
    for ended in former.order_by("pk"):
        if since <= ended.valid_from:
            raise graph.TooEarlyError(field="happened_on")
        step.touched.add(households=[ended.household])
        letting.finish(by=step.by, tenancy=ended, until=since, reason="told", at=step.at, ref=step.told.ref)
        if ended.household_id is not None:
            household = graph.lock_households([ended.household_id])[ended.household_id]
            if household.room_id == room.pk:
                moving.move_household(household=household, room=None, since=since, **step.words)
    if not facts.members:
        return
    household = registering.open_household(
        room=room, kind=facts.household_kind, basis=Stay.Basis.RENT.value, since=since, **step.words
    )
    _bring(household, facts.members, since, step)
    owners = list(Title.objects.as_of(since).filter(room=room, person__isnull=False).select_related("person")[:2])
    landlord = owners[0].person if len(owners) == 1 else None
    letting.write_tenancy(room=room, tenant=household, landlord=landlord, since=since, **step.words)


def _birth(change: PopulationChange, facts: Facts, step: _Step) -> None:
    if change.household is None:
        raise ConflictError
    (child,) = _bring(change.household, facts.members, change.happened_on, step)
    members = change.household.memberships.filter(valid_to__isnull=True, person__public_id__in=facts.parents)
    for membership in members.select_related("person").order_by("pk"):
        relating.tie(
            person=membership.person,
            other=child,
            kind=Relation.Kind.PARENT,
            since=change.happened_on,
            **step.words,
        )


def _death(change: PopulationChange, _facts: Facts, step: _Step) -> None:
    if change.person is not None:
        dying.pass_away(person=change.person, on=change.happened_on, **step.words)


_APPLY = {
    Kind.MOVE_IN.value: _move_in,
    Kind.MOVE_OUT.value: _move_out,
    Kind.LET.value: _let,
    Kind.BIRTH.value: _birth,
    Kind.DEATH.value: _death,
}
