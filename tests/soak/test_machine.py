"""The lifecycle over HTTP against a plain Python model: legal steps only, one holder, a history that only grows.

Hypothesis draws who does what in which order: right ones and wrong ones, whole bodies and broken ones, replays, the
resident at his link. After every act the site is asked what it thinks, and must think what the model thinks. A new
verb of the API without a body in `BODIES` fails the first test; with one it takes part at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import secrets
import uuid
from collections import Counter
from typing import ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from PIL import Image

from tests.soak.conftest import COUNTED, SOAK, Site
from tests.soak.model import MEMBER_OF, STAFF, STAFF_STEPS, Model, Verdict, Voice
from wangge.domains.cases.workflow import ENDED, STEPS, S
from wangge.doors.api import steps as api_steps

RUNS, STEPS_EACH = (200, 50) if SOAK else (5, 20)
REASON = "经现场核对，理由充分，依据明确，予以处理。"
REFUSED = {403, 404, 409, 422}


def _sha() -> str:
    return secrets.token_hex(32)


def _day(days: int) -> str:
    from wangge.foundation.core import clock

    return (clock.today() + dt.timedelta(days=days)).isoformat()


def _of_case(table: str, case: str, column: str = "id", condition: str = "true"):
    """A column of the latest row of a case that a step can be about."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.{column} FROM {table} t JOIN cases_case c ON c.id = t.case_id "
            f"WHERE c.public_id = %s AND {condition} ORDER BY t.id DESC LIMIT 1",
            [case],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _latest(table: str, case: str) -> int:
    return _of_case(table, case) or 1


def _part(model: Model) -> int:
    return _of_case("cases_assignment", model.public_id, condition="t.duty = 'co'") or 1


def _slip(case: str) -> str:
    return _of_case("cases_supervision", case, "number", "t.replied_at IS NULL") or "NC督〔2026〕999999号"


# What a verb is about: it makes sense only while there is one.
SUBJECTS = {
    "grant_extension": ("cases_extension", "t.granted IS NULL AND t.ended_at IS NULL"),
    "refuse_extension": ("cases_extension", "t.granted IS NULL AND t.ended_at IS NULL"),
    "hang": ("cases_hang", "t.granted IS NULL AND t.ended_at IS NULL"),
    "refuse_hang": ("cases_hang", "t.granted IS NULL AND t.ended_at IS NULL"),
    "rule": ("cases_ruling", "t.ruled_at IS NULL AND t.ended_at IS NULL"),
    "assist": ("cases_assignment", "t.duty = 'co' AND t.returned_at IS NULL"),
    "assist_done": ("cases_assignment", "t.duty = 'co' AND t.returned_at IS NULL AND t.done_at IS NULL"),
    "verify_assist": ("cases_assignment", "t.duty = 'co' AND t.done_at IS NOT NULL AND t.verified_at IS NULL"),
    "waive_assist": ("cases_assignment", "t.duty = 'co' AND t.verified_at IS NULL AND t.waived_at IS NULL"),
    "answer_supervision": ("cases_supervision", "t.replied_at IS NULL"),
    "pass_second_check": ("cases_secondcheck", "t.at IS NULL"),
    "fail_second_check": ("cases_secondcheck", "t.at IS NULL"),
}


def _has_a_subject(model: Model, verb: str) -> bool:
    if verb == "unmerge":
        return model.merged_into is not None
    return verb not in SUBJECTS or _of_case(SUBJECTS[verb][0], model.public_id, "id", SUBJECTS[verb][1]) is not None


def _noise() -> bytes:
    """A photo like no other."""
    buffer = io.BytesIO()
    Image.effect_noise((320, 240), 120).convert("RGB").save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


