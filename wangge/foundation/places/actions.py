"""Writes about places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.places.models import Area, AreaLineage
from wangge.foundation.places.queries import forget_grids

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

kinds.declare("area.add", "area.redraw")


@transaction.atomic
def add_area(
    *,
    by: Any,
    kind: str,
    code: str,
    name_zh: str,
    parent: Area | None,
    valid_from: dt.date,
    name_en: str = "",
    grid_kind: str = "",
    short_code: str = "",
    boundary: dict[str, Any] | None = None,
    lon: float | None = None,
    lat: float | None = None,
    households: int = 0,
    phone: str = "",
    valid_to: dt.date | None = None,
) -> Area:
    """Add a node to the tree; its path is derived from its parent's."""
    area = Area.objects.create(
        kind=kind,
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        parent=parent,
        grid_kind=grid_kind,
        short_code=short_code,
        boundary=boundary,
        lon=lon,
        lat=lat,
        households=households,
        phone=phone,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    area.path = f"{parent.path if parent else '/'}{area.pk}/"
    area.save(update_fields=["path"])
    record("area.add", by=by, subject=area)
    forget_grids()
    return area


@transaction.atomic
def record_lineage(*, by: Any, links: Iterable[tuple[Area, Area, float]]) -> None:
    """Keep which new grid came from which old one, with the share of the old one's area that it took."""
    rows = [AreaLineage(old=old, new=new, share=round(share, 5)) for old, new, share in links]
    AreaLineage.objects.bulk_create(rows)
    for old in {row.old for row in rows}:
        record("area.redraw", by=by, subject=old)
