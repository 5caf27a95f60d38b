"""Cases that were open before there were clock events: their deadlines as they stand, written as a start.

A limit in plain hours from the beginning of the stage to the deadline gives exactly the date that was promised, whatever
the calendar says; so nothing moves, and from now on it is computed like every other.
"""

from typing import Any

from django.db import migrations

_STAGE_OF = {
    "reported": "accept",
    "needs_info": "supplement",
    "settled": "spot_check",
    "filed": "dispatch",
    "dispatched": "sign",
    "handling": "handle",
    "handled": "verify",
    "evaluating": "evaluate",
    "objected": "decide",
}
_BATCH = 1000


def start(apps: Any, _editor: Any) -> None:
    cases = apps.get_model("cases", "Case")._base_manager  # noqa: SLF001 — every case, whoever may see it
    event_model = apps.get_model("cases", "ClockEvent")
    version = apps.get_model("catalogue", "CalendarVersion").objects.order_by("-pk").first()
    last = 0
    while True:
        found = cases.filter(pk__gt=last, state__in=sorted(_STAGE_OF), clock_events__isnull=True)
        batch = list(found.order_by("pk")[:_BATCH])
        if not batch:
            return
        last = batch[-1].pk
        rows = []
        for case in batch:
            stage = _STAGE_OF[case.state]
            limits = [] if stage == "handle" else [(stage, case.since, case.due_at)]
            limits.append(("handle", case.filed_at or case.reported_at, case.handle_due_at))
            for clock, begun, due in limits:
                if due is None:
                    continue
                rows.append(
                    event_model(
                        case=case,
                        clock=clock,
                        round=case.round,
                        kind="start",
                        at=min(begun, due),
                        kind_of_time="urgent_hours",
                        amount=(due - min(begun, due)).total_seconds() / 3600,
                        calendar=version,
                        reason="as it stood before clocks were kept",
                    )
                )
            if stage not in {"handle", "dispatch", "sign"} and case.handle_due_at is not None:
                at = case.handled_at or case.since
                rows.append(event_model(case=case, clock="handle", round=case.round, kind="meet", at=at))
        event_model.objects.bulk_create(rows)
        cases.filter(pk__in=[case.pk for case in batch], due_provisional=True).update(due_provisional=False)


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_whistle_kinds"), ("catalogue", "0003_first_calendar")]

    operations = [migrations.RunPython(start, migrations.RunPython.noop)]