# What each verb is told; by the case, for ids that only the site knows.
BODIES = {
    "ask_for_more": lambda m, _c: {"question": "几号楼？什么时候看到的？"},
    "file": lambda m, _c: {"matter": "06001", "level": 3},
    "decline": lambda m, _c: {"reason": "属民事纠纷。", "channel": "请向人民法院起诉。"},
    "merge": lambda m, c: {"into": c["into"].public_id if c["into"] else str(uuid.uuid4())},
    "unmerge": lambda m, _c: {"reason": REASON},
    "void": lambda m, _c: {"reason": REASON},
    "flag": lambda m, _c: {"emerging": True, "legacy": False},
    "pass_spot_check": lambda m, _c: {"note": "属实"},
    "refuse_spot_check": lambda m, _c: {"reason": REASON},
    "dispatch": lambda m, c: {"unit": c["units"]["enforcement"], "co_units": c["co"]},
    "sign_for": lambda m, _c: {},
    "send_back": lambda m, _c: {"reason": REASON, "basis": "权责清单"},
    "contact": lambda m, _c: {"text": "已与反映人联系，约定下午到场。"},
    "assist": lambda m, _c: {"text": "已派车清运。", "photos": [_sha()]},
    "handle": lambda m, _c: {
        "result": "solved",
        "text": "已现场拆除泡沫板房并清运。",
        "reply": "您反映的违建已拆除，感谢您的监督。",
        "quantities": [{"amount": "1.50", "unit": "处"}],
        "legal_basis": "《中华人民共和国城乡规划法》第六十四条",
        "area_m2": "18.5",
        "before_photos": [_sha()],
        "after_photos": [_sha()],
    },
    "verify": lambda m, _c: {"note": "已复核"},
    "rework": lambda m, _c: {"reason": REASON},
    "call_back": lambda m, c: {
        "report": c["voice"].public_id if c["voice"] else str(uuid.uuid4()),
        "solved": c["solved"],
        "satisfied": "yes" if c["solved"] == "yes" else "no",
    },
    "close": lambda m, _c: {},
    "reopen": lambda m, _c: {"reason": REASON},
    "dismiss": lambda m, _c: {"reason": REASON},
    "ask_extension": lambda m, _c: {"days": 5, "reason": REASON},
    "grant_extension": lambda m, _c: {"extension": _latest("cases_extension", m.public_id)},
    "refuse_extension": lambda m, _c: {"extension": _latest("cases_extension", m.public_id), "reason": REASON},
    "ask_hang": lambda m, _c: {"why": "season", "plan": "待汛期结束后拆除。", "review_on": _day(30)},
    "hang": lambda m, _c: {"hang": _latest("cases_hang", m.public_id)},
    "refuse_hang": lambda m, _c: {"hang": _latest("cases_hang", m.public_id), "reason": REASON},
    "resume": lambda m, _c: {"reason": REASON},
    "call_ruling": lambda m, c: {
        "meet_at": f"{_day(1)}T10:00:00+08:00",
        "place": "家属院3号楼旁",
        "units": [c["units"]["enforcement"], c["units"]["sanitation"]],
    },
    "rule": lambda m, c: {"unit": c["units"]["enforcement"], "minutes": "现场研判，双方确认。", "basis": "权责清单"},
    "escalate": lambda m, _c: {"reason": REASON},
    "hand_down": lambda m, _c: {"level": 2, "reason": REASON},
    "assist_done": lambda m, _c: {"text": "协办事项已完成。", "photos": [_sha()]},
    "verify_assist": lambda m, c: {"assignment": _part(m), "passed": c["passed"], "note": "已到现场查看。"},
    "waive_assist": lambda m, _c: {"assignment": _part(m), "reason": REASON},
    "supervise": lambda m, _c: {"text": "请按期办结并回复。"},
    "answer_supervision": lambda m, _c: {"supervision": _slip(m.public_id), "text": "已安排专人，今日办结。"},
    "pass_second_check": lambda m, c: {"photos": [c["photo"]()], "note": "现场属实。"},
    "fail_second_check": lambda m, c: {"photos": [c["photo"]()], "reason": REASON},
}


ENDING = frozenset({"void", "decline", "merge", "flag", "call_ruling", "supervise", "close", "escalate", "rework"})
MAIN_LINE = frozenset({"file", "dispatch", "sign_for", "handle", "verify", "call_back"})
# How often each kind of act is drawn.
ACTS = [*["forward"] * 10, *["anything"] * 3, *["resident"] * 3, "another", "broken", "again"]
VERBS = sorted(set(BODIES) & set(api_steps._VERBS))


def test_every_verb_of_the_api_has_a_body():
    assert set(BODIES) == set(api_steps._VERBS) == set(STAFF_STEPS)


