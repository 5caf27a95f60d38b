"""What the items of the collections of a working set look like: for the document, and for the test that holds them to it.

The items themselves are made in `fieldwork.working_set` and travel as they are; five thousand of them are not built twice.
"""

import datetime as dt
import uuid
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema


class Held(BaseModel):
    """One item: `v` is a hash of all the rest."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    v: str


class PostHeld(BaseModel):
    """One post of today."""

    model_config = ConfigDict(extra="forbid")

    role: str
    role_name: str
    area: int | None
    area_name: str
    standing_in: bool
    last_day: dt.date | None


class Me(Held):
    """Who holds the phone, where he is on duty, and until when."""

    id: str
    name: str
    posts: list[PostHeld]
    grids: list[int]
    may: list[str]
    ends_on: dt.date | None


class Grid(Held):
    """A grid on duty; `boundary` is a GeoJSON geometry (WGS-84)."""

    id: int
    code: str
    name: str
    community: int | None
    community_name: str
    path: str
    boundary: dict[str, Any] | None
    lon: float | None
    lat: float | None


class CompoundHeld(Held):
    """A compound in one of the grids."""

    id: int
    name: str
    aliases: list[str]
    community: int
    address: str
    lon: float
    lat: float


class BuildingHeld(Held):
    """A building of one of the grids."""

    id: int
    name: str
    compound: int | None
    grid: int
    address: str
    floors: int | None
    lon: float
    lat: float


class Spot(Held):
    """A checkpoint; `tag` is the beginning of the SHA-256 of what its code says, hex."""

    id: uuid.UUID
    grid: int
    compound: int | None
    building: int | None
    kind: str
    kind_name: str
    name: str
    look_for: str
    risk: int
    every_days: int
    matter: str
    lon: float
    lat: float
    seen_on: dt.date | None
    tag: str


class SpotOfRound(BaseModel):
    """One checkpoint of a round."""

    model_config = ConfigDict(extra="forbid")

    checkpoint: uuid.UUID
    state: str
    extra: bool
    proof: str
    why: str


class Walk(Held):
    """A round of today, or one that can still be made up for."""

    id: uuid.UUID
    grid: int
    day: dt.date
    kind: str
    kind_name: str
    opens_at: dt.datetime
    closes_at: dt.datetime
    state: str
    nothing_found: bool
    points: list[SpotOfRound]


class CaseHeld(Held):
    """An open case by its number: its beginning, numbers masked; nothing of its reporters. No confidential ones."""

    id: str
    matter: str | None
    matter_name: str
    state: str
    state_name: str
    area: int
    compound: int | None
    building: int | None
    address: str
    lon: float | None
    lat: float | None
    text: str
    urgent: bool
    reported_at: dt.datetime
    due_at: dt.datetime | None


class ToDo(Held):
    """Something that waits for this person; `verbs` are what the phone offers for it."""

    id: int
    kind: str
    label: str
    subject: str
    case: str | None
    opened_at: dt.datetime
    due_at: dt.datetime | None
    verbs: list[str]


class Door(Held):
    """A visit that is due: at which door and by when. Why is asked for online."""

    id: uuid.UUID
    object: str
    building: int | None
    door: str
    floor: int | None
    due_on: dt.date
    campaign: str
    ask: str
    linked: bool


class TaskHeld(Held):
    """A task of one of the grids; `mine`: given to this person; `more`: there are words to it, which are read online."""

    id: uuid.UUID
    grid: int
    title: str
    matter: str
    matter_name: str
    mine: bool
    due_at: dt.datetime
    more: bool


class MatterHeld(Held):
    """A matter of the catalogue in force, and what a result of it asks for."""

    id: str
    name: str
    class_: str = Field(alias="class")
    module: str
    keywords: list[str]
    on_the_spot: bool
    urgent: bool
    confidential: bool
    before_photo: bool
    after_photo: bool
    legal_basis: bool
    area: bool
    units: list[str]


class Notice(Held):
    """A weather warning, or today's stand-up with its list."""

    id: str
    kind: str
    trigger: str = ""
    trigger_name: str = ""
    level: str = ""
    level_name: str = ""
    words: str = ""
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    area: int | None = None
    day: dt.date | None = None
    items: list[dict[str, Any]] = Field(default_factory=list)
    held_at: dt.datetime | None = None


class RefusedHeld(Held):
    """One's own command that was refused; the whole of it is `GET /sync/refused/{id}`."""

    id: int
    command: uuid.UUID
    kind: str
    code: str
    problem: dict[str, str]
    occurred_at: dt.datetime | None
    recorded_at: dt.datetime
    handed: bool


HELD: dict[str, type[Held]] = {
    "me": Me,
    "areas": Grid,
    "compounds": CompoundHeld,
    "buildings": BuildingHeld,
    "checkpoints": Spot,
    "rounds": Walk,
    "cases": CaseHeld,
    "todo": ToDo,
    "visits": Door,
    "tasks": TaskHeld,
    "matters": MatterHeld,
    "notices": Notice,
    "refused": RefusedHeld,
}


def described(path: str, name: str, bodies: dict[str, type[BaseModel]]) -> dict[str, Any]:
    """Models for an extension `name` of the POST at `path`: {"schemas", "kinds": name → $ref}, all refs resolvable."""
    where = f"#/paths/{path.replace('~', '~0').replace('/', '~1')}/post/{name}/schemas/"
    wanted = sorted(set(bodies.values()), key=lambda body: (body.__module__, body.__qualname__))
    refs, made = models_json_schema([(body, "validation") for body in wanted], ref_template=where + "{model}")
    return {
        "schemas": made.get("$defs", {}),
        "kinds": {key: refs[body, "validation"] for key, body in sorted(bodies.items())},
    }
