"""Canaries: values planted in every personal field must not sing anywhere but where the allow-list below says.

Every page is opened as each role; answers, headers, the log, error pages, jobs, messages, the audit, the cache and a
dump of the database are searched for them.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import logging
import os
import subprocess
import uuid
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.early import OWNER_URL
from tests.test_permissions import ALL
from tests.town import Town
from wangge.config.binaries import find_binaries
from wangge.config.logs import JsonFormatter
from wangge.domains.fieldwork.actions import visit_planning
from wangge.domains.fieldwork.actions.receiving import Sent, keep_refused
from wangge.domains.fieldwork.actions.tasks import do_task, give_task
from wangge.domains.fieldwork.actions.visits import make_visit
from wangge.domains.fieldwork.models import FieldTask, Refused, VisitDue
from wangge.domains.people.actions import revealing
from wangge.domains.people.actions.bulk import HouseholdDraft, PersonDraft, load
from wangge.domains.people.models import (
    Circumstance,
    Enrolment,
    FieldChange,
    Firm,
    ImportBatch,
    ImportRow,
    Person,
    PopulationChange,
)
from wangge.domains.people.sealing import Keyring
from wangge.domains.people.tests.homes import SINCE, STATED, build, id_number
from wangge.foundation.core import clock
from wangge.foundation.core.privacy import FIELDS
from wangge.foundation.core.problems import InvalidError

# One canary for every sealed personal column. Free text of cases is checked apart: it is not sealed.
SEALED = {
    "people.person.name": "龘金丝雀",
    "people.person.former_name": "靐金丝雀",
    "people.person.born": "1931-07-19",
    "people.person.id_number": id_number("1931-07-19", 33, sex="f"),
    "people.person.phone": "10099887766",
    "people.person.registered_address": "示范区金丝雀巷17号",
    "people.person.work_or_school": "金丝雀乐团第三席",
    "people.fieldchange.before": "10099887755",
    "people.firm.contact_name": "齉金丝雀",
    "people.firm.contact_phone": "10099887744",
    "people.circumstance.detail": '{"canary": "金丝雀病"}',
    "people.enrolment.detail": "金丝雀补贴",
    "people.populationchange.facts": '{"name": "爨金丝雀"}',
    "people.importrow.raw": '{"name": "鱻金丝雀"}',
    "people.importrow.before": '{"name": "麤金丝雀"}',
    "cases.report.contact_name": "灪金丝雀",
    "cases.report.contact_phone": "10099887733",
    "accounts.user.phone": "10099887722",
    "fieldwork.visit.note": "门口听见的金丝雀",
    "fieldwork.fieldtask.text": "去看金丝雀笼",
    "fieldwork.fieldtask.done_note": "金丝雀笼已看过",
    "fieldwork.refused.body": '{"text": "被退回的金丝雀"}',
}
# Declared personal columns without a canary here, and why.
ELSEWHERE = {
    "people.person.sex": "m or f is no word to search for",
    "people.person.tokens": "numbers; that they say nothing is shown by test_tokens and the sealed columns",
    "people.household.tokens": "as above",
    "people.circumstance.kind": "a code of a closed list",
    "people.enrolment.policy": "a code of the policy library",
    "people.entitlement.found": "codes of the policy library",
    "fieldwork.visitdue.grounds": "codes of rules; which need it is stands with the person",
}
# (page, column) that may show it, and to whom: how much of a benefit somebody draws stands on the house card of those who
# work there and hold person:need, what was said at a door is for those who see its people, the words of a task for those
# who do or give it, a refused record for its sender. All else is read only in the answer to a reveal (POST, see below).
AT_HOME = {"lin", "fang"}
ALLOWED = {
    ("desk:house", "people.enrolment.detail"): AT_HOME,
    ("field:house", "people.enrolment.detail"): AT_HOME,
    ("desk:visit-door", "fieldwork.visit.note"): AT_HOME,
    ("desk:task", "fieldwork.fieldtask.text"): AT_HOME | {"luo"},
    ("desk:task", "fieldwork.fieldtask.done_note"): AT_HOME | {"luo"},
    ("field:refused", "fieldwork.refused.body"): {"lin"},
}
ROLES = ("lin", "fang", "chen", "luo", "tan", "qian", "root", "")
TEXT = "金丝雀自述的话"  # what a resident wrote: for those who handle his case, never in a log or a job


def plant(town, homes):
    """Somebody who carries all canaries, and a report by him."""
    me = PersonDraft(
        **{column.rpartition(".")[2]: text for column, text in SEALED.items() if column.startswith("people.person.")},
        sex="f",
        role="head",
    )
    home = HouseholdDraft(room_id=homes.rooms["402"].pk, area_path=town.grid1.path, since=SINCE, members=(me,))
    load([home], by=None, stated_on=STATED)
    person = Person.objects.unscoped("the test's own").get(public_id=me.public_id)
    ring = Keyring.of([me.public_id])

    def sealed(column):
        return ring.seal(me.public_id, column, SEALED[column])

    Circumstance.objects.create(
        person=person, kind=ring.seal(me.public_id, "people.circumstance.kind", "lives_alone"),
        detail=sealed("people.circumstance.detail"), valid_from=SINCE,
    )  # fmt: skip
    Enrolment.objects.create(
        person=person, policy=ring.seal(me.public_id, "people.enrolment.policy", "x"),
        detail=sealed("people.enrolment.detail"), valid_from=SINCE,
    )  # fmt: skip
    FieldChange.objects.create(
        person=person, field="phone", before=sealed("people.fieldchange.before"), at=clock.now(), source="visit"
    )
    firm = homes.shop
    firms = Keyring.of([firm.public_id])
    for column in ("contact_name", "contact_phone"):
        setattr(firm, column, firms.seal(firm.public_id, f"people.firm.{column}", SEALED[f"people.firm.{column}"]))
    firm.save()
    batch = ImportBatch.objects.create(
        what="persons", area_path=town.community.path, file_name="x.xlsx", sha256="0" * 64, as_of=SINCE, by=town.fang, at=clock.now()
    )  # fmt: skip
    change = PopulationChange.objects.create(
        kind="let", area_path=town.grid1.path, person=person, happened_on=SINCE, told_at=clock.now()
    )
    own = Keyring.new([batch.public_id, change.public_id])
    ImportRow.objects.create(
        batch=batch, number=1, state="added", person=person,
        raw=own.seal(batch.public_id, "people.importrow.raw", SEALED["people.importrow.raw"]),
        before=own.seal(batch.public_id, "people.importrow.before", SEALED["people.importrow.before"]),
    )  # fmt: skip
    change.facts = own.seal(change.public_id, "people.populationchange.facts", SEALED["people.populationchange.facts"])
    change.save()
    fieldwork(town, person)
    contact = type(town.wu())(name=SEALED["cases.report.contact_name"], phone=SEALED["cases.report.contact_phone"])
    case = town.reported(contact=contact, text=TEXT)
    return person, case


def fieldwork(town, person):
    """A visit at his door, a task of his grid that was done, and a record of Lin's phone that was refused."""
    (seat,) = person.memberships.select_related("household")
    visit_planning.plan_homes([seat.household_id], at=clock.now())
    make_visit(
        by=town.lin, public_id=uuid.uuid4(), household=seat.household, result="met", note=SEALED["fieldwork.visit.note"]
    )
    task = give_task(
        by=town.fang, grid=town.grid1, matter=town.litter.code, title="巡看", due_at=clock.now() + dt.timedelta(days=1),
        text=SEALED["fieldwork.fieldtask.text"],
    )  # fmt: skip
    do_task(by=town.lin, task=task, note=SEALED["fieldwork.fieldtask.done_note"])
    body = {"kind": "report.make", "data": json.loads(SEALED["fieldwork.refused.body"])}
    sent = Sent(
        id=uuid.uuid4(), kind="report.make", occurred_at=clock.now(), body=body, canonical=json.dumps(body).encode()
    )
    keep_refused(by=town.lin, sent=sent, problem=InvalidError(field="text"), at=clock.now())


