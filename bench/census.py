"""How long a census takes: a sheet of 105,000 residents, from the bytes of the file to the last index entry.

    python -m bench.census            (make bench NAME=census)
    ROWS=20000 python -m bench.census

The whole way of the product: the file is brought (read, understood, sealed), checked row by row (numbers, births, relations,
dwellings, doubles, who is there already), and taken in (sealed under a key of each person, tokens, households, dated rows),
by the job's own functions in one process, PostgreSQL beside it with `fsync` on. The key store is a file of its own, synced.
"""

from __future__ import annotations

import os
import shutil
import time

from bench import ground
from wangge.config.progress import say

ROWS = int(os.environ.get("ROWS", "105000"))
GOAL_SECONDS = 180.0


def main() -> None:
    """Build the ground, write the sheet, take it in, print where the time went."""
    keys = ground.PLACE / "census-keys"
    shutil.rmtree(keys, ignore_errors=True)
    os.environ["WANGGE_KEY_STORE"] = str(keys / "people.sqlite")
    database = ground.database("census")
    say("building the ground …")
    database.create()
    ground.prepare_django(database.url("app"))
    from django.db import connection

    from tests.town import Town
    from wangge.domains.people.actions import importing
    from wangge.domains.people.models import Household, Person
    from wangge.domains.people.tests import sheet_files as files

    town = Town()
    files.ground(town.grid1, buildings=ROWS // 400 + 1, units=4, floors=18, per_floor=3)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    rows = files.residents(ROWS, units=4, floors=18, per_floor=3)
    data = files.xlsx(rows)
    say(f"{ROWS:,} residents in a sheet of {len(data) / 1e6:.1f} MB")
    began = time.perf_counter()
    batch = importing.bring(
        by=town.fang, what="persons", area=town.community, data=data, file_name="census.xlsx", as_of=files.AS_OF
    )
    columns = {int(key): value for key, value in batch.mapping["columns"].items()}
    importing.choose_columns(by=town.fang, batch=batch, sheet=batch.mapping["sheet"], columns=columns)
    read = time.perf_counter()
    checked = importing.check(batch=batch)
    check = time.perf_counter()
    say(f"checked: {checked.counts}")
    importing.ask_apply(by=town.fang, batch=batch)
    applied = importing.apply(batch=batch)
    end = time.perf_counter()
    say(f"taken in: {applied.counts}")
    why = "the benchmark counts what it wrote"
    persons = Person.objects.unscoped(why).count()
    homes = Household.objects.unscoped(why).count()
    if persons != ROWS:
        raise SystemExit(f"{persons} persons are there, {ROWS} were in the file.")
    figures = {
        "rows": persons,
        "households": homes,
        "seconds_read": read - began,
        "seconds_checked": check - read,
        "seconds_applied": end - check,
        "total": end - began,
        "rows_per_second": ROWS / (end - began),
    }
    ground.table(("step", "seconds"), [(name, figures[name]) for name in figures if name.startswith(("sec", "total"))])
    say(f"goal: {GOAL_SECONDS:.0f} s")
    ground.finish("census", figures)


if __name__ == "__main__":
    main()
