"""Numbers of papers: 街道简码督〔2026〕12号, one series per street and year, without gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from wangge.foundation.core import clock
from wangge.foundation.places.queries import street_of

if TYPE_CHECKING:
    import datetime as dt

SUPERVISION = "督"
INSPECTION = "检"

# The row of the series stays locked until the paper is written: who comes next waits for it, and a refusal gives it back.
_NEXT = """
    INSERT INTO cases_documentseries (kind, street_id, year, last) VALUES (%s, %s, %s, 1)
    ON CONFLICT (kind, street_id, year) DO UPDATE SET last = cases_documentseries.last + 1
    RETURNING last
"""


def next_paper(kind: str, area_path: str, at: dt.datetime) -> str:
    """The next number of a kind of paper in the street over a place; part of the caller's transaction."""
    street, letters = street_of(area_path)
    year = clock.day_of(at).year
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [kind, street, year])
        number = cursor.fetchone()[0]
    return f"{letters}{kind}〔{year}〕{number}号"
