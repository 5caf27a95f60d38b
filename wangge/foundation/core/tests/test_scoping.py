"""A read on people or cases that says for whom of nobody is refused, whichever way it is evaluated."""

import itertools

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.test.utils import CaptureQueriesContext

from wangge.foundation.core.scoping import UnscopedQueryError, under


@pytest.fixture
def cases(db):
    return apps.get_model("cases", "Case").objects


@pytest.fixture
def areas(db):
    return apps.get_model("places", "Area").objects


EVALUATIONS = {
    "list": list,
    "len": len,
    "bool": bool,
    "iter": lambda q: next(iter(q), None),
    "index": lambda q: q[0],
    "slice": lambda q: list(q[:3]),
    "repr": repr,
    "get": lambda q: q.get(pk=1),
    "first": lambda q: q.first(),
    "last": lambda q: q.last(),
    "earliest": lambda q: q.earliest("id"),
    "latest": lambda q: q.latest("id"),
    "in_bulk": lambda q: q.in_bulk([1]),
    "in_bulk of all": lambda q: q.in_bulk(),
    "count": lambda q: q.count(),
    "exists": lambda q: q.exists(),
    "contains": lambda q: q.contains(q.model(pk=1)),
    "aggregate": lambda q: q.aggregate(n=Count("id")),
    "iterator": lambda q: list(q.iterator()),
    "values": lambda q: list(q.values("id")),
    "values_list": lambda q: list(q.values_list("id", flat=True)),
    "dates": lambda q: list(q.datetimes("reported_at", "day")),
    "annotate": lambda q: list(q.annotate(n=Count("reports"))),
    "distinct": lambda q: list(q.distinct()),
    "filter": lambda q: list(q.filter(pk=1)),
    "exclude": lambda q: list(q.exclude(pk=1)),
    "order_by": lambda q: list(q.order_by("pk")),
    "select_for_update": lambda q: list(q.select_for_update()),
    "only": lambda q: list(q.only("id")),
    "none": lambda q: list(q.none()),
    "update": lambda q: q.update(urgent=True),
    "delete": lambda q: q.delete(),
    "bulk_update": lambda q: q.bulk_update([q.model(pk=1, urgent=True)], ["urgent"]),
    "get_or_create": lambda q: q.get_or_create(pk=1),
    "explain": lambda q: q.explain(),
    "raw": lambda q: list(q.raw("SELECT * FROM cases_case")),
    "union with itself": lambda q: list(q.union(q.all())),
}


@pytest.mark.parametrize("way", EVALUATIONS)
def test_every_way_of_evaluating_is_refused(cases, way):
    with CaptureQueriesContext(connection) as asked, pytest.raises(UnscopedQueryError, match="Case: call visible_to"):
        EVALUATIONS[way](cases.all())
    assert [query["sql"] for query in asked if "cases_case" in query["sql"]] == []


@pytest.mark.parametrize("way", EVALUATIONS.keys() - {"delete", "bulk_update", "get_or_create", "repr"})
def test_the_same_ways_work_when_it_was_said(cases, way):
    scoped = cases.unscoped("the test reads an empty table")
    try:
        EVALUATIONS[way](scoped)
    except (cases.model.DoesNotExist, IndexError):
        assert way in {"get", "earliest", "latest", "index"}


EMBEDDED = {
    "in": lambda areas, q: areas.filter(pk__in=q.values("area_id")),
    "fk in": lambda areas, q: areas.filter(pk__in=q.values_list("area_id", flat=True)[:2]),
    "exists": lambda areas, q: areas.filter(Exists(q.filter(area=OuterRef("pk")))),
    "not exists": lambda areas, q: areas.filter(~Exists(q.filter(area=OuterRef("pk")))),
    "subquery": lambda areas, q: areas.annotate(n=Subquery(q.filter(area=OuterRef("pk")).values("number")[:1])),
    "Q": lambda areas, q: areas.filter(Q(pk=-1) | Q(pk__in=q.values("area_id"))),
}


@pytest.mark.parametrize("way", EMBEDDED)
def test_embedding_in_another_query_is_refused(cases, areas, way):
    with pytest.raises(UnscopedQueryError):
        list(EMBEDDED[way](areas.all(), cases.all()))
    found = EMBEDDED[way](areas.all(), cases.unscoped("the test embeds it"))
    assert found.count() == (0 if way in {"in", "fk in", "exists", "Q"} else areas.count())


