"""Whatever the cases are: hits are rows, parts add up, what was merged counts once, what was not accepted nowhere; and
an independent count in plain Python comes to the same.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wangge.domains.cases.models import Assignment, Case, Evaluation, Report
from wangge.domains.cases.workflow import S
from wangge.domains.stats.bases import EVERYWHERE, Scope, Window
from wangge.domains.stats.counting import Tallied, count, denominator, numerator
from wangge.domains.stats.indicators import INDICATORS
from wangge.domains.stats.periods import Period
from wangge.foundation.core.clock import OFFICE
from wangge.foundation.places.models import Area

PERIOD = Period.of_key("2026-11")
NOW = dt.datetime(2026, 11, 25, 12, 0, tzinfo=OFFICE)
START = dt.datetime(2026, 10, 20, tzinfo=OFFICE)
WINDOW = Window(PERIOD.since, PERIOD.until, NOW)
ALL = list(INDICATORS.values())
HAND = {"dispatched", "handling", "hung", "handled"}

hours = st.integers(0, 24 * 50)
cases_ = st.fixed_dictionaries(
    {
        "state": st.sampled_from([s.value for s in S]),
        "grid": st.integers(0, 3),
        "unit": st.integers(0, 2),
        "round": st.integers(1, 2),
        "reworks": st.integers(0, 1),
        "confidential": st.booleans(),
        "asks": st.booleans(),
        "satisfied": st.sampled_from(["", "yes", "fairly", "no"]),
        "judged_round": st.integers(1, 2),
        "into": st.integers(0, 11),
        "returned": st.booleans(),
        **{name: st.none() | hours for name in ("filed", "handled", "closed", "handle_due", "accept_due", "due")},
    }
)


def moment(n: int | None) -> dt.datetime | None:
    return None if n is None else START + dt.timedelta(hours=n)


def write(town, drawn: list[dict]) -> list[Case]:
    grids = [town.grid1, town.grid2, town.grid3, town.north_grid]
    units = [town.enforcement, town.sanitation, town.peace]
    made: list[Case] = []
    for n, one in enumerate(drawn):
        state, grid = one["state"], grids[one["grid"]]
        into = next((case for case in made[one["into"] :] + made if case.state != "merged"), None)
        if state == "merged" and into is None:
            state = "void"
        case = Case.objects.create(
            number=f"PP-2026-{n:06d}",
            state=state,
            source="resident" if one["asks"] else "patrol",
            matter=town.litter,
            text="垃圾",
            address=f"{n}号",
            area=grid,
            area_path=grid.path,
            confidential=one["confidential"],
            unit=units[one["unit"]] if state in HAND or n % 2 else None,
            merged_into=into if state == "merged" else None,
            round=one["round"],
            reworks=one["reworks"],
            reported_at=START,
            filed_at=moment(one["filed"]),
            handled_at=moment(one["handled"]),
            closed_at=moment(one["closed"]),
            handle_due_at=moment(one["handle_due"]),
            accept_due_at=moment(one["accept_due"]),
            due_at=moment(one["due"]),
            since=START,
        )
        made.append(case)
        report = Report.objects.create(case=case, source=case.source, text="垃圾", asks=one["asks"], recorded_at=START)
        if one["satisfied"]:
            Evaluation.objects.create(
                report=report, round=one["judged_round"], solved="yes", satisfied=one["satisfied"], at=START
            )
        Assignment.objects.create(
            case=case,
            unit=units[one["unit"]],
            duty="main",
            dispatched_at=moment(one["filed"] or 0),
            returned_at=START if one["returned"] else None,
            returned_by=town.he if one["returned"] else None,
            return_reason="非本单位职责" if one["returned"] else "",
        )
    return made


def by_hand(made: list[Case]) -> dict[str, Tallied]:
    """Some indicators once more, row by row, as the field writes them down."""
    counted = [case for case in made if case.state not in {"declined", "void", "merged"}]
    passed = min(PERIOD.until, NOW)

    def within(at, until=PERIOD.until) -> bool:
        return at is not None and PERIOD.since <= at < until

    due = [c for c in counted if within(c.handle_due_at, passed) and c.state not in {"reported", "needs_info", "hung"}]
    handled = [c for c in due if c.state in {"handled", "evaluating", "objected", "closed", "archived"}]
    in_time = [c for c in handled if c.handled_at is not None and c.handled_at <= c.handle_due_at]
    ended = [c for c in counted if c.state in {"closed", "archived"} and within(c.closed_at)]
    filed = [c for c in counted if within(c.filed_at)]
    waiting = [c for c in counted if c.state == "reported" and within(c.due_at, passed)]
    accepted = [c for c in counted if c.state != "reported" and within(c.accept_due_at, passed)]
    known = {case.pk: case for case in made}
    asked = []
    for report in Report.objects.unscoped("by hand").filter(case__in=made, asks=True):
        goes_on = known[known[report.case_id].merged_into_id or report.case_id]
        if goes_on in ended:
            asked.append((report, goes_on))
    answers = [
        answer
        for report, case in asked
        for answer in Evaluation.objects.filter(report=report)
        if answer.round == case.round
    ]

    def of(rows, hits) -> Tallied:
        return Tallied(len(rows), len(hits), float(len(hits)))

    return {
        "handled_in_time": of(due, in_time),
        "handled": of(due, handled),
        "closed": of(due, [c for c in due if c.state in {"closed", "archived"}]),
        "closed_in_time": of(due, [c for c in in_time if c.state in {"closed", "archived"}]),
        "reopened": of(ended, [c for c in ended if c.round > 1]),
        "on_the_spot": of(ended, [c for c in ended if c.filed_at is None]),
        "found_by_patrol": of(filed, [c for c in filed if c.source == "patrol"]),
        "accepted_in_time": of(
            waiting + accepted, [c for c in accepted if c.filed_at is not None and c.filed_at <= c.accept_due_at]
        ),
        "answered": of(asked, answers),
        "satisfied": of(answers, [answer for answer in answers if answer.satisfied != "no"]),
    }


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(cases_, min_size=4, max_size=14))
def test_counting_is_sound(town, drawn):
    with transaction.atomic():
        made = write(town, drawn)
        total = count(ALL, EVERYWHERE, WINDOW).get((), {})
        for key, expected in by_hand(made).items():
            assert total.get(key, Tallied()) == expected, key
        bad = {case.pk for case in made if case.state in {"declined", "void", "merged"}}
        for one in ALL:
            rows, hits = denominator(one, EVERYWHERE, WINDOW), numerator(one, EVERYWHERE, WINDOW)
            assert set(hits.values_list("pk")) <= set(rows.values_list("pk"))
            tallied = total.get(one.key, Tallied())
            assert (rows.count(), hits.count()) == (tallied.rows, tallied.hits), one.key
            found = list(rows.annotate(of_case=one.basis.case_id).values_list("of_case", flat=True))
            assert not bad & set(found), one.key
            if rows.model is Case:
                assert len(found) == len(set(found)), one.key
        # Parts add up: communities to streets, streets to everything; units and nobody's; confidential and not.
        paths = dict(Area.objects.values_list("pk", "path"))
        for groups in (
            ("area",),
            ("unit",),
            ("confidential",),
            ("month",),
            ("matter_class",),
            ("area", "unit", "month"),
        ):
            parts = count(ALL, EVERYWHERE, WINDOW, by=groups).values()
            assert summed_up(parts) == total, groups
        street = count(ALL, Scope(paths=(town.south.path,), secret=None), WINDOW).get((), {})
        communities = [
            count(ALL, Scope(paths=(area.path,), secret=None), WINDOW).get((), {})
            for area in (town.community, town.community2)
        ]
        assert summed_up(communities) == street
        by_area = count(ALL, EVERYWHERE, WINDOW, by=("area",))
        assert summed_up(held for (pk,), held in by_area.items() if paths[pk].startswith(town.south.path)) == street
        transaction.set_rollback(True)


def summed_up(parts) -> dict[str, Tallied]:
    sums: dict[str, Tallied] = {}
    for part in parts:
        for key, one in part.items():
            sums[key] = sums.get(key, Tallied()).plus(one)
    return sums
