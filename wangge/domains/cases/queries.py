"""Reads about cases: get one, queues, lists by keyset, the timeline, what a person may do next."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Prefetch, Q

from wangge.domains.cases import procedures, second_checks, workflow
from wangge.domains.cases.models import (
    Assignment,
    Case,
    CasePhoto,
    Evaluation,
    Handling,
    Objection,
    Report,
    TimelineEntry,
    Verification,
)
from wangge.domains.cases.surroundings import surround, with_matters
from wangge.domains.cases.whistle_queries import photo_shown_to_called
from wangge.domains.cases.workflow import REPORTER, SYSTEM, S, Step
from wangge.foundation.accounts.authority import authority_of, in_unit
from wangge.foundation.accounts.permissions import HELD_BY_UNIT, P
from wangge.foundation.core import clock, crypto
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Iterable

    from wangge.domains.cases.models import CaseQuerySet

LINK_PURPOSE = "report"
OBJECTION_DAYS = 15  # calendar days from closing
_OTHER_VOICES = frozenset({"report", "settle", "ask_for_more"})
SHOWN_UP_TO = 99
_MAP_LIMIT = 4000
# Words are first looked for in the newest cases: common ones are found there, and only rare ones ask the bigram indexes.
_RECENT = 2000
# What a point of a map says, its clock included: four thousand whole rows are too many, and one forgotten here is a query
# for each of them.
_ON_A_POINT = (
    *("number", "lon", "lat", "state", "urgent", "matter_id"),
    *("since", "filed_at", "due_at", "handle_due_at", "due_provisional"),
)
_LONGEST_SEARCH = 60
_NUMBER = re.compile(r"^[A-Za-z0-9]{1,20}-\d{4}-\d{1,12}$")


@dataclasses.dataclass(frozen=True, slots=True)
class Queue:
    """A work queue of the desk: the permission of whoever works it, and the states it shows, or its own querysets."""

    key: str
    states: tuple[S, ...]
    permission: P
    parts: Callable[[Any], list[CaseQuerySet]] | None = None


QUEUES: dict[str, Queue] = {
    queue.key: queue
    for queue in (
        Queue("file", (S.REPORTED, S.NEEDS_INFO), P.CASE_FILE),  # 受理
        Queue("spot_check", (S.SETTLED,), P.CASE_CHECK_SPOT),  # 即办抽核
        Queue("dispatch", (S.FILED,), P.CASE_DISPATCH),  # 派遣
        Queue("sign", (S.DISPATCHED,), P.CASE_HANDLE),  # 签收
        Queue("handle", (S.HANDLING,), P.CASE_HANDLE),  # 处置
        Queue("approve", (), P.CASE_EXTEND, procedures.waiting_for_approval),  # 待审批: 延期, 挂账
        Queue("ruling", (), P.CASE_JUDGE, procedures.waiting_for_ruling),  # 待研判
        Queue("hung", (S.HUNG,), P.CASE_HANG),  # 挂账
        Queue("verify", (S.HANDLED,), P.CASE_VERIFY),  # 核查
        Queue("call_back", (S.EVALUATING,), P.CASE_CALL_BACK),  # 回访
        Queue("judge", (S.OBJECTED,), P.CASE_JUDGE),  # 异议研判
    )
}


@dataclasses.dataclass(frozen=True, slots=True)
class Filter:
    """What a list of cases is narrowed to; every field may be left out."""

    text: str = ""
    states: tuple[str, ...] = ()
    open_only: bool = False
    overdue: bool = False
    module: str = ""
    matter_class: str = ""
    matter: str = ""
    area_path: str = ""
    unit_id: int | None = None
    source: str = ""
    emerging: bool = False
    legacy: bool = False
    urgent: bool = False
    reported_from: dt.date | None = None
    reported_to: dt.date | None = None


def get_case(user: Any, number: str) -> Case:
    """The case, if this person may see it; `NotFoundError` alike for what is not his and what is not there."""
    return _one(Case.objects.visible_to(user).filter(number=number))


def get_case_by_public_id(user: Any, public_id: uuid.UUID) -> Case:
    """As `get_case`, by the id that the API uses."""
    return _one(Case.objects.visible_to(user).filter(public_id=public_id))


def _one(found: CaseQuerySet) -> Case:
    case = found.select_related("merged_into").order_by().first()
    if case is None:
        raise NotFoundError
    surround([case], whole=True)
    return case


def visible_by_ids(user: Any, ids: Iterable[int]) -> dict[int, Case]:
    """Those of some cases that the person may see, by id (the rows behind a to-do list)."""
    found = Case.objects.visible_to(user).filter(pk__in=list(ids)).order_by()
    return {case.pk: case for case in surround(list(found))}


def photo_counts(cases: Iterable[Case]) -> dict[int, int]:
    """How many photos each of the cases on a page has; cases without any are missing."""
    rows = CasePhoto.objects.filter(case__in=[case.pk for case in cases]).values("case_id").annotate(n=Count("pk"))
    return {row["case_id"]: row["n"] for row in rows.order_by()}


def queue(
    user: Any,
    key: str,
    *,
    after: tuple[dt.datetime, int] | None = None,
    limit: int = 50,
    narrowed: Filter | None = None,
) -> list[Case]:
    """One page of a queue, next breach first; `after` is (due, id) of the last row of the page before."""
    parts = _parts(user, QUEUES[key])
    if narrowed is not None:
        parts = [_narrow(part, narrowed) for part in parts]
    if after is not None:
        due, pk = after
        # The first condition says nothing new, but an index can begin at it.
        parts = [part.filter(due_at__gte=due).filter(Q(due_at__gt=due) | Q(pk__gt=pk)) for part in parts]
    return list(surround(_next_due(parts, limit)))


def queue_size(user: Any, key: str) -> int:
    """How many wait in a queue, counted up to 100 (a list shows "99+"): never a full count of a growing table."""
    wanted = QUEUES[key]
    if not authority_of(user).holds(wanted.permission):
        return 0
    return _counted(_parts(user, wanted), "due_at", "pk")


def _workable(user: Any, wanted: Queue) -> CaseQuerySet:
    if wanted.permission in HELD_BY_UNIT:
        return Case.objects.of_units(user)
    found = Case.objects.at_places_of(user, wanted.permission)
    if wanted.permission in {P.CASE_VERIFY, P.CASE_CHECK_SPOT}:
        found = found.exclude(handler_id=user.pk)
    return found


def _parts(user: Any, wanted: Queue) -> list[CaseQuerySet]:
    """One queryset for each state of a queue: an index has each of them in the order of their deadlines."""
    if wanted.parts is not None:
        return wanted.parts(user)
    found = _workable(user, wanted)
    return [found.filter(state=state.value).still_open() for state in wanted.states]


def _read(parts: list[CaseQuerySet], limit: int, *order: str) -> list[Case]:
    """The first rows of each of several querysets in one query, each case once, in no order."""
    ordered = [part.order_by(*order)[:limit] for part in parts]
    if not ordered:
        return []
    rows = ordered[0].union(*ordered[1:], all=True) if len(ordered) > 1 else ordered[0]
    return list({case.pk: case for case in rows}.values())


def _next_due(parts: list[CaseQuerySet], limit: int) -> list[Case]:
    """The first rows of several querysets together, next breach first; those without a deadline last."""
    rows = _read(parts, limit, "due_at", "pk")
    return sorted(rows, key=lambda case: (case.due_at is None, case.due_at, case.pk))[:limit]


def _counted(parts: list[CaseQuerySet], *order: str) -> int:
    """Rows in several querysets together, counted up to 100."""
    ordered = [part.order_by(*order).values_list("pk", flat=True)[: SHOWN_UP_TO + 1] for part in parts]
    if not ordered:
        return 0
    found = ordered[0].union(*ordered[1:], all=True) if len(ordered) > 1 else ordered[0]
    return min(len(set(found)), SHOWN_UP_TO + 1)


def my_queues(user: Any) -> list[str]:
    """Keys of the queues in which the person's posts let him work."""
    authority = authority_of(user)
    return [key for key, queue_ in QUEUES.items() if authority.holds(queue_.permission)]


