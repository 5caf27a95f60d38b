"""Reads about whistles: one, the running ones, what a person may see of one and do with it."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from django.db.models import F, Prefetch

from wangge.domains.cases import models, whistling
from wangge.domains.cases.models import CasePhoto, Whistle, WhistleCall, WhistleKind
from wangge.domains.cases.surroundings import surround
from wangge.domains.cases.whistling import BLOWER, LEAD, RUNNING, STEPS, UNIT
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from collections.abc import Iterable, Sequence

    from wangge.domains.cases.models import WhistleQuerySet
    from wangge.domains.cases.whistling import Step
    from wangge.foundation.accounts.models import Organisation

_RUNNING_SHOWN = 100
# What the page of a whistle shows of the case: how the spot looks, not how it was checked.
_OF_THE_SPOT = (CasePhoto.Kind.REPORT, CasePhoto.Kind.BEFORE, CasePhoto.Kind.OTHER)


def kinds(*, also_inactive: bool = False) -> list[WhistleKind]:
    """The kinds of whistle in use."""
    found = WhistleKind.objects.all()
    return list(found if also_inactive else found.filter(active=True))


def get_kind(code: str) -> WhistleKind:
    """One kind, in use or not; `NotFoundError` when there is none."""
    found = WhistleKind.objects.filter(code=code).first()
    if found is None:
        raise NotFoundError
    return found


def get_whistle(user: Any, number: str) -> Whistle:
    """The whistle, if this person may see it; `NotFoundError` alike for what is not his and what is not there."""
    return _one(Whistle.objects.visible_to(user).filter(number=number))


def get_whistle_by_public_id(user: Any, public_id: uuid.UUID) -> Whistle:
    """As `get_whistle`, by the id that the API uses."""
    return _one(Whistle.objects.visible_to(user).filter(public_id=public_id))


def get_call(whistle: Whistle, pk: int) -> WhistleCall:
    """One called unit of a whistle that the caller was allowed to read."""
    for call in calls(whistle):
        if call.pk == pk:
            return call
    raise NotFoundError


def _one(found: WhistleQuerySet) -> Whistle:
    whistle = _with_calls(found).select_related("lead", "decided_by", "concluded_by").first()
    if whistle is None:
        raise NotFoundError
    surround([whistle.case], whole=True)
    return whistle


def _with_calls(found: WhistleQuerySet) -> WhistleQuerySet:
    held = WhistleCall.objects.select_related("unit", "arrived_by", "confirmed_by", "rated_by").order_by("id")
    return found.select_related("kind", "case", "blown_by").prefetch_related(Prefetch("calls", held))


def calls(whistle: Whistle) -> list[WhistleCall]:
    """The called units in the order of their calls; the whistle is not fetched again for any of them."""
    found = list(whistle.calls.all())
    for call in found:
        call.whistle = whistle
    return found


def running(user: Any) -> list[Whistle]:
    """What is blown or called and not concluded: emergencies first, then the earliest meeting; at most 100."""
    found = _with_calls(Whistle.objects.visible_to(user).filter(state__in=sorted(RUNNING)))
    return _surrounded(found.order_by("-kind__emergency", F("meet_at").asc(nulls_first=True), "id")[:_RUNNING_SHOWN])


def ended(user: Any, *, before: int | None = None, limit: int = 50) -> list[Whistle]:
    """One page of what is concluded, rated or was not confirmed, newest first."""
    found = Whistle.objects.visible_to(user).exclude(state__in=sorted(RUNNING))
    return _surrounded(_before(found, before)[:limit])


def find(user: Any, *, state: str = "", before: int | None = None, limit: int = 50) -> list[Whistle]:
    """One page of the whistles that a person may see, newest first."""
    found = Whistle.objects.visible_to(user)
    if state:
        found = found.filter(state=state)
    return _surrounded(_before(found, before)[:limit])


def answer_due(whistle: Whistle) -> dt.datetime:
    """Until when the street should confirm a whistle that was blown, or decline it."""
    return whistling.answer_due(whistle.blown_at, emergency=whistle.kind.emergency)


def _before(found: WhistleQuerySet, before: int | None) -> WhistleQuerySet:
    found = _with_calls(found).order_by("-pk")
    return found if before is None else found.filter(pk__lt=before)


def _surrounded(found: Iterable[Whistle]) -> list[Whistle]:
    whistles = list(found)
    surround([whistle.case for whistle in whistles])
    return whistles


def of_case(case: models.Case) -> list[Whistle]:
    """The whistles about a case that the caller was allowed to read, newest first."""
    found = Whistle.objects.unscoped("about a case that the caller was allowed to read").filter(case_id=case.pk)
    return list(_with_calls(found).order_by("-pk"))


def under_way(case: models.Case) -> str | None:
    """The number of the whistle that is blown or called about a case; None when there is none."""
    found = Whistle.objects.unscoped("whether one is under way about this case").filter(case_id=case.pk)
    return found.filter(state__in=sorted(RUNNING)).order_by("pk").values_list("number", flat=True).first()


def kinds_for(case: models.Case, user: Any, *, running: bool | None = None) -> list[WhistleKind]:
    """The kinds that this person may blow about a case now; `running` saves asking whether one is under way.

    Whoever calls units needs no other's whistle for an emergency.
    """
    if running is None:
        running = under_way(case) is not None
    if not may_blow(case, user, running=running):
        return []
    every = kinds()
    return every if _may_at(case, P.WHISTLE_BLOW, user) else [kind for kind in every if kind.emergency]


def may_blow(case: models.Case, user: Any, *, running: bool) -> bool:
    """Whether to offer a whistle on the page of a case: as `kinds_for`, without asking for the kinds."""
    return not running and case.is_open and (_may_at(case, P.WHISTLE_BLOW, user) or _may_at(case, P.WHISTLE_CALL, user))


def offered(case: models.Case, user: Any) -> tuple[str, str]:
    """("under_way", its number), ("blow", "") or ("", ""): what the phone's page of a case shows of whistles."""
    if not case.is_open:
        return "", ""
    number = under_way(case)
    if number is not None:
        return "under_way", number
    return ("blow", "") if may_blow(case, user, running=False) else ("", "")