def hits(text):
    """Which canaries sing in a text."""
    words = {column: json.loads(value) if value.startswith("{") else value for column, value in SEALED.items()}
    flat = {column: next(iter(value.values())) if isinstance(value, dict) else value for column, value in words.items()}
    return {column for column, value in flat.items() if value in text}


def filled(route, values):
    """The address of a route with the objects at hand; None when it takes something else."""
    path = "/" + route.path
    for name in route.params:
        if name not in values:
            return None
        start = max(path.rfind("<", 0, path.index(f"{name}>") + 1), 0)
        path = path[:start] + str(values[name]) + path[path.index(">", start) + 1 :]
    return path


def test_every_sealed_personal_column_has_a_canary():
    from django.apps import apps
    from django.db import models

    sealed = set()
    for column in FIELDS:
        label, _dot, name = column.rpartition(".")
        field = apps.get_model(label)._meta.get_field(name)
        if isinstance(field, models.BinaryField) and label not in {
            "people.exportrequest",
            "people.importbatch",
            "cases.textmodel",
        }:
            sealed.add(column)
    assert sealed - set(SEALED) - set(ELSEWHERE) == set()


def test_no_canary_sings(own_database, settings, tmp_path):
    town = Town()
    homes = build(town)
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    sql = logging.getLogger("django.db.backends")
    sql_level = sql.level
    sql.setLevel(logging.INFO)  # statements with their values are not written in production
    cache.clear()
    try:
        person, case = plant(town, homes)
        report = town.voice(case)
        room = homes.rooms["402"]
        values = {
            "public_id": person.public_id, "number": case.number, "case_number": case.number, "case_id": case.public_id,
            "room_id": room.pk, "room": room.pk, "building_id": homes.building.pk, "pk": homes.building.pk,
            "household": homes.wu_home.public_id, "voice": report.public_id, "report_id": report.public_id,
            "visit": VisitDue.objects.unscoped("the test's own").filter(household=person.memberships.get().household).latest("pk").public_id,
            "task": FieldTask.objects.unscoped("the test's own").get().public_id, "refused": Refused.objects.get().pk,
            "key": "file", "kind": "grid", "module": "city", "code": "06010", "verb": "file",
        }  # fmt: skip
        singing, opened, crashed = [], 0, []
        for who in ROLES:
            client = Client(raise_request_exception=False)
            if who:
                town.log_in(client, getattr(town, who))
            for route in ALL:
                url = filled(route, values)
                if url is None or "logout" in url:
                    continue
                answer = client.get(url)
                opened += answer.status_code == 200
                if answer.status_code >= 500 and "/api/" not in url and url != "/readyz":
                    crashed.append((who, url))
                body = b"".join(answer) if answer.streaming else answer.content
                text = body.decode("utf-8", "replace") + str(answer.headers)
                allowed = {column for (name, column), may in ALLOWED.items() if name == route.name and who in may}
                singing += [(who, route.name, column) for column in sorted(hits(text) - allowed)]
        town.log_in(client, town.lin)
        assert (
            SEALED["people.person.phone"]
            in client.post(  # the one place where it may be read
                reverse("desk:person-reveal"), {"person": str(person.public_id), "field": "phone", "purpose": "visit"}
            ).text
        )
        for broken in ("/desk/people/reveal/", "/desk/find/", "/desk/people/beyond/"):  # error pages keep nothing
            sent = {"person": str(person.public_id), "field": "x", "q": SEALED["people.person.phone"], "number": "1"}
            singing += [
                ("lin", broken, column) for column in hits(client.post(broken, sent).text) if broken != "/desk/find/"
            ]
        with pytest.raises(Exception):  # noqa: B017 — whatever fails, its text tells nothing
            revealing.reveal(by=town.lin, person=person, field="tokens", purpose="visit")
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        sql.setLevel(sql_level)
    assert crashed == []
    assert opened > 200
    assert singing == []
    log = heard.getvalue()
    assert hits(log) == set()
    assert TEXT not in log
    with connection.cursor() as cursor:
        for table in (
            "procrastinate_jobs",
            "notifications_notice",
            "audit_auditentry",
            "duties_duty",
            "django_session",
        ):
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            text = cursor.fetchone()[0]
            assert hits(text) == set(), table
            assert TEXT not in text, table
    assert hits(str(getattr(cache, "_cache", {}))) == set()
    names = (
        " ".join(str(path) for path in Path(configured.MEDIA_DIR).rglob("*"))
        if Path(configured.MEDIA_DIR).exists()
        else ""
    )
    assert hits(names) == set()
    name = connection.settings_dict["NAME"]
    head, _, query = OWNER_URL.partition("?")
    url = f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
    dump = subprocess.run(
        [find_binaries().directory / "pg_dump", "--no-owner", url],
        check=True, capture_output=True, env={**os.environ, "LC_ALL": "C"},
    ).stdout.decode("utf-8", "replace")  # fmt: skip
    assert hits(dump) == set()
    assert TEXT in dump  # the dump was really searched: free text of cases is not sealed (data map)
    assert Firm.objects.unscoped("planted").filter(pk=homes.shop.pk).exists()
