"""A fresh second factor: the code of this minute, asked again for one act, whatever the session already proved."""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.audit.queries import acts
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError, NotAllowedError

kinds.declare("user.second_factor", "user.second_factor_wrong")

_TRIES = 5
_WITHIN = dt.timedelta(minutes=15)


class NoSecondFactorError(NotAllowedError):
    """The account has no second factor yet."""

    code = "no-second-factor"
    title = _("This needs a second factor, and your account has none yet.")
    remedy = _("Set one up under “My account”; then come back.")


class TooManyTriesError(NotAllowedError):
    """Too many wrong codes in a short time."""

    code = "too-many-codes"
    status = 429
    title = _("Too many wrong codes; try again in 15 minutes.")
    remedy = _("If you no longer have the device, ask the security administrator to help.")


def has_one(user: Any) -> bool:
    """Whether the account can show a second factor at all."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists())


def require(user: Any, code: str, *, why: str, at: dt.datetime | None = None) -> None:
    """Accept the code of this minute, once; else a `Problem`. Both are audited, five wrong ones lock for 15 minutes.

    `why` is a code for the audit. Call it outside a transaction: the row of a wrong code must stay.
    """
    now = at or clock.now()
    held = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).first()
    if held is None:
        raise NoSecondFactorError
    wrong = acts(("user.second_factor_wrong",), since=now - _WITHIN, actor_ids=[user.pk], limit=_TRIES)
    if len(wrong) >= _TRIES:
        raise TooManyTriesError
    fits = code.strip().isdigit() and held.wrap().validate_code(code.strip())
    with transaction.atomic():
        record("user.second_factor" if fits else "user.second_factor_wrong", by=user, subject=user, at=now, why=why)
    if not fits:
        raise InvalidError(_("The code is wrong or was already used. Wait for the next one."), field="code")
