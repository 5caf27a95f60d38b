"""The indicators (指标), each defined once: name, formula, source, window, what is left out, numerator, denominator.

Numbers are those of the field's list (考核指标 1–10 and 15) that this office agreed on. Deliberately not here: the
formulas of GB/T 30428.4 that score how much was reported or taken in, and anything about a person, a track or a log-in.
A share counts rows of a basis (`bases`): `of` says which rows are the denominator, `hit` which of those the numerator.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Case as Choice
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast, Coalesce, NullIf

from wangge.domains.cases.models import Assignment, Case, Evaluation, Extension, Hang, Source, Whistle
from wangge.domains.cases.whistling import NEAR_METRES
from wangge.domains.cases.workflow import S
from wangge.domains.stats import bases
from wangge.domains.stats.definitions import RULES, SMALL, TOPICS, Composite, Indicator, Kind, Text, Topic
from wangge.foundation.catalogue.kinds import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from wangge.domains.stats.bases import Window

__all__ = ["INDICATORS", "SMALL", "THREE_RATES", "TOPICS", "Composite", "Indicator", "Kind", "Text", "Topic"]

AGAIN_WITHIN = dt.timedelta(days=30)
STREET_LEVEL = 3

_DUE = Text(
    "按应完成时间（截止期限落在统计期内且已到期）", "by due date: the deadline lies in the period and has passed"
)
_CLOSE = Text("按结案时间", "by the day of closing")
_FILE = Text("按立案时间", "by the day of filing")


def _in_time(done: str, due: str) -> Q:
    return Q(**{f"{done}__lte": F(due)})


def _spot(column: Callable[[str], Any]) -> Any:
    """The same place: the same building, or the same words of address in the same grid; "?" where it is not known."""
    return Coalesce(Cast(column("building_id"), models.CharField()), NullIf(column("address"), Value("")), Value("?"))


def _reported_again(window: Window) -> Q:
    later = Case.objects.unscoped("the same thing at the same place, whoever reported it").annotate(spot=_spot(F))
    thirty_days_on = ExpressionWrapper(
        OuterRef("closed_at") + Value(AGAIN_WITHIN, output_field=models.DurationField()),
        output_field=models.DateTimeField(),
    )
    same = later.filter(area_path=OuterRef("area_path"), matter_id=OuterRef("matter_id"), spot=_spot(OuterRef))
    soon = same.filter(reported_at__gt=OuterRef("closed_at"), reported_at__lte=thirty_days_on)
    # The window says nothing new, but what lies outside need not be compared.
    near = soon.filter(reported_at__gte=window.since, reported_at__lt=window.until + AGAIN_WITHIN)
    return Q(Exists(near.exclude(state__in=(S.DECLINED.value, S.VOID.value)).exclude(spot="?")))


_left_its_unit = Exists(Assignment.objects.filter(case=OuterRef("pk"), duty="main", returned_at__isnull=False))
_extended = Exists(Extension.objects.filter(case=OuterRef("pk"), round=OuterRef("round"), granted=True))
_hung_once = Exists(Hang.objects.filter(case=OuterRef("pk"), granted=True))
_whistled = Exists(
    Whistle.objects.unscoped("whether units were ever called to the case").filter(
        case=OuterRef("pk"), state__in=bases.CALLED
    )
)
_answered = Exists(
    Evaluation.objects.filter(
        report=OuterRef("pk"), round=Coalesce(OuterRef("case__merged_into__round"), OuterRef("case__round"))
    )
)
_HANDLED_IN_TIME = Q(state__in=bases.HANDLED) & _in_time("handled_at", "handle_due_at")
# It is certain that the unit came: its phone was near, or a caller vouches for it.
_ON_THE_SPOT = Q(arrived_at__isnull=False) & (Q(confirmed_at__isnull=False) | Q(distance_m__lte=NEAR_METRES))
_PARTLY = Choice(
    When(solved=Evaluation.Solved.YES.value, then=Value(1.0)),
    When(solved=Evaluation.Solved.PARTLY.value, then=Value(float(RULES.partly))),
    default=Value(0.0),
    output_field=models.FloatField(),
)
_MARKS = ExpressionWrapper(
    (Cast(F("presence"), models.FloatField()) + F("duty") + F("result")) / Value(3.0), output_field=models.FloatField()
)
_NOT_RATED = Text("尚未评价的不计", "calls not yet rated")
_RATINGS = Text("评价", "ratings")
_PEOPLE = Text("诉求人", "reporters")

_INDICATORS = (
    # -- on time
    Indicator(
        "accepted_in_time",
        "1",
        Text("受理及时率", "Accepted in time"),
        Text("按时受理 ÷ 应受理", "accepted by the deadline ÷ due for acceptance"),
        Topic.TIME,
        _DUE,
        bases.ACCEPTING,
        hit=_in_time("filed_at", "accept_due_at") & ~Q(state=S.REPORTED.value),
        note=Text("当场办结的不经受理，不计。", "What was settled on the spot is not accepted and not counted."),
    ),
    Indicator(
        "handled_in_time",
        "5",
        Text("按期处置率", "Handled in time"),
        Text("按期处置 ÷ 应处置", "handled by the promised end ÷ due to be handled"),
        Topic.TIME,
        _DUE,
        bases.HANDLING,
        hit=_HANDLED_IN_TIME,
        note=Text(
            "返工后以最后一次处置为准；重办按新一轮的期限计。",
            "After a rework the last handling counts; after a reopening the deadline of the new round.",
        ),
    ),
    Indicator(
        "handled",
        "5",
        Text("处置率", "Handled"),
        Text("已处置 ÷ 应处置", "handled, in time or not ÷ due to be handled"),
        Topic.TIME,
        _DUE,
        bases.HANDLING,
        hit=Q(state__in=bases.HANDLED),
    ),
    Indicator(
        "closed",
        "7",
        Text("结案率", "Closed"),
        Text("已结案 ÷ 应结案", "closed ÷ due to be closed"),
        Topic.TIME,
        _DUE,
        bases.HANDLING,
        hit=Q(state__in=bases.CLOSED),
        note=Text(
            "应结案即处置期限落在统计期内的案件。",
            "Due to be closed: the promised end of the handling lies in the period.",
        ),
    ),
    Indicator(
        "closed_in_time",
        "7",
        Text("按期结案率", "Closed, and in time"),
        Text("按期结案 ÷ 应结案", "closed, the work done by the promised end ÷ due to be closed"),
        Topic.TIME,
        _DUE,
        bases.HANDLING,
        hit=_HANDLED_IN_TIME & Q(state__in=bases.CLOSED),
        note=Text(
            "承诺的期限是处置期限；核查、回访所用的天数不算在承办单位头上。",
            "What is promised is the end of the work; the days of verification and call-back are not the unit's.",
        ),
    ),
    Indicator(
        "extended",
        "7",
        Text("延期率", "Extended"),
        Text("获准延期的案件 ÷ 应处置", "cases with a granted extension ÷ due to be handled"),
        Topic.TIME,
        _DUE,
        bases.HANDLING,
        hit=Q(_extended),
    ),
    Indicator(
        "hung",
        "7",
        Text("挂账率", "Hung"),
        Text("获准挂账的案件 ÷ 立案", "cases hung with consent ÷ filed cases"),
        Topic.TIME,
        _FILE,
        bases.FILED_CASES,
        hit=Q(_hung_once),
    ),
    Indicator(
        "hangs_reviewed",
        "7",
        Text("挂账到期复核率", "Hung cases reviewed by their date"),
        Text("到期前已复核 ÷ 到期挂账", "taken up by somebody by the review date ÷ review dates in the period"),
        Topic.TIME,
        Text("按复核日期", "by the review date"),
        bases.REVIEWS,
        hit=Q(ended_by__isnull=False) & Q(ended_at__date__lte=F("review_on")),
        rows=Text("挂账", "hangings"),
        note=Text(
            "到期无人复核、系统自动恢复处置的，算未复核。",
            "A case that went on by itself on its date was not reviewed.",
        ),
    ),
    # -- dispatch
    Indicator(
        "dispatched_right",
        "3",
        Text("派遣准确率", "Dispatched to the right unit"),
        Text("（派遣数 − 因错派退回数）÷ 派遣数", "(dispatches − those sent back as not ours) ÷ dispatches"),
        Topic.DISPATCH,
        Text("按派遣时间", "by the day of the dispatch"),
        bases.DISPATCHES,
        hit=Q(returned_at__isnull=True) | ~Q(left_by=""),
        rows=Text("派遣", "dispatches"),
    ),
    Indicator(
        "right_at_once",
        "3",
        Text("一次派准率", "Right at the first dispatch"),
        Text("未发生退回或转派 ÷ 已派遣的立案", "never sent back or passed on ÷ filed cases that were dispatched"),
        Topic.DISPATCH,
        _FILE,
        bases.FILED_CASES,
        of=Q(dispatched_at__isnull=False),
        hit=~Q(_left_its_unit),
    ),
    Indicator(
        "signed_in_time",
        "4",
        Text("签收及时率", "Signed for in time"),
        Text("按时签收 ÷ 应签收", "signed for by the deadline ÷ due to be signed for"),
        Topic.DISPATCH,
        _DUE,
        bases.SIGNING,
        hit=_in_time("signed_at", "sign_due_at") & ~Q(state=S.DISPATCHED.value),
        note=Text("退回后重新派遣的，以最后一次派遣为准。", "After a return the last dispatch counts."),
    ),
    Indicator(
        "contacted_in_time",
        "4",
        Text("先行联系率", "Contacted first"),
        Text(
            "签收后 1 个工作日内联系实名诉求人 ÷ 应联系",
            "named reporters reached within a working day of signing ÷ due",
        ),
        Topic.DISPATCH,
        _DUE,
        bases.CONTACTING,
        hit=_in_time("contacted_at", "contact_due_at"),
        note=Text(
            "期限以事项目录为准；匿名反映的不计。",
            "The limit is the catalogue's; nobody can be reached who gave no name.",
        ),
    ),
    # -- quality
    Indicator(
        "on_the_spot",
        "2",
        Text("即办率", "Settled on the spot"),
        Text("即办结案 ÷ 全部结案", "closed without being passed on ÷ all closed cases"),
        Topic.QUALITY,
        _CLOSE,
        bases.CLOSED_CASES,
        hit=Q(filed_at__isnull=True),
    ),
    Indicator(
        "spot_checks_passed",
        "2",
        Text("即办抽查合格率", "Spot checks passed"),
        Text("抽查合格 ÷ 已抽查", "passed ÷ checked"),
        Topic.QUALITY,
        Text("按抽查时间", "by the day of the check"),
        bases.SPOT_CHECKS,
        hit=Q(passed=True),
        rows=Text("抽查", "checks"),
    ),
    Indicator(
        "reworked",
        "6",
        Text("返工率", "Reworked"),
        Text("核查退回过的案件 ÷ 已处置并结案", "sent back at verification at least once ÷ handled and closed"),
        Topic.QUALITY,
        _CLOSE,
        bases.CLOSED_CASES,
        of=Q(filed_at__isnull=False),
        hit=Q(reworks__gt=0),
    ),
    Indicator(
        "reopened",
        "6",
        Text("重办率", "Reopened"),
        Text("重办的案件 ÷ 结案", "opened again ÷ closed"),
        Topic.QUALITY,
        _CLOSE,
        bases.CLOSED_CASES,
        hit=Q(round__gt=1),
        note=Text(
            "按最后一次结案计入；异议成立或复核不合格都算重办。",
            "Counted where it closed last; an upheld objection or a failed second check.",
        ),
    ),
    Indicator(
        "checks_disagreed",
        "+",
        Text("复核不一致率", "Second checks that disagreed"),
        Text("复核不合格 ÷ 已复核", "not passed the second time ÷ checked a second time"),
        Topic.QUALITY,
        Text("按复核时间", "by the day of the second check"),
        bases.SECOND_CHECKS,
        hit=Q(passed=False),
        rows=Text("复核", "second checks"),
    ),
    Indicator(
        "checks_done",
        "+",
        Text("复核按时完成率", "Second checks done in time"),
        Text("按时完成 ÷ 抽中且到期", "done by the deadline ÷ drawn and due"),
        Topic.QUALITY,
        _DUE,
        bases.DRAWN_CHECKS,
        hit=_in_time("at", "due_at"),
        rows=Text("复核", "second checks"),
        note=Text("抽中而逾期未查的留在分母里，不会消失。", "What was drawn and not checked stays in the denominator."),
    ),
    # -- voices
    Indicator(
        "responded",
        "8",
        Text("响应率", "Responded"),
        Text(
            "回访确认已联系 ÷ 有效回访", "confirmed that the unit got in touch ÷ reporters who answered that question"
        ),
        Topic.VOICES,
        _CLOSE,
        bases.JUDGED,
        of=Q(contacted__isnull=False),
        hit=Q(contacted=True),
        rows=_PEOPLE,
    ),
    Indicator(
        "solved",
        "8",
        Text("解决率", "Solved"),
        Text(
            f"解决（部分解决按 {RULES.partly} 计）÷ 有效回访",
            f"solved (a partly solved one counts {RULES.partly}) ÷ reporters who answered",
        ),
        Topic.VOICES,
        _CLOSE,
        bases.JUDGED,
        mark=_PARTLY,
        hit=~Q(solved=Evaluation.Solved.NO.value),
        rows=_PEOPLE,
    ),
    Indicator(
        "satisfied",
        "8",
        Text("满意率", "Satisfied"),
        Text("（满意 + 基本满意）÷ 有评价", "(satisfied + fairly satisfied) ÷ reporters who answered"),
        Topic.VOICES,
        _CLOSE,
        bases.JUDGED,
        hit=~Q(satisfied=Evaluation.Satisfied.NO.value),
        rows=_PEOPLE,
        beside="answered",
        note=Text(
            "未评价的不算满意，也不算不满意：请连同参评率一起看。",
            "Silence is neither satisfied nor not: read it with how many answered.",
        ),
    ),
    Indicator(
        "answered",
        "8",
        Text("参评率", "Answered"),
        Text("有评价 ÷ 应评价", "reporters who judged ÷ reporters who were to be asked"),
        Topic.VOICES,
        _CLOSE,
        bases.ASKED,
        hit=Q(_answered),
        rows=_PEOPLE,
        note=Text(
            "并案的每位诉求人都要问到；重办后以最后一轮为准。",
            "Everybody behind a merged case is asked; after a reopening the last round counts.",
        ),
    ),
    # -- finding and demand
    Indicator(
        "found_by_patrol",
        "10",
        Text("主动发现率", "Found by the grid itself"),
        Text("网格巡查来源的立案 ÷ 立案", "filed cases that a patrol found ÷ filed cases"),
        Topic.SIGHT,
        _FILE,
        bases.FILED_CASES,
        hit=Q(source=Source.PATROL.value),
        note=Text("只看来源构成，不计个人上报数量。", "A make-up of sources; nobody's number of reports is counted."),
    ),
    Indicator(
        "missed_by_patrol",
        "10",
        Text("漏报率", "Missed by the patrols"),
        Text(
            "居民先报且属于巡查职责的立案 ÷ 同类立案",
            "reported first by a resident ÷ filed cases of matters that patrols look for",
        ),
        Topic.SIGHT,
        _FILE,
        bases.FILED_CASES,
        of=Q(matter__tasks__contains=[Task.HAZARD.value]),
        hit=Q(source__in=bases.RESIDENTS),
        note=Text(
            "巡查职责指事项目录中标有“隐患排查”的事项。",
            "Matters that patrols look for: those with the task of finding hazards.",
        ),
    ),
    Indicator(
        "reported_again",
        "10",
        Text("重复诉求率", "Reported again"),
        Text(
            "结案后 30 天内同地同类再报 ÷ 结案", "the same matter at the same place within 30 days of closing ÷ closed"
        ),
        Topic.SIGHT,
        _CLOSE,
        bases.CLOSED_CASES,
        hit=_reported_again,
        note=Text(
            "同地：同一楼栋，或同一网格内相同的地址。",
            "The same place: the same building, or the same address within a grid.",
        ),
        apart=True,
    ),
    Indicator(
        "voices_per_10k",
        "10",
        Text("万人诉求量", "Demands per ten thousand residents"),
        Text(
            "居民诉求（人次）÷ 期末常住人口 × 10000",
            "voices of residents ÷ residents at the end of the period × 10,000",
        ),
        Topic.SIGHT,
        Text("按立案时间，即办的按结案时间", "by the day of filing, or of closing where it was settled on the spot"),
        bases.VOICES,
        kind=Kind.RATE,
        rows=_PEOPLE,
        excluded=Text(
            "尚未受理、不予受理和作废的不计；巡查发现、线索和部门转办的不计",
            "what is not accepted yet, declined or void; what a patrol found, tips, what a department passed on",
        ),
        note=Text(
            "并案的每一位诉求人都计一次。诉求多不等于问题多，也可能是居民愿意说：用来看变化，不作考核。",
            "Everybody behind a merged case counts. Many voices may mean trust as well as trouble: watch it change, set no target.",
        ),
    ),
    # -- whistles
    Indicator(
        "whistle_came",
        "15",
        Text("报到率", "Came when called"),
        Text("已报到 ÷ 应报到单位", "arrived ÷ called units"),
        Topic.WHISTLE,
        _DUE,
        bases.CALLS,
        hit=_ON_THE_SPOT,
        rows=Text("应报到", "calls"),
        excluded=Text("街道准予不到的单位不计", "units that the street excused"),
    ),
    Indicator(
        "whistle_came_in_time",
        "15",
        Text("按时报到率", "Came in time"),
        Text("按时报到 ÷ 应报到单位", "arrived by the given time ÷ called units"),
        Topic.WHISTLE,
        _DUE,
        bases.CALLS,
        hit=_ON_THE_SPOT & _in_time("arrived_at", "due_at"),
        rows=Text("应报到", "calls"),
        excluded=Text("街道准予不到的单位不计", "units that the street excused"),
    ),
    Indicator(
        "whistle_concluded",
        "15",
        Text("吹哨办结率", "Whistles concluded"),
        Text("已有现场结论的吹哨 ÷ 已召集的吹哨", "concluded on the spot ÷ called"),
        Topic.WHISTLE,
        Text("按集合时间", "by the time of the meeting"),
        bases.WHISTLES,
        hit=Q(state__in=("concluded", "rated")),
        rows=Text("吹哨", "whistles"),
        excluded=Text("街道未确认的吹哨不计", "whistles that the street did not confirm"),
    ),
    Indicator(
        "whistle_marks",
        "15",
        Text("街道评价均分", "Marks given to the called units"),
        Text(
            "（到场 + 担责 + 结果）÷ 3 的平均，1 至 3 分",
            "mean of (presence + responsibility + result) ÷ 3, from 1 to 3",
        ),
        Topic.WHISTLE,
        _DUE,
        bases.CALLS,
        of=Q(rated_at__isnull=False),
        hit=Q(),
        mark=_MARKS,
        kind=Kind.MEAN,
        rows=_RATINGS,
        excluded=_NOT_RATED,
    ),
    *(
        Indicator(
            f"whistle_{side}",
            "15",
            name,
            formula,
            Topic.WHISTLE,
            _DUE,
            bases.CALLS,
            of=Q(rated_at__isnull=False),
            hit=Q(),
            mark=Cast(F(side), models.FloatField()),
            kind=Kind.MEAN,
            rows=_RATINGS,
            excluded=_NOT_RATED,
            detail=True,
        )
        for side, name, formula in (
            (
                "presence",
                Text("到场均分", "Marks for being there"),
                Text("到场一项的平均，1 至 3 分", "mean of presence, from 1 to 3"),
            ),
            (
                "duty",
                Text("担责均分", "Marks for taking responsibility"),
                Text("担责一项的平均，1 至 3 分", "mean of responsibility, from 1 to 3"),
            ),
            (
                "result",
                Text("结果均分", "Marks for the result"),
                Text("结果一项的平均，1 至 3 分", "mean of the result, from 1 to 3"),
            ),
        )
    ),
    Indicator(
        "whistle_confirmed",
        "15",
        Text("吹哨确认率", "Whistles confirmed"),
        Text("街道已确认并召集 ÷ 吹哨", "confirmed by the street, units called ÷ blown"),
        Topic.WHISTLE,
        Text("按吹哨时间", "by the time of the whistle"),
        bases.BLOWN,
        hit=Q(state__in=bases.CALLED),
        rows=Text("吹哨", "whistles"),
        excluded=Text("不予受理、作废的案件不计", "whistles about cases not accepted or void"),
        note=Text(
            "待确认的、未予确认的和已撤的，都留在分母里。",
            "What waits, was not confirmed or was called off stays in the denominator.",
        ),
        detail=True,
    ),
    Indicator(
        "whistle_share",
        "15",
        Text("吹哨率", "Cases with a whistle"),
        Text(
            "吹哨的案件 ÷ 街道及以上层级的立案",
            "cases to which units were called ÷ filed cases of street level and above",
        ),
        Topic.WHISTLE,
        _FILE,
        bases.FILED_CASES,
        of=Q(level__gte=STREET_LEVEL),
        hit=Q(_whistled),
        band=(RULES.whistle_low, RULES.whistle_high),
        note=Text(
            "这是一个区间，不是指标：太多说明日常派遣失灵，太少说明没人敢吹。",
            "A band, not a target: too many and ordinary dispatch is broken, too few and nobody dares.",
        ),
    ),
)

INDICATORS: dict[str, Indicator] = {one.key: one for one in _INDICATORS}

THREE_RATES = Composite(
    "three_rates",
    "9",
    Text("三率综合", "The three rates together"),
    Text(
        f"{RULES.responded} × 响应率 + {RULES.solved} × 解决率 + {RULES.satisfied} × 满意率",
        f"{RULES.responded} × responded + {RULES.solved} × solved + {RULES.satisfied} × satisfied",
    ),
    Topic.VOICES,
    (("responded", RULES.responded), ("solved", RULES.solved), ("satisfied", RULES.satisfied)),
    Text(
        "权重可由街道设定并事先公布；三项缺一不算。",
        "The office sets the weights and publishes them first; without all three there is no sum.",
    ),
)