def find(user: Any, narrowed: Filter, *, before: int | None = None, limit: int = 50) -> list[Case]:
    """One page of all the cases a person may see, newest first; `before` is the id of the last row shown."""
    parts = Case.objects.ways_visible_to(user)
    if before is not None:
        parts = [part.filter(pk__lt=before) for part in parts]
    words = narrowed.text.strip()[:_LONGEST_SEARCH]
    if not words or _NUMBER.match(words):
        rows = _read([_narrow(part, narrowed) for part in parts], limit, "-pk")
    else:
        others = dataclasses.replace(narrowed, text="")
        rows = [case for part in parts for case in _saying(words, _narrow(part, others), limit)]
    newest = sorted({case.pk: case for case in rows}.values(), key=lambda case: -case.pk)[:limit]
    return list(surround(newest))


def _saying(words: str, found: CaseQuerySet, limit: int) -> list[Case]:
    """The newest cases that say some words, as the planner alone does not find them.

    For a common word it would collect every hit of the bigram indexes, a third of the table, to show twenty: so it is
    first asked about the newest cases only.
    """
    recent = found.order_by("-pk").values("pk")[:_RECENT]
    among = Case.objects.filter(pk__in=recent).scoped_to("within what the person sees")
    rows = list(among.filter(Q(text__icontains=words) | Q(address__icontains=words)).order_by("-pk")[:limit])
    return rows if len(rows) == limit else list(found.filter(_about(words)).order_by("-pk")[:limit])


