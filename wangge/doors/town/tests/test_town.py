"""The figures of the demo street, as its recipe promises them."""

import datetime as dt
from collections import Counter
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Count, F, Q

from wangge.domains.cases import procedures, second_checks, whistle_queries
from wangge.domains.cases.lateness import LateFilter, late
from wangge.domains.cases.models import (
    Alert,
    Case,
    CasePhoto,
    Evaluation,
    Handling,
    Inspection,
    Report,
    Supervision,
    TimelineEntry,
    Verification,
)
from wangge.domains.cases.workflow import ENDED, OPEN, S
from wangge.doors.town import building
from wangge.foundation.accounts.models import Organisation, Post, User
from wangge.foundation.accounts.queries import organisations
from wangge.foundation.catalogue import proposals
from wangge.foundation.catalogue.queries import get_matter, route
from wangge.foundation.core import clock
from wangge.foundation.duties.models import Duty
from wangge.foundation.media.models import MediaFile
from wangge.foundation.places.models import Area, AreaLineage, Building, Compound, MapFeature, Room
from wangge.foundation.places.queries import areas, grid_at


def cases():
    return Case.objects.unscoped("the test counts")


def south() -> Area:
    return next(area for area in areas("street") if area.short_code == "NC")


def north() -> Area:
    return next(area for area in areas("street") if area.short_code == "BC")


def test_the_ground(street):
    home = south()
    assert len([a for a in areas("community") if a.parent == home]) == 14
    assert len([a for a in areas("community") if a.parent == north()]) == 2
    grids = [a for a in areas("grid") if a.path.startswith(home.path)]
    assert Counter(grid.grid_kind for grid in grids) == {"basic": 80, "special": 5}
    before = [a for a in areas("grid", on=street.redrawn.replace(day=1, month=6)) if a.path.startswith(home.path)]
    assert len(before) == 40
    assert {grid.valid_to for grid in before} == {street.redrawn}
    assert Compound.objects.filter(community__path__startswith=home.path).count() == 73
    assert Room.objects.values("entrance__building").distinct().count() == Building.objects.count()
    assert all(name for name in Building.objects.values_list("address", flat=True))
    assert set(MapFeature.objects.values_list("kind", flat=True)) == {"road", "railway", "water", "green"}
    assert min(Compound.objects.annotate(n=Count("buildings")).values_list("n", flat=True)) >= 2


def test_every_building_lies_in_the_grid_it_belongs_to_before_and_after_the_redrawing(street):
    day = {street.redrawn: clock.today(), street.since: street.since}
    for house in Building.objects.prefetch_related("grids")[::23]:
        links = list(house.grids.all())
        assert len(links) == 2
        for link in links:
            found = grid_at(house.lon, house.lat, on=day[link.valid_from])
            assert found is not None
            assert found.pk == link.grid_id


def test_lineage_shares_add_up(street):
    for old in areas("grid", on=street.since):
        shares = AreaLineage.objects.filter(old=old).values_list("share", flat=True)
        assert len(shares) >= 1
        assert abs(float(sum(shares)) - 1) < 0.0001


def test_organisations_as_of_two_days(street):
    kinds = Organisation.Kind

    def party(day):
        found = Counter(unit.kind for unit in organisations(tree="party", on=day))
        return [found[k] for k in (kinds.PARTY_BRANCH, kinds.PARTY_GROUP, kinds.MEMBER_HOUSEHOLD)]

    assert party(street.since) == [25, 52, 0]
    assert party(clock.today()) == [32, 118, 207]
    committees = [u for u in organisations(tree="party") if u.kind == kinds.PARTY_COMMITTEE]
    assert len(committees) == 1 + 14
    heads = Post.objects.as_of(street.since).filter(role="building_head")
    assert heads.count() == 95
    assert not Post.objects.as_of(clock.today()).filter(role="building_head").exists()
    assert len(organisations(kind="volunteers")) == 76
    handling = [u for u in organisations() if u.handles and not (u.area and u.area.path.startswith(north().path))]
    assert len(handling) == 56


def test_posts(street):
    home = south()
    today = Post.objects.as_of(clock.today()).filter(Q(area__path__startswith=home.path) | Q(area__isnull=True))
    today = today.exclude(basis=Post.Basis.STANDING_IN)  # for a few days, see test_fieldwork.py
    grids = today.filter(role="grid_worker").values("user").annotate(n=Count("area"))
    assert len(grids) == 36
    assert set(grids.values_list("n", flat=True)) <= {1, 2, 3}
    assert today.filter(role="grid_worker").values("area").distinct().count() == 85
    assert today.filter(role="part_time_worker").values("user").distinct().count() == 110
    assert today.filter(role="station_head").count() == 14
    assert today.filter(role="grid_guide", basis="guarantor").count() == 14
    desk = Post.objects.as_of(clock.today()).filter(organisation__kind="command_centre", area=home)
    assert set(desk.values_list("user__username", flat=True)) == {"bai", "chen", "su", "ma", "luo"}
    before = Post.objects.as_of(street.since).filter(area__path__startswith=home.path)
    assert before.filter(role__in=["grid_worker", "part_time_worker"]).values("user").distinct().count() == 146


