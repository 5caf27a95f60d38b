"""找人 and 走失寻人 at the desk."""

from __future__ import annotations

import pytest
from django.urls import reverse

from wangge.domains.people.models import AccessGrant, PrivacyAlert
from wangge.foundation.audit.models import AuditEntry


@pytest.fixture
def lin(town, homes, client):
    client.force_login(town.lin)
    return client


@pytest.fixture
def gao(town, homes, client):
    client.force_login(town.gao)
    return client


def text(answer) -> str:
    return answer.content.decode()


def test_the_rail_leads_there(lin):
    page = text(lin.get(reverse("desk:home")))
    assert f'href="{reverse("desk:lost")}"' in page
    assert f'href="{reverse("desk:find")}"' in page


def test_one_box_finds_the_household_masked(gao, homes):
    answer = gao.post(reverse("desk:find"), {"q": "程志刚 单玉芳"})
    page = text(answer)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "程*刚" in page
    assert "100****0007" in page
    for whole in ("10012340007", "程小雨", "单玉芳</b>"):
        assert whole not in page
    assert AuditEntry.objects.get(kind="person.find").data == {"kinds": ["name", "name"], "hits": 1, "more": False}


def test_beyond_the_own_grid_nobody_is_found(lin):
    page = text(lin.post(reverse("desk:find"), {"q": "程志刚"}))
    assert "程*刚" not in page
    assert "wg-empty" in page


def test_the_way_beyond_the_own_place_stands_beside_the_box(lin):
    page = lin.get("/desk/find/").content.decode()
    assert f'href="{reverse("desk:beyond")}"' in page
    assert f'href="{reverse("desk:find")}"' in lin.get(reverse("desk:beyond")).content.decode()


def test_an_empty_search_is_refused(lin):
    answer = lin.post(reverse("desk:find"), {"q": " "})
    assert answer.status_code == 422
    assert AuditEntry.objects.filter(kind="person.find").count() == 0


def test_facts_in_the_address_are_not_read(lin):
    assert "程*刚" not in text(lin.get(reverse("desk:find"), {"q": "程志刚"}))
    assert AuditEntry.objects.filter(kind="person.find").count() == 0


def test_the_family_of_a_lost_child(lin, town, homes):
    answer = lin.post(reverse("desk:lost"), {"first": "程志刚", "second": "单玉芳"})
    page = text(answer)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "5号楼1单元201" in page
    assert "高远" in page  # who works that grid
    assert 'class="pf-house pf-house--lit"' in page
    assert "100****0007" in page
    assert "10012340007" not in page
    assert reverse("desk:lost-call", args=[homes.cheng.public_id]) in page


def test_the_number_is_fetched_at_the_tap_and_audited(lin, town, homes):
    url = reverse("desk:lost-call", args=[homes.cheng.public_id])
    assert lin.post(url).status_code == 404  # before the search
    assert AuditEntry.objects.filter(kind="person.reveal").count() == 0
    lin.post(reverse("desk:lost"), {"first": "程志刚", "second": "单玉芳"})
    answer = lin.post(url, headers={"Accept": "application/json"})
    assert answer.json() == {"phone": "10012340007"}
    assert "no-store" in answer["Cache-Control"]
    entry = AuditEntry.objects.get(kind="person.reveal")
    assert (entry.actor_id, entry.subject_id, entry.data["field"], entry.data["purpose"]) == (
        town.lin.pk, homes.cheng.pk, "phone", "rescue",
    )  # fmt: skip
    page = text(lin.post(url))
    assert 'href="tel:10012340007"' in page
    assert AuditEntry.objects.filter(kind="person.reveal").count() == 2
    assert lin.get(url).status_code == 405


def test_nobody_found_says_what_to_do_next(lin):
    page = text(lin.post(reverse("desk:lost"), {"first": "程志刚", "second": "钱小满"}))
    assert 'href="tel:110"' in page
    assert AccessGrant.objects.count() == 0


def test_one_name_is_refused_and_kept(lin):
    answer = lin.post(reverse("desk:lost"), {"first": "程志刚", "second": ""})
    assert answer.status_code == 422
    assert 'value="程志刚"' in text(answer)
    assert PrivacyAlert.objects.count() == 0
    too_little = lin.post(reverse("desk:lost"), {"first": "程志刚", "second": "!!"})
    assert too_little.status_code in {200, 422}
    assert AccessGrant.objects.count() == 0


def test_the_cap_is_said_and_nothing_is_shown(lin, town, homes, settings):
    settings.WANGGE_RESCUES_AN_HOUR = 1
    lin.post(reverse("desk:lost"), {"first": "孙大伟", "second": "孙小雨"})
    answer = lin.post(reverse("desk:lost"), {"first": "程志刚", "second": "单玉芳"})
    assert answer.status_code == 429
    assert "5号楼" not in text(answer)
    assert AccessGrant.objects.count() == 1


def test_without_the_right_there_is_no_such_page(town, homes, client):
    client.force_login(town.root)
    for name in ("desk:find", "desk:lost"):
        assert client.get(reverse(name)).status_code == 403
        assert client.post(reverse(name), {"q": "程志刚", "first": "程志刚", "second": "单玉芳"}).status_code == 403
    assert AuditEntry.objects.filter(kind__startswith="person.").count() == 0
