"""Addresses as people write them: 3号楼 = 三号楼 = 3# = 3幢 = 3栋 = 03号楼. Plain Python; nothing is looked up.

`parse` cuts a text into compound, building, entrance, floor and room and keeps what it did not understand; `compose` writes
an address in the usual form, and parsing that gives the same address again. Source: engineering.md 9.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "○": 0}
_SCALES = {"十": 10, "百": 100, "廿": 20, "卅": 30}
_NUMERAL = "零〇○一二两三四五六七八九十百廿卅"
_BUILDING_MARKS = ("号楼", "栋", "幢", "座", "#楼", "#", "号", "楼")
_COUNTED = re.compile(rf"([{_NUMERAL}]+)(?=号楼|楼|栋|幢|座|#|单元|门|梯|层|室|户|房|号(?!院|街|路))")
_NAME = r"[东西南北中甲乙丙丁]?(?:\d+[A-Z]?|[A-Z]\d*)"
_BUILDING = re.compile(rf"(?P<building>{_NAME})(?:号楼|栋|幢|座|#楼|#)")
_ENTRANCE = re.compile(r"(?P<entrance>\d+|[A-Z]|[东西南北中甲乙丙丁])(?:单元|门洞|梯|门(?![市口卫牌面诊]))")
_FLOOR = re.compile(r"(?P<floor>\d{1,2})(?:层|楼)")
_ROOM = re.compile(r"(?P<room>\d{2,4}[A-Z]?)(?:号房|号|室|房|户)?$")
_SIDE = re.compile(r"(?P<side>[东西南北中]{1,2}|(?<!\d)\d{1,2})户$")
_DASHED = re.compile(rf"(?P<all>{_NAME}(?:-\d+)*-\d{{2,4}}[A-Z]?)(?:室|号|房)?$")
_DASHES = re.compile(r"[—–－~～/]|之(?=\d)")


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """The parts of an address; "" (floor: None) where it says nothing. Numbers are in digits without leading zeros."""

    compound: str = ""
    building: str = ""  # "3", "A", "东2"
    entrance: str = ""  # "2", "东"
    floor: int | None = None
    room: str = ""  # "501", "东户"
    rest: str = ""  # what was not understood

    def inside(self) -> bool:
        """Whether it says anything about a building or what is in it."""
        return bool(self.building or self.entrance or self.room or self.floor is not None)


def numeral(text: str) -> int | None:
    """A number in Chinese numerals: 十二, 廿三, 一百零二, 五零一; None for anything else."""
    if not text or any(char not in _NUMERAL for char in text):
        return None
    if not any(char in _SCALES for char in text):
        return int("".join(str(_DIGITS[char]) for char in text))
    total, digit = 0, None
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in "廿卅":
            total += _SCALES[char]
        else:
            total += (1 if digit is None else digit) * _SCALES[char]
            digit = None
    return total + (digit or 0)


def in_numerals(value: int) -> str:
    """The usual Chinese numerals of 1 … 999: 3 → 三, 12 → 十二, 23 → 二十三, 102 → 一百零二."""
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    names = "零一二三四五六七八九"
    found = f"{names[hundreds]}百" if hundreds else ""
    if tens:
        found += ("" if tens == 1 and not hundreds else names[tens]) + "十"
    elif hundreds and ones:
        found += "零"
    return found + (names[ones] if ones else "")


def folded(text: str) -> str:
    """A text as it is compared: full width folded, no spaces, numerals before a mark in digits, capitals, plain dashes."""
    plain = "".join(char for char in unicodedata.normalize("NFKC", text).upper() if not char.isspace())
    plain = _DASHES.sub("-", plain).replace("號", "号").replace("樓", "楼").replace("單", "单").replace("棟", "栋")
    return _COUNTED.sub(lambda found: str(numeral(found[1])), plain)


def parse(text: str) -> Address:
    """What a text says about a place. Nothing is lost: what is not understood is the compound's name or `rest`."""
    plain = folded(text).strip(",，。、;；-")
    dashed = _DASHED.search(plain)
    if dashed is not None:
        return _by_dashes(plain[: dashed.start()], dashed["all"].split("-"))
    left, found = _one(_BUILDING, plain, "building")
    if not found.get("building"):
        left, found = _bare_building(plain)
    left, more = _one(_ENTRANCE, left, "entrance")
    found |= more
    left, more = _one(_FLOOR, left, "floor")
    found |= more
    side = _SIDE.search(left)
    room = _ROOM.search(left) if side is None else None
    if side is not None:
        found["room"], left = f"{side['side'].lstrip('0')}户", left[: side.start()]
    elif room is not None and (found or room.start() > 0):
        found["room"], left = room["room"], left[: room.start()]
    before, _mark, after = left.partition("\0")
    return Address(
        compound=before.replace("\0", "").strip("-,，的"),
        building=_number(found.get("building", "")),
        entrance=_number(found.get("entrance", "")),
        floor=int(found["floor"]) if found.get("floor") else None,
        room=_number(found.get("room", "")),
        rest=after.replace("\0", "").strip("-,，的"),
    )


