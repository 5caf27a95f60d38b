"""Loading the shipped files and editing on the desk."""

from __future__ import annotations

import datetime as dt
import io
import shutil
from copy import deepcopy

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.catalogue import actions, queries
from wangge.foundation.catalogue.kinds import ClockKind, Duty, Module, Stage, Urgency
from wangge.foundation.catalogue.management.commands.load_catalogue import SHIPPED
from wangge.foundation.catalogue.models import Matter, MatterClass, RoutingRule, StageClock
from wangge.foundation.catalogue.tests.factories import (
    DAY,
    LONG_AGO,
    NEXT_DAY,
    make_class,
    make_matter,
    make_place,
    make_rule,
    make_unit,
    make_user,
)
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty")]

CLASSES = [{"code": "06", "zh": "市容环境", "en": "Street scene", "module": "city"}]
STAGES = [{"stage": "accept", "clock": "4 working_hours"}]
DEFAULTS = {
    "module": "city",
    "tasks": ["hazard"],
    "level": 3,
    "units": ["处"],
    "evidence": {"before_photo": True, "after_photo": True},
    "public": True,
    "filing_condition": {"zh": "发现的", "en": "Found"},
    "closing_condition": {"zh": "清除", "en": "Cleared"},
    "admission": {
        "basis": {"zh": "清单", "en": "List"},
        "owner": {"zh": "部门", "en": "Department"},
        "from": dt.date(2024, 1, 1),
    },
}
MATTERS = [
    {"code": "06001", "zh": "私搭乱建", "en": "Unauthorised building", "clock": "15 working_days"},
    {"code": "06010", "zh": "暴露垃圾", "en": "Exposed rubbish", "clock": "1 working_days"},
]
RULES = [{"main": "community"}, {"matters": ["06001"], "main": "enforcement", "co": ["police"]}]


class Folder:
    """A folder of catalogue files that a test may spoil."""

    def __init__(self, path):
        self.path = path
        self.classes, self.stages, self.rules, self.matters, self.defaults = deepcopy(
            (CLASSES, STAGES, RULES, MATTERS, DEFAULTS)
        )
        self.write()

    def write(self):
        self._file("classes.yaml", {"classes": self.classes})
        self._file("defaults.yaml", {"stages": self.stages})
        self._file("routing.yaml", {"from": dt.date(2024, 1, 1), "rules": self.rules})
        self._file("matters-06.yaml", {"class": "06", "defaults": self.defaults, "matters": self.matters})
        return self.path

    def _file(self, name, values):
        (self.path / name).write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.fixture
def place():
    return make_place()


@pytest.fixture
def chief(place):
    return make_user("catalogue-chief", "duty_chief", place.south)


@pytest.fixture
def worker(place):
    return make_user("catalogue-worker", "grid_worker", place.grid)


def test_load_writes_everything_and_audits_it_once(folder, audited):
    said = []
    loaded = actions.load_catalogue(folder.path, progress=said.append)
    assert loaded == actions.Loaded(matters=2, added=2, changed=1, kept=0, clocks=1, rules=3)
    shed = queries.get_matter("06001")
    assert (shed.name_zh, shed.matter_class.code, shed.valid_from, shed.edited) == (
        "私搭乱建",
        "06",
        dt.date(2024, 1, 1),
        False,
    )
    assert len(said) == 3
    assert audited("catalogue.load") == 1


def test_a_second_load_writes_nothing(folder, audited):
    actions.load_catalogue(folder.path)
    assert actions.load_catalogue(folder.path).touched == 0
    assert audited("catalogue.load") == 1


def test_a_load_brings_changes_of_the_files(folder):
    actions.load_catalogue(folder.path)
    folder.matters[0]["level"] = 4
    folder.stages[0]["clock"] = "2 working_hours"
    folder.rules[1]["co"] = ["market"]
    assert actions.load_catalogue(folder.write())[1:] == (0, 1, 0, 1, 2)
    assert queries.get_matter("06001").level == 4
    assert StageClock.objects.get().amount == 2
    in_force = RoutingRule.objects.as_of(clock.today()).filter(duty=Duty.CO)
    assert [rule.unit_kind for rule in in_force] == ["market"]
    ended = RoutingRule.objects.get(unit_kind="police")
    assert ended.valid_to == clock.today()


