"""What a case must do, in plain Python: written down a second time, by other hands than the product's.

The model knows the table of steps (`workflow.STEPS`), who of the cast holds what, and the rules that no table can
hold. `judge` answers before a step is sent: yes, no, or perhaps (where more than the model knows decides); `take` says
what must then have happened.
"""

from __future__ import annotations

import dataclasses
from enum import Enum

from wangge.domains.cases.workflow import OPEN, REPORTER, STEPS, SYSTEM, S

# Who holds what in the street, in words of the permission list; the rest of the cast may look at most.
MAY = {
    "bai": {"case:intake", "case:file", "case:decline", "case:merge", "case:flag"},
    "chen": {"case:dispatch", "case:file", "case:merge", "case:flag"},
    "su": {"case:verify", "case:check_spot", "case:second_check"},
    "ma": {"case:call_back"},
    "luo": {
        "case:call_back", "case:check_spot", "case:close", "case:decline", "case:dispatch", "case:extend", "case:file",
        "case:flag", "case:intake", "case:judge", "case:merge", "case:supervise", "case:verify", "case:void",
    },
    "leader": {
        "case:extend", "case:extend_again", "case:flag", "case:hang", "case:judge", "case:supervise",
    },
    "he": set(),
    "hua": set(),
    "lin": {"case:verify", "case:second_check"},
    "gao": set(),
    "zhao": set(),
}  # fmt: skip
MEMBER_OF = {"he": "enforcement", "hua": "sanitation"}
SEES_SECRETS = {"bai", "luo", "leader"}
STAFF = tuple(MAY)
OUTSIDERS = ("gao", "zhao")
BY_UNIT = {"case:handle", "case:assist"}
# Steps about which the model knows everything: when it says yes, the site must not refuse.
EXACT = frozenset(
    {
        "ask_for_more", "supplement", "file", "decline", "void", "flag", "merge", "unmerge", "dispatch", "sign_for",
        "send_back", "contact", "assist", "handle", "rework", "call_back", "evaluate", "close", "pass_spot_check",
        "refuse_spot_check", "object",
    }
)  # fmt: skip
MAX_RETURNS = 2


class Verdict(Enum):
    """What the model expects of the site."""

    YES = "yes"
    NO = "no"
    PERHAPS = "perhaps"


@dataclasses.dataclass(eq=False)
class Voice:
    """One reporter; `link` opens his page."""

    asks: bool
    link: str = ""
    public_id: str = ""
    judged: set[int] = dataclasses.field(default_factory=set)
    objected: set[int] = dataclasses.field(default_factory=set)  # numbers of handlings


