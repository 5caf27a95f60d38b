"""The lifecycle of a case as one table of steps: from where, to where, by whom, given what.

Source: the field's own flow (信息收集—立案—派遣—处置—反馈—核查—结案, GB/T 30428 and local rules). Plain Python, no
database: the permission page, the buttons of the case page and the diagram in the documentation are made from here.
"""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class S(StrEnum):
    """States of a case."""

    REPORTED = "reported"  # 待受理
    NEEDS_INFO = "needs_info"  # 待补充
    SETTLED = "settled"  # 即办待抽核: settled on the spot, waiting for the sampled check
    FILED = "filed"  # 待派遣
    DISPATCHED = "dispatched"  # 待签收
    HANDLING = "handling"  # 处置中
    HUNG = "hung"  # 挂账: cannot be done now; its clock stands still
    HANDLED = "handled"  # 待核查
    EVALUATING = "evaluating"  # 待评价
    OBJECTED = "objected"  # 异议待研判
    CLOSED = "closed"  # 结案
    ARCHIVED = "archived"  # 归档
    DECLINED = "declined"  # 不予受理
    VOID = "void"  # 作废
    MERGED = "merged"  # 并案


OPEN = frozenset(
    {
        S.REPORTED,
        S.NEEDS_INFO,
        S.SETTLED,
        S.FILED,
        S.DISPATCHED,
        S.HANDLING,
        S.HUNG,
        S.HANDLED,
        S.EVALUATING,
        S.OBJECTED,
    }
)
ENDED = frozenset(S) - OPEN
# With its units: a co-handler works by its own clock, whatever the main unit has reached.
IN_HAND = frozenset({S.DISPATCHED, S.HANDLING, S.HUNG, S.HANDLED})

# Who moves a step: a permission (the string values of accounts.permissions.P), the reporter, or the system itself.
REPORTER = "reporter"
SYSTEM = "system"


class Stage(StrEnum):
    """Which clock runs in a state; the amounts are data of the catalogue."""

    ACCEPT = "accept"
    SUPPLEMENT = "supplement"
    SPOT_CHECK = "spot_check"
    DISPATCH = "dispatch"
    SIGN = "sign"
    HANDLE = "handle"
    VERIFY = "verify"
    EVALUATE = "evaluate"
    DECIDE = "decide"