def _may_at(case: models.Case, permission: P, user: Any) -> bool:
    """Whether a permission is held at the place of a case, confidential ones only with that permission too."""
    authority = authority_of(user)
    if case.confidential and not authority.may(P.CASE_CONFIDENTIAL, area_path=case.area_path):
        return False
    return authority.may(permission, area_path=case.area_path)


def is_of_unit(user: Any, unit: Organisation) -> bool:
    """Whether a person belongs to a unit, or acts for it."""
    authority = authority_of(user)
    return unit.pk in authority.units() or authority.may(P.CASE_HANDLE, unit_path=unit.path)


def may_take(whistle: Whistle, step: Step, user: Any, called: Sequence[WhistleCall]) -> bool:
    """Whether this person may take a step, whatever the state. `called` are the units that the step is about."""
    if step.verb == "vouch" and any(is_of_unit(user, call.unit) for call in called):
        return False
    if step.verb == "rate" and any(is_of_unit(user, call.unit) for call in called if not call.excused):
        return False
    return any(_is(who, whistle, user, called) for who in step.by)


def _is(who: str, whistle: Whistle, user: Any, called: Sequence[WhistleCall]) -> bool:
    authority = authority_of(user)
    if who == UNIT:
        return any(authority.may(P.CASE_HANDLE, unit_path=call.unit.path) for call in called)
    if who == LEAD:
        return whistle.lead is not None and authority.may(P.CASE_HANDLE, unit_path=whistle.lead.path)
    if who == BLOWER:
        return bool(user.pk) and user.pk == whistle.blown_by_id
    return _may_at(whistle.case, P(who), user)


@dataclasses.dataclass(frozen=True, slots=True)
class Sight:
    """What one person sees of a whistle, and what he may do with it now.

    `own`: calls for whose unit he may act; `to_vouch`: arrivals of which he may say that they are true.
    """

    case_opens: bool
    calls: list[WhistleCall]
    photos: list[CasePhoto]
    may: frozenset[str]
    own: frozenset[int]
    to_vouch: frozenset[int]


def sight(whistle: Whistle, user: Any) -> Sight:
    """What a person sees of a whistle that he was allowed to read. No voice of the case and nobody's contact."""
    case = whistle.case
    opens = models.Case.objects.visible_to(user).filter(pk=case.pk).exists()
    called = calls(whistle)
    own = {call.pk for call in called if _is(UNIT, whistle, user, [call])}
    vouching = STEPS["vouch"]
    to_vouch = {
        call.pk
        for call in called
        if whistle.state in vouching.before
        and not call.on_the_spot
        and not call.excused
        and may_take(whistle, vouching, user, [call])
    }
    possible = frozenset(
        step.verb for step in STEPS.values() if whistle.state in step.before and may_take(whistle, step, user, called)
    )
    return Sight(opens, called, _photos(case, user), possible, frozenset(own), frozenset(to_vouch))


def _photos(case: models.Case, user: Any) -> list[CasePhoto]:
    found = case.photos.filter(kind__in=_OF_THE_SPOT).select_related("media").order_by("id")
    hidden = case.confidential and not authority_of(user).may(P.CASE_CONFIDENTIAL, area_path=case.area_path)
    return list(found.exclude(kind=CasePhoto.Kind.REPORT) if hidden else found)


def photo_shown_to_called(user: Any, sha256: str) -> CasePhoto | None:
    """A photo of the spot in a case to which the person's unit is called; of a confidential one not the report's."""
    cases = Whistle.objects.calling(user).order_by().values("case_id")
    found = CasePhoto.objects.filter(sha256=sha256, media__isnull=False, kind__in=_OF_THE_SPOT, case_id__in=cases)
    shown = found.exclude(kind=CasePhoto.Kind.REPORT, case__confidential=True)
    return shown.select_related("case", "media").first()


def metres_from(case: models.Case, lon: float, lat: float) -> float | None:
    """How far a position (degrees, WGS-84) is from the place of a case; None where that has no position."""
    if case.lon is None or case.lat is None:
        return None
    dy = (lat - case.lat) * 111_320
    dx = (lon - case.lon) * 111_320 * math.cos(math.radians(case.lat))
    return math.hypot(dx, dy)
