"""Reads of visits: what is due at whose door, what was made, and (for those who may know it) why.

A list shows doors and days: never a ground, never a name. A campaign is named in it only to those who visit there, because
whom it means may say something about the people behind the door.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext as _

from wangge.domains.fieldwork import grounds, visiting
from wangge.domains.fieldwork.models import Campaign, Visit, VisitDue, VisitRule
from wangge.domains.fieldwork.visit_facts import homes as facts_of_homes
from wangge.domains.people.circumstances import KINDS
from wangge.domains.people.homes import address_of
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from wangge.domains.people.models import Firm, Household
    from wangge.foundation.places.models import Area, Building, Room

PAGE = 100
SOON_DAYS = 7
_ABOVE = "room__entrance__building__compound"
_ROWS = (f"household__{_ABOVE}", f"firm__{_ABOVE}", "firm__building__compound", "campaign", "linked")
_WHY = "narrowed in the same line to the reader's places and his own links"


@dataclasses.dataclass(frozen=True, slots=True)
class DueLine:
    """One due visit as a list shows it."""

    due: VisitDue
    building: Building | None
    room: Room | None
    door: str  # "2单元301", of a firm its name
    campaign: Campaign | None
    late_days: int  # how long it has been due; 0 while it is not


@dataclasses.dataclass(frozen=True, slots=True)
class AtHome:
    """The visits of a household, for its card. `why` is None for whoever may not know it."""

    household: Household
    next: VisitDue | None
    last: tuple[Visit, ...]
    why: tuple[str, ...] | None


def dues(
    user: Any,
    *,
    area_path: str = "",
    until: dt.date | None = None,
    mine: bool = False,
    after: int = 0,
    limit: int = PAGE,
) -> list[DueLine]:
    """Visits due at the reader's places (and at doors he is linked to) until a day, in the order of a walk: building,
    entrance, floor, room. `mine`: only of households he is linked to. `after`: so many rows are left out.
    """
    today = clock.today()
    authority = authority_of(user)
    linked = Q(linked_id=user.pk) if authority.grants else Q(pk__in=[])
    here = under("area_path", authority.places(P.VISIT_VIEW)) | under("area_path", authority.places(P.VISIT_DO))
    found = VisitDue.objects.unscoped(_WHY).filter(linked if mine else linked | here, state=VisitDue.State.OPEN)
    if area_path:
        found = found.filter(under("area_path", [area_path]))
    found = found.filter(due_on__lte=until or today + dt.timedelta(days=SOON_DAYS))
    rows = (
        found.select_related(*_ROWS)
        .defer("grounds", "household__tokens")
        .order_by(
            "area_path",
            "household__room__entrance__building_id",
            "household__room__entrance_id",
            "household__room__floor",
            "household__room__name",
            "pk",
        )
    )
    return [_line(row, user, today) for row in rows[after : after + limit]]


def get_due(user: Any, public_id: uuid.UUID | str) -> VisitDue:
    """A due visit (open or answered) where the reader visits, or of a household he is linked to; else `NotFoundError`."""
    authority = authority_of(user)
    mine = Q(household__links__in=_links_of(user)) if authority.grants else Q(pk__in=[])
    here = under("area_path", authority.places(P.VISIT_DO)) | under("area_path", authority.places(P.VISIT_VIEW))
    found: VisitDue | None = (
        VisitDue.objects.unscoped(_WHY)
        .filter(mine | here, public_id=public_id)
        .select_related(*_ROWS)
        .defer("household__tokens")
        .first()
    )
    if found is None:
        raise NotFoundError
    return found


def line_of(due: VisitDue, user: Any) -> DueLine:
    """One due visit as the list shows it."""
    return _line(due, user, clock.today())


def why(user: Any, due: VisitDue) -> list[str] | None:
    """Why a visit is due, as what is to be done there; None for whoever does not hold `person:need` at the place."""
    if not authority_of(user).may(P.PERSON_NEED, area_path=due.area_path):
        return None
    held = grounds.opened(due)
    words: list[str] = []
    if held.care and due.household_id is not None:
        words += _duties(due.household_id)
    rules = VisitRule.objects.filter(code__in=held.codes).order_by("code", "-valid_from", "-pk")
    names: dict[str, str] = {}
    for rule in rules:
        names.setdefault(rule.code, rule.name)
    words += [names[code] for code in held.codes if code in names]
    if visiting.GONE in held.codes:
        words.append(_("Somebody found them gone: see whether they have moved away."))
    if due.campaign is not None and due.campaign.state == Campaign.State.RUNNING:
        words.append(due.campaign.name)
    return words


def _duties(household_id: int) -> list[str]:
    door = facts_of_homes([household_id], clock.today()).get(household_id)
    if door is None:
        return []
    kinds = sorted((KINDS[code] for code in door.needs if code in KINDS), key=lambda kind: kind.every_days or 999)
    words = [str(kind.duty) for kind in kinds if kind.every_days is not None]
    if door.oldest is not None and door.oldest >= visiting.AGED_FROM:
        words.append(str(KINDS["lives_alone"].duty))
    return list(dict.fromkeys(words))


def at_home(user: Any, household: Household, *, limit: int = 5) -> AtHome:
    """The next and the last visits of a household that the reader may see."""
    found = VisitDue.objects.unscoped("the household was checked").filter(
        household=household, state=VisitDue.State.OPEN
    )
    due = found.select_related("campaign").first()
    made = Visit.objects.unscoped("the household was checked").filter(household=household)
    words = why(user, due) if due is not None else None
    return AtHome(
        household,
        due,
        tuple(made.select_related("by").order_by("-recorded_at")[:limit]),
        tuple(words) if words else None,
    )


def at_homes(user: Any, households: Iterable[Household]) -> list[AtHome]:
    """The same for the households of one card, as far as the reader sees the visits of their places."""
    authority = authority_of(user)
    seen = [one for one in households if authority.may(P.VISIT_VIEW, area_path=one.area_path)]
    return [at_home(user, one, limit=3) for one in seen]


def visits_of(user: Any, household: Household, *, limit: int = 20) -> list[tuple[Visit, str]]:
    """The visits of a household with their notes; the notes only for whoever sees its people (`person:view`)."""
    sees = authority_of(user).may(P.PERSON_VIEW, area_path=household.area_path)
    made = Visit.objects.unscoped("the household was checked").filter(household=household).select_related("by")
    return [(row, grounds.note_of(row) if sees else "") for row in made.order_by("-recorded_at")[:limit]]


def household_of(user: Any, public_id: uuid.UUID | str) -> Household:
    """A household where the reader visits, or to which he is linked; else `NotFoundError`."""
    from wangge.domains.people.models import Household as Row

    authority = authority_of(user)
    mine = Q(links__in=_links_of(user)) if authority.grants else Q(pk__in=[])
    here = under("area_path", authority.places(P.VISIT_DO))
    found: Household | None = (
        Row.objects.unscoped(_WHY).filter(here | mine, public_id=public_id, active=True).select_related(_ABOVE).first()
    )
    if found is None:
        raise NotFoundError
    return found


def firm_of(user: Any, public_id: uuid.UUID | str) -> Firm:
    """A firm where the reader visits; else `NotFoundError`."""
    from wangge.domains.people.models import Firm as Row

    found: Firm | None = Row.objects.visible_to(user, P.VISIT_DO).filter(public_id=public_id).first()
    if found is None:
        raise NotFoundError
    return found


def rules(user: Any) -> list[VisitRule]:
    """The rules in force today, for everywhere and at the reader's places (and the places above them)."""
    paths = authority_of(user).places(P.VISIT_VIEW)
    above = {
        "/" + "/".join(path.strip("/").split("/")[: n + 1]) + "/" for path in paths for n in range(path.count("/"))
    }
    found = VisitRule.objects.as_of(clock.today()).filter(
        Q(area__isnull=True) | under("area__path", paths) | Q(area__path__in=above)
    )
    return list(found.select_related("matter", "area", "by").order_by("object", "every_days", "code", "area_id"))


