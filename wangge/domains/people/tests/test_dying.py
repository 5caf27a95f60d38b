"""A death ends what hung on the person, and nothing else; taking it back brings exactly that back."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.people import benefits
from wangge.domains.people import homes as reads
from wangge.domains.people.actions import dying, enrolling, letting, moving, needs, policy_versions, registering
from wangge.domains.people.models import Circumstance, Death, Enrolment, Entitlement, Membership, Stay, Tenancy, Title
from wangge.domains.people.tests.homes import read
from wangge.domains.people.tests.test_needs_and_benefits import NOW, SHIPPED, TODAY
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError
from wangge.foundation.duties.models import Duty
from wangge.foundation.places.models import Room

ON = dt.date(2026, 11, 10)
EARLIER = dt.date(2025, 1, 1)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def library(town):
    policy_versions.load_policies(SHIPPED)


def furnish(town, person):
    """A need and a benefit that must be renewed soon."""
    needs.record(by=town.lin, person=person, kind="lives_alone", basis="本人同意", since=EARLIER)
    enrolling.enrol(
        by=town.lin, person=person, policy="senior-allowance", since=EARLIER, renew_on=TODAY + dt.timedelta(days=20)
    )


def open_duties(room):
    return Duty.objects.filter(subject_type="room", subject_id=room.pk, done_at__isnull=True).count()


def picture(homes):
    """Everything that a death may end."""
    return (
        list(Membership.objects.order_by("pk").values_list("pk", "role", "valid_to")),
        list(Stay.objects.order_by("pk").values_list("pk", "valid_to")),
        list(Tenancy.objects.order_by("pk").values_list("pk", "valid_to")),
        list(Title.objects.order_by("pk").values_list("pk", "valid_to")),
        list(Circumstance.objects.order_by("pk").values_list("pk", "valid_to")),
        list(Enrolment.objects.order_by("pk").values_list("pk", "valid_to")),
        [(read(one).state, read(one).area_path, read(one).tokens) for one in (homes.wu, homes.wang, homes.li)],
        [(read(one).active, read(one).room_id, read(one).tokens) for one in (homes.wu_home, homes.wang_home)],
        list(Room.objects.order_by("pk").values_list("pk", "use")),
    )


def test_with_her_ends_what_hung_on_her_and_nothing_else(town, homes, library):
    furnish(town, homes.wu)
    room = homes.rooms["301"]
    letting.let(by=town.lin, room=room, tenant=homes.wu_home, since=EARLIER)
    assert open_duties(room) == 1
    assert len(benefits.renewals(town.lin)) == 1
    assert dying.die(by=town.lin, person=homes.wu, on=ON) is True
    assert Circumstance.objects.get().valid_to == ON
    assert Enrolment.objects.get().valid_to == ON
    assert Tenancy.objects.get(room=room).valid_to == ON
    assert Stay.objects.get(room=room).valid_to == ON
    assert Title.objects.get(room=room).valid_to is None  # for her heirs
    assert Tenancy.objects.exclude(room=room).get().valid_to is None
    assert benefits.renewals(town.lin) == []
    assert open_duties(room) == 0
    assert Entitlement.objects.unscoped("the test looks").filter(person=homes.wu).count() == 0
    assert Room.objects.get(pk=room.pk).use == "empty"
    row = Death.objects.get()
    assert (row.person, row.died_on, row.by, row.undone_at) == (homes.wu, ON, town.lin, None)
    entry = AuditEntry.objects.get(kind="person.die")
    ended = {"homes": 1, "stays": 1, "lettings": 1, "needs": 1, "benefits": 1}
    assert entry.data == {"on": ON.isoformat(), "ended": ended, "source": "visit", "ref": ""}
    assert dying.die(by=town.lin, person=read(homes.wu), on=ON) is False
    assert Death.objects.count() == 1


def test_a_landlords_death_ends_no_letting(town, homes):
    dying.die(by=town.lin, person=homes.wang, on=ON)
    assert Tenancy.objects.get().valid_to is None
    assert Title.objects.filter(person=homes.wang, valid_to__isnull=True).count() == 2
    assert [one.person for one in reads.residents_of(homes.rooms["302"])] == [homes.li, homes.wang_lei]


def test_the_last_of_a_shared_flat_ends_its_letting(town, homes):
    dying.die(by=town.lin, person=homes.han, on=ON)
    assert Tenancy.objects.get().valid_to is None
    dying.die(by=town.lin, person=homes.zhou, on=ON)
    assert Tenancy.objects.get().valid_to == ON


def test_what_ended_before_stays_as_it_ended(town, homes, library):
    furnish(town, homes.wu)
    enrolling.end(by=town.lin, enrolment=Enrolment.objects.get())
    dying.die(by=town.lin, person=homes.wu, on=ON)
    assert Enrolment.objects.get().valid_to == TODAY
    dying.undo_death(by=town.lin, person=read(homes.wu))
    assert Enrolment.objects.get().valid_to == TODAY
    assert Circumstance.objects.get().valid_to is None


@pytest.mark.parametrize("who", ["wu", "wang"])
def test_taken_back_exactly(town, homes, library, who):
    person = getattr(homes, who)
    furnish(town, person)
    before, duties = picture(homes), Duty.objects.filter(done_at__isnull=True).count()
    dying.die(by=town.lin, person=person, on=ON)
    assert picture(homes) != before
    assert dying.undo_death(by=town.lin, person=read(person)) is True
    assert picture(homes) == before
    assert Duty.objects.filter(done_at__isnull=True).count() == duties
    assert len(benefits.renewals(town.lin)) == 1
    row = Death.objects.get()
    assert (row.undone_at, row.undone_by) == (NOW, town.lin)
    assert dying.undo_death(by=town.lin, person=read(person)) is False
    assert AuditEntry.objects.filter(kind="person.undie").count() == 1
    assert dying.die(by=town.lin, person=read(person), on=ON) is True  # and this time he did
    assert Death.objects.count() == 2


def test_what_others_did_since_stays(town, homes):
    """The widow heads the household now, and the empty dwelling was let to somebody else."""
    dying.die(by=town.lin, person=homes.wang, on=ON)
    moving.change_role(by=town.lin, person=homes.li, role="head", since=TODAY)
    dying.undo_death(by=town.lin, person=read(homes.wang))
    roles = {one.person_id: one.role for one in reads.members_of(homes.wang_home)}
    assert (roles[homes.li.pk], roles[homes.wang.pk]) == ("head", "other")
    row = letting.let(by=town.lin, room=homes.rooms["301"], tenant=homes.wu_home, since=EARLIER)
    dying.die(by=town.lin, person=homes.wu, on=ON)
    letting.let(by=town.lin, room=homes.rooms["301"], tenant=homes.wang_home, since=TODAY)
    dying.undo_death(by=town.lin, person=read(homes.wu))
    assert Tenancy.objects.get(pk=row.pk).valid_to == ON
    assert read(homes.wu_home).room_id == homes.rooms["301"].pk


def test_a_death_of_before_the_ends_were_kept(town, homes):
    dying.die(by=town.lin, person=homes.wu, on=ON)
    Death.objects.all().delete()
    assert dying.undo_death(by=town.lin, person=read(homes.wu)) is True
    assert read(homes.wu).state == "away"
    assert Membership.objects.get(person=homes.wu).valid_to == ON


@pytest.mark.parametrize("who", ["gao", "chen", "su", "root", "he"])
def test_nobody_else_takes_it_back(town, homes, who):
    dying.die(by=town.lin, person=homes.wu, on=ON)
    with pytest.raises(NotAllowedError):
        dying.undo_death(by=getattr(town, who), person=read(homes.wu))
    assert read(homes.wu).state == "dead"
    assert Death.objects.get().undone_at is None


def test_those_who_stay_are_matched_at_once(town, homes, library):
    """Her husband's death changes what the household of the widow is: matched in the same action."""
    needs.record(
        by=town.lin, person=homes.wang, kind="low_income", detail={"class": "edge"}, basis="核定通知", since=EARLIER
    )
    entitled = Entitlement.objects.unscoped("the test looks")
    assert entitled.filter(person=homes.li, unclaimed=True).count() == 1
    dying.die(by=town.lin, person=homes.wang, on=ON)
    assert entitled.filter(person__in=[homes.wang, homes.li]).count() == 0
    dying.undo_death(by=town.lin, person=read(homes.wang))
    assert entitled.filter(person=homes.li, unclaimed=True).count() == 1


