"""Possible duplicates with reasons, groups, trials and proposals of rules, the models: as the desk sees them."""

from __future__ import annotations

import dataclasses
import html

import pytest
from django.apps import apps
from django.utils import translation

from wangge.domains.cases import actions
from wangge.domains.cases.learning import samples
from wangge.domains.cases.models import Case, Cluster, TextModel
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.catalogue import actions as catalogue
from wangge.foundation.catalogue.models import RoutingRule, RuleProposal, RulesVersion

METRE = 1 / 111_320


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


def text_of(answer) -> str:
    assert answer.status_code == 200, answer.status_code
    return html.unescape(answer.content.decode())


def moved(town, metres: float):
    place = town.place()
    return dataclasses.replace(place, lat=place.lat + metres * METRE)


@pytest.fixture
def two(town):
    first = town.reported()
    second = town.reported(place=moved(town, 10), contact=town.wu())
    actions.clustering.propose_clusters()
    return first, second


class TestDuplicates:
    def test_reasons_stand_beside_each(self, town, at_desk):
        first = town.reported()
        second = town.reported(place=moved(town, 30))
        page = text_of(at_desk("bai").get(f"/desk/cases/{second.number}/?open=merge"))
        assert f'name="into" value="{first.number}"' in page
        assert "相距 30 米" in page
        assert "同一事项" in page
        assert "99 %" in page

    def test_the_radius_is_chosen(self, town, at_desk):
        first = town.reported()
        second = town.reported(place=moved(town, 150))
        url = f"/desk/cases/{second.number}/alike/"
        assert first.number not in text_of(at_desk("bai").get(url))
        assert first.number in text_of(at_desk("bai").get(url, {"radius": "200"}))
        assert first.number not in text_of(at_desk("bai").get(url, {"radius": "9999"}))  # not offered: 100 m
        assert first.number in text_of(at_desk("bai").get(f"/desk/cases/{second.number}/?open=merge&radius=200"))

    def test_foreign_cases_are_not_there(self, town, at_desk):
        case = town.reported()
        assert at_desk("zhao").get(f"/desk/cases/{case.number}/alike/").status_code == 404
        assert at_desk("he").get(f"/desk/cases/{case.number}/alike/").status_code == 403

    def test_while_a_report_is_entered(self, town, at_desk):
        case = town.reported()
        place = town.place()
        asked = {"text": "家属院3号楼旁搭了板房", "lon": place.lon, "lat": place.lat}
        page = text_of(at_desk("bai").get("/desk/new/possible/", asked))
        assert f'name="join" value="{case.number}"' in page
        assert "都提到" in page
        elsewhere = asked | {"lat": place.lat + 400 * METRE}
        assert case.number not in text_of(at_desk("bai").get("/desk/new/possible/", elsewhere))
        assert case.number in text_of(at_desk("bai").get("/desk/new/possible/", elsewhere | {"radius": "500"}))


class TestClusters:
    def test_a_group_is_shown_with_its_reasons(self, two, at_desk):
        page = text_of(at_desk("bai").get("/desk/clusters/"))
        assert two[0].number in page
        assert two[1].number in page
        assert "相距 10 米" in page
        assert two[0].number not in text_of(at_desk("zhao").get("/desk/clusters/"))
        assert at_desk("lin").get("/desk/clusters/").status_code == 403

    def test_made_one(self, town, two, at_desk):
        cluster = Cluster.objects.get()
        sent = {"cases": [case.number for case in two], "into": two[1].number}
        answer = at_desk("bai").post(f"/desk/clusters/{cluster.pk}/merge/", sent)
        assert (answer.status_code, answer["Location"]) == (302, "/desk/clusters/")
        assert (town.read(two[0]).state, town.read(two[0]).merged_into_id) == ("merged", two[1].pk)
        assert at_desk("bai").post(f"/desk/clusters/{cluster.pk}/merge/", sent).status_code == 404

    def test_one_case_alone_is_no_group(self, town, two, at_desk):
        cluster = Cluster.objects.get()
        answer = at_desk("bai").post(
            f"/desk/clusters/{cluster.pk}/merge/", {"cases": [two[1].number], "into": two[1].number}
        )
        assert answer.status_code == 422
        page = html.unescape(answer.content.decode())
        assert f'name="into" value="{two[1].number}" checked' in page  # as it was chosen
        assert f'name="cases" value="{two[0].number}">' in page
        assert (town.read(two[0]).state, Cluster.objects.get().state) == ("reported", "proposed")

    def test_refused(self, two, at_desk):
        cluster = Cluster.objects.get()
        assert at_desk("bai").post(f"/desk/clusters/{cluster.pk}/refuse/").status_code == 302
        assert Cluster.objects.get().state == "refused"
        assert two[0].number not in text_of(at_desk("bai").get("/desk/clusters/"))

    def test_foreign_groups_answer_like_none(self, two, at_desk):
        cluster = Cluster.objects.get()
        for verb in ("merge", "refuse"):
            assert at_desk("zhao").post(f"/desk/clusters/{cluster.pk}/{verb}/").status_code == 404
            assert at_desk("lin").post(f"/desk/clusters/{cluster.pk}/{verb}/").status_code == 403
            assert at_desk("bai").get(f"/desk/clusters/{cluster.pk}/{verb}/").status_code == 405
        assert Cluster.objects.get().state == "proposed"


