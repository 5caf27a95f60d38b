"""Loading the shipped files: idempotent, in one transaction, leaving alone what was edited on the desk."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection, transaction

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.catalogue.actions.sheets import ClockRow, RuleRow, Sheets, read_sheets
from wangge.foundation.catalogue.actions.versions import keep_version
from wangge.foundation.catalogue.models import Matter, MatterClass, RoutingRule, StageClock
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

kinds.declare("catalogue.load")

_LOADING = 0x63617461  # one load at a time
_IDENTITY = ("id", "code", "matter_class", "edited")


class Loaded(NamedTuple):
    """What a load did. `kept` rows were edited on the desk and left as they are."""

    matters: int
    added: int
    changed: int
    kept: int
    clocks: int
    rules: int

    @property
    def touched(self) -> int:
        """Rows of all tables that were written."""
        return self.added + self.changed + self.clocks + self.rules


def _silent(_line: str) -> None:
    return None


@transaction.atomic
def load_catalogue(path: Path | str, *, by: Any = None, progress: Callable[[str], None] = _silent) -> Loaded:
    """Bring the tables up to the files of a folder; a second load of the same files writes nothing.

    Rows that the files no longer name stay: matters are withdrawn on the desk. Raises `CatalogueFilesError` with every
    mistake, before anything is written; `NotAllowedError` when `by` (None: the system) has no right.
    """
    if by is not None and not authority_of(by).holds(P.CATALOGUE_EDIT):
        raise NotAllowedError
    sheets = read_sheets(Path(path), progress=progress)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOADING])
    classes, changed_classes = _write_classes(sheets)
    added, changed, kept = _write_matters(sheets, classes)
    progress(f"matters: {added} added, {changed} changed, {kept} kept as edited on the desk")
    clocks = _write_clocks(sheets)
    rules = _write_rules(sheets, classes)
    progress(f"{clocks} time limits and {rules} routing rules written")
    if rules:
        keep_version(by=by, note="catalogue.load")
    loaded = Loaded(len(sheets.matters), added, changed + changed_classes, kept, clocks, rules)
    if loaded.touched:
        record("catalogue.load", by=by, subject_type="matter", added=added, changed=loaded.changed, rules=rules)
    return loaded


def _values(row: Any, without: tuple[str, ...]) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if field.name not in without
    }


def _write_classes(sheets: Sheets) -> tuple[dict[str, MatterClass], int]:
    standing = {row.code: row for row in MatterClass.objects.select_for_update()}
    new = [row for code, row in sheets.classes.items() if code not in standing]
    MatterClass.objects.bulk_create(new)
    changed = []
    for code, row in standing.items():
        wanted = sheets.classes.get(code)
        if wanted is not None and _values(row, ("id",)) != _values(wanted, ("id",)):
            row.name_zh, row.name_en, row.module = wanted.name_zh, wanted.name_en, wanted.module
            changed.append(row)
    MatterClass.objects.bulk_update(changed, ["name_zh", "name_en", "module"])
    return {**standing, **{row.code: row for row in new}}, len(new) + len(changed)


def _write_matters(sheets: Sheets, classes: dict[str, MatterClass]) -> tuple[int, int, int]:
    standing = {row.code: row for row in Matter.objects.select_for_update()}
    new, changed, kept = [], [], 0
    for code, wanted in sheets.matters.items():
        row = standing.get(code)
        if row is None:
            wanted.matter_class = classes[code[:2]]
            new.append(wanted)
        elif row.edited:
            kept += 1
        elif (values := _values(wanted, _IDENTITY)) != _values(row, _IDENTITY):
            for field, value in values.items():
                setattr(row, field, value)
            changed.append(row)
    Matter.objects.bulk_create(new)
    if changed:
        fields = [f.name for f in Matter._meta.concrete_fields if f.name not in _IDENTITY]
        Matter.objects.bulk_update(changed, fields)
    return len(new), len(changed), kept


def _write_clocks(sheets: Sheets) -> int:
    standing = {(row.stage, row.urgency): row for row in StageClock.objects.filter(matter__isnull=True)}
    written = 0
    for wanted in sheets.clocks:
        row = standing.pop((wanted.stage, wanted.urgency), None)
        if row is None:
            StageClock.objects.create(
                stage=wanted.stage, urgency=wanted.urgency, kind=wanted.kind, amount=wanted.amount
            )
            written += 1
        elif not row.edited and ClockRow(row.stage, row.urgency, row.kind, row.amount) != wanted:
            row.kind, row.amount = wanted.kind, wanted.amount
            row.save(update_fields=["kind", "amount"])
            written += 1
    for row in standing.values():
        if not row.edited:
            row.delete()
            written += 1
    return written


def _write_rules(sheets: Sheets, classes: dict[str, MatterClass]) -> int:
    """A subject whose rule for everywhere was made or ended on the desk belongs to the desk from then on."""
    today = clock.today()
    matters = {row.code: row for row in Matter.objects.filter(code__in=sheets.matters).only("pk", "code")}
    standing: dict[tuple[str, str, str], list[RoutingRule]] = defaultdict(list)
    for rule in RoutingRule.objects.filter(area__isnull=True).select_related("matter", "matter_class"):
        standing[_key(rule)[:3]].append(rule)
    wanted: dict[tuple[str, str, str], set[RuleRow]] = defaultdict(set)
    for row in sheets.rules:
        wanted[row[:3]].add(row)
    new: list[RoutingRule] = []
    ended = 0
    for subject, rows in standing.items():
        if any(rule.edited for rule in rows):
            wanted.pop(subject, None)
            continue
        for rule in rows:
            if rule.valid_to is None and _key(rule) not in wanted[subject]:
                _retire(rule, today)
                ended += 1
    for subject, named in wanted.items():
        had = standing.get(subject, [])
        held = {_key(rule) for rule in had if rule.valid_to is None}
        begins = today if had else sheets.rules_from
        new.extend(
            RoutingRule(
                matter=matters[row.matter] if row.matter else None,
                matter_class=classes[row.matter_class] if row.matter_class else None,
                module=row.module,
                duty=row.duty,
                unit_kind=row.unit_kind,
                valid_from=begins,
            )
            for row in sorted(named - held)
        )
    RoutingRule.objects.bulk_create(new)
    return len(new) + ended


def _retire(rule: RoutingRule, today: dt.date) -> None:
    if today <= rule.valid_from:
        rule.delete()
        return
    rule.valid_to = today
    rule.save(update_fields=["valid_to"])


def _key(rule: RoutingRule) -> RuleRow:
    return RuleRow(
        rule.matter.code if rule.matter else "",
        rule.matter_class.code if rule.matter_class else "",
        rule.module,
        rule.duty,
        rule.unit_kind,
    )
