"""The field of the demo street: what its recipe promises stands, so that no page of it is empty."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from django.db.models import Count

from wangge.domains.fieldwork import campaigns, phones, stand_ups
from wangge.domains.fieldwork.models import (
    Absence,
    Campaign,
    Checkpoint,
    FieldTask,
    Link,
    OfficeHour,
    Round,
    RoundPoint,
    RoundWindow,
    StandUp,
    Visit,
    VisitDue,
    VisitRule,
    WeatherNotice,
)
from wangge.doors.town.recipe import read
from wangge.foundation.accounts.models import Post, User
from wangge.foundation.core import clock
from wangge.foundation.places.models import BuildingGrid

WHY = "the test counts"


def grids_with_houses() -> int:
    return BuildingGrid.objects.filter(valid_to=None).values("grid").distinct().count()


def test_every_grid_has_checkpoints_of_sensible_kinds(street):
    found = Counter(Checkpoint.objects.unscoped(WHY).values_list("grid_id", flat=True))
    assert len(found) == grids_with_houses()
    assert (min(found.values()), max(found.values())) == (8, 11)
    assert not Checkpoint.objects.unscoped(WHY).filter(seen_on__isnull=True).exists()
    assert not Checkpoint.objects.unscoped(WHY).filter(building__isnull=True).exists()


def test_two_rounds_a_working_day_and_night_patrols_in_three_grids(street):
    days = read("fieldwork")["rounds"]
    past = Round.objects.unscoped(WHY).filter(day__lt=clock.today())
    assert Counter(past.values_list("kind", flat=True)) == {
        "morning": days * grids_with_houses(),
        "afternoon": days * grids_with_houses(),
        "night": days * 3,
    }
    assert RoundWindow.objects.filter(kind="night").count() == 3
    missed = past.filter(state="missed").count()
    assert 0.03 < missed / past.count() < 0.05
    assert set(past.values_list("state", flat=True)) == {"done", "missed"}
    proofs = Counter(RoundPoint.objects.filter(state="seen").values_list("proof", flat=True))
    assert proofs["scan"] > proofs["near"] > proofs["reason"] > 0


def test_visits_were_made_and_a_cold_wave_asks_for_more(street):
    rows = Visit.objects.unscoped(WHY)
    assert 300 < rows.count() < 450
    assert {*rows.values_list("result", flat=True)} == {"met", "nobody", "declined"}
    assert VisitRule.objects.filter(valid_to=None).count() == 11
    fang = User.objects.get(username="fang")
    held = Counter(Campaign.objects.unscoped(WHY).values_list("trigger", "state"))
    assert held == {(kind, "ready"): 1 for kind in ("cold", "snow", "rain", "heat", "wind", "festival")} | {
        ("cold", "running"): 1
    }
    running = Campaign.objects.unscoped(WHY).get(state="running")
    dues = VisitDue.objects.unscoped(WHY).filter(campaign=running, state="open")
    assert dues.count() == running.chosen > 20
    assert len(campaigns.progress(fang, running).counts) == 4
    assert WeatherNotice.objects.get().ends_at > clock.now() - dt.timedelta(days=1)


def test_members_are_linked_to_twelve_households_each(street):
    each = Link.objects.unscoped(WHY).values("user").annotate(n=Count("pk")).values_list("n", flat=True)
    assert list(each.order_by()) == [12, 12, 12]


def test_stand_ups_became_tasks_of_which_the_older_are_done(street):
    held = StandUp.objects.unscoped(WHY).filter(held_at__isnull=False)
    assert held.count() == 3 * read("fieldwork")["stand_ups"]
    assert stand_ups.held_before(User.objects.get(username="fang"), limit=40) != []
    states = Counter(FieldTask.objects.unscoped(WHY).values_list("state", flat=True))
    assert sum(states.values()) == 15
    assert states["done"] > states["open"] > 0


def test_somebody_is_away_somebody_is_to_be_met_and_two_phones_wait(street):
    absence = Absence.objects.get()
    assert absence.substitute is not None
    assert {Post.objects.get(pk=pk).user_id for pk in absence.posts} == {absence.substitute_id}
    assert not {absence.user.username, absence.substitute.username} & {"lin", "gao"}
    assert OfficeHour.objects.unscoped(WHY).count() == 3
    waiting = phones.phones_at(User.objects.get(username="fang"))
    assert sorted((one.phone.waiting, one.tone) for one in waiting if one.phone.waiting) == [(2, ""), (5, "red")]
