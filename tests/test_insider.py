"""The bribed insider: what somebody with an honest post tries when he wants more than his post gives."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import logging
import sys
import time
import uuid

import pytest
import xlsxwriter
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache

from wangge.config.logs import JsonFormatter
from wangge.domains.cases import actions as cases
from wangge.domains.cases.models import Case
from wangge.domains.people import building_sheet
from wangge.domains.people.actions import dying, erasing, exporting, granting, importing, moving, printing, revealing
from wangge.domains.people.exchange import opening, reading, writing
from wangge.domains.people.models import (
    AccessGrant,
    ExportRequest,
    Firm,
    ImportBatch,
    ImportRow,
    Person,
    PersonSeen,
    PopulationChange,
    PrivacyAlert,
)
from wangge.domains.people.sealing import Keyring
from wangge.domains.people.tests import sheet_files as files
from wangge.domains.people.tests.homes import _home, draft, opened, read
from wangge.domains.people.tests.test_access import crowd, grant
from wangge.foundation.accounts import second_factor
from wangge.foundation.audit.actions import record
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock, keystore
from wangge.foundation.core.problems import InvalidError

DAY = dt.date(2026, 11, 10)


@pytest.fixture
def at(client, town):
    """`at("lin")`: the client, signed in as that member of the cast."""

    def sign_in(who: str):
        town.log_in(client, town.fresh(getattr(town, who)))
        return client

    return sign_in


def change() -> PopulationChange:
    return PopulationChange.objects.unscoped("the test looks").get()


# -- bringing somebody into one's own place, to look at him there


def told(at, homes, who="gao", **more):
    """Gao tells that Mrs Wu, of whom he knows the number, moved into a dwelling of his grid, and that he saw it."""
    number = opened(homes.wu, "id_number")
    values = {
        "happened_on": DAY.isoformat(), "seen": "on", "basis": "own", "name1": "吴淑芬", "id_number1": number,
        "role1": "other", "public_id": str(uuid.uuid4()),
    } | more  # fmt: skip
    return at(who).post(f"/field/homes/{homes.room2.pk}/change/move_in/", values)


def test_nobody_fetches_a_resident_of_another_grid_by_his_own_word(town, homes, at, monkeypatch):
    monkeypatch.setattr("wangge.domains.cases.actions.intake.secrets.randbelow", lambda _n: 1)
    assert told(at, homes).status_code == 302
    waiting = change()
    case = Case.objects.unscoped("the test looks").get(number=waiting.case_number)
    assert case.state == "closed"  # on his word alone
    cases.settle_change(case_id=case.pk)
    assert (change().state, read(homes.wu).area_path) == ("told", town.grid1.path)
    # By hand neither: he told it himself.
    at("gao").post(f"/desk/people/changes/{waiting.public_id}/apply/")
    assert (change().state, read(homes.wu).area_path) == ("told", town.grid1.path)
    assert at("gao").get(f"/desk/people/{homes.wu.public_id}/").status_code == 404
    # Somebody else of the place who answers for it may.
    at("fang").post(f"/desk/people/changes/{waiting.public_id}/apply/")
    assert (change().state, read(homes.wu).area_path) == ("applied", town.grid2.path)


# -- the search


def test_who_is_only_registered_elsewhere_does_not_open_that_household(town, homes, at):
    moving.join(
        by=town.fang, person=homes.zhou, household=homes.cheng_home, role="relative", since=DAY, presence="registered"
    )
    answer = at("lin").post("/desk/find/", {"q": "周凯"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "5号楼" not in page
    assert "程" not in page
    assert "周*" in page
    assert "401" in page


# -- grants


def test_a_grant_for_one_household_does_not_open_its_flatmates(town, homes, at):
    from wangge.domains.people.actions.bulk import load
    from wangge.domains.people.models import Household

    lodger = dataclasses.replace(
        draft("冯兰英", "1991-05-05", "f", "10012340055", role="head", serial=21), public_id=uuid.uuid4()
    )
    made = _home(homes.room2, {"冯兰英": lodger}, lodger)
    load([made], by=None, stated_on=DAY, source="visit")
    assert Household.objects.unscoped("the test looks").filter(room=homes.room2, active=True).count() == 2
    held = grant(town.lin, homes.cheng_home)
    page = at("lin").get(f"/desk/homes/{homes.room2.pk}/").content.decode()
    assert "程*雨" in page
    assert "冯*英" not in page
    AccessGrant.objects.filter(pk=held.pk).update(expires_at=clock.now())
    assert at("lin").get(f"/desk/homes/{homes.room2.pk}/").status_code == 404


def test_a_code_is_accepted_once_whichever_process_answers(town):
    cache.clear()
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(town.lin, secret)
    while int(time.time()) % 30 > 27:
        time.sleep(0.5)
    code = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    second_factor.require(town.lin, code, why="access.grant")
    cache.clear()  # the next request is answered by another process, whose memory is its own
    with pytest.raises(InvalidError):
        second_factor.require(town.lin, code, why="access.grant")
    assert AuditEntry.objects.filter(kind="user.second_factor").count() == 1
    assert AuditEntry.objects.filter(kind="user.second_factor_wrong").count() == 1


# -- lists


def asked(by, area, **more):
    values = {
        "what": "persons",
        "fields": ["name:whole", "phone:whole"],
        "purpose": "visit",
        "reason": "走访名册，逐户核对。",
    } | more
    return exporting.ask(by=by, area=area, **values)


def test_a_long_list_in_short_pieces_needs_a_second_person_too(town, homes, time_machine):
    crowd(town, 60)
    crowd_two = 60
    crowd(town, crowd_two, grid=town.grid2)
    start = clock.now()
    time_machine.move_to(start)
    first = asked(town.fang, town.grid1)
    assert (first.state, first.rows) == ("ready", 66)
    second = asked(town.fang, town.grid2)
    assert (second.state, second.rows, second.file) == ("asked", 63, None)
    # The same again is more copies of the same: they add up as well.
    assert asked(town.fang, town.grid1).state == "asked"
    time_machine.move_to(start + dt.timedelta(hours=25))
    assert asked(town.fang, town.grid2).state == "ready"
    assert ExportRequest.objects.filter(state="ready").count() == 2


# -- who is registered anywhere


def test_asking_the_form_who_is_registered_is_counted(town, homes, at, settings):
    settings.WANGGE_PERSONS_A_DAY = 2

    def enter(person):
        return at("gao").post(
            "/desk/people/new/",
            {
                "public_id": str(uuid.uuid4()), "name": "某某", "id_kind": "resident_id",
                "id_number": opened(person, "id_number"), "registration": "unknown",
            },
        )  # fmt: skip

    before = Person.objects.unscoped("the test counts").count()
    for person in (homes.wu, homes.wang):
        answer = enter(person)
        assert answer.status_code == 409
        assert str(person.public_id) not in answer.content.decode()
    assert PersonSeen.objects.filter(user=town.gao).count() == 2
    answer = enter(homes.li)
    assert answer.status_code == 429
    assert PrivacyAlert.objects.filter(kind="many", user=town.gao).count() == 1
    assert Person.objects.unscoped("the test counts").count() == before


def test_a_file_that_asks_for_many_who_live_elsewhere_is_told_to_the_officer(town, homes, settings):
    settings.WANGGE_PERSONS_A_DAY = 3
    files.ground(town.grid3, buildings=1)
    rows = files.residents(6)
    for row, person in zip(rows, (homes.wu, homes.wang, homes.li, homes.han), strict=False):
        row[2], row[6] = opened(person, "name"), opened(person, "id_number")
        row[5], row[4] = opened(person, "born"), {"f": "女", "m": "男"}[opened(person, "sex")]
    from wangge.foundation.accounts import actions as accounts

    accounts.give_post(
        by=None, user=town.gao, role="community_worker", valid_from=dt.date(2024, 1, 1),
        organisation=town.office2, area=town.community2,
    )  # fmt: skip
    gao = town.fresh(town.gao)
    batch = importing.bring(
        by=gao, what="persons", area=town.community2, data=files.xlsx(rows), file_name="x.xlsx", as_of=files.AS_OF
    )
    columns = {int(key): value for key, value in batch.mapping["columns"].items()}
    importing.choose_columns(by=gao, batch=batch, sheet=batch.mapping["sheet"], columns=columns)
    batch = importing.check(batch=batch)
    codes = [issue["code"] for row in ImportRow.objects.filter(batch=batch) for issue in row.issues]
    assert codes.count("elsewhere") == 4
    alert = PrivacyAlert.objects.get()
    assert (alert.kind, alert.user, alert.reference) == ("out_of_place", gao, f"batch {batch.pk}")


def test_of_the_dead_of_another_place_a_file_learns_nothing_more(town, homes):
    dying.die(by=town.lin, person=homes.wu, on=DAY)
    from wangge.domains.people.actions import taking_in

    assert taking_in.judge(town.grid1.path, read(homes.wu)) == "deceased"
    assert taking_in.judge(town.north.path, read(homes.wu)) == "elsewhere"


# -- firms


def test_the_contacts_of_firms_are_throttled_like_residents(town, homes, at, settings):
    settings.WANGGE_PERSONS_A_DAY = 2
    shops = []
    for number in range(3):
        shop = Firm(name=f"小店{number}", kind="shop", area_path=town.grid1.path, valid_from=DAY)
        ring = Keyring.new([shop.public_id])
        shop.contact_name = ring.seal(shop.public_id, "people.firm.contact_name", "张福来")
        shop.contact_phone = ring.seal(shop.public_id, "people.firm.contact_phone", f"1001234050{number}")
        shop.save()
        shops.append(shop)

    def ask(shop):
        return at("lin").post(
            "/desk/firms/reveal/", {"firm": str(shop.public_id), "field": "contact_phone", "purpose": "visit"}
        )

    assert [ask(shop).status_code for shop in (shops[0], shops[1], shops[0])] == [200, 200, 200]
    answer = ask(shops[2])
    assert answer.status_code == 429
    assert "10012340502" not in answer.content.decode()
    assert AuditEntry.objects.filter(kind="firm.reveal").count() == 3
    assert PrivacyAlert.objects.filter(kind="many", user=town.lin).count() == 1


# -- what was erased


def brought(town, rows, **more):
    values = {"by": town.fang, "what": "persons", "area": town.community, "file_name": "x.xlsx", "as_of": files.AS_OF}
    batch = importing.bring(data=files.xlsx(rows), **(values | more))
    columns = {int(key): value for key, value in batch.mapping["columns"].items()}
    importing.choose_columns(by=batch.by, batch=batch, sheet=batch.mapping["sheet"], columns=columns)
    return importing.check(batch=batch)


def test_a_forgotten_file_is_not_taken_in_for_ever(town):
    files.ground(town.grid1, buildings=1)
    batch = brought(town, files.residents(5))
    ImportBatch.objects.filter(pk=batch.pk).update(at=batch.at - dt.timedelta(days=91))
    assert importing.forget_old() == 1
    importing.ask_apply(by=town.fang, batch=batch)
    done = importing.apply(batch=batch)
    assert (done.state, done.counts) == ("applied", {"wrong": 5, "section": 2})
    assert {issue["code"] for row in ImportRow.objects.filter(state="wrong") for issue in row.issues} == {"forgotten"}
    assert Person.objects.unscoped("the test counts").count() == 0


def test_an_erased_person_stands_in_no_file_that_waits(town, homes):
    files.ground(town.grid1, buildings=1)
    rows = files.residents(3)
    rows[0][2], rows[0][6] = "吴淑芬", opened(homes.wu, "id_number")
    rows[0][4], rows[0][5] = "女", opened(homes.wu, "born")
    waits = brought(town, rows)
    assert ImportRow.objects.get(batch=waits, number=3).person == homes.wu
    applied = brought(town, files.residents(6)[3:])
    importing.ask_apply(by=town.fang, batch=applied)
    importing.apply(batch=applied)
    assert ImportRow.objects.filter(batch=applied, raw__isnull=False).count() == 0
    erasing.erase(person=homes.wu, reason="request")
    waits.refresh_from_db()
    assert (waits.file, waits.preview) == (None, None)
    assert ImportRow.objects.filter(raw__isnull=False).count() == 0
    assert keystore.keys().get_many([waits.public_id]) == {}
    assert set(keystore.keys().get_many([applied.public_id])) == {applied.public_id}


def test_an_erased_person_stands_in_no_list_of_where_he_lived(town, homes):
    listed_ = asked(town.fang, town.grid1)
    other = asked(town.fang, town.grid2)
    moving.leave(by=town.lin, person=homes.wu, since=DAY)
    assert read(homes.wu).area_path == ""
    erasing.erase(person=homes.wu, reason="request")
    assert ExportRequest.objects.get(pk=listed_.pk).file is None
    assert ExportRequest.objects.get(pk=other.pk).file is not None


def test_an_erased_person_stands_in_no_change_that_was_told_of_a_room(town, homes, at):
    told(at, homes)
    told(at, homes, "gao", name1="田春花", id_number1="", happened_on="2026-11-09", seen="")
    mine, others = PopulationChange.objects.unscoped("the test looks").order_by("pk")
    erasing.erase(person=homes.wu, reason="request")
    mine.refresh_from_db()
    others.refresh_from_db()
    assert mine.facts is None
    assert others.facts is not None
    assert keystore.keys().get_many([mine.public_id]) == {}


# -- files as weapons


@pytest.mark.parametrize("data", [b"\n" * 300_000, b"," * 300_000, b"a,b\n" * 200_001, b"x" * 1_500_000 + b"\n"])
def test_text_that_is_nothing_but_separators_is_refused_at_once(data):
    with pytest.raises(reading.UnreadableFileError):
        reading.read(data, "x.csv")


def test_one_long_text_told_a_thousand_times_fills_no_memory(monkeypatch, capsys):
    """The cells of a sheet may share one text: few bytes in the file, many in the answer of the process that opens it."""
    monkeypatch.setattr(opening, "_MOST_TOLD", 5_000_000)
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    for _sheet in range(8):
        sheet = book.add_worksheet()
        for row in range(20):
            sheet.write_string(row, 0, "长" * 32_000)
    book.close()
    assert len(out.getvalue()) < 50_000
    with pytest.raises(ValueError, match="too much text"):
        opening._sheets(out.getvalue())
    assert len(capsys.readouterr().out) < 5_000_000


@pytest.mark.parametrize("cell", ["=cmd", "＝cmd", "＋1", "－1", "＠SUM(1)", "\n=cmd"])
def test_no_cell_of_a_list_is_a_formula_also_in_full_width(cell):
    found = writing.csv_file(columns=[writing.Column("姓名")], rows=[[cell]]).decode("gb18030")
    assert found.splitlines()[1].lstrip('"').startswith("'")


# -- number after number, sheet after sheet


def test_who_tries_number_after_number_is_told_to_the_officer(town, homes, monkeypatch):
    monkeypatch.setattr(second_factor, "require", lambda *_args, **_more: None)
    for number in range(5):
        assert PrivacyAlert.objects.count() == 0
        with pytest.raises(InvalidError):
            granting.grant_by_number(by=town.lin, number=f"1001239000{number}", purpose="emergency", code="0")
    alert = PrivacyAlert.objects.get()
    assert (alert.kind, alert.user, alert.households) == ("out_of_place", town.lin, [])
    assert AuditEntry.objects.filter(kind="access.miss").count() == 5
    assert AccessGrant.objects.count() == 0


def test_who_prints_building_after_building_is_told_to_the_officer(town, homes, monkeypatch):
    monkeypatch.setattr(printing, "MOST_A_DAY", 1)
    monkeypatch.setattr(building_sheet, "pdf", lambda *_args, **_more: b"%PDF-")
    for _again in range(2):
        printing.print_sheet(by=town.fang, building=homes.building.pk, paper="a4")
    assert PrivacyAlert.objects.count() == 0
    for _again in range(2):
        printing.print_sheet(by=town.fang, building=homes.building2.pk, paper="a4")
    alert = PrivacyAlert.objects.get()
    assert (alert.kind, alert.user) == ("many", town.fang)
    assert AuditEntry.objects.filter(kind="people.sheet").count() == 4


# -- hiding among many, and behind any case


def week_of(at):
    return at("tan").get("/desk/privacy/week/").content.decode()


def test_what_nothing_justifies_is_not_pushed_out_of_sight(town, homes, at):
    revealing.reveal(by=town.lin, person=homes.wu, field="phone", purpose="visit", reference="NC-NONE-1")
    for _again in range(520):
        record("person.reveal", by=town.lin, subject=homes.wang, field="phone", purpose="visit", reference="")
    page = week_of(at)
    assert "NC-NONE-1" in page
    assert "本周另有 21 条未列出" in page


def test_a_case_closed_long_ago_justifies_nothing(town, homes, at):
    case = town.handled()
    now = clock.now()
    revealing.reveal(by=town.lin, person=homes.wu, field="phone", purpose="case", reference=case.number)
    assert "查看时案件不在办理期内" not in week_of(at)
    long_ago = now - dt.timedelta(days=400)
    Case.objects.unscoped("the test moves it").filter(pk=case.pk).update(
        reported_at=long_ago, closed_at=long_ago + dt.timedelta(days=3)
    )
    assert "查看时案件不在办理期内" in week_of(at)


# -- the log


def test_an_exception_that_quotes_a_resident_names_nobody_in_the_log():
    try:
        int("吴淑芬 10012340001 99999919470305001X")
    except ValueError:
        line = logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed for %s", ("吴淑芬",), sys.exc_info())
    told_ = JsonFormatter().format(line)
    assert "ValueError" in told_
    assert [one for one in ("吴", "10012340001", "99999919470305001") if one in told_] == []
