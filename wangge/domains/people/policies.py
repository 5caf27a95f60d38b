"""Reading the conditions of a policy: plain rules, an answer in three values, and every sentence made from the rule.

A rule is a list of conditions, all of which must hold. A condition is an object with exactly one key:

    {"age": {"at_least": 80, "below": 90}}        full years on the day; either bound may be left out
    {"sex": "f"}
    {"registration": ["here", "apart"]}           as in the registry of residents (registered in the district)
    {"need": "disabled", "where": {"grade": ["1", "2"]}}    a recorded need of the person himself
    {"household_need": "low_income", "where": {…}}          a recorded need of anybody who lives in the household
    {"draws": "minimum-allowance"}                enrolled in another policy
    {"household_draws": "minimum-allowance"}      somebody of the household is
    {"household_size": {"at_least": 2}}
    {"not": C}, {"any": [C, …]}, {"all": [C, …]}

A fact that nobody knows is neither yes nor no: what depends on it is "not known", and is said to be (Kleene's logic).
That a need or an enrolment is not on record counts as no, for this office keeps the record.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from wangge.domains.people.circumstances import KINDS
from wangge.domains.people.models import Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

OLDEST = 150
CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
"""What the code of a policy looks like."""
_BORN = re.compile(r"\d{4}(-\d{2}){0,2}", re.ASCII)
_UNNAMED: Mapping[str, str] = MappingProxyType({})
DEEPEST = 4
MOST = 30  # conditions of one policy


class Truth(StrEnum):
    """Whether a condition holds."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True)
class Need:
    """A recorded need, opened."""

    kind: str
    detail: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a person when policies are matched. "" and None: not known."""

    born: str = ""  # ISO date, or a year or month where no more is known
    sex: str = ""
    registration: str = Person.Registration.UNKNOWN.value
    needs: tuple[Need, ...] = ()
    draws: frozenset[str] = frozenset()
    household_size: int | None = None
    household_needs: tuple[Need, ...] = ()  # his own among them
    household_draws: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One condition: whether it holds, what it says, and the fact that decides it."""

    truth: Truth
    text: str
    fact: str = ""


class Outcome(StrEnum):
    """What all conditions together say."""

    ELIGIBLE = "eligible"
    UNSURE = "unsure"  # none fails, and something is not known
    NOT = "not"


