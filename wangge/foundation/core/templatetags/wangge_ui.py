"""Template tags of the interface: icons, themes, dates in words, form fields that screen readers understand.

Loaded with ``{% load wangge_ui %}``. Nothing here reads the database.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import forms, template
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.forms.boundfield import BoundField
    from django.template import Context
    from django.utils.safestring import SafeString

register = template.Library()

THEMES = ("normal", "elder", "dark")
"""The three themes. *elder* is 长辈版: text of at least 20 px, targets of at least 60 px."""

THEME_COOKIE = "theme"
"""Written by the ``theme`` controller in the browser, read here, so that a page never flashes in the wrong theme."""

# (moment, day, clock) patterns in Django's date format language. English is the fall-back.
_PATTERNS = {
    "zh": ("n月j日 {weekday} H:i", "Y年n月j日", "H:i"),
    "en": ("D j M, H:i", "j M Y", "H:i"),
}
# Django writes 星期五 where an office list writes 周五.
_WEEKDAYS = "一二三四五六日"


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of the sprite that the front-end build writes; decoration only, so hidden from screen readers."""
    return format_html(
        '<svg class="wg-icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        extra,
        static("icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def ui_theme(context: Context) -> str:
    """The theme this browser chose, ``normal`` when it chose none or sent something unknown."""
    request = context.get("request")
    chosen = request.COOKIES.get(THEME_COOKIE, "") if request is not None else ""
    return chosen if chosen in THEMES else "normal"


def _patterns() -> tuple[str, str, str]:
    return _PATTERNS.get((get_language() or "en")[:2], _PATTERNS["en"])


def _local(value: dt.datetime) -> dt.datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


@register.filter
def when(value: dt.datetime | None) -> str:
    """A moment in words, local time: ``11月20日 周五 15:30``; the year is shown when it is not the current one."""
    if value is None:
        return ""
    moment = _local(value)
    text = formats.date_format(moment, _patterns()[0].replace("{weekday}", f"周{_WEEKDAYS[moment.weekday()]}"))
    if moment.year == timezone.localtime().year:
        return text
    return formats.date_format(moment, _patterns()[1]) + " " + formats.date_format(moment, _patterns()[2])


@register.filter
def day(value: dt.date | dt.datetime | None) -> str:
    """A calendar day in words, local time: ``2026年11月20日``."""
    if value is None:
        return ""
    return formats.date_format(_local(value) if isinstance(value, dt.datetime) else value, _patterns()[1])


@register.filter
def lasting(first: dt.date | None, last: dt.date | None) -> str:
    """From when to when something holds: ``2023年10月10日起``, ``2023年10月10日至2024年5月1日``."""
    if last is None:
        return _("since %(first)s") % {"first": day(first)}
    return _("%(first)s to %(last)s") % {"first": day(first), "last": day(last)}


@register.filter
def hour(value: dt.datetime | None) -> str:
    """The time of day, local time: ``15:30``."""
    return "" if value is None else formats.date_format(_local(value), _patterns()[2])


@register.filter
def initial(name: object) -> str:
    """The character shown in a person's round badge: the family name in Chinese, else the first letter."""
    text = str(name or "").strip()
    return text[:1].upper()


@register.filter
def field_kind(field: BoundField) -> str:
    """How a field is laid out: ``hidden``, ``check`` (one box), ``choices`` (radio or boxes), ``file`` or ``line``."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, forms.FileInput):
        return "file"
    return "line"


@register.simple_tag
def field_widget(field: BoundField, **attrs: Any) -> SafeString:
    """The field's widget with its class and with ``aria-describedby``/``aria-invalid`` tied to hint and errors.

    Keyword arguments become further attributes; an underscore stands for a hyphen
    (``data_controller="password"`` → ``data-controller="password"``).
    """
    kind = field_kind(field)
    css = {"check": "wg-check__box", "choices": "wg-choices", "file": "wg-file"}.get(kind, "wg-input")
    merged = {name.replace("_", "-"): value for name, value in attrs.items() if value not in (None, "")}
    merged["class"] = " ".join(filter(None, [css, field.field.widget.attrs.get("class"), attrs.get("class")]))
    described = [f"{field.auto_id}-hint"] if field.help_text else []
    if field.errors:
        described.append(f"{field.auto_id}-error")
        merged["aria-invalid"] = "true"
    if described:
        merged["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=merged)


@register.filter
def percent_step(value: float | None) -> int:
    """A share 0–100 rounded to the nearest 5, for the width classes ``wg-w-0`` … ``wg-w-100`` (CSP allows no style)."""
    if value is None:
        return 0
    return max(0, min(100, round(float(value) / 5.0) * 5))


# State value → (tone, icon). Colour never stands alone: the badge always carries the word as well.
_STATE_LOOK = {
    "reported": ("blue", "inbox"),
    "needs_info": ("amber", "help"),
    "settled": ("blue", "bolt"),
    "filed": ("blue", "send"),
    "dispatched": ("blue", "clipboard-list"),
    "handling": ("blue", "hammer"),
    "hung": ("amber", "hourglass"),
    "handled": ("blue", "eye-check"),
    "evaluating": ("blue", "thumb-up"),
    "objected": ("red", "hand-stop"),
    "closed": ("green", "circle-check"),
    "archived": ("quiet", "archive"),
    "declined": ("quiet", "ban"),
    "void": ("quiet", "circle-x"),
    "merged": ("quiet", "git-merge"),
}

_CLOCK_ICON = {
    "quiet": "clock",
    "amber": "clock-exclamation",
    "red": "alert-triangle",
    "paused": "player-pause",
    "met": "circle-check",
    "none": "clock-off",
}


@register.filter
def state_tone(state: object) -> str:
    """The tone class of a case state (``quiet``, ``blue``, ``amber``, ``red``, ``green``)."""
    return _STATE_LOOK.get(str(state), ("quiet", "circle"))[0]


@register.filter
def state_icon(state: object) -> str:
    """The icon of a case state."""
    return _STATE_LOOK.get(str(state), ("quiet", "circle"))[1]


@register.filter
def clock_icon(state: object) -> str:
    """The icon of a clock's state."""
    return _CLOCK_ICON.get(str(state), "clock")


@register.filter
def undo_url(message: object) -> str:
    """The undo address carried in a Django message's ``extra_tags`` as ``undo:/path/``; empty when there is none."""
    for tag in str(getattr(message, "extra_tags", "") or "").split():
        if tag.startswith("undo:/") and not tag.startswith("undo://"):
            return tag.removeprefix("undo:")
    return ""
