"""A fresh second factor: the code of this minute, asked again for one act, whatever the session already proved."""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.audit.queries import acts
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError, NotAllowedError

kinds.declare("user.second_factor", "user.second_factor_wrong")

_RIGHT, _WRONG = "user.second_factor", "user.second_factor_wrong"
_LOCK = 0x7366  # with the user's id
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

    `why` is a code for the audit. Call it outside a transaction: the row of a wrong code must stay. Tries of one account
    come one after the other, and what was accepted is remembered by the audit, for all processes: the library's own
    memory of used codes is that of one process.
    """
    now = at or clock.now()
    held = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).first()
    if held is None:
        raise NoSecondFactorError
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, user.pk % 2**31])
        locked = len(acts((_WRONG,), since=now - _WITHIN, actor_ids=[user.pk], limit=_TRIES)) >= _TRIES
        fits = (
            not locked
            and code.strip().isdigit()
            and held.wrap().validate_code(code.strip())
            and not acts((_RIGHT,), since=_code_began(now), actor_ids=[user.pk], limit=1)
        )
        if not locked:
            record(_RIGHT if fits else _WRONG, by=user, subject=user, at=now, why=why)
    if locked:
        raise TooManyTriesError
    if not fits:
        raise InvalidError(_("The code is wrong or was already used. Wait for the next one."), field="code")


def _code_began(now: dt.datetime) -> dt.datetime:
    """Since when the oldest code that would be accepted now has been shown."""
    period, late = app_settings.TOTP_PERIOD, app_settings.TOTP_TOLERANCE
    return dt.datetime.fromtimestamp((int(now.timestamp()) // period - late) * period, tz=dt.UTC)
