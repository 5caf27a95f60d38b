"""Over the API: guesses with probabilities, alike cases with reasons, groups, proposed rules."""

from __future__ import annotations

import dataclasses

import pytest

from wangge.domains.cases import actions
from wangge.domains.cases.learning import samples
from wangge.domains.cases.models import Cluster
from wangge.foundation.catalogue import actions as catalogue
from wangge.foundation.catalogue.models import RoutingRule, RuleProposal

METRE = 1 / 111_320


@pytest.fixture
def two(town):
    place = town.place()
    first = town.reported()
    second = town.reported(place=dataclasses.replace(place, lat=place.lat + 10 * METRE))
    actions.clustering.propose_clusters()
    return town.read(first), town.read(second)


@pytest.fixture
def proposal(town):
    rule = RoutingRule(matter=town.shed, area=town.community, unit=town.sanitation, duty="main")
    return catalogue.propose_rule(rule=rule, reason="现场研判", by=town.luo)


def test_a_guess_without_a_model_claims_no_probability(town, calls):
    row = calls(town.lin).get("/catalogue/guess", text="下水道堵了").json()["items"][0]
    assert (row["matter"]["code"], row["probability"]) == ("26004", None)
    assert "下水道堵" in row["words"]


def test_a_guess_with_a_model(town, calls, monkeypatch):
    few = {"06010", "26004", "23010"}
    rows = tuple((text, code) for text, code in samples.seed() if code in few)
    monkeypatch.setattr(samples, "seed", lambda: rows)
    actions.learning.train()
    found = calls(town.lin).get("/catalogue/guess", text="电梯困人了").json()["items"]
    assert found[0]["matter"]["code"] == "23010"
    assert 1 <= len(found) <= 3
    assert 0 < sum(row["probability"] for row in found) <= 1
    assert any("电梯" in word for word in found[0]["words"])


def test_alike_cases_with_reasons(town, calls, two):
    found = calls(town.bai).get(f"/cases/{two[0].public_id}/alike").json()["items"]
    assert [row["case"]["number"] for row in found] == [two[1].number]
    assert found[0]["metres"] == 10.0
    assert found[0]["probability"] > 0.9
    assert {"text": "同一事项", "speaks_for": True} in found[0]["reasons"]
    assert calls(town.bai).get(f"/cases/{two[0].public_id}/alike", radius=5).json() == {"items": []}
    assert calls(town.bai).get(f"/cases/{two[0].public_id}/alike", radius=501).status_code == 422
    assert calls(town.zhao).get(f"/cases/{two[0].public_id}/alike").status_code == 404


def test_a_group_is_made_one(town, calls, two):
    bai = calls(town.bai)
    row = bai.get("/clusters").json()["items"][0]
    assert [case["number"] for case in row["cases"]] == [case.number for case in two]
    body = {"into": str(two[0].public_id), "cases": [str(case.public_id) for case in two]}
    answer = bai.post(f"/clusters/{row['id']}/merge", body)
    assert (answer.status_code, answer.json()) == (200, {"id": row["id"], "into": str(two[0].public_id)})
    assert town.read(two[1]).state == "merged"
    assert bai.get("/clusters").json() == {"items": [], "next": None}
    assert bai.post(f"/clusters/{row['id']}/merge", body).status_code == 404


def test_what_is_wrong_about_a_group_changes_nothing(town, calls, two):
    bai = calls(town.bai)
    cluster = Cluster.objects.get()
    foreign = town.reported(area=town.grid2, by=town.gao)
    for body in (
        {"into": str(two[0].public_id), "cases": [str(foreign.public_id)]},
        {"into": str(two[0].public_id), "cases": [str(two[0].public_id)]},
        {"into": str(two[0].public_id), "cases": []},
        {"into": "x", "cases": [str(two[1].public_id)]},
    ):
        assert bai.post(f"/clusters/{cluster.pk}/merge", body).status_code == 422
    assert calls(town.zhao).post(f"/clusters/{cluster.pk}/refuse").status_code == 404
    assert calls(town.lin).post(f"/clusters/{cluster.pk}/refuse").status_code == 403
    assert (Cluster.objects.get().state, town.read(two[1]).state) == ("proposed", "reported")
    assert bai.post(f"/clusters/{cluster.pk}/refuse").json() == {"id": cluster.pk, "into": None}
    assert Cluster.objects.get().state == "refused"


def test_a_proposed_rule_with_its_trial(town, calls, proposal):
    town.handled()
    luo = calls(town.luo)
    row = luo.get("/catalogue/proposals").json()["items"][0]
    assert (row["id"], row["rule"]["matter"]["code"], row["rule"]["unit"]["name"]) == (proposal.pk, "06001", "环卫所")
    trial = luo.get(f"/catalogue/proposals/{proposal.pk}").json()["trial"]
    assert trial == {
        "days": 30, "cases": 1, "judged": 1, "elsewhere": 1, "right_before": 1, "right_after": 0,
    }  # fmt: skip
    assert calls(town.chen).get("/catalogue/proposals").status_code == 403


def test_a_proposed_rule_is_decided_once(town, calls, proposal):
    luo = calls(town.luo)
    assert luo.post(f"/catalogue/proposals/{proposal.pk}/refuse", {"decision": ""}).status_code == 422
    assert RuleProposal.objects.get().state == "proposed"
    answer = luo.post(f"/catalogue/proposals/{proposal.pk}/accept", {"decision": "同意"})
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    assert luo.post(f"/catalogue/proposals/{proposal.pk}/refuse", {"decision": "不"}).status_code == 409
    assert luo.get("/catalogue/proposals").json() == {"items": [], "next": None}
    assert luo.post("/catalogue/proposals/999999999/accept", {}).status_code == 404
