"""The house card, what is recorded on it, the building sheet and the policy library, as the desk shows them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from wangge.domains.people import benefits
from wangge.domains.people.actions import enrolling, matching, needs, policy_versions
from wangge.domains.people.models import Circumstance, Enrolment, PersonSeen, PolicyVersion
from wangge.domains.people.tests.homes import read
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock

SHIPPED = Path(__file__).resolve().parents[4] / "deploy" / "policies"
STRANGERS = ("gao", "su", "chen", "luo", "zhao", "qian", "he", "root", "security", "tan", "bai")
SECRETS = ("吴淑芬", "10012340001", "1947-03-05")


@pytest.fixture
def library(town):
    policy_versions.load_policies(SHIPPED)


def desk(town, name: str) -> Client:
    client = Client()
    town.log_in(client, town.fresh(getattr(town, name)))
    return client


def house(room) -> str:
    return reverse("desk:house", args=[room.pk])


def veteran(town, homes, **more):
    values = {"by": town.lin, "person": homes.wu, "kind": "veteran", "basis": "退役证", "since": dt.date(2025, 1, 1)}
    return needs.record(**(values | more))


@pytest.mark.parametrize("page", ["desk:house", "field:house"])
def test_the_card_on_one_screen(town, homes, library, page):
    veteran(town, homes)
    town.dispatched(area=town.grid1)
    answer = desk(town, "lin").get(reverse(page, args=[homes.rooms["301"].pk]))
    assert answer.status_code == 200
    body = answer.content.decode()
    for said in (
        "吴*芬",
        "100****0001",
        "退役军人优待证申领",
        "林晓",
        "第一网格",
        'id="room"',
        'id="people"',
        'id="matters"',
    ):
        assert said in body, said
    assert body.index('id="room"') < body.index('id="people"') < body.index('id="matters"')
    assert body.index('id="matters"') < body.index('id="duties"') < body.index('id="benefits"')
    for secret in SECRETS:
        assert secret not in body
    assert PersonSeen.objects.filter(user=town.lin, person=homes.wu).count() == 1


@pytest.mark.parametrize("who", STRANGERS)
def test_nobody_else_finds_it(town, homes, library, who):
    row = veteran(town, homes)
    client, room = desk(town, who), homes.rooms["301"]
    urls = [
        house(room),
        reverse("field:house", args=[room.pk]),
        reverse("desk:house-need", args=[room.pk]),
        reverse("desk:house-benefit", args=[room.pk]),
        reverse("desk:building-sheet", args=[homes.building.pk]),
        reverse("desk:building-sheet-pdf", args=[homes.building.pk]),
    ]
    for url in urls:
        answer = client.get(url)
        assert answer.status_code in {403, 404}, url
        assert "吴" not in answer.content.decode()
    posts = [
        reverse("desk:need-end", args=[room.pk, row.pk]),
        reverse("desk:need-confirm", args=[room.pk, row.pk]),
        reverse("desk:house-verify", args=[room.pk, homes.wu_home.pk]),
        reverse("field:house-verify", args=[room.pk, homes.wu_home.pk]),
    ]
    for url in posts:
        assert client.post(url).status_code in {403, 404}, url
    assert Circumstance.objects.filter(valid_to=None).count() == 1
    assert read(homes.wu_home).verified_by is None


def test_out_of_place_is_404_for_a_colleague(town, homes, library):
    """Gao holds every right of a grid worker, next door."""
    row = veteran(town, homes)
    room = homes.rooms["301"]
    gao = desk(town, "gao")
    assert gao.get(house(room)).status_code == 404
    assert gao.get(house(homes.room2)).status_code == 200
    for url in (
        reverse("desk:need-end", args=[homes.room2.pk, row.pk]),
        reverse("desk:need-end", args=[room.pk, row.pk]),
    ):
        assert gao.post(url).status_code == 404
    assert gao.get(reverse("desk:house", args=[999_999_999])).status_code == 404


def test_a_need_belongs_to_its_room(town, homes, library):
    row = veteran(town, homes)
    lin = desk(town, "lin")
    assert lin.post(reverse("desk:need-end", args=[homes.rooms["302"].pk, row.pk])).status_code == 404
    assert lin.post(reverse("desk:need-end", args=[homes.rooms["301"].pk, row.pk])).status_code == 302
    row.refresh_from_db()
    assert row.valid_to == clock.today()


def test_a_need_is_recorded_on_the_desk(town, homes, library):
    lin, url = desk(town, "lin"), reverse("desk:house-need", args=[homes.rooms["301"].pk])
    assert lin.get(url).status_code == 200
    good = {
        "person": str(homes.wu.public_id),
        "kind": "disabled:grade=2",
        "since": "2026-01-05",
        "basis": "残疾人证",
    }
    for wrong in ({"kind": "rich"}, {"person": str(homes.wang.public_id)}, {"basis": ""}, {"since": "2999-01-01"}):
        answer = lin.post(url, good | wrong)
        assert answer.status_code == 422, wrong
        assert "残疾人证" in answer.content.decode() or "basis" in wrong
    assert Circumstance.objects.count() == 0
    assert lin.post(url, good).status_code == 302
    known = benefits.known_of([homes.wu], clock.today())
    assert [(one.kind, one.detail) for one in known.needs[homes.wu.pk]] == [("disabled", {"grade": "2"})]
    body = lin.get(house(homes.rooms["301"])).content.decode()
    assert "每季度走访" in body
    assert lin.post(url, good).status_code == 422


def test_a_benefit_is_noted_renewed_and_ended(town, homes, library):
    lin, room = desk(town, "lin"), homes.rooms["301"]
    url = reverse("desk:house-benefit", args=[room.pk])
    good = {"person": str(homes.wu.public_id), "policy": "senior-allowance", "since": "2026-01-05"}
    assert lin.post(url, good | {"policy": "nothing"}).status_code == 422
    assert Enrolment.objects.count() == 0
    assert lin.post(url, good).status_code == 302
    row = Enrolment.objects.get()
    assert row.renew_on == dt.date(2027, 1, 5)
    assert lin.post(reverse("desk:benefit-renew", args=[homes.rooms["302"].pk, row.pk])).status_code == 404
    assert lin.post(reverse("desk:benefit-renew", args=[room.pk, row.pk])).status_code == 302
    assert Enrolment.objects.get().renew_on == dt.date(2028, 1, 5)
    assert lin.post(reverse("desk:benefit-end", args=[room.pk, row.pk])).status_code == 302
    assert Enrolment.objects.get().valid_to == clock.today()


@pytest.mark.parametrize("page", ["desk:house-verify", "field:house-verify"])
def test_one_tap_verifies(town, homes, page):
    lin = desk(town, "lin")
    assert lin.post(reverse(page, args=[homes.rooms["302"].pk, homes.wu_home.pk])).status_code == 404
    assert lin.post(reverse(page, args=[homes.rooms["301"].pk, homes.wu_home.pk])).status_code == 302
    home = read(homes.wu_home)
    assert (home.verified_on, home.verified_by) == (clock.today(), town.lin)


# The lists


def test_the_lists_are_masked_and_lead_to_the_card(town, homes, library):
    veteran(town, homes)
    row = enrolling.enrol(
        by=town.lin,
        person=homes.wu,
        policy="senior-allowance",
        since=dt.date(2025, 1, 1),
        renew_on=clock.today() + dt.timedelta(days=5),
    )
    lin = desk(town, "lin")
    body = lin.get(reverse("desk:unclaimed")).content.decode()
    assert "吴*芬" in body
    assert "退役军人优待证申领" in body
    assert house(homes.rooms["301"]) in body
    due = lin.get(reverse("desk:renewals")).content.decode()
    assert "高龄津贴" in due
    for page in (body, due):
        assert all(secret not in page for secret in SECRETS)
    for who in ("gao",):
        for name in ("desk:unclaimed", "desk:renewals"):
            other = desk(town, who).get(reverse(name)).content.decode()
            assert "吴" not in other
    for who in ("su", "chen", "luo", "zhao", "root"):
        assert desk(town, who).get(reverse("desk:unclaimed")).status_code == 403
        assert desk(town, who).get(reverse("desk:renewals")).status_code == 403
    assert row.renew_on is not None


def test_the_list_is_paged(town, homes, library, monkeypatch):
    veteran(town, homes)
    veteran(town, homes, person=homes.wang)
    monkeypatch.setattr(benefits, "PAGE", 1)
    lin = desk(town, "lin")
    first = lin.get(reverse("desk:unclaimed"))
    assert len(first.context["rows"]) == 1
    second = lin.get(reverse("desk:unclaimed") + first.context["next_url"])
    assert [line["name"] for line in second.context["rows"]] == ["王*国"]
    assert second.context["next_url"] == ""


def test_a_duty_of_a_room_leads_to_the_card(town, homes, library):
    row = veteran(town, homes)
    Circumstance.objects.filter(pk=row.pk).update(review_on=clock.today() + dt.timedelta(days=3))
    matching.remind()
    lin = desk(town, "lin")
    home = lin.get(reverse("desk:home")).content.decode()
    assert house(homes.rooms["301"]) in home
    assert "物业所家属院3号楼2单元301" in home
    todo = lin.get(reverse("field:todo")).content.decode()
    assert reverse("field:house", args=[homes.rooms["301"].pk]) in todo


# The sheet


@pytest.mark.parametrize("paper", ["a3", "a4"])
def test_the_building_sheet_is_a_pdf_and_audited(town, homes, library, paper):
    veteran(town, homes)
    lin = desk(town, "lin")
    assert lin.get(reverse("desk:building-sheet", args=[homes.building.pk])).status_code == 200
    answer = lin.get(reverse("desk:building-sheet-pdf", args=[homes.building.pk]) + f"?paper={paper}")
    assert answer.status_code == 200
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/pdf", "no-store")
    assert answer.content[:5] == b"%PDF-"
    entry = AuditEntry.objects.get(kind="people.sheet")
    assert (entry.actor_id, entry.subject_id) == (town.lin.pk, homes.building.pk)
    assert entry.data == {"paper": paper, "homes": 3}


def test_the_sheet_says_what_to_do_and_never_why(town, homes, library):
    from wangge.domains.people import building_sheet

    needs.record(by=town.lin, person=homes.wu, kind="lives_alone", basis="本人同意", since=dt.date(2026, 1, 1))
    sheet = building_sheet.of(town.fresh(town.lin), homes.building.pk)
    rooms = {(name, cell.name): cell for name, floors in sheet.entrances for _floor, row in floors for cell in row}
    wu, empty, let = rooms["2单元", "301"], rooms["2单元", "402"], rooms["2单元", "401"]
    assert (wu.head, wu.living, wu.signs) == ("吴*芬", 1, ("周",))
    assert (empty.use, empty.living) == ("empty", 0)
    assert (let.use, let.living, let.stale) == ("let", 2, True)
    assert (sheet.living, sheet.homes) == (6, 3)
    assert [floor for floor, _row in sheet.entrances[1][1]] == [4, 3]


# The library


def version(town) -> dict[str, str]:
    row = PolicyVersion.objects.get(policy__code="senior-allowance", valid_to=None)
    return {
        "name_zh": "高龄津贴",
        "module": "social",
        "benefit": row.benefit,
        "rules": json.dumps([{"age": {"at_least": 60}}]),
        "materials": "身份证\n户口簿",
        "renew_months": "12",
        "valid_from": (clock.today() + dt.timedelta(days=1)).isoformat(),
    }


def test_the_library_reads_its_conditions_aloud(town, library):
    body = desk(town, "su").get(reverse("desk:policies")).content.decode()
    assert "年满80周岁" in body
    one = desk(town, "su").get(reverse("desk:policy", args=["disability-care-subsidy"])).content.decode()
    assert "一级或二级" in one
    assert reverse("desk:policy-edit", args=["disability-care-subsidy"]) not in one
    assert desk(town, "su").get(reverse("desk:policy", args=["nothing"])).status_code == 404


def test_a_version_is_previewed_and_published(town, homes, library):
    luo, url = desk(town, "luo"), reverse("desk:policy-edit", args=["senior-allowance"])
    assert luo.get(url).status_code == 200
    shown = luo.post(url, version(town) | {"preview": "1"})
    assert shown.status_code == 200
    said = shown.context["preview"]
    assert (said.newly, said.eligible, said.no_longer) == ("<8", "<8", "0")
    assert PolicyVersion.objects.count() == 13
    assert luo.post(url, version(town)).status_code == 302
    new = PolicyVersion.objects.get(policy__code="senior-allowance", number=2)
    assert (new.rules, new.materials, new.by) == ([{"age": {"at_least": 60}}], ["身份证", "户口簿"], town.luo)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rules": "[{"},
        {"rules": "[]"},
        {"rules": '[{"need": "rich"}]'},
        {"rules": "[" * 3000},
        {"valid_from": "2020-01-01"},
        {"benefit": ""},
    ],
)
def test_a_wrong_version_is_refused_and_kept_on_the_page(town, library, wrong):
    answer = desk(town, "luo").post(
        reverse("desk:policy-edit", args=["senior-allowance"]), version(town) | {"office": "窗口三号"} | wrong
    )
    assert answer.status_code == 422
    assert "窗口三号" in answer.content.decode()
    assert PolicyVersion.objects.count() == 13


def test_only_editors_edit(town, library):
    for who in ("lin", "su", "root"):
        client = desk(town, who)
        assert client.get(reverse("desk:policy-new")).status_code == 403
        assert client.post(reverse("desk:policy-edit", args=["senior-allowance"]), version(town)).status_code == 403
        assert client.post(reverse("desk:policy-withdraw", args=["senior-allowance"])).status_code == 403
    assert PolicyVersion.objects.filter(valid_to=None).count() == 13
    luo = desk(town, "luo")
    new = version(town) | {"code": "meal-help", "name_zh": "助餐补贴", "valid_from": clock.today().isoformat()}
    assert luo.post(reverse("desk:policy-new"), new).status_code == 302
    assert PolicyVersion.objects.get(policy__code="meal-help").number == 1
    assert luo.post(reverse("desk:policy-withdraw", args=["senior-allowance"])).status_code == 302
    assert PolicyVersion.objects.get(policy__code="senior-allowance").valid_to == clock.today()
