"""Who owns a room and to whom it is let: dated, never more than the whole, never twice; and what the room is used for."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from wangge.domains.people import access
from wangge.domains.people import homes as reads
from wangge.domains.people.actions import following, graph, letting, moving, owning, registering
from wangge.domains.people.actions.bulk import HouseholdDraft, load
from wangge.domains.people.models import Household, Person, Stay, Tenancy, Title
from wangge.domains.people.tests.homes import SINCE, draft, opened, read
from wangge.domains.people.uses import Occupied, use_of
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.places.models import Room

DAY = dt.date(2026, 11, 1)
LATER = dt.date(2026, 11, 10)
HALF = Decimal("0.5")
ZHANG = draft("张桂芝", "1950-03-07", "f", "10012340077", serial=9)


def fresh():
    return draft("张桂芝", "1950-03-07", "f", "10012340077", serial=9, public_id=uuid.uuid4())


def use(room) -> str:
    return Room.objects.get(pk=room.pk).use


def audits(*kinds):
    return AuditEntry.objects.filter(kind__in=kinds).count()


# Owners


def test_a_share_for_a_person_a_firm_and_somebody_not_known(town, homes):
    room = homes.rooms["402"]
    quarter = Decimal("0.25")
    owning.own(by=town.fang, room=room, owner=homes.wu, since=DAY, share=HALF)
    owning.own(by=town.fang, room=room, owner=homes.shop, since=DAY, share=quarter)
    owning.own(by=town.fang, room=room, owner=None, since=DAY, share=quarter)
    assert [(one.person, one.firm, one.share) for one in reads.owners_of(room)] == [
        (homes.wu, None, HALF),
        (None, homes.shop, quarter),
        (None, None, quarter),
    ]
    assert audits("room.own") == 3
    assert use(room) == "empty"  # who owns it says nothing of who lives there


def test_never_more_than_the_whole_on_any_day(town, homes):
    room = homes.rooms["402"]
    first = owning.own(by=town.lin, room=room, owner=homes.wu, since=SINCE)
    with pytest.raises(owning.OverWholeError):
        owning.own(by=town.lin, room=room, owner=None, since=DAY, share=Decimal("0.00001"))
    owning.end_title(by=town.lin, title=first, until=LATER, reason="sold")
    with pytest.raises(owning.OverWholeError):  # from DAY to LATER it would be two wholes
        owning.own(by=town.lin, room=room, owner=homes.wang, since=DAY)
    owning.own(by=town.lin, room=room, owner=homes.wang, since=LATER)
    with pytest.raises(owning.OverWholeError):  # correct_title asks the same
        owning.correct_title(
            by=town.lin, title=Title.objects.get(room=room, person=homes.wang), share=Decimal(1), since=DAY
        )
    assert [(one.valid_from, one.valid_to) for one in Title.objects.filter(room=room)] == [
        (SINCE, LATER),
        (LATER, None),
    ]
    assert AuditEntry.objects.get(kind="room.disown").data == {"title": first.pk, "reason": "sold"}


@pytest.mark.parametrize("share", [Decimal(0), Decimal("-0.5"), Decimal("1.00001")])
def test_a_share_is_a_part(town, homes, share):
    with pytest.raises(InvalidError):
        owning.own(by=town.lin, room=homes.rooms["402"], owner=None, since=DAY, share=share)
    assert Title.objects.filter(room=homes.rooms["402"]).count() == 0


@pytest.mark.parametrize("who", ["gao", "zhao", "chen", "su", "root", "he"])
def test_nobody_else_writes_owners_and_tenants(town, homes, who):
    by = getattr(town, who)
    title, tenancy = Title.objects.get(room=homes.rooms["401"]), Tenancy.objects.get()
    room = homes.rooms["402"]
    for refused in (
        lambda: owning.own(by=by, room=room, owner=None, since=DAY),
        lambda: owning.own_as_new(by=by, room=room, draft=fresh(), since=DAY),
        lambda: owning.end_title(by=by, title=title, until=DAY),
        lambda: owning.correct_title(by=by, title=title, share=HALF, since=SINCE),
        lambda: owning.withdraw_title(by=by, title=title),
        lambda: letting.let(by=by, room=room, tenant=homes.wu_home, since=DAY),
        lambda: letting.correct_tenancy(by=by, tenancy=tenancy, purpose="store", since=SINCE),
        lambda: letting.end_tenancy(by=by, tenancy=tenancy, until=DAY),
        lambda: letting.withdraw_tenancy(by=by, tenancy=tenancy),
    ):
        with pytest.raises(NotAllowedError):
            refused()
    assert (Title.objects.count(), Tenancy.objects.count()) == (3, 1)
    assert Tenancy.objects.get().valid_to is None
    assert audits("room.own", "room.let", "room.disown", "room.end_let") == 0


def test_an_owner_who_is_new_is_searched_for_first(town, homes):
    title = owning.own_as_new(by=town.lin, room=homes.rooms["402"], draft=fresh(), since=DAY)
    assert (opened(title.person, "name"), read(title.person).state) == ("张桂芝", "away")
    assert access.sees(town.lin, read(title.person))
    before = Person.objects.unscoped("the test counts").count()
    same = draft("吴淑芬", "1947-03-05", "f", "10012340001")
    with pytest.raises(registering.KnownPersonError) as known:
        owning.own_as_new(by=town.lin, room=homes.rooms["402"], draft=same, since=DAY)
    assert known.value.public_id == homes.wu.public_id
    with pytest.raises(owning.OverWholeError):  # then nobody is entered either
        owning.own_as_new(
            by=town.lin, room=homes.rooms["402"], draft=draft("郑一", "1951-01-01", "m", serial=3), since=DAY
        )
    assert Person.objects.unscoped("the test counts").count() == before
    assert Title.objects.filter(room=homes.rooms["402"]).count() == 1


def test_an_owner_of_another_street_is_tied_by_number_and_name_and_not_shown(town, homes):
    """He lives beyond the worker's places: his entry is used, not doubled, and stays hidden."""
    known = draft("孙大伟", "1979-12-02", "m", "")
    before = Person.objects.unscoped("the test counts").count()
    with pytest.raises(registering.KnownPersonError) as other:
        wrong = draft("孙大伟二", "1979-12-02", "m", "")
        owning.own_as_new(by=town.lin, room=homes.rooms["402"], draft=wrong, since=DAY)
    assert other.value.public_id is None
    title = owning.own_as_new(by=town.lin, room=homes.rooms["402"], draft=known, since=DAY)
    assert title.person == homes.sun
    assert Person.objects.unscoped("the test counts").count() == before
    assert not access.sees(town.lin, read(homes.sun))
    with pytest.raises(NotFoundError):  # whom he does not see he cannot name
        owning.own(by=town.lin, room=homes.rooms["301"], owner=homes.sun, since=DAY)


