"""The shell: the same for everybody, with nothing of anybody in it; its worker and its manifest."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from wangge.domains.fieldwork.actions.tasks import give
from wangge.domains.fieldwork.models import VisitDue
from wangge.doors.field import app
from wangge.doors.field.shell_words import words
from wangge.foundation.core import clock

SHELL = "/field/"
BUILT = Path(app.__file__).resolve().parents[3] / "frontend/dist"
LIMIT = 100 * 1024  # bytes, gzipped: the initial script of a phone page


def phone(town, name: str) -> Client:
    client = Client()
    town.log_in(client, getattr(town, name))
    return client


def test_everybody_gets_the_same_bytes(town):
    shells = {phone(town, name).get(SHELL).content for name in ("lin", "gao", "he")}
    assert len(shells) == 1
    page = shells.pop().decode()
    for name in ("lin", "gao", "he"):
        assert getattr(town, name).name not in page
    assert "csrf" not in page.lower()
    assert "一" in page


def test_the_shell_is_for_people_of_the_field(town):
    assert phone(town, "security").get(SHELL).status_code == 403
    assert Client().get(SHELL).status_code == 302


def test_it_speaks_the_readers_language(town):
    lin = phone(town, "lin")
    chinese = lin.get(SHELL).content.decode()
    lin.cookies["wangge_language"] = "en"
    english = lin.get(SHELL).content.decode()
    assert '<html lang="zh-hans"' in chinese
    assert '<html lang="en"' in english
    assert "Somebody is lost" in english
    assert "Somebody is lost" not in chinese


def test_it_brings_every_word_and_every_pattern_once(lin):
    page = lin.get(SHELL).content.decode()
    carried = json.loads(re.search(r'<script id="words" type="application/json">(.*?)</script>', page).group(1))
    assert carried == words()
    named = re.findall(r'<template id="([\w-]+)"', page)
    assert len(named) == len(set(named))
    assert {"s-home", "s-drafts", "s-waiting", "s-sent", "s-me", "s-logout", "s-import"} <= set(named)
    assert " style=" not in page
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", page) == []


def test_words_that_scripts_ask_for_are_there():
    frontend = BUILT.parent / "field"
    asked = set()
    for path in frontend.rglob("*.ts"):
        if not path.name.endswith(".test.ts"):
            asked |= set(re.findall(r'\bword\(\s*"([\w-]+)"', path.read_text(encoding="utf-8")))
    assert asked, "no script asks for a word"
    assert asked - set(words()) == set()


def test_the_manifest_can_be_installed(client):
    answer = client.get(reverse("field:manifest"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/manifest+json")
    body = answer.json()
    assert (body["start_url"], body["scope"], body["display"]) == (SHELL, SHELL, "standalone")
    assert {icon["sizes"] for icon in body["icons"]} == {"192x192", "512x512"}
    assert {icon["purpose"] for icon in body["icons"]} == {"any", "maskable"}


@pytest.mark.skipif(not (BUILT / "sw.js").exists(), reason="the front end is not built: run `npm run build`")
def test_the_worker_changes_with_what_it_keeps(client, monkeypatch):
    answer = client.get(reverse("field:worker"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Service-Worker-Allowed"] == SHELL
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.content.startswith(b'self.__SHELL={"shell": "/field/"')
    client.cookies["wangge_language"] = "en"
    other = client.get(reverse("field:worker")).content
    assert other != answer.content  # another document
    monkeypatch.setattr(app, "ASSETS", [*app.ASSETS, "more.js"])
    assert client.get(reverse("field:worker")).content != other


@pytest.mark.skipif(not (BUILT / "app.js").exists(), reason="the front end is not built: run `npm run build`")
def test_the_script_of_the_shell_is_light():
    weight = sum(len(gzip.compress((BUILT / name).read_bytes(), 6)) for name in ("app.js", "early.js"))
    assert weight <= LIMIT


def test_log_out_clears_the_phone_only_when_it_says_so(lin):
    assert "Clear-Site-Data" not in lin.post(reverse("account_logout")).headers


def test_log_out_of_an_empty_phone_clears_it(lin):
    answer = lin.post(reverse("account_logout"), {"clear": "phone"})
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "_auth_user_id" not in lin.session


def test_plain_pages_say_why(lin):
    assert "https" in lin.get(reverse("field:plain") + "?online=1").content.decode()
    assert "https" not in lin.get(reverse("field:plain")).content.decode()


def test_what_the_phone_does_not_hold_is_read_at_the_desk(town, homes, lin):
    now = clock.now()
    task = give(
        by=town.fang,
        grid=town.grid1,
        matter="09012",
        title="清理堆物",
        text="门口的三轮车先挪到车棚",
        at=now,
        due_at=now,
    )
    due = VisitDue.objects.create(household=homes.wu_home, area_path=homes.wu_home.area_path, due_on=clock.today())
    for name, pk, says in (("task", task.public_id, "门口的三轮车先挪到车棚"), ("door", due.public_id, "301")):
        page = lin.get(reverse(f"field:{name}", args=[pk]), follow=True)
        assert (page.status_code, says in page.content.decode()) == (200, True)
        strange = lin.get(reverse(f"field:{name}", args=["00000000-0000-4000-8000-000000000000"]), follow=True)
        assert strange.status_code == 404
