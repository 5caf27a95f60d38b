"""Who lives in the demo street: figures, numbers, and that nobody is real."""

import datetime as dt
import uuid
from collections import Counter
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Count, Sum

from wangge.domains.people import identity, tokens
from wangge.domains.people.models import (
    Circumstance,
    Enrolment,
    Firm,
    Household,
    Membership,
    Person,
    Relation,
    Site,
    Tenancy,
    Title,
)
from wangge.domains.people.sealing import Keyring
from wangge.domains.people.standing import Standing, standing
from wangge.doors.town import building
from wangge.doors.town.numbers import Numbers, organ_check
from wangge.foundation.accounts.models import User
from wangge.foundation.core import clock, keystore
from wangge.foundation.places.models import Building, Room

WHY = "the test counts"


def households():
    return Household.objects.unscoped(WHY)


def persons():
    return Person.objects.unscoped(WHY)


def test_as_many_as_the_recipe_says(street):
    assert households().count() == pytest.approx(street.numbers["households"], rel=0.01)
    assert persons().count() == pytest.approx(3 * street.numbers["households"], rel=0.02)
    firms = Firm.objects.unscoped(WHY)
    assert firms.count() == street.numbers["firms"] + 167 + 1  # units, and the owner of the dormitory
    assert Site.objects.filter(kind="shelter").count() == 3
    assert {"school", "hospital", "market", "elderly", "station", "water"} <= set(
        Site.objects.values_list("kind", flat=True)
    )


def test_every_home_lies_in_the_grid_of_its_building(street):
    today = clock.today()
    for home in households().select_related("room__entrance__building").order_by("id")[::97]:
        link = home.room.entrance.building.grids.as_of(today).get()
        assert home.area_path == link.grid.path
        living = home.memberships.filter(presence="lives").values("person_id")
        assert set(persons().filter(pk__in=living).values_list("area_path", flat=True)) == {home.area_path}


def test_numbers_are_synthetic_and_pass_their_checks(street):
    some = list(persons().order_by("id")[::37])
    ring = Keyring.of(person.public_id for person in some)

    def read(person, field):
        return ring.open(person.public_id, f"people.person.{field}", getattr(person, field))

    for person in some:
        number = read(person, "id_number")
        if number:
            found = identity.read_id(number, on=clock.today())
            assert number.startswith("999999")
            assert (found.born.isoformat(), found.sex) == (read(person, "born"), read(person, "sex"))
        assert (read(person, "phone") or "100").startswith("100")
    codes = Firm.objects.unscoped(WHY).values_list("credit_code", flat=True)
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert identity.read_credit_code(code) == code
        assert organ_check(code[8:16]) == code[16]


def test_families_are_families(street):
    heads = Membership.objects.filter(role="head").values("household").annotate(n=Count("id"))
    assert set(heads.values_list("n", flat=True)) == {1}
    sizes = Counter(households().annotate(n=Count("memberships")).values_list("n", flat=True))
    assert {1, 2, 3, 4, 5, 6} <= set(sizes)
    kinds = Counter(households().values_list("kind", flat=True))
    assert kinds["family"] > 20 * kinds["shared"] > 0
    assert kinds["collective"] >= 10
    registered = Counter(persons().values_list("registration", flat=True))
    assert registered["here"] > registered["migrant"] > registered["apart"] > 0
    assert Membership.objects.filter(presence="registered").count() > 50
    apart = Relation.objects.filter(kind="contact").select_related("person", "other")
    assert apart.count() > 50
    assert all(link.person_id != link.other_id for link in apart)