def test_a_load_keeps_what_was_edited_on_the_desk(folder):
    actions.load_catalogue(folder.path)
    actions.save_matter(by=None, code="06001", name_zh="违法建设")
    actions.save_clock(by=None, stage=Stage.ACCEPT, kind=ClockKind.WORKING_HOURS, amount=8)
    co = RoutingRule.objects.get(unit_kind="police")
    actions.end_rule(by=None, rule=co)
    folder.matters[0]["zh"] = "私搭乱建新名"
    folder.matters[1]["zh"] = "暴露垃圾新名"
    folder.stages[0]["clock"] = "1 working_hours"
    loaded = actions.load_catalogue(folder.write())
    assert loaded[1:] == (0, 1, 1, 0, 0)
    assert list(Matter.objects.values_list("name_zh", flat=True)) == ["违法建设", "暴露垃圾新名"]
    assert StageClock.objects.get().amount == 8
    assert not RoutingRule.objects.as_of(clock.today()).filter(unit_kind="police").exists()


def test_a_load_leaves_matters_alone_that_the_files_do_not_name(folder):
    make_matter("06099")
    actions.load_catalogue(folder.path)
    assert Matter.objects.count() == 3
    assert queries.get_matter("06099").valid_to is None


@pytest.mark.parametrize(
    ("spoil", "where", "text"),
    [
        ({"zh": ""}, ("matters-06.yaml", "06001", "name_zh"), "Needed in Chinese and in English."),
        ({"zh": 5}, ("matters-06.yaml", "06001", "zh"), "is int, must be str"),
        ({"module": "gardens"}, ("matters-06.yaml", "06001", "module"), "There is no such module."),
        ({"level": 9}, ("matters-06.yaml", "06001", "level"), "There is no such level."),
        ({"level": True}, ("matters-06.yaml", "06001", "level"), "is bool, must be int"),
        (
            {"clock": "soon"},
            ("matters-06.yaml", "06001", "clock"),
            "'soon' is not a time limit such as '15 working_days'",
        ),
        ({"clock": "0 working_days"}, ("matters-06.yaml", "06001", "clock"), None),
        ({"tasks": ["dancing"]}, ("matters-06.yaml", "06001", "tasks"), "These are not tasks of the list of eight."),
        ({"keywords": ["违建", "违建"]}, ("matters-06.yaml", "06001", "keywords"), None),
        ({"colour": "red"}, ("matters-06.yaml", "06001", "colour"), "is not a field of this table"),
        ({"evidence": {"after_photo": True}}, ("matters-06.yaml", "06001", "evidence.before_photo"), "is missing"),
        (
            {"confidential": True},
            ("matters-06.yaml", "06001", "public"),
            "A confidential matter is never shown publicly.",
        ),
        ({"code": "07001"}, ("matters-06.yaml", "07001", "code"), "does not begin with the class 06"),
        ({"code": "06010"}, ("matters-06.yaml", "06010", "code"), "is given twice"),
        ({"code": "6001"}, ("matters-06.yaml", "6001", "code"), None),
    ],
)
def test_a_mistake_is_named_by_file_row_and_field_and_nothing_is_loaded(folder, spoil, where, text, audited):
    folder.rules = folder.rules[:1]
    folder.matters[0].update(spoil)
    with pytest.raises(actions.CatalogueFilesError) as caught:
        actions.load_catalogue(folder.write())
    found = {fault[:3]: fault.text for fault in caught.value.faults}
    assert where in found
    assert text is None or found[where] == text
    assert Matter.objects.count() == MatterClass.objects.count() == RoutingRule.objects.count() == 0
    assert audited("catalogue.load") == 0


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"main": "circus"}, "main"),
        ({"co": ["police"]}, "main"),
        ({"matters": ["99999"], "main": "police"}, "matters"),
        ({"class": "77", "main": "police"}, "class"),
        ({"module": "circus", "main": "police"}, "module"),
        ({"matters": ["06010"], "module": "city", "main": "police"}, "matters"),
        ({"main": "police"}, "main"),
        ({"matters": ["06010"], "main": "police", "co": ["circus"]}, "co"),
    ],
)
def test_a_mistake_in_a_routing_rule_is_named(folder, rule, field):
    folder.rules.append(rule)
    with pytest.raises(actions.CatalogueFilesError) as caught:
        actions.load_catalogue(folder.write())
    assert {(fault.file, fault.row, fault.field) for fault in caught.value.faults} == {("routing.yaml", "3", field)}
    assert RoutingRule.objects.count() == 0