def test_somebody_without_a_home_is_not_drawn_into_sight_by_a_number(town, homes):
    moving.leave(by=_north(town), person=homes.sun, since=DAY)
    with pytest.raises(registering.KnownPersonError):
        owning.own_as_new(by=town.lin, room=homes.rooms["402"], draft=draft("孙大伟", "1979-12-02", "m", ""), since=DAY)
    assert Title.objects.filter(room=homes.rooms["402"]).count() == 0
    assert not access.sees(town.lin, read(homes.sun))


def _north(town):
    """Somebody who keeps the registry of the other street."""
    from tests.town import SINCE as POSTED
    from wangge.foundation.accounts.models import Post

    worker = town.gao
    Post.objects.create(user=worker, role="grid_worker", area=town.north_grid, valid_from=POSTED)
    return town.fresh(worker)


def test_a_title_is_corrected_and_a_mistake_is_taken_out(town, homes):
    title = Title.objects.get(room=homes.rooms["301"])
    owning.correct_title(by=town.lin, title=title, share=HALF, since=DAY)
    title.refresh_from_db()
    assert (title.share, title.valid_from) == (HALF, DAY)
    assert AuditEntry.objects.get(kind="room.correct_owner").data == {
        "title": title.pk, "was": {"share": "1.00000", "since": SINCE.isoformat()}
    }  # fmt: skip
    owning.withdraw_title(by=town.lin, title=title)
    assert reads.owners_of(homes.rooms["301"]) == []
    data = AuditEntry.objects.get(kind="room.withdraw_owner").data
    assert (data["person"], data["share"], data["since"]) == (homes.wu.pk, "0.50000", "2026-11-01")


def test_a_title_ends_once_and_for_a_reason(town, homes):
    title = Title.objects.get(room=homes.rooms["301"])
    with pytest.raises(InvalidError):
        owning.end_title(by=town.lin, title=title, until=DAY, reason="because")
    with pytest.raises(graph.TooEarlyError):
        owning.end_title(by=town.lin, title=title, until=SINCE)
    owning.end_title(by=town.lin, title=title, until=DAY, reason="inherited")
    owning.end_title(by=town.lin, title=title, until=LATER, reason="sold")
    assert Title.objects.get(pk=title.pk).valid_to == DAY
    assert audits("room.disown") == 1


# Tenants


