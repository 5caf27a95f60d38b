"""Files come in: checked row by row, taken in once, never over newer data, and taken back."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.people.actions import erasing, importing
from wangge.domains.people.exchange import batches
from wangge.domains.people.models import FieldChange, Household, ImportBatch, ImportRow, Membership, Person, Stay
from wangge.domains.people.tests import sheet_files as files
from wangge.domains.people.tests.homes import opened, read
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.places.models import Room

WHY = "the test looks at the rows"


def brought(
    town, data: bytes, *, what="persons", name="居民.xlsx", as_of=files.AS_OF, by=None, area=None
) -> ImportBatch:
    return importing.bring(
        by=by or town.fang, what=what, area=area or town.community, data=data, file_name=name, as_of=as_of
    )


def checked(town, data: bytes, **more) -> ImportBatch:
    batch = brought(town, data, **more)
    columns = {int(key): value for key, value in batch.mapping["columns"].items()}
    importing.choose_columns(by=batch.by, batch=batch, sheet=batch.mapping["sheet"], columns=columns)
    return importing.check(batch=batch)


def applied(town, data: bytes, **more) -> ImportBatch:
    batch = checked(town, data, **more)
    importing.ask_apply(by=batch.by, batch=batch)
    return importing.apply(batch=batch)


def undone(town, batch: ImportBatch) -> ImportBatch:
    importing.ask_undo(by=batch.by, batch=batch)
    return importing.undo(batch=batch)


def persons():
    return Person.objects.unscoped(WHY)


def counts() -> tuple[int, ...]:
    return (
        persons().count(), Household.objects.unscoped(WHY).count(), Stay.objects.count(), Membership.objects.count(),
        FieldChange.objects.count(),
    )  # fmt: skip


@pytest.fixture
def street(town):
    files.ground(town.grid1, buildings=3)
    return town


def test_a_sheet_comes_in_household_by_household(street):
    rows = files.residents(100)
    batch = applied(street, files.xlsx(rows))
    assert (batch.state, batch.counts) == ("applied", {"added": 100, "section": 2})
    assert batch.file is None
    assert persons().count() == 100
    houses = {row[1] for row in rows}
    assert Household.objects.unscoped(WHY).filter(active=True).count() == len(houses)
    assert Membership.objects.filter(role="head", valid_to__isnull=True).count() == len(houses)
    first = ImportRow.objects.get(batch=batch, number=3).person
    assert [opened(first, field) for field in ("name", "born", "id_number", "sex")] == [
        rows[0][2], rows[0][5], rows[0][6], "m" if rows[0][4] == "男" else "f",
    ]  # fmt: skip
    assert first.area_path == street.grid1.path
    assert first.source_ref == f"batch {batch.pk}"


def test_the_same_file_twice_changes_nothing(street):
    data = files.xlsx(files.residents(60))
    applied(street, data)
    before = counts()
    again = applied(street, data)
    assert again.counts == {"same": 60, "section": 2}
    assert counts() == before


def test_a_later_file_adds_and_an_earlier_one_does_not_overwrite(street):
    rows = files.residents(30)
    applied(street, files.xlsx(rows))
    newer = [list(row) for row in rows]
    newer[0][7] = "10099990000"
    later = applied(street, files.xlsx(newer), as_of=dt.date(2026, 5, 1))
    assert later.counts == {"changed": 1, "same": 29, "section": 2}
    person = ImportRow.objects.get(batch=later, number=3).person
    assert opened(person, "phone") == "10099990000"
    assert FieldChange.objects.filter(person=person).values_list("field", flat=True).get() == "phone"
    newer[0][7] = "10088880000"
    older = applied(street, files.xlsx(newer), as_of=dt.date(2026, 4, 1))
    assert older.counts == {"older": 1, "same": 29, "section": 2}
    assert opened(person, "phone") == "10099990000"
    newer[0][7] = ""
    assert applied(street, files.xlsx(newer), as_of=dt.date(2026, 6, 1)).counts == {"same": 30, "section": 2}
    assert opened(person, "phone") == "10099990000"


def test_without_a_number_name_dwelling_and_birth_are_the_key(street):
    rows = files.residents(12)
    for row in rows:
        row[6] = ""
    assert applied(street, files.xlsx(rows)).counts == {"added": 12, "section": 2}
    before = counts()
    assert applied(street, files.xlsx(rows)).counts == {"same": 12, "section": 2}
    assert counts() == before
    numbered = files.residents(12)
    assert applied(street, files.xlsx(numbered), as_of=dt.date(2026, 3, 2)).counts == {"changed": 12, "section": 2}
    assert persons().count() == 12


def test_an_undo_takes_back_what_nobody_touched(street):
    data = files.xlsx(files.residents(40))
    batch = applied(street, data)
    touched = ImportRow.objects.get(batch=batch, number=3).person
    Person.objects.unscoped(WHY).filter(pk=touched.pk).update(verified_by=street.lin, verified_on=dt.date(2026, 3, 2))
    done = undone(street, batch)
    assert (done.state, done.counts) == ("undone", {"undone": 39, "left": 1, "section": 2})
    assert [(row.number, row.issues) for row in batches.left(done)] == [(3, [{"field": "", "code": "changed_since"}])]
    assert persons().filter(state="present").get() == touched
    assert persons().filter(state="erased", tokens=[], area_path="", name__isnull=True).count() == 39
    assert Household.objects.unscoped(WHY).filter(active=True).count() == 1
    assert Membership.objects.get().person == touched
    # The same file may come again; who stayed is known.
    assert applied(street, data).counts == {"added": 39, "same": 1, "section": 2}


def test_an_undo_passes_over_who_was_erased_and_takes_back_the_others(street):
    """The key of the file went with the erased; where somebody lived before is read from the graph."""
    rows = files.residents(12)
    applied(street, files.xlsx(rows))
    mover, changed, erased = persons().order_by("pk")[:3]
    home = mover.memberships.get().household
    later = [list(row) for row in rows[:3]]
    later[0][1], later[0][9], later[0][11] = "H99", "3号楼", "602"
    later[1][7] = later[2][7] = "10099990000"
    before = opened(changed, "phone")
    batch = applied(street, files.xlsx(later + files.residents(14)[12:]), as_of=dt.date(2026, 5, 1))
    assert batch.counts == {"changed": 3, "added": 2, "section": 2}
    new = ImportRow.objects.filter(batch=batch, state="added").order_by("number").first().person
    for person in (erased, new):
        erasing.erase(person=person, reason="request")
    assert batches.erased(batch) == 2
    done = undone(street, batch)
    assert (done.state, done.counts) == ("undone", {"undone": 3, "left": 2, "section": 2})
    assert [row.issues for row in batches.left(done)] == [[{"field": "", "code": "erased_since"}]] * 2
    assert batches.erased(done) == 2
    seat = mover.memberships.get()
    assert (seat.household, seat.valid_to, read(mover).state) == (home, None, "present")
    assert opened(changed, "phone") == before
    assert [read(one).state for one in (erased, new)] == ["erased", "erased"]


def test_a_rented_dwelling_is_let_and_the_undo_takes_that_back(street):
    rows = [[*row, "租住"] for row in files.residents(3)]
    batch = applied(street, files.xlsx(rows, headings=(*files.HEADINGS, "居住方式")))
    rooms = Room.objects.filter(stays__isnull=False).distinct()
    assert set(Stay.objects.values_list("basis", flat=True)) == {"rent"}
    assert set(rooms.values_list("use", flat=True)) == {"let"}
    entry = AuditEntry.objects.get(kind="room.use")
    assert entry.data == {"ref": f"batch {batch.pk}", "rooms": {"let": sorted(room.pk for room in rooms)}}
    room_ids = list(rooms.values_list("pk", flat=True))
    undone(street, batch)
    assert set(Room.objects.filter(pk__in=room_ids).values_list("use", flat=True)) == {"empty"}


def test_an_undo_puts_back_what_stood_before_unless_it_changed_since(street):
    rows = files.residents(10)
    applied(street, files.xlsx(rows))
    newer = [list(row) for row in rows]
    newer[0][7], newer[1][2] = "10099990000", "欧阳若兰"
    batch = applied(street, files.xlsx(newer), as_of=dt.date(2026, 5, 1))
    assert batch.counts == {"changed": 2, "same": 8, "section": 2}
    newest = [list(row) for row in newer]
    newest[0][7] = "10077770000"
    applied(street, files.xlsx(newest), as_of=dt.date(2026, 6, 1))
    done = undone(street, batch)
    assert done.counts == {"undone": 1, "left": 1, "same": 8, "section": 2}
    first, second = (ImportRow.objects.get(batch=batch, number=n).person for n in (3, 4))
    assert opened(first, "phone") == "10077770000"
    assert opened(second, "name") == rows[1][2]
    assert read(second).stated_on["name"] == files.AS_OF.isoformat()


def test_a_move_within_the_place_is_followed_and_undone(street):
    rows = files.residents(5)
    applied(street, files.xlsx(rows))
    person = persons().order_by("pk").first()
    home = person.memberships.get().household
    moved = [list(rows[0])]
    moved[0][1], moved[0][9], moved[0][11] = "H99", "3号楼", "602"
    batch = applied(street, files.xlsx(moved), as_of=dt.date(2026, 5, 1))
    assert batch.counts == {"changed": 1, "section": 2}
    seats = list(person.memberships.order_by("pk"))
    assert [(seat.valid_from, seat.valid_to) for seat in seats] == [
        (files.AS_OF, dt.date(2026, 5, 1)),
        (dt.date(2026, 5, 1), None),
    ]
    assert seats[1].household.room.name == "602"
    undone(street, batch)
    seat = person.memberships.get()
    assert (seat.household, seat.valid_to) == (home, None)
    assert read(home).active
    assert read(person).area_path == street.grid1.path


def test_who_lives_in_another_place_is_not_taken_away_from_there(homes, street):
    rows = files.residents(2)
    rows[0][2], rows[0][4], rows[0][5], rows[0][6] = "孙大伟", "男", "1979-12-02", opened(homes.sun, "id_number")
    before = counts()
    batch = checked(street, files.xlsx(rows))
    assert batch.counts == {"good": 1, "wrong": 1, "section": 2, "known": 0}
    assert [(row.number, row.issues) for row in batches.faults(batch)] == [
        (3, [{"field": "id_number", "code": "elsewhere"}])
    ]
    assert counts() == before


def test_the_dead_stay_dead(homes, street):
    rows = files.residents(1)
    rows[0][2], rows[0][4], rows[0][5], rows[0][6] = "吴淑芬", "女", "1947-03-05", opened(homes.wu, "id_number")
    Person.objects.unscoped(WHY).filter(pk=homes.wu.pk).update(state="dead", area_path="")
    batch = checked(street, files.xlsx(rows))
    assert [row.issues for row in batches.faults(batch)] == [[{"field": "id_number", "code": "deceased"}]]


def test_nobody_else_may_and_nothing_is_written(street):
    data = files.xlsx(files.residents(3))
    batch = checked(street, data)
    before, audited = counts(), AuditEntry.objects.count()
    for act in (importing.ask_apply, importing.ask_undo):
        with pytest.raises(importing.NotAllowedError):
            act(by=street.lin, batch=batch)
    with pytest.raises(importing.NotAllowedError):
        importing.bring(
            by=street.fang, what="persons", area=street.community2, data=data, file_name="x.xlsx", as_of=files.AS_OF
        )
    with pytest.raises(NotFoundError):
        batches.get_batch(street.lin, batch.public_id)
    with pytest.raises(importing.NotNowError):
        importing.ask_undo(by=street.fang, batch=batch)
    assert (counts(), AuditEntry.objects.count()) == (before, audited)


def test_what_a_batch_holds_is_sealed_and_forgotten(street):
    rows = files.residents(5)
    batch = checked(street, files.xlsx(rows))
    row = ImportRow.objects.get(batch=batch, number=3)
    assert rows[0][2].encode() not in bytes(row.raw)
    assert batches.opened_rows(batch, [row])[0]["d"]["name"] == rows[0][2]
    ImportBatch.objects.filter(pk=batch.pk).update(at=batch.at - dt.timedelta(days=91))
    assert importing.forget_old() == 1
    row.refresh_from_db()
    batch.refresh_from_db()
    assert (row.raw, batch.file, batch.preview) == (None, None, None)


def test_an_interrupted_job_goes_on_where_it_stood(street, monkeypatch):
    monkeypatch.setattr(importing, "_AT_ONCE", 10)
    batch = checked(street, files.xlsx(files.residents(50)))
    importing.ask_apply(by=street.fang, batch=batch)
    take, calls = importing.taking_in.persons, []

    def broken(one, rows):
        calls.append(len(rows))
        if len(calls) == 3:
            raise ZeroDivisionError
        take(one, rows)

    monkeypatch.setitem(importing._TAKERS, "persons", broken)
    with pytest.raises(ZeroDivisionError):
        importing.apply(batch=batch)
    batch.refresh_from_db()
    assert (batch.state, batch.counts) == ("failed", {"failed": "apply"})
    assert persons().count() == sum(calls[:2])
    monkeypatch.setitem(importing._TAKERS, "persons", take)
    importing.ask_apply(by=street.fang, batch=batch)
    assert importing.apply(batch=batch).counts == {"added": 50, "section": 2}
    assert persons().count() == 50
