"""A watermark is burnt into what a phone sends; of the camera's own file the hash is kept."""

from __future__ import annotations

import pytest

from wangge.domains.cases import actions
from wangge.domains.cases.models import Case, CasePhoto
from wangge.domains.fieldwork.models import Refused
from wangge.doors.api.sync.tests.conftest import report
from wangge.foundation.core.problems import InvalidError

pytestmark = pytest.mark.django_db


def kept() -> list[tuple[str, str]]:
    return list(CasePhoto.objects.order_by("pk").values_list("sha256", "original_sha256"))


def test_the_original_of_each_photo_is_noted_once(town, phones):
    lin = phones(town.lin)
    said = report(photos=["a" * 64, "b" * 64], originals={"a" * 64: "1" * 64, "c" * 64: "3" * 64})
    assert lin.one("report.make", **said)["status"] == "done"
    assert kept() == [("a" * 64, "1" * 64), ("b" * 64, "")]
    case = Case.objects.unscoped("test").get()
    again = actions.keep_originals(case=case, by=town.lin, originals={"a" * 64: "9" * 64, "b" * 64: "2" * 64})
    assert (again, kept()) == (1, [("a" * 64, "1" * 64), ("b" * 64, "2" * 64)])


def test_only_of_ones_own_photos(town, phones):
    lin = phones(town.lin)
    lin.one("report.make", **report(photos=["a" * 64]))
    case = Case.objects.unscoped("test").get()
    assert actions.keep_originals(case=case, by=town.gao, originals={"a" * 64: "1" * 64}) == 0
    assert kept() == [("a" * 64, "")]


def test_what_is_no_hash_is_refused(town, phones):
    lin = phones(town.lin)
    result = lin.one("report.make", **report(photos=["a" * 64], originals={"a" * 64: "x"}))
    assert result["status"] == "refused"
    assert (Case.objects.unscoped("test").count(), Refused.objects.count()) == (0, 1)
    lin.one("report.make", **report(photos=["a" * 64]))
    case = Case.objects.unscoped("test").get()
    with pytest.raises(InvalidError):
        actions.keep_originals(case=case, by=town.lin, originals={"a" * 64: "Z" * 64})
    assert kept() == [("a" * 64, "")]


def test_also_of_what_was_done_and_verified(town, phones):
    case = town.dispatched(contact=town.wu())
    he, su = phones(town.he), phones(town.su)
    done = he.send(
        he.command("case.sign_for", case=case.number),
        he.command("case.contact", case=case.number, note="已约周三上门"),
        he.command(
            "case.handle", case=case.number, result="solved", text="已拆除", reply="您反映的违建已经拆除。",
            legal_basis="城乡规划法第六十四条", area_m2=18.5, before=["b" * 64], after=["a" * 64],
            originals={"a" * 64: "1" * 64, "b" * 64: "2" * 64},
        ),
    )  # fmt: skip
    assert [one["status"] for one in done] == ["done"] * 3, done
    passed = su.one(
        "case.verify", case=case.number, passed=True, note="", photos=["c" * 64], originals={"c" * 64: "3" * 64}
    )
    assert passed["status"] == "done", passed
    assert sorted(kept()) == [("a" * 64, "1" * 64), ("b" * 64, "2" * 64), ("c" * 64, "3" * 64)]
