"""What the tests of the phone's door share: a phone in somebody's hand."""

from __future__ import annotations

import uuid

import pytest

from wangge.doors.api.tests.conftest import Caller

NOW = "2026-11-20T08:30:00+08:00"


class Phone:
    """A phone of one person: makes commands, sends them, asks for its working set."""

    def __init__(self, user) -> None:
        self.caller = Caller(user)
        self.id = str(uuid.uuid4())
        self.token = ""
        self.held: dict[str, dict] = {}

    def command(self, kind: str, *, id: str | None = None, occurred_at: str = NOW, **data) -> dict:  # noqa: A002
        return {"id": id or str(uuid.uuid4()), "kind": kind, "occurred_at": occurred_at, "data": data}

    def post(self, *commands, **told):
        said = {
            "phone": self.id,
            "clock": NOW,
            "waiting": len(commands),
            "oldest_age_s": 0,
            "commands": list(commands),
        } | told
        return self.caller.raw("POST", "/sync/commands", dumps(said))

    def send(self, *commands, **told) -> list[dict]:
        answer = self.post(*commands, **told)
        assert answer.status_code == 200, answer.content.decode()
        return answer.json()["results"]

    def one(self, kind: str, **more) -> dict:
        (result,) = self.send(self.command(kind, **more))
        return result

    def sync(self) -> dict:
        """Ask for the working set and do what it says; the answer."""
        from wangge.domains.fieldwork import deltas

        held = {
            name: {"count": len(items), "digest": deltas.digest({str(pk): item["v"] for pk, item in items.items()})}
            for name, items in self.held.items()
        }
        body = {"phone": self.id, "token": self.token, "held": held}
        answer = self.caller.raw("POST", "/sync/working-set", dumps(body))
        assert answer.status_code == 200, answer.content.decode()
        said = answer.json()
        self.token = said["token"]
        for name, change in said["collections"].items():
            items = {} if change["full"] else dict(self.held.get(name, {}))
            for pk in change["gone"]:
                del items[pk]
            items |= {item["id"]: item for item in change["items"]}
            assert len(items) == change["count"]
            assert deltas.digest({str(pk): item["v"] for pk, item in items.items()}) == change["digest"]
            self.held[name] = items
        return said


def dumps(said) -> bytes:
    import json

    return json.dumps(said).encode()


def report(**more) -> dict:
    """The data of a report from grid 1."""
    return {
        "text": "家属院3号楼旁有人用泡沫板搭了板房。",
        "place": {"lon": 116.005, "lat": 35.005, "accuracy": 12.0},
        "matter": "06001",
    } | more


@pytest.fixture
def phones(town):
    """`phones(town.lin)`: Lin's phone."""
    return Phone
