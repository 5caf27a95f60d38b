"""统计指标: the definitions, the figures of a place and a period, and the rows behind each."""

import datetime as dt
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import BaseModel, ConfigDict, Field

from wangge.domains.stats import field_figures, home_figures, queries
from wangge.domains.stats.definitions import Measure
from wangge.domains.stats.fieldwork import FIELD
from wangge.domains.stats.homes import HOMES
from wangge.domains.stats.indicators import INDICATORS, THREE_RATES
from wangge.domains.stats.periods import Period
from wangge.doors.api import cursors
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.ground import area_of
from wangge.doors.api.shapes import AreaCode, AreaRef, CaseRow, Day, Out, UnitRef
from wangge.foundation.catalogue.kinds import Module
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError

router = Router(tags=["stats"])

IndicatorKey = Annotated[str, Path(pattern="^[a-z_]{1,24}$", examples=["handled_in_time"])]


class Question(BaseModel):
    """Which place (the widest of one's own), which days (the present month), which unit, which part of the catalogue."""

    model_config = ConfigDict(extra="forbid")

    area: AreaCode | None = None
    unit: Annotated[int | None, Field(ge=1, le=2**62)] = None
    module: Annotated[str, Field(max_length=20, pattern="^(|" + "|".join(Module.values) + ")$")] = ""
    matter_class: Annotated[str, Field(pattern=r"^(|[0-9]{2})$")] = ""
    first_day: Day | None = None
    last_day: Day | None = None

    def asked_by(self, user: object) -> queries.Asked:
        """As the queries take it; a foreign place is not there."""
        today = clock.today()
        first = self.first_day or (self.last_day or today).replace(day=1)
        last = self.last_day or max(first, today)
        try:
            period = Period.of_days(first, last)
        except ValueError:
            raise InvalidError(field="last_day") from None
        area = area_of(self.area).pk if self.area else None
        return queries.asked_of(
            user, period, area=area, unit=self.unit, module=self.module, matter_class=self.matter_class
        )


class RowsQuestion(Question):
    """The same, and which of the rows: those in the numerator (hit), the others (miss), or all."""

    part: Literal["", "hit", "miss"] = ""
    cursor: Annotated[str, Field(max_length=500)] = ""
    limit: Annotated[int, Field(ge=1, le=cursors.LARGEST_PAGE)] = cursors.PAGE


class Definition(Out):
    """What an indicator is. `beside`: the indicator without which it must not be shown."""

    key: str
    number: str = Field(description="In the office's list of indicators; + for the second checks.")
    name_zh: str
    name_en: str
    formula: str
    window: str
    excluded: str
    source: str
    note: str
    kind: Literal["share", "mean", "rate"]
    beside: str | None
    band: list[float] | None = Field(description="From and to: neither less nor more is good; not a target.")

    @classmethod
    def of(cls, one: Measure) -> "Definition":
        return cls(
            key=one.key,
            number=one.number,
            name_zh=one.name.zh,
            name_en=one.name.en,
            formula=str(one.formula),
            window=str(one.window),
            excluded=str(one.excluded),
            source=one.source,
            note=str(one.note),
            kind=one.kind.value,
            beside=one.beside or None,
            band=list(one.band) if one.band else None,
        )


class Definitions(Out):
    """Every indicator there is."""

    items: list[Definition]


class FigureOut(Out):
    """A number: `score` over `rows`. Under 30 rows it is `small`: show the interval, rank nothing.

    A figure of satisfaction always carries how many answered in `beside`.
    """

    key: str
    value: float | None = Field(
        description="A share from 0 to 1, a mean, or so many per 10,000 residents; null where there is nothing to divide by."
    )
    rows: int = Field(description="The denominator; of a rate what is counted.")
    residents: int | None = Field(description="The denominator of a rate: who lived there when the period ended.")
    hits: int = Field(description="Rows in the numerator.")
    score: float = Field(description="What the hits count together: a partly solved matter counts one half.")
    interval: list[float] | None = Field(
        description="Wilson, 95 %, in the unit of the value; null for a mean and where nothing was counted."
    )
    small: bool
    beside: "FigureOut | None"

    @classmethod
    def of(cls, one: queries.Figure) -> "FigureOut":
        return cls(
            key=one.indicator.key,
            value=one.value,
            rows=one.rows,
            residents=one.residents,
            hits=one.hits,
            score=one.score,
            interval=list(one.interval) if one.interval else None,
            small=one.small,
            beside=cls.of(one.beside) if one.beside else None,
        )


class CompositeOut(Out):
    """三率综合: a weighted sum of three shares; null as long as one of them is."""

    key: str
    value: float | None
    weights: dict[str, float]


class Stats(Out):
    """All figures of one place and period."""

    area: AreaRef
    unit: UnitRef | None
    first_day: dt.date
    last_day: dt.date
    items: list[FigureOut]
    three_rates: CompositeOut
    homes: list[FigureOut] = Field(
        description="The state of the registry when the period ended; empty where a unit or some matters are asked for."
    )
    homes_counted_on: dt.date | None
    field: list[FigureOut] = Field(
        description="Rounds and visits of the period, checkpoints as they are today; empty where a unit or some matters are asked for."
    )


class StatsRow(Out):
    """One row behind a figure; a case may stand behind several."""

    case: CaseRow
    hit: bool


class StatsRows(Out):
    """One page of rows, newest first; as many in all as the figure counts."""

    items: list[StatsRow]
    next: str | None


@router.get("/stats", **operation("stats", answers=Stats))
def stats(request: HttpRequest, asked: Annotated[Question, Query()]) -> HttpResponse:
    """Every indicator of a place and a period."""
    question = asked.asked_by(request.user)
    found = queries.figures(request.user, question)
    homes = home_figures.of_place(request.user, question)
    companions = {one.beside for one in INDICATORS.values()}
    return answer(
        Stats(
            area=AreaRef.of(question.area),
            unit=UnitRef.of(question.unit) if question.unit is not None else None,
            first_day=question.period.first,
            last_day=question.period.last,
            items=[FigureOut.of(found[key]) for key in INDICATORS if key not in companions],
            three_rates=CompositeOut(
                key=THREE_RATES.key, value=queries.three_rates(found).value, weights=dict(THREE_RATES.parts)
            ),
            homes=[FigureOut.of(one) for one in homes.values()],
            homes_counted_on=home_figures.counted_on(question) if homes else None,
            field=[FigureOut.of(one) for one in field_figures.of_place(request.user, question).values()],
        )
    )


@router.get("/stats/definitions", **operation("stats_definitions", answers=Definitions))
def definitions(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 — the router calls every operation with the request
    """What each indicator means."""
    return answer(
        Definitions(items=[Definition.of(one) for one in (*INDICATORS.values(), *HOMES.values(), *FIELD.values())])
    )


@router.get("/stats/{indicator}/rows", **operation("stats_rows", answers=StatsRows))
def rows(request: HttpRequest, indicator: IndicatorKey, asked: Annotated[RowsQuestion, Query()]) -> HttpResponse:
    """The cases behind a figure."""
    one = queries.get_indicator(indicator)
    name = f"stats_rows.{one.key}"
    before = cursors.unseal(name, asked.cursor)[0] if asked.cursor else None
    found = queries.rows_behind(
        request.user, asked.asked_by(request.user), one, part=asked.part, before=before, limit=asked.limit
    )
    following = cursors.seal(name, found[-1].pk) if len(found) == asked.limit else None
    return answer(StatsRows(items=[StatsRow(case=CaseRow.of(row.case), hit=row.hit) for row in found], next=following))