def test_owners_and_tenants(street):
    lived = households().filter(stays__basis__in=["own", "rent"])
    living = set(Membership.objects.filter(presence="lives").values_list("household__room_id", "person_id"))
    titles = Title.objects.filter(room__in=lived.values("room"), person__isnull=False)
    elsewhere = {title.room_id for title in titles if (title.room_id, title.person_id) not in living}
    assert len(elsewhere) / lived.count() == pytest.approx(0.21, abs=0.05)
    shares = Title.objects.values("room").annotate(whole=Sum("share"))
    assert {float(row["whole"]) for row in shares} == {1.0}
    assert Tenancy.objects.filter(purpose="dormitory").count() >= 10
    assert Tenancy.objects.filter(purpose="business", firm__isnull=False).count() > 200
    assert {"own", "let", "empty", "shared", "business", "mixed"} == set(Room.objects.values_list("use", flat=True))
    assert Building.objects.filter(entrances__isnull=True).count() == 0


def test_some_need_help_and_some_draw_what_they_are_entitled_to(street):
    needs = Circumstance.objects.select_related("person")
    ring = Keyring.of(need.person.public_id for need in needs)
    kinds = Counter(ring.open(need.person.public_id, "people.circumstance.kind", need.kind) for need in needs)
    assert {"lives_alone", "unable_self_care", "low_income", "disabled", "left_behind"} <= set(kinds)
    assert needs.count() < 0.06 * persons().count()
    drawn = Enrolment.objects.select_related("person")
    ring = Keyring.of(one.person.public_id for one in drawn)
    policies = Counter(ring.open(one.person.public_id, "people.enrolment.policy", one.policy) for one in drawn)
    assert {"senior-allowance", "minimum-allowance", "disability-care-subsidy"} <= set(policies)
    assert all(need.review_on > clock.today() for need in needs)


def test_how_fresh_it_is(street):
    year = clock.today() - dt.timedelta(days=365)
    known = households().count()
    fresh = households().filter(verified_on__gt=year).count()
    assert 0.55 < fresh / known < 0.85
    assert households().filter(verified_on__isnull=True).exists()
    assert not households().filter(verified_on__gt=clock.today()).exists()


def test_the_lost_girl_is_found_by_her_parents(street):
    both = [tokens.token("name", name) for name in ("程志刚", "单玉芳")]
    home = households().carrying(*both).get()
    assert home.room.entrance.building.compound.name_zh == "康宁小区"
    lin = User.objects.get(username="lin")
    assert not Household.objects.visible_to(lin).filter(pk=home.pk).exists()
    assert Household.objects.visible_to(lin).count() > 100
    out = StringIO()
    call_command("town", logins=True, stdout=out)
    where = building.done()["residents"]["lost"]
    assert f"  程志刚 单玉芳 → {where}  走失的小雨 · The girl who lost her way" in out.getvalue().splitlines()


def test_the_same_seed_makes_the_same_people(street):
    first = persons().order_by("id").first()
    assert str(first.public_id) == "5dc4f8e8-d9d6-44a4-9d45-c0eb77b84a2b"


def test_people_without_keys_and_keys_without_people_are_told(street, settings, tmp_path):
    assert standing() is Standing.WHOLE
    settings.WANGGE_KEY_STORE = tmp_path / "other.sqlite"
    assert standing() is Standing.WITHOUT_KEYS
    with pytest.raises(CommandError, match="key store is gone"):
        call_command("town", size="small", stdout=StringIO())


@pytest.mark.django_db
def test_keys_of_another_street_are_told(settings, tmp_path):
    settings.WANGGE_KEY_STORE = tmp_path / "other.sqlite"
    assert standing() is Standing.EMPTY
    keystore.keys().create_many([uuid.uuid4()])
    assert standing() is Standing.WITHOUT_PEOPLE


def test_numbers_are_handed_out_once():
    numbers = Numbers()
    day = dt.date(1990, 5, 17)
    handed = [numbers.identity(day, male=male) for male in (True, False) * 50]
    assert len(set(handed)) == 100
    assert {identity.read_id(one, on=dt.date(2026, 1, 1)).sex for one in handed[::2]} == {"m"}
    assert numbers.phone() != numbers.phone()
