"""A thousand random tamperings by somebody who owns the database: every one is found."""

from __future__ import annotations

import datetime as dt
import random

from wangge.foundation.audit import actions, queries
from wangge.foundation.audit.models import AuditSeal
from wangge.foundation.audit.tests.test_chain import TAMPERINGS, WHOLE, Tamperer, _a_kind_of_ours, act, owner  # noqa: F401
from wangge.foundation.core import clock

TIMES = 1000
# More than the named ones: a random column of a random entry gets another value.
COLUMNS = {
    "at": "at + interval '{n} seconds'",
    "kind": "'test.k{n}'",
    "actor_id": "coalesce(actor_id, 0) + {n}",
    "subject_type": "'s{n}'",
    "subject_id": "coalesce(subject_id, 0) + {n}",
    "data": """data || '{{"k": {n}}}'::jsonb""",
}


def tamperings(chance):
    """Endless (name, script), by lot: edit, delete, insert, reorder, swap, cut."""
    named = [*TAMPERINGS.items()]
    while True:
        roll = chance.random()
        if roll < 0.4:
            column = chance.choice(sorted(COLUMNS))
            value = COLUMNS[column].format(n=chance.randint(1, 10**6))
            yield f"change {column}", f"UPDATE audit_auditentry SET {column} = {value} WHERE id = :a"
        elif roll < 0.85:
            yield chance.choice(named)
        else:
            yield chance.choice([*WHOLE.items()])


def test_a_thousand_random_tamperings_are_all_found(own_database, time_machine):
    time_machine.move_to(clock.now() - dt.timedelta(hours=1))
    for number in range(60):
        act(number, n=number)
        if number % 20 == 19:
            actions.seal()
    time_machine.move_to(clock.now() + dt.timedelta(hours=1))
    chance = random.Random(20261121)
    sealed = list(AuditSeal.objects.order_by("position").values_list("entry_id", flat=True))
    position = {entry: place for place, entry in enumerate(sealed, 1)}
    good = queries.verify()
    assert (good.intact, good.sealed) == (True, len(sealed))
    missed, wrong = [], []
    lot = tamperings(chance)
    with owner(own_database) as admin:
        tamperer = Tamperer(admin)
        for number in range(TIMES):
            name, script = next(lot)
            a, b = sorted(chance.sample(sealed, 2))
            admin.execute("BEGIN")
            tamperer.tamper(script, a=a, b=b)
            admin.execute("COMMIT")
            verdict = queries.verify()
            if verdict.intact:
                missed.append((number, name, a, b))
            elif name not in WHOLE and verdict.broken_at != position[a]:
                wrong.append((number, name, a, b, verdict))
            tamperer.restore()
    assert missed == []
    assert wrong == []
    assert queries.verify() == good