def test_all_mistakes_are_told_at_once(folder):
    folder.matters[0]["level"] = 9
    folder.matters[1]["module"] = "gardens"
    folder.stages.append({"stage": "lunch", "clock": "1 working_hours"})
    with pytest.raises(actions.CatalogueFilesError) as caught:
        actions.load_catalogue(folder.write())
    assert [str(fault) for fault in caught.value.faults] == [
        "matters-06.yaml, 06001, level: There is no such level.",
        "matters-06.yaml, 06010, module: There is no such module.",
        "defaults.yaml, 2, stage: 'lunch' is none of " + ", ".join(Stage.values),
    ]


@pytest.mark.parametrize(
    ("text", "row"),
    [("matters: ]\n", "line 1"), ("class: '06'\nclass: '07'\n", "line 2"), ("- a\n- b\n", "head")],
)
def test_a_file_that_is_no_such_table_is_named(folder, text, row):
    (folder.path / "matters-06.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(actions.CatalogueFilesError) as caught:
        actions.load_catalogue(folder.path)
    assert (caught.value.faults[0].file, caught.value.faults[0].row) == ("matters-06.yaml", row)


def test_a_missing_file_is_named(folder):
    (folder.path / "routing.yaml").unlink()
    with pytest.raises(actions.CatalogueFilesError) as caught:
        actions.load_catalogue(folder.path)
    assert [fault.file for fault in caught.value.faults] == ["routing.yaml"]


def test_the_command_loads_and_then_has_nothing_to_do(folder):
    first, second = io.StringIO(), io.StringIO()
    call_command("load_catalogue", str(folder.path), stdout=first)
    call_command("load_catalogue", str(folder.path), stdout=second)
    assert "Catalogue loaded: 2 matters (2 new), 1 time limits and 3 routing rules written" in first.getvalue()
    assert "read 1/1 matters-06.yaml: 2 matters so far" in first.getvalue()
    assert "Catalogue up to date: 2 matters, 0 of them edited here." in second.getvalue()


def test_the_command_tells_mistakes(folder):
    folder.matters[0]["level"] = 9
    with pytest.raises(CommandError, match=r"matters-06\.yaml, 06001, level: There is no such level\."):
        call_command("load_catalogue", str(folder.write()), stdout=io.StringIO())
    assert Matter.objects.count() == 0


def test_the_shipped_files_load_twice_with_the_same_result(tmp_path):
    copy = shutil.copytree(SHIPPED, tmp_path / "catalogue")
    loaded = actions.load_catalogue(copy)
    assert (loaded.matters, loaded.added, loaded.kept) == (389, 389, 0)
    assert actions.load_catalogue(SHIPPED).touched == 0


def test_loading_takes_the_right_to_edit(folder, chief, worker):
    with pytest.raises(NotAllowedError):
        actions.load_catalogue(folder.path, by=worker)
    assert Matter.objects.count() == 0
    assert actions.load_catalogue(folder.path, by=chief).added == 2


def test_save_matter_changes_the_given_fields(chief):
    make_matter("06001", keywords=["违建"])
    saved = actions.save_matter(by=chief, code="06001", keywords=["违建", "板房"], handling_amount=10)
    saved.refresh_from_db()
    assert (saved.keywords, saved.handling_amount, saved.name_zh, saved.edited) == (
        ["违建", "板房"],
        10,
        "事项06001",
        True,
    )
    entry = AuditEntry.objects.filter(kind="matter.save").latest("pk")
    assert (entry.actor_id, entry.subject_id) == (chief.pk, saved.pk)
    assert entry.data == {"code": "06001", "fields": ["handling_amount", "keywords"]}


def full_matter(**fields):
    return {
        "name_zh": "新事项",
        "name_en": "New matter",
        "level": 3,
        "handling_kind": "working_days",
        "handling_amount": 3,
        "filing_zh": "发现的",
        "filing_en": "Found",
        "closing_zh": "清除",
        "closing_en": "Cleared",
        "basis_zh": "清单",
        "basis_en": "List",
        "owner_zh": "部门",
        "owner_en": "Department",
    } | fields


def test_save_matter_adds_one_under_its_class(chief):
    make_class("21", Module.ORDER)
    saved = actions.save_matter(by=chief, code="21098", **full_matter())
    assert (saved.matter_class.code, saved.module, saved.valid_from) == ("21", "order", clock.today())
    assert queries.get_matter("21098") == saved


@pytest.mark.parametrize(
    ("code", "fields", "field"),
    [
        ("77001", {}, "code"),
        ("0609", {}, "code"),
        ("06098", {"name_en": " "}, "name_en"),
        ("06098", {"filing_zh": "长" * 201}, "filing_zh"),
        ("06098", {"level": None}, "level"),
        ("06098", {"handling_amount": 0}, "handling_amount"),
        ("06098", {"handling_kind": "moons"}, "handling_kind"),
        ("06098", {"urgency": "very"}, "urgency"),
        ("06098", {"tasks": "hazard"}, "tasks"),
        ("06098", {"units": [""]}, "units"),
        ("06098", {"keywords": ["词"] * 2}, "keywords"),
        ("06098", {"public": None}, "public"),
        ("06098", {"public": True, "confidential": True}, "public"),
        ("06098", {"valid_from": DAY, "valid_to": DAY}, "valid_to"),
        ("06098", {"edited": False}, "edited"),
    ],
)
def test_save_matter_names_the_wrong_field_and_saves_nothing(chief, code, fields, field, audited):
    make_class("06")
    with pytest.raises(InvalidError) as caught:
        actions.save_matter(by=chief, code=code, **full_matter(**fields))
    assert caught.value.field == field
    assert Matter.objects.count() == 0
    assert audited("matter.save") == 0


def test_save_matter_takes_the_right_to_edit(worker, audited):
    make_matter("06001")
    with pytest.raises(NotAllowedError):
        actions.save_matter(by=worker, code="06001", level=1)
    assert queries.get_matter("06001").level == 3
    assert audited("matter.save") == 0


def test_withdraw_takes_a_matter_off_the_list_from_a_day(chief):
    matter = actions.withdraw_matter(by=chief, matter=make_matter("06001"), on=DAY)
    assert (matter.is_admitted(DAY - dt.timedelta(days=1)), matter.is_admitted(DAY)) == (True, False)
    assert matter.edited is True
    assert AuditEntry.objects.filter(kind="matter.withdraw").latest("pk").data == {"code": "06001", "on": "2026-11-20"}


def test_withdraw_refuses_what_is_off_the_list_or_not_yet_on_it(chief, worker, audited):
    gone, fresh = make_matter("06001", valid_to=DAY), make_matter("06002", valid_from=DAY)
    for matter in (gone, fresh):
        with pytest.raises(ConflictError):
            actions.withdraw_matter(by=chief, matter=matter, on=DAY)
    with pytest.raises(NotAllowedError):
        actions.withdraw_matter(by=worker, matter=fresh, on=NEXT_DAY)
    assert queries.get_matter("06002").valid_to is None
    assert audited("matter.withdraw") == 0


def test_save_clock_sets_and_resets_one_limit(chief, audited):
    matter = make_matter("06001")
    actions.save_clock(by=chief, stage=Stage.SIGN, kind="working_hours", amount=2, matter=matter)
    actions.save_clock(by=chief, stage=Stage.SIGN, kind="working_hours", amount=3, matter=matter)
    assert queries.stage_clock(matter, Stage.SIGN) == ("working_hours", 3.0)
    assert StageClock.objects.count() == 1
    assert audited("clock.save") == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stage": "lunch"}, "stage"),
        ({"kind": "moons"}, "kind"),
        ({"amount": 0}, "amount"),
        ({"amount": 1001}, "amount"),
        ({"urgency": "very"}, "urgency"),
    ],
)
def test_save_clock_names_the_wrong_field(chief, changes, field):
    with pytest.raises(InvalidError) as caught:
        actions.save_clock(by=chief, **{"stage": "sign", "kind": "working_hours", "amount": 2} | changes)
    assert caught.value.field == field
    assert StageClock.objects.count() == 0