def next_due(user: Any, narrowed: Filter, *, limit: int = 20) -> list[Case]:
    """Open cases that a person may see, next breach first (a module's "what is due")."""
    parts = [_narrow(part, narrowed).still_open() for part in Case.objects.ways_visible_to(user)]
    return list(surround(_next_due([part.filter(due_at__isnull=False) for part in parts], limit)))


def how_many(user: Any, narrowed: Filter) -> int:
    """Cases that match, counted up to 100."""
    return _counted([_narrow(part, narrowed) for part in Case.objects.ways_visible_to(user)])


def _narrow(found: CaseQuerySet, narrowed: Filter) -> CaseQuerySet:
    if narrowed.text:
        found = found.filter(_about(narrowed.text))
    if narrowed.states:
        found = found.filter(state__in=narrowed.states)
    if narrowed.open_only:
        found = found.still_open()
    if narrowed.overdue:
        found = found.still_open().filter(due_at__lt=clock.now())
    if narrowed.module:
        found = found.filter(matter__module=narrowed.module)
    if narrowed.matter_class:
        found = found.filter(matter__matter_class__code=narrowed.matter_class)
    if narrowed.matter:
        found = found.filter(matter__code=narrowed.matter)
    if narrowed.area_path:
        found = found.filter(under("area_path", [narrowed.area_path]))
    if narrowed.unit_id is not None:
        found = found.filter(unit_id=narrowed.unit_id)
    if narrowed.source:
        found = found.filter(source=narrowed.source)
    if narrowed.emerging:
        found = found.filter(emerging=True)
    if narrowed.legacy:
        found = found.filter(legacy=True)
    if narrowed.urgent:
        found = found.filter(urgent=True)
    if narrowed.reported_from:
        found = found.filter(reported_at__gte=_start(narrowed.reported_from))
    if narrowed.reported_to:
        found = found.filter(reported_at__lt=_start(narrowed.reported_to + dt.timedelta(days=1)))
    return found


def _start(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(0), tzinfo=clock.OFFICE)


