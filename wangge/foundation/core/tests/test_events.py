"""A fact and the job that tells it are one transaction."""

import dataclasses
from typing import ClassVar

import pytest
from django.apps import apps
from django.db import transaction

from wangge.foundation.core.events import Event, publish, reactions_to
from wangge.foundation.core.tasks import react


@dataclasses.dataclass(frozen=True, slots=True)
class Heard(Event):
    name: ClassVar[str] = "test.Heard"
    case_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class Unheard(Event):
    name: ClassVar[str] = "test.Unheard"
    case_id: int


HEARD: list[int] = []


def listen(*, case_id):
    HEARD.append(case_id)


TABLE = {Heard: [listen, listen]}


@pytest.fixture(autouse=True)
def _wired(settings):
    settings.WANGGE_REACTIONS = f"{__name__}.TABLE"
    HEARD.clear()


def jobs():
    held = apps.get_model("procrastinate", "ProcrastinateJob").objects.order_by("id")
    return list(held.values_list("task_name", "queue_name", "args"))


def test_committed_fact_one_job(own_database):
    with transaction.atomic():
        publish(Heard(7))
    assert jobs() == [("core.react", "urgent", {"event": "test.Heard", "data": {"case_id": 7}})]


def test_rolled_back_fact_no_job(own_database):
    with pytest.raises(RuntimeError, match="fell over"), transaction.atomic():
        publish(Heard(7))
        assert len(jobs()) == 1
        raise RuntimeError("fell over")
    assert jobs() == []


@pytest.mark.django_db
def test_a_savepoint_takes_its_job_with_it():
    publish(Heard(1))
    with pytest.raises(RuntimeError, match="inner"), transaction.atomic():
        publish(Heard(2))
        raise RuntimeError("inner")
    assert [args["data"] for _task, _queue, args in jobs()] == [{"case_id": 1}]


@pytest.mark.django_db
def test_a_fact_that_nobody_hears_writes_no_job():
    publish(Unheard(7))
    assert jobs() == []


@pytest.mark.django_db
def test_the_job_runs_every_reaction_with_the_ids():
    react(event="test.Heard", data={"case_id": 7})
    assert HEARD == [7, 7]
    react(event="test.Unheard", data={"case_id": 7})
    react(event="test.Forgotten", data={})
    assert HEARD == [7, 7]


def test_reactions_are_found_by_name():
    assert reactions_to("test.Heard") == [listen, listen]
    assert reactions_to("test.Unheard") == []


def test_the_real_table_is_whole(settings):
    settings.WANGGE_REACTIONS = "wangge.config.reactions.REACTIONS"
    from django.utils.module_loading import import_string

    for event, reactions in import_string(settings.WANGGE_REACTIONS).items():
        assert reactions_to(event.name) == reactions != []
        assert all(callable(reaction) for reaction in reactions)