def test_a_dwelling_is_let_and_no_longer(town, homes):
    room = homes.rooms["301"]
    row = letting.let(
        by=town.lin, room=room, tenant=homes.wu_home, landlord=homes.wang, since=DAY, agreement=" 租备2026-18 ",
        agreed_until=dt.date(2027, 10, 31),
    )  # fmt: skip
    assert (row.agreement, row.agreed_until, use(room)) == ("租备2026-18", dt.date(2027, 10, 31), "let")
    entry = AuditEntry.objects.get(kind="room.use")
    assert (entry.subject_id, entry.data) == (room.pk, {"was": "own", "use": "let"})
    assert letting.let(by=town.lin, room=room, tenant=homes.wu_home, since=DAY).pk == row.pk
    letting.end_tenancy(by=town.lin, tenancy=row, until=LATER, reason="over")
    assert use(room) == "own"
    assert AuditEntry.objects.get(kind="room.end_let").data == {"tenancy": row.pk, "reason": "over", "ref": ""}


def test_the_tenants_leave_with_the_letting(town, homes):
    letting.end_tenancy(by=town.lin, tenancy=Tenancy.objects.get(), until=LATER, moved_out=True)
    assert use(homes.rooms["401"]) == "empty"
    assert [read(one).state for one in (homes.han, homes.zhou)] == ["away", "away"]
    assert audits("room.end_let") == 1


def test_tenants_who_stay_without_an_agreement_still_rent(town, homes):
    letting.end_tenancy(by=town.lin, tenancy=Tenancy.objects.get(), until=LATER)
    assert use(homes.rooms["401"]) == "let"
    assert read(homes.han).state == "present"


def test_days_are_not_let_twice(town, homes):
    room = homes.rooms["401"]
    with pytest.raises(letting.LetAlreadyError):
        letting.let(by=town.lin, room=room, tenant=homes.wu_home, since=DAY)
    with pytest.raises(letting.LetAlreadyError):
        letting.let(by=town.lin, room=room, tenant=homes.wu_home, since=SINCE - dt.timedelta(days=9), until=DAY)
    letting.let(by=town.lin, room=room, tenant=homes.wu_home, since=SINCE - dt.timedelta(days=9), until=SINCE)
    letting.end_tenancy(by=town.lin, tenancy=Tenancy.objects.get(household=homes.tenant_home), until=LATER)
    with pytest.raises(ConflictError):  # the same tenants again while they rented
        letting.let(by=town.lin, room=room, tenant=homes.tenant_home, since=DAY, in_parts=True)
    assert Tenancy.objects.count() == 2
    assert audits("room.let") == 1


def test_a_dwelling_let_in_parts(town, homes):
    Household.objects.unscoped("no flat-share").filter(pk=homes.tenant_home.pk).update(kind="family")
    letting.let(by=town.lin, room=homes.rooms["401"], tenant=homes.wu, since=DAY, in_parts=True)
    assert use(homes.rooms["401"]) == "shared"
    assert Tenancy.objects.get(valid_from=DAY).household == homes.wu_home


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"since": dt.date(2999, 1, 1)}, "since"),
        ({"until": DAY}, "until"),
        ({"until": dt.date(2999, 1, 1)}, "until"),
        ({"purpose": "party"}, "purpose"),
        ({"agreement": "x" * 41}, "agreement"),
        ({"agreed_until": DAY}, "agreed_until"),
    ],
)
def test_a_wrong_letting_is_refused(town, homes, more, field):
    values = {"by": town.lin, "room": homes.rooms["301"], "tenant": homes.wu_home, "since": DAY}
    with pytest.raises(InvalidError) as refused:
        letting.let(**(values | more))
    assert refused.value.field == field
    assert (Tenancy.objects.count(), use(homes.rooms["301"])) == (1, "own")


def test_a_tenant_beyond_ones_places_is_not_named(town, homes):
    for tenant in (homes.cheng_home, homes.sun_home):
        with pytest.raises(NotFoundError):
            letting.let(by=town.lin, room=homes.rooms["402"], tenant=tenant, since=DAY)
    with pytest.raises(InvalidError):
        letting.let(by=town.lin, room=homes.rooms["402"], tenant=homes.sun, since=DAY)
    assert Tenancy.objects.count() == 1