def _about(text: str) -> Q:
    """A number is looked up exactly; anything else in text and address through the bigram indexes."""
    text = text.strip()[:_LONGEST_SEARCH]
    if _NUMBER.match(text):
        return Q(number=text.upper())
    return Q(text__zh=text) | Q(address__zh=text)


def on_map(
    user: Any, box: tuple[float, float, float, float] | None = None, narrowed: Filter | None = None
) -> list[Case]:
    """Open cases with a position inside (west, south, east, north), at most 4,000, next breach first."""
    parts = [part.still_open().filter(lon__isnull=False) for part in Case.objects.ways_visible_to(user)]
    if narrowed is not None:
        parts = [_narrow(part, narrowed) for part in parts]
    if box is not None:
        west, south, east, north = box
        parts = [part.filter(lon__range=(west, east), lat__range=(south, north)) for part in parts]
    shown = [part.only(*_ON_A_POINT) for part in parts]
    return list(with_matters(_next_due(shown, _MAP_LIMIT)))


def may_take(case: Case, step: Step, user: Any) -> bool:
    """Whether the person's posts allow a step at the case's place or for its unit, whatever the state."""
    authority = authority_of(user)
    permission = P(step.by)
    if permission in HELD_BY_UNIT:
        if step.verb in {"assist", "assist_done"}:
            paths = case.assignments.filter(duty=Assignment.Duty.CO, returned_at__isnull=True).values_list(
                "unit__path", flat=True
            )
            return any(authority.may(permission, unit_path=path) for path in paths)
        if step.verb == "answer_supervision":
            slips = case.supervisions.all().unscoped("slips of the case that was given").values_list("unit__path")
            return authority.holds(permission) and any(authority.may(permission, unit_path=p) for (p,) in slips)
        return case.unit is not None and authority.may(permission, unit_path=case.unit.path)
    if case.confidential and not authority.may(P.CASE_CONFIDENTIAL, area_path=case.area_path):
        return False
    return authority.may(permission, area_path=case.area_path)


def is_own_work(case: Case, user: Any) -> bool:
    """Whether the person, or his unit, handled the case: then he may not verify or close it."""
    if user is None or user.pk is None:
        return False
    handlers = {case.handler_id, *case.handlings.values_list("by_id", flat=True)}
    units = [a.unit for a in case.assignments.filter(returned_at__isnull=True).select_related("unit")]
    units += [h.unit for h in case.handlings.select_related("unit")]
    return user.pk in handlers or any(in_unit(user, unit) for unit in units)


_DECISIONS = frozenset({"reopen", "dismiss"})
_NOT_FOR_THE_HANDLER = (
    second_checks.VERBS | _DECISIONS | {"verify", "rework", "pass_spot_check", "refuse_spot_check", "close"}
)


def next_steps(case: Case, user: Any) -> list[Step]:
    """The steps that this person may take now, in the order of the table."""
    possible = [
        step
        for step in workflow.verbs_from(case.state)
        if step.by not in {REPORTER, SYSTEM} and may_take(case, step, user)
    ]
    if any(step.verb in _NOT_FOR_THE_HANDLER for step in possible) and is_own_work(case, user):
        possible = [step for step in possible if step.verb not in _NOT_FOR_THE_HANDLER]
    if any(step.verb in second_checks.VERBS for step in possible) and not second_checks.may_answer(case, user):
        possible = [step for step in possible if step.verb not in second_checks.VERBS]
    if any(step.verb in _DECISIONS for step in possible) and second_checks.has_verified(case, user):
        possible = [step for step in possible if step.verb not in _DECISIONS]
    return procedures.narrowed(case, possible, user)


@dataclasses.dataclass(frozen=True, slots=True)
class Dossier:
    """What was done in a case that the caller was allowed to read, in the order in which it happened."""

    assignments: list[Assignment]
    handlings: list[Handling]
    verifications: list[Verification]
    objections: list[Objection]
    merged: list[Case]


