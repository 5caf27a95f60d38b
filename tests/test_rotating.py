"""A new data key while people work."""

from __future__ import annotations

import threading

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from tests.town import Town
from wangge.domains.cases.models import Report
from wangge.domains.people import access, tokens
from wangge.domains.people.actions import indexing, revealing
from wangge.domains.people.models import Household, Person
from wangge.domains.people.tests.homes import build, read
from wangge.foundation.core import crypto, datakeys, idempotency, keystore, rotation
from wangge.foundation.core.idempotency import Answer

NAMES = ("吴淑芬", "王建国", "程小雨", "孙大伟")


@pytest.fixture
def folder(tmp_path, settings):
    """A key folder and a key store of this test's own."""
    settings.WANGGE_KEYS_DIR = tmp_path
    settings.WANGGE_KEY_STORE = tmp_path / "people.sqlite"
    datakeys.forget()
    yield tmp_path
    datakeys.forget()


@pytest.fixture
def street(own_database, folder):
    """Residents, a report with a contact and a kept answer, in a database of this test's own."""
    town = Town()
    homes = build(town)
    voice = town.voice(town.reported(contact=town.wu()))
    idempotency.once(owner="test", key="k", body=b"b", write=lambda: Answer(201, '{"follow": "x"}'))
    return town, homes, voice


def found(name):
    return list(
        Person.objects.unscoped("the test looks").carrying(tokens.token("name", name)).values_list("pk", flat=True)
    )


def homes_found(name):
    return Household.objects.unscoped("the test looks").carrying(tokens.token("name", name)).count()


def contact(voice):
    row = Report._base_manager.get(pk=voice.pk)
    bound_to = str(row.public_id)
    name = crypto.unseal(row.contact_name, purpose="cases.report.contact_name", bound_to=bound_to)
    phone = crypto.unseal(row.contact_phone, purpose="cases.report.contact_phone", bound_to=bound_to)
    return name, phone, row.phone_blind == int(crypto.blind(phone, purpose="cases.report.contact_phone"))


def everything_works(town, homes, voice):
    assert [len(found(name)) for name in NAMES] == [1, 1, 1, 1]
    assert [homes_found(name) for name in NAMES] == [1, 1, 1, 1]
    assert access.masked([homes.wu])[homes.wu.pk].phone == "100****0001"
    assert revealing.reveal(by=town.lin, person=homes.wu, field="id_number", purpose="visit")[:6] == "999999"
    assert contact(voice)[:2] == (town.wu().name, town.wu().phone)
    again = idempotency.once(owner="test", key="k", body=b"b", write=lambda: Answer(500, ""))
    assert (again.body, again.replayed) == ('{"follow": "x"}', True)


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_a_rotation_reaches_everything_and_the_old_key_may_go(street, folder, settings, cipher, capsys):
    voice = street[2]
    (folder / "data_key").write_text("the file from which settings read it")
    link = crypto.link_code("x", purpose="report")
    everything_works(*street)
    settings.WANGGE_CIPHER = cipher
    everything_works(*street)
    if cipher != "aes":  # the suite first, the key then: rows must never carry a third kind of fingerprint
        with pytest.raises(rotation.RotationError):
            rotation.begin()
        assert rotation.run(say=lambda _text: None, wait=False)["people.person.tokens"] == 11
        everything_works(*street)
    assert rotation.begin() == 1
    everything_works(*street)  # before a single row was touched
    changed = rotation.run(say=lambda _text: None, wait=False)
    assert changed["key store"] == keystore.keys().count()
    assert changed["people.person.tokens"] == Person.objects.unscoped("counted").count()
    assert changed["people.household.tokens"] == Household.objects.unscoped("counted").count()
    assert (changed["cases.report.contact_phone"], changed["core.idempotencykey.answer"]) == (1, 1)
    everything_works(*street)
    assert contact(voice)[2] is True
    assert (folder / "blind_index").read_text() == f"{cipher}.1\n"
    assert not (folder / "rotation.json").exists()
    call_command("rotate_keys", "--retire")
    assert capsys.readouterr().out == "Retired: data_key.\n"
    assert sorted(file.name for file in (folder / "retired").iterdir()) == ["data_key"]
    settings.WANGGE_DATA_KEY = b""  # as a process that starts now reads it
    datakeys.forget()
    crypto._derived.cache_clear()
    everything_works(*street)
    assert crypto.link_code("x", purpose="report") == link


def test_tokens_are_those_that_an_edit_would_write(street):
    homes = street[1]
    rotation.begin()
    rotation.run(say=lambda _text: None, wait=False)
    for person in (homes.wu, homes.girl, homes.sun):
        before = read(person).tokens
        indexing.reindex_person(read(person))
        assert read(person).tokens == before
    before = read(homes.cheng_home).tokens
    indexing.reindex_household(read(homes.cheng_home))
    assert read(homes.cheng_home).tokens == before


def test_a_killed_run_is_taken_up_where_it_stopped(street, folder, monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 3)
    rotation.begin()
    said = []

    class Killed(BaseException):
        pass

    def say(text):
        said.append(text)
        if len(said) in {2, 5, 9}:
            raise Killed

    for _n in range(3):
        with pytest.raises(Killed):
            rotation.run(say=say, wait=False)
        everything_works(*street)
    with pytest.raises(rotation.RotationError):
        rotation.begin()
    with pytest.raises(rotation.RotationError):
        rotation.retire()
    rotation.run(say=said.append, wait=False)
    everything_works(*street)
    persons = [text for text in said if text.startswith("people.person.tokens")]
    assert len(persons) == 4  # 11 persons by threes, none twice
    assert rotation.run(say=lambda _text: None, wait=False) == {step.name: 0 for step in rotation.every()}


def test_nothing_fails_for_those_who_work_meanwhile(street, monkeypatch):
    town, homes, voice = street
    monkeypatch.setattr(rotation, "BATCH", 2)
    stop, failures, rounds = threading.Event(), [], []

    def work():
        try:
            while not stop.is_set():
                try:
                    everything_works(town, homes, voice)
                    indexing.reindex_household(read(homes.cheng_home))
                    rounds.append(1)
                except Exception as error:  # noqa: BLE001 — counted
                    failures.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _n in range(2)]
    for thread in threads:
        thread.start()
    try:
        for version in (1, 2):
            assert rotation.begin() == version
            rotation.run(say=lambda _text: None, wait=False)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(rounds) > 2
    everything_works(*street)


def test_a_new_key_needs_the_last_rotation_to_be_over(street, capsys):
    call_command("rotate_keys", "--new")
    assert "The new key is version 1." in capsys.readouterr().out
    (datakeys.folder() / "rotation.json").write_text('{"version": 1, "marks": {}}')
    with pytest.raises(CommandError, match="not finished"):
        call_command("rotate_keys", "--new")
    assert not (datakeys.folder() / "data_key.2").exists()
