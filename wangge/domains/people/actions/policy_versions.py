"""The policy library: loaded from the shipped files, edited on the desk as new versions; nothing that held is rewritten."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import benefits, policies
from wangge.domains.people.models import Policy, PolicyVersion
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.catalogue.kinds import Module
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    from collections.abc import Sequence

kinds.declare("policy.load", "policy.publish", "policy.withdraw")

_LOADING = 0x706F6C69  # one load at a time
_CODE = policies.CODE


class PolicyFilesError(ValueError):
    """The shipped files hold mistakes; the message names all of them."""


@dataclasses.dataclass(frozen=True, slots=True)
class Text:
    """What a version says beside its conditions."""

    benefit: str
    materials: tuple[str, ...] = ()
    office: str = ""
    document: str = ""
    renew_months: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class _Shipped:
    code: str
    name_zh: str
    name_en: str
    module: str
    text: Text
    rules: list[dict[str, Any]]
    since: dt.date


@transaction.atomic
def publish(
    *,
    by: Any,
    code: str,
    name_zh: str,
    name_en: str = "",
    module: str = Module.SOCIAL.value,
    text: Text,
    rules: Sequence[Any],
    valid_from: dt.date,
    at: dt.datetime | None = None,
) -> PolicyVersion:
    """A new version of a policy, or a new policy, that holds from a day on; the version before holds until then.

    Refuses conditions that cannot be read or that ask about a policy which is not in the library, and a day that is not
    after the beginning of the version before.
    """
    now = at or clock.now()
    if not authority_of(by).holds(P.POLICY_EDIT):
        raise NotAllowedError
    if not _CODE.fullmatch(code):
        raise InvalidError(_("A code holds small letters, digits and hyphens, at most 40."), field="code")
    if module not in Module.values:
        raise InvalidError(_("There is no such module."), field="module")
    if not (name_zh.strip() and text.benefit.strip()):
        raise InvalidError(_("A policy needs a name, and what it gives."), field="benefit")
    checked = readable(rules, besides=code)
    policy, _new = Policy.objects.select_for_update().get_or_create(
        code=code, defaults={"name_zh": name_zh, "name_en": name_en, "module": module}
    )
    if (policy.name_zh, policy.name_en, policy.module) != (name_zh, name_en, module):
        policy.name_zh, policy.name_en, policy.module = name_zh, name_en, module
        policy.save(update_fields=["name_zh", "name_en", "module"])
    version = _add(policy, text, checked, valid_from, by)
    record("policy.publish", by=by, subject=policy, at=now, version=version.number)
    return version


@transaction.atomic
def withdraw(*, by: Any, code: str, at: dt.datetime | None = None) -> None:
    """It holds no longer, from today. Who draws it goes on drawing it until that is ended."""
    now = at or clock.now()
    if not authority_of(by).holds(P.POLICY_EDIT):
        raise NotAllowedError
    policy = benefits.get_policy(code)
    today = clock.day_of(now)
    last = policy.versions.select_for_update().filter(valid_to__isnull=True).first()
    if last is None:
        raise ConflictError(_("It does not hold any more."))
    if last.valid_from >= today:
        raise ConflictError(_("It began today or later; publish a corrected version from tomorrow instead."))
    last.valid_to = today
    last.save(update_fields=["valid_to"])
    record("policy.withdraw", by=by, subject=policy, at=now, version=last.number)


def readable(rules: Sequence[Any], *, besides: str = "") -> list[dict[str, Any]]:
    """The conditions as they are kept; `InvalidError` in words for what cannot be read. `besides`: the policy itself."""
    try:
        checked = policies.check(rules)
    except policies.RuleError as error:
        where = ".".join(str(int(part) + 1) if part.isdigit() else part for part in error.where.split("."))
        if not where:
            raise InvalidError(error.what, field="rules") from None
        raise InvalidError(
            _("Condition %(where)s: %(what)s") % {"where": where, "what": error.what}, field="rules"
        ) from None
    unknown = policies.policies_named(checked) - {policy.code for policy in Policy.objects.all()}
    if besides in policies.policies_named(checked) or unknown:
        named = ", ".join(sorted(unknown)) or besides
        raise InvalidError(_("The conditions ask about an unknown policy: %(codes)s") % {"codes": named}, field="rules")
    return checked


def _add(policy: Policy, text: Text, rules: list[dict[str, Any]], since: dt.date, by: Any) -> PolicyVersion:
    last = policy.versions.select_for_update().order_by("-number").first()
    if last is not None and last.valid_to is None:
        if since <= last.valid_from:
            raise InvalidError(_("It must begin after the version before."), field="valid_from")
        last.valid_to = since
        last.save(update_fields=["valid_to"])
    elif last is not None and last.valid_to is not None and since < last.valid_to:
        raise InvalidError(_("It must begin after the version before."), field="valid_from")
    return PolicyVersion.objects.create(
        policy=policy,
        number=(last.number if last is not None else 0) + 1,
        benefit=text.benefit,
        materials=list(text.materials),
        office=text.office,
        document=text.document,
        rules=rules,
        renew_months=text.renew_months,
        valid_from=since,
        by=by,
    )


@transaction.atomic
def load_policies(path: Path | str, *, by: Any = None) -> int:
    """Bring the library up to the files of a folder; how many versions were written. A second load writes nothing.

    A policy of which somebody has published a version on the desk belongs to the desk. Raises `PolicyFilesError` with
    every mistake before anything is written.
    """
    shipped = _read(Path(path))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOADING])
    written = 0
    for one in shipped:
        policy, _new = Policy.objects.get_or_create(
            code=one.code, defaults={"name_zh": one.name_zh, "name_en": one.name_en, "module": one.module}
        )
        last = policy.versions.order_by("-number").first()
        if last is None:
            _add(policy, one.text, one.rules, one.since, None)
            written += 1
        elif last.by_id is None and last.valid_to is None and _differs(last, one):
            _add(policy, one.text, one.rules, max(clock.today(), last.valid_from + dt.timedelta(days=1)), None)
            written += 1
    if written:
        record("policy.load", by=by, subject_type="policy", versions=written)
    return written


def _differs(last: PolicyVersion, one: _Shipped) -> bool:
    held = Text(last.benefit, tuple(last.materials), last.office, last.document, last.renew_months)
    return held != one.text or last.rules != one.rules


def _read(folder: Path) -> list[_Shipped]:
    found, mistakes = [], []
    for file in sorted(folder.glob("*.yaml")):
        sheet = yaml.safe_load(file.read_text(encoding="utf-8"))
        for raw in sheet["policies"]:
            try:
                found.append(_shipped(raw, sheet["from"]))
            except (policies.RuleError, KeyError, TypeError, ValueError) as error:
                mistakes.append(f"{file.name}: {raw.get('code', '?')}: {error}")
    known = {one.code for one in found}
    mistakes += [
        f"{one.code}: unknown policy {code}" for one in found for code in policies.policies_named(one.rules) - known
    ]
    if len(known) != len(found):
        mistakes.append("a code stands twice")
    if mistakes:
        raise PolicyFilesError("\n".join(mistakes))
    return found


def _shipped(raw: dict[str, Any], since: dt.date) -> _Shipped:
    if not _CODE.fullmatch(raw["code"]):
        raise ValueError(raw["code"])
    text = Text(
        benefit=raw["benefit"],
        materials=tuple(raw.get("materials", ())),
        office=raw.get("office", ""),
        document=raw.get("document", ""),
        renew_months=raw.get("renew_months"),
    )
    return _Shipped(
        raw["code"],
        raw["zh"],
        raw.get("en", ""),
        raw.get("module", Module.SOCIAL.value),
        text,
        policies.check(raw["rules"]),
        since,
    )
