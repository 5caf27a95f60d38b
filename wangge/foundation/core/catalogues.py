"""Message catalogues (.po, .mo) without GNU gettext: which texts the code asks for, and which have a translation.

Each app keeps its own under locale/zh_Hans/LC_MESSAGES/. English needs none: the message ids are the English text.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.apps import apps
from django.conf import settings
from django.utils.translation.template import templatize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Message

LOCALE = "zh_Hans"
_PERCENT = re.compile(r"%(?:\(\w+\))?[-#0+]*\d*(?:\.\d+)?[sdifr]")
_BRACE = re.compile(r"\{\w*\}")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# Written by hand, without dates or tool names: a diff of a catalogue shows texts and nothing else.
HEADER = r"""msgid ""
msgstr ""
"Language: zh_Hans\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=1; plural=0;\n"

"""


@dataclass(frozen=True)
class Home:
    """One folder with texts, and its catalogue."""

    folder: Path

    @property
    def po(self) -> Path:
        return self.folder / "locale" / LOCALE / "LC_MESSAGES" / "django.po"

    def sources(self) -> Iterator[Path]:
        """Python modules and templates whose texts reach people; not tests, not migrations."""
        for path in sorted(self.folder.rglob("*")):
            parts = path.relative_to(self.folder).parts
            if (path.suffix == ".py" and not {"tests", "migrations"} & set(parts)) or (
                path.suffix in {".html", ".txt"} and "templates" in parts
            ):
                yield path


def homes() -> list[Home]:
    """Our own apps and the folders of LOCALE_PATHS; other people's apps bring catalogues of their own."""
    ours = Path(settings.ROOT) / "wangge"
    folders = [Path(config.path) for config in apps.get_app_configs() if ours in Path(config.path).parents]
    return [Home(folder) for folder in [*(Path(path).parent for path in settings.LOCALE_PATHS), *folders]]


def texts_of(path: Path) -> Catalog:
    """The texts that one file asks a translation for."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # templatize() leaves Python calls among blanked-out words; inside the bracket
        # their indentation does not matter.
        source = f"(\n{templatize(source, origin=str(path))}\n)"
    found = Catalog(locale=LOCALE)
    for _line, message, _comments, context in extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS):
        found.add(message, context=context)
    return found


def read(po: Path) -> Catalog:
    """The catalogue of a file; empty when there is none yet."""
    if not po.exists():
        return Catalog(locale=LOCALE)
    with po.open("rb") as file:
        return read_po(file, locale=LOCALE, charset="utf-8")


def refreshed(home: Home) -> Catalog:
    """The catalogue as it should be: every text of the code with the translation it has, and no other text."""
    old = read(home.po)
    fresh = Catalog(locale=LOCALE)
    for path in home.sources():
        for message in texts_of(path):
            if message.id:
                known = old.get(message.id, context=message.context)
                fresh.add(message.id, _fitting(message, known), context=message.context)
    return fresh


def _fitting(message: Message, known: Message | None) -> str | tuple[str, ...]:
    """A known translation in the shape of the message: Chinese has one form for every number."""
    text = known.string if known is not None and not known.fuzzy else ""
    first = text if isinstance(text, str) else (text[0] if text else "")
    return (first,) if message.pluralizable else first


def rendered(catalog: Catalog) -> str:
    """The text of a .po file: sorted, without line numbers and dates."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=120, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    return HEADER + buffer.getvalue().decode().strip() + "\n"


def gaps(catalog: Catalog) -> list[str]:
    """What is wrong with a catalogue, a line each: texts without translation, placeholders that do not match."""
    missing = [f"no translation: {message.id!r}" for message in catalog if message.id and not _translated(message)]
    wrong = [
        f"placeholders {sorted(_placeholders(text))} instead of {sorted(wanted)}: {message.id!r}"
        for message in catalog
        if message.id and _translated(message)
        for wanted in [_placeholders(_forms(message.id)[-1])]
        for text in _forms(message.string)
        if _placeholders(text) != wanted
    ]
    return missing + wrong


def _forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """The singular and the plural, or the only form. Chinese has one, which must hold what the English plural holds."""
    return [text or ""] if text is None or isinstance(text, str) else [form or "" for form in text]


def _translated(message: Message) -> bool:
    return all(_forms(message.string))


def _placeholders(text: str) -> set[str]:
    named_or_not = Counter(_PERCENT.findall(text.replace("%%", "")))
    return {f"{what}×{times}" if not what.startswith("%(") else what for what, times in named_or_not.items()} | set(
        _BRACE.findall(text)
    )


def compile_po(po: Path) -> None:
    """Write the .mo beside a .po. A text without translation is left out, so that the message id shows."""
    buffer = io.BytesIO()
    write_mo(buffer, read(po))
    # Renamed into place: a server that starts meanwhile never reads half a file.
    fresh = po.with_suffix(".mo.new")
    fresh.write_bytes(buffer.getvalue())
    fresh.replace(po.with_suffix(".mo"))
