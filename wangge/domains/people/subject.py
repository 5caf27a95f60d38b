"""Everything that is kept about one person, for himself (PIPL 45): readable by a program, and printed for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wangge.domains.people import looks
from wangge.domains.people.actions.erasing import SEALED, facts_of
from wangge.domains.people.models import Person, Purpose
from wangge.domains.people.sealing import Keyring
from wangge.foundation.core import clock
from wangge.foundation.core.contributions import contribute

if TYPE_CHECKING:
    from django.db.models import Model

Section = list[dict[str, Any]]
_WHY = "everything about one person, for himself"


def held(person: Person) -> dict[str, Section]:
    """What is held, by section; each entry a flat table of words. What was erased is not in it."""
    entries = [person, *person.merged_from.unscoped(_WHY)]
    found: dict[str, Section] = {}
    for entry in entries:
        for name, rows in _of(entry).items():
            found.setdefault(name, []).extend(rows)
        for contributed in contribute("person.held", facts_of(entry)):
            for name, rows in contributed.items():
                found.setdefault(name, []).extend(rows)
    found["looks"] = [
        {
            "at": look.at.astimezone(clock.OFFICE).isoformat(timespec="minutes"),
            "role": looks.role_name(look.role),
            "what": look.what,
            "purpose": str(Purpose(look.purpose).label) if look.purpose in Purpose.values else "",
            "beyond_own_place": look.beyond,
        }
        for entry in entries
        for look in looks.at_person(entry)
    ]
    return {name: rows for name, rows in found.items() if rows}


def _of(entry: Person) -> dict[str, Section]:
    ring = Keyring.of([entry.public_id])

    def plain(row: Model, column: str) -> Any:
        return ring.open(entry.public_id, f"people.{row._meta.model_name}.{column}", getattr(row, column))

    def detail(row: Model) -> Any:
        text = plain(row, "detail")
        try:
            return json.loads(text) if text else ""
        except ValueError:
            return text

    person = {field: plain(entry, field) for field in SEALED}
    person |= {
        "reference": str(entry.public_id),
        "state": entry.get_state_display(),
        "id_kind": entry.get_id_kind_display(),
        "registration": entry.get_registration_display(),
        "source": entry.get_source_display(),
        "source_ref": entry.source_ref,
        "entered": entry.created_at.astimezone(clock.OFFICE).isoformat(timespec="minutes"),
        "verified_on": _day(entry.verified_on),
        "notice_given_on": _day(entry.notice_given_on),
    }
    return {
        "person": [person],
        "earlier_values": [
            {
                "field": row.field,
                "before": plain(row, "before"),
                "changed_at": row.at.astimezone(clock.OFFICE).isoformat(timespec="minutes"),
                "source": row.get_source_display(),
            }
            for row in entry.changes.all()
        ],
        "households": [
            _dated(row) | {"role": row.get_role_display(), "presence": row.get_presence_display(), "homes": _homes(row)}
            for row in entry.memberships.select_related("household")
        ],
        "relations": [
            _dated(row) | {"is": row.get_kind_display(), "of": "another person of the register"}
            for row in entry.relations.all()
        ]
        + [
            _dated(row) | {"has": row.get_kind_display(), "who_is": "another person of the register"}
            for row in entry.related.all()
        ],
        "owned_rooms": [
            _dated(row) | {"room": _address(row.room), "share": str(row.share)}
            for row in entry.titles.select_related("room__entrance__building__compound")
        ],
        "let_rooms": [
            _dated(row)
            | {"room": _address(row.room), "agreement": row.agreement, "agreed_until": _day(row.agreed_until)}
            for row in entry.lets.select_related("room__entrance__building__compound")
        ],
        "recorded_deaths": [
            {"died_on": _day(row.died_on), "taken_back": row.undone_at is not None} for row in entry.deaths.all()
        ],
        "needs": [
            _dated(row) | {"kind": plain(row, "kind"), "detail": detail(row)} for row in entry.circumstances.all()
        ],
        "benefits": [
            _dated(row) | {"policy": plain(row, "policy"), "detail": detail(row), "renew_on": _day(row.renew_on)}
            for row in entry.enrolments.all()
        ],
        "matched_benefits": [
            {"found": json.loads(plain(row, "found") or "null"), "computed": row.computed_at.isoformat()}
            for row in [getattr(entry, "entitlement", None)]
            if row is not None
        ],
        "told_changes": [
            {"kind": row.get_kind_display(), "state": row.get_state_display(), "happened_on": _day(row.happened_on)}
            for row in entry.population_changes.unscoped(_WHY)
        ],
    }


def _homes(row: Any) -> list[dict[str, Any]]:
    stays = row.household.stays.select_related("room__entrance__building__compound")
    return [_dated(stay) | {"room": _address(stay.room), "basis": stay.get_basis_display()} for stay in stays]


def _address(room: Any) -> str:
    building = room.entrance.building
    compound = building.compound.name_zh if building.compound else ""
    return f"{compound}{building.name}{room.entrance.name}{room.name}"


def _day(day: Any) -> str:
    return day.isoformat() if day else ""


def _dated(row: Any) -> dict[str, Any]:
    return {"from": _day(row.valid_from), "to": _day(row.valid_to)}


def as_markdown(sections: dict[str, Section], heading: str) -> str:
    """The same for people: one chapter per section, one list per entry."""
    lines = [f"# {heading}", ""]
    for name, rows in sections.items():
        lines += [f"## {name.replace('_', ' ')}", ""]
        for row in rows:
            lines += [
                f"- {key.replace('_', ' ')}: {_words(value)}" for key, value in row.items() if value not in ("", None)
            ]
            lines.append("")
    return "\n".join(lines)


def _words(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
