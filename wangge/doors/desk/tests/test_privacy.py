"""The reveal endpoint, the page for looking beyond one's own place, the privacy officer's desk."""

from __future__ import annotations

import datetime as dt
import time
import uuid

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.urls import reverse

from wangge.domains.people.actions import granting, revealing
from wangge.domains.people.models import AccessGrant, PersonSeen, PrivacyAlert
from wangge.domains.people.tests.homes import CHENG
from wangge.domains.people.tests.test_access import crowd
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock

REVEAL = reverse("desk:person-reveal")


def ask(client, person, field="phone", purpose="visit", **more):
    return client.post(REVEAL, {"person": str(person.public_id), "field": field, "purpose": purpose}, **more)


def test_one_field_is_shown_once_and_not_kept(client, town, homes):
    town.log_in(client, town.lin)
    answer = ask(client, homes.wu)
    assert answer.status_code == 200
    assert "10012340001" in answer.text
    assert "no-store" in answer["Cache-Control"]
    assert "10012340001" not in str(answer.headers)
    assert AuditEntry.objects.get(kind="person.reveal").data["purpose"] == "visit"
    part = ask(client, homes.wu, headers={"hx-request": "true"})
    assert "<html" not in part.text
    assert 'href="tel:10012340001"' in part.text
    assert AuditEntry.objects.filter(kind="person.reveal").count() == 2


@pytest.mark.parametrize(
    ("who", "sent", "status"),
    [
        ("lin", {"purpose": ""}, 422),
        ("lin", {"field": "tokens"}, 422),
        ("lin", {"person": "x"}, 404),
        ("lin", {"person": str(uuid.uuid4())}, 404),
        ("gao", {}, 404),
        ("chen", {}, 404),
        ("tan", {}, 403),
        ("root", {}, 403),
    ],
)
def test_refused_and_nothing_recorded(client, town, homes, who, sent, status):
    town.log_in(client, getattr(town, who))
    answer = client.post(REVEAL, {"person": str(homes.wu.public_id), "field": "phone", "purpose": "visit"} | sent)
    assert answer.status_code == status
    assert "10012340001" not in answer.text
    assert AuditEntry.objects.filter(kind="person.reveal").count() == 0


def test_it_is_never_a_link(client, town, homes):
    town.log_in(client, town.lin)
    assert (
        client.get(REVEAL, {"person": str(homes.wu.public_id), "field": "phone", "purpose": "visit"}).status_code == 405
    )


def test_whom_to_call_at_a_firm(client, town, homes):
    town.log_in(client, town.lin)
    sent = {"firm": str(homes.shop.public_id), "field": "contact_phone", "purpose": "visit"}
    assert "10012340010" in client.post(reverse("desk:firm-reveal"), sent).text
    town.log_in(client, town.gao)
    assert client.post(reverse("desk:firm-reveal"), sent).status_code == 404
    assert AuditEntry.objects.filter(kind="firm.reveal").count() == 1


def test_a_scraper_is_stopped_at_fifty(client, town, homes):
    """An account that walks through everybody gets fifty persons, whichever way it asks, and the officer knows."""
    town.log_in(client, town.lin)
    people = crowd(town, 70)
    got = [ask(client, person, "name").status_code for person in people]
    assert got == [200] * 50 + [429] * 20
    assert PersonSeen.objects.filter(user=town.lin).count() == 50
    assert AuditEntry.objects.filter(kind="person.reveal").count() == 50
    assert PrivacyAlert.objects.filter(kind="many", user=town.lin).count() == 1
    assert ask(client, people[0], "phone").status_code == 200  # whom he saw already
    answer = ask(client, people[60], "phone")
    assert answer.status_code == 429
    assert "10012350060" not in answer.text