def _one(pattern: re.Pattern[str], text: str, group: str) -> tuple[str, dict[str, str]]:
    """The text with the first match cut out (a mark stays), and what was matched."""
    match = pattern.search(text)
    if match is None:
        return text, {}
    return f"{text[: match.start()]}\0{text[match.end() :]}", {group: match[group]}


def _bare_building(text: str) -> tuple[str, dict[str, str]]:
    """As "3楼2单元": without another building, a 楼 before an entrance is one."""
    match = re.search(rf"(?P<building>{_NAME})楼-?(?=(?:\d+|[A-Z]|[东西南北中])(?:单元|门洞|梯|门))", text)
    if match is None:
        return text, {}
    return f"{text[: match.start()]}\0{text[match.end() :]}", {"building": match["building"]}


def _by_dashes(before: str, numbers: list[str]) -> Address:
    """As "3-2-501", "3-501"; after a building already named, "2-501" is entrance and room."""
    left, found = _one(_BUILDING, before, "building")
    building = found.get("building", "")
    if not building and len(numbers) > 1:
        building, numbers = numbers[0], numbers[1:]
    entrance = numbers[0] if len(numbers) > 1 else ""
    compound, _mark, rest = left.partition("\0")
    return Address(
        compound=compound.strip("-,，的"),
        building=_number(building),
        entrance=_number(entrance),
        room=_number(numbers[-1]),
        rest=rest.strip("-,，的"),
    )


def _number(text: str) -> str:
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)


def compose(address: Address) -> str:
    """An address in the usual form: "物业所家属院3号楼2单元501室"."""
    return "".join(
        (
            address.compound,
            f"{address.building}号楼" if address.building else "",
            f"{address.entrance}单元" if address.entrance else "",
            f"{address.floor}层" if address.floor is not None else "",
            address.room if address.room.endswith("户") or not address.room else f"{address.room}室",
        )
    )


def building_key(name: str) -> str:
    """Under which two names of a building are the same: 三号楼, 03栋, 3# → "3"; other names as they are."""
    plain = folded(name)
    match = re.fullmatch(rf"(?P<building>{_NAME})(?:号楼|栋|幢|座|#楼|#|号|楼)?", plain)
    return _number(match["building"]) if match else plain


def entrance_key(name: str) -> str:
    """As "二单元", "02门" → "2"; "东单元" → "东"."""
    plain = folded(name)
    return _number(re.sub(r"(单元|门洞|梯|门)$", "", plain)) or plain


def room_key(name: str) -> str:
    """As "0501室" → "501"."""
    plain = folded(name)
    return _number(re.sub(r"(号房|号|室|房)$", "", plain)) or plain


def building_names(key: str) -> list[str]:
    """Every name under which a building with this key may be recorded; for a condition on the column."""
    spelled = [key, key.zfill(2)]
    if key.isdigit() and 0 < int(key) < 1000:
        spelled.append(in_numerals(int(key)))
    return [key, *dict.fromkeys(f"{one}{mark}" for one in spelled for mark in _BUILDING_MARKS)]
