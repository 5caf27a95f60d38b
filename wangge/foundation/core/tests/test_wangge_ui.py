"""The template tags of the interface."""

import datetime as dt
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.contrib.messages.storage.base import Message
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from wangge.foundation.core.templatetags import wangge_ui

SHANGHAI = ZoneInfo("Asia/Shanghai")


class SampleForm(forms.Form):
    text = forms.CharField(help_text="Say what and where.", widget=forms.Textarea(attrs={"class": "tall"}))
    urgent = forms.BooleanField(required=False)
    way = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect, required=False)
    photo = forms.FileField(required=False)
    key = forms.CharField(required=False, widget=forms.HiddenInput)


@pytest.mark.parametrize(
    ("language", "text"),
    [("zh-hans", "11月20日 周五 15:30"), ("en", "Fri 20 Nov, 15:30")],
)
def test_a_moment_of_this_year_is_told_with_its_weekday_in_local_time(time_machine, language, text):
    time_machine.move_to(dt.datetime(2026, 11, 21, tzinfo=dt.UTC))
    with translation.override(language):
        assert wangge_ui.when(dt.datetime(2026, 11, 20, 7, 30, tzinfo=dt.UTC)) == text


def test_a_moment_of_another_year_is_told_with_its_year(time_machine):
    time_machine.move_to(dt.datetime(2026, 1, 2, tzinfo=SHANGHAI))
    with translation.override("zh-hans"):
        assert wangge_ui.when(dt.datetime(2025, 12, 31, 23, 59, tzinfo=SHANGHAI)) == "2025年12月31日 23:59"
        assert wangge_ui.day(dt.date(2025, 12, 31)) == "2025年12月31日"
        assert wangge_ui.hour(dt.datetime(2025, 12, 31, 23, 59, tzinfo=SHANGHAI)) == "23:59"
    assert [wangge_ui.when(None), wangge_ui.day(None), wangge_ui.hour(None)] == ["", "", ""]


@pytest.mark.parametrize(
    ("cookie", "theme"), [("elder", "elder"), ("dark", "dark"), ("", "normal"), ('"><script>', "normal")]
)
def test_only_known_themes_reach_the_page(cookie, theme):
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    assert wangge_ui.ui_theme(Context({"request": request})) == theme
    assert wangge_ui.ui_theme(Context({})) == "normal"


def test_fields_are_laid_out_by_their_kind():
    form = SampleForm()
    assert {name: wangge_ui.field_kind(form[name]) for name in form.fields} == {
        "text": "line",
        "urgent": "check",
        "way": "choices",
        "photo": "file",
        "key": "hidden",
    }


def test_a_widget_names_its_hint_and_its_error():
    shown = wangge_ui.field_widget(SampleForm()["text"])
    assert 'class="wg-input tall"' in shown
    assert 'aria-describedby="id_text-hint"' in shown
    assert "aria-invalid" not in shown
    refused = wangge_ui.field_widget(SampleForm({})["text"], data_controller="draft")
    assert 'aria-describedby="id_text-hint id_text-error"' in refused
    assert 'aria-invalid="true"' in refused
    assert 'data-controller="draft"' in refused


@pytest.mark.parametrize(
    ("share", "step"), [(0, 0), (2.4, 0), (2.6, 5), (70, 70), (99.9, 100), (140, 100), (-3, 0), (None, 0)]
)
def test_a_share_becomes_one_of_the_width_classes(share, step):
    assert wangge_ui.percent_step(share) == step


@pytest.mark.parametrize(
    ("tags", "url"),
    [
        ("undo:/desk/undo/7/", "/desk/undo/7/"),
        ("safe undo:/a/", "/a/"),
        ("undo://evil.example/", ""),
        ("undo:javascript:x", ""),
        ("", ""),
    ],
)
def test_an_undo_address_stays_on_this_site(tags, url):
    assert wangge_ui.undo_url(Message(25, "done", extra_tags=tags)) == url


def test_an_unknown_state_is_quiet_and_never_fails():
    assert (wangge_ui.state_tone("handling"), wangge_ui.state_icon("handling")) == ("blue", "hammer")
    assert (wangge_ui.state_tone("?"), wangge_ui.state_icon("?"), wangge_ui.clock_icon("?")) == (
        "quiet",
        "circle",
        "clock",
    )


def test_an_icon_escapes_its_name():
    shown = Template("{% load wangge_ui %}{% icon name %}").render(Context({"name": '"><b>'}))
    assert "<b>" not in shown
    assert 'aria-hidden="true"' in shown


def test_every_icon_that_a_template_names_is_in_the_sprite():
    root = Path(wangge_ui.__file__).resolve().parents[4]
    sprite = set((root / "frontend/icons.txt").read_text(encoding="utf-8").split())
    named = {
        name
        for page in (root / "wangge").rglob("templates/**/*.html")
        for name in re.findall(r'\{% icon "([\w-]+)"', page.read_text(encoding="utf-8"))
    }
    own = {icon for _tone, icon in wangge_ui._STATE_LOOK.values()} | set(wangge_ui._CLOCK_ICON.values())
    assert sorted((named | own) - sprite) == []
