"""Reading the shipped files, strictly: every fault is named by file, row and field, and all are told at once."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.models import Organisation
from wangge.foundation.catalogue.actions.matters import faults
from wangge.foundation.catalogue.kinds import ClockKind, Duty, Module, Stage, Urgency
from wangge.foundation.catalogue.models import MAX_AMOUNT, Matter, MatterClass
from wangge.foundation.core.problems import InvalidError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_CLOCK = re.compile(r"^(\d{1,4}) ([a-z_]+)$")
_REQUIRED = object()


class FileFault(NamedTuple):
    """One mistake in one file: where, and what."""

    file: str
    row: str
    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}, {self.row}, {self.field}: {self.text}"


class CatalogueFilesError(InvalidError):
    """The files of the catalogue hold mistakes; nothing was loaded. `faults` lists them all."""

    code = "catalogue-files"
    title = _("The catalogue files hold mistakes.")
    remedy = _("Correct the named rows and load again.")

    def __init__(self, found: list[FileFault]) -> None:
        super().__init__()
        self.faults = found

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class ClockRow(NamedTuple):
    """A default time limit of a stage; `urgency` "" holds for all."""

    stage: str
    urgency: str
    kind: str
    amount: int


class RuleRow(NamedTuple):
    """One default routing rule; the three subjects empty mean everything."""

    matter: str
    matter_class: str
    module: str
    duty: str
    unit_kind: str


@dataclasses.dataclass(slots=True)
class Sheets:
    """What the files say."""

    classes: dict[str, MatterClass] = dataclasses.field(default_factory=dict)
    matters: dict[str, Matter] = dataclasses.field(default_factory=dict)
    clocks: list[ClockRow] = dataclasses.field(default_factory=list)
    rules: list[RuleRow] = dataclasses.field(default_factory=list)
    rules_from: dt.date = dt.date.min
    matter_files: int = 0


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Refuses a key given twice, which YAML would silently overwrite."""


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _value in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is given twice", key_node.start_mark)
        seen.add(key)
    return dict(yaml.constructor.SafeConstructor.construct_mapping(loader, node, deep=True))


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


class _Row:
    """One mapping of a file: takes fields out of it, checks their types, and complains about what is left over."""

    def __init__(self, values: Any, file: str, name: str, found: list[FileFault]) -> None:
        self._file, self._name, self._found = file, name, found
        self._values: dict[Any, Any] = {}
        if isinstance(values, dict):
            self._values = dict(values)
        else:
            self.fault("-", "a mapping of fields is expected")

    def fault(self, field: str, text: str) -> None:
        """Note a mistake."""
        self._found.append(FileFault(self._file, self._name, field, text))

    def take(self, field: str, kind: type, default: Any = _REQUIRED) -> Any:
        """The field's value, of exactly this type; the default when it is absent."""
        if field not in self._values:
            if default is _REQUIRED:
                self.fault(field, "is missing")
                return kind() if kind is not dt.date else dt.date.min
            return default
        value = self._values.pop(field)
        if type(value) is not kind:
            self.fault(field, f"is {type(value).__name__}, must be {kind.__name__}")
            return kind() if kind is not dt.date else dt.date.min
        return value

    def inner(self, field: str) -> _Row:
        """A mapping inside the row, with faults named "field.inner"."""
        return _Inner(self, field, self.take(field, dict))

    def pair(self, field: str) -> tuple[str, str]:
        """A text in Chinese and in English."""
        both = self.inner(field)
        zh, en = both.take("zh", str), both.take("en", str)
        both.finish()
        return zh, en

    def clock(self, field: str) -> tuple[str, int]:
        """A time limit, written "15 working_days"."""
        text = self.take(field, str)
        match = _CLOCK.match(text)
        if match is None or match[2] not in ClockKind.values or not 1 <= int(match[1]) <= MAX_AMOUNT:
            if text:
                self.fault(field, f"{text!r} is not a time limit such as '15 working_days'")
            return ClockKind.WORKING_DAYS.value, 1
        return match[2], int(match[1])

    def choice(self, field: str, values: list[str], default: Any = _REQUIRED) -> str:
        """One of a closed list."""
        value: str = self.take(field, str, default)
        if value and value not in values and value != default:
            self.fault(field, f"{value!r} is none of {', '.join(values)}")
            return ""
        return value

    def finish(self) -> None:
        """Complain about fields that nobody asked for."""
        for field in self._values:
            self.fault(str(field), "is not a field of this table")


