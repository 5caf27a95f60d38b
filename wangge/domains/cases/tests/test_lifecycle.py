"""A random office against a plain model of it: whatever happens in whatever order, the promises hold.

Legal steps only; the timeline is the list of the steps taken; exactly one open duty of the desk or a unit per open
case; every voice is kept through merging and un-merging; the handler never verifies.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from wangge.domains.cases import actions
from wangge.domains.cases.actions.impartial import OwnWorkError
from wangge.domains.cases.actions.steps import StepNotPossibleError
from wangge.domains.cases.models import Case, Report, TimelineEntry
from wangge.domains.cases.tests.traces import at, everything
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.core.problems import ConflictError, NotAllowedError
from wangge.foundation.duties.models import Duty

OPEN = {"reported", "needs_info", "settled", "filed", "dispatched", "handling", "handled", "evaluating", "objected"}

# The model's own lifecycle, written down a second time on purpose: verb → states from which it is possible.
FROM = {
    "ask_for_more": {"reported"},
    "supplement": {"needs_info"},
    "file": {"reported"},
    "decline": {"reported", "needs_info"},
    "merge": {"reported", "filed", "dispatched"},
    "unmerge": {"merged"},
    "void": {"reported", "needs_info", "filed", "dispatched"},
    "flag": OPEN,
    "pass_spot_check": {"settled"},
    "refuse_spot_check": {"settled"},
    "dispatch": {"filed"},
    "sign_for": {"dispatched"},
    "send_back": {"dispatched"},
    "contact": {"handling"},
    "handle": {"handling"},
    "verify": {"handled"},
    "rework": {"handled"},
    "evaluate": {"evaluating", "closed"},
    "close": {"evaluating"},
    "object": {"evaluating", "closed"},
    "reopen": {"objected"},
    "dismiss": {"objected"},
    "archive": {"closed"},
}


@dataclass
class Voice:
    pk: int
    asks: bool
    home: int  # the case of its report: never changes
    rated: dict[int, set[int]] = field(default_factory=dict)


@dataclass
class Model:
    """One case as a clerk would remember it."""

    pk: int
    state: str
    told: list[str]
    staff_voices: int = 0
    unit: bool = False
    returns: int = 0
    round: int = 1
    into: int | None = None
    before: str = ""
    handled: int = 0  # counts the handlings: an objection is possible once about each
    objected: set[tuple[int, int]] = field(default_factory=set)


class Office(RuleBasedStateMachine):
    town = None

    def __init__(self):
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.cases: dict[int, Model] = {}
        self.voices: dict[int, Voice] = {}
        self.rated: set[tuple[int, int]] = set()  # (voice, round)
        self.gathered = None
        self.now = at()
        town = self.town
        accounts.give_post(by=None, user=town.he, role="verifier", valid_from=dt.date(2024, 1, 1), area=town.south)
        self.people = {name: getattr(town, name) for name in ("lin", "gao", "bai", "chen", "su", "luo", "he", "ma")}
        self.enforcement = town.enforcement
        self.litter, self.shed = town.litter, town.shed
        self.place = town.place()

    def teardown(self):
        transaction.set_rollback(True)
        self.outer.__exit__(None, None, None)

    # what happens

    def tick(self):
        self.now += dt.timedelta(minutes=1)
        return self.now

    def add_voice(self, report, *, asks):
        self.voices[report.pk] = Voice(report.pk, asks, report.case_id)

    @initialize(data=st.data())
    def a_day_has_begun(self, data):
        """Three cases, each some way along."""
        self.report(resident=True)
        self.report(resident=False)
        self.settle()
        for model in self.cases.values():
            for _step in range(data.draw(st.integers(0, 6))):
                self.forward(model, data)

    @rule(data=st.data())
    def something_happens(self, data):
        """One rule of all kinds: Hypothesis would leave whole rules out of a run."""
        kinds = ["forward"] * 6 + ["possible"] * 9 + ["join", "new", "impossible", "own"]
        kind = data.draw(st.sampled_from(kinds))
        model = self.cases[data.draw(st.sampled_from(sorted(self.cases)))]
        if kind == "forward":
            self.forward(model, data)
        elif kind == "possible":
            self.possible(model, data)
        elif kind == "join" and len(self.voices) < 9:
            self.join(model, resident=data.draw(st.booleans()))
        elif kind == "new" and len(self.cases) < 5:
            self.report(resident=data.draw(st.booleans()))
        elif kind == "impossible":
            self.impossible(model, data)
        elif kind == "own":
            self.the_handler_tries_to_verify(model)

    def report(self, *, resident):
        by, source = (None, "resident") if resident else (self.people["lin"], "patrol")
        report = actions.report(
            by=by, source=source, text="泡沫板房", place=self.place, matter=self.shed, photos=["5" * 64], at=self.tick()
        )
        self.cases[report.case_id] = Model(report.case_id, "reported", ["report"])
        self.add_voice(report, asks=resident)

    def settle(self):
        report = actions.report(
            by=self.people["lin"], source="on_behalf", text="垃圾", place=self.place, matter=self.litter,
            photos=["6" * 64], settled=actions.Outcome("solved", "已清", after_photos=["7" * 64]), at=self.tick(),
        )  # fmt: skip
        self.cases[report.case_id] = Model(report.case_id, "settled", ["settle"], handled=1)
        self.add_voice(report, asks=True)

    def join(self, model, *, resident):
        by, source = (None, "scan") if resident else (self.people["gao"], "patrol")
        values = {"by": by, "source": source, "text": "我也看见", "place": self.place, "at": self.tick()}
        if model.state not in OPEN:
            self.refuse(ConflictError, lambda: actions.join(case=self.row(model), **values))
            return
        report = actions.join(case=self.row(model), **values)
        self.add_voice(report, asks=resident)
        model.told.append("join")

    def possible(self, model, data):
        verbs = sorted(verb for verb, states in FROM.items() if model.state in states)
        if verbs:
            getattr(self, "do_" + data.draw(st.sampled_from(verbs)))(model, data)

    def forward(self, model, data):
        """The ordinary way, so that runs get to the end."""
        way = {
            "reported": "file", "needs_info": "supplement", "filed": "dispatch", "dispatched": "sign_for",
            "handling": "handle", "handled": "verify", "evaluating": "evaluate", "objected": "reopen",
            "settled": "pass_spot_check",
        }  # fmt: skip
        if model.state in way:
            getattr(self, "do_" + way[model.state])(model, data)

    def impossible(self, model, data):
        simple = {
            "ask_for_more": ("bai", {"question": "？"}),
            "decline": ("bai", {"reason": "诉", "channel": "院"}),
            "void": ("luo", {"reason": "误"}),
            "flag": ("luo", {"emerging": True, "legacy": True}),
            "refuse_spot_check": ("su", {"reason": "脏"}),
            "dispatch": ("chen", {"unit": self.enforcement}),
            "verify": ("su", {}),
            "rework": ("su", {"reason": "差"}),
            "close": ("luo", {}),
            "reopen": ("luo", {"reason": "确"}),
            "dismiss": ("luo", {"reason": "经现场复核，确已解决。"}),
            "unmerge": ("chen", {"reason": "非"}),
        }
        verb = data.draw(st.sampled_from(sorted(verb for verb in simple if model.state not in FROM[verb])))
        who, given = simple[verb]
        case = self.row(model)
        self.refuse(StepNotPossibleError, lambda: getattr(actions, verb)(case=case, by=self.people[who], **given))

    def the_handler_tries_to_verify(self, model):
        if model.state == "handled":
            case = self.row(model)
            self.refuse(OwnWorkError, lambda: actions.verify(case=case, by=self.people["he"]))

    # each verb, with what the model expects of it

    def do_ask_for_more(self, model, data):
        self.took(model, "ask_for_more", "needs_info", by="bai", question="几号楼？")

    def do_supplement(self, model, data):
        own = [v for v in self.voices_of(model) if not v.asks]
        report = self.report_of(own[0] if own else self.voices_of(model)[0])
        actions.supplement(report=report, by=report.by, text="3号楼", at=self.tick())
        self.moved(model, "supplement", "reported")

    def do_file(self, model, data):
        self.took(model, "file", "filed", by="chen", matter=self.shed)

    def do_decline(self, model, data):
        self.took(model, "decline", "declined", by="bai", reason="诉", channel="院")

    def do_void(self, model, data):
        self.took(model, "void", "void", by="luo", reason="误报")

    def do_flag(self, model, data):
        self.took(model, "flag", model.state, by="luo", emerging=True, legacy=False)

    def do_pass_spot_check(self, model, data):
        self.took(model, "pass_spot_check", "closed", by="su")

    def do_refuse_spot_check(self, model, data):
        self.took(model, "refuse_spot_check", "filed", by="su", reason="脏")

    def do_dispatch(self, model, data):
        self.took(model, "dispatch", "dispatched", by="chen", unit=self.enforcement)
        model.unit = True

    def do_sign_for(self, model, data):
        self.took(model, "sign_for", "handling", by="he")

    def do_send_back(self, model, data):
        given = {"by": self.people["he"], "reason": "不属", "basis": "据"}
        if model.returns == 2:
            case = self.row(model)
            self.refuse(ConflictError, lambda: actions.send_back(case=case, at=self.now, **given))
            return
        self.took(model, "send_back", "filed", by="he", reason="不属", basis="据")
        model.returns += 1
        model.unit = False

    def do_contact(self, model, data):
        self.took(model, "contact", "handling", by="he", text="约")

    def do_handle(self, model, data):
        outcome = self.town.outcome(before_photos=["b" * 64])
        self.took(model, "handle", "handled", by="he", outcome=outcome)
        model.handled += 1

    def do_verify(self, model, data):
        asked = any(voice.asks for voice in self.voices_of(model))
        self.took(model, "verify", "evaluating" if asked else "closed", by="su")
        if not asked:
            model.told.append("close_by_rule")

    def do_rework(self, model, data):
        self.took(model, "rework", "handling", by="su", reason="差")

    def do_close(self, model, data):
        self.took(model, "close", "closed", by="luo")

    def do_evaluate(self, model, data):
        voice = data.draw(st.sampled_from(self.voices_of(model)))
        solved = data.draw(st.sampled_from(["yes", "no"]))
        call_back = data.draw(st.booleans())
        report = self.report_of(voice)
        given = {"report": report, "solved": solved, "satisfied": "no", "by": self.people["ma"] if call_back else None}
        if not voice.asks:  # said on duty: nobody rates his own patrol
            self.refuse(NotAllowedError, lambda: actions.evaluate(at=self.now, **given))
            return
        if (voice.pk, model.round) in self.rated:
            self.refuse(ConflictError, lambda: actions.evaluate(at=self.now, **given))
            return
        actions.evaluate(at=self.tick(), **given)
        self.rated.add((voice.pk, model.round))
        model.told.append("call_back" if call_back else "evaluate")
        once = (voice.pk, model.handled)
        if solved == "no" and once not in model.objected:
            model.objected.add(once)
            self.moved(model, "object", "objected")
        elif model.state == "evaluating" and not self.still_asked(model):
            self.moved(model, "close_by_rule", "closed")

    def do_object(self, model, data):
        voice = data.draw(st.sampled_from(self.voices_of(model)))
        report, once = self.report_of(voice), (voice.pk, model.handled)
        if not voice.asks:
            self.refuse(NotAllowedError, lambda: actions.object_to(report=report, reason="还在", at=self.now))
            return
        if once in model.objected:
            self.refuse(ConflictError, lambda: actions.object_to(report=report, reason="还在", at=self.now))
            return
        actions.object_to(report=report, reason="还在", at=self.tick())
        model.objected.add(once)
        self.moved(model, "object", "objected")

    def do_reopen(self, model, data):
        self.took(model, "reopen", "handling" if model.unit else "filed", by="luo", reason="确")
        model.round += 1

    def do_dismiss(self, model, data):
        self.took(model, "dismiss", "closed", by="luo", reason="经现场复核，确已解决。")

    def do_archive(self, model, data):
        case = self.row(model)
        self.refuse(StepNotPossibleError, lambda: actions.archive(case=case, at=self.now))
        actions.archive(case=case, at=self.now + dt.timedelta(days=15))
        self.moved(model, "archive", "archived")

    def do_merge(self, model, data):
        others = [other for other in self.cases.values() if other.pk != model.pk]
        if not others:
            return
        target = data.draw(st.sampled_from(sorted(others, key=lambda m: m.pk)))
        case, into = self.row(model), self.row(target)
        if target.state not in OPEN:
            self.refuse(ConflictError, lambda: actions.merge(case=case, into=into, by=self.people["chen"]))
            return
        actions.merge(case=case, into=into, by=self.people["chen"], at=self.tick())
        for child in self.cases.values():
            if child.into == model.pk:
                child.into = target.pk
                child.told.append("merge")
        model.before, model.into = model.state, target.pk
        target.round = max(target.round, model.round)
        target.told.append("merge")
        self.moved(model, "merge", "merged")

    def do_unmerge(self, model, data):
        target = self.cases[model.into]
        actions.unmerge(case=self.row(model), by=self.people["chen"], reason="非", at=self.tick())
        own = {voice.pk for voice in self.voices.values() if voice.home == model.pk}
        model.round = max([model.round, *(round_ + 1 for pk, round_ in self.rated if pk in own)])
        target.told.append("unmerge")
        model.into = None
        self.moved(model, "unmerge", model.before)
        model.before = ""

    # helpers of the model

    def row(self, model):
        return Case.objects.unscoped("the test hands a case to an action").get(pk=model.pk)

    def report_of(self, voice):
        found = Report.objects.unscoped("the test hands a report to an action")
        return found.select_related("case__merged_into", "by").get(pk=voice.pk)

    def voices_of(self, model):
        homes = {model.pk} | {child.pk for child in self.cases.values() if child.into == model.pk}
        return sorted((v for v in self.voices.values() if v.home in homes), key=lambda v: v.pk)

    def still_asked(self, model):
        return any(v.asks and (v.pk, model.round) not in self.rated for v in self.voices_of(model))

    def moved(self, model, verb, state):
        model.told.append(verb)
        model.state = state

    def took(self, model, verb, state, *, by, **given):
        getattr(actions, verb)(case=self.row(model), by=self.people[by], at=self.tick(), **given)
        self.moved(model, verb, state)

    def refuse(self, error, step):
        before = everything()
        with pytest.raises(error) as caught, transaction.atomic():
            step()
        assert type(caught.value) is error
        assert everything() == before

    # what always holds

    @invariant()
    def the_rows_are_as_the_model_says(self):
        rows = Case.objects.unscoped("the test compares").in_bulk(list(self.cases))
        told: dict[int, list[str]] = {pk: [] for pk in self.cases}
        last: dict[int, str] = {}
        for pk, verb, state in TimelineEntry.objects.order_by("id").values_list("case_id", "verb", "state"):
            told[pk].append(verb)
            last[pk] = state
        duties = dict.fromkeys(self.cases, 0)
        for pk in Duty.objects.filter(done_at=None, user=None, subject_type="case").values_list(
            "subject_id", flat=True
        ):
            duties[pk] += 1
        for pk, model in self.cases.items():
            assert (rows[pk].state, rows[pk].merged_into_id, rows[pk].round) == (model.state, model.into, model.round)
            assert rows[pk].unit_id == (self.enforcement.pk if model.unit else None)
            assert told[pk] == model.told
            assert last[pk] == model.state
            assert duties[pk] == (1 if model.state in OPEN - {"needs_info"} else 0)
            assert (rows[pk].due_at is not None) == (model.state in OPEN)

    @invariant()
    def every_voice_is_kept(self):
        gathered = (len(self.voices), [(model.pk, model.into) for model in self.cases.values()])
        if gathered == self.gathered:
            return  # nobody spoke, nothing was merged or taken out
        self.gathered = gathered
        homes = dict(Report.objects.unscoped("the test compares").values_list("pk", "case_id"))
        assert homes == {voice.pk: voice.home for voice in self.voices.values()}
        for model in self.cases.values():
            if model.into is None:
                found = list(Report.objects.of_case(self.row(model)).values_list("pk", flat=True))
                assert found == [voice.pk for voice in self.voices_of(model)]


def test_a_random_office_keeps_every_promise(town):
    Office.town = town
    run_state_machine_as_test(
        Office,
        settings=settings(
            derandomize=True, database=None, deadline=None, max_examples=30, stateful_step_count=25,
            suppress_health_check=list(HealthCheck), print_blob=False,
        ),
    )  # fmt: skip
