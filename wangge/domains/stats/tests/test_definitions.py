"""What every definition must be, and must never be."""

from __future__ import annotations

import pytest
from django.db.models import ForeignKey, Q
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import BaseExpression

from wangge.domains.stats.bases import BASES, EVERYWHERE, Window
from wangge.domains.stats.counting import DIMENSIONS, Tallied, count
from wangge.domains.stats.definitions import Band
from wangge.domains.stats.fieldwork import FIELD
from wangge.domains.stats.homes import HOMES, OMITTED
from wangge.domains.stats.indicators import INDICATORS, THREE_RATES, TOPICS, Kind, Text
from wangge.domains.stats.models import Tally
from wangge.domains.stats.periods import Period
from wangge.domains.stats.queries import Figure
from wangge.domains.stats.tests.november import NOW
from wangge.foundation.accounts.models import User

WINDOW = Window(Period.of_key("2026-11").since, Period.of_key("2026-11").until, NOW)


def paths_in(expression) -> list[str]:
    """Every column path that a condition or an expression mentions."""
    if isinstance(expression, str):
        return [expression]
    if isinstance(expression, tuple) and len(expression) == 2:
        column, value = expression
        return [column, *([] if isinstance(value, str | tuple) else paths_in(value))]
    if isinstance(expression, Q):
        return [path for child in expression.children for path in paths_in(child)]
    if hasattr(expression, "name") and expression.__class__.__name__ == "F":
        return [expression.name]
    if isinstance(expression, BaseExpression):
        inner = [getattr(expression, "condition", None), getattr(expression, "result", None)]
        return [path for child in [*expression.get_source_expressions(), *inner] for path in paths_in(child)]
    return []


def leads_to_a_person(model, path: str) -> bool:
    """Whether a column path ends at a user, or passes through one, other than by asking whether there is one."""
    parts = path.split(LOOKUP_SEP)
    if parts[-1] == "isnull":
        return False
    for part in parts:
        name = part.removesuffix("_id")
        fields = {field.name: field for field in model._meta.get_fields()}
        if name not in fields:
            return False
        field = fields[name]
        if isinstance(field, ForeignKey):
            if field.related_model is User:
                return True
            model = field.related_model
    return False


def test_the_whole_list_is_there():
    """Numbers 1 to 10, 13 to 15 of the office's list, and the second checks."""
    every = [*INDICATORS.values(), THREE_RATES, *HOMES.values(), *FIELD.values(), *OMITTED]
    assert {one.number for one in every} == {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "13", "14", "15", "+"}
    names = [one.name.zh for one in every]
    assert names == list(dict.fromkeys(names))
    wanted = (
        "受理及时率 即办率 即办抽查合格率 派遣准确率 一次派准率 签收及时率 先行联系率 按期处置率 处置率 返工率 重办率 结案率 "
        "按期结案率 延期率 挂账率 挂账到期复核率 响应率 解决率 满意率 参评率 三率综合 主动发现率 漏报率 重复诉求率 万人诉求量 "
        "报到率 按时报到率 吹哨办结率 街道评价均分 吹哨率 复核不一致率 复核按时完成率 到场均分 担责均分 结果均分 "
        "吹哨确认率 人房鲜活度 空地址率 重复人员率 一人多处常住数 "
        "巡查完成率 点位超期率 走访到期完成率"
    )
    assert sorted(names) == sorted(wanted.split())


@pytest.mark.parametrize("one", INDICATORS.values(), ids=lambda one: one.key)
def test_a_definition_says_everything_in_both_languages(one):
    said = [one.name, one.formula, one.window, one.rows, one.excluded, TOPICS[one.topic]]
    assert [text for text in said if not (isinstance(text, Text) and text.zh and text.en)] == []
    assert bool(one.note.zh) == bool(one.note.en)
    assert one.source
    assert len(one.key) <= Tally._meta.get_field("indicator").max_length
    assert "÷" in one.formula.zh or one.kind is Kind.MEAN  # a share or a mean: never a bare number of things done


@pytest.mark.parametrize("one", INDICATORS.values(), ids=lambda one: one.key)
def test_no_figure_is_about_a_person(one):
    """No dimension, numerator or denominator goes by who did it: at most, whether somebody did."""
    model = one.basis.rows(EVERYWHERE, WINDOW).model
    dimensions = [one.basis.case, one.basis.area, one.basis.unit, one.basis.confidential, one.basis.matter_class]
    conditions = [one.of, one.hits_in(WINDOW), one.mark, one.basis.at, *dimensions]
    mentioned = [path for condition in conditions for path in paths_in(condition)]
    assert mentioned
    assert [path for path in mentioned if leads_to_a_person(model, path)] == []


def test_the_check_for_persons_finds_one(town):
    from wangge.domains.cases.models import Case, Hang

    assert leads_to_a_person(Case, "handler")
    assert leads_to_a_person(Case, "handler_id")
    assert leads_to_a_person(Hang, "decided_by__username")
    assert not leads_to_a_person(Hang, "ended_by__isnull")
    assert not leads_to_a_person(Case, "unit__name_zh")
    assert paths_in(Q(handler=1) & ~Q(state="x")) == ["handler", "state"]


def test_there_is_no_dimension_but_place_unit_matter_and_time():
    assert DIMENSIONS == ("month", "area", "unit", "confidential", "matter_class")
    assert [f.name for f in Tally._meta.get_fields() if isinstance(f, ForeignKey) and f.related_model is User] == []
    with pytest.raises(ValueError, match="handler"):
        count([INDICATORS["handled"]], EVERYWHERE, WINDOW, by=("handler",))


def test_satisfaction_cannot_be_made_without_how_many_answered():
    satisfied, answered = INDICATORS["satisfied"], Figure(INDICATORS["answered"], 8, 6, 6.0)
    assert Figure(satisfied, 6, 5, 5.0, beside=answered).beside is answered
    with pytest.raises(ValueError, match="satisfied is shown beside answered"):
        Figure(satisfied, 6, 5, 5.0)
    with pytest.raises(ValueError, match="satisfied is shown beside answered"):
        Figure(satisfied, 6, 5, 5.0, beside=Figure(INDICATORS["handled"], 1, 1, 1.0))
    with pytest.raises(ValueError, match="answered is shown beside nothing"):
        Figure(INDICATORS["answered"], 8, 6, 6.0, beside=answered)


def test_a_figure_of_nothing_is_no_zero():
    nothing = Figure(INDICATORS["handled"], *Tallied())
    assert (nothing.value, nothing.interval, nothing.small, nothing.misses) == (None, None, True, 0)


def test_the_band_of_whistles_speaks_from_thirty_cases_on():
    one = INDICATORS["whistle_share"]
    assert one.band == (0.01, 0.15)
    assert [Figure(one, 29, n, float(n)).band for n in (0, 29)] == [Band.UNKNOWN, Band.UNKNOWN]
    bands = [Figure(one, 100, n, float(n)).band for n in (0, 1, 15, 16)]
    assert bands == [Band.LOW, Band.WITHIN, Band.WITHIN, Band.HIGH]
    assert Figure(INDICATORS["handled"], 100, 16, 16.0).band is None


def test_the_weights_of_the_three_rates_are_one_together():
    assert [weight for _key, weight in THREE_RATES.parts] == [0.10, 0.45, 0.45]
    assert {key for key, _weight in THREE_RATES.parts} <= set(INDICATORS)


def test_every_basis_is_used():
    assert {one.basis.key for one in INDICATORS.values()} == {basis.key for basis in BASES}