def dossier(case: Case, user: Any) -> Dossier:
    """Units, results, checks, objections, and the merged cases that this person may see."""
    handlings = case.handlings.select_related("unit", "by").prefetch_related("quantities").order_by("id")
    return Dossier(
        assignments=list(case.assignments.select_related("unit", "signed_by", "returned_by").order_by("id")),
        handlings=list(handlings),
        verifications=second_checks.shown_verifications(
            case, list(case.verifications.select_related("by").order_by("id")), user
        ),
        objections=list(case.objections.select_related("decided_by", "report").order_by("id")),
        merged=list(Case.objects.visible_to(user).filter(merged_into=case).order_by("id")[:50]),
    )


def timeline(case: Case, user: Any = None) -> list[TimelineEntry]:
    """The record of the work, oldest first, of a case that `user` was allowed to read; without him as whoever may
    give a second answer sees it.
    """
    return second_checks.shown_rows(case, list(case.timeline.select_related("by", "unit").order_by("id")), user)


def public_timeline(case: Case, report: Report | None = None) -> list[TimelineEntry]:
    """The rows that a reporter reads: no names, no internal notes; by his report, which may be that of a colleague who
    is asked for a second answer.
    """
    rows = list(case.timeline.filter(public=True).select_related("unit").order_by("id"))
    by_staff = report is not None and report.by_id is not None and case.verified_at is not None
    return second_checks.shown_rows(case, rows, report.by) if by_staff and report is not None else rows


def photos(case: Case, user: Any = None) -> list[CasePhoto]:
    """Photos of a case that `user` was allowed to read, in the order of the steps; without him as for `timeline`."""
    return second_checks.shown_photos(case, list(case.photos.select_related("media").order_by("id")), user)


def may_see_contact(case: Case, user: Any) -> bool:
    """Whether the posts allow to see who stands behind a report: at the place; or for the unit that has the case,
    unless it is confidential.
    """
    authority = authority_of(user)
    if case.confidential:
        return authority.may(P.CASE_CONFIDENTIAL, area_path=case.area_path) and authority.may(
            P.REPORT_CONTACT, area_path=case.area_path
        )
    if authority.may(P.REPORT_CONTACT, area_path=case.area_path):
        return True
    return case.unit is not None and authority.may(P.CASE_HANDLE, unit_path=case.unit.path)


def hides_reporters(case: Case, user: Any) -> bool:
    """Whether the voices of a case are hidden from this person: a confidential case before its handler."""
    return case.confidential and not authority_of(user).may(P.CASE_CONFIDENTIAL, area_path=case.area_path)


def voices(case: Case, user: Any) -> list[Report]:
    """The reports of a case and of those merged into it, with their judgements; none when they are hidden."""
    if hides_reporters(case, user):
        return []
    return list(
        Report.objects.of_case(case)
        .select_related("by", "case")
        .prefetch_related(Prefetch("evaluations", Evaluation.objects.select_related("by")), "objections")
        .order_by("id")
    )


def get_voice(case: Case, user: Any, public_id: uuid.UUID) -> Report:
    """One report of a case that the person may see."""
    if not hides_reporters(case, user):
        found = (
            Report.objects.of_case(case)
            .select_related("case__unit", "case__merged_into__unit")
            .filter(public_id=public_id)
            .first()
        )
        if found is not None:
            return found
    raise NotFoundError


def link_code(report: Report) -> str:
    """The unguessable part of the link by which a resident follows a report."""
    return crypto.link_code(str(report.public_id), purpose=LINK_PURPOSE)


def report_by_link(public_id: uuid.UUID, code: str) -> Report:
    """The report that a link opens; `NotFoundError` for a wrong code and for an unknown report alike."""
    if crypto.link_code_fits(code, str(public_id), purpose=LINK_PURPOSE):
        found = (
            Report.objects.unscoped("the link itself is the proof")
            .select_related(
                "case__matter", "case__unit", "case__area", "case__merged_into__unit", "case__merged_into__matter"
            )
            .filter(public_id=public_id)
            .first()
        )
        if found is not None:
            return found
    raise NotFoundError