def code_of(user):
    cache.clear()
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def test_beyond_my_place_by_number_purpose_and_code(client, town, homes):
    town.log_in(client, town.lin)
    page = client.get(reverse("desk:beyond"))
    assert 'name="code"' not in page.text  # first a second factor
    sent = {"number": "100 1234 0007", "purpose": "emergency", "reference": "", "code": code_of(town.lin)}
    answer = client.post(reverse("desk:beyond"), sent)
    assert answer.status_code == 302
    assert AccessGrant.objects.get().household == homes.cheng_home
    page = client.get(reverse("desk:beyond"))
    assert "程*刚" in page.text
    assert "程志刚" not in page.text
    assert PrivacyAlert.objects.get().kind == "out_of_place"
    assert "10012340007" in ask(client, homes.cheng, purpose="emergency").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "10012349999"},
        {"number": "0007"},
        {"purpose": "rescue"},
        {"purpose": ""},
        {"code": "000000"},
        {"code": ""},
    ],
)
def test_a_refused_request_keeps_what_was_typed_and_tells_nobody(client, town, homes, wrong):
    town.log_in(client, town.lin)
    sent = {"number": CHENG.id_number, "purpose": "emergency", "reference": "NC-9", "code": code_of(town.lin)} | wrong
    answer = client.post(reverse("desk:beyond"), sent)
    assert answer.status_code == 422
    assert "NC-9" in answer.text
    assert (AccessGrant.objects.count(), PrivacyAlert.objects.count()) == (0, 0)


def test_the_officer_sees_and_decides(client, town, homes):
    granting.rescue(by=town.chen, households=[homes.cheng_home])
    revealing.reveal(by=town.chen, person=homes.shan, field="phone", purpose="rescue")
    alert = PrivacyAlert.objects.get()
    town.log_in(client, town.tan)
    assert "陈立" in client.get(reverse("desk:privacy")).text
    page = client.get(reverse("desk:privacy-alert", args=[alert.pk]))
    assert str(homes.shan.pk) in page.context["acts"][-1]["subject"]
    assert "单玉芳" not in page.text
    assert "10012340008" not in page.text
    assert client.post(reverse("desk:privacy-alert", args=[alert.pk]), {"verdict": ""}).status_code == 422
    answer = client.post(reverse("desk:privacy-alert", args=[alert.pk]), {"verdict": "misuse", "note": ""})
    assert answer.status_code == 422
    assert PrivacyAlert.objects.get().verdict == ""
    answer = client.post(reverse("desk:privacy-alert", args=[alert.pk]), {"verdict": "justified", "note": "已核实"})
    assert answer.status_code == 302
    assert PrivacyAlert.objects.get().verdict == "justified"
    assert client.post(reverse("desk:privacy-alert", args=[alert.pk]), {"verdict": "justified"}).status_code == 409
    assert client.get(reverse("desk:privacy")).status_code == 200


def test_the_week_puts_first_what_nothing_justifies(client, town, homes):
    case = town.reported()
    for reference, purpose in ((case.number, "case"), ("NC-0", "case"), ("", "case"), ("", "visit")):
        revealing.reveal(by=town.lin, person=homes.wu, field="phone", purpose=purpose, reference=reference)
    town.log_in(client, town.tan)
    page = client.get(reverse("desk:privacy-week"))
    states = [line["tone"] for line in page.context["rows"]]
    assert states == ["red", "amber", "quiet", "green"] or states == ["red", "amber", "green", "quiet"]
    assert dict(page.context["counts"]) and sum(number for _name, number in page.context["counts"]) == 4
    earlier = client.get(reverse("desk:privacy-week"), {"week": (clock.today() - dt.timedelta(days=7)).isoformat()})
    assert earlier.context["rows"] == []
    for rubbish in ("x", "9999-12-31", "0001-01-01", "2026-13-01"):
        assert client.get(reverse("desk:privacy-week"), {"week": rubbish}).status_code == 200


def test_looks_at_one_person_by_reference(client, town, homes):
    revealing.reveal(by=town.lin, person=homes.wu, field="born", purpose="benefit")
    town.log_in(client, town.tan)
    page = client.get(reverse("desk:privacy-looks"), {"reference": str(homes.wu.public_id)})
    assert "林晓" in page.text
    assert "吴淑芬" not in page.text
    for nobody in (str(homes.sun.public_id), str(uuid.uuid4()), "x"):
        page = client.get(reverse("desk:privacy-looks"), {"reference": nobody})
        assert (page.status_code, page.context["rows"]) == (200, [])


def test_an_officer_sees_his_own_place_only(client, town, homes):
    granting.rescue(by=town.zhao, households=[homes.sun_home])
    alert = PrivacyAlert.objects.get()
    town.log_in(client, town.tan)
    assert client.get(reverse("desk:privacy-alert", args=[alert.pk])).status_code == 404
    assert "赵北" not in client.get(reverse("desk:privacy")).text
    town.log_in(client, town.luo)
    assert client.get(reverse("desk:privacy")).status_code == 403
