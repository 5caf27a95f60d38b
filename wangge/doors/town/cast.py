"""The log-ins of the demo's cast, for the page where one logs in: shown in the demo only."""

from __future__ import annotations

from functools import cache

from wangge.doors.town.recipe import read
from wangge.foundation.core.naming import in_language


@cache
def _people() -> tuple[tuple[str, str, str, str], ...]:
    return tuple((p["login"], p["name"], p["zh"], p["en"]) for p in read("cast")["cast"])


def logins() -> list[dict[str, str]]:
    """Log-in, password, name and role of everybody who can log in by name, the main job's people first."""
    password = read("cast")["password"]
    return [
        {"login": login, "password": password, "name": name, "role": in_language(zh, en)}
        for login, name, zh, en in _people()
    ]