@dataclasses.dataclass(eq=False)
class Model:
    """A case as it must be."""

    public_id: str
    state: S
    confidential: bool
    voices: list[Voice]
    history: list[str]
    unit: str = ""
    co_units: set[str] = dataclasses.field(default_factory=set)
    handled_by: set[str] = dataclasses.field(default_factory=set)
    verified_by: set[str] = dataclasses.field(default_factory=set)
    round: int = 1
    returns: int = 0
    ruled: bool = False
    handlings: int = 0
    merged_into: Model | None = None
    merged: list[Model] = dataclasses.field(default_factory=list)
    before_merge: S | None = None

    @property
    def open(self) -> bool:
        return self.state in OPEN

    def all_voices(self) -> list[Voice]:
        """Its own reporters and those of what was merged into it."""
        return [voice for case in (self, *self.merged) for voice in case.voices]

    def still_asked(self) -> bool:
        return any(voice.asks and self.round not in voice.judged for voice in self.all_voices())

    # -- before

    def sees(self, who: str) -> bool:
        """Whether a person may know that the case exists."""
        if who in OUTSIDERS:
            return False
        if who in MEMBER_OF:
            return MEMBER_OF[who] == self.unit or MEMBER_OF[who] in self.co_units
        return not self.confidential or who in SEES_SECRETS

    def permitted(self, verb: str, who: str) -> bool:
        """By the posts alone, whatever the state."""
        permission = STEPS[verb].by
        if permission in BY_UNIT:
            if verb in {"assist", "assist_done"}:
                return MEMBER_OF.get(who) in self.co_units
            return who in MEMBER_OF and MEMBER_OF[who] == self.unit
        return permission in MAY[who] and self.sees(who)

    def judge(self, verb: str, who: str, *, into: Model | None = None, voice: Voice | None = None) -> Verdict:
        """May `who` take the step now, with a body that is whole?"""
        if not self.permitted(verb, who) or self.state not in STEPS[verb].before:
            return Verdict.NO
        own = MEMBER_OF.get(who) in self.handled_by | {self.unit} | self.co_units
        if verb in {"verify", "rework", "close", "pass_spot_check", "refuse_spot_check"} and own:
            return Verdict.NO
        if verb == "merge":
            good = into is not None and into is not self and into.open and into.sees(who)
            good = good and (not into.confidential or who in SEES_SECRETS)
            return Verdict.YES if good else Verdict.NO
        if verb == "dispatch" and self.returns >= MAX_RETURNS and not self.ruled:
            return Verdict.NO
        if verb == "send_back" and (self.returns >= MAX_RETURNS or self.ruled):
            return Verdict.NO
        if verb == "call_back":
            asked = voice is not None and voice.asks and self.round not in voice.judged
            return Verdict.YES if asked else Verdict.NO
        if who == "lin":  # he belongs to the community's committee, which may have settled it
            return Verdict.PERHAPS
        return Verdict.YES if verb in EXACT else Verdict.PERHAPS

    # -- after

    def take(
        self, verb: str, who: str, *, into: Model | None = None, voice: Voice | None = None, **said: object
    ) -> None:
        """What a step that was taken has done."""
        after = STEPS[verb].after
        if verb in {"evaluate", "call_back"}:
            assert voice is not None
            self._judged(verb, voice, solved=str(said["solved"]))
            return
        self.history.append(verb)
        if verb == "merge":
            assert into is not None
            self._merged(into)
        elif verb == "unmerge":
            self._unmerged()
        elif verb == "verify" and not any(voice.asks for voice in self.all_voices()):
            self.history.append("close_by_rule")
            after = S.CLOSED
        elif verb in {"reopen", "fail_second_check"}:
            self.round += 1
            after = S.HANDLING if self.unit else S.FILED
        elif verb == "object":
            assert voice is not None
            voice.objected.add(self.handlings)
        if verb not in {"merge", "unmerge"} and after is not None:
            self.state = after
        self._remember(verb, who, said)

    def _remember(self, verb: str, who: str, said: dict[str, object]) -> None:
        if verb in {"dispatch", "rule"}:
            self.unit = str(said["unit_name"])
            if verb == "dispatch":
                self.co_units = set(said.get("co_names", ()))  # type: ignore[call-overload]
            self.ruled |= verb == "rule"
        elif verb in {"send_back", "escalate"}:
            self.unit, self.co_units = "", set()
            self.returns += verb == "send_back"
        elif verb == "handle":
            self.handled_by.add(self.unit)
            self.handlings += 1
        elif verb == "verify":
            self.verified_by.add(who)
        elif verb == "file" and said.get("confidential") is not None:
            self.confidential = bool(said["confidential"])

    def _judged(self, verb: str, voice: Voice, *, solved: str) -> None:
        voice.judged.add(self.round)
        self.history.append(verb)
        if solved == "no" and self.handlings not in voice.objected:
            voice.objected.add(self.handlings)
            self.history.append("object")
            self.state = S.OBJECTED
        elif self.state is S.EVALUATING and not self.still_asked():
            self.history.append("close_by_rule")
            self.state = S.CLOSED

    def _merged(self, into: Model) -> None:
        self.before_merge, self.state, self.merged_into = self.state, S.MERGED, into
        for child in self.merged:
            child.merged_into = into
            child.history.append("merge")
        into.merged += [*self.merged, self]
        self.merged = []
        into.confidential |= self.confidential
        into.round = max(into.round, self.round)
        into.history.append("merge")

    def _unmerged(self) -> None:
        assert self.merged_into is not None
        assert self.before_merge is not None
        self.merged_into.merged.remove(self)
        self.merged_into.history.append("unmerge")
        judged = max((max(voice.judged, default=0) for voice in self.voices), default=0)
        self.round = max(self.round, judged + 1)
        self.state, self.before_merge, self.merged_into = self.before_merge, None, None


STAFF_STEPS = tuple(verb for verb, step in STEPS.items() if step.by not in {REPORTER, SYSTEM})
