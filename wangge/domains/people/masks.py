"""What is shown of a personal value before it is revealed. Plain text in, masked text out; nothing is looked up.

A mask keeps what a person at the door needs to recognise an entry and no more: surname and last character, region and
last two digits, the ends of a phone, the town of an address.
"""

from __future__ import annotations

import re

STAR = "*"
_TOWN = re.compile(r"^.{0,14}?(?:区|县|旗|市(?!.{0,8}[区县旗]))")


def name(text: str) -> str:
    """王小芳 → 王*芳, 王芳 → 王*, 欧阳小芳 → 欧**芳; a single character is not shown."""
    if len(text) < 2:
        return STAR * len(text)
    if len(text) == 2:
        return text[0] + STAR
    return text[0] + STAR * (len(text) - 2) + text[-1]


def id_number(text: str) -> str:
    """999999199001011234 → 9999************34; shorter numbers keep only their last two characters."""
    if len(text) >= 15:
        return text[:4] + STAR * (len(text) - 6) + text[-2:]
    return _tail(text, 2)


def phone(text: str) -> str:
    """10012345678 → 100****5678; shorter numbers keep only their last two digits."""
    if len(text) >= 11:
        return text[:3] + STAR * (len(text) - 7) + text[-4:]
    return _tail(text, 2)


def address(text: str) -> str:
    """Up to the district or county: 示范省示范市示范区槐荫路3号 → 示范省示范市示范区****; else the first two characters."""
    if not text:
        return ""
    town = _TOWN.match(text)
    return (town.group() if town and town.end() < len(text) else text[: min(2, len(text) - 1)]) + STAR * 4


def _tail(text: str, kept: int) -> str:
    """Nothing at all of what is hardly longer than what would be kept."""
    if len(text) <= kept * 2:
        return STAR * len(text)
    return STAR * (len(text) - kept) + text[-kept:]
