# ruff: noqa: ARG001 — the router calls every operation with the request
"""The catalogue: matters, guesses from words, and where a matter goes at a place."""

from typing import TYPE_CHECKING, Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from wangge.domains.cases.learning import advice
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.ground import area_of
from wangge.doors.api.shapes import AreaCode, MatterCode, MatterRef, Out, UnitRef
from wangge.foundation.accounts.models import Organisation
from wangge.foundation.catalogue import queries
from wangge.foundation.catalogue.models import Matter, Module

router = Router(tags=["catalogue"])

_MOST = 100
if TYPE_CHECKING:
    ModuleIn = str
else:
    ModuleIn = Literal[tuple(Module.values)]


class MatterFull(MatterRef):
    """What the lifecycle asks about a matter."""

    matter_class: str
    class_name: str
    tasks: list[str]
    level: int
    urgency: str
    filing_condition: str
    closing_condition: str
    before_photo: bool
    after_photo: bool
    units: list[str]
    legal_basis_required: bool
    area_required: bool
    confidential: bool
    on_the_spot: bool

    @classmethod
    def full(cls, matter: Matter) -> "MatterFull":
        return cls(
            code=matter.code,
            name=matter.name,
            module=matter.module,
            matter_class=matter.matter_class.code,
            class_name=matter.matter_class.name,
            tasks=matter.tasks,
            level=matter.level,
            urgency=matter.urgency,
            filing_condition=matter.filing_condition,
            closing_condition=matter.closing_condition,
            before_photo=matter.before_photo,
            after_photo=matter.after_photo,
            units=matter.units,
            legal_basis_required=matter.legal_basis_required,
            area_required=matter.area_required,
            confidential=matter.confidential,
            on_the_spot=matter.on_the_spot,
        )


class Matters(Out):
    """Matters in code order; `next` is the code after which to go on."""

    items: list[MatterFull]
    next: str | None


class ClassRow(Out):
    """大类."""

    code: str
    name: str
    module: str


class Classes(Out):
    """All classes in code order."""

    items: list[ClassRow]


class GuessRow(Out):
    """A matter that a text may mean, and the words that decided. Without a trained model there is no probability."""

    matter: MatterRef
    probability: float | None = Field(description="Calibrated, 0 to 1, all matters together at most 1.")
    words: list[str]


class Guesses(Out):
    """Best first, at most three."""

    items: list[GuessRow]


class RouteAnswer(Out):
    """To whom a matter goes at a place, and why; `main` is null when a person must choose among `candidates`."""

    main: UnitRef | None
    co: list[UnitRef]
    candidates: list[UnitRef]
    why: list[str]


@router.get("/catalogue/classes", **operation("matter_classes", answers=Classes))
def matter_classes(request: HttpRequest) -> HttpResponse:
    """The classes (大类)."""
    rows = [ClassRow(code=row.code, name=row.name, module=row.module) for row in queries.classes()]
    return answer(Classes(items=rows))


@router.get("/catalogue/matters", **operation("matters", answers=Matters))
def matters(
    request: HttpRequest,
    module: Annotated[ModuleIn | None, Query()] = None,
    matter_class: Annotated[str | None, Query(pattern=r"^[0-9]{2}$")] = None,
    q: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[MatterCode | None, Query()] = None,
) -> HttpResponse:
    """Matters on today's admission list, at most 100 after a code."""
    rows = queries.matters(module=module, text=q, matter_class=matter_class)
    rest = [row for row in rows if after is None or row.code > after]
    page = rest[:_MOST]
    following = page[-1].code if len(rest) > _MOST else None
    return answer(Matters(items=[MatterFull.full(row) for row in page], next=following))


@router.get("/catalogue/guess", **operation("matter_guess", answers=Guesses))
def matter_guess(request: HttpRequest, text: Annotated[str, Query(min_length=1, max_length=500)]) -> HttpResponse:
    """What a text may be about."""
    items = [
        GuessRow(
            matter=_ref(found.matter),
            probability=round(found.probability, 4) if found.probability is not None else None,
            words=list(found.words),
        )
        for found in advice.suggest(text)
    ]
    return answer(Guesses(items=items))


@router.get("/catalogue/matters/{code}", **operation("matter", answers=MatterFull))
def matter(request: HttpRequest, code: Annotated[MatterCode, Path()]) -> HttpResponse:
    """One matter, whatever its dates."""
    return answer(MatterFull.full(queries.get_matter(code)))


@router.get("/catalogue/matters/{code}/route", **operation("matter_route", answers=RouteAnswer))
def matter_route(
    request: HttpRequest, code: Annotated[MatterCode, Path()], area: Annotated[AreaCode, Query()]
) -> HttpResponse:
    """To whom a matter goes in an area."""
    route = queries.route(queries.get_matter(code), area_of(area))
    return answer(
        RouteAnswer(
            main=UnitRef.of(route.main),
            co=_units(route.co),
            candidates=_units(route.candidates),
            why=[str(reason) for reason in route.why],
        )
    )


def _ref(found: Matter) -> MatterRef:
    return MatterRef(code=found.code, name=found.name, module=found.module)


def _units(units: list[Organisation]) -> list[UnitRef]:
    return [UnitRef(id=unit.pk, name=unit.name) for unit in units]