def test_save_clock_of_one_matter_knows_no_urgency_and_takes_the_right(chief, worker):
    matter = make_matter("06001")
    limit = {"stage": "sign", "kind": "working_hours", "amount": 2}
    with pytest.raises(InvalidError):
        actions.save_clock(by=chief, matter=matter, urgency=Urgency.URGENT, **limit)
    with pytest.raises(NotAllowedError):
        actions.save_clock(by=worker, **limit)
    assert StageClock.objects.count() == 0


def test_save_rule_for_ones_own_street(place, chief):
    matter, unit = make_matter("06001"), make_unit("enforcement", place.south)
    rule = actions.save_rule(by=chief, matter=matter, area=place.south, unit=unit, note="研判确定")
    assert queries.route(matter, place.grid).main == unit
    assert (rule.edited, rule.valid_from) == (True, clock.today())
    assert AuditEntry.objects.filter(kind="rule.save").latest("pk").data == {"area": place.south.pk, "unit": unit.pk}


@pytest.mark.parametrize("where", ["north", "district", None])
def test_save_rule_refuses_other_streets_and_everywhere(place, chief, where, audited):
    matter = make_matter("06001")
    with pytest.raises(NotAllowedError):
        actions.save_rule(
            by=chief, matter=matter, area=getattr(place, where) if where else None, unit_kind="enforcement"
        )
    assert RoutingRule.objects.count() == 0
    assert audited("rule.save") == 0


