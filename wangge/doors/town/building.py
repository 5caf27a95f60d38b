"""Building the street in stages: each is one transaction and leaves a mark in the audit, so that a killed run goes on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.domains.cases import actions
from wangge.domains.fieldwork import tasks as fieldwork
from wangge.domains.fieldwork.actions.visit_rules import load_visit_rules
from wangge.domains.people import standing as people
from wangge.domains.people import tasks
from wangge.domains.people.standing import Standing
from wangge.domains.stats import tasks as stats
from wangge.doors.town import areas, plan, recipe
from wangge.doors.town.chronicle import Chronicle
from wangge.doors.town.fieldwork import Fieldwork
from wangge.doors.town.offices import Offices
from wangge.doors.town.oversight import oversee
from wangge.doors.town.people import People
from wangge.doors.town.pictures import Album
from wangge.doors.town.residents import Residents
from wangge.doors.town.scene import Scene
from wangge.doors.town.stories import Storyteller, in_order, started
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.audit.queries import about
from wangge.foundation.catalogue.actions import load_catalogue
from wangge.foundation.catalogue.queries import matters
from wangge.foundation.core import clock
from wangge.foundation.media import actions as media
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wangge.domains.cases.actions import Past
    from wangge.doors.town.recipe import Recipe

kinds.declare("town.stage")

STAGES = ("areas", "ground", "offices", "people", "residents", "history", "photos", "fieldwork")
_CATALOGUE = Path(__file__).resolve().parents[3] / "deploy" / "catalogue"


class NotEmptyError(Exception):
    """The database holds areas that are not the demo's."""


class KeysApartError(Exception):
    """The database and the key store do not belong together; the argument says how."""


def done() -> dict[str, dict[str, Any]]:
    """The stages that stand, with what was kept about each."""
    return {entry.data["stage"]: entry.data for entry in about("town")}


def standing() -> str | None:
    """The size of the street that is complete; None where there is none."""
    marks = done()
    return str(marks["areas"]["size"]) if STAGES[-1] in marks else None


def check_keys() -> None:
    """Raise KeysApartError where people stand whose keys are gone."""
    if people.standing() == Standing.WITHOUT_KEYS:
        raise KeysApartError(Standing.WITHOUT_KEYS)


def build(size: str, seed: int | None, say: Callable[[str], None]) -> Recipe:
    """Build what is missing. A street that was begun is finished with the size and the seed of its beginning."""
    marks = done()
    if marks:
        size, seed = str(marks["areas"]["size"]), int(marks["areas"]["seed"])
    elif places.areas():
        raise NotEmptyError
    elif people.standing() != Standing.EMPTY:
        raise KeysApartError(Standing.WITHOUT_PEOPLE)
    chosen = recipe.load(size, seed)
    if not matters():
        load_catalogue(_CATALOGUE)
    load_visit_rules()  # the shipped ones; a second load writes none
    builder = _Builder(chosen, say)
    for number, stage in enumerate(STAGES, start=1):
        if stage in marks:
            say(f"step {number}/{len(STAGES)} {stage}: already there")
            continue
        began = time.monotonic()
        words = builder.run(stage)
        say(f"step {number}/{len(STAGES)} {stage}: {words} ({time.monotonic() - began:.1f} s)")
    return chosen


class _Builder:
    def __init__(self, chosen: Recipe, say: Callable[[str], None]) -> None:
        self._recipe = chosen
        self._say = say
        self._plan = plan.draw(chosen)
        self._album: Album | None = None

    def run(self, stage: str) -> str:
        words: str = getattr(self, f"_{stage}")()
        return words

    def _mark(self, stage: str, **kept: Any) -> None:
        record(
            "town.stage",
            by=None,
            subject_type="town",
            stage=stage,
            size=self._recipe.size,
            seed=self._recipe.seed,
            **kept,
        )

    @transaction.atomic
    def _areas(self) -> str:
        words = areas.add_areas(self._recipe, self._plan)
        self._mark("areas")
        return words

    @transaction.atomic
    def _ground(self) -> str:
        words = areas.lay_ground(self._recipe, self._plan)
        self._mark("ground")
        return words

    @transaction.atomic
    def _offices(self) -> str:
        words = Offices(self._recipe).build()
        self._mark("offices")
        return words

    @transaction.atomic
    def _people(self) -> str:
        words = People(self._recipe).build()
        self._mark("people")
        return words

    @transaction.atomic
    def _residents(self) -> str:
        residents = Residents(self._recipe, self._plan, self._say)
        words = residents.build()
        self._mark("residents", lost=residents.lost)
        matching: Any = tasks.match  # a periodic task's type says nothing of its argument
        matching.defer(timestamp=0)  # what they are entitled to is found by the worker, not before the night otherwise
        return words

    def _history(self) -> str:
        now = clock.now()
        scene = Scene(self._recipe, now)
        album = Album()
        stories = in_order(now)
        told = Chronicle(scene, album.add).histories(self._recipe.numbers["cases"] - len(stories))
        numbers: dict[str, str] = {}
        with transaction.atomic():
            teller = Storyteller(scene, album)
            parts = _parts(told, [started(story, now) for story in stories])
            for n, part in enumerate(parts):
                actions.import_history(by=None, histories=part)
                if n < len(stories):
                    numbers[stories[n]["key"]] = teller.tell(stories[n]).number
            overseen = oversee(scene)
            self._mark("history", stories=numbers, pictures=album.keys)
        self._album = album
        counting: Any = stats.count_homes
        counting.defer(timestamp=0)  # by the worker too
        return f"{len(told) + len(stories)} cases, {len(stories)} of them told step by step; {overseen}"

    def _photos(self) -> str:
        """After the cases, outside any transaction: decoding and writing files takes its time."""
        album = self._album or Album.again([(key, at) for key, at in done()["history"]["pictures"]])
        attached = 0
        for digest, content in album.drawn.items():
            accepted = media.accept(by=None, content=content, sha256=digest)
            attached += actions.attach_arrived(media=accepted, by=None, for_everybody=True)
        self._mark("photos")
        return f"{len(album.drawn)} photos, attached {attached} times"

    @transaction.atomic
    def _fieldwork(self) -> str:
        words = Fieldwork(Scene(self._recipe, clock.now())).build()
        self._mark("fieldwork")
        for task in (fieldwork.make_rounds, fieldwork.plan_visits):  # by the worker, not before the night otherwise
            planning: Any = task
            planning.defer(timestamp=0)
        return words


def _parts(told: list[Past], cuts: list[Any]) -> Iterator[list[Past]]:
    """Histories by the stories between which they were reported; what was merged goes with its target."""
    begins = {past.key: past.voices[0].at for past in told}
    target = {past.key: deed.into for past in told for deed in past.deeds if deed.into is not None}
    parts: list[list[Past]] = [[] for _n in range(len(cuts) + 1)]
    for past in told:
        at = begins[target.get(past.key, past.key)]
        parts[sum(cut <= at for cut in cuts)].append(past)
    yield from parts