def get_rule(user: Any, pk: int) -> VisitRule:
    """A rule that the reader sees; else `NotFoundError`."""
    found = next((rule for rule in rules(user) if rule.pk == pk), None)
    if found is None:
        raise NotFoundError
    return found


def versions_of(rule: VisitRule) -> list[VisitRule]:
    """All versions of a rule at its place, newest first."""
    found = VisitRule.objects.filter(code=rule.code, area=rule.area).select_related("matter", "by")
    return list(found.order_by("-valid_from", "-pk"))


def grids_with_dues(user: Any, grids: list[Area]) -> dict[str, int]:
    """How many visits are due within a week, by path of grid; of some hundred rows each, by the index of open ones."""
    from django.db.models import Count

    last = clock.today() + dt.timedelta(days=SOON_DAYS)
    found = VisitDue.objects.visible_to(user, P.VISIT_VIEW).filter(
        state=VisitDue.State.OPEN, due_on__lte=last, area_path__in=[grid.path for grid in grids]
    )
    return {row["area_path"]: row["n"] for row in found.order_by().values("area_path").annotate(n=Count("pk"))}


def _links_of(user: Any) -> Any:
    from wangge.domains.fieldwork.models import Link

    return Link.objects.unscoped("one's own").filter(in_force(clock.today()), user_id=user.pk).values("pk")


def _line(row: VisitDue, user: Any, today: dt.date) -> DueLine:
    room, building, door = None, None, ""
    if row.household is not None:
        room = row.household.room
    elif row.firm is not None:
        room, building, door = row.firm.room, row.firm.building, row.firm.name
    if room is not None:
        building = room.entrance.building
        door = door or f"{room.entrance.name}{room.name}"
    visits_there = row.linked_id == user.pk or authority_of(user).may(P.VISIT_DO, area_path=row.area_path)
    running = row.campaign is not None and row.campaign.state == Campaign.State.RUNNING
    return DueLine(
        due=row,
        building=building,
        room=room,
        door=door,
        campaign=row.campaign if visits_there and running else None,
        late_days=max((today - row.due_on).days, 0),
    )


def address(line: DueLine) -> str:
    """The whole address of a line, for a page about one door."""
    if line.room is not None:
        return address_of(line.room)
    return " ".join(part for part in (line.building.name if line.building is not None else "", line.door) if part)