STAGE_OF: dict[S, Stage] = {
    S.REPORTED: Stage.ACCEPT,
    S.NEEDS_INFO: Stage.SUPPLEMENT,
    S.SETTLED: Stage.SPOT_CHECK,
    S.FILED: Stage.DISPATCH,
    S.DISPATCHED: Stage.SIGN,
    S.HANDLING: Stage.HANDLE,
    S.HUNG: Stage.HANDLE,
    S.HANDLED: Stage.VERIFY,
    S.EVALUATING: Stage.EVALUATE,
    S.OBJECTED: Stage.DECIDE,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One verb: allowed in `before`, leads to `after` (None: stays), moved by `by`, must be given `requires`.

    `after` of un-merging is the state that the merge left.
    """

    verb: str
    before: tuple[S, ...]
    after: S | None
    by: str
    requires: tuple[str, ...] = ()


def _step(verb: str, before: S | Iterable[S], after: S | None, by: str, requires: tuple[str, ...] = ()) -> Step:
    return Step(verb, (before,) if isinstance(before, S) else tuple(sorted(before)), after, by, requires)


_STEPS = (
    # intake desk 受理
    _step("ask_for_more", S.REPORTED, S.NEEDS_INFO, "case:intake", ("question",)),
    _step("supplement", S.NEEDS_INFO, S.REPORTED, REPORTER, ("text",)),
    _step("file", S.REPORTED, S.FILED, "case:file", ("matter",)),
    _step("decline", {S.REPORTED, S.NEEDS_INFO}, S.DECLINED, "case:decline", ("reason", "channel")),
    _step("lapse", S.NEEDS_INFO, S.DECLINED, SYSTEM),
    _step("merge", {S.REPORTED, S.FILED, S.DISPATCHED}, S.MERGED, "case:merge", ("into",)),
    _step("unmerge", S.MERGED, None, "case:merge", ("reason",)),
    _step("void", {S.REPORTED, S.NEEDS_INFO, S.FILED, S.DISPATCHED}, S.VOID, "case:void", ("reason",)),
    _step("flag", OPEN, None, "case:flag"),
    # settled on the spot 即办
    _step("pass_spot_check", S.SETTLED, S.CLOSED, "case:check_spot"),
    _step("refuse_spot_check", S.SETTLED, S.FILED, "case:check_spot", ("reason",)),
    _step("close_unsampled", S.SETTLED, S.CLOSED, SYSTEM),
    # dispatch 派遣
    _step("dispatch", S.FILED, S.DISPATCHED, "case:dispatch", ("unit",)),
    _step("sign_for", S.DISPATCHED, S.HANDLING, "case:handle"),
    _step("send_back", S.DISPATCHED, S.FILED, "case:handle", ("reason", "basis")),
    # handling 处置
    _step("contact", S.HANDLING, None, "case:handle", ("text",)),
    _step("assist", IN_HAND, None, "case:assist", ("text",)),
    _step("handle", S.HANDLING, S.HANDLED, "case:handle", ("result", "text", "reply")),
    _step("ask_extension", S.HANDLING, None, "case:handle", ("days", "reason")),
    _step("grant_extension", S.HANDLING, None, "case:extend", ("extension",)),
    _step("refuse_extension", S.HANDLING, None, "case:extend", ("extension", "reason")),
    _step("ask_hang", S.HANDLING, None, "case:handle", ("why", "plan", "review_on")),
    _step("hang", S.HANDLING, S.HUNG, "case:hang", ("hang",)),
    _step("refuse_hang", S.HANDLING, None, "case:hang", ("hang", "reason")),
    _step("resume", S.HUNG, S.HANDLING, "case:hang", ("reason",)),
    _step("resume_by_date", S.HUNG, S.HANDLING, SYSTEM),
    _step("call_ruling", {S.FILED, S.DISPATCHED, S.HANDLING}, None, "case:judge", ("meet_at", "place", "units")),
    _step("rule", {S.FILED, S.DISPATCHED, S.HANDLING}, S.DISPATCHED, "case:judge", ("unit", "minutes", "basis")),
    _step("escalate", {S.DISPATCHED, S.HANDLING}, S.FILED, "case:handle", ("reason",)),
    _step("hand_down", S.FILED, None, "case:dispatch", ("level", "reason")),
    _step("assist_done", IN_HAND, None, "case:assist", ("text",)),
    _step("verify_assist", IN_HAND, None, "case:verify", ("assignment",)),
    _step("waive_assist", IN_HAND, None, "case:dispatch", ("assignment", "reason")),
    # supervision 督办, whistles 吹哨: they change no state of the case
    _step("supervise", OPEN, None, "case:supervise", ("text",)),
    _step("recalculate", OPEN, None, SYSTEM),  # a provisional deadline, by a newer calendar
    _step("answer_supervision", OPEN, None, "case:handle", ("supervision", "text")),
    # verification 核查
    _step("verify", S.HANDLED, S.EVALUATING, "case:verify"),
    _step("rework", S.HANDLED, S.HANDLING, "case:verify", ("reason",)),
    _step("pass_second_check", {S.EVALUATING, S.CLOSED}, None, "case:second_check", ("photos",)),
    _step("fail_second_check", {S.EVALUATING, S.CLOSED}, S.HANDLING, "case:second_check", ("photos", "reason")),
    # the reporters' judgement 回访评价
    _step("evaluate", {S.EVALUATING, S.CLOSED}, None, REPORTER, ("solved", "satisfied")),
    _step("call_back", {S.EVALUATING, S.CLOSED}, None, "case:call_back", ("solved", "satisfied")),
    _step("close", S.EVALUATING, S.CLOSED, "case:close"),
    _step("close_by_rule", {S.EVALUATING, S.HANDLED}, S.CLOSED, SYSTEM),
    _step("object", {S.EVALUATING, S.CLOSED}, S.OBJECTED, REPORTER, ("reason",)),
    _step("reopen", S.OBJECTED, S.HANDLING, "case:judge", ("reason",)),
    _step("dismiss", S.OBJECTED, S.CLOSED, "case:judge", ("reason",)),
    _step("archive", S.CLOSED, S.ARCHIVED, SYSTEM),
)

STEPS: dict[str, Step] = {step.verb: step for step in _STEPS}


class StepRefused(Exception):
    """The step is not possible: `reason` is "unknown", "state" or "missing" (then `missing` names what)."""

    def __init__(self, verb: str, reason: str, missing: tuple[str, ...] = ()) -> None:
        self.verb, self.reason, self.missing = verb, reason, missing
        super().__init__(f"{verb}: {reason} {' '.join(missing)}".strip())


def take(state: str, verb: str, given: Mapping[str, Any]) -> Step:
    """The step `verb` from `state`, or `StepRefused`. Permission is the caller's to check: it needs a place."""
    step = STEPS.get(verb)
    if step is None:
        raise StepRefused(verb, "unknown")
    if S(state) not in step.before:
        raise StepRefused(verb, "state")
    missing = tuple(name for name in step.requires if given.get(name) in (None, "", [], ()))
    if missing:
        raise StepRefused(verb, "missing", missing)
    return step


def verbs_from(state: str) -> list[Step]:
    """Every step that the table allows from a state, in the table's order."""
    return [step for step in _STEPS if S(state) in step.before]
