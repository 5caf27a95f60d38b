"""Reads about the sub-procedures of handling: 延期, 挂账, 争议研判, 协办, 分级上报.

Rules: a second extension of a round is the leader's, a third is nobody's; a request is never decided by the people of
the unit that asked; after two returns a joint ruling decides to whom a case goes; a case is verified when every
co-handler's part is verified or waived.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Q

from wangge.domains.cases.models import Assignment, Case, Extension, Hang, LevelMove, Ruling
from wangge.domains.cases.surroundings import surround
from wangge.domains.cases.workflow import IN_HAND, S, Step
from wangge.foundation.accounts.authority import authority_of, in_unit, unit_ids
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from wangge.domains.cases.models import CaseQuerySet
    from wangge.foundation.accounts.models import Organisation

MAX_EXTENSION_DAYS = 10  # working days; Shandong hotline rules
MAX_EXTENSIONS = 2  # in a round: the first by the duty chief, the second by the leader
MAX_HANG_DAYS = 90  # calendar days until a hung case is looked at again
REMIND_DAYS = 7  # before the review date
MAX_RETURNS = 2  # after that only a joint ruling decides
TOP_LEVEL = 4
_DISPUTED = (S.FILED, S.DISPATCHED, S.HANDLING)
_LEVEL_OF_AREA = {"grid": 1, "community": 2, "street": 3}
_LONGEST_SEARCH = 60

T = TypeVar("T")


# One case -------------------------------------------------------------------------------------------------------------


def open_extension(case: Case) -> Extension | None:
    """The extension that was asked for and not yet decided."""
    return Extension.objects.filter(case=case, granted__isnull=True, ended_at__isnull=True).first()


def granted_extensions(case: Case) -> int:
    """How often the present round was extended; refused requests do not count."""
    return Extension.objects.filter(case=case, round=case.round, granted=True).count()


def open_hang(case: Case) -> Hang | None:
    """The 挂账 that was asked for and not yet decided."""
    return Hang.objects.filter(case=case, granted__isnull=True, ended_at__isnull=True).first()


def running_hang(case: Case) -> Hang | None:
    """The 挂账 that stops the case now."""
    return Hang.objects.filter(case=case, granted=True, ended_at__isnull=True).first()


def open_ruling(case: Case) -> Ruling | None:
    """The joint meeting that was called and has not yet ruled."""
    return Ruling.objects.filter(case=case, ruled_at__isnull=True, ended_at__isnull=True).first()


def is_ruled(case: Case, unit_id: int | None = None) -> bool:
    """Whether a joint meeting has said whose duty the case is; of one unit when it is named."""
    found = Ruling.objects.filter(case=case, ruled_at__isnull=False)
    return (found if unit_id is None else found.filter(unit_id=unit_id)).exists()


def needs_ruling(case: Case) -> bool:
    """Whether dispatch is no longer free: sent back twice, and nobody has ruled."""
    return case.returns >= MAX_RETURNS and not is_ruled(case)


def returned(case: Case) -> list[Assignment]:
    """The main units that sent the case back (退回), with their reasons."""
    found = Assignment.objects.filter(case=case, duty=Assignment.Duty.MAIN, returned_at__isnull=False, left_by="")
    return list(found.select_related("unit").order_by("id"))


def was_moved(case: Case) -> bool:
    """Whether the case went up or down, so that units of its level are asked for."""
    return LevelMove.objects.filter(case=case).exists()


def parts(case: Case) -> list[Assignment]:
    """The co-handlers' parts that still belong to the case."""
    found = Assignment.objects.filter(case=case, duty=Assignment.Duty.CO, returned_at__isnull=True)
    return list(found.select_related("unit").order_by("id"))


def handling_paths(case: Case) -> list[str]:
    """Paths of the units that have the case, main and co: their people verify nothing of it."""
    found = Assignment.objects.filter(case=case, returned_at__isnull=True)
    return list(found.order_by("id").values_list("unit__path", flat=True))


def is_open(part: Assignment) -> bool:
    """Whether the main unit's result cannot be verified because of this part."""
    return part.returned_at is None and part.verified_at is None and part.waived_at is None


