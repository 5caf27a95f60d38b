"""What holds for every table: declared personal fields, order, no cascade into history."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from wangge.foundation.core.privacy import FIELDS

OURS = [model for model in apps.get_models() if model.__module__.startswith("wangge.")]
PERSONAL_NAMES = ("name", "phone", "contact", "id_number", "address", "comment", "text", "reason", "note", "email")
HARMLESS = {
    # names of places, offices and things: no person
    "Area", "Building", "Compound", "Entrance", "MapFeature", "Matter", "MatterClass", "Organisation", "Room",
    "RoutingRule", "StageClock", "Delivery", "ApiToken", "SavedView", "CalendarVersion", "CalendarDay", "TimePlan",
    "WhistleKind", "GridPlan", "GridPlanGrid", "Policy",
}  # fmt: skip


def personal_looking(model: type[models.Model]) -> list[str]:
    return [
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, models.CharField | models.TextField | models.BinaryField)
        and any(part in field.name for part in PERSONAL_NAMES)
    ]


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_personal_looking_fields_are_declared(model):
    if model.__name__ in HARMLESS:
        return
    declared = {name.split(".")[-1] for name in FIELDS if name.startswith(f"{model._meta.label_lower}.")}
    assert [name for name in personal_looking(model) if name not in declared] == []


def test_declared_fields_exist():
    for name in FIELDS:
        label, field = name.rsplit(".", 1)
        assert apps.get_model(label)._meta.get_field(field).name == field


def test_every_declared_field_says_how_it_is_erased():
    assert [name for name, field in FIELDS.items() if not (field.meaning and field.seen_by and field.erased)] == []


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_history_is_never_deleted_by_a_cascade(model):
    allowed = {
        ("ApiToken", "user"),
        ("SavedView", "user"),
        ("Notice", "user"),
        ("Delivery", "notice"),
        ("Duty", "user"),
        ("GridPlanGrid", "plan"),  # a draft that was thrown away; one in force is never deleted
        ("StageClock", "matter"),
        ("RoutingRule", "matter"),
        ("RoutingRule", "matter_class"),
    }
    cascading = {
        (model.__name__, field.name)
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is models.CASCADE
    }
    assert cascading - allowed == set()


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_audit_has_no_foreign_keys(model):
    if model._meta.app_label == "audit":
        assert [f.name for f in model._meta.get_fields() if isinstance(f, models.ForeignKey)] == []


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_every_row_has_a_text(model):
    assert model.__str__ is not models.Model.__str__
