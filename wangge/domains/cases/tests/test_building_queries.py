"""Open cases at a building, for somebody."""

from __future__ import annotations

from wangge.domains.cases.building_queries import open_at
from wangge.domains.cases.models import Case
from wangge.foundation.places.models import Building


def test_open_cases_of_the_building_that_one_may_see(town):
    building = Building.objects.get(name="3号楼")
    here, other, closed = town.filed(), town.filed(), town.closed()
    Case.objects.unscoped("set up").filter(pk=other.pk).update(building=None)
    Case.objects.unscoped("set up").filter(pk__in=[here.pk, closed.pk]).update(building=building)
    assert [case.number for case in open_at(town.chen, building)] == [here.number]
    assert [case.number for case in open_at(town.lin, building)] == [here.number]
    assert open_at(town.gao, building) == []
    assert open_at(town.zhao, building) == []


def test_the_rows_are_complete(town, django_assert_num_queries):
    building = Building.objects.get(name="3号楼")
    for _n in range(3):
        case = town.filed()
        Case.objects.unscoped("set up").filter(pk=case.pk).update(building=building)
    (first, *rest) = open_at(town.chen, building)
    assert len(rest) == 2
    with django_assert_num_queries(0):
        assert {(one.matter.code, one.area.name_zh, one.area.parent.name_zh) for one in (first, *rest)} == {
            ("06001", "第一网格", "槐荫社区")
        }
