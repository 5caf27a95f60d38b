"""What is counted: the rows behind the indicators, in somebody's scope and a window of time.

A basis is a table, the path from its rows to their case, and the instant that places a row in time: when it was *due*
for timeliness, when the case was *closed* for outcomes, when it *happened* (filed, dispatched, checked) for the work of
the centre itself. What was not accepted (X) or void (V) is nowhere; what was merged (M) counts once, in the case that
goes on. A hung case is not due: its clock stands still.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Case as Choice
from django.db.models import F, Q, When
from django.db.models.functions import Coalesce

from wangge.domains.cases.models import (
    Assignment,
    Case,
    Evaluation,
    Hang,
    Report,
    SecondCheck,
    Source,
    Verification,
    Whistle,
    WhistleCall,
)
from wangge.domains.cases.workflow import S
from wangge.foundation.core import clock
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models.expressions import Combinable

NOT_COUNTED = (S.DECLINED.value, S.VOID.value, S.MERGED.value)
CLOSED = (S.CLOSED.value, S.ARCHIVED.value)
HANDLED = (S.HANDLED.value, S.EVALUATING.value, S.OBJECTED.value, *CLOSED)
RESIDENTS = (
    Source.RESIDENT.value,
    Source.SCAN.value,
    Source.PHONE.value,
    Source.VISIT.value,
    Source.ON_BEHALF.value,
    Source.HOTLINE.value,
)
CALLED = (Whistle.State.CALLED.value, Whistle.State.CONCLUDED.value, Whistle.State.RATED.value)
_WHY = "figures are counted in the scope that was given"


@dataclasses.dataclass(frozen=True, slots=True)
class Scope:
    """Whose cases: at or under `paths`; confidential ones at or under `secret` only. None means everywhere.

    `unit_ids` narrows to the cases of some units, `module` and `matter_class` (a code) to some matters.
    """

    paths: tuple[str, ...] | None = ()
    secret: tuple[str, ...] | None = ()
    unit_ids: tuple[int, ...] | None = None
    module: str = ""
    matter_class: str = ""

    def where(self, prefix: str = "", unit: str | None = None) -> Q:
        """The condition on rows whose case is at `prefix` ("case__") and whose unit is at `unit`."""
        condition = ~Q(**{f"{prefix}state__in": NOT_COUNTED})
        if self.paths is not None:
            condition &= under(f"{prefix}area_path", self.paths)
        if self.secret is not None:
            condition &= Q(**{f"{prefix}confidential": False}) | under(f"{prefix}area_path", self.secret)
        if self.unit_ids is not None:
            condition &= Q(**{f"{unit or f'{prefix}unit_id'}__in": self.unit_ids})
        if self.module:
            condition &= Q(**{f"{prefix}matter__module": self.module})
        if self.matter_class:
            condition &= Q(**{f"{prefix}matter__matter_class__code": self.matter_class})
        return condition


EVERYWHERE = Scope(paths=None, secret=None)


@dataclasses.dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time: `since` included, `until` not; and the present, for what is not yet due."""

    since: dt.datetime
    until: dt.datetime
    now: dt.datetime

    @property
    def passed(self) -> dt.datetime:
        """The end of the part that has passed."""
        return min(self.until, self.now)


@dataclasses.dataclass(frozen=True, slots=True)
class Basis:
    """A table seen as rows of figures. `rows` applies scope and window; the rest are paths or expressions on them."""

    key: str
    rows: Callable[[Scope, Window], models.QuerySet[Any]]
    at: Any  # the instant (or day) that places a row in time: a path or an expression
    case: Any = "pk"  # the case a row belongs to (the one that goes on, when it was merged)
    area: Any = "area_id"
    unit: Any = "unit_id"
    confidential: Any = "confidential"
    matter_class: Any = "matter__matter_class_id"
    at_is_day: bool = False

    @property
    def case_id(self) -> Any:
        """The case of a row, to be annotated."""
        return F(self.case) if isinstance(self.case, str) else self.case


def _cases(key: str, field: str, condition: Q, *, due: bool) -> Basis:
    """Cases placed in time by one of their columns."""

    def rows(scope: Scope, window: Window) -> models.QuerySet[Any]:
        span = {f"{field}__gte": window.since, f"{field}__lt": window.passed if due else window.until}
        return Case.objects.unscoped(_WHY).filter(condition, scope.where(), **span)

    return Basis(key, rows, at=field)


