"""Chinese names: how they are written, cut and read. Plain Python.

Surnames are read as surnames (单 shan, 曾 zeng, 解 xie …), which a dictionary of words does not know; every reading
that is in use counts.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import product
from typing import Any

from pypinyin import Style, pinyin

_TWO_CHARACTERS = frozenset(
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 宇文 长孙 司徒 夏侯 轩辕 端木 独孤 南宫 万俟 闻人 赫连 澹台 宗政 濮阳 淳于 单于 "
    "太叔 申屠 仲孙 钟离 鲜于 闾丘 司空 亓官 呼延 拓跋 百里 东郭 西门 第五".split()
)
# Surnames whose reading as a surname is another than the usual one of the character.
_SURNAME_READINGS: dict[str, tuple[str, ...]] = {
    "单": ("shan",), "曾": ("zeng",), "解": ("xie",), "仇": ("qiu",), "查": ("zha",), "盖": ("ge", "gai"), "区": ("ou", "qu"),
    "朴": ("piao",), "任": ("ren",), "乐": ("yue", "le"), "员": ("yun",), "缪": ("miao",), "尉迟": ("yu chi",), "万俟": ("mo qi",),
    "单于": ("chan yu",), "澹台": ("tan tai",), "覃": ("qin", "tan"), "翟": ("zhai", "di"), "折": ("she",), "种": ("chong",), "秘": ("bi",),
    "黑": ("he",), "洗": ("xian",), "冼": ("xian",), "幺": ("yao",), "华": ("hua",), "应": ("ying",), "召": ("shao",), "繁": ("po",),
    "逄": ("pang",), "佴": ("nai",), "宓": ("mi", "fu"), "葛": ("ge",), "纪": ("ji",), "燕": ("yan",), "宁": ("ning",), "哈": ("ha",),
    "那": ("na",), "訾": ("zi",), "隗": ("wei", "kui"), "贾": ("jia",), "能": ("nai",), "曲": ("qu",), "柏": ("bai", "bo"), "薄": ("bo",),
}  # fmt: skip
_MANY = 8  # readings of one name; more would be noise


def plain(name: str) -> str:
    """A name as it is compared: full-width forms folded, spaces and the middle dot gone, letters in lower case."""
    folded = unicodedata.normalize("NFKC", name)
    return "".join(char for char in folded if not char.isspace() and char not in "·•．.-").lower()


def split(name: str) -> tuple[str, str]:
    """(surname, given name) of a plain name."""
    length = 2 if name[:2] in _TWO_CHARACTERS and len(name) > 2 else 1
    return name[:length], name[length:]


def parts(name: str) -> set[str]:
    """Every two neighbouring characters; the name itself when it has only one or two."""
    return {name[i : i + 2] for i in range(len(name) - 1)} or {name}


def near(name: str) -> set[str]:
    """The name with one character left open; empty for names of less than three, where that would be anybody."""
    return {f"{name[:i]}?{name[i + 1 :]}" for i in range(len(name))} if len(name) > 2 else set()


@lru_cache(maxsize=65536)
def readings(name: str) -> tuple[tuple[str, ...], ...]:
    """The ways in which a plain name may be read: for each a tuple of syllables without tones."""
    surname, given = split(name)
    known = _SURNAME_READINGS.get(surname)
    first = [tuple(one.split()) for one in known] if known else [_usual(surname)]
    return tuple(head + tail for head, tail in product(first, _every(given)))[:_MANY]


# What has no reading (letters, a rare character) stands for itself. The stubs of pypinyin know only half of what it takes.
_APART: Any = list


def _usual(text: str) -> tuple[str, ...]:
    return tuple(syllable[0] for syllable in pinyin(text, style=Style.NORMAL, errors=_APART))


def _every(text: str) -> list[tuple[str, ...]]:
    if not text:
        return [()]
    usual = _usual(text)
    each = [sorted(set(found)) for found in pinyin(text, style=Style.NORMAL, heteronym=True, errors=_APART)]
    return list(dict.fromkeys([usual, *product(*each)]))[:_MANY]


def sounds(name: str) -> set[str]:
    """Whole readings, without spaces: "zhangwei"."""
    return {"".join(reading) for reading in readings(name)}


def initials(name: str) -> set[str]:
    """First letters of the readings: "zw"."""
    return {"".join(syllable[0] for syllable in reading if syllable) for reading in readings(name)}
