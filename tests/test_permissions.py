"""Every route × member of the cast × {own, sibling grid, other street} existing object, by GET and by POST.

A route without a gate (or a line in `OUTSIDE`) fails. Nobody is shown a word of a case that is not his; what is not his
answers 404 like what is not there; and nothing is changed by a request that was refused.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.town import Town
from wangge.domains.cases import actions
from wangge.domains.cases.models import (
    Case,
    InspectedCase,
    Inspection,
    TimelineEntry,
    Whistle,
    WhistleCall,
    WhistleKind,
)
from wangge.domains.fieldwork.models import Checkpoint, FieldTask, Round
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import Post
from wangge.foundation.core import clock
from wangge.foundation.places.models import Area

# Routes of libraries and of the site itself: who may open them stands here instead of on the view.
OUTSIDE = {
    "home": "public",
    "healthz": "public",
    "readyz": "public",
    "set_language": "public",
    "account_login": "public",
    "account_logout": "public",
    "account_inactive": "public",
    "mfa_authenticate": "public",  # second step of a log-in: leads back to the first without one
    "account_change_password": "self",
    "account_set_password": "self",
    "account_reauthenticate": "self",
    "mfa_index": "self",
    "mfa_reauthenticate": "self",
    "mfa_activate_totp": "self",
    "mfa_deactivate_totp": "self",
    "mfa_view_recovery_codes": "self",
    "mfa_generate_recovery_codes": "self",
}
CAST = ("lin", "gao", "fang", "chen", "su", "luo", "he", "zhao", "qian", "root", "security")
STRANGERS = ("anonymous", "disabled", "moved")
# Written by hand, not asked of the code: who may see which of the three cases.
STREET = {"chen", "su", "luo", "qian"}
SEES = {
    "own": STREET | {"lin", "fang", "he"},  # grid 1, sent to the law-enforcement team
    "sibling": STREET | {"gao", "fang"},  # grid 2, sent to the sanitation station
    "elsewhere": {"zhao"},  # the other street
}
WORDS = {"own": "槐树下的暗号甲", "sibling": "井盖旁的暗号乙", "elsewhere": "河对岸的暗号丙"}


@dataclasses.dataclass(frozen=True)
class Route:
    path: str
    name: str
    callback: object
    params: tuple[str, ...]


def routes(resolver=None, prefix: str = "", space: str = "") -> Iterator[Route]:
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, path, f"{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern):
            params = tuple(entry.pattern.converters)
            yield Route(path, space + (entry.name or ""), entry.callback, params)


ALL = [route for route in routes() if "^" not in route.path]


class Objects:
    """What the three corners of the town hold, and a value for every parameter that a route may take."""

    def __init__(self, town: Town) -> None:
        self.town = town
        photos = {key: f"{index:064x}" for index, key in enumerate(WORDS, start=10)}
        for digest in photos.values():
            town.sent(digest)
        self.photos = photos
        self.cases: dict[str, Case] = {}
        self.cases["own"] = self._case("own", town.grid1, town.bai, town.chen, town.enforcement)
        self.cases["sibling"] = self._case("sibling", town.grid2, town.bai, town.chen, town.sanitation)
        self.cases["elsewhere"] = self._case("elsewhere", town.north_grid, town.zhao, town.zhao, town.north_enforcement)
        self.whistles = {key: self._whistle(case) for key, case in self.cases.items()}
        streets = {"own": town.south, "sibling": town.south, "elsewhere": town.north}
        self.inspections = {key: self._inspection(street, self.cases[key]) for key, street in streets.items()}
        self.walked = self._walked(town.grid1)

    def _walked(self, grid: Area) -> dict[str, uuid.UUID]:
        """A checkpoint, a round and a task of grid 1."""
        now, here = clock.now(), {"grid": grid, "area_path": grid.path}
        spot = Checkpoint.objects.create(
            **here, kind="other", name="点位", every_days=3, matter=self.town.litter, lon=grid.lon, lat=grid.lat,
            tag="ABCDEFGHJKMNPQRS", valid_from=clock.today(),
        )  # fmt: skip
        walk = Round.objects.create(**here, day=clock.today(), kind="morning", opens_at=now, closes_at=now)
        task = FieldTask.objects.create(**here, matter=self.town.litter, title="任务", due_at=now, made_at=now)
        return {"checkpoint": spot.public_id, "walk": walk.public_id, "task": task.public_id}

    def _case(self, key, area, filer, dispatcher, unit) -> Case:
        case = self.town.reported(
            area=area, text=WORDS[key], contact=self.town.wu(), photos=[self.photos[key]], matter=self.town.litter
        )
        actions.file(case=case, by=filer, matter=self.town.litter)
        return self.town.read(actions.dispatch(case=case, by=dispatcher, unit=unit))

    def _whistle(self, case: Case) -> Whistle:
        """A whistle to which the unit of the case is called: seen by whoever sees the case."""
        emergency = WhistleKind.objects.get(code="emergency")
        whistle = Whistle.objects.create(
            number=case.number.replace("-", "哨〔", 1).replace("-", "〕", 1),
            case=case,
            area_path=case.area_path,
            kind=emergency,
            reason="需要到场。",
            blown_by=self.town.lin,
            blown_at=clock.now(),
        )
        WhistleCall.objects.create(whistle=whistle, unit=case.unit, called_at=clock.now(), due_at=clock.now())
        return whistle

    def _inspection(self, street: Area, case: Case) -> Inspection:
        """A sample that holds the case: for whoever inspects in that street."""
        today = clock.today()
        inspection = Inspection.objects.create(
            number=case.number.replace("-", "检〔", 1).replace("-", "〕", 1),
            area=street,
            area_path=street.path,
            method="random",
            seed="matrix",
            size=1,
            population=1,
            first_day=today,
            last_day=today,
            by=self.town.qian,
            at=clock.now(),
        )
        InspectedCase.objects.create(inspection=inspection, case=case, place=1)
        return inspection

    def values(self, key: str) -> dict[str, object]:
        case = self.cases[key]
        report = self.town.voice(case)
        area = {"own": self.town.grid1, "sibling": self.town.grid2, "elsewhere": self.town.north_grid}[key]
        return {
            "number": case.number,
            "case_id": str(case.public_id),
            "case_number": case.number,
            "report_id": str(report.public_id),
            "voice": str(report.public_id),
            "voice_id": str(report.public_id),
            "sha256": self.photos[key],
            "public_id": str(report.public_id),
            "whistle": self.whistles[key].number,
            "whistle_id": str(self.whistles[key].public_id),
            "inspection": self.inspections[key].number,
            "call": self.whistles[key].calls.get().pk,
            "call_id": self.whistles[key].calls.get().pk,
        }, {
            "act": "arrive",
            "verb": "sign_for",
            "key": "file",
            "kind": "grid",
            "module": "city",
            "code": "06010",
            "pk": area.pk,
            "grid_id": area.pk,
            "area_id": area.pk,
            "z": 12,
            "x": 3,
            "y": 4,
            "size": "thumb",
            "what": "persons",
            "batch": uuid.UUID(int=1),
            "export": uuid.UUID(int=1),
            "visit": uuid.UUID(int=1),
            "campaign": uuid.UUID(int=1),
            "referral": uuid.UUID(int=1),
            "step": "start",
            **self.walked,
        }


# Whoever sees the case does not see everything of it: when and where a photo was taken is for those who may ask.
NARROWER = {"api:media_facts"}
# About one's own upload under this name, never anybody else's: there is always an answer, "nothing has arrived" at first.
OWN_UPLOAD = {"api:media_part"}
# Parameters that name a case or something of one: foreign ones must answer 404.
OBJECT = {"number", "case_id", "case_number", "report_id", "voice", "voice_id", "sha256", "public_id"}
OBJECT |= {"whistle", "whistle_id", "inspection"}


def url_of(route: Route, objects: Objects, key: str) -> str:
    own, common = objects.values(key)
    path = "/" + route.path
    for name in route.params:
        value = own.get(name, common.get(name, 999_999_999))
        start = max(path.rfind("<", 0, path.index(f"{name}>") + 1), 0)
        path = path[:start] + str(value) + path[path.index(">", start) + 1 :]
    return path


def visitor(town: Town, who: str) -> Client:
    client = Client(raise_request_exception=True)
    if who == "anonymous":
        return client
    person = town.lin if who in STRANGERS else getattr(town, who)
    town.log_in(client, person)
    return client


def status(client: Client, method: str, url: str) -> tuple[int, str, str]:
    if method in {"PATCH", "PUT"}:
        headers = {"Upload-Offset": "0", "Upload-Length": "9"}
        answer = client.generic(method, url, b"x", content_type="image/jpeg", headers=headers)
    elif method == "POST" and "/api/" in url:
        answer = client.post(url, b"{}", content_type="application/json")
    else:
        answer = getattr(client, method.lower())(url)
    body = b"".join(answer) if answer.streaming else answer.content
    return answer.status_code, body.decode("utf-8", "replace"), answer.headers.get("Location", "")


def methods(route: Route) -> tuple[str, ...]:
    return ("GET", "POST", "PUT", "PATCH") if "media" in route.path else ("GET", "POST")


@pytest.fixture
def objects(town) -> Objects:
    return Objects(town)


def test_every_route_declares_who_may_open_it():
    assert [r.path for r in ALL if getattr(r.callback, "gate", None) is None and r.name not in OUTSIDE] == []
    assert sorted(set(OUTSIDE) - {r.name for r in ALL}) == []


def test_the_table_above_says_what_the_posts_say(objects):
    for key, seers in SEES.items():
        case = objects.cases[key]
        found = {who for who in CAST if Case.objects.visible_to(getattr(objects.town, who)).filter(pk=case.pk).exists()}
        assert found == seers, key


def _permissions(route: Route, method: str) -> frozenset:
    """The permissions of which any opens the route by this method; empty: none is needed."""
    by_method = getattr(route.callback, "gates", None)
    if by_method is not None:
        gate = by_method.get(method, frozenset())
        return gate if isinstance(gate, frozenset) else frozenset()
    gate = getattr(route.callback, "gate", None)
    return gate.permissions if gate is not None else frozenset()


def _is_public(route: Route) -> bool:
    gate = getattr(route.callback, "gate", None)
    return OUTSIDE.get(route.name) == "public" or (gate is not None and gate.public)


def _passes_gate(route: Route, method: str, user) -> bool:
    needed = _permissions(route, method)
    return not needed or any(authority_of(user).holds(permission) for permission in needed)


def _snapshot() -> tuple:
    return (
        tuple(Case.objects.unscoped("before and after").order_by("pk").values_list("pk", "state", "unit_id")),
        TimelineEntry.objects.count(),
    )


@pytest.mark.parametrize("route", ALL, ids=lambda r: r.path or "/")
def test_strangers_are_turned_away(route, objects, town):
    """Nobody, a disabled user and one whose post ended yesterday get no further than the public pages."""
    if _is_public(route):
        return
    before = _snapshot()
    town.log_in(disabled := Client(), town.lin)
    town.lin.__class__.objects.filter(username="lin").update(is_active=False)
    for client in (Client(), disabled):
        for method in methods(route):
            code, body, location = status(client, method, url_of(route, objects, "own"))
            assert code in {401, 403, 404, 405, 302}, (method, code)
            assert "/account/login" in location or code != 302
            assert WORDS["own"] not in body
    town.lin.__class__.objects.filter(username="lin").update(is_active=True)
    Post.objects.filter(user=town.lin).update(valid_to=clock.today() - dt.timedelta(days=1))
    moved = visitor(town, "moved")
    for method in methods(route):
        code, body, _location = status(moved, method, url_of(route, objects, "own"))
        assert code < 500, (method, code)
        assert WORDS["own"] not in body
        if _permissions(route, method):
            assert code in {403, 404, 405}, (method, code)
    assert _snapshot() == before


@pytest.mark.parametrize("route", ALL, ids=lambda r: r.path or "/")
def test_everybody_sees_his_own_and_nothing_else(route, objects, town):
    names_an_object = bool(set(route.params) & OBJECT) and route.name not in OWN_UPLOAD
    before = _snapshot()
    for who in CAST:
        user = getattr(town, who)
        client = visitor(town, who)
        for key in WORDS if names_an_object else ("own",):
            url = url_of(route, objects, key)
            code, body, _location = status(client, "GET", url)
            assert code < 500, (who, key, url)
            for other, seers in SEES.items():
                if who not in seers:
                    assert WORDS[other] not in body, (who, other, url)
                    assert objects.cases[other].number not in body or other == key, (who, other, url)
            if _is_public(route) or route.name in OUTSIDE:
                continue
            if not _passes_gate(route, "GET", user):
                assert code in {403, 405}, (who, url, code)
            elif names_an_object and who not in SEES[key]:
                assert code in {404, 405}, (who, key, url, code)
            elif names_an_object:
                narrower = {403} if route.name in NARROWER else set()
                assert code in {200, 302, 304, 404, 405, 409} | narrower, (who, key, url, code)
            # What is not his must not be changed either, whatever the body.
            if who not in SEES[key]:
                for method in methods(route)[1:]:
                    code, body, _location = status(client, method, url)
                    assert code < 500, (who, method, url)
                    if names_an_object:
                        assert code in {400, 403, 404, 405, 409, 413, 415, 422, 428}, (who, method, url, code)
                    assert WORDS[key] not in body, (who, method, url)
    assert _snapshot() == before


@pytest.mark.parametrize(
    "route", [r for r in ALL if set(r.params) & OBJECT and r.name not in OWN_UPLOAD], ids=lambda r: r.path
)
def test_what_does_not_exist_answers_like_what_is_foreign(route, objects, town):
    own, _common = objects.values("own")
    client = visitor(town, "chen")
    nowhere = {name: str(uuid.uuid4()) for name in own} | {
        "number": "NC-2026-999999",
        "case_number": "NC-2026-999999",
        "sha256": "f" * 64,
        "whistle": "NC哨〔2026〕999号",
        "inspection": "NC检〔2026〕999号",
        "call": 1,
        "call_id": 1,
    }
    objects.values = lambda _key: (nowhere, Objects.values(objects, "own")[1])
    code, _body, _location = status(client, "GET", url_of(route, objects, "own"))
    assert code in {403, 404, 405}, code