class Street(RuleBasedStateMachine):
    """One run: up to three cases, walked by everybody."""

    site: Site
    units: dict[str, int]
    taken: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.cases: list[Model] = []
        self.last: tuple[str, str, dict, str, bytes] | None = None
        self.seen: dict[str, list] = {}
        self.picks: list[int] = []
        self.touched: list[Model] = []
        self.shown: dict[Model, tuple[object, ...]] = {}

    # -- reports

    def _report(self, *, asks: bool, confidential: bool, settled: bool) -> None:
        said = {
            "source": "on_behalf" if asks else "patrol",
            "text": "家属院3号楼旁有人用泡沫板搭了板房。",
            "place": {"position": {"lon": 116.005, "lat": 35.005}},
            "matter": "06010" if settled else "06001",
            "confidential": confidential,
            "contact": {"name": "吴某", "phone": "10012345678"} if asks else None,
            "photos": [_sha()],
        }
        if settled:
            said["settled"] = {
                "result": "solved",
                "text": "已当场清理。",
                "reply": "已清理。",
                "after_photos": [_sha()],
            }
        answer = self.site.lines["lin"].post("/reports", said)
        assert answer.status == 201, answer.body.decode()
        made = answer.json()
        link = f"/p/r/{made['id']}/{made['follow_code']}/" if asks else ""
        history = ["settle", *(["close_unsampled"] if made["state"] == "closed" else [])] if settled else ["report"]
        model = Model(
            public_id=made["case"],
            state=S(made["state"]),
            confidential=confidential,
            voices=[Voice(asks=asks, link=link, public_id=made["id"])],
            history=history,
        )
        # What a reporter has settled himself was handled by his own unit, once.
        model.handlings = int(settled)
        expected = {S.SETTLED} if settled and asks else {S.SETTLED, S.CLOSED} if settled else {S.REPORTED}
        assert model.state in expected
        self.cases.append(model)
        self._touch(model)

    @initialize(asks=st.sampled_from([True, True, False]), confidential=st.sampled_from([False, False, False, True]))
    def first(self, asks: bool, confidential: bool) -> None:
        self._report(asks=asks, confidential=confidential, settled=False)

    @rule(kind=st.sampled_from(ACTS), picks=st.lists(st.integers(0, 2**16 - 1), min_size=8, max_size=8))
    def act(self, kind: str, picks: list[int]) -> None:
        """One act; most are steps that should go well.

        `picks` are drawn beforehand: what there is to choose from depends on the site, which draws lots of its own.
        """
        self.picks = list(picks)
        getattr(self, f"_{kind}")()

    def _pick(self, options):
        return options[self.picks.pop() % len(options)]

    def _another(self) -> None:
        if len(self.cases) < 3:
            settled = self._pick([False, False, True])
            self._report(asks=self._pick([False, True]), confidential=False, settled=settled)

    # -- steps of staff

    def _forward(self) -> None:
        """A step that the model thinks possible, by somebody who may."""
        open_ = [
            (case, verb, who)
            for case in self.cases
            for verb in VERBS
            for who in STAFF
            if case.permitted(verb, who) and case.state in STEPS[verb].before and _has_a_subject(case, verb)
        ]
        if not [case for case in self.cases if case.open] or not open_:
            self._report(asks=self._pick([False, True]), confidential=False, settled=False)
            return
        # A run that ends its cases at once sees little of the lifecycle; what waits for an answer is answered.
        found = sorted({verb for _case, verb, _who in open_})
        weighed = [verb for verb in found for _ in range(1 if verb in ENDING else 8 if verb in MAIN_LINE else 4)]
        verb = self._pick(weighed)
        case, _verb, who = self._pick([each for each in open_ if each[1] == verb])
        self._step(case, verb, who)

    def _anything(self) -> None:
        """Any verb by anybody: mostly wrong."""
        verb, who = self._pick(VERBS), self._pick(STAFF)
        self._step(self._pick(self.cases), verb, who)

    def _step(self, case: Model, verb: str, who: str) -> None:
        voice = self._pick(case.all_voices()) if verb == "call_back" else None
        others = [other for other in self.cases if other is not case]
        into = self._pick(others) if verb == "merge" and others else None
        co = self._pick([False, True]) if verb == "dispatch" else False
        solved = self._pick(["yes", "partly", "no"]) if verb == "call_back" else ""
        context = {
            "units": self.units,
            "into": into,
            "voice": voice,
            "solved": solved,
            "co": [self.units["sanitation"]] if co else [],
            "passed": self._pick([False, True]) if verb == "verify_assist" else True,
            "photo": lambda: self._sent(who),
        }
        said = BODIES[verb](case, context)
        verdict = case.judge(verb, who, into=into, voice=voice)
        self._touch(case, into, case.merged_into, *case.merged)
        key = str(uuid.uuid4())
        path = f"/cases/{case.public_id}/steps/{verb}"
        answer = self.site.lines[who].post(path, said, key)
        if answer.status == 200:
            assert verdict is not Verdict.NO, f"{verb} by {who} from {case.state} was not refused"
            case.take(
                verb,
                who,
                into=into,
                voice=voice,
                unit_name="enforcement",
                co_names=["sanitation"] if co else [],
                solved=solved,
                confidential=False if verb == "file" and not case.confidential else None,
            )
            self.taken[verb] += 1
            self.last = (who, path, said, key, answer.body)
        else:
            assert answer.status in REFUSED, (answer.status, answer.body.decode())
            assert verdict is not Verdict.YES, f"{verb} by {who} from {case.state}: {answer.body.decode()}"
            if not case.sees(who):
                assert answer.status in {403, 404}
            self.refused[verb] += 1

    def _sent(self, who: str) -> str:
        """A fresh photo that this person has uploaded; its name."""
        content = _noise()
        sha = hashlib.sha256(content).hexdigest()
        self.site.lines[who].send("PUT", f"/api/v1/media/{sha}", content, **{"Content-Type": "image/jpeg"})
        return sha

    def _broken(self) -> None:
        """A body that does not fit is refused whoever sends it, and changes nothing."""
        verb = self._pick(VERBS)
        case = self._pick(self.cases)
        who = self._pick(["bai", "chen", "luo", "he"])
        self._touch(case)
        answer = self.site.lines[who].post(f"/cases/{case.public_id}/steps/{verb}", {"surprise": 1})
        assert answer.status in {403, 404, 422}

    def _again(self) -> None:
        """The last step, sent again under its key: the first answer, and nothing happens."""
        if self.last is None:
            return
        who, path, said, key, body = self.last
        answer = self.site.lines[who].post(path, said, key)
        assert (answer.status, answer.body) == (200, body)
        assert answer.headers["idempotency-replayed"] == "true"

    # -- the resident at his link

    def _resident(self) -> None:
        links = [(case, voice) for case in self.cases for voice in case.voices if voice.link]
        if not links:
            return
        own, voice = self._pick(links)
        act = self._pick(["rate", "rate", "object", "answer"])
        case = own.merged_into or own
        self._touch(own, case)
        solved = self._pick(["yes", "partly", "no"]) if act == "rate" else ""
        said = {
            "rate": {"solved": solved, "satisfied": "yes" if solved == "yes" else "no"},
            "object": {"reason": "还在原处，没有拆。"},
            "answer": {"text": "是3号楼，昨天傍晚看到的。"},
        }[act]
        verb = {"rate": "evaluate", "object": "object", "answer": "supplement"}[act]
        possible = case.state in STEPS[verb].before
        possible = possible and not (act == "rate" and case.round in voice.judged)
        possible = possible and not (act == "object" and case.handlings in voice.objected)
        answer = self.site.resident.form(f"{voice.link}{act}/", said)
        assert (answer.status == 302) is possible, (act, case.state, answer.status)
        if possible:
            case.take(verb, "resident", voice=voice, solved=solved)
            self.taken[verb] += 1
        else:
            assert answer.status in {404, 409, 422}
            self.refused[verb] += 1

    # -- what must always hold

    def _touch(self, *cases: Model | None) -> None:
        """What the act may have changed is looked at after it; everything at the end of the run."""
        self.touched += [case for case in cases if case is not None and case not in self.touched]

    @invariant()
    def the_site_agrees(self) -> None:
        self._agrees(self.touched)
        self.touched = []

    def _agrees(self, cases: list[Model]) -> None:
        self._thinks_what_the_model_thinks(cases)
        self._has_one_holder(cases)
        self._hides_what_is_hidden(cases)
        for case in cases:
            _clocks_add_up(case)

    def _thinks_what_the_model_thinks(self, cases: list[Model]) -> None:
        for case in cases:
            answer = self.site.lines["luo"].get(f"/api/v1/cases/{case.public_id}/timeline")
            assert answer.status == 200, answer.body.decode()
            said = answer.json()["items"]
            assert [row["verb"] for row in said] == case.history
            assert _state(case.public_id) == case.state
            before = self.seen.get(case.public_id, [])
            assert said[: len(before)] == before, "history was rewritten"
            self.seen[case.public_id] = said

    def _has_one_holder(self, cases: list[Model]) -> None:
        for case in cases:
            held = _open_duties(case.public_id)
            if case.state in ENDED or case.state is S.NEEDS_INFO:
                assert not [
                    kind for kind in held if kind in {f"case.{state.value}" for state in S} - {"case.needs_info"}
                ]
            else:
                mine = {f"case.{case.state.value}"} | ({"case.ruling"} if case.state is S.FILED else set())
                assert sum(held[kind] for kind in mine) == 1, (case.state, held)
            assert (case.state is not S.NEEDS_INFO) or held["case.needs_info"] >= 1

    def _hides_what_is_hidden(self, cases: list[Model]) -> None:
        for case in cases:
            held = (case.confidential, case.unit, *sorted(case.co_units))
            if self.shown.get(case) == held:  # nothing on which it depends has changed
                continue
            self.shown[case] = held
            for who in ("gao", "zhao", "chen", *MEMBER_OF):
                answer = self.site.lines[who].get(f"/api/v1/cases/{case.public_id}")
                assert answer.status == (200 if case.sees(who) else 404), (who, case.state)
                if answer.status == 200 and who in MEMBER_OF and case.confidential:
                    voices = self.site.lines[who].get(f"/api/v1/cases/{case.public_id}/reports").json()["items"]
                    assert voices == []

    def teardown(self) -> None:
        self.shown = {}
        self._agrees(self.cases)
        for case in self.cases:
            assert self.site.lines["luo"].get(f"/api/v1/cases/{case.public_id}").json()["state"] == case.state