def test_only_the_cast_can_log_in(street):
    able = {user.username for user in User.objects.all() if user.has_usable_password()}
    assert able == {"lin", "gao", "fang", "bai", "chen", "su", "ma", "luo", "he", "zhao", "qian", "tan", "root"}
    hashes = set(User.objects.filter(username__in=able).values_list("password", flat=True))
    assert len(hashes) == 1
    assert next(iter(hashes)).startswith("argon2")


def test_lin_and_gao_share_no_row_and_each_has_some(street):
    lin, gao = (User.objects.get(username=name) for name in ("lin", "gao"))
    mine = {case.pk for case in Case.objects.visible_to(lin)}
    assert len(mine) >= 5
    assert mine.isdisjoint({case.pk for case in Case.objects.visible_to(gao)})
    far = User.objects.get(username="zhao")
    seen = Case.objects.visible_to(far)
    assert seen.count() == cases().filter(area_path__startswith=north().path).count()
    assert seen.count() == pytest.approx(40, abs=4)


def test_how_many_cases_and_where_they_stand(street):
    found = Counter(cases().values_list("state", flat=True))
    assert sum(found.values()) == 800
    held = {S(state): count for state, count in found.items() if S(state) in OPEN}
    assert held == {
        S.REPORTED: 18,
        S.NEEDS_INFO: 6,
        S.SETTLED: 8,
        S.FILED: 10,
        S.DISPATCHED: 14,
        S.HANDLING: 38,  # four of them are stories: the underpass, the roof, the hedge and the door
        S.HUNG: 1,
        S.HANDLED: 12,
        S.EVALUATING: 14,
        S.OBJECTED: 4,
    }
    assert all(found[state.value] for state in ENDED)


def test_shares_of_the_reports(street):
    done = cases().filter(state__in=["closed", "archived"], handled_at__isnull=False)
    back = done.filter(Q(reworks__gt=0) | Q(round__gt=1)).count()
    assert back / done.count() == pytest.approx(0.08, abs=0.01)
    voices = Report.objects.unscoped("the test counts").filter(asks=True)
    ended = voices.filter(
        Q(case__state__in=["closed", "archived"], case__dispatched_at__isnull=False, case__verified_at__isnull=False)
        | Q(case__merged_into__state__in=["closed", "archived"])
    )
    judged = ended.filter(evaluations__isnull=False).distinct().count()
    assert judged / ended.count() == pytest.approx(0.92, abs=0.015)
    judgements = Evaluation.objects.all()
    content = judgements.exclude(satisfied="no").count()
    assert content / judgements.count() == pytest.approx(0.95, abs=0.015)
    late = done.filter(handled_at__gt=F("handle_due_at")).count()
    assert 0.03 < late / done.count() < 0.2


def test_duplicates_come_in_clusters(street):
    merged = cases().filter(merged_into__isnull=False).values("merged_into").annotate(n=Count("pk"))
    sizes = {row["n"] + 1 for row in merged}
    assert 2 in sizes
    assert max(sizes) <= 7
    for case in cases().filter(merged_into__isnull=False).select_related("merged_into"):
        assert case.matter_id in {None, case.merged_into.matter_id}
        assert case.compound_id == case.merged_into.compound_id


def test_seasons(street):
    def months(code):
        found = cases().filter(matter__code=code).values_list("reported_at", flat=True)
        return Counter(at.astimezone(clock.OFFICE).month for at in found)

    heating = months("26014")
    assert sum(heating[m] for m in (11, 12, 1, 2, 3)) > 2 * sum(heating[m] for m in range(4, 11))
    drains = months("26004")
    assert sum(drains[m] for m in (6, 7, 8)) > sum(drains[m] for m in (12, 1, 2, 3))


def test_nothing_is_told_of_the_future_and_time_never_runs_back(street):
    now = clock.now()
    assert not TimelineEntry.objects.filter(at__gt=now).exists()
    last = {}
    for case_id, at in TimelineEntry.objects.order_by("id").values_list("case_id", "at"):
        assert last.get(case_id, at) <= at
        last[case_id] = at
    assert not cases().filter(state__in=["needs_info", "evaluating"], due_at__lte=now).exists()
    assert not cases().filter(state="closed", closed_at__lte=now - dt.timedelta(days=16)).exists()