class TestRules:
    def rule(self, town, **more):
        return {
            "subject": "matter:06001", "area": town.community.pk, "duty": "main", "unit": town.sanitation.pk,
            "unit_kind": "", "note": "",
        } | more  # fmt: skip

    def test_a_rule_is_tried_before_it_holds(self, town, at_desk):
        case = town.handled()
        before = RoutingRule.objects.count()
        page = text_of(at_desk("luo").post("/desk/catalogue/routing/try/", self.rule(town)))
        assert case.number in page
        assert "环卫所" in page
        assert "1 / 1" in page
        assert "0 / 1" in page
        assert RoutingRule.objects.count() == before
        assert 'name="subject" value="matter:06001"' in page  # one button makes it hold
        assert at_desk("luo").post("/desk/catalogue/routing/add/", self.rule(town)).status_code == 302
        assert RoutingRule.objects.count() == before + 1

    def test_a_wrong_rule_is_refused_and_kept(self, town, at_desk):
        for wrong in ({"subject": ""}, {"unit": ""}, {"unit_kind": "sanitation"}, {"area": 10**9}):
            answer = at_desk("luo").post("/desk/catalogue/routing/try/", self.rule(town, **wrong))
            assert answer.status_code == 422, wrong
        assert at_desk("chen").post("/desk/catalogue/routing/try/", self.rule(town)).status_code == 403

    @pytest.fixture
    def proposal(self, town):
        rule = RoutingRule(matter=town.shed, area=town.community, unit=town.sanitation, duty="main")
        return catalogue.propose_rule(rule=rule, reason="现场研判：由环卫所负责", by=town.luo)

    def test_a_proposal_is_tried_then_accepted(self, town, at_desk, proposal):
        town.handled()
        assert "现场研判：由环卫所负责" in text_of(at_desk("luo").get("/desk/catalogue/proposals/"))
        url = f"/desk/catalogue/proposals/{proposal.pk}/"
        assert 'value="accept"' not in text_of(at_desk("luo").get(url))
        assert at_desk("luo").post(f"{url}try/").status_code == 302
        assert RuleProposal.objects.get().trial["cases"] == 1
        assert 'value="accept"' in text_of(at_desk("luo").get(url))
        assert at_desk("luo").post(f"{url}decide/", {"what": "accept"}).status_code == 302
        assert RuleProposal.objects.get().state == "accepted"
        assert "环卫所" in text_of(at_desk("luo").get("/desk/catalogue/routing/versions/"))
        assert at_desk("luo").post(f"{url}decide/", {"what": "accept"}).status_code == 422

    def test_a_refusal_without_a_reason_is_kept(self, at_desk, proposal):
        url = f"/desk/catalogue/proposals/{proposal.pk}/decide/"
        assert at_desk("luo").post(url, {"what": "refuse", "decision": " "}).status_code == 422
        assert RuleProposal.objects.get().state == "proposed"
        assert at_desk("luo").post(url, {"what": "refuse", "decision": "x" * 2001}).status_code == 422
        assert at_desk("luo").post(url, {"what": "refuse", "decision": "a\x00b"}).status_code == 422
        assert at_desk("luo").post(url, {"what": "refuse", "decision": "只是个案"}).status_code == 302
        assert (RuleProposal.objects.get().state, RulesVersion.objects.count()) == ("refused", 1)
        assert "只是个案" in text_of(at_desk("luo").get("/desk/catalogue/proposals/?state=refused"))

    def test_proposals_are_for_those_who_route_there(self, at_desk, proposal):
        assert at_desk("chen").get("/desk/catalogue/proposals/").status_code == 403
        assert at_desk("luo").get("/desk/catalogue/proposals/999999999/").status_code == 404

    def test_an_old_decision_is_explained_by_the_rules_of_its_day(self, town, at_desk, take):
        case = town.filed()
        take("chen", case, "dispatch", unit=town.enforcement.pk)
        assignment = town.read(case).assignments.get()
        version = RulesVersion.objects.latest("pk")
        assert assignment.rules_version == version.pk
        shipped = RoutingRule.objects.get(pk=int(assignment.why[0].removeprefix("rule:")))
        catalogue.end_rule(by=None, rule=shipped)
        page = text_of(at_desk("chen").get(f"/desk/cases/{case.number}/units/{assignment.pk}/why/"))
        assert str(shipped) in page
        assert f"第 {version.pk} 版" in page
        assert at_desk("chen").get(f"/desk/cases/{case.number}/units/999999999/why/").status_code == 404
        assert at_desk("zhao").get(f"/desk/cases/{case.number}/units/{assignment.pk}/why/").status_code == 404