def _state(public_id: str) -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM cases_case WHERE public_id = %s", [public_id])
        return cursor.fetchone()[0]


def _open_duties(public_id: str) -> Counter[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.kind FROM duties_duty d JOIN cases_case c ON c.id = d.subject_id "
            "WHERE d.subject_type = 'case' AND d.done_at IS NULL AND c.public_id = %s",
            [public_id],
        )
        return Counter(kind for (kind,) in cursor.fetchall())


def _clocks_add_up(case: Model) -> None:
    """Every minute has an owner: wall time is what was counted and what was paused; and the clocks stood still exactly
    while the reporter was asked or the case was hung, as the timeline has it.
    """
    from wangge.domains.cases.clock_account import account, events_of, pauses_of
    from wangge.domains.cases.models import Case
    from wangge.foundation.core import clock

    row = Case.objects.unscoped("the test looks").get(public_id=case.public_id)
    later = clock.now() + dt.timedelta(days=3)
    steps = [(entry.at, S(entry.state)) for entry in row.timeline.order_by("id")]
    end = later if case.open else steps[-1][0]
    said = account(row, now=later)
    assert said.counted + said.paused == said.wall == (max(end, steps[0][0]) - steps[0][0]) // dt.timedelta(minutes=1)
    still = [
        (following[0] if following else end) - at
        for (at, state), following in zip(steps, [*steps[1:], None], strict=True)
        if state in {S.NEEDS_INFO, S.HUNG}
    ]
    paused = sum((until - since for since, until in pauses_of(events_of(row), later)), dt.timedelta(0))
    assert paused == sum(still, dt.timedelta(0)), (case.state, case.history)


