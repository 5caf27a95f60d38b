"""How good an answer reads: hints that stop nobody (standards 1.7: the worst faults are passing over the question)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

SHORT = 10  # characters


def hints(text: str, reply: str) -> list[_StrPromise]:
    """What a reader of the public answer may miss; empty when there is nothing to say."""
    text, reply = text.strip(), reply.strip()
    found = []
    if reply and len(reply) < SHORT:
        found.append(_("The public answer is very short: does it say what was done?"))
    if reply and reply == text:
        found.append(_("The public answer repeats the record word for word; the reporter may not understand it."))
    return found
