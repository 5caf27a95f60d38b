"""The ten modules, the catalogue and the routing rules on the desk."""

from __future__ import annotations

import pytest

from wangge.doors.desk.catalogue.forms import MatterForm
from wangge.foundation.catalogue.models import Matter, RoutingRule


def text_of(answer) -> str:
    return answer.content.decode()


class TestModulesAndCatalogue:
    @pytest.mark.parametrize(
        "module",
        ["openness", "party", "discipline", "order", "safety", "health", "city", "social", "economy", "finance"],
    )
    def test_ten_modules(self, town, at_desk, module):
        page = text_of(at_desk("chen").get(f"/desk/modules/{module}/"))
        assert 'aria-current="page"' in page
        assert "本模块台账正在准备" in page

    def test_a_module_shows_its_cases(self, town, at_desk):
        case = town.filed()
        assert case.number in text_of(at_desk("chen").get("/desk/modules/city/"))
        assert case.number not in text_of(at_desk("chen").get("/desk/modules/party/"))
        assert case.number not in text_of(at_desk("zhao").get("/desk/modules/city/"))
        assert at_desk("he").get("/desk/modules/city/").status_code == 403
        assert at_desk("chen").get("/desk/modules/other/").status_code == 404

    def test_matters_are_found(self, town, at_desk):
        page = text_of(at_desk("he").get("/desk/catalogue/", {"q": "06001"}))
        assert "/desk/catalogue/06001/" in page
        assert "/desk/catalogue/06010/" not in page
        assert at_desk("tan").get("/desk/catalogue/").status_code == 403
        assert at_desk("chen").get("/desk/catalogue/99999/").status_code == 404

    def changed(self, **more):
        matter = Matter.objects.get(code="06001")
        values = MatterForm.about(matter)
        plain = {k: ("，".join(v) if isinstance(v, list) and k != "tasks" else v) for k, v in values.items()}
        return {k: v for k, v in plain.items() if v is not False} | more

    def test_a_matter_is_edited(self, town, at_desk):
        answer = at_desk("luo").post(
            "/desk/catalogue/06001/edit/", self.changed(handling_amount=10, keywords="棚子, 板房")
        )
        assert answer.status_code == 302
        matter = Matter.objects.get(code="06001")
        assert (matter.handling_amount, matter.keywords, matter.edited) == (10, ["棚子", "板房"], True)

    def test_a_wrong_value_changes_nothing(self, town, at_desk):
        answer = at_desk("luo").post("/desk/catalogue/06001/edit/", self.changed(confidential="on", public="on"))
        assert answer.status_code == 422
        assert at_desk("chen").post("/desk/catalogue/06001/edit/", self.changed(handling_amount=1)).status_code == 403
        assert Matter.objects.get(code="06001").handling_amount == 15

    def test_a_matter_is_withdrawn(self, town, at_desk):
        assert at_desk("chen").post("/desk/catalogue/06001/withdraw/").status_code == 403
        assert Matter.objects.get(code="06001").valid_to is None
        assert at_desk("root").post("/desk/catalogue/06001/withdraw/").status_code == 302
        assert Matter.objects.get(code="06001").valid_to is not None

    def test_routing_is_tried(self, town, at_desk):
        page = text_of(
            at_desk("he").get("/desk/catalogue/routing/", {"try-matter": "06001", "try-area": town.grid1.pk})
        )
        assert '<p class="dk-route__main"><b>综合执法队</b></p>' in page

    def test_a_rule_is_added_and_ended(self, town, at_desk):
        fields = {"subject": "matter:06001", "area": town.grid1.pk, "duty": "main", "unit": town.sanitation.pk}
        assert at_desk("chen").post("/desk/catalogue/routing/add/", fields).status_code == 403
        count = RoutingRule.objects.count()
        assert at_desk("luo").post("/desk/catalogue/routing/add/", fields).status_code == 302
        rule = RoutingRule.objects.get(area=town.grid1)
        assert (rule.matter, rule.unit) == (town.shed, town.sanitation)
        again = at_desk("luo").post("/desk/catalogue/routing/add/", fields)
        assert (again.status_code, RoutingRule.objects.count()) == (422, count + 1)
        assert at_desk("chen").post(f"/desk/catalogue/routing/{rule.pk}/end/").status_code == 403
        assert at_desk("luo").post(f"/desk/catalogue/routing/{rule.pk}/end/").status_code == 302
        assert RoutingRule.objects.count() == count

    def test_a_rule_without_unit_or_subject(self, town, at_desk):
        count = RoutingRule.objects.count()
        for fields in ({"subject": "", "duty": "main"}, {"subject": "class:06", "area": town.grid1.pk, "duty": "main"}):
            assert at_desk("luo").post("/desk/catalogue/routing/add/", fields).status_code == 422
        assert RoutingRule.objects.count() == count

    def test_rules_are_narrowed(self, town, at_desk):
        page = text_of(at_desk("chen").get("/desk/catalogue/routing/", {"module": "party"}))
        assert page.count("<tr><td>") == RoutingRule.objects.filter(module="party").count()