def _nothing_is_left_to_heal() -> None:
    """After the reactions, which no worker has run here, the reconciler finds nothing anywhere."""
    from wangge.domains.cases import actions
    from wangge.domains.cases.models import Case
    from wangge.domains.cases.tests.test_reconciling import run_reactions
    from wangge.foundation.core import clock

    run_reactions()
    for _slice in range(Case.objects.unscoped("the test looks").count() // 1000 + 1):
        found = actions.reconcile(at=clock.now() + dt.timedelta(minutes=10))
        assert sum(found.values()) == 0, found


def test_the_street_does_what_the_model_does(site):
    from wangge.foundation.accounts.models import Organisation

    Street.site = site
    Street.units = {
        "enforcement": Organisation.objects.get(name_zh="综合执法队").pk,
        "sanitation": Organisation.objects.get(name_zh="环卫所").pk,
    }
    Street.taken, Street.refused = Counter(), Counter()
    run_state_machine_as_test(
        Street,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS_EACH,
            deadline=None,
            database=None,
            derandomize=not SOAK,
            phases=[Phase.generate] if SOAK else [Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
    COUNTED.append(
        f"state machine: {RUNS} runs of {STEPS_EACH} acts; {sum(Street.taken.values())} steps taken of "
        f"{len(Street.taken)} kinds, {sum(Street.refused.values())} refused of {len(Street.refused)} kinds"
    )
    _nothing_is_left_to_heal()
    assert sum(Street.taken.values()) >= RUNS
    if SOAK:
        assert set(VERBS) - set(Street.taken) == set()