def _stage(key: str, state: S, kept: str) -> Basis:
    """Cases placed by the deadline of a stage: as kept when the stage was over, or as it stands while it lasts."""

    def rows(scope: Scope, window: Window) -> models.QuerySet[Any]:
        over = Q(**{f"{kept}__gte": window.since, f"{kept}__lt": window.passed}) & ~Q(state=state.value)
        lasts = Q(state=state.value, due_at__gte=window.since, due_at__lt=window.passed)
        return Case.objects.unscoped(_WHY).filter(over | lasts, scope.where())

    at = Choice(When(state=state.value, then=F("due_at")), default=F(kept), output_field=models.DateTimeField())
    return Basis(key, rows, at=at)


def _of_case(
    key: str, model: Any, field: str, condition: Q, *, due: bool = False, unit: str = "case__unit_id"
) -> Basis:
    """Rows that belong to a case, placed in time by a column of their own."""

    def rows(scope: Scope, window: Window) -> models.QuerySet[Any]:
        span = {f"{field}__gte": window.since, f"{field}__lt": window.passed if due else window.until}
        found: models.QuerySet[Any] = model.objects.filter(condition, scope.where("case__", unit), **span)
        return found

    return _through("case__", key, rows, at=field, unit=unit)


def _through(
    prefix: str, key: str, rows: Callable[[Scope, Window], Any], *, at: Any, unit: str, at_is_day: bool = False
) -> Basis:
    return Basis(
        key,
        rows,
        at=at,
        case=f"{prefix.removesuffix('__')}_id",
        area=f"{prefix}area_id",
        unit=unit,
        confidential=f"{prefix}confidential",
        matter_class=f"{prefix}matter__matter_class_id",
        at_is_day=at_is_day,
    )


def _hangs(scope: Scope, window: Window) -> models.QuerySet[Any]:
    # A review is due by the end of its day.
    first, last = clock.day_of(window.since), clock.day_of(window.passed - dt.timedelta(microseconds=1))
    due = Q(review_on__gte=first, review_on__lte=last)
    return Hang.objects.filter(due, scope.where("case__"), granted=True)


def _whistles(scope: Scope, window: Window) -> models.QuerySet[Any]:
    met = Q(meet_at__gte=window.since, meet_at__lt=window.passed, state__in=CALLED)
    return Whistle.objects.unscoped(_WHY).filter(met, scope.where("case__"))


def _blown(scope: Scope, window: Window) -> models.QuerySet[Any]:
    blown = Q(blown_at__gte=window.since, blown_at__lt=window.until)
    return Whistle.objects.unscoped(_WHY).filter(blown, scope.where("case__"))


def _calls(scope: Scope, window: Window) -> models.QuerySet[Any]:
    due = Q(due_at__gte=window.since, due_at__lt=window.passed, whistle__state__in=CALLED, excused="")
    return WhistleCall.objects.filter(due, scope.where("whistle__case__", "unit_id"))


def _asked(scope: Scope, window: Window) -> models.QuerySet[Any]:
    """Reporters who were to be asked: those of the closed cases and of the ones merged into them."""
    closed = CLOSED_CASES.rows(scope, window)
    along = Case.objects.unscoped(_WHY).filter(merged_into__in=closed.values("pk"))
    voices = closed.order_by().values("pk").union(along.order_by().values("pk"), all=True)
    return Report.objects.unscoped(_WHY).filter(asks=True, case_id__in=voices)


def _voices(scope: Scope, window: Window) -> models.QuerySet[Any]:
    """Residents behind the cases that were filed, or settled on the spot; those of the ones merged into them too."""
    filed = Q(filed_at__gte=window.since, filed_at__lt=window.until)
    settled = Q(filed_at__isnull=True, closed_at__gte=window.since, closed_at__lt=window.until, state__in=CLOSED)
    heard = Case.objects.unscoped(_WHY).filter(filed | settled, scope.where())
    along = Case.objects.unscoped(_WHY).filter(merged_into__in=heard.values("pk"))
    cases = heard.order_by().values("pk").union(along.order_by().values("pk"), all=True)
    return Report.objects.unscoped(_WHY).filter(source__in=RESIDENTS, case_id__in=cases)