def open_parts(case: Case) -> list[Assignment]:
    """The co-handlers' parts that are neither verified nor waived."""
    return [part for part in parts(case) if is_open(part)]


def parts_to_do(case: Case, user: Any) -> list[Assignment]:
    """The parts that this person may report as done: those of his units that nobody has reported yet."""
    authority = authority_of(user)
    return [
        part
        for part in open_parts(case)
        if part.done_at is None and authority.may(P.CASE_ASSIST, unit_path=part.unit.path)
    ]


def parts_to_verify(case: Case, user: Any) -> list[Assignment]:
    """The parts that were reported as done by others than this person and his unit."""
    return [part for part in open_parts(case) if part.done_at is not None and not is_own_part(part, user)]


def is_own_part(part: Assignment, user: Any) -> bool:
    """Whether a part was done by this person or by his unit: then he does not verify it."""
    return part.done_by_id == getattr(user, "pk", None) or in_unit(user, part.unit)


def is_own_request(case: Case, asked_by_id: int | None, user: Any) -> bool:
    """Whether a person would decide what he, or his unit, asked for."""
    if asked_by_id == getattr(user, "pk", None):
        return True
    return case.unit is not None and in_unit(user, case.unit)


def decides_extension(case: Case, extension: Extension, user: Any) -> bool:
    """Whether the person's posts let him decide this extension: the second of a round is the leader's."""
    permission = P.CASE_EXTEND if extension.nth == 1 else P.CASE_EXTEND_AGAIN
    return authority_of(user).may(permission, area_path=case.area_path)


@dataclasses.dataclass
class _Standing:
    """What stands open in a case, read when it is asked for and once."""

    case: Case
    user: Any

    @cached_property
    def extension(self) -> Extension | None:
        return open_extension(self.case)

    @cached_property
    def hang(self) -> Hang | None:
        return open_hang(self.case)

    @cached_property
    def open_parts(self) -> list[Assignment]:
        return open_parts(self.case)

    def allows(self, verb: str) -> bool:
        """Whether there is anything to do for this person by a verb that table and posts allow."""
        check = getattr(self, f"_{verb}", None)
        return check is None or bool(check())

    def _ask_extension(self) -> bool:
        if self.extension is not None or self.case.due_at is None or self.case.due_at <= clock.now():
            return False
        return granted_extensions(self.case) < MAX_EXTENSIONS

    def _grant_extension(self) -> bool:
        asked = self.extension
        return (
            asked is not None
            and decides_extension(self.case, asked, self.user)
            and not is_own_request(self.case, asked.asked_by_id, self.user)
        )

    _refuse_extension = _grant_extension

    def _ask_hang(self) -> bool:
        return self.hang is None

    def _hang(self) -> bool:
        return self.hang is not None and not is_own_request(self.case, self.hang.asked_by_id, self.user)

    _refuse_hang = _hang

    def _rule(self) -> bool:
        return open_ruling(self.case) is not None

    def _dispatch(self) -> bool:
        return not needs_ruling(self.case)

    def _escalate(self) -> bool:
        return self.case.level < TOP_LEVEL

    def _hand_down(self) -> bool:
        return self.case.level > 1

    def _assist_done(self) -> bool:
        authority = authority_of(self.user)
        return any(p.done_at is None and authority.may(P.CASE_ASSIST, unit_path=p.unit.path) for p in self.open_parts)

    def _verify_assist(self) -> bool:
        return any(part.done_at is not None and not is_own_part(part, self.user) for part in self.open_parts)

    def _waive_assist(self) -> bool:
        return bool(self.open_parts)


def narrowed(case: Case, steps: Iterable[Step], user: Any) -> list[Step]:
    """Of steps that table and posts allow: those for which there is something to do now."""
    standing = _Standing(case, user)
    return [step for step in steps if standing.allows(step.verb)]


def waits_for_data(verb: str) -> bool:
    """Whether a step may be impossible because nothing (any more) stands open, and not for want of a right."""
    return hasattr(_Standing, f"_{verb}")


@dataclasses.dataclass(frozen=True, slots=True)
class Procedures:
    """The sub-procedures of one case, oldest first."""

    extensions: list[Extension]
    hangs: list[Hang]
    rulings: list[Ruling]
    moves: list[LevelMove]


