"""Who lived where on a day: one home a day, whatever is moved in whatever order."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from wangge.domains.people import homes as reads
from wangge.domains.people.actions import dying, moving, registering
from wangge.domains.people.actions.graph import TooEarlyError
from wangge.domains.people.models import Membership, Stay
from wangge.domains.people.tests.homes import SINCE, draft, read
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

MOVED = dt.date(2026, 11, 1)
BEFORE = dt.date(2026, 10, 31)


def names(memberships):
    return [one.person_id for one in memberships]


def test_a_household_moves(town, homes):
    assert moving.move(by=town.lin, household=homes.wang_home, room=homes.rooms["402"], since=MOVED) is True
    old, new = homes.rooms["302"], homes.rooms["402"]
    family = [homes.wang.pk, homes.li.pk, homes.wang_lei.pk]
    assert names(reads.residents_of(old, BEFORE)) == family
    assert names(reads.residents_of(old, MOVED)) == []
    assert names(reads.residents_of(new, BEFORE)) == []
    assert names(reads.residents_of(new, MOVED)) == family
    assert read(homes.wang_home).room_id == new.pk
    row = AuditEntry.objects.get(kind="household.move")
    assert row.data == {"left": old.pk, "room": new.pk, "since": "2026-11-01", "source": "visit", "ref": ""}


def test_moving_where_one_is_changes_nothing(town, homes):
    assert moving.move(by=town.lin, household=homes.wang_home, room=homes.rooms["302"], since=MOVED) is False
    assert homes.wang_home.stays.count() == 1
    assert AuditEntry.objects.filter(kind="household.move").count() == 0


def test_a_household_moves_to_another_grid_with_those_in_charge_of_both(town, homes):
    with pytest.raises(NotAllowedError):
        moving.move(by=town.lin, household=homes.wang_home, room=homes.room2, since=MOVED)
    assert read(homes.wang).area_path == town.grid1.path
    moving.move(by=town.fang, household=homes.wang_home, room=homes.room2, since=MOVED)
    assert {read(one).area_path for one in (homes.wang, homes.li, homes.wang_lei)} == {town.grid2.path}
    assert read(homes.wang_home).area_path == town.grid2.path


def test_a_household_moves_away(town, homes):
    moving.move(by=town.lin, household=homes.wu_home, room=None, since=MOVED)
    assert (read(homes.wu).state, read(homes.wu).area_path) == ("away", "")
    assert (read(homes.wu_home).room_id, read(homes.wu_home).area_path) == (None, "")
    assert reads.home_on(homes.wu, BEFORE).room == homes.rooms["301"]
    assert reads.home_on(homes.wu, MOVED) is None


def test_the_day_of_an_entry_can_be_corrected_in_place(town, homes):
    moving.move(by=town.lin, household=homes.wu_home, room=homes.rooms["402"], since=MOVED)
    moving.move(by=town.lin, household=homes.wu_home, room=homes.rooms["401"], since=MOVED)
    assert [(one.room_id, one.valid_from, one.valid_to) for one in reads.stays_of(homes.wu_home)] == [
        (homes.rooms["401"].pk, MOVED, None),
        (homes.rooms["301"].pk, SINCE, MOVED),
    ]


def test_not_before_what_is_known_nor_tomorrow(town, homes):
    for day, refusal in ((SINCE - dt.timedelta(days=1), TooEarlyError), (dt.date(2999, 1, 1), InvalidError)):
        with pytest.raises(refusal):
            moving.move(by=town.lin, household=homes.wu_home, room=homes.rooms["402"], since=day)
    with pytest.raises(TooEarlyError):  # who came on that day lived there for that day
        moving.move(by=town.lin, household=homes.wu_home, room=None, since=SINCE)
    assert homes.wu_home.stays.get().valid_to is None


def test_the_son_moves_in_with_the_neighbour(town, homes):
    moving.join(by=town.lin, person=homes.wang_lei, household=homes.wu_home, role="carer", since=MOVED)
    assert names(reads.members_of(homes.wang_home, BEFORE)) == [homes.wang.pk, homes.li.pk, homes.wang_lei.pk]
    assert names(reads.members_of(homes.wang_home, MOVED)) == [homes.wang.pk, homes.li.pk]
    assert names(reads.members_of(homes.wu_home, MOVED)) == [homes.wu.pk, homes.wang_lei.pk]
    assert names(reads.former_members_of(homes.wang_home)) == [homes.wang_lei.pk]
    assert set(read(homes.wu_home).tokens) > set(homes.wu_home.tokens)
    assert [(m.household_id, [s.room_id for s in stays]) for m, stays in reads.homes_of(homes.wang_lei)] == [
        (homes.wu_home.pk, [homes.rooms["301"].pk]),
        (homes.wang_home.pk, [homes.rooms["302"].pk]),
    ]


def test_nobody_takes_a_neighbours_resident(town, homes):
    with pytest.raises(NotAllowedError):
        moving.join(by=town.lin, person=homes.girl, household=homes.wu_home, role="other", since=MOVED)
    with pytest.raises(NotAllowedError):
        moving.join(by=town.gao, person=homes.girl, household=homes.wu_home, role="other", since=MOVED)
    assert homes.girl.memberships.get().valid_to is None


def test_registered_here_and_living_there(town, homes):
    moving.join(
        by=town.lin, person=homes.wang_lei, household=homes.wu_home, role="relative", since=MOVED, presence="registered"
    )
    moving.leave(by=town.lin, person=homes.wang_lei, since=MOVED)
    assert read(homes.wang_lei).area_path == ""
    assert [(one.person_id, one.presence) for one in reads.members_of(homes.wu_home)] == [
        (homes.wu.pk, "lives"),
        (homes.wang_lei.pk, "registered"),
    ]
    assert names(reads.residents_of(homes.rooms["301"])) == [homes.wu.pk]


def test_the_last_one_leaving_empties_the_household(town, homes):
    assert moving.leave(by=town.lin, person=homes.wu, since=MOVED) is True
    household = read(homes.wu_home)
    assert (household.active, household.room_id, household.tokens) == (False, None, [])
    assert homes.wu_home.stays.get().valid_to == MOVED
    assert moving.leave(by=town.lin, person=read(homes.wu), since=MOVED) is False


def test_a_new_head(town, homes):
    with pytest.raises(InvalidError):
        moving.change_role(by=town.lin, person=homes.li, role="head", since=MOVED)
    assert moving.change_role(by=town.lin, person=homes.wang, role="spouse", since=MOVED) is True
    assert moving.change_role(by=town.lin, person=homes.li, role="head", since=MOVED) is True
    assert [(one.person_id, one.role) for one in reads.members_of(homes.wang_home, MOVED)] == [
        (homes.li.pk, "head"),
        (homes.wang_lei.pk, "child"),
        (homes.wang.pk, "spouse"),
    ]
    assert reads.members_of(homes.wang_home, BEFORE)[0].person == homes.wang


def test_a_death(town, homes):
    assert dying.die(by=town.lin, person=homes.wang, on=MOVED) is True
    assert (read(homes.wang).state, read(homes.wang).area_path) == ("dead", "")
    assert names(reads.residents_of(homes.rooms["302"], MOVED)) == [homes.li.pk, homes.wang_lei.pk]
    assert names(reads.residents_of(homes.rooms["302"], BEFORE)) == [homes.wang.pk, homes.li.pk, homes.wang_lei.pk]
    assert dying.die(by=town.lin, person=read(homes.wang), on=MOVED) is False
    with pytest.raises(ConflictError):
        moving.join(by=town.fang, person=read(homes.wang), household=homes.wu_home, role="other", since=MOVED)


def test_dying_on_the_day_of_coming(town, homes):
    infant = registering.register(
        by=town.lin, draft=draft("王小", "2026-11-01", "m", role="grandchild"), household=homes.wang_home, since=MOVED
    )
    dying.die(by=town.lin, person=infant, on=MOVED)
    seat = infant.memberships.get()
    assert (seat.valid_from, seat.valid_to) == (MOVED, dt.date(2026, 11, 2))


DAYS = st.integers(0, 40).map(lambda n: dt.date(2026, 1, 1) + dt.timedelta(days=n))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(0, 2), st.one_of(st.none(), st.integers(0, 3)), DAYS),
        st.tuples(st.just("join"), st.integers(0, 2), st.integers(0, 2), DAYS),
        st.tuples(st.just("leave"), st.integers(0, 2), st.none(), DAYS),
    ),
    max_size=14,
)


class Plain:
    """The same history as lists of (from, what): the last entry at or before a day holds."""

    def __init__(self, rooms, homes):
        self.rooms = {household: [(SINCE, room)] for household, room in rooms.items()}
        self.homes = {person: [(SINCE, household)] for person, household in homes.items()}

    @staticmethod
    def on(entries, day):
        held = [value for start, value in entries if start <= day]
        return held[-1] if held else None

    def set(self, entries, day, value):
        """False: the registry must refuse."""
        start, now = entries[-1]
        if now == value:
            return True
        if day < start or (value is None and day == start):
            return False
        if day == start and now is not None:
            entries[-1] = (day, value)
        else:
            entries.append((day, value))
        return True

    def empty(self, left, day):
        """Who was the last to leave a household closes it."""
        living = {entries[-1][1] for entries in self.homes.values()}
        if left is not None and left not in living:
            entries = self.rooms[left]
            start, room = entries[-1]
            if room is not None:
                entries.append((max(day, start + dt.timedelta(days=1)), None))

    def home(self, person, day):
        household = self.on(self.homes[person], day)
        return self.on(self.rooms[household], day) if household is not None else None


@settings(
    max_examples=30,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a smaller example is not worth the minutes of a database
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(STEPS)
def test_one_home_a_day_and_the_same_answer_as_a_plain_model(town, homes, steps):
    households = [homes.wu_home, homes.wang_home, homes.tenant_home]
    persons = [homes.wu, homes.wang_lei, homes.han]
    others = {homes.wang: 1, homes.li: 1, homes.zhou: 2}
    rooms = [homes.rooms[name] for name in ("301", "302", "401", "402")]
    plain = Plain(
        {0: 0, 1: 1, 2: 2},
        {"p0": 0, "p1": 1, "p2": 2} | {one.pk: where for one, where in others.items()},
    )
    by = town.fang
    with transaction.atomic():
        for verb, who, what, day in steps:
            try:
                with transaction.atomic():
                    if verb == "move":
                        moving.move(
                            by=by,
                            household=read(households[who]),
                            room=None if what is None else rooms[what],
                            since=day,
                        )
                    elif verb == "join":
                        moving.join(
                            by=by, person=read(persons[who]), household=read(households[what]), role="other", since=day
                        )
                    else:
                        moving.leave(by=by, person=read(persons[who]), since=day)
                done = True
            except TooEarlyError:
                done = False
            if verb == "move":
                assert plain.set(plain.rooms[who], day, what) is done
            else:
                left = plain.homes[f"p{who}"][-1][1]
                assert plain.set(plain.homes[f"p{who}"], day, what) is done
                if done and left != what:
                    plain.empty(left, day)
        for n in (-1, 0, 1, 7, 20, 39, 40, 41):
            day = dt.date(2026, 1, 1) + dt.timedelta(days=n)
            for index, person in enumerate(persons):
                seats = Membership.objects.as_of(day).filter(person=person, presence="lives")
                stays = Stay.objects.as_of(day).filter(household__in=[one.household_id for one in seats])
                assert len(seats) <= 1
                assert len(stays) <= 1
                expected = plain.home(f"p{index}", day)
                found = reads.home_on(person, day)
                assert (found.room_id if found is not None else None) == (
                    rooms[expected].pk if expected is not None else None
                )
        for index, person in enumerate(persons):
            now = plain.home(f"p{index}", dt.date(2026, 11, 1))
            assert read(person).area_path == (town.grid1.path if now is not None else "")
        transaction.set_rollback(True)