def test_those_who_are_left_are_matched_at_once(town, homes, library):
    """Moving away, joining and correcting as well: each matches both households in the action."""
    needs.record(
        by=town.lin, person=homes.wang, kind="low_income", detail={"class": "edge"}, basis="核定通知", since=EARLIER
    )
    entitled = Entitlement.objects.unscoped("the test looks").filter(unclaimed=True)
    poor = {homes.wang.pk, homes.li.pk, homes.wang_lei.pk}
    assert set(entitled.values_list("person_id", flat=True)) == poor
    moving.join(by=town.lin, person=homes.wang, household=homes.wu_home, role="other", since=ON)
    assert set(entitled.values_list("person_id", flat=True)) == {homes.wang.pk, homes.wu.pk}
    assert open_duties(homes.rooms["302"]) == 0
    moving.leave(by=town.lin, person=read(homes.wang), since=ON + dt.timedelta(days=1))
    assert set(entitled.values_list("person_id", flat=True)) == set()
    assert open_duties(homes.rooms["301"]) == 0


def test_a_corrected_birth_is_matched_at_once(town, homes, library):
    entitled = Entitlement.objects.unscoped("the test looks").filter(unclaimed=True)
    values = {"by": town.lin, "person": homes.wu, "field": "born", "stated_on": TODAY}
    registering.correct(**values, value="1940-03-05")
    assert entitled.get().person == homes.wu
    registering.correct(**values, value="1970-03-05")
    assert entitled.count() == 0
