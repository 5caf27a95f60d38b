"""When grids are redrawn: people, households, firms and places keep their room and come under the new grid's path.

Only `area_path` changes, which repeats where the room lies; stays, titles and everything dated stay as they are, so that
"who lived where on a day" has the same answer as before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from wangge.domains.people.models import Firm, PopulationChange, Site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wangge.foundation.places.redrawing import Redrawn

_WHY = "a redrawn grid is everybody's"
_MOVED = "(SELECT * FROM unnest(%s::bigint[], %s::text[]) AS m (building, path)) AS m"
_ROOMS = f"{_MOVED} JOIN places_entrance e ON e.building_id = m.building JOIN places_room r ON r.entrance_id = e.id"
# Rows that lie in a room of the moved buildings and do not yet say so. Safe to run again.
_FOLLOW = (
    f"""UPDATE people_household h SET area_path = m.path FROM {_ROOMS}
        WHERE h.room_id = r.id AND h.area_path <> m.path""",  # noqa: S608 — constants of this file, as below
    f"""UPDATE people_person p SET area_path = h.area_path
        FROM {_ROOMS} JOIN people_household h ON h.room_id = r.id
        JOIN people_membership b ON b.household_id = h.id AND b.valid_to IS NULL AND b.presence = 'lives'
        WHERE b.person_id = p.id AND p.area_path <> '' AND p.area_path <> h.area_path""",  # noqa: S608
    f"""UPDATE people_entitlement t SET area_path = p.area_path
        FROM {_ROOMS} JOIN people_household h ON h.room_id = r.id
        JOIN people_membership b ON b.household_id = h.id AND b.valid_to IS NULL AND b.presence = 'lives'
        JOIN people_person p ON p.id = b.person_id
        WHERE t.person_id = p.id AND p.area_path <> '' AND t.area_path <> p.area_path""",  # noqa: S608
    f"""UPDATE people_firm f SET area_path = m.path FROM {_ROOMS}
        WHERE f.room_id = r.id AND f.valid_to IS NULL AND f.area_path <> m.path""",  # noqa: S608
    f"""UPDATE people_firm f SET area_path = m.path FROM {_MOVED}
        WHERE f.building_id = m.building AND f.room_id IS NULL AND f.valid_to IS NULL AND f.area_path <> m.path""",  # noqa: S608
    f"""UPDATE people_site s SET area_path = m.path FROM {_MOVED}
        WHERE s.building_id = m.building AND s.valid_to IS NULL AND s.area_path <> m.path""",  # noqa: S608
    f"""UPDATE people_populationchange c SET area_path = m.path FROM {_ROOMS}
        WHERE c.room_id = r.id AND c.state = 'told' AND c.area_path <> m.path""",  # noqa: S608
)


def follow_buildings(moved: Mapping[int, tuple[str, str]]) -> None:
    """Bring whoever belongs to these buildings under their new grid's path: building → (path before, path now)."""
    given: tuple[Any, ...] = (list(moved), [new for _old, new in moved.values()])
    with connection.cursor() as cursor:
        for statement in _FOLLOW:
            cursor.execute(statement, given)


def follow_places(redrawn: Redrawn) -> None:
    """Firms and places that stand nowhere in particular go by their position, what was told of nobody's room by most."""
    for old in redrawn.closed:
        firms = Firm.objects.unscoped(_WHY).filter(building__isnull=True, room__isnull=True)
        for row in [
            *firms.filter(area_path=old.path, valid_to__isnull=True),
            *Site.objects.filter(area_path=old.path, building__isnull=True, valid_to__isnull=True),
        ]:
            row.area_path = redrawn.now(old, lon=row.lon, lat=row.lat).path
            row.save(update_fields=["area_path"])
        told = PopulationChange.objects.unscoped(_WHY).filter(
            area_path=old.path, state=PopulationChange.State.TOLD, room__isnull=True
        )
        told.update(area_path=redrawn.successor(old).path)
