"""Version 1 of the calendar: the holiday notices that are shipped, and ordinary office hours."""

import datetime as dt
from pathlib import Path
from typing import Any

import yaml
from django.db import migrations

SHIPPED = Path(__file__).resolve().parents[4] / "deploy" / "catalogue" / "holidays.yaml"
SLOTS = [["08:30", "12:00"], ["14:30", "18:00"]]


def seed(apps: Any, _editor: Any) -> None:
    version_model = apps.get_model("catalogue", "CalendarVersion")
    if version_model.objects.exists():
        return
    facts = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    version = version_model.objects.create(note="首个版本", announced_through=facts["announced_through"])
    day_model = apps.get_model("catalogue", "CalendarDay")
    rows = []
    for year in facts["years"].values():
        for first, last, name in year["holidays"]:
            days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
            rows += [day_model(day=day, kind="off", source="notice", name=name, since=version) for day in days]
        rows += [day_model(day=day, kind="work", source="notice", name="", since=version) for day in year["work"]]
    day_model.objects.bulk_create(rows)
    apps.get_model("catalogue", "TimePlan").objects.create(
        name="平时作息", slots=SLOTS, weekdays=[1, 2, 3, 4, 5], since=version
    )


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_calendar_and_rules_versions")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
