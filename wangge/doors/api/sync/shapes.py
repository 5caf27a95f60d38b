"""What travels between a phone and the office."""

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, StrictBool, StrictInt, StrictStr

from wangge.domains.fieldwork import deltas
from wangge.doors.api.shapes import In, Out, PublicId, only_text
from wangge.doors.api.sync.carrying_out import Outcome

MOST_COMMANDS = 50
_COUNT = 10_000_000
_ANY = 2**53  # a phone whose clock jumped counts ages of decades: it must be let through all the same

# By the phone's own clock, which may be wrong by years: kept beside ours, used for nothing.
DeviceTime = Annotated[AwareDatetime, BeforeValidator(only_text)]


class Command(In):
    """One thing that was done in the field. `id` is made by the phone, once, and makes sending again harmless."""

    id: PublicId
    kind: Annotated[StrictStr, Field(pattern=r"^[a-z_]{1,20}\.[a-z_]{1,19}$", examples=["report.make"])]
    occurred_at: Annotated[DeviceTime, Field(description="The phone's own clock; no deadline depends on it.")]
    data: Annotated[dict[str, Any], Field(description="As `x-kinds` of this operation says for the kind.")]


class Batch(In):
    """Up to 50 commands, and what the phone tells of itself; none at all to tell only that."""

    phone: Annotated[PublicId, Field(description="Made by the phone, once, for this person.")]
    clock: Annotated[DeviceTime, Field(description="What the phone's clock says now.")]
    waiting: Annotated[StrictInt, Field(ge=0, le=_ANY, description="Records and files not yet sent, these included.")]
    oldest_age_s: Annotated[StrictInt, Field(ge=0, le=_ANY, description="Since when the oldest of them waits.")]
    persistent: StrictBool = False
    label: Annotated[StrictStr, Field(max_length=60)] = ""
    commands: Annotated[list[Command], Field(max_length=MOST_COMMANDS)]


class ProblemSaid(Out):
    """Why it was not done, in three sentences for people; `code` is for programs."""

    code: str
    title: str
    kept: str
    remedy: str
    field: str | None


class Result(Out):
    """What became of a command. "done": forget it; "refused": kept, see the collection `refused`; "later": keep it."""

    id: uuid.UUID
    status: Literal["done", "refused", "later"]
    replayed: bool = Field(description="It had been carried out before; this is the first answer.")
    answer: dict[str, Any] = Field(
        description="Of what was done: id and number, and the state of the case, round or task that it changed."
    )
    problem: ProblemSaid | None
    refused: int | None = Field(description="Id of what was kept, in the collection `refused`.")

    @classmethod
    def of(cls, outcome: Outcome) -> "Result":
        problem = outcome.problem
        return cls(
            id=outcome.command.id,
            status=outcome.status,  # type: ignore[arg-type]  # one of the three
            replayed=outcome.replayed,
            answer=outcome.answer,
            problem=ProblemSaid(
                code=problem.code,
                title=str(problem.title),
                kept=str(problem.kept),
                remedy=str(problem.remedy),
                field=problem.field,
            )
            if problem is not None
            else None,
            refused=outcome.refused,
        )


class Results(Out):
    """One result per command, in their order."""

    now: dt.datetime
    results: list[Result]


class HeldIn(In):
    """What the phone holds of one collection: `digest` over its lines "id v", see the answer."""

    count: Annotated[StrictInt, Field(ge=0, le=_COUNT)]
    digest: Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{16}$")]

    def held(self) -> deltas.Held:
        """As the domain takes it."""
        return deltas.Held(self.count, self.digest)


class Wanted(In):
    """Which state the phone stands at; an empty `token` asks for everything."""

    phone: PublicId
    token: Annotated[StrictStr, Field(max_length=40)] = ""
    held: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z_]{1,20}$")], HeldIn], Field(default_factory=dict, max_length=40)
    ]


class Collection(Out):
    """What to do with one collection: with `full` throw it away first; drop `gone`; put `items` by their `id`.

    What an item of which collection looks like: `x-collections` of POST /sync/working-set.
    """

    full: bool
    items: list[dict[str, Any]]
    gone: list[int | str]
    count: int
    digest: str = Field(
        description='The first 16 hex digits of the SHA-256 over the lines "id v\\n", in the order of the ids as text.'
    )

    @classmethod
    def of(cls, delta: deltas.Delta) -> "Collection":
        return cls(
            full=delta.full, items=list(delta.items), gone=list(delta.gone), count=delta.count, digest=delta.digest
        )


class WorkingSet(Out):
    """The grids on duty. Not `on_duty`: everything that was held is to be wiped; what is unsent may still be sent."""

    now: dt.datetime
    token: str
    on_duty: bool
    ends_on: dt.date | None = Field(description="The last day on which the phone may hold this; null: no end is known.")
    collections: dict[str, Collection]


class Who(Out):
    """Whose session it is."""

    id: int
    name: str


class SyncLimits(Out):
    """What a phone keeps to, so that it is told before and not after."""

    commands: int
    body_bytes: int
    photo_bytes: int
    photo_types: list[str]
    photos: int
    part_bytes: int
    voice_bytes: int
    voice_seconds: int
    voice_types: list[str]
    text: int


class Hello(Out):
    """A fresh anti-forgery token for the session, the office's clock, who is signed in, and until when."""

    now: dt.datetime
    csrf: str
    user: Who
    on_duty: bool
    ends_on: dt.date | None
    limits: SyncLimits


class RefusedWhole(Out):
    """One of one's own refused commands, whole: to be corrected and sent anew."""

    id: int
    state: str
    command: dict[str, Any]
    problem: ProblemSaid
    recorded_at: dt.datetime
