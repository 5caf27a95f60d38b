"""The API put together. The routes of the busiest write come first."""

from wangge.doors.api import (
    cases,
    catalogue,
    clocks,
    duties,
    find,
    inspections,
    learning,
    me,
    media,
    media_parts,
    notices,
    places,
    procedures,
    queues,
    reports,
    second_checks,
    stats,
    steps,
    supervision,
    whistle_figures,
    whistles,
)
from wangge.doors.api.contract import Api
from wangge.doors.api.contract import StrictParser as _Parser
from wangge.doors.api.sync import router as sync

api = Api(
    title="Wangge API",
    version="1.0.0",
    description="Neighbourhood grid governance (一线网格): reports, cases and everything that is done about them.",
    urls_namespace="api",
    docs_url=None,
    parser=_Parser(),
)
for _door in (
    reports,
    media,
    media_parts,
    sync,
    cases,
    clocks,
    steps,
    procedures,
    supervision,
    second_checks,
    inspections,
    queues,
    duties,
    notices,
    me,
    places,
    find,
    catalogue,
    learning,
    whistles,
    whistle_figures,
    stats,
):
    api.add_router("", _door.router)