@dataclasses.dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a person qualifies: because of which conditions, which are missing, what would have to be known."""

    outcome: Outcome
    because: tuple[Line, ...]
    missing: tuple[Line, ...]
    unknown: tuple[Line, ...]


class RuleError(ValueError):
    """A rule that cannot be read; `where` is the path to the mistake ("0.any.1")."""

    def __init__(self, where: str, what: str) -> None:
        self.where, self.what = where, what
        super().__init__(f"{where}: {what}")


def judge(
    rules: Sequence[Mapping[str, Any]], facts: Facts, on: dt.date, names: Mapping[str, str] = _UNNAMED
) -> Judgement:
    """Hold the conditions of a policy against what is known of a person on a day. `names` is what policies are called."""
    lines = [Line(holds(rule, facts, on), sentence(rule, names), _fact(rule, facts, on)) for rule in rules]
    by = {truth: tuple(line for line in lines if line.truth is truth) for truth in Truth}
    return Judgement(outcome(rules, facts, on), by[Truth.YES], by[Truth.NO], by[Truth.UNKNOWN])


def outcome(rules: Iterable[Mapping[str, Any]], facts: Facts, on: dt.date) -> Outcome:
    """What `judge` says, without the words: for matching very many."""
    said = {holds(rule, facts, on) for rule in rules}
    return Outcome.NOT if Truth.NO in said else Outcome.UNSURE if Truth.UNKNOWN in said else Outcome.ELIGIBLE


def holds(rule: Mapping[str, Any], facts: Facts, on: dt.date) -> Truth:
    """Whether one condition holds."""
    if "not" in rule:
        inner = holds(rule["not"], facts, on)
        return {Truth.YES: Truth.NO, Truth.NO: Truth.YES}.get(inner, Truth.UNKNOWN)
    if "any" in rule or "all" in rule:
        wanted, other = (Truth.YES, Truth.NO) if "any" in rule else (Truth.NO, Truth.YES)
        parts = [holds(part, facts, on) for part in rule.get("any", rule.get("all"))]
        return wanted if wanted in parts else Truth.UNKNOWN if Truth.UNKNOWN in parts else other
    return _simple(rule, facts, on)


def _simple(rule: Mapping[str, Any], facts: Facts, on: dt.date) -> Truth:
    if "age" in rule:
        return _within(ages(facts.born, on), rule["age"])
    if "sex" in rule:
        return _is(facts.sex == rule["sex"]) if facts.sex else Truth.UNKNOWN
    if "registration" in rule:
        known = facts.registration != Person.Registration.UNKNOWN
        return _is(facts.registration in rule["registration"]) if known else Truth.UNKNOWN
    if "need" in rule:
        return _is(_has(facts.needs, rule["need"], rule.get("where", {})))
    if "household_need" in rule:
        return _is(_has(facts.household_needs, rule["household_need"], rule.get("where", {})))
    if "draws" in rule:
        return _is(rule["draws"] in facts.draws)
    if "household_draws" in rule:
        return _is(rule["household_draws"] in facts.household_draws)
    size = facts.household_size
    return _within((size, size) if size is not None else None, rule["household_size"])


def _is(fact: bool) -> Truth:  # noqa: FBT001 — a fact is all there is to give
    return Truth.YES if fact else Truth.NO


def _has(needs: Iterable[Need], kind: str, where: Mapping[str, Sequence[str]]) -> bool:
    return any(
        need.kind == kind and all(need.detail.get(key) in values for key, values in where.items()) for need in needs
    )


def _within(known: tuple[int, int] | None, bounds: Mapping[str, int]) -> Truth:
    """Whether a number that lies somewhere in `known` lies in [at_least, below)."""
    if known is None:
        return Truth.UNKNOWN
    low, high = bounds.get("at_least", 0), bounds.get("below")
    least, most = known
    if most < low or (high is not None and least >= high):
        return Truth.NO
    return Truth.YES if least >= low and (high is None or most < high) else Truth.UNKNOWN


def ages(born: str, on: dt.date) -> tuple[int, int] | None:
    """Full years on a day, at least and at most; None when the date is not known or cannot be read.

    A full date gives one number; "1950-03" and "1950" leave up to a year open. Who was born on 29 February is a year
    older on 1 March.
    """
    if not _BORN.fullmatch(born):
        return None
    year, *rest = (int(part) for part in born.split("-"))
    try:
        dt.date(year, *[*rest, 1, 1][:2])
    except ValueError:
        return None
    first = (*rest, 1, 1)[:2]
    last = (*rest, 31)[:2] if rest else (12, 31)
    least, most = (on.year - year - ((on.month, on.day) < day) for day in (last, first))
    return max(least, 0), max(most, 0)


# Sentences


def sentence(rule: Mapping[str, Any], names: Mapping[str, str] = _UNNAMED) -> str:
    """The condition in words, in the reader's language. A policy that has no name in `names` is called by its code."""
    if "not" in rule:
        return _("not: %(condition)s") % {"condition": sentence(rule["not"], names)}
    if "any" in rule:
        return _(" or ").join(sentence(part, names) for part in rule["any"])
    if "all" in rule:
        return _(" and ").join(sentence(part, names) for part in rule["all"])
    if "age" in rule:
        return _age_words(rule["age"])
    if "sex" in rule:
        return _("a woman") if rule["sex"] == "f" else _("a man")
    if "registration" in rule:
        return _(" or ").join(str(Person.Registration(one).label) for one in rule["registration"])
    if "need" in rule:
        return _need_words(rule["need"], rule.get("where", {}))
    if "household_need" in rule:
        words = _need_words(rule["household_need"], rule.get("where", {}))
        return _("somebody of the household: %(need)s") % {"need": words}
    if "draws" in rule:
        return _("draws “%(policy)s”") % {"policy": names.get(rule["draws"], rule["draws"])}
    if "household_draws" in rule:
        return _("the household draws “%(policy)s”") % {
            "policy": names.get(rule["household_draws"], rule["household_draws"])
        }
    return _size_words(rule["household_size"])


def _age_words(bounds: Mapping[str, int]) -> str:
    low, high = bounds.get("at_least"), bounds.get("below")
    if low is not None and high is not None:
        return _("%(low)s years or older and not yet %(high)s") % {"low": low, "high": high}
    if low is not None:
        return _("%(low)s years or older") % {"low": low}
    return _("not yet %(high)s years old") % {"high": high}


def _size_words(bounds: Mapping[str, int]) -> str:
    low, high = bounds.get("at_least"), bounds.get("below")
    if low is not None and high is not None:
        return _("a household of %(low)s to %(most)s persons") % {"low": low, "most": high - 1}
    if low is not None:
        return _("a household of %(low)s or more persons") % {"low": low}
    return _("a household of at most %(most)s persons") % {"most": (high or 1) - 1}


def _need_words(kind: str, where: Mapping[str, Sequence[str]]) -> str:
    described = KINDS[kind]
    values = [
        _("%(a)s or %(b)s") % {"a": _comma().join(names[:-1]), "b": names[-1]} if len(names) > 1 else names[0]
        for one in described.details
        if (names := [str(one.values[value]) for value in where.get(one.key, ())])
    ]
    if not values:
        return str(described.name)
    return _("%(need)s (%(detail)s)") % {"need": described.name, "detail": _comma().join(values)}


def _comma() -> str:
    return pgettext("between items", ", ")