class _Inner(_Row):
    def __init__(self, outer: _Row, field: str, values: Any) -> None:
        self._outer, self._field, self._values = outer, field, dict(values)

    def fault(self, field: str, text: str) -> None:
        self._outer.fault(f"{self._field}.{field}", text)


def read_sheets(folder: Path, *, progress: Callable[[str], None]) -> Sheets:
    """Read and check all files of a folder; `CatalogueFilesError` with every mistake when there is any."""
    found: list[FileFault] = []
    sheets = Sheets()
    files = sorted(folder.glob("matters-*.yaml"))
    found.extend(
        FileFault(name, "-", "-", f"is not in {folder}")
        for name in ("classes.yaml", "defaults.yaml", "routing.yaml")
        if not (folder / name).is_file()
    )
    if found:
        raise CatalogueFilesError(found)
    _read_classes(folder / "classes.yaml", sheets, found)
    for number, file in enumerate(files, 1):
        _read_matters(file, sheets, found)
        progress(f"read {number}/{len(files)} {file.name}: {len(sheets.matters)} matters so far")
    sheets.matter_files = len(files)
    _read_clocks(folder / "defaults.yaml", sheets, found)
    _read_rules(folder / "routing.yaml", sheets, found)
    if found:
        raise CatalogueFilesError(found)
    return sheets


def _load(file: Path, found: list[FileFault]) -> _Row:
    try:
        with file.open(encoding="utf-8") as stream:
            values = yaml.load(stream, Loader=_StrictLoader)  # noqa: S506 — a safe loader with unique keys
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        row = f"line {mark.line + 1}" if mark is not None else "-"
        found.append(FileFault(file.name, row, "-", getattr(error, "problem", None) or "is not YAML in UTF-8"))
        values = {}
    return _Row(values, file.name, "head", found)


def _rows(head: _Row, field: str, file: Path, found: list[FileFault]) -> list[_Row]:
    listed = head.take(field, list)
    return [
        _Row(values, file.name, str(values.get("code", n)) if isinstance(values, dict) else str(n), found)
        for n, values in enumerate(listed, 1)
    ]


def _read_classes(file: Path, sheets: Sheets, found: list[FileFault]) -> None:
    head = _load(file, found)
    for row in _rows(head, "classes", file, found):
        code = row.take("code", str)
        matter_class = MatterClass(
            code=code,
            name_zh=row.take("zh", str),
            name_en=row.take("en", str),
            module=row.choice("module", Module.values),
        )
        row.finish()
        if not re.fullmatch(r"[0-9]{2}", code):
            row.fault("code", "must be two digits")
        if code in sheets.classes:
            row.fault("code", "is given twice")
        sheets.classes[code] = matter_class
    head.finish()


def _read_matters(file: Path, sheets: Sheets, found: list[FileFault]) -> None:
    head = _load(file, found)
    class_code = head.take("class", str)
    defaults = head.take("defaults", dict)
    if class_code not in sheets.classes:
        head.fault("class", f"{class_code!r} is not in classes.yaml")
    for number, values in enumerate(head.take("matters", list), 1):
        name = str(values.get("code", number)) if isinstance(values, dict) else str(number)
        row = _Row({**defaults, **values} if isinstance(values, dict) else values, file.name, name, found)
        before = len(found)
        matter = _matter(row)
        if not matter.code.startswith(class_code):
            row.fault("code", f"does not begin with the class {class_code}")
        if matter.code in sheets.matters:
            row.fault("code", "is given twice")
        if len(found) == before:
            with translation.override("en"):  # operators read these, in the language of the files' own fields
                for fault in faults(matter):
                    row.fault(fault.field, str(fault.text))
        sheets.matters[matter.code] = matter
    head.finish()