def test_nobody_verified_his_own_units_work(street):
    for check in Verification.objects.select_related("handling__unit"):
        if check.handling is not None:
            assert check.by_id != check.handling.by_id
            own = Post.objects.filter(user=check.by_id, organisation__path__startswith=check.handling.unit.path)
            assert not own.exists()


def test_results_carry_what_the_matter_asks_for(street):
    done = Handling.objects.filter(result__in=["solved", "partly"]).select_related("case__matter")
    for handling in done.annotate(n=Count("quantities")):
        matter = handling.case.matter
        assert handling.n >= 1
        assert bool(handling.legal_basis) >= matter.legal_basis_required
        assert bool(handling.area_m2) >= matter.area_required


def test_open_cases_have_their_duty(street):
    open_ = cases().filter(state__in=[s.value for s in OPEN])
    held = set(Duty.objects.filter(subject_type="case", done_at__isnull=True).values_list("subject_id", flat=True))
    waiting = {case.pk for case in open_.exclude(state__in=["needs_info", "hung"])}  # neither is anybody's turn
    assert waiting <= held
    assert held <= {case.pk for case in open_}


def test_confidential_cases_hide_from_ordinary_search(street):
    secret = cases().filter(confidential=True)
    assert secret.count() >= 1
    chen = User.objects.get(username="chen")
    assert not Case.objects.visible_to(chen).filter(confidential=True).exists()
    luo = User.objects.get(username="luo")
    assert Case.objects.visible_to(luo).filter(confidential=True).count() == secret.count()


def test_the_stories_are_told(street):
    numbers = building.done()["history"]["stories"]
    assert set(numbers) == {
        *("shed", "green", "parking", "dispute", "workshop", "main", "garage"),
        *("roof", "pipes", "hedge", "bins", "lamp", "door"),
    }
    told = {key: cases().get(number=number) for key, number in numbers.items()}
    shed = told["shed"]
    assert (shed.state, shed.matter.code, shed.result) == ("closed", "06001", "solved")
    assert shed.compound.name_zh == "物业所家属院"
    handling = shed.handlings.get()
    assert (float(handling.area_m2), handling.legal_basis) == (18.5, "《中华人民共和国城乡规划法》第六十四条")
    judged = Evaluation.objects.filter(report__case=shed)
    assert [(e.solved, e.satisfied) for e in judged] == [("yes", "yes")] * 2
    assert (told["parking"].result, told["parking"].legacy) == ("long_term", True)
    assert told["dispute"].legacy is True
    assert told["dispute"].unit.kind == "mediation"
    assert (told["workshop"].reworks, told["workshop"].handlings.count()) == (1, 2)
    assert told["green"].assignments.count() == 4
    lin = User.objects.get(username="lin")
    assert Case.objects.visible_to(lin).filter(pk=shed.pk).exists()


def test_photos_are_there_with_the_time_of_the_phone(street):
    assert MediaFile.objects.count() >= 40
    assert not CasePhoto.objects.filter(media__isnull=True).exists()
    assert not MediaFile.objects.filter(taken_at__isnull=True).exists()


def test_a_company_answers_for_its_own_compounds_only(street):
    lamp = get_matter("26012")
    managed = Compound.objects.get(name_zh="和睦家园")
    alone = Compound.objects.get(name_zh="物业所家属院")
    with_company = route(lamp, managed.community, compound=managed)
    assert with_company.main is not None
    assert with_company.main.kind == "property_company"
    assert with_company.main.responsibilities.filter(compound=managed).exists()
    without = route(lamp, alone.community, compound=alone)
    assert without.main is not None
    assert without.main.kind != "property_company"


def test_a_killed_build_was_finished_with_the_size_and_seed_of_its_beginning(street):
    marks = building.done()
    assert list(marks) == list(building.STAGES)
    assert {(mark["size"], mark["seed"]) for mark in marks.values()} == {("small", street.seed)}
    assert building.standing() == "small"


def test_the_command_does_nothing_where_the_street_stands(street):
    before = (cases().count(), User.objects.count())
    out = StringIO()
    call_command("town", size="small", stdout=out)
    assert out.getvalue() == "The street exists (small); nothing was changed.\n"
    assert (cases().count(), User.objects.count()) == before


