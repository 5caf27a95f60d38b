"""One person of two entries, and two again exactly as they were."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from wangge.domains.people import registry
from wangge.domains.people.actions import merging, moving, registering, relating
from wangge.domains.people.models import (
    Circumstance,
    FieldChange,
    Membership,
    Person,
    PersonMerge,
    Relation,
    Tenancy,
    Title,
)
from wangge.domains.people.sealing import Keyring
from wangge.domains.people.tests.homes import opened, read
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

WHY = "同一人，旧证登记"
FIELDS = ("name", "former_name", "sex", "born", "id_number", "phone", "registered_address", "work_or_school")


@pytest.fixture
def double(town, homes):
    """Wang Lei once more, entered without a number in the empty flat next door, with a need and a relation."""
    from wangge.domains.people.actions.bulk import PersonDraft

    household = registering.new_household(by=town.lin, room=homes.rooms["402"], since=dt.date(2026, 3, 1))
    person = registering.register(
        by=town.lin,
        draft=PersonDraft(name="王磊", role="head", sex="m", work_or_school="供电公司"),
        household=household,
        since=dt.date(2026, 3, 1),
        stated_on=dt.date(2026, 3, 1),
    )
    relating.relate(by=town.lin, person=person, other=homes.wu, kind="carer", since=dt.date(2026, 3, 2))
    relating.relate(by=town.lin, person=homes.wang, other=person, kind="parent", since=dt.date(2026, 3, 2))
    ring = Keyring.of([person.public_id])
    Circumstance.objects.create(
        person=person,
        kind=ring.seal(person.public_id, "people.circumstance.kind", "alone"),
        valid_from=dt.date(2026, 3, 2),
    )
    Title.objects.create(room=homes.rooms["402"], person=person, share=Decimal(1), valid_from=dt.date(2026, 3, 1))
    return read(person)


def rows(*persons):
    """All that is known of some persons, values readable."""

    def plain(table):
        return sorted(tuple(sorted((key, str(value)) for key, value in row.items())) for row in table)

    people = []
    for person in persons:
        row = read(person)
        people.append(
            {field: opened(row, field) for field in FIELDS}
            | {"state": row.state, "area": row.area_path, "tokens": row.tokens, "stated": row.stated_on}
            | {"into": row.merged_into_id}
        )
    needs = []
    for one in Circumstance.objects.select_related("person"):
        ring = Keyring.of([one.person.public_id])
        needs.append((one.person_id, ring.open(one.person.public_id, "people.circumstance.kind", one.kind)))
    return (
        people,
        needs,
        plain(Membership.objects.values()),
        plain(Relation.objects.values()),
        plain(Title.objects.values()),
        plain(Tenancy.objects.values()),
    )


def merge(town, homes, double, **more):
    return merging.merge(**({"by": town.fang, "kept": homes.wang_lei, "gone": double, "reason": WHY} | more))


def test_everything_comes_together(town, homes, double):
    row = merge(town, homes, double)
    gone, kept = read(double), read(homes.wang_lei)
    assert (gone.state, gone.merged_into_id, gone.area_path, gone.tokens) == ("merged", kept.pk, "", [])
    assert opened(kept, "work_or_school") == "供电公司"
    assert opened(kept, "id_number") == opened(homes.wang_lei, "id_number")
    assert Title.objects.get(room=homes.rooms["402"]).person_id == kept.pk
    assert Relation.objects.get(kind="carer").person_id == kept.pk
    assert Relation.objects.get(kind="parent").other_id == kept.pk
    (need,) = Circumstance.objects.all()
    ring = Keyring.of([kept.public_id])
    assert (need.person_id, ring.open(kept.public_id, "people.circumstance.kind", need.kind)) == (kept.pk, "alone")
    assert kept.memberships.get(valid_to__isnull=True).household_id == homes.wang_home.pk
    assert double.memberships.get().valid_to is not None
    assert registry.kept_of(double.public_id) == kept
    assert row.moved["filled"] == ["work_or_school"]
    assert "王" not in str(row.moved)
    audited = AuditEntry.objects.get(kind="person.merge")
    assert (audited.subject_id, audited.data) == (kept.pk, {"gone": double.pk, "merge": row.pk})


def test_the_unmerge_restores_exactly(town, homes, double):
    people = (homes.wang_lei, double, homes.wang, homes.wu)
    before = rows(*people)
    merging.unmerge(by=town.fang, merge=merge(town, homes, double))
    assert rows(*people) == before
    assert PersonMerge.objects.get().undone_by_id == town.fang.pk
    assert FieldChange.objects.filter(person=homes.wang_lei).count() == 1  # the history of it stays


def test_a_past_elsewhere_becomes_his_past(town, homes, double):
    moving.leave(by=town.lin, person=double, since=dt.date(2026, 5, 1))
    moving.leave(by=town.lin, person=homes.wang_lei, since=dt.date(2026, 2, 1))
    people = (homes.wang_lei, double)
    before = rows(*people)
    row = merge(town, homes, double)
    assert row.moved["memberships"] == [Membership.objects.get(household__room=None, valid_to=dt.date(2026, 5, 1)).pk]
    assert [one.valid_from for one in read(homes.wang_lei).memberships.order_by("valid_from")] == [
        dt.date(2020, 5, 1),
        dt.date(2026, 3, 1),
    ]
    merging.unmerge(by=town.fang, merge=row)
    assert rows(*people) == before


def test_what_was_corrected_since_stays(town, homes, double):
    row = merge(town, homes, double)
    registering.correct(
        by=town.lin, person=homes.wang_lei, field="work_or_school", value="自来水公司", stated_on=dt.date(2026, 11, 20)
    )
    merging.unmerge(by=town.fang, merge=row)
    assert opened(homes.wang_lei, "work_or_school") == "自来水公司"
    assert opened(double, "work_or_school") == "供电公司"


def test_two_numbers_are_two_people(town, homes):
    with pytest.raises(ConflictError):
        merging.merge(by=town.fang, kept=homes.wang, gone=homes.wang_lei, reason=WHY)
    assert PersonMerge.objects.count() == 0
    assert read(homes.wang_lei).state == "present"


def test_not_twice_and_not_with_itself(town, homes, double):
    with pytest.raises(InvalidError):
        merge(town, homes, double, gone=homes.wang_lei)
    with pytest.raises(InvalidError):
        merge(town, homes, double, reason=" ")
    row = merge(town, homes, double)
    with pytest.raises(ConflictError):
        merge(town, homes, double)
    merging.unmerge(by=town.fang, merge=row)
    with pytest.raises(ConflictError):
        merging.unmerge(by=town.fang, merge=row)
    assert PersonMerge.objects.count() == 1


@pytest.mark.parametrize("who", ["lin", "gao", "zhao", "chen"])
def test_only_by_those_who_may_merge_there(town, homes, double, who):
    with pytest.raises(NotAllowedError):
        merge(town, homes, double, by=getattr(town, who))
    row = merge(town, homes, double)
    with pytest.raises(NotAllowedError):
        merging.unmerge(by=getattr(town, who), merge=row)
    assert read(double).state == "merged"


def test_duplicates_are_suggested(town, homes, double):
    registering.correct(by=town.lin, person=double, field="phone", value="10012340004", stated_on=dt.date(2026, 11, 1))
    (found,) = registry.duplicates_of(town.fang, read(homes.wang_lei))
    assert (found.person, found.why, found.shown) == (double, "phone", True)


def test_a_merged_entry_is_found_no_more(town, homes, double):
    merge(town, homes, double)
    count = Person.objects.visible_to(town.fang).filter(pk=double.pk).count()
    assert count == 0
    assert registry.duplicates_of(town.fang, read(homes.wang_lei)) == []