def of_case(case: Case) -> Procedures:
    """Everything that was asked, decided, ruled and moved in a case that the caller was allowed to read."""
    return Procedures(
        extensions=list(case.extensions.select_related("asked_by", "decided_by").order_by("id")),
        hangs=list(case.hangs.select_related("asked_by", "decided_by", "ended_by").order_by("id")),
        rulings=list(
            case.rulings.select_related("called_by", "ruled_by", "unit", "proposal")
            .prefetch_related("units")
            .order_by("id")
        ),
        moves=list(case.level_moves.select_related("by").order_by("id")),
    )


def extension_of(case: Case, pk: int) -> Extension:
    """One extension of a case; `NotFoundError` when it is another's."""
    return _of(Extension.objects.filter(case=case, pk=pk).first())


def hang_of(case: Case, pk: int) -> Hang:
    """One 挂账 of a case; `NotFoundError` when it is another's."""
    return _of(Hang.objects.filter(case=case, pk=pk).first())


def part_of(case: Case, pk: int) -> Assignment:
    """One co-handler's part of a case; `NotFoundError` when it is another's."""
    found = Assignment.objects.filter(case=case, pk=pk, duty=Assignment.Duty.CO, returned_at__isnull=True)
    return _of(found.select_related("unit").first())


def _of(found: T | None) -> T:
    if found is None:
        raise NotFoundError
    return found


def level_of(unit: Organisation) -> int:
    """The rung at which a unit stands: 1 grid … 4 district, by the area for which it answers."""
    return TOP_LEVEL if unit.area is None else _LEVEL_OF_AREA.get(unit.area.kind, TOP_LEVEL)


# Lists ----------------------------------------------------------------------------------------------------------------


def waiting_for_approval(user: Any) -> list[CaseQuerySet]:
    """待审批: cases with a request that the person's posts let him decide, one queryset for each kind of request."""
    asked = Extension.objects.filter(granted__isnull=True, ended_at__isnull=True)
    hangs = Hang.objects.filter(granted__isnull=True, ended_at__isnull=True)
    ways: tuple[tuple[P, QuerySet[Any]], ...] = (
        (P.CASE_EXTEND, asked.filter(nth=1)),
        (P.CASE_EXTEND_AGAIN, asked.filter(nth__gt=1)),
        (P.CASE_HANG, hangs),
    )
    authority = authority_of(user)
    own = sorted({path for grant in authority.grants if grant.unit_path for path in _and_above(grant.unit_path)})
    return [
        Case.objects.at_places_of(user, permission)
        .filter(state=S.HANDLING.value, pk__in=requests.exclude(asked_by_id=user.pk).values("case_id"))
        .exclude(unit__path__in=own)
        for permission, requests in ways
        if authority.holds(permission)
    ]


def _and_above(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: i + 1]) + "/" for i in range(len(parts))]


def waiting_for_ruling(user: Any) -> list[CaseQuerySet]:
    """待研判: cases sent back twice, and those for which a meeting was called."""
    if not authority_of(user).holds(P.CASE_JUDGE):
        return []
    cases = Case.objects.at_places_of(user, P.CASE_JUDGE)
    called = Ruling.objects.filter(ruled_at__isnull=True, ended_at__isnull=True).values("case_id")
    ruled = Ruling.objects.filter(ruled_at__isnull=False).values("case_id")
    return [
        cases.filter(state__in=[state.value for state in _DISPUTED], pk__in=called),
        cases.filter(state=S.FILED.value, returns__gte=MAX_RETURNS).exclude(pk__in=ruled),
    ]