def test_the_log_ins_are_printed_with_the_stories(street):
    out = StringIO()
    call_command("town", logins=True, stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[1].split() == [
        "lin",
        "林晓",
        "专职网格员",
        "Grid",
        "worker",
        "槐荫社区",
        "Huaiyin",
        "Community",
        "wangge-demo-2026",
    ]
    assert sum("wangge-demo-2026" in line for line in lines) == 13
    number = building.done()["history"]["stories"]["shed"]
    assert f"  {number}  家属院后的泡沫板房 · The foam-board shed behind the family compound" in lines


def test_something_was_done_about_what_is_late(street):
    alerts = Alert.objects.values_list("rung", flat=True)
    assert set(alerts) >= {0, 1}  # whether anything is over by a working day more hangs on the hour of the building
    slips = Supervision.objects.unscoped("the test counts")
    assert slips.filter(replied_at__isnull=False).count() >= 1
    assert slips.filter(replied_at__isnull=True).count() >= 1
    assert all(slip.number.startswith(("NC督〔", "BC督〔")) for slip in slips)
    done, running = Inspection.objects.unscoped("the test counts").order_by("id")
    assert done.concluded_at is not None
    assert (done.cases.filter(finding="").count(), running.cases.exclude(finding="").count()) == (0, 2)
    luo = User.objects.get(username="luo")
    rows = late(luo, LateFilter())
    assert len(rows) >= 5
    assert all(row.done.alerts for row in rows)


def test_one_whistle_is_rated_and_one_waits_for_its_meeting(street):
    luo = User.objects.get(username="luo")
    rated = whistle_queries.ended(luo)
    assert [whistle.kind.code for whistle in rated] == ["emergency"]
    assert all(call.on_the_spot and call.in_time and call.result for call in whistle_queries.calls(rated[0]))
    assert rated[0].case.state == "closed"
    waiting = whistle_queries.running(luo)
    assert [(whistle.kind.code, whistle.state, whistle.calls.count()) for whistle in waiting] == [
        ("livelihood", "called", 4)
    ]
    assert waiting[0].meet_at > waiting[0].decided_at
    assert whistle_queries.running(User.objects.get(username="zhao")) == []


def told(key: str) -> Case:
    return cases().get(number=building.done()["history"]["stories"][key])


def test_one_running_case_was_given_more_time(street):
    roof = told("roof")
    extension = roof.extensions.get()
    assert (roof.state, extension.granted, extension.days, extension.nth) == ("handling", True, 5, 1)
    assert extension.due_after == roof.due_at == roof.handle_due_at
    assert roof.due_at > clock.now()
    assert extension.asked_at < extension.due_before < extension.due_after


def test_one_case_is_hung_and_listed_publicly(street, client):
    pipes = told("pipes")
    hang = pipes.hangs.get()
    assert (pipes.state, hang.granted, hang.why, hang.ended_at) == ("hung", True, "project", None)
    assert hang.review_on > clock.today()
    assert hang.decided_by.username == "nc-leader-2"
    page = client.get("/p/hung/").content.decode()
    for word in (pipes.number, "每半月疏通一次", f"{hang.review_on.month}月{hang.review_on.day}日"):
        assert word in page, word
    assert "时长顺" not in page


def test_one_dispute_was_ruled_and_proposes_a_rule(street):
    hedge = told("hedge")
    ruling = hedge.rulings.get()
    assert (hedge.state, hedge.returns, hedge.unit.name_zh) == ("handling", 2, "园林绿化管护站")
    assert ruling.unit == hedge.unit
    assert ruling.units.count() == 3
    slip = Supervision.objects.unscoped("the test looks").get(case=hedge)
    assert (slip.unit, slip.reply != "", slip.is_late) == (hedge.unit, True, False)
    assert ruling.proposal.rule["matter"] == hedge.matter_id
    assert ruling.proposal.rule["unit"] == hedge.unit_id
    luo = User.objects.get(username="luo")
    assert [precedent.ruling.pk for precedent in procedures.precedents(luo)] == [ruling.pk]
    assert [proposal.pk for proposal, _rule in proposals.proposals(luo)] == [ruling.proposal_id]


def test_three_second_checks_one_waits_one_passed_one_did_not(street):
    waits = told("bins").second_checks.order_by("id").last()
    assert (waits.why, waits.at, waits.lapsed, waits.round) == ("reopened", None, "", 2)
    assert waits.due_at > clock.now()
    lin = User.objects.get(username="lin")
    assert waits.pk in {check.pk for check in second_checks.waiting(lin)}
    passed = told("lamp").second_checks.get()
    assert (passed.why, passed.passed, passed.by.username) == ("photo", True, "lin")
    door = told("door")
    failed = door.second_checks.get()
    assert (failed.why, failed.passed, door.state, door.round) == ("photo", False, "handling", 2)
    assert failed.by != failed.verification.by
    slip = Supervision.objects.unscoped("the test looks").get(case=door)
    assert (slip.issued_by.username, slip.is_open) == ("luo", True)
    for case in (told("lamp"), door):
        assert case.photos.filter(kind="second", media__isnull=False).count() == 1
        assert case.photos.filter(doubt__isnull=False).count() == 1