def test_the_district_may_say_what_holds_everywhere(place):
    admin = make_user("catalogue-admin", "system_admin", place.district)
    actions.save_rule(by=admin, unit_kind="community")
    assert RoutingRule.objects.get().area is None


def test_save_rule_names_the_wrong_field(place, chief):
    matter, mute = make_matter("06001"), make_unit("party_group", place.south, handles=False)
    unit = make_unit("enforcement", place.south)
    wrong = [
        ({"matter": matter, "module": "city", "unit": unit}, "matter"),
        ({"module": "circus", "unit": unit}, "module"),
        ({"matter": matter}, "unit"),
        ({"matter": matter, "unit": unit, "unit_kind": "police"}, "unit"),
        ({"matter": matter, "unit_kind": "circus"}, "unit_kind"),
        ({"matter": matter, "unit": mute}, "unit"),
        ({"matter": matter, "unit": unit, "duty": "boss"}, "duty"),
        ({"matter": matter, "unit": unit, "valid_from": DAY, "valid_to": DAY}, "valid_to"),
        ({"matter": matter, "unit": unit, "note": "长" * 201}, "note"),
    ]
    for given, field in wrong:
        with pytest.raises(InvalidError) as caught:
            actions.save_rule(by=chief, area=place.south, **given)
        assert caught.value.field == field
    assert RoutingRule.objects.count() == 0


