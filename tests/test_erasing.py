"""Erasure, the export for the person himself, and yesterday's dump restored today."""

from __future__ import annotations

import json
import os
import subprocess
import uuid

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import translation

from tests.early import OWNER_URL
from tests.town import Town
from wangge.config.binaries import find_binaries
from wangge.domains.cases.models import Report
from wangge.domains.people import access, looks, subject, tokens
from wangge.domains.people.actions import erasing, revealing
from wangge.domains.people.models import (
    Circumstance,
    Enrolment,
    FieldChange,
    Household,
    ImportBatch,
    ImportRow,
    Membership,
    Person,
    PopulationChange,
    Purpose,
    Relation,
)
from wangge.domains.people.sealing import Keyring
from wangge.domains.people.tests.homes import SINCE, build, read
from wangge.domains.people.tests.test_access import grant
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock, keystore
from wangge.foundation.core.problems import ConflictError


def found(name):
    wanted = tokens.token("name", name)
    return [model.objects.unscoped("the test looks").carrying(wanted).count() for model in (Person, Household)]


def furnish(homes):
    """Something in every table that may hold something of Wang."""
    ring = Keyring.of([homes.wang.public_id])
    me = homes.wang.public_id
    Circumstance.objects.create(
        person=homes.wang, kind=ring.seal(me, "people.circumstance.kind", "lives_alone"), valid_from=SINCE
    )
    Enrolment.objects.create(
        person=homes.wang, policy=ring.seal(me, "people.enrolment.policy", "elderly_allowance"), valid_from=SINCE
    )
    Relation.objects.create(person=homes.wang, other=homes.li, kind="spouse", valid_from=SINCE)
    FieldChange.objects.create(
        person=homes.wang,
        field="phone",
        before=ring.seal(me, "people.fieldchange.before", "10012349999"),
        at=clock.now(),
        source="visit",
    )


def held_elsewhere(town, homes):
    """A file that brought him and a change told of his household, each under a key of its own."""
    batch = ImportBatch.objects.create(
        what="persons", area_path=town.community.path, file_name="x.xlsx", sha256="0" * 64, as_of=SINCE, by=town.fang, at=clock.now()
    )  # fmt: skip
    change = PopulationChange.objects.create(
        kind="let", area_path=town.grid1.path, household=homes.wang_home, happened_on=SINCE, told_at=clock.now()
    )
    ring = Keyring.new([batch.public_id, change.public_id])
    row = ImportRow.objects.create(
        batch=batch, number=1, state="added", person=homes.wang,
        raw=ring.seal(batch.public_id, "people.importrow.raw", "王建国"),
    )  # fmt: skip
    change.facts = ring.seal(change.public_id, "people.populationchange.facts", "王建国")
    change.save()
    return batch, row, change


def test_nothing_of_him_opens_and_the_others_stay(town, homes):
    furnish(homes)
    batch, row, change = held_elsewhere(town, homes)
    town.report(contact=type(town.wu())(name="王建国", phone="10012340002"))
    others = town.report(contact=town.wu())
    assert found("王建国") == [1, 1]
    counts = erasing.erase(person=homes.wang, reason="request")
    nothing = {"referrals": 0, "refused": 0, "visit_grounds": 0, "visit_notes": 0}
    assert counts == {"keys": 3, "reports": 1} | nothing
    left = read(homes.wang)
    assert left.state == "erased"
    assert [getattr(left, field) for field in erasing.SEALED] == [None] * 8
    assert (left.tokens, left.area_path, left.stated_on) == ([], "", {})
    assert found("王建国") == [0, 0]
    assert found("李秀英") == [1, 1]
    assert keystore.keys().get_many([homes.wang.public_id, batch.public_id, change.public_id]) == {}
    assert access.masked([left])[left.pk] == access.ERASED
    assert Circumstance.objects.filter(person=homes.wang).count() == 0
    assert Enrolment.objects.filter(person=homes.wang).count() == 0
    assert Relation.objects.count() == 0
    assert FieldChange.objects.get().before is None
    assert ImportRow.objects.get(pk=row.pk).raw is None
    assert PopulationChange.objects.unscoped("the test looks").get(pk=change.pk).facts is None
    assert Membership.objects.get(person=homes.wang).valid_to == clock.today()
    assert access.masked([read(homes.li)])[homes.li.pk].name == "李*英"
    said = {one.pk: (one.text[:4], one.contact_phone) for one in Report._base_manager.filter(source="resident")}
    assert [phone for pk, (_text, phone) in said.items() if pk != others.pk] == [None]
    assert said[others.pk][1] is not None
    entry = AuditEntry.objects.get(kind="person.erase")
    assert (entry.subject_id, entry.data) == (homes.wang.pk, {"reason": "request", "entries": [homes.wang.pk]})
    with pytest.raises(ConflictError):
        erasing.erase(person=homes.wang, reason="request")
    assert Keyring.new([homes.wang.public_id]).open(homes.wang.public_id, "people.person.name", homes.wang.name) is None