def test_what_is_added_to_a_scoped_query_must_be_scoped_too(cases):
    scoped, silent = cases.unscoped("the test"), cases.filter(pk__gt=0)
    for widen in (
        lambda: list(scoped | silent),
        lambda: list(silent | scoped),
        lambda: list(scoped ^ silent),
        lambda: list(scoped.union(silent)),
        lambda: list(silent.union(scoped)),
        lambda: list(scoped.difference(silent)),
        lambda: scoped.union(silent).count(),
    ):
        with pytest.raises(UnscopedQueryError):
            widen()
    assert list(scoped | scoped.filter(pk=1)) == []
    assert list(scoped.union(scoped.filter(pk=1))) == []
    assert list(scoped & silent) == []  # narrowing needs no second word


def test_a_silent_queryset_does_not_become_scoped_by_narrowing(cases):
    for narrowed in (cases.filter(pk=1), cases.exclude(reports__text="x"), cases.order_by("pk"), cases.none()):
        with pytest.raises(UnscopedQueryError):
            list(narrowed)


def test_inner_queries_that_django_makes_itself_are_not_refused(cases):
    scoped = cases.unscoped("the test")
    assert list(scoped.exclude(reports__text="x")) == []
    assert list(scoped.filter(reports__source="scan").exclude(photos__kind="after").distinct()) == []
    assert list(scoped.annotate(n=Count("reports")).filter(n__gt=F("round"))) == []
    assert scoped.annotate(n=Count("reports")).filter(n__gt=0).count() == 0
    assert scoped.order_by("pk")[:5].count() == 0


def test_related_managers_are_refused_too(town):
    case = town.reported()
    with pytest.raises(UnscopedQueryError):
        list(case.reports.all())
    with pytest.raises(UnscopedQueryError):
        case.reports.count()
    with pytest.raises(UnscopedQueryError):
        case.reports.filter(asks=True).exists()
    with pytest.raises(UnscopedQueryError):
        list(case.merged.all())
    with pytest.raises(UnscopedQueryError):
        list(type(case).objects.unscoped("the test").prefetch_related("reports"))
    assert case.reports.unscoped("the test").count() == 1


def test_a_row_in_hand_is_saved_and_refreshed_without_asking(town):
    case = town.reported()
    case.address = "槐荫路13号"
    case.save(update_fields=["address"])
    case.refresh_from_db()
    assert case.address == "槐荫路13号"


def test_an_unscoped_read_gives_its_reason(cases):
    for reason in ("", "  "):
        with pytest.raises(ValueError, match="needs a reason"):
            cases.unscoped(reason)


def test_the_whole_scoped_list_is_known():
    """Who adds a table about people or cases scopes it; who takes the scope away changes this list."""
    from wangge.foundation.core.scoping import ScopedQuerySet

    scoped = {m._meta.label for m in apps.get_models() if isinstance(m._default_manager.all(), ScopedQuerySet)}
    assert {"cases.Case", "cases.Report"} <= scoped


PATHS = ["/1/", "/1/2/", "/1/2/5/", "/1/23/", "/1/2/51/", "/1/20/", "/2/", "/12/", "/12/2/"]


@pytest.mark.parametrize("scope", PATHS)
def test_a_path_holds_itself_and_what_is_under_it_and_nothing_else(areas, scope):
    made = {}
    for number, path in enumerate(PATHS):
        made[path] = areas.create(
            kind="district", code=f"9{number}", name_zh=path, path=path, valid_from="2024-01-01"
        ).pk
    mine = areas.filter(pk__in=made.values())
    found = set(mine.filter(under("path", [scope])).values_list("path", flat=True))
    assert found == {path for path in PATHS if path.startswith(scope)}


def test_no_path_matches_nothing_and_two_paths_match_both(areas):
    for number, path in enumerate(PATHS):
        areas.create(kind="district", code=f"9{number}", name_zh=path, path=path, valid_from="2024-01-01")
    mine = areas.filter(name_zh__in=PATHS)
    assert mine.filter(under("path", [])).count() == 0
    for one, two in itertools.combinations(PATHS, 2):
        found = set(mine.filter(under("path", [one, two])).values_list("path", flat=True))
        assert found == {path for path in PATHS if path.startswith((one, two))}
