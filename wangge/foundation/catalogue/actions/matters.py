"""Editing matters and clocks on the desk. What is changed here is left alone by a later load of the shipped files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.catalogue.kinds import ClockKind, Level, Module, Stage, Task, Urgency
from wangge.foundation.catalogue.models import MAX_AMOUNT, Matter, MatterClass, StageClock
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from django.utils.functional import _StrOrPromise

kinds.declare("clock.save", "matter.save", "matter.withdraw")

_MAX_KEYWORDS = 40
_MAX_UNITS = 8


class MatterChanges(TypedDict, total=False):
    """The fields of a matter that may be given to `save_matter`; see `Matter` for their meaning."""

    name_zh: str
    name_en: str
    module: str
    tasks: list[str]
    level: int
    urgency: str
    handling_kind: str
    handling_amount: int
    filing_zh: str
    filing_en: str
    closing_zh: str
    closing_en: str
    before_photo: bool
    after_photo: bool
    units: list[str]
    legal_basis_required: bool
    area_required: bool
    confidential: bool
    public: bool
    on_the_spot: bool
    keywords: list[str]
    basis_zh: str
    basis_en: str
    owner_zh: str
    owner_en: str
    valid_from: dt.date
    valid_to: dt.date | None


class Fault(NamedTuple):
    """What is wrong with a field."""

    field: str
    text: _StrOrPromise


@transaction.atomic
def save_matter(*, by: Any, code: str, **changes: Unpack[MatterChanges]) -> Matter:
    """Add the matter `code` or change the given fields of it.

    Raises `NotAllowedError` without the right, `InvalidError` naming the field when a value is wrong or missing. The
    class of a matter follows from the first two digits of its code.
    """
    _require_editor(by)
    matter = Matter.objects.select_for_update().filter(code=code).first()
    if matter is None:
        matter_class = MatterClass.objects.filter(code=code[:2]).first()
        if matter_class is None:
            raise InvalidError(_("There is no class with the first two digits of this code."), field="code")
        matter = Matter(code=code, matter_class=matter_class, module=matter_class.module, valid_from=clock.today())
    unknown = sorted(set(changes) - set(MatterChanges.__annotations__))
    if unknown:
        raise InvalidError(_("A matter has no such field."), field=unknown[0])
    for field, value in changes.items():
        setattr(matter, field, value)
    for fault in faults(matter):
        raise InvalidError(fault.text, field=fault.field)
    matter.edited = True
    matter.save()
    record("matter.save", by=by, subject=matter, code=code, fields=sorted(changes))
    return matter


@transaction.atomic
def withdraw_matter(*, by: Any, matter: Matter, on: dt.date | None = None) -> Matter:
    """Take a matter off the admission list from `on` (today). Cases already filed run on.

    Raises `ConflictError` when it is off the list by then, or not yet on it.
    """
    _require_editor(by)
    day = on or clock.today()
    matter = Matter.objects.select_for_update().get(pk=matter.pk)
    if matter.valid_to is not None and matter.valid_to <= day:
        raise ConflictError(_("This matter is already off the admission list."))
    if day <= matter.valid_from:
        raise ConflictError(_("A matter is withdrawn after the day on which it was admitted, not before."))
    matter.valid_to = day
    matter.edited = True
    matter.save(update_fields=["valid_to", "edited"])
    record("matter.withdraw", by=by, subject=matter, code=matter.code, on=day.isoformat())
    return matter


@transaction.atomic
def save_clock(
    *, by: Any, stage: str, kind: str, amount: int, matter: Matter | None = None, urgency: str = ""
) -> StageClock:
    """Set the time limit of a stage: of one matter, or of all (of one urgency). Running cases keep their deadlines."""
    _require_editor(by)
    if stage not in Stage.values:
        raise InvalidError(_("There is no such stage."), field="stage")
    if urgency not in ("", *Urgency.values) or (matter is not None and urgency):
        raise InvalidError(_("Only a limit for all matters may depend on the urgency."), field="urgency")
    for fault in _clock_faults("kind", kind, "amount", amount):
        raise InvalidError(fault.text, field=fault.field)
    limit, _created = StageClock.objects.update_or_create(
        matter=matter, stage=stage, urgency=urgency, defaults={"kind": kind, "amount": amount, "edited": True}
    )
    record("clock.save", by=by, subject=limit, stage=stage, matter=matter.code if matter else None)
    return limit


def faults(matter: Matter) -> Iterator[Fault]:
    """Everything that is wrong with a matter, field by field; used for the desk and for the shipped files alike."""
    if not (len(matter.code) == 5 and matter.code.isdecimal() and matter.code.isascii()):
        yield Fault("code", _("The code has five digits."))
    yield from _text_faults(matter)
    yield from _choice_faults(matter)
    yield from _clock_faults("handling_kind", matter.handling_kind, "handling_amount", matter.handling_amount)
    if matter.confidential and matter.public:
        yield Fault("public", _("A confidential matter is never shown publicly."))
    if matter.valid_to is not None and matter.valid_to <= matter.valid_from:
        yield Fault("valid_to", _("The last day comes after the first."))


def _text_faults(matter: Matter) -> Iterator[Fault]:
    longest = {column.name: column.max_length or 0 for column in Matter._meta.concrete_fields}
    for name in ("name", "filing", "closing", "basis", "owner"):
        for language in ("zh", "en"):
            field = f"{name}_{language}"
            text = getattr(matter, field)
            if not isinstance(text, str) or not text.strip():
                yield Fault(field, _("Needed in Chinese and in English."))
            elif len(text) > longest[field]:
                yield Fault(field, _("This text is too long."))


def _choice_faults(matter: Matter) -> Iterator[Fault]:
    if matter.module not in Module.values:
        yield Fault("module", _("There is no such module."))
    if matter.level not in Level.values:
        yield Fault("level", _("There is no such level."))
    if matter.urgency not in Urgency.values:
        yield Fault("urgency", _("There is no such urgency."))
    if not _words(matter.tasks, len(Task.values)) or not set(matter.tasks) <= set(Task.values):
        yield Fault("tasks", _("These are not tasks of the list of eight."))
    if not _words(matter.units, _MAX_UNITS):
        yield Fault("units", _("Give at most eight different units."))
    if not _words(matter.keywords, _MAX_KEYWORDS):
        yield Fault("keywords", _("Give at most forty different words."))
    for field in (
        "before_photo",
        "after_photo",
        "legal_basis_required",
        "area_required",
        "confidential",
        "public",
        "on_the_spot",
    ):
        if not isinstance(getattr(matter, field), bool):
            yield Fault(field, _("Yes or no."))


def _clock_faults(kind_field: str, kind: str, amount_field: str, amount: int | None) -> Iterator[Fault]:
    if kind not in ClockKind.values:
        yield Fault(kind_field, _("There is no such kind of time limit."))
    if not isinstance(amount, int) or isinstance(amount, bool) or not 1 <= amount <= MAX_AMOUNT:
        yield Fault(amount_field, _("A time limit is a whole number from 1 to 1000."))


def _words(values: object, most: int) -> bool:
    """Whether `values` is a list of at most `most` different, short, non-empty words."""
    return (
        isinstance(values, list)
        and len(values) <= most
        and all(isinstance(value, str) and 0 < len(value.strip()) <= 30 for value in values)
        and len(set(values)) == len(values)
    )


def _require_editor(by: Any) -> None:
    """`by` None is the system itself (set-up, tests)."""
    if by is not None and not authority_of(by).holds(P.CATALOGUE_EDIT):
        raise NotAllowedError