def test_entries_merged_into_him_go_with_him(town, homes):
    Person.objects.unscoped("merged").filter(pk=homes.han.pk).update(state="merged", merged_into=homes.zhou)
    with pytest.raises(ConflictError):
        erasing.erase(person=homes.han, reason="request")
    erasing.erase(person=homes.zhou, reason="retention")
    assert keystore.keys().get_many([homes.han.public_id, homes.zhou.public_id]) == {}
    assert [read(one).state for one in (homes.han, homes.zhou)] == ["erased", "erased"]
    assert read(homes.tenant_home).active is False or read(homes.tenant_home).tokens == []


def test_when_the_keys_cannot_be_destroyed_nothing_happened(town, homes, monkeypatch):
    def broken(self, subjects):
        raise OSError("disk")

    monkeypatch.setattr(keystore.KeyStore, "destroy", broken)
    with pytest.raises(OSError, match="disk"):
        erasing.erase(person=homes.wang, reason="request")
    assert read(homes.wang).state == "present"
    assert found("王建国") == [1, 1]
    assert AuditEntry.objects.filter(kind="person.erase").count() == 0


# Every table that points to a person, and what erasure does with it. A new one fails here until it is thought about.
POINTING = {
    "circumstance.person": "deleted",
    "death.person": "deleted",
    "enrolment.person": "deleted",
    "entitlement.person": "deleted",
    "fieldchange.person": "emptied",
    "importrow.person": "raw and before emptied, the key of its batch destroyed",
    "membership.person": "ended, stays",
    "person.merged_into": "those are erased too",
    "personmerge.gone": "reason emptied",
    "personmerge.kept": "reason emptied",
    "personseen.person": "deleted",
    "populationchange.person": "facts emptied, its key destroyed",
    "relation.other": "deleted",
    "relation.person": "deleted",
    "tenancy.landlord": "stays: a room and a number without a name",
    "title.person": "stays: a room and a number without a name",
}


def test_every_table_that_points_to_a_person_is_thought_of():
    pointing = {
        f"{one.related_model._meta.model_name}.{one.field.name}"
        for one in Person._meta.get_fields(include_hidden=True)
        if one.auto_created and one.is_relation
    }
    assert pointing == set(POINTING)


def test_the_export_for_himself_holds_everything(town, homes, tmp_path, capsys):
    furnish(homes)
    town.report(contact=type(town.wu())(name="王建国", phone="10012340002"), text="楼道灯坏了")
    revealing.reveal(by=town.lin, person=homes.wang, field="phone", purpose="visit")
    grant(town.gao, homes.wang_home, "emergency")
    call_command("subject_export", str(homes.wang.public_id), "--out", str(tmp_path))
    assert capsys.readouterr().out.endswith(f"sections written to {tmp_path}.\n")
    told = json.loads((tmp_path / f"{homes.wang.public_id}.json").read_text())
    (person,) = told["person"]
    assert (person["name"], person["phone"], person["born"], person["sex"]) == (
        "王建国", "10012340002", "1968-11-20", "m"
    )  # fmt: skip
    assert told["earlier_values"][0]["before"] == "10012349999"
    assert told["households"][0]["homes"][0]["room"] == "物业所家属院3号楼2单元302"
    assert [row["room"][-3:] for row in told["owned_rooms"]] == ["302", "401"]
    assert told["needs"][0]["kind"] == "lives_alone"
    assert told["benefits"][0]["policy"] == "elderly_allowance"
    assert told["relations"][0]["is"] in {"配偶", "Spouse"}
    assert told["reports"][0]["said"] == "楼道灯坏了"
    shown = [(look["what"], look["role"], look["purpose"], look["beyond_own_place"]) for look in told["looks"]]
    with translation.override("zh-hans"):
        worker, visit, emergency = looks.role_name("grid_worker"), Purpose.VISIT.label, Purpose.EMERGENCY.label
        assert sorted(shown) == sorted(
            [
                ("phone", worker, str(visit), False),
                ("opened", worker, "", False),
                ("household", worker, str(emergency), True),
            ]
        )
    printed = (tmp_path / f"{homes.wang.public_id}.md").read_text()
    assert "王建国" in printed
    assert "林晓" not in printed  # the role of the official, never his name
    assert oct((tmp_path / f"{homes.wang.public_id}.json").stat().st_mode)[-3:] == "600"