def test_a_letting_is_corrected_and_a_mistake_taken_out(town, homes):
    row = Tenancy.objects.get()
    letting.correct_tenancy(by=town.lin, tenancy=row, purpose="store", since=DAY, landlord=homes.wang, agreement="A1")
    row.refresh_from_db()
    assert (row.purpose, row.valid_from, row.agreement, row.landlord) == ("store", DAY, "A1", homes.wang)
    assert AuditEntry.objects.get(kind="room.correct_let").data["was"] == {
        "purpose": "living", "since": SINCE.isoformat(), "landlord": homes.wang.pk, "agreed_until": None
    }  # fmt: skip
    letting.withdraw_tenancy(by=town.lin, tenancy=row)
    assert Tenancy.objects.count() == 0
    assert audits("room.withdraw_let") == 1


# What a room is used for


@pytest.mark.parametrize(
    ("now", "found", "use"),
    [
        ("own", Occupied(), "empty"),
        ("empty", Occupied(homes=(("own", False),)), "own"),
        ("empty", Occupied(homes=(("lent", False),)), "own"),
        ("own", Occupied(homes=(("rent", False),)), "let"),
        ("own", Occupied(homes=(("rent", True),)), "shared"),
        ("own", Occupied(homes=(("rent", False), ("rent", False))), "shared"),
        ("own", Occupied(homes=(("dormitory", False),)), "shared"),
        ("own", Occupied(lets=(("living", False),), homes=(("own", False),)), "let"),
        ("own", Occupied(lets=(("living", False), ("living", False))), "shared"),
        ("own", Occupied(lets=(("store", False),)), "let"),
        ("own", Occupied(lets=(("business", False),), homes=(("own", False),)), "mixed"),
        ("empty", Occupied(lets=(("business", False),)), "mixed"),
        ("business", Occupied(lets=(("business", False),)), "business"),
        ("business", Occupied(), "business"),
        ("business", Occupied(lets=(("living", False),)), "let"),
        ("mixed", Occupied(homes=(("own", False),)), "mixed"),
        ("mixed", Occupied(homes=(("own", False),), business_ended=True), "own"),
        ("mixed", Occupied(homes=(("own", False),), firm=True), "mixed"),
        ("let", Occupied(homes=(("own", False),)), "own"),
    ],
)
def test_the_use_follows(now, found, use):
    assert use_of(now, found) == use


def test_moving_in_and_out(town, homes):
    moving.move(by=town.lin, household=homes.wang_home, room=homes.rooms["402"], since=DAY, basis="rent")
    assert (use(homes.rooms["302"]), use(homes.rooms["402"])) == ("empty", "let")
    moving.leave(by=town.lin, person=homes.wu, since=DAY)
    assert use(homes.rooms["301"]) == "empty"
    moving.join(by=town.lin, person=read(homes.wu), household=homes.tenant_home, role="other", since=LATER)
    assert use(homes.rooms["401"]) == "let"  # as it was seen; who joins changes nothing of the letting


def test_who_moves_out_rents_it_no_longer(town, homes):
    moving.move(by=town.lin, household=homes.tenant_home, room=None, since=LATER)
    assert (Tenancy.objects.get().valid_to, use(homes.rooms["401"])) == (LATER, "empty")
    assert AuditEntry.objects.get(kind="room.end_let").data["reason"] == "moved"


def test_a_new_household_fills_a_room_with_its_first_member(town, homes):
    made = registering.new_household(by=town.lin, room=homes.rooms["402"], since=DAY, basis="rent")
    assert use(homes.rooms["402"]) == "empty"
    registering.register(by=town.lin, draft=fresh(), household=made, since=DAY)
    assert use(homes.rooms["402"]) == "let"


def test_what_was_seen_on_the_ground_stays_when_nothing_of_the_letting_changes(town, homes):
    Room.objects.filter(pk=homes.rooms["302"].pk).update(use="mixed")
    moving.leave(by=town.lin, person=homes.wang_lei, since=DAY)
    owning.end_title(by=town.lin, title=Title.objects.get(room=homes.rooms["302"]), until=DAY)
    assert use(homes.rooms["302"]) == "mixed"
    assert audits("room.use") == 0


def test_a_batch_is_one_audit_row(town, homes):
    before = following.uses_of([homes.rooms["402"].pk])
    home = HouseholdDraft(
        room_id=homes.rooms["402"].pk, area_path=town.grid1.path, since=DAY, members=(fresh(),), basis="rent"
    )
    load([home], by=None, stated_on=DAY)
    following.follow_uses_of_batch(before, by=None, ref="batch 7")
    assert use(homes.rooms["402"]) == "let"
    assert AuditEntry.objects.get(kind="room.use").data == {"ref": "batch 7", "rooms": {"let": [homes.rooms["402"].pk]}}
    assert Stay.objects.get(room=homes.rooms["402"]).basis == "rent"
    assert Household.objects.unscoped("the test counts").count() == 6
