"""Fixtures of the tests of cases."""

from __future__ import annotations

import pytest

from wangge.domains.cases.actions import whistling
from wangge.domains.cases.tests.spot import MINUTE, NIGHT, kind


@pytest.fixture
def pipe(town):
    """A burst water main in grid 1, reported at night by Lin."""
    return town.reported(text="主路水管爆裂，路面塌陷，积水没过脚踝。", matter=town.litter, urgent=True, at=NIGHT)


@pytest.fixture
def blown(town, pipe):
    return whistling.blow(case=pipe, by=town.lin, kind=kind(), reason="水压很大，需要抢修和封路。", at=NIGHT + MINUTE)