def _matter(row: _Row) -> Matter:
    kind, amount = row.clock("clock")
    filing, closing = row.pair("filing_condition"), row.pair("closing_condition")
    evidence = row.inner("evidence")
    admission = row.inner("admission")
    basis, owner = admission.pair("basis"), admission.pair("owner")
    matter = Matter(
        code=row.take("code", str),
        name_zh=row.take("zh", str),
        name_en=row.take("en", str),
        module=row.take("module", str),
        tasks=row.take("tasks", list),
        level=row.take("level", int),
        urgency=row.take("urgency", str, Urgency.ORDINARY.value),
        handling_kind=kind,
        handling_amount=amount,
        filing_zh=filing[0],
        filing_en=filing[1],
        closing_zh=closing[0],
        closing_en=closing[1],
        before_photo=evidence.take("before_photo", bool),
        after_photo=evidence.take("after_photo", bool),
        units=row.take("units", list),
        legal_basis_required=row.take("legal_basis_required", bool, default=False),
        area_required=row.take("area_required", bool, default=False),
        confidential=row.take("confidential", bool, default=False),
        public=row.take("public", bool),
        on_the_spot=row.take("on_the_spot", bool, default=False),
        keywords=row.take("keywords", list, []),
        basis_zh=basis[0],
        basis_en=basis[1],
        owner_zh=owner[0],
        owner_en=owner[1],
        valid_from=admission.take("from", dt.date),
        valid_to=admission.take("to", dt.date, None),
    )
    for inner in (evidence, admission, row):
        inner.finish()
    return matter


def _read_clocks(file: Path, sheets: Sheets, found: list[FileFault]) -> None:
    head = _load(file, found)
    seen: set[tuple[str, str]] = set()
    for row in _rows(head, "stages", file, found):
        stage = row.choice("stage", Stage.values)
        urgency = row.choice("urgency", Urgency.values, "")
        kind, amount = row.clock("clock")
        row.finish()
        if (stage, urgency) in seen:
            row.fault("stage", "is given twice")
        seen.add((stage, urgency))
        sheets.clocks.append(ClockRow(stage, urgency, kind, amount))
    head.finish()


def _read_rules(file: Path, sheets: Sheets, found: list[FileFault]) -> None:
    head = _load(file, found)
    sheets.rules_from = head.take("from", dt.date)
    kinds = Organisation.Kind.values
    mains: set[tuple[str, str, str]] = set()
    for row in _rows(head, "rules", file, found):
        before = len(found)
        matters = row.take("matters", list, [])
        class_code, module = row.take("class", str, ""), row.choice("module", Module.values, "")
        main = row.choice("main", kinds)
        co = row.take("co", list, [])
        row.finish()
        if sum([bool(matters), bool(class_code), bool(module)]) > 1:
            row.fault("matters", "a rule is about matters, one class or one module")
        if class_code and class_code not in sheets.classes:
            row.fault("class", f"{class_code!r} is not in classes.yaml")
        for kind in co:
            if kind not in kinds:
                row.fault("co", f"{kind!r} is no kind of unit")
        for code in matters or [""]:
            if code and code not in sheets.matters:
                row.fault("matters", f"{code!r} is no matter of these files")
            subject = (code, class_code, module)
            if subject in mains and len(found) == before:
                row.fault("main", f"a second rule about {code or class_code or module or 'everything'}")
            mains.add(subject)
            sheets.rules.append(RuleRow(*subject, Duty.MAIN.value, main))
            sheets.rules.extend(RuleRow(*subject, Duty.CO.value, kind) for kind in dict.fromkeys(co))
    head.finish()