def _judged(scope: Scope, window: Window) -> models.QuerySet[Any]:
    """What they answered about the last round."""
    asked = _asked(scope, window).order_by().values("pk")
    # By way of an annotation: in a filter Django would join the case that goes on as if there always were one.
    return Evaluation.objects.annotate(last_round=_goes_on("round", "report__case__")).filter(
        report_id__in=asked, round=F("last_round")
    )


def _goes_on(column: str, prefix: str) -> Combinable:
    """A column of the case that goes on: of the one into which a case was merged, else its own."""
    return Coalesce(F(f"{prefix}merged_into__{column}"), F(f"{prefix}{column}"))


def _merged_along(key: str, rows: Callable[[Scope, Window], Any], prefix: str) -> Basis:
    return Basis(
        key,
        rows,
        at=_goes_on("closed_at", prefix),
        case=Coalesce(F(f"{prefix}merged_into_id"), F(f"{prefix.removesuffix('__')}_id")),
        area=_goes_on("area_id", prefix),
        unit=_goes_on("unit_id", prefix),
        confidential=_goes_on("confidential", prefix),
        matter_class=_goes_on("matter__matter_class_id", prefix),
    )


_IN_HAND = ~Q(state__in=[S.REPORTED.value, S.NEEDS_INFO.value, S.HUNG.value])

ACCEPTING = _stage("accepting", S.REPORTED, "accept_due_at")
SIGNING = _stage("signing", S.DISPATCHED, "sign_due_at")
CONTACTING = _cases("contacting", "contact_due_at", Q(), due=True)
HANDLING = _cases("handling", "handle_due_at", _IN_HAND, due=True)
FILED_CASES = _cases("filed", "filed_at", Q(), due=False)
CLOSED_CASES = _cases("closed", "closed_at", Q(state__in=CLOSED), due=False)
DISPATCHES = _of_case("dispatches", Assignment, "dispatched_at", Q(duty=Assignment.Duty.MAIN.value), unit="unit_id")
SPOT_CHECKS = _of_case(
    "spot_checks",
    Verification,
    "at",
    # What was checked before the case was filed had been settled on the spot.
    Q(case__filed_at__isnull=True) | Q(case__filed_at__gte=F("at")),
)
SECOND_CHECKS = _of_case("second_checks", SecondCheck, "at", Q(at__isnull=False), unit="unit_id")
DRAWN_CHECKS = _of_case(
    "drawn_checks",
    SecondCheck,
    "due_at",
    ~Q(lapsed=SecondCheck.Lapse.OVERTAKEN.value),  # opened again before: nothing was left to check
    due=True,
    unit="unit_id",
)
REVIEWS = _through("case__", "reviews", _hangs, at="review_on", unit="case__unit_id", at_is_day=True)
WHISTLES = _through("case__", "whistles", _whistles, at="meet_at", unit="case__unit_id")
BLOWN = _through("case__", "blown", _blown, at="blown_at", unit="case__unit_id")
CALLS = _through("whistle__case__", "calls", _calls, at="due_at", unit="unit_id")
ASKED = _merged_along("asked", _asked, "case__")
JUDGED = _merged_along("judged", _judged, "report__case__")
VOICES = dataclasses.replace(
    _merged_along("voices", _voices, "case__"),
    at=Choice(
        When(
            case__merged_into__isnull=False,
            then=Coalesce(F("case__merged_into__filed_at"), F("case__merged_into__closed_at")),
        ),
        default=Coalesce(F("case__filed_at"), F("case__closed_at")),
    ),
)

BASES: tuple[Basis, ...] = (
    ACCEPTING,
    SIGNING,
    CONTACTING,
    HANDLING,
    FILED_CASES,
    CLOSED_CASES,
    DISPATCHES,
    SPOT_CHECKS,
    SECOND_CHECKS,
    DRAWN_CHECKS,
    REVIEWS,
    WHISTLES,
    BLOWN,
    CALLS,
    ASKED,
    JUDGED,
    VOICES,
)