def hung_publicly(*, after: tuple[dt.date, int] | None = None, limit: int = 30) -> list[Hang]:
    """挂账公示: what is hung now, next review first; only matters whose course may be shown, never confidential ones.

    `after` is (review date, id) of the last row shown. The caller shows number, matter, community, why, plan, date.
    """
    shown = Case.objects.unscoped("what is hung is published, without a word of who reported it").filter(
        state=S.HUNG.value, confidential=False, matter__public=True, matter__confidential=False
    )
    found = Hang.objects.filter(granted=True, ended_at__isnull=True, case__in=shown)
    if after is not None:
        day, pk = after
        found = found.filter(Q(review_on__gt=day) | Q(review_on=day, pk__gt=pk))
    return list(
        found.select_related("case__matter", "case__area__parent").order_by("review_on", "pk")[:limit],
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Precedent:
    """One joint meeting, with the units that had sent the case back."""

    ruling: Ruling
    returned: list[Assignment]
    readable: bool  # whether the reader may open the case itself


def _rulings_for(user: Any) -> Q:
    """Meetings about cases that the person may see, and those to which his unit was called."""
    seen = Q(case__in=Case.objects.visible_to(user).order_by().values("pk"))
    units = unit_ids(user, P.CASE_HANDLE)
    if not units:
        return seen
    called = Ruling.units.through.objects.filter(organisation_id__in=units).values("ruling_id")
    return seen | Q(pk__in=called)


def precedents(
    user: Any, *, text: str = "", held: bool = True, before: int | None = None, limit: int = 30
) -> list[Precedent]:
    """案例库: what joint meetings have ruled (`held`), or the meetings still to be held; newest first.

    `text` is looked for in the matter, the place, the units, the minutes and the basis. The number of a case that the
    reader may not open is not shown by the caller.
    """
    found = Ruling.objects.filter(_rulings_for(user), ended_at__isnull=True, ruled_at__isnull=not held)
    text = text.strip()[:_LONGEST_SEARCH]
    if text:
        returned = Assignment.objects.filter(unit__name_zh__icontains=text, returned_at__isnull=False, left_by="")
        found = found.filter(
            Q(minutes__icontains=text)
            | Q(basis__icontains=text)
            | Q(place__icontains=text)
            | Q(unit__name_zh__icontains=text)
            | Q(case__matter__name_zh__icontains=text)
            | Q(case__matter__code=text)
            | Q(case__area__name_zh__icontains=text)
            | Q(case__area__parent__name_zh__icontains=text)
            | Q(case_id__in=returned.values("case_id"))
        )
    if before is not None:
        found = found.filter(pk__lt=before)
    return _precedents(found.order_by("-pk")[:limit], user)


def precedents_of(user: Any, number: str) -> list[Precedent]:
    """The meetings about one case that the person may read about, newest first; none: `NotFoundError`."""
    held = Ruling.objects.filter(_rulings_for(user), case__number=number)
    found = _precedents(held.order_by("-pk"), user)
    if not found:
        raise NotFoundError
    return found


def _precedents(found: Any, user: Any) -> list[Precedent]:
    rulings = list(found.select_related("case", "unit", "ruled_by", "called_by", "proposal").prefetch_related("units"))
    cases = [ruling.case for ruling in rulings]
    surround(cases)
    visible = set(
        Case.objects.visible_to(user).filter(pk__in=[case.pk for case in cases]).order_by().values_list("pk", flat=True)
    )
    returned: dict[int, list[Assignment]] = {}
    for assignment in (
        Assignment.objects.filter(
            case__in=[case.pk for case in cases], duty=Assignment.Duty.MAIN, returned_at__isnull=False, left_by=""
        )
        .select_related("unit")
        .order_by("id")
    ):
        returned.setdefault(assignment.case_id, []).append(assignment)
    return [Precedent(ruling, returned.get(ruling.case_id, []), ruling.case_id in visible) for ruling in rulings]


# Work of the rules ----------------------------------------------------------------------------------------------------


def hangs_to_resume(day: dt.date, *, limit: int) -> list[Hang]:
    """挂账 whose review date has come."""
    found = Hang.objects.filter(granted=True, ended_at__isnull=True, review_on__lte=day)
    return list(found.select_related("case").order_by("review_on", "pk")[:limit])


def hangs_to_announce(day: dt.date, *, limit: int) -> list[Hang]:
    """挂账 whose review date comes within a week and of which nobody was reminded yet."""
    soon = day + dt.timedelta(days=REMIND_DAYS)
    found = Hang.objects.filter(granted=True, ended_at__isnull=True, reminded_at__isnull=True, review_on__lte=soon)
    return list(found.select_related("case").order_by("review_on", "pk")[:limit])


def in_hand(case: Case) -> bool:
    """Whether the case is with its units, so that co-handlers have work."""
    return S(case.state) in IN_HAND
