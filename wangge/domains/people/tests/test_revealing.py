"""One field, one purpose, one audit row."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.people import access
from wangge.domains.people.actions import revealing
from wangge.domains.people.models import AccessGrant, PersonSeen, Purpose
from wangge.domains.people.tests.test_access import crowd, grant
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock, keystore
from wangge.foundation.core.problems import InvalidError, NotAllowedError, NotFoundError


def rows(kind="person.reveal"):
    return AuditEntry.objects.filter(kind=kind)


def test_a_field_is_shown_whole_and_audited(town, homes):
    shown = revealing.reveal(by=town.lin, person=homes.wu, field="phone", purpose="visit", reference="NC-1")
    assert shown == "10012340001"
    (row,) = rows()
    assert (row.actor_id, row.subject_type, row.subject_id) == (town.lin.pk, "person", homes.wu.pk)
    assert row.data == {"field": "phone", "purpose": "visit", "reference": "NC-1"}
    assert PersonSeen.objects.filter(user=town.lin, person=homes.wu).count() == 1


@pytest.mark.parametrize("field", list(revealing.FIELDS))
def test_every_field_one_by_one(town, homes, field):
    shown = revealing.reveal(by=town.lin, person=homes.wu, field=field, purpose="correction")
    assert bool(shown) is (field in {"name", "born", "id_number", "phone"})
    assert [row.data["field"] for row in rows()] == [field]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"field": "tokens"}, InvalidError),
        ({"field": "sex"}, InvalidError),
        ({"purpose": ""}, InvalidError),
        ({"purpose": "curiosity"}, InvalidError),
        ({"reference": "x" * 41}, InvalidError),
        ({"by": "gao"}, NotFoundError),
        ({"by": "chen"}, NotFoundError),
        ({"by": "tan"}, NotFoundError),
        ({"by": "root"}, NotFoundError),
    ],
)
def test_refusals_leave_nothing(town, homes, change, problem):
    asked = {"by": "lin", "field": "phone", "purpose": "visit"} | change
    with pytest.raises(problem):
        revealing.reveal(person=homes.wu, **asked | {"by": getattr(town, asked["by"])})
    assert rows().count() == 0
    assert PersonSeen.objects.count() == 0


def test_beyond_the_own_place_only_under_a_grant_for_that_purpose(town, homes):
    held = grant(town.lin, homes.cheng_home, "petition")
    assert revealing.reveal(by=town.lin, person=homes.cheng, field="phone", purpose="petition") == "10012340007"
    assert rows().get().data["grant"] == held.pk
    with pytest.raises(NotAllowedError):
        revealing.reveal(by=town.lin, person=homes.cheng, field="phone", purpose="visit")
    AccessGrant.objects.update(expires_at=clock.now() - dt.timedelta(seconds=1))
    with pytest.raises(NotFoundError):
        revealing.reveal(by=town.lin, person=homes.cheng, field="phone", purpose="petition")
    assert rows().count() == 1


def test_a_rescue_shows_the_phone_only_and_does_not_count(town, homes):
    grant(town.chen, homes.cheng_home, Purpose.RESCUE.value)
    assert revealing.reveal(by=town.chen, person=homes.shan, field="phone", purpose="rescue") == "10012340008"
    with pytest.raises(NotAllowedError):
        revealing.reveal(by=town.chen, person=homes.shan, field="id_number", purpose="rescue")
    assert rows().count() == 1
    assert PersonSeen.objects.count() == 0


def test_the_throttle_stops_reveals_too(town, homes, settings):
    settings.WANGGE_PERSONS_A_DAY = 3
    people = crowd(town, 5)
    shown = []
    for person in people:
        try:
            shown.append(revealing.reveal(by=town.lin, person=person, field="name", purpose="visit"))
        except access.TooManyPersonsError:
            shown.append(None)
    assert [bool(one) for one in shown] == [True, True, True, False, False]
    assert rows().count() == 3


def test_an_erased_person_cannot_be_revealed(town, homes):
    keystore.keys().destroy([homes.wu.public_id])
    with pytest.raises(revealing.ErasedError):
        revealing.reveal(by=town.lin, person=homes.wu, field="name", purpose="visit")


def test_whom_to_call_at_a_firm(town, homes):
    assert revealing.reveal_firm(by=town.lin, firm=homes.shop, field="contact_name", purpose="visit") == "张福来"
    row = rows("firm.reveal").get()
    assert (row.subject_type, row.subject_id, row.data["field"]) == ("firm", homes.shop.pk, "contact_name")
    with pytest.raises(NotFoundError):
        revealing.reveal_firm(by=town.gao, firm=homes.shop, field="contact_name", purpose="visit")
    with pytest.raises(InvalidError):
        revealing.reveal_firm(by=town.lin, firm=homes.shop, field="phone", purpose="visit")
    assert rows("firm.reveal").count() == 1


def test_the_row_is_there_before_the_value(town, homes, monkeypatch):
    """The key store fails: the audit row stays."""

    def broken(self, subjects):
        raise OSError("the disk with the keys is gone")

    monkeypatch.setattr(keystore.KeyStore, "get_many", broken)
    with pytest.raises(OSError, match="the disk"):
        revealing.reveal(by=town.lin, person=homes.wu, field="phone", purpose="visit")
    assert rows().count() == 1


def test_it_refuses_to_run_inside_a_transaction(own_database):
    """Else a later failure would take the row back after the value was shown."""
    from django.db import transaction

    from tests.town import Town
    from wangge.domains.people.tests.homes import build

    town = Town()
    homes = build(town)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        revealing.reveal(by=town.lin, person=homes.wu, field="phone", purpose="visit")
    assert rows().count() == 0
