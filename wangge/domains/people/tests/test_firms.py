"""Firms by their credit code, once; and how fresh the registry of a place is."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

import pytest

from wangge.domains.people import firms as reads
from wangge.domains.people import freshness, identity
from wangge.domains.people.actions import firms, registering
from wangge.domains.people.actions.firms import FirmFacts
from wangge.domains.people.models import Firm, Site
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import InvalidError, NotAllowedError, NotFoundError

SINCE = dt.date(2026, 11, 1)
_FIRST = "91999999MA00TEST1".replace("S", "A")
CODE = _FIRST + identity.credit_check(_FIRST)
FACTS = FirmFacts(
    "槐荫五金店", "shop", credit_code=CODE, trade="零售", contact_name="马五金", contact_phone="10012340055"
)


def count() -> int:
    return Firm.objects.unscoped("the test counts").count()


def add(town, homes, **more):
    return firms.add_firm(**({"by": town.lin, "facts": FACTS, "since": SINCE, "building": homes.building} | more))


def test_a_firm_is_entered_with_its_contact_sealed(town, homes):
    firm = add(town, homes)
    assert (firm.area_path, firm.building, firm.valid_from) == (town.grid1.path, homes.building, SINCE)
    assert "马五金".encode() not in bytes(firm.contact_name)
    assert reads.contact_of(firm) == reads.Contact("马*金", "100****0055")
    assert AuditEntry.objects.get(kind="firm.add").data == {"source": "visit", "ref": ""}


def test_the_same_code_once(town, homes):
    firm, before = add(town, homes), count()
    with pytest.raises(firms.KnownFirmError) as refusal:
        add(town, homes, facts=dataclasses.replace(FACTS, name="另一家", credit_code=CODE.lower()))
    assert (refusal.value.public_id, count()) == (firm.public_id, before)
    with pytest.raises(firms.KnownFirmError) as refusal:
        add(town, homes, by=town.gao, building=homes.building2)
    assert (refusal.value.public_id, count()) == (None, before)
    firms.close_firm(by=town.lin, firm=firm, until=dt.date(2026, 11, 10))
    assert add(town, homes).pk != firm.pk


def test_the_form_sent_twice(town, homes):
    key = uuid.uuid4()
    assert add(town, homes, public_id=key) == add(town, homes, public_id=key)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"credit_code": CODE[:-1] + "0"}, "credit_code"),
        ({"credit_code": "123"}, "credit_code"),
        ({"name": " "}, "name"),
        ({"kind": "cartel"}, "kind"),
        ({"staff": -1}, "staff"),
        ({"trade": "长" * 61}, "trade"),
    ],
)
def test_what_cannot_be_right(town, homes, changes, field):
    before = count()
    with pytest.raises(InvalidError) as refusal:
        add(town, homes, facts=dataclasses.replace(FACTS, **changes))
    assert (refusal.value.field, count()) == (field, before)


def test_only_at_ones_own_place(town, homes):
    before = count()
    for who in (town.gao, town.zhao, town.chen):
        with pytest.raises(NotAllowedError):
            add(town, homes, by=who)
    with pytest.raises(NotAllowedError):
        firms.change_firm(by=town.gao, firm=homes.shop, facts=FACTS)
    with pytest.raises(NotAllowedError):
        firms.close_firm(by=town.gao, firm=homes.shop, until=SINCE)
    with pytest.raises(NotFoundError):
        reads.get_firm(town.gao, homes.shop.public_id)
    assert count() == before


def test_a_change_keeps_the_contact_that_is_not_given(town, homes):
    facts = FirmFacts("老张面馆", "shop", credit_code=homes.shop.credit_code, trade="餐饮", address="槐荫路20号")
    firm = firms.change_firm(by=town.lin, firm=homes.shop, facts=facts)
    assert (firm.address, reads.contact_of(firm).name) == ("槐荫路20号", "张*来")
    assert AuditEntry.objects.get(kind="firm.change").data == {"fields": ["address"]}


def test_a_list_by_name_and_code(town, homes):
    firm = add(town, homes)
    assert reads.firms(town.lin, text="五金", limit=10) == [firm]
    assert reads.firms(town.lin, text=CODE, limit=10) == [firm]
    assert reads.firms(town.lin, limit=10) == [homes.shop, firm]
    assert reads.firms(town.lin, limit=10, after=homes.shop.pk) == [firm]
    assert reads.firms(town.gao, limit=10) == []
    assert reads.firms_in(town.lin, building=homes.building) == [firm]


def test_a_special_place(town, homes):
    site = firms.add_site(by=town.lin, name="家属院充电棚", kind="dangerous", since=SINCE, building=homes.building)
    assert reads.sites_at(town.lin, building=homes.building) == [site]
    assert reads.sites_at(town.gao, building=homes.building) == []
    firms.end_site(by=town.lin, site=site, until=dt.date(2026, 11, 5))
    assert Site.objects.get().valid_to == dt.date(2026, 11, 5)
    assert reads.sites_at(town.lin, building=homes.building) == []


def test_how_fresh_a_place_is(town, homes):
    day = dt.date(2026, 11, 21)
    assert freshness.of_grids(town.lin, on=day) == {town.grid1.path: freshness.Fresh(3, 2)}
    assert freshness.of_buildings(town.lin, town.grid1.path, on=day) == {homes.building.pk: freshness.Fresh(3, 2)}
    assert freshness.of_buildings(town.gao, town.grid1.path, on=day) == {}
    assert freshness.at(town.community.path, on=day) == freshness.Fresh(4, 3)
    registering.verify_household(by=town.lin, household=homes.tenant_home)
    assert freshness.of_grids(town.lin)[town.grid1.path].percent == 100


def test_a_year_and_a_day_is_not_fresh(town, homes):
    assert freshness.of_grids(town.lin, on=dt.date(2027, 9, 1))[town.grid1.path] == freshness.Fresh(3, 2)
    assert freshness.of_grids(town.lin, on=dt.date(2027, 9, 2))[town.grid1.path] == freshness.Fresh(3, 0)
    assert freshness.Fresh(0, 0).percent is None
