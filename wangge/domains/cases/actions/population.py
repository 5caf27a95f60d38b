"""Changes of population as matters: told and reported in one step, applied or refused when the matter is settled."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from wangge.domains.cases.actions.handling import Outcome
from wangge.domains.cases.actions.intake import Place, report
from wangge.domains.cases.models import Case, Result, Source
from wangge.domains.cases.workflow import S
from wangge.domains.people import homes
from wangge.domains.people.actions import changing
from wangge.domains.people.changes import waiting_under
from wangge.foundation.catalogue.queries import get_matter
from wangge.foundation.core.problems import InvalidError, NotFoundError, Problem
from wangge.foundation.places.queries import grid_of_building

if TYPE_CHECKING:
    import datetime as dt
    import uuid

    from wangge.domains.cases.models import Report
    from wangge.domains.people.actions.changing import Facts
    from wangge.domains.people.models import Household, Person, PopulationChange
    from wangge.foundation.places.models import Room

_log = logging.getLogger(__name__)

# The matters of 大类 32 as shipped (人口信息变动); what is asked of them and who handles them is the catalogue's.
MATTERS = {"move_in": "32001", "move_out": "32002", "let": "32003", "death": "32004", "birth": "32005"}
_TRUE = frozenset({Result.SOLVED, Result.PARTLY, Result.EXPLAINED})
_UNTRUE = frozenset({Result.UNFOUNDED, Result.BEYOND})
_STANDS_FOR_IT = ("handle", "verify", "pass_spot_check")


@transaction.atomic
def report_change(
    *,
    by: Any,
    kind: str,
    room: Room,
    happened_on: dt.date,
    household: Household | None = None,
    person: Person | None = None,
    facts: Facts | None = None,
    seen: bool = False,
    change_id: uuid.UUID | None = None,
    at: dt.datetime | None = None,
) -> Report:
    """Tell a change in a dwelling and report it under its matter. The report says where, never who.

    `seen`: the worker has verified it on the spot; where the matter allows it, the case is settled at once (即办) and
    only sampled. `change_id` is the form's own: the same one again raises `ConflictError`.
    """
    if kind not in MATTERS:
        raise InvalidError(_("There is no such change."), field="kind")
    matter = get_matter(MATTERS[kind])
    grid = grid_of_building(room.entrance.building)
    if grid is None:
        raise NotFoundError
    change = changing.tell(
        by=by,
        kind=kind,
        happened_on=happened_on,
        room=room,
        household=household,
        person=person,
        facts=facts,
        public_id=change_id,
        at=at,
    )
    building = room.entrance.building
    with translation.override(settings.LANGUAGE_CODE):  # a record is in the office's language, whoever speaks
        address = homes.address_of(room)
        text = _("%(matter)s: %(address)s") % {"matter": matter.name, "address": address}
        done = _("Verified on the spot; the registry is brought up to date.")
    settled = Outcome(result=Result.SOLVED, text=done, reply="") if seen and matter.on_the_spot else None
    voice = report(
        by=by,
        source=Source.PATROL,
        text=text,
        place=Place(
            area=grid,
            lon=building.lon,
            lat=building.lat,
            address=address,
            compound=building.compound,
            building=building,
        ),
        matter=matter,
        settled=settled,
        report_id=change_id,
        at=at,
    )
    changing.run_under(change=change, case_number=voice.case.number)
    return voice


def settle_change(*, case_id: int) -> None:
    """A reaction: the matter is settled, so what was told is applied, or refused when it was not so.

    What stands in the way (somebody moved again meanwhile) is left to a person: the change waits on the desk's list.
    """
    case = Case.objects.unscoped("a reaction to a fact").get(pk=case_id)
    merged = Case.objects.unscoped("what was merged into it").filter(merged_into=case)
    verdict = _verdict(case)
    if verdict is None:
        return
    for change in waiting_under([case.number, *merged.values_list("number", flat=True)]):
        try:
            if verdict:
                changing.apply(change=change, vouched=_vouched(case, change))
            else:
                changing.refuse(change=change)
        except Problem as problem:
            _log.warning("change %s of case %s was not applied: %s", change.pk, case.pk, problem.code)


def _vouched(case: Case, change: PopulationChange) -> bool:
    """Whether somebody besides who told the change handled or checked the matter."""
    others = case.timeline.filter(verb__in=_STANDS_FOR_IT, by__isnull=False).exclude(by=change.told_by_id)
    return others.exists()


def _verdict(case: Case) -> bool | None:
    """Whether it was so; None where the matter says nothing about that."""
    if case.state in {S.DECLINED, S.VOID}:
        return False
    if case.state not in {S.CLOSED, S.ARCHIVED}:
        return None
    return True if case.result in _TRUE else False if case.result in _UNTRUE else None