def test_the_command_erases(town, homes, capsys):
    with pytest.raises(CommandError, match="no such entry"):
        call_command("erase_person", str(uuid.uuid4()), "--reason", "request")
    call_command("erase_person", str(homes.wu.public_id), "--reason", "request")
    assert capsys.readouterr().out.startswith("Erased: 1 keys. Copies")
    assert read(homes.wu).state == "erased"
    with pytest.raises(CommandError, match=r"已删除|already erased"):
        call_command("erase_person", str(homes.wu.public_id), "--reason", "request")
    assert set(subject.held(read(homes.wu))["person"][0].values()) & {"吴淑芬", "10012340001"} == set()


def test_looks_say_the_role_and_not_the_name(town, homes):
    revealing.reveal(by=town.fang, person=homes.girl, field="name", purpose="case", reference="NC-1")
    (reveal,) = [look for look in looks.at_person(homes.girl) if look.what == "name"]
    assert (reveal.role, reveal.purpose, reveal.beyond) == ("station_head", "case", False)


def test_an_erased_person_is_unreadable_in_yesterdays_dump(own_database, tmp_path, settings):
    """pg_dump, erase, restore the dump into a new database: the row is back, what it says is not."""
    settings.WANGGE_KEY_STORE = tmp_path / "people.sqlite"
    homes = build(Town())
    furnish(homes)
    binaries = find_binaries()
    name = connection.settings_dict["NAME"]
    dump = tmp_path / "yesterday.sql"
    environment = {**os.environ, "LC_ALL": "C"}
    subprocess.run(
        [binaries.directory / "pg_dump", "--no-owner", "--no-privileges", "-f", dump, _url(name)],
        check=True, env=environment, capture_output=True,
    )  # fmt: skip
    assert keystore.keys().backup(tmp_path / "keys-of-yesterday.sqlite") is None
    erasing.erase(person=homes.wang, reason="request")
    restored = f"test_restored_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(OWNER_URL, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{restored}" TEMPLATE template0')
    try:
        subprocess.run(
            [binaries.directory / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump, _url(restored)],
            check=True, env=environment, capture_output=True,
        )  # fmt: skip
        with psycopg.connect(_url(restored)) as yesterday:
            query = "SELECT public_id, name, phone, id_number FROM people_person WHERE id = %s"
            old = yesterday.execute(query, [homes.wang.pk]).fetchone()
            wife = yesterday.execute(query, [homes.li.pk]).fetchone()
        assert old[1] is not None  # the bytes are back
        ring = Keyring.of([old[0], wife[0]])
        assert [
            ring.open(old[0], f"people.person.{field}", value)
            for field, value in zip(("name", "phone", "id_number"), old[1:], strict=True)
        ] == [None, None, None]
        assert ring.open(wife[0], "people.person.name", wife[1]) == "李秀英"
        # Yesterday's key store put back as well: the journal forgets again.
        call_command("keystore", "restore", str(tmp_path / "keys-of-yesterday.sqlite"))
        assert Keyring.of([old[0]]).open(old[0], "people.person.name", old[1]) is None
        assert "王建国" not in dump.read_text()
    finally:
        with psycopg.connect(OWNER_URL, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{restored}" WITH (FORCE)')


def _url(name):
    head, _, query = OWNER_URL.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
