"""Finished histories, told as plain facts and replayed in memory by the same table of steps as real work.

A history that real people could not have made is refused: a step that the table does not allow, a person without the
right at the place on that day, a handler who verifies himself, time running backwards.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import workflow
from wangge.domains.cases.actions.facts import Deed, InconsistentHistoryError, Past, Tape, Voice
from wangge.domains.cases.actions.intake import _RESIDENT_SOURCES, Place, _seal_contact
from wangge.domains.cases.actions.replay_clocks import Clocks
from wangge.domains.cases.actions.steps import put
from wangge.domains.cases.deadlines import due_of_contact
from wangge.domains.cases.models import (
    Assignment,
    Case,
    CasePhoto,
    Evaluation,
    Handling,
    Objection,
    Quantity,
    Report,
    TimelineEntry,
    Verification,
)
from wangge.domains.cases.workflow import REPORTER, SYSTEM, S, Stage
from wangge.foundation.accounts.authority import NOBODY, Authority, Grant
from wangge.foundation.accounts.permissions import HELD_BY_UNIT, P
from wangge.foundation.accounts.roles import ROLES
from wangge.foundation.core import clock

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence

    from wangge.domains.cases.actions.handling import Outcome
    from wangge.foundation.accounts.models import Post, User


@dataclasses.dataclass(slots=True)
class _Running:
    """A case while it is replayed."""

    case: Case
    last: dt.datetime
    voices: list[Report] = dataclasses.field(default_factory=list)
    merged: list[_Running] = dataclasses.field(default_factory=list)
    current: list[Assignment] = dataclasses.field(default_factory=list)
    handling: Handling | None = None
    workers: set[int] = dataclasses.field(default_factory=set)
    unit_paths: set[str] = dataclasses.field(default_factory=set)
    answered: set[tuple[int, int]] = dataclasses.field(default_factory=set)
    objections: list[Objection] = dataclasses.field(default_factory=list)

    def asked(self) -> list[Report]:
        return [voice for one in (self, *self.merged) for voice in one.voices if voice.asks]


_OWN_WORK = frozenset({"verify", "rework", "pass_spot_check", "refuse_spot_check", "close"})


class Replay:
    """Takes histories, gives a tape. `numbers`, `case_ids`, … are taken in order of time."""

    def __init__(
        self,
        *,
        posts: Iterable[Post],
        numbers: Callable[[Place, dt.datetime], str],
        case_ids: Iterable[int],
        report_ids: Iterable[int],
        handling_ids: Iterable[int],
        assignment_ids: Iterable[int],
    ) -> None:
        self.tape = Tape()
        self._clocks = Clocks()
        self.tape.clock_events = self._clocks.rows
        self._assignment_ids = iter(assignment_ids)
        self._numbers = numbers
        self._case_ids, self._report_ids, self._handling_ids = iter(case_ids), iter(report_ids), iter(handling_ids)
        self._posts: dict[int, list[Post]] = defaultdict(list)
        for post in posts:
            self._posts[post.user_id].append(post)
        self._authorities: dict[tuple[int, dt.date], Authority] = {}
        self._running: dict[int, _Running] = {}

    def run(self, histories: Sequence[Past]) -> dict[int, Case]:
        """Replay everything in the order of time; the cases by the histories' keys."""
        events: list[tuple[dt.datetime, int, int, int, Past]] = []
        for past in histories:
            # At one instant: the first voice, then deeds in the order given.
            events += [(voice.at, past.key, -1, n, past) for n, voice in enumerate(past.voices)]
            events += [(deed.at, past.key, n, 0, past) for n, deed in enumerate(past.deeds)]
        events.sort(key=lambda event: event[:4])
        for at, key, nth, voice, past in events:
            if nth >= 0:
                self._take(past.deeds[nth], self._known(key))
            elif voice == 0:
                self._report(past)
            else:
                self._join(self._known(key), past, past.voices[voice], at)
        return {key: running.case for key, running in self._running.items()}

    def _known(self, key: int) -> _Running:
        if key not in self._running:
            raise InconsistentHistoryError(key=key, why="not reported yet")
        return self._running[key]

    # -- rights

    def _authority(self, user: User | None, at: dt.datetime) -> Authority:
        if user is None:
            return NOBODY
        day = clock.day_of(at)
        held = self._authorities.get((user.pk, day))
        if held is None:
            grants = tuple(
                Grant(
                    post.role,
                    ROLES[post.role].permissions,
                    post.area.path if post.area else None,
                    post.organisation.path if post.organisation else None,
                    post.organisation_id,
                )
                for post in self._posts[user.pk]
                if post.valid_from <= day and (post.valid_to is None or day < post.valid_to)
            )
            held = self._authorities[user.pk, day] = Authority(user.pk, grants)
        return held

    def _check(self, step: workflow.Step, deed: Deed, run: _Running) -> None:
        case = run.case
        if deed.at < run.last:
            raise InconsistentHistoryError(case=case.number, verb=deed.verb, why="time")
        if S(case.state) not in step.before:
            raise InconsistentHistoryError(case=case.number, verb=deed.verb, why=case.state)
        if step.by in {REPORTER, SYSTEM}:
            return
        authority = self._authority(deed.by, deed.at)
        permission = P(step.by)
        if permission in HELD_BY_UNIT:
            duty = Assignment.Duty.CO if deed.verb in {"assist", "assist_done"} else Assignment.Duty.MAIN
            allowed = any(authority.may(permission, unit_path=a.unit.path) for a in run.current if a.duty == duty)
        else:
            allowed = authority.may(permission, area_path=case.area_path) and (
                not case.confidential or authority.may(P.CASE_CONFIDENTIAL, area_path=case.area_path)
            )
        if allowed and deed.verb in _OWN_WORK:
            mine = {grant.unit_path for grant in authority.grants if grant.unit_path}
            allowed = authority.user_id not in run.workers and not any(
                path.startswith(unit) for path in mine for unit in run.unit_paths
            )
        if not allowed:
            raise InconsistentHistoryError(case=case.number, verb=deed.verb, why="right", user=authority.user_id)

    # -- writing rows

    def _enter(self, run: _Running, state: S, verb: str, at: dt.datetime, by: User | None) -> None:
        due = self._clocks.pass_on(run.case, state, verb, at, by.pk if by else None, run.current)
        put(run.case, state, at=at, due=due)

    def _tell(
        self,
        run: _Running,
        verb: str,
        at: dt.datetime,
        by: User | None,
        *,
        note: str = "",
        public: bool = False,
        **data: Any,
    ) -> None:
        units = self._authority(by, at).units()
        self.tape.timeline.append(
            TimelineEntry(
                case_id=run.case.pk,
                at=at,
                verb=verb,
                state=run.case.state,
                by_id=by.pk if by else None,
                unit_id=run.case.unit_id if run.case.unit_id in units else min(units, default=None),
                note=note,
                data=data,
                public=public,
            )
        )
        run.last = max(run.last, at)

    def _photos(
        self, run: _Running, digests: Sequence[str], kind: str, at: dt.datetime, by: User | None, report: Report | None
    ) -> None:
        self.tape.photos += [
            CasePhoto(
                case_id=run.case.pk,
                report_id=report.pk if report else None,
                sha256=digest,
                kind=kind,
                by_id=by.pk if by else None,
                at=at,
            )
            for digest in digests
        ]

    def _report(self, past: Past) -> None:
        first, place = past.voices[0], past.place
        matter = past.matter
        case = Case(
            pk=next(self._case_ids),
            number=self._numbers(place, first.at),
            state=(S.SETTLED if past.settled else S.REPORTED).value,
            source=first.source,
            matter=matter,
            level=matter.level if matter else 2,
            text=first.text,
            address=place.address[:200],
            lon=place.lon,
            lat=place.lat,
            area=place.area,
            area_path=place.area.path,
            compound=place.compound,
            building=place.building,
            confidential=past.confidential or (matter is not None and matter.confidential),
            urgent=past.urgent,
            reported_at=first.at,
            since=first.at,
        )
        stage = Stage.SPOT_CHECK if past.settled else Stage.ACCEPT
        unsampled = any(deed.verb == "close_unsampled" for deed in past.deeds)
        self._clocks.begin(case, stage, first.at, first.by.pk if first.by else None, write=not unsampled)
        run = self._running[past.key] = _Running(case, first.at)
        self.tape.cases.append(case)
        self._voice(run, past, first)
        if past.settled is None:
            self._tell(run, "report", first.at, first.by, public=True, source=first.source)
            return
        if first.by is None or not self._authority(first.by, first.at).may(P.REPORT_MAKE, area_path=case.area_path):
            raise InconsistentHistoryError(case=case.number, verb="settle", why="right")
        self._tell(run, "settle", first.at, first.by, public=True, source=first.source)
        self._handling(run, past.settled, first.by, first.at)
        case.handler = first.by
        case.handled_at = first.at

    def _voice(self, run: _Running, past: Past, voice: Voice) -> Report:
        place = past.place
        report = Report(
            pk=next(self._report_ids),
            case_id=run.case.pk,
            source=voice.source,
            by=voice.by,
            text=voice.text,
            address=place.address[:200],
            lon=place.lon,
            lat=place.lat,
            accuracy_m=place.accuracy_m,
            asks=voice.source in _RESIDENT_SOURCES,
            recorded_at=voice.at,
        )
        if voice.contact is not None:
            _seal_contact(report, voice.contact)
        run.voices.append(report)
        self.tape.reports.append(report)
        self._photos(run, voice.photos, CasePhoto.Kind.REPORT, voice.at, voice.by, report)
        return report

    def _join(self, run: _Running, past: Past, voice: Voice, at: dt.datetime) -> None:
        if not run.case.is_open:
            raise InconsistentHistoryError(case=run.case.number, verb="join", why=run.case.state)
        report = self._voice(run, past, voice)
        self._tell(run, "join", at, voice.by, source=voice.source, report=report.pk)

    def _handling(self, run: _Running, outcome: Outcome, by: User, at: dt.datetime) -> None:
        case = run.case
        units = self._authority(by, at).units()
        unit_id = case.unit_id if case.unit_id in units else min(units, default=case.unit_id)
        if unit_id is None:
            raise InconsistentHistoryError(case=case.number, verb="handle", why="unit")
        run.handling = Handling(
            pk=next(self._handling_ids),
            case_id=case.pk,
            unit_id=unit_id,
            by=by,
            at=at,
            result=outcome.result,
            text=outcome.text,
            reply=outcome.reply,
            legal_basis=outcome.legal_basis,
            area_m2=outcome.area_m2,
        )
        self.tape.handlings.append(run.handling)
        self.tape.quantities += [
            Quantity(handling_id=run.handling.pk, amount=amount, unit=unit) for amount, unit in outcome.quantities
        ]
        self._photos(run, outcome.before_photos, CasePhoto.Kind.BEFORE, at, by, None)
        self._photos(run, outcome.after_photos, CasePhoto.Kind.AFTER, at, by, None)
        run.workers.add(by.pk)
        for post in self._posts[by.pk]:
            if post.organisation_id == unit_id and post.organisation is not None:
                run.unit_paths.add(post.organisation.path)
        case.result = outcome.result
        case.reply = outcome.reply

    # -- steps

    def _take(self, deed: Deed, run: _Running) -> None:
        step = workflow.STEPS[deed.verb]
        self._check(step, deed, run)
        special = getattr(self, f"_{deed.verb}", None)
        if special is None:
            raise InconsistentHistoryError(case=run.case.number, verb=deed.verb, why="unknown")
        special(deed, run, step)

    def _end(self, deed: Deed, run: _Running, step: workflow.Step, *, public: bool = False, **data: Any) -> None:
        if step.after is not None:
            self._enter(run, step.after, step.verb, deed.at, deed.by)
        self._tell(run, step.verb, deed.at, deed.by, note=deed.note, public=public, **data)

    def _ask_for_more(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        self._end(deed, run, step, public=True)

    def _supplement(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        self._end(deed, run, step, report=run.voices[deed.voice].pk)

    def _file(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        case, matter = run.case, deed.matter
        if matter is None or not matter.is_admitted(clock.day_of(deed.at)):
            raise InconsistentHistoryError(case=case.number, verb="file", why="matter")
        case.matter, case.level, case.filed_at = matter, matter.level, deed.at
        case.confidential = case.confidential or matter.confidential
        self._clocks.promise(case, deed.at, deed.by.pk if deed.by else None)
        self._end(deed, run, step, public=True, matter=matter.code)

    def _decline(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        run.case.closed_at = deed.at
        run.case.reply = f"{deed.note}\n{deed.basis}"
        self._end(dataclasses.replace(deed, note=run.case.reply), run, step, public=True)

    def _void(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        run.case.closed_at = deed.at
        self._end(deed, run, step, public=True)

    def _flag(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        run.case.emerging, run.case.legacy = deed.emerging, deed.legacy
        self._end(deed, run, step, emerging=deed.emerging, legacy=deed.legacy)

    def _lapse(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        if run.case.due_at is None or run.case.due_at > deed.at:
            raise InconsistentHistoryError(case=run.case.number, verb="lapse", why="time")
        self._void(deed, run, step)

    def _close_unsampled(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        if run.asked():
            raise InconsistentHistoryError(case=run.case.number, verb=deed.verb, why="asks")
        self._void(deed, run, step)

    def _verification(self, deed: Deed, run: _Running, *, passed: bool) -> None:
        if deed.by is None:
            raise InconsistentHistoryError(case=run.case.number, verb=deed.verb, why="right")
        self.tape.verifications.append(
            Verification(
                case_id=run.case.pk,
                handling_id=run.handling.pk if run.handling else None,
                by=deed.by,
                at=deed.at,
                passed=passed,
                note=deed.note,
            )
        )
        self._photos(run, deed.photos, CasePhoto.Kind.CHECK, deed.at, deed.by, None)

    def _pass_spot_check(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        self._verification(deed, run, passed=True)
        run.case.verified_at = run.case.closed_at = deed.at
        self._end(deed, run, step, public=True)

    def _refuse_spot_check(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        self._verification(deed, run, passed=False)
        run.case.filed_at, run.case.result, run.case.reply = deed.at, "", ""
        self._end(deed, run, step)

    def _dispatch(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        case, unit = run.case, deed.unit
        co_units = [co for co in dict.fromkeys(deed.co_units) if co != unit]
        if unit is None or not all(
            each.handles
            and (
                each.area is None
                or case.area_path.startswith(each.area.path)
                or each.area.path.startswith(case.area_path)
            )
            for each in (unit, *co_units)
        ):
            raise InconsistentHistoryError(case=case.number, verb="dispatch", why="unit")
        case.unit, case.handler, case.dispatched_at, case.signed_at = unit, None, deed.at, None
        if case.handle_due_at is None:
            self._clocks.promise(case, deed.at, deed.by.pk if deed.by else None)
        run.current = [
            Assignment(
                pk=next(self._assignment_ids),
                case_id=case.pk,
                unit=each,
                duty=Assignment.Duty.MAIN if each == unit else Assignment.Duty.CO,
                round=case.round,
                why=list(deed.why),
                dispatched_at=deed.at,
                dispatched_by=deed.by,
            )
            for each in (unit, *co_units)
        ]
        self.tape.assignments += run.current
        for part in run.current:
            self._clocks.start_part(case, part, deed.at)
        run.unit_paths = {each.path for each in (unit, *co_units)} | {
            path for path in run.unit_paths if run.handling is not None
        }
        self._end(deed, run, step, public=True, unit=unit.pk, co=[co.pk for co in co_units])

    def _sign_for(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        case = run.case
        case.handler, case.signed_at = deed.by, deed.at
        if case.contact_due_at is None and any(voice.contact_mask for voice in run.asked()):
            case.contact_due_at = due_of_contact(case, deed.at)
        run.current[0].signed_at, run.current[0].signed_by = deed.at, deed.by
        self._end(deed, run, step, public=True)

    def _send_back(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        case = run.case
        for assignment in run.current:
            self._clocks.stop_part(case, assignment, deed.at, "send_back")
            assignment.returned_at, assignment.returned_by = deed.at, deed.by
            assignment.return_reason, assignment.return_basis = deed.note, deed.basis
        unit_id = case.unit_id
        run.current, run.unit_paths = [], set()
        case.returns += 1
        case.unit = case.handler = None
        self._end(deed, run, step, basis=deed.basis, unit=unit_id)

    def _contact(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        run.case.contacted_at = run.case.contacted_at or deed.at
        self._end(deed, run, step)

    def _assist(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        self._end(deed, run, step)

    def _assist_done(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        part = self._part(deed, run)
        part.done_at, part.done_by, part.done_text = deed.at, deed.by, deed.note
        self._clocks.meet_part(run.case, part, deed.at, deed.by.pk if deed.by else None)
        self._end(deed, run, step, assignment=part.pk, part=part.unit_id)

    def _verify_assist(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        part = self._part(deed, run)
        part.verified_at, part.verified_by = deed.at, deed.by
        self._end(deed, run, step, assignment=part.pk, part=part.unit_id, passed=True)

    def _part(self, deed: Deed, run: _Running) -> Assignment:
        """The co-handler's part that a deed is about."""
        for part in run.current:
            if part.duty == Assignment.Duty.CO and part.unit == deed.unit:
                return part
        raise InconsistentHistoryError(case=run.case.number, verb=deed.verb, why="unit")

    def _handle(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        if deed.outcome is None or deed.by is None or not deed.outcome.text or not deed.outcome.reply:
            raise InconsistentHistoryError(case=run.case.number, verb="handle", why="outcome")
        self._handling(run, deed.outcome, deed.by, deed.at)
        run.case.handler, run.case.handled_at = deed.by, deed.at
        self._end(dataclasses.replace(deed, note=deed.outcome.text), run, step, result=deed.outcome.result)

    def _verify(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        self._verification(deed, run, passed=True)
        run.case.verified_at = deed.at
        if run.asked():
            self._end(deed, run, step, public=True)
            return
        self._tell(run, step.verb, deed.at, deed.by, note=deed.note, public=True)
        self._by_rule(run, deed.at)

    def _rework(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        self._verification(deed, run, passed=False)
        run.case.reworks += 1
        self._end(deed, run, step, public=True)

    def _by_rule(self, run: _Running, at: dt.datetime) -> None:
        run.case.closed_at = at
        self._enter(run, S.CLOSED, "close_by_rule", at, None)
        self._tell(run, "close_by_rule", at, None, public=True)

    def _evaluate(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        case = run.case
        report = run.asked()[deed.voice]
        if (report.pk, case.round) in run.answered:
            raise InconsistentHistoryError(case=case.number, verb=deed.verb, why="twice")
        run.answered.add((report.pk, case.round))
        self.tape.evaluations.append(
            Evaluation(
                report_id=report.pk,
                round=case.round,
                solved=deed.solved,
                satisfied=deed.satisfied,
                contacted=deed.contacted,
                comment=deed.note,
                by=deed.by,
                at=deed.at,
            )
        )
        self._end(
            dataclasses.replace(deed, note=""),
            run,
            step,
            solved=deed.solved,
            satisfied=deed.satisfied,
            report=report.pk,
        )
        if deed.solved == Evaluation.Solved.NO:
            self._objection(run, report, deed.note or str(_("Not solved.")), deed.at)
        elif case.state == S.EVALUATING and all((r.pk, case.round) in run.answered for r in run.asked()):
            self._by_rule(run, deed.at)

    _call_back = _evaluate

    def _objection(self, run: _Running, report: Report, reason: str, at: dt.datetime) -> None:
        objection = Objection(case_id=run.case.pk, report_id=report.pk, reason=reason, at=at)
        run.objections.append(objection)
        self.tape.objections.append(objection)
        self._enter(run, S.OBJECTED, "object", at, None)
        self._tell(run, "object", at, None, note=reason, report=report.pk)

    def _decide(self, deed: Deed, run: _Running, *, upheld: bool) -> None:
        for objection in run.objections:
            if objection.decided_at is None:
                objection.upheld, objection.decided_at = upheld, deed.at
                objection.decided_by, objection.decision = deed.by, deed.note

    def _reopen(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        self._decide(deed, run, upheld=True)
        case = run.case
        case.round += 1
        case.closed_at = case.handle_due_at = None
        self._end(deed, run, step, public=True)

    def _dismiss(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        self._decide(deed, run, upheld=False)
        run.case.closed_at = run.case.closed_at or deed.at
        self._end(deed, run, step, public=True)

    def _close(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        run.case.closed_at = deed.at
        self._end(deed, run, step, public=True)

    def _close_by_rule(self, deed: Deed, run: _Running, _step: workflow.Step) -> None:
        if run.case.state != S.EVALUATING or run.case.due_at is None or run.case.due_at > deed.at:
            raise InconsistentHistoryError(case=run.case.number, verb=deed.verb, why="time")
        self._by_rule(run, deed.at)

    def _archive(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        self._end(deed, run, step)

    def _merge(self, deed: Deed, run: _Running, step: workflow.Step) -> None:
        target = self._known(deed.into if deed.into is not None else -1)
        case = run.case
        if not target.case.is_open or target is run:
            raise InconsistentHistoryError(case=case.number, verb="merge", why=target.case.state)
        case.state_before_merge = case.state
        case.merged_into_id = target.case.pk
        self._end(deed, run, step, public=True, into=target.case.pk, number=target.case.number)
        target.case.confidential = target.case.confidential or case.confidential
        target.case.urgent = target.case.urgent or case.urgent
        target.merged.append(run)
        self._tell(target, "merge", deed.at, deed.by, merged=case.pk, number=case.number)