def _fact(rule: Mapping[str, Any], facts: Facts, on: dt.date) -> str:
    """The fact that decides a simple condition; of a compound one its sentence must do."""
    if "age" in rule:
        known = ages(facts.born, on)
        if known is None:
            return _("date of birth not known")
        return _("%(years)s years") % {"years": known[0] if known[0] == known[1] else f"{known[0]}–{known[1]}"}
    if "sex" in rule and not facts.sex:
        return _("sex not known")
    if "registration" in rule:
        return str(Person.Registration(facts.registration).label)
    if "household_size" in rule:
        size = facts.household_size
        return _("size of the household not known") if size is None else _("%(count)s persons") % {"count": size}
    if {"need", "household_need", "draws", "household_draws"} & rule.keys():
        return "" if holds(rule, facts, on) is Truth.YES else _("not on record here")
    return ""


# Checking what was written


def check(rules: object) -> list[dict[str, Any]]:
    """The rules as they are kept; `RuleError` for what cannot be read. No rule at all is refused: it would be everybody."""
    if not isinstance(rules, list) or not rules:
        raise RuleError("", _("A list of conditions is needed, with at least one."))
    count = [0]
    return [_checked(rule, str(index), 1, count) for index, rule in enumerate(rules)]


def _checked(rule: object, where: str, depth: int, count: list[int]) -> dict[str, Any]:
    count[0] += 1
    if count[0] > MOST or depth > DEEPEST:
        raise RuleError(where, _("Too many conditions, or too deep."))
    if not isinstance(rule, dict):
        raise RuleError(where, _("A condition is an object with one key."))
    keys = set(rule) - {"where"}
    if len(keys) != 1 or ("where" in rule and not keys & {"need", "household_need"}):
        raise RuleError(where, _("A condition is an object with one key."))
    key = keys.pop()
    value = rule[key]
    if key == "not":
        return {"not": _checked(value, f"{where}.not", depth + 1, count)}
    if key in {"any", "all"}:
        if not isinstance(value, list) or len(value) < 2:
            raise RuleError(where, _("At least two conditions are needed here."))
        return {key: [_checked(part, f"{where}.{key}.{i}", depth + 1, count) for i, part in enumerate(value)]}
    if key in {"age", "household_size"}:
        return {key: _bounds(value, where)}
    if key == "sex":
        return {key: _one_of(value, ("m", "f"), where)}
    if key == "registration":
        choices = [one for one in Person.Registration.values if one != Person.Registration.UNKNOWN]
        if not isinstance(value, list) or not value:
            raise RuleError(where, _("A list of values is needed here."))
        return {key: [_one_of(one, choices, where) for one in value]}
    if key in {"need", "household_need"}:
        kind = _one_of(value, tuple(KINDS), where)
        narrowed = _where(kind, rule.get("where"), where)
        return {key: kind} | ({"where": narrowed} if narrowed else {})
    if key in {"draws", "household_draws"}:
        if not isinstance(value, str) or not value or len(value) > 40:
            raise RuleError(where, _("The code of a policy is needed here."))
        return {key: value}
    raise RuleError(where, _("There is no condition “%(key)s”.") % {"key": str(key)[:40]})


def _bounds(value: object, where: str) -> dict[str, int]:
    good = isinstance(value, dict) and value and set(value) <= {"at_least", "below"}
    if not good or not all(type(n) is int and 0 < n <= OLDEST for n in value.values()):  # type: ignore[attr-defined]
        raise RuleError(where, _("“at_least” and “below” take whole numbers."))
    bounds: dict[str, int] = dict(value)  # type: ignore[call-overload]
    if bounds.get("at_least", 0) >= bounds.get("below", OLDEST + 1):
        raise RuleError(where, _("The lower bound must lie below the upper one."))
    return bounds


def _one_of(value: object, choices: Iterable[str], where: str) -> str:
    if not isinstance(value, str) or value not in choices:
        raise RuleError(where, _("One of these is needed: %(values)s") % {"values": ", ".join(choices)})
    return value


def _where(kind: str, value: object, where: str) -> dict[str, list[str]]:
    if value is None:
        return {}
    details = {one.key: one for one in KINDS[kind].details}
    if not isinstance(value, dict) or not set(value) <= set(details):
        raise RuleError(where, _("This need has no such particular."))
    found = {}
    for key, wanted in value.items():
        if not isinstance(wanted, list) or not wanted:
            raise RuleError(where, _("A list of values is needed here."))
        found[key] = [_one_of(str(one), tuple(details[key].values), where) for one in wanted]
    return found


def policies_named(rules: Iterable[Mapping[str, Any]]) -> set[str]:
    """Codes of the other policies that the rules ask about."""
    found: set[str] = set()
    for rule in rules:
        if "not" in rule:
            found |= policies_named([rule["not"]])
        for part in (*rule.get("any", ()), *rule.get("all", ())):
            found |= policies_named([part])
        found |= {rule[key] for key in ("draws", "household_draws") if key in rule}
    return found
