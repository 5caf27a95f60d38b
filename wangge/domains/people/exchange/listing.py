"""What a list that leaves the system holds: who is on it, and each field as its reader may have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wangge.domains.people import masks
from wangge.domains.people.exchange import cells, sheets
from wangge.domains.people.exchange.writing import Column
from wangge.domains.people.models import Firm, Membership
from wangge.domains.people.sealing import Keyring
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_WHY = "an export is granted for one place by its own action, which has asked for the right"
_AT_ONCE = 2000
WHOLE = ":whole"
"""Behind the key of a field: not masked."""
OFFERED: dict[str, tuple[str, ...]] = {
    "persons": (
        "house", "name", "role", "sex", "born", "id_kind", "id_number", "phone", "compound", "building", "unit", "room",
        "presence", "registration", "basis", "registered_address", "work_or_school", "former_name", "since",
    ),
    "firms": (
        "name", "kind", "credit_code", "trade", "compound", "building", "unit", "room", "address", "staff", "contact_name",
        "contact_phone",
    ),
}  # fmt: skip
_LIVES = Membership.Presence.LIVES


def split(field: str) -> tuple[str, bool]:
    """(key, whether whole) of a chosen field."""
    return field.removesuffix(WHOLE), field.endswith(WHOLE)


def maskable(what: str) -> set[str]:
    """The fields that are masked unless they are asked for whole."""
    return {field.key for field in sheets.KINDS[what].fields if field.masked and field.key in OFFERED[what]} - {
        "address"
    } | ({"born"} if what == "persons" else set())


def columns(what: str, fields: Sequence[str]) -> list[Column]:
    """The headings of the chosen fields, as our own import understands them."""
    kind = sheets.KINDS[what]
    return [Column(kind.field(key).heading, kind.field(key).width) for key, _whole in map(split, fields)]


def how_many(what: str, area_path: str, *, limit: int) -> int:
    """How many rows a list would have, counted no further than `limit`."""
    return int(_found(what, area_path)[:limit].count())


def _found(what: str, area_path: str) -> Any:
    if what == "firms":
        return Firm.objects.unscoped(_WHY).filter(under("area_path", [area_path]), valid_to__isnull=True).order_by("pk")
    return (
        Membership.objects.filter(
            under("household__area_path", [area_path]),
            valid_to__isnull=True,
            household__active=True,
            person__state__in=("present", "away"),
        )
        .select_related("person", "household__room__entrance__building__compound")
        .order_by("household__room__entrance__building_id", "household__room_id", "household_id", "pk")
    )


def rows(what: str, area_path: str, fields: Sequence[str]) -> Iterator[list[str]]:
    """The rows, in the order of the houses; what belongs to an erased person is left out."""
    found = _found(what, area_path)
    if what == "firms":
        found = found.select_related("room__entrance__building__compound", "building__compound")
    for part in _parts(found.iterator(chunk_size=_AT_ONCE)):
        opened = _firms(part) if what == "firms" else _persons(part)
        for values in opened:
            yield [_shown(what, values, field) for field in fields]


def _parts(found: Iterable[Any]) -> Iterator[list[Any]]:
    part: list[Any] = []
    for one in found:
        part.append(one)
        if len(part) == _AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _persons(seats: list[Membership]) -> Iterator[dict[str, str]]:
    ring = Keyring.of(seat.person.public_id for seat in seats)
    stays = _stays(seats)
    for seat in seats:
        person, household = seat.person, seat.household
        values = {
            field: ring.open(person.public_id, f"people.person.{field}", getattr(person, field))
            for field in (
                "name",
                "former_name",
                "sex",
                "born",
                "id_number",
                "phone",
                "registered_address",
                "work_or_school",
            )
        }
        if values["name"] is None:
            continue
        basis = stays.get(seat.household_id, "")
        yield (
            {key: text or "" for key, text in values.items()}
            | _place(household.room)
            | {
                "house": str(household.pk),
                "role": cells.word_of("role", seat.role),
                "sex": cells.word_of("sex", values["sex"] or ""),
                "id_kind": cells.word_of("id_kind", person.id_kind),
                "presence": cells.word_of("presence", seat.presence),
                "registration": cells.word_of("registration", person.registration),
                "basis": cells.word_of("basis", basis),
                "since": seat.valid_from.isoformat(),
            }
        )


def _stays(seats: list[Membership]) -> dict[int, str]:
    from wangge.domains.people.models import Stay

    found = Stay.objects.filter(household__in={seat.household_id for seat in seats}, valid_to__isnull=True)
    return dict(found.values_list("household_id", "basis"))


def _firms(firms: list[Firm]) -> Iterator[dict[str, str]]:
    ring = Keyring.of(firm.public_id for firm in firms)
    for firm in firms:
        place = _place(firm.room)
        if firm.room is None and firm.building is not None:
            compound = firm.building.compound
            place |= {"compound": compound.name_zh if compound else "", "building": firm.building.name}
        yield place | {
            "name": firm.name,
            "kind": cells.word_of("firm_kind", firm.kind),
            "credit_code": firm.credit_code,
            "trade": firm.trade,
            "address": firm.address,
            "staff": "" if firm.staff is None else str(firm.staff),
            "contact_name": ring.open(firm.public_id, "people.firm.contact_name", firm.contact_name) or "",
            "contact_phone": ring.open(firm.public_id, "people.firm.contact_phone", firm.contact_phone) or "",
        }


def _place(room: Any) -> dict[str, str]:
    if room is None:
        return dict.fromkeys(("compound", "building", "unit", "room"), "")
    building = room.entrance.building
    return {
        "compound": building.compound.name_zh if building.compound is not None else "",
        "building": building.name,
        "unit": room.entrance.name,
        "room": room.name,
    }


def _shown(what: str, values: dict[str, str], field: str) -> str:
    key, whole = split(field)
    text = values[key]
    if whole or key not in maskable(what):
        return text
    if key == "born":
        return text[:4]
    return str(getattr(masks, sheets.KINDS[what].field(key).masked)(text))
