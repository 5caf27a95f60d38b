"""The three kinds of whistle to begin with; the desk edits them and adds others."""

from typing import Any

from django.db import migrations

KINDS = (
    # code, zh, en, minutes until a called unit must be on the spot, may be called at once
    ("livelihood", "民生难题", "Stubborn problem of residents", None, False),
    ("joint", "联合执法", "Joint law enforcement", None, False),
    ("emergency", "应急处置", "Emergency", 30, True),
)


def add(apps: Any, _schema_editor: Any) -> None:
    kind = apps.get_model("cases", "WhistleKind")
    for code, zh, en, minutes, emergency in KINDS:
        kind.objects.get_or_create(
            code=code,
            defaults={"name_zh": zh, "name_en": en, "arrive_minutes": minutes, "emergency": emergency},
        )


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_judgement")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
