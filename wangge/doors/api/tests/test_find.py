"""Finding people over the API: masked, in the caller's places only, audited without words."""

from __future__ import annotations

from wangge.foundation.audit.models import AuditEntry


def test_two_names_find_the_household(town, homes, calls):
    answer = calls(town.gao).post("/people/find", {"text": "程志刚 单玉芳"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    found = answer.json()
    assert [home["id"] for home in found["homes"]] == [str(homes.cheng_home.public_id)]
    home = found["homes"][0]
    assert (home["address"], home["grid"]["code"], home["room"]["id"]) == (
        "5号楼1单元201", town.grid2.code, homes.room2.pk,
    )  # fmt: skip
    assert [(one["name"], one["fits"]) for one in home["members"]] == [
        ("程*刚", True),
        ("单*芳", True),
        ("程*雨", False),
    ]
    assert home["members"][0]["phone"] == "100****0007"
    assert (found["more"], found["similar"], found["too_little"], found["unmatched"]) == (False, False, False, [])
    assert AuditEntry.objects.get(kind="person.find").data == {"kinds": ["name", "name"], "hits": 1, "more": False}


def test_elsewhere_nobody_is_found(town, homes, calls):
    assert calls(town.lin).post("/people/find", {"text": "程志刚"}).json()["homes"] == []


def test_an_address_says_what_it_does_not_know(town, homes, calls):
    found = calls(town.lin).post("/people/find", {"text": "家属院3号楼7单元"}).json()
    assert found["unmatched"] == ["7单元"]
    assert [one["id"] for one in found["buildings"]] == [homes.building.pk]


def test_what_is_refused(town, homes, calls):
    lin = calls(town.lin)
    assert lin.post("/people/find", {"text": ""}).status_code == 422
    assert lin.post("/people/find", {"text": "程志刚", "grid": 1}).status_code == 422
    assert lin.post("/people/find", {}).status_code == 422
    assert lin.get("/people/find?text=程志刚").status_code == 405
    assert calls(town.root).post("/people/find", {"text": "程志刚"}).status_code == 403
    assert AuditEntry.objects.filter(kind="person.find").count() == 0
