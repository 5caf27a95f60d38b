"""What is recorded of a need, who may, what the matching finds, what becomes a duty, and what is never shown."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from django.db import connection

from wangge.domains.people import benefits, circumstances, house_card, policy_preview
from wangge.domains.people.actions import enrolling, matching, needs, policy_versions
from wangge.domains.people.models import Circumstance, Enrolment, Entitlement, Person, Policy, PolicyVersion
from wangge.domains.people.sealing import Keyring
from wangge.domains.people.tests.homes import read
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.duties.models import Duty
from wangge.foundation.duties.queries import to_do

SHIPPED = Path(__file__).resolve().parents[4] / "deploy" / "policies"
TODAY = dt.date(2026, 11, 21)
NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=clock.OFFICE)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def library(town):
    assert policy_versions.load_policies(SHIPPED) == 13
    return {version.policy.code: version for version in benefits.in_force()}


def alone(town, homes, **more):
    values = {"by": town.lin, "person": homes.wu, "kind": "lives_alone", "basis": "本人同意", "since": TODAY}
    return needs.record(**(values | more))


def found_of(person: Person) -> dict[str, list[str]]:
    row = Entitlement.objects.unscoped("the test looks at the row").filter(person=person).first()
    return benefits.found_in(row, Keyring.of([person.public_id]), person) if row else {}


# Recording


def test_a_need_is_sealed_and_kept_until_its_review(town, homes):
    row = alone(town, homes)
    assert (row.valid_from, row.review_on) == (TODAY, dt.date(2027, 11, 21))
    raw = bytes(row.kind) + bytes(row.detail or b"")
    assert b"lives_alone" not in raw
    known = benefits.known_of([homes.wu], TODAY)
    (need,) = known.needs[homes.wu.pk]
    assert (need.kind, need.detail, need.basis) == ("lives_alone", {}, "本人同意")
    entry = AuditEntry.objects.get(kind="need.record")
    assert (entry.actor_id, entry.subject_id, entry.data) == (town.lin.pk, row.pk, {"person": homes.wu.pk})


@pytest.mark.parametrize("who", ["gao", "su", "chen", "luo", "zhao", "tan", "root", "he", "qian"])
def test_nobody_else_records_a_need(town, homes, who):
    with pytest.raises(NotFoundError):
        alone(town, homes, by=getattr(town, who))
    assert Circumstance.objects.count() == 0


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"kind": "rich"}, InvalidError),
        ({"kind": "disabled"}, InvalidError),
        ({"kind": "disabled", "detail": {"grade": "9"}}, InvalidError),
        ({"detail": {"grade": "1"}}, InvalidError),
        ({"basis": "  "}, InvalidError),
        ({"since": TODAY + dt.timedelta(days=1)}, InvalidError),
    ],
)
def test_what_is_not_on_the_list_is_refused(town, homes, wrong, error):
    with pytest.raises(error):
        alone(town, homes, **wrong)
    assert Circumstance.objects.count() == 0


def test_the_same_need_is_not_recorded_twice(town, homes):
    alone(town, homes)
    with pytest.raises(ConflictError):
        alone(town, homes)
    assert Circumstance.objects.count() == 1


def test_a_need_is_confirmed_and_ended(town, homes):
    row = alone(town, homes, since=dt.date(2025, 1, 1))
    Circumstance.objects.filter(pk=row.pk).update(review_on=TODAY)
    assert needs.confirm(by=town.lin, need=row).review_on == dt.date(2027, 11, 21)
    assert needs.end(by=town.lin, need=row).valid_to == TODAY
    assert benefits.known_of([homes.wu], TODAY).needs.get(homes.wu.pk) is None
    with pytest.raises(ConflictError):
        needs.end(by=town.lin, need=row)
    with pytest.raises(NotFoundError):
        needs.confirm(by=town.gao, need=row)


def test_what_nobody_confirmed_ends(town, homes):
    row = alone(town, homes, since=dt.date(2025, 1, 1))
    Circumstance.objects.filter(pk=row.pk).update(review_on=TODAY)
    assert matching.lapse_unconfirmed() == 0
    assert matching.lapse_unconfirmed(at=NOW + dt.timedelta(days=1)) == 1
    row.refresh_from_db()
    assert row.valid_to == TODAY + dt.timedelta(days=1)
    assert AuditEntry.objects.filter(kind="need.lapse", actor_id=None, subject_id=row.pk).count() == 1


# Matching


def test_the_night_finds_what_nobody_draws(town, homes, library):
    Person.objects.unscoped("the test makes her older").filter(pk=homes.wu.pk).update(
        born=Keyring.of([homes.wu.public_id]).seal(homes.wu.public_id, "people.person.born", "1946-11-21")
    )
    assert matching.match_all() == 1
    assert found_of(homes.wu) == {"eligible": ["senior-allowance"], "unsure": []}
    row = Entitlement.objects.unscoped("the test looks at the row").get(person=homes.wu)
    assert (row.unclaimed, row.area_path) == (True, town.grid1.path)
    assert b"senior" not in bytes(row.found)
    before = bytes(row.found)
    assert matching.match_all() == 1  # a second night writes nothing anew
    row.refresh_from_db(from_queryset=Entitlement.objects.unscoped("the test looks at the row"))
    assert bytes(row.found) == before


def test_a_changed_fact_is_matched_at_once(town, homes, library):
    assert found_of(homes.wang) == {}
    needs.record(
        by=town.lin,
        person=homes.wang,
        kind="disabled",
        detail={"grade": "1"},
        basis="残疾人证",
        since=dt.date(2026, 1, 1),
    )
    assert found_of(homes.wang)["eligible"] == ["disability-care-subsidy", "insurance-help"]
    # What is the household's counts for everybody in it.
    needs.record(
        by=town.fang,
        person=homes.li,
        kind="low_income",
        detail={"class": "edge"},
        basis="低保边缘认定",
        since=dt.date(2026, 1, 1),
    )
    assert "disability-living-subsidy" in found_of(homes.wang)["eligible"]
    assert found_of(homes.wang_lei)["eligible"] == ["insurance-help"]
    row = enrolling.enrol(by=town.lin, person=homes.wang, policy="insurance-help", since=dt.date(2026, 1, 1))
    assert row.renew_on == dt.date(2027, 1, 1)
    assert "insurance-help" not in found_of(homes.wang)["eligible"]
    enrolling.end(by=town.lin, enrolment=row)
    assert "insurance-help" in found_of(homes.wang)["eligible"]


def test_who_has_moved_away_is_told_nothing(town, homes, library):
    needs.record(by=town.lin, person=homes.wu, kind="veteran", basis="退役证", since=dt.date(2026, 1, 1))
    assert found_of(homes.wu)["eligible"] == ["veteran-card"]
    Person.objects.unscoped("the test moves her away").filter(pk=homes.wu.pk).update(state="away", area_path="")
    matching.match_all()
    assert found_of(homes.wu) == {}


# Enrolment and renewal


def drawing(town, homes, library, **more):
    values = {"by": town.lin, "person": homes.wu, "policy": "senior-allowance", "since": dt.date(2025, 12, 1)}
    return enrolling.enrol(**(values | more))


def test_a_benefit_is_sealed_and_renewed(town, homes, library):
    row = drawing(town, homes, library, detail="每月")
    assert row.renew_on == dt.date(2026, 12, 1)
    assert b"senior" not in bytes(row.policy)
    assert [one.pk for one in benefits.renewals(town.lin)] == [row.pk]
    assert [one.pk for one in benefits.renewals(town.fang)] == [row.pk]
    for who in ("gao", "su", "luo", "zhao", "root"):
        assert benefits.renewals(getattr(town, who)) == []
    duty = Duty.objects.get(subject_type="room", kind="benefit.renew", done_at=None)
    assert (duty.subject_id, duty.label) == (homes.rooms["301"].pk, "物业所家属院3号楼2单元301")
    assert duty.permission == "person:need"
    assert [one.pk for one in to_do(town.fresh(town.lin))] == [duty.pk]
    assert to_do(town.fresh(town.gao)) == []
    assert enrolling.renew(by=town.lin, enrolment=row).renew_on == dt.date(2027, 12, 1)
    assert Duty.objects.filter(subject_type="room", done_at=None).count() == 0
    assert benefits.renewals(town.fresh(town.lin)) == []


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"policy": "nothing"}, NotFoundError),
        ({"since": dt.date(2026, 11, 22)}, InvalidError),
        ({"renew_on": dt.date(2025, 12, 1)}, InvalidError),
    ],
)
def test_a_wrong_enrolment_is_refused(town, homes, library, wrong, error):
    with pytest.raises(error):
        drawing(town, homes, library, **wrong)
    assert Enrolment.objects.count() == 0


def test_a_benefit_is_not_noted_twice_nor_elsewhere(town, homes, library):
    row = drawing(town, homes, library)
    with pytest.raises(ConflictError):
        drawing(town, homes, library)
    with pytest.raises(NotFoundError):
        drawing(town, homes, library, by=town.gao)
    with pytest.raises(NotFoundError):
        enrolling.renew(by=town.gao, enrolment=row)
    with pytest.raises(NotFoundError):
        enrolling.end(by=town.su, enrolment=row)
    with pytest.raises(InvalidError):
        enrolling.renew(by=town.lin, enrolment=row, renew_on=TODAY)
    assert Enrolment.objects.values_list("renew_on", "valid_to").get() == (dt.date(2026, 12, 1), None)


def test_the_nightly_reminder_follows_the_rows(town, homes, library):
    row = alone(town, homes, since=dt.date(2025, 1, 1))
    assert matching.remind() == 0
    Circumstance.objects.filter(pk=row.pk).update(review_on=TODAY + dt.timedelta(days=10))
    assert matching.remind() == 1
    assert matching.remind() == 1
    duty = Duty.objects.get(subject_type="room", done_at=None)
    assert (duty.kind, duty.subject_id) == ("need.review", homes.rooms["301"].pk)
    Person.objects.unscoped("the test moves her away").filter(pk=homes.wu.pk).update(state="away", area_path="")
    assert matching.remind() == 0
    assert Duty.objects.filter(subject_type="room", done_at=None).count() == 0


def test_matching_costs_the_same_for_many(town, homes, library, django_assert_max_num_queries):
    with django_assert_max_num_queries(22):
        matching.match_all()


# The library


def edit(town, **more):
    values = {
        "by": town.luo,
        "code": "senior-allowance",
        "name_zh": "高龄津贴",
        "text": policy_versions.Text(benefit="按月发放（示例）", renew_months=12),
        "rules": [{"age": {"at_least": 90}}],
        "valid_from": TODAY + dt.timedelta(days=10),
    }
    return policy_versions.publish(**(values | more))


def test_a_second_load_writes_nothing_and_keeps_what_the_desk_wrote(town, library):
    assert policy_versions.load_policies(SHIPPED) == 0
    version = edit(town)
    assert (version.number, version.valid_from) == (2, TODAY + dt.timedelta(days=10))
    assert policy_versions.load_policies(SHIPPED) == 0
    policy = Policy.objects.get(code="senior-allowance")
    assert benefits.version_at(policy, TODAY).number == 1
    assert benefits.version_at(policy, TODAY + dt.timedelta(days=10)).number == 2


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"code": "Schön"}, InvalidError),
        ({"module": "magic"}, InvalidError),
        ({"name_zh": " "}, InvalidError),
        ({"rules": []}, InvalidError),
        ({"rules": [{"draws": "nothing"}]}, InvalidError),
        ({"rules": [{"draws": "senior-allowance"}]}, InvalidError),
        ({"valid_from": dt.date(2024, 1, 1)}, InvalidError),
    ],
)
def test_a_wrong_version_is_refused(town, library, wrong, error):
    with pytest.raises(error):
        edit(town, **wrong)
    assert PolicyVersion.objects.count() == 13


@pytest.mark.parametrize("who", ["lin", "fang", "su", "root", "tan"])
def test_others_do_not_edit_policies(town, library, who):
    with pytest.raises(NotAllowedError):
        edit(town, by=getattr(town, who))
    with pytest.raises(NotAllowedError):
        policy_versions.withdraw(by=getattr(town, who), code="senior-allowance")
    assert PolicyVersion.objects.filter(valid_to=None).count() == 13


def test_a_withdrawn_policy_matches_nobody(town, homes, library):
    needs.record(by=town.lin, person=homes.wu, kind="veteran", basis="退役证", since=dt.date(2026, 1, 1))
    policy_versions.withdraw(by=town.luo, code="veteran-card")
    matching.match_all()
    assert found_of(homes.wu) == {}


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0"), (1, "<8"), (7, "<8"), (8, "10"), (12, "10"), (13, "15"), (22, "20"), (1234, "1235")]
)
def test_small_counts_are_not_shown(count, shown):
    assert policy_preview.rounded(count) == shown


def test_the_preview_counts_and_never_lists(town, homes, library):
    said = policy_preview.preview(town.luo, [{"age": {"at_least": 18}}], before=[{"age": {"at_least": 60}}])
    assert (said.eligible, said.newly, said.no_longer, said.unsure) == ("10", "<8", "0", "0")  # 8 adults of 9
    assert policy_preview.preview(town.lin, [{"age": {"at_least": 18}}]).eligible == "0"


# The house card


def card(town, who, room):
    return house_card.of(town.fresh(getattr(town, who)), room.pk)


def test_the_card_shows_the_home_masked_and_the_need_as_a_duty(town, homes, library):
    alone(town, homes)
    seen = card(town, "lin", homes.rooms["301"])
    assert [one.shown.name for one in seen.homes[0].members] == ["吴*芬"]
    assert seen.homes[0].members[0].shown.phone == "100****0001"
    assert [str(line.kind.duty) for line in seen.duties] == ["每周联系一次"]
    assert seen.living == 1
    assert [post.user.username for post in seen.workers] == ["lin"]
    assert [owner.lives_here for owner in seen.owners] == [True]


def test_the_card_explains_benefits(town, homes, library):
    needs.record(by=town.lin, person=homes.wu, kind="veteran", basis="退役证", since=dt.date(2026, 1, 1))
    (hers,) = card(town, "lin", homes.rooms["301"]).benefits
    assert [claim.version.policy.code for claim in hers.could] == ["veteran-card"]
    soon = {claim.version.policy.code: claim.judgement.missing for claim in hers.soon}
    assert set(soon) == {"senior-allowance"}
    assert [line.fact for line in soon["senior-allowance"]] == ["79周岁"]


@pytest.mark.parametrize("who", ["gao", "su", "chen", "luo", "zhao", "qian", "tan", "root", "security", "he"])
def test_the_card_is_for_nobody_else(town, homes, who):
    with pytest.raises(NotFoundError):
        card(town, who, homes.rooms["301"])


def test_a_part_time_worker_sees_nothing(town, homes, library):
    from wangge.foundation.accounts import actions as accounts

    helper = accounts.add_user(by=None, username="helper", name="帮手", password=None)
    accounts.give_post(by=None, user=helper, role="part_time_worker", valid_from=TODAY, area=town.grid1)
    with pytest.raises(NotFoundError):
        house_card.of(helper, homes.rooms["301"].pk)
    assert (benefits.unclaimed(helper), benefits.renewals(helper)) == ([], [])


def test_without_person_need_there_are_neither_duties_nor_benefits(town, homes, library, monkeypatch):
    from wangge.foundation.accounts import roles
    from wangge.foundation.accounts.permissions import P

    alone(town, homes)
    held = roles.ROLES["grid_worker"]
    poorer = roles.Role(held.key, held.name, held.permissions - {P.PERSON_NEED})
    monkeypatch.setitem(roles.ROLES, "grid_worker", poorer)
    seen = card(town, "lin", homes.rooms["301"])
    assert (seen.duties, seen.benefits) == (None, None)
    assert benefits.unclaimed(town.fresh(town.lin)) == []
    with pytest.raises(NotFoundError):
        needs.end(by=town.fresh(town.lin), need=Circumstance.objects.get())


def test_the_card_of_many_costs_the_same(town, homes, library, django_assert_num_queries):
    from django.test.utils import CaptureQueriesContext

    lin = town.fresh(town.lin)
    house_card.of(lin, homes.rooms["301"].pk)
    with CaptureQueriesContext(connection) as one:
        house_card.of(lin, homes.rooms["301"].pk)
    with CaptureQueriesContext(connection) as three:
        house_card.of(lin, homes.rooms["302"].pk)
    assert len(three) <= len(one) + 1  # the count of persons looked at


def test_every_need_says_what_to_do_and_on_which_basis():
    for kind in circumstances.KINDS.values():
        assert str(kind.duty)
        assert str(kind.basis)
        assert kind.review_months > 0
    assert json.dumps(sorted(circumstances.KINDS))


def test_an_erased_person_has_no_needs(town, homes, library):
    from wangge.foundation.core import keystore

    alone(town, homes)
    keystore.keys().destroy([homes.wu.public_id])
    known = benefits.known_of([read(homes.wu)], TODAY)
    assert (known.facts[homes.wu.pk].born, known.needs.get(homes.wu.pk)) == ("", None)
    matching.match_all()
    assert found_of(homes.wu) == {}
