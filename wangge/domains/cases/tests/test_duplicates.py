"""Whether two reports are one thing: the score, its reasons, the candidates, the clusters."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wangge.domains.cases import actions
from wangge.domains.cases.actions import clustering
from wangge.domains.cases.learning import alike, clusters, duplicates
from wangge.domains.cases.learning.duplicates import COEFFICIENTS, Thing, groups, score, shared_words, similarity
from wangge.domains.cases.models import Case, Cluster, ClusterMember, Report
from wangge.domains.cases.tests.traces import at, refused, verbs
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError

NEAR = Thing(at=at(), text="楼道里电动车飞线充电", lon=116.0, lat=35.0, matter="23002", matter_class="23")
METRE = 1 / 111_320


def test_texts_are_compared_by_what_they_share():
    assert similarity("井盖坏了", "井盖坏了") == pytest.approx(1.0)
    assert similarity("井盖坏了", "路灯不亮") == 0.0
    assert similarity("", "井盖") == 0.0
    assert shared_words("东门口的井盖不见了", "井盖在东门口没有了") == ("东门口", "井盖")
    assert shared_words("天气好", "路灯坏") == ()


def test_the_same_words_at_the_same_place_are_one_thing_and_far_ones_are_not():
    assert score(NEAR, dataclasses.replace(NEAR, at=at(hour=11))).probability > 0.95
    far = dataclasses.replace(NEAR, lat=35.0 + 400 * METRE, at=at(day=20), text="楼上往下扔垃圾", matter="23016")
    assert score(NEAR, far).probability < 0.05


def test_every_fact_is_named_and_the_sum_is_the_score():
    import math

    found = score(NEAR, dataclasses.replace(NEAR, lat=35.0 + 30 * METRE, text="飞线充电太危险"))
    assert [factor.name for factor in found.factors] == list(COEFFICIENTS)
    odds = duplicates.BIAS + sum(factor.weight for factor in found.factors)
    assert found.probability == pytest.approx(1 / (1 + math.exp(-odds)))
    assert round(found.metres) == 30
    assert [factor.words for factor in found.factors if factor.name == "text"] == [("飞线充电",)]


@pytest.mark.parametrize(
    ("fact", "closer", "further"),
    [
        ("distance", {"lat": 35.0 + 5 * METRE}, {"lat": 35.0 + 90 * METRE}),
        ("matter", {"matter": "23002"}, {"matter": "06010", "matter_class": "06"}),
        ("matter", {"matter": "23003"}, {"matter": "06010", "matter_class": "06"}),
        ("matter", {"matter": ""}, {"matter": "06010", "matter_class": "06"}),
        ("time", {"at": at(hour=10)}, {"at": at(day=9)}),
        ("text", {"text": "飞线充电"}, {"text": "噪音"}),
        ("open", {"is_open": True}, {"is_open": False}),
        ("place", {"building": 7}, {"building": 8}),
        ("room", {"address": "2单元301室"}, {"address": "2单元402室"}),
    ],
)
def test_each_fact_counts_in_its_direction(fact, closer, further):
    one = dataclasses.replace(NEAR, building=7, address="2单元301室") if fact in {"place", "room"} else NEAR
    assert (
        score(one, dataclasses.replace(one, **closer)).probability
        > score(one, dataclasses.replace(one, **further)).probability
    )


def test_confused_matters_stand_between_the_same_and_another():
    other = dataclasses.replace(NEAR, matter="06036", matter_class="06")
    same = score(NEAR, NEAR).probability
    confused = score(NEAR, other, confused=lambda pair: set(pair) == {"23002", "06036"}).probability
    assert same > confused > score(NEAR, other).probability


things = st.builds(
    Thing,
    at=st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001
    text=st.text(alphabet="井盖路灯坏了漏水", max_size=12),
    address=st.sampled_from(["", "301室", "402室"]),
    lon=st.floats(115.99, 116.01),
    lat=st.floats(34.99, 35.01),
    matter=st.sampled_from(["", "23002", "23003", "06010"]),
    matter_class=st.sampled_from(["23", "06"]),
    building=st.sampled_from([None, 1, 2]),
    is_open=st.booleans(),
)


@given(things, things)
@settings(max_examples=200, deadline=None)
def test_a_score_is_symmetric_and_a_probability(one, other):
    there, back = score(one, other), score(other, one)
    assert 0.0 <= there.probability <= 1.0
    assert there.probability == pytest.approx(back.probability)


def test_groups_join_the_surest_pairs_first_and_keep_apart_what_a_person_parted():
    pairs = [(1, 2, 0.9), (2, 3, 0.95), (4, 5, 0.85), (5, 6, 0.5)]
    assert groups(pairs) == [(1, 2, 3), (4, 5)]
    assert groups(pairs, apart=frozenset({frozenset((1, 3))})) == [(2, 3), (4, 5)]
    assert groups(pairs, most=2) == [(2, 3), (4, 5)]
    assert groups([]) == []


@given(
    st.lists(
        st.tuples(st.integers(1, 12), st.integers(1, 12), st.floats(0, 1)).filter(lambda p: p[0] != p[1]), max_size=40
    ),
    st.integers(2, 6),
)
@settings(max_examples=200, deadline=None)
def test_groups_never_overlap_and_never_grow_too_large(pairs, most):
    found = groups(pairs, most=most)
    members = [pk for group in found for pk in group]
    assert len(members) == len(set(members))
    assert all(2 <= len(group) <= most for group in found)


# with cases


def moved(town, metres: float):
    place = town.place()
    return dataclasses.replace(place, lat=place.lat + metres * METRE)


def test_candidates_are_open_near_recent_and_visible(town):
    one = town.reported(at=at())
    near = town.reported(at=at(hour=10), place=moved(town, 40))
    town.reported(at=at(hour=10), place=moved(town, 300))
    town.reported(at=at(day=1, month=1))
    town.reported(at=at(hour=10), area=town.north_grid, by=town.zhao)
    found = alike.alike(town.chen, alike.thing_of(town.read(one)), exclude=one.pk)
    assert [(hit.case.pk, hit.metres) for hit in found] == [(near.pk, 40)]
    assert found[0].likely
    assert alike.alike(town.zhao, alike.thing_of(town.read(one))) == []
    wider = alike.alike(town.chen, alike.thing_of(town.read(one)), exclude=one.pk, radius=500)
    assert len(wider) == 2


def test_without_a_position_the_area_is_compared(town):
    one = town.reported(at=at())
    thing = alike.thing_said(text=one.text, at=at(hour=10))
    assert [hit.case.pk for hit in alike.alike(town.chen, thing, area=town.community)] == [one.pk]
    assert alike.alike(town.chen, thing) == []
    assert alike.alike(town.chen, thing, area=town.grid3) == []


def test_the_public_page_learns_of_public_matters_only(town):
    litter = town.reported(at=at(), matter=town.litter, text="墙根有一大堆垃圾没人清")
    thing = dataclasses.replace(alike.thing_of(town.read(litter)), at=at(hour=10))
    assert [hit.case.pk for hit in alike.alike_for_reporters(thing)] == [litter.pk]
    assert alike.joinable(litter.number, thing).pk == litter.pk
    assert alike.joinable(litter.number, dataclasses.replace(thing, lat=thing.lat + 600 * METRE)) is None
    assert alike.joinable(litter.number, dataclasses.replace(thing, at=at(day=28, month=6))) is None
    assert alike.joinable("NC-2026-999999", thing) is None
    Case.objects.unscoped("test").filter(pk=litter.pk).update(confidential=True)
    assert alike.alike_for_reporters(thing) == []
    assert alike.joinable(litter.number, thing) is None


def two_alike(town) -> tuple[Case, Case]:
    return town.reported(at=at()), town.reported(at=at(hour=10), place=moved(town, 10), contact=town.wu())


def test_the_job_proposes_once_and_withdraws_what_no_longer_holds(town):
    one, two = two_alike(town)
    assert clustering.propose_clusters(at=at(hour=11)) == 1
    assert clustering.propose_clusters(at=at(hour=12)) == 0
    cluster = Cluster.objects.get()
    assert sorted(cluster.members.values_list("case_id", flat=True)) == [one.pk, two.pk]
    assert (cluster.state, cluster.area_path) == ("proposed", town.grid1.path)
    assert cluster.score >= 0.8
    assert cluster.why[0][:2] == [one.pk, two.pk]
    assert cluster.why[0][3]["metres"] == 10
    actions.void(case=two, by=town.luo, reason="重复误报", at=at(hour=13))
    assert clustering.propose_clusters(at=at(hour=14)) == 0
    assert (Cluster.objects.count(), ClusterMember.objects.count()) == (0, 0)


def test_confidential_cases_are_never_proposed(town):
    _one, two = two_alike(town)
    Case.objects.unscoped("test").filter(pk=two.pk).update(confidential=True)
    assert clustering.propose_clusters(at=at(hour=11)) == 0


def test_merging_a_cluster_keeps_every_voice(town):
    one, two = two_alike(town)
    clustering.propose_clusters(at=at(hour=11))
    shown = clusters.proposed_to(town.bai)
    assert [case.pk for case in shown[0].cases] == [one.pk, two.pk]
    clustering.merge_cluster(cluster=shown[0].cluster, into=one, cases=shown[0].cases, by=town.bai, at=at(hour=12))
    assert (town.read(two).state, town.read(two).merged_into_id) == ("merged", one.pk)
    assert Report.objects.of_case(one).count() == 2
    assert verbs(one)[-1] == "merge"
    cluster = Cluster.objects.get()
    assert (cluster.state, cluster.decided_by, cluster.decided_at) == ("merged", town.bai, at(hour=12))
    assert clusters.proposed_to(town.bai) == []
    assert AuditEntry.objects.filter(kind="cluster.merge").count() == 1
    with refused(ConflictError):
        clustering.merge_cluster(cluster=cluster, into=one, cases=[one, two], by=town.bai)


def test_a_refused_cluster_is_not_proposed_again_not_even_in_a_larger_one(town):
    one, two = two_alike(town)
    clustering.propose_clusters(at=at(hour=11))
    clustering.refuse_cluster(cluster=Cluster.objects.get(), by=town.bai, at=at(hour=12))
    assert clustering.propose_clusters(at=at(hour=13)) == 0
    three = town.reported(at=at(hour=13), place=moved(town, 5))
    assert clustering.propose_clusters(at=at(hour=14)) == 1
    held = set(Cluster.objects.get(state="proposed").members.values_list("case_id", flat=True))
    assert held in ({one.pk, three.pk}, {two.pk, three.pk})


def test_who_may_not_merge_sees_and_decides_nothing(town):
    one, two = two_alike(town)
    clustering.propose_clusters(at=at(hour=11))
    cluster = Cluster.objects.get()
    for stranger in (town.lin, town.zhao, town.he):
        assert clusters.proposed_to(stranger) == []
        with refused(NotFoundError):
            clusters.get_cluster(stranger, cluster.pk)
        with refused(NotAllowedError):
            clustering.merge_cluster(cluster=cluster, into=one, cases=[two], by=stranger)
        with refused(NotAllowedError):
            clustering.refuse_cluster(cluster=cluster, by=stranger)
    assert Cluster.objects.get().state == "proposed"


def test_only_cases_of_the_proposal_are_merged(town):
    one, two = two_alike(town)
    other = town.reported(at=at(), area=town.grid2, by=town.gao)
    clustering.propose_clusters(at=at(hour=11))
    cluster = Cluster.objects.get()
    for into, cases in ((one, [other]), (other, [one]), (one, []), (one, [one])):
        with refused(InvalidError, field="cases"):
            clustering.merge_cluster(cluster=cluster, into=into, cases=cases, by=town.bai)
    assert (town.read(two).state, Cluster.objects.get().state) == ("reported", "proposed")


def test_the_number_of_a_house_in_a_street_is_nobodys_room():
    one = dataclasses.replace(NEAR, address="解放街186号货场家属院13号楼")
    other = dataclasses.replace(one, address="解放街186号货场家属院11号楼")
    assert score(one, other) == score(one, dataclasses.replace(other, address=""))


def test_the_same_room_number_in_two_houses_is_two_rooms():
    one = dataclasses.replace(NEAR, building=7, address="2单元301室")
    other = dataclasses.replace(one, building=8)
    assert {factor.name: factor.value for factor in score(one, other).factors}["room"] == 0.0


@pytest.mark.parametrize("said", ["3号楼2单元301", "2单元301室", "301室", "3幢301", "301户"])
def test_a_room_is_read_however_it_is_written(said):
    one = dataclasses.replace(NEAR, address=said)
    assert {factor.name: factor.value for factor in score(one, dataclasses.replace(NEAR, address="301室")).factors}[
        "room"
    ] == 1.0
