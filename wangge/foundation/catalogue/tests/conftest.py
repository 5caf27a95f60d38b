"""The catalogue's own tests start from an empty one, and count only the audit rows of their own acts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps

from wangge.foundation.accounts.models import Organisation
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.catalogue.models import Matter, MatterClass, RoutingRule, StageClock


@pytest.fixture
def empty(db: None) -> None:
    """No row of the catalogue, nor what rests on it; no unit that answers everywhere."""
    for model in (apps.get_model("fieldwork", "VisitRule"), RoutingRule, StageClock, Matter, MatterClass):
        model.objects.all().delete()
    Organisation.objects.filter(area__isnull=True).update(handles=False)


@pytest.fixture
def audited(empty: None) -> Callable[[str], int]:
    """How many acts of a kind this test has recorded so far."""
    last = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return lambda kind: AuditEntry.objects.filter(kind=kind, pk__gt=last).count()
