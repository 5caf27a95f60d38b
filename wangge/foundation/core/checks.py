"""What must be true before the site starts: exhaustive declarations, checked by `manage.py check`."""

from __future__ import annotations

from typing import Any

from django.core.checks import Error, register
from django.utils.module_loading import import_string


@register()
def audit_kinds_say_how_they_are_shredded(**_kwargs: Any) -> list[Error]:
    """Every audited kind declares what of its data is personal."""
    kinds = import_string("wangge.foundation.audit.kinds.every")()
    return [
        Error(f"The audited kind {name} does not say how it is shredded.", id="wangge.E001")
        for name, kind in kinds.items()
        if kind.shred is None
    ]


@register()
def steps_name_real_permissions(**_kwargs: Any) -> list[Error]:
    """Every step of the workflow is moved by a permission that exists, the reporter, or the system."""
    steps = import_string("wangge.domains.cases.workflow.STEPS")
    known = {p.value for p in import_string("wangge.foundation.accounts.permissions.P")} | {"reporter", "system"}
    return [
        Error(f"The step {verb} names the unknown permission {step.by}.", id="wangge.E002")
        for verb, step in steps.items()
        if step.by not in known
    ]


@register()
def reactions_can_be_called(**_kwargs: Any) -> list[Error]:
    """Every reaction in the table exists and is a function."""
    from django.conf import settings

    table = import_string(settings.WANGGE_REACTIONS)
    return [
        Error(f"{event.__name__} is wired to something that cannot be called.", id="wangge.E003")
        for event, reactions in table.items()
        for reaction in reactions
        if not callable(reaction)
    ]