class TestModels:
    @pytest.fixture
    def model(self, town, monkeypatch):
        few = {"06010", "26004", "23010", "24001", "06001"}
        rows = tuple((text, code) for text, code in samples.seed() if code in few)
        monkeypatch.setattr(samples, "seed", lambda: rows)
        return actions.learning.train()

    def test_the_page_before_and_after_the_first_training(self, town, at_desk, model):
        page = text_of(at_desk("luo").get("/desk/catalogue/learning/"))
        assert "使用中" in page
        assert "首个模型" in page
        assert "立即训练" in page
        assert "立即训练" not in text_of(at_desk("chen").get("/desk/catalogue/learning/"))

    def test_proposals_show_how_probable_they_are(self, town, at_desk, model):
        case = town.report(text="电梯又困人了，快来", matter=None).case
        Case.objects.unscoped("test").filter(pk=case.pk).update(matter=None)
        page = text_of(at_desk("bai").get(f"/desk/cases/{case.number}/?open=file"))
        assert 'name="matter" value="23010" checked' in page
        assert " %" in page.split('value="23010"')[1][:400]

    def test_training_is_asked_for_once(self, town, at_desk):
        jobs = apps.get_model("procrastinate", "ProcrastinateJob").objects.filter(task_name="cases.train_texts")
        assert at_desk("luo").post("/desk/catalogue/learning/train/").status_code == 302
        assert jobs.count() == 1
        assert at_desk("luo").post("/desk/catalogue/learning/train/").status_code == 302
        assert (jobs.count(), AuditEntry.objects.filter(kind="text_model.ask").count()) == (1, 1)
        assert at_desk("chen").post("/desk/catalogue/learning/train/").status_code == 403

    def test_switching_off_and_on(self, town, at_desk, model):
        url = f"/desk/catalogue/learning/{model.pk}/switch/"
        assert at_desk("chen").post(url).status_code == 403
        assert at_desk("luo").post(url).status_code == 302
        assert TextModel.objects.get().active is False
        assert at_desk("luo").post(url).status_code == 302
        assert TextModel.objects.get().active is True
        assert at_desk("luo").post("/desk/catalogue/learning/999999999/switch/").status_code == 404

    def test_a_running_training_shows_its_progress(self, town, at_desk):
        TextModel.objects.create(trained_at="2026-03-02T09:00+08:00", progress=37)
        assert 'value="37"' in text_of(at_desk("luo").get("/desk/catalogue/learning/"))