def reporter_steps(report: Report, *, at: dt.datetime) -> frozenset[str]:
    """What the holder of a report's link may do now: "supplement", "evaluate", "object".

    The actions check the same again; this only keeps a page from offering what would be refused.
    """
    case = report.case.merged_into or report.case
    if report.case.state == S.NEEDS_INFO:
        return frozenset({"supplement"} if report.asks else ())
    if not report.asks or case.state not in {S.EVALUATING, S.CLOSED}:
        return frozenset()
    if case.closed_at is not None and at >= case.closed_at + dt.timedelta(days=OBJECTION_DAYS):
        return frozenset()
    steps = {"object"}
    if not any(evaluation.round == case.round for evaluation in report.evaluations.all()):
        steps.add("evaluate")
    since = case.handled_at or case.reported_at
    if any(objection.at >= since for objection in report.objections.all()):
        steps.discard("object")
    return frozenset(steps)


def reporter_timeline(report: Report) -> list[TimelineEntry]:
    """What the holder of a report's link reads: the public rows of its case and, once merged, of the case that goes on.

    Of that other case not its first word nor what was asked there: they belong to other reporters.
    """
    own = public_timeline(report.case, report)
    if report.case.merged_into is None:
        return own
    goes_on = public_timeline(report.case.merged_into, report)
    others = [row for row in goes_on if row.verb not in _OTHER_VOICES]
    return sorted([*own, *others], key=lambda row: (row.at, row.pk))


def own_reports(user: Any, *, before: int | None = None, limit: int = 30) -> list[Report]:
    """What a person reported himself, newest first, with how it goes."""
    found = Report.objects.made_by(user).select_related("case__matter", "case__unit", "case__merged_into")
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:limit])


def own_report(user: Any, public_id: uuid.UUID) -> Report:
    """One of one's own reports."""
    found = Report.objects.made_by(user).select_related("case__matter", "case__merged_into").filter(public_id=public_id)
    report = found.first()
    if report is None:
        raise NotFoundError
    return report


def own_report_of_case(user: Any, number: str) -> Report | None:
    """One's own report in a case, also where the case itself is out of one's places."""
    found = Report.objects.made_by(user).select_related("case__matter", "case__merged_into")
    return found.filter(case__number=number).order_by("pk").first()


def photo_for(user: Any, sha256: str) -> CasePhoto:
    """A photo of a case that the person may see; the reporter's own photos are hidden where the reporters are."""
    candidates = CasePhoto.objects.filter(sha256=sha256, media__isnull=False).select_related("case", "media")
    visible = Case.objects.visible_to(user)
    for photo in candidates.filter(case__in=visible)[:20]:
        if second_checks.shown_photos(photo.case, [photo], user) and not (
            photo.kind == CasePhoto.Kind.REPORT and hides_reporters(photo.case, user)
        ):
            return photo
    own = Report.objects.made_by(user)
    mine = candidates.filter(report__in=own).first() or photo_shown_to_called(user, sha256)
    if mine is None:
        raise NotFoundError
    return mine


def belongs_to_a_case(sha256: str) -> bool:
    """Whether any case or report has announced a photo: from then on only who may see that case may see it."""
    return CasePhoto.objects.filter(sha256=sha256).exists()


def photos_of_report(report: Report) -> Iterable[CasePhoto]:
    """What the holder of a report's link may see: his own photos, and those of the result once it is public."""
    case = report.case.merged_into or report.case
    shown = Q(report=report)
    if case.handled_at is not None and not case.confidential:
        shown |= Q(case=case, kind=CasePhoto.Kind.AFTER)
    return CasePhoto.objects.filter(shown, media__isnull=False).select_related("media").order_by("id")
