"""Collecting texts and translations without GNU gettext."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from wangge.foundation.core import catalogues
from wangge.foundation.core.management.commands import compile_messages, messages

TEMPLATE = """{% load i18n %}<p class="x">it's {{ a }} "q
   {% translate "Report" %} {{ _("Filter") }}
 {% blocktranslate trimmed count n=items|length %}
   One case of {{ name }}
  {% plural %}
   {{ n }} cases (of {{ name }})
 {% endblocktranslate %}
      {% translate "May" context "month" %} {# {% translate "In a comment" %} #}
</p> (((
"""
CODE = """
from django.utils.translation import gettext as _, ngettext, pgettext
a = _("Hello %(name)s")
b = ngettext("%d day", "%d days", 3)
c = pgettext("verb", "File")
d = _("long "
      "joined")
e = other("Not for translation")
"""


@pytest.fixture
def home(tmp_path) -> catalogues.Home:
    (tmp_path / "app/templates").mkdir(parents=True)
    (tmp_path / "app/tests").mkdir()
    (tmp_path / "app/templates/page.html").write_text(TEMPLATE)
    (tmp_path / "app/code.py").write_text(CODE)
    (tmp_path / "app/tests/test_code.py").write_text('_("Only in a test")')
    return catalogues.Home(tmp_path / "app")


def ids(catalog) -> set:
    return {message.id for message in catalog if message.id}


@pytest.fixture
def commands(home, monkeypatch):
    """The two commands, over this one home."""
    for module in (messages, compile_messages):
        monkeypatch.setattr(module, "homes", lambda: [home])
    return home


def translate(po: Path) -> None:
    text = po.read_text()
    for english, chinese in {
        'msgid "%d day"\nmsgid_plural "%d days"\nmsgstr[0] ""': 'msgid "%d day"\nmsgid_plural "%d days"\nmsgstr[0] "%d 天"',
        'cases (of %(name)s)"\nmsgstr[0] ""': 'cases (of %(name)s)"\nmsgstr[0] "%(name)s 等 %(n)s 件"',
        'msgid "Hello %(name)s"\nmsgstr ""': 'msgid "Hello %(name)s"\nmsgstr "您好，%(name)s"',
        'msgid "File"\nmsgstr ""': 'msgid "File"\nmsgstr "立案"',
        'msgid "Filter"\nmsgstr ""': 'msgid "Filter"\nmsgstr "筛选"',
        'msgid "May"\nmsgstr ""': 'msgid "May"\nmsgstr "五月"',
        'msgid "Report"\nmsgstr ""': 'msgid "Report"\nmsgstr "上报"',
        'msgid "long joined"\nmsgstr ""': 'msgid "long joined"\nmsgstr "长"',
    }.items():
        text = text.replace(english, chinese)
    po.write_text(text)


def test_texts_of_code_and_templates_are_found_and_no_others(home):
    assert ids(catalogues.refreshed(home)) == {
        "Report",
        "Filter",
        ("One case of %(name)s", "%(n)s cases (of %(name)s)"),
        "May",
        "Hello %(name)s",
        ("%d day", "%d days"),
        "File",
        "long joined",
    }
    contexts = {message.id: message.context for message in catalogues.refreshed(home) if message.context}
    assert contexts == {"May": "month", "File": "verb"}


def test_a_second_run_changes_nothing_and_keeps_translations(commands):
    call_command("messages", verbosity=0)
    translate(commands.po)
    call_command("messages")
    once = commands.po.read_text()
    assert 'msgstr "上报"' in once
    assert "code.py" not in once
    assert "Date" not in once
    call_command("messages")
    assert commands.po.read_text() == once
    call_command("messages", check=True)


def test_new_texts_are_added_empty_and_old_ones_go(commands):
    call_command("messages")
    translate(commands.po)
    (commands.folder / "code.py").write_text('_("Brand new")')
    call_command("messages")
    text = commands.po.read_text()
    assert 'msgid "Brand new"\nmsgstr ""' in text
    assert 'msgid "Report"\nmsgstr "上报"' in text
    assert "Hello" not in text


def test_the_check_refuses_what_is_stale_or_incomplete_and_writes_nothing(commands):
    with pytest.raises(CommandError, match="not up to date; run `make messages`"):
        call_command("messages", check=True)
    assert not commands.po.exists()
    call_command("messages")
    with pytest.raises(CommandError, match="no translation: 'Report'"):
        call_command("messages", check=True)


def test_a_translation_with_the_wrong_placeholder_is_a_gap(commands):
    call_command("messages")
    translate(commands.po)
    commands.po.write_text(commands.po.read_text().replace("您好，%(name)s", "您好，%(nome)s"))
    assert catalogues.gaps(catalogues.read(commands.po)) == [
        "placeholders ['%(nome)s'] instead of ['%(name)s']: 'Hello %(name)s'"
    ]


def test_the_compiled_catalogue_speaks_chinese(commands):
    call_command("messages")
    translate(commands.po)
    call_command("compile_messages")
    with commands.po.with_suffix(".mo").open("rb") as file:
        spoken = gettext.GNUTranslations(file)
    assert spoken.gettext("Report") == "上报"
    assert spoken.ngettext("%d day", "%d days", 1) == "%d 天"
    assert spoken.ngettext("%d day", "%d days", 5) == "%d 天"
    assert spoken.pgettext("month", "May") == "五月"
    assert list(commands.po.parent.glob("*.new")) == []


def test_every_app_of_ours_and_no_other_has_a_catalogue():
    folders = [home.folder for home in catalogues.homes()]
    assert {"config", "core", "accounts", "desk"} <= {folder.name for folder in folders}
    assert all("wangge" in folder.parts and "site-packages" not in folder.parts for folder in folders)
    assert len(folders) == len(set(folders))