def test_save_rule_refuses_a_second_responsible_unit_for_the_same_time(place, chief, audited):
    matter, unit = make_matter("06001"), make_unit("enforcement", place.south)
    first = make_rule(matter=matter, area=place.south, unit_kind="police")
    with pytest.raises(ConflictError):
        actions.save_rule(by=chief, matter=matter, area=place.south, unit=unit)
    assert list(RoutingRule.objects.all()) == [first]
    assert audited("rule.save") == 0


def test_save_rule_replaces_a_rule_from_a_day(place, chief, audited):
    matter, unit = make_matter("06001"), make_unit("enforcement", place.south)
    police = make_unit("police", place.south)
    first = make_rule(matter=matter, area=place.south, unit_kind="police")
    actions.save_rule(by=chief, matter=matter, area=place.south, unit=unit, valid_from=DAY, replaces=first)
    assert queries.route(matter, place.grid, DAY - dt.timedelta(days=1)).main == police
    assert queries.route(matter, place.grid, DAY).main == unit
    assert (audited("rule.end"), audited("rule.save")) == (1, 1)


def test_save_rule_adds_several_co_handlers_but_none_twice(place, chief):
    matter = make_matter("06001")
    about = {"by": chief, "matter": matter, "area": place.south, "duty": Duty.CO}
    actions.save_rule(unit_kind="police", **about)
    actions.save_rule(unit_kind="market", **about)
    with pytest.raises(ConflictError):
        actions.save_rule(unit_kind="police", **about)
    assert RoutingRule.objects.count() == 2


def test_end_rule_lets_it_decide_nothing_more(place, chief, audited):
    matter = make_matter("06001")
    unit = make_unit("enforcement", place.south)
    rule = make_rule(matter=matter, area=place.south, unit=unit)
    actions.end_rule(by=chief, rule=rule, on=DAY)
    assert queries.route(matter, place.grid, DAY - dt.timedelta(days=1)).main == unit
    assert queries.route(matter, place.grid, DAY).main is None
    with pytest.raises(ConflictError):
        actions.end_rule(by=chief, rule=rule, on=DAY)
    assert audited("rule.end") == 1


def test_end_rule_removes_one_that_never_began(place, chief):
    rule = actions.save_rule(by=chief, module="city", area=place.south, unit_kind="police", valid_from=NEXT_DAY)
    actions.end_rule(by=chief, rule=rule, on=DAY)
    assert RoutingRule.objects.count() == 0


def test_end_rule_takes_the_right_at_the_place(place, chief, worker, audited):
    rule = make_rule(matter=make_matter("06001"), area=place.north, unit_kind="police")
    everywhere = make_rule(unit_kind="community")
    for user, tried in ((worker, rule), (chief, rule), (chief, everywhere)):
        with pytest.raises(NotAllowedError):
            actions.end_rule(by=user, rule=tried, on=DAY)
    assert RoutingRule.objects.filter(valid_to__isnull=True).count() == 2
    assert audited("rule.end") == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"unit_kind": ""},
        {"unit_kind": "police", "module": "circus"},
        {"unit_kind": "police", "duty": "boss"},
        {"unit_kind": "police", "valid_from": DAY, "valid_to": LONG_AGO},
    ],
)
def test_the_database_refuses_a_senseless_rule(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_rule(**fields)
    assert RoutingRule.objects.count() == 0


def test_the_database_refuses_a_rule_about_two_things_and_a_second_default(place):
    matter = make_matter("06001")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_rule(matter=matter, matter_class=matter.matter_class, unit_kind="police")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_rule(unit_kind="police", unit=make_unit("police", place.south))
    make_rule(unit_kind="police")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_rule(unit_kind="market")
    assert RoutingRule.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"code": "0600"},
        {"module": "circus"},
        {"level": 7},
        {"handling_amount": 0},
        {"confidential": True, "public": True},
        {"name_en": ""},
        {"valid_to": LONG_AGO},
    ],
)
def test_the_database_refuses_a_senseless_matter(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_matter(**{"code": "06001"} | fields)
    assert Matter.objects.count() == 0
