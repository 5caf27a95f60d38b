"""Numbers that carry their own proof: resident identity numbers (GB 11643) and credit codes (GB 32100). Plain Python."""

from __future__ import annotations

import dataclasses
import datetime as dt
import unicodedata

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_OLDEST = 130  # years
_CENTENARIANS = frozenset({"996", "997", "998", "999"})  # serials of the 15-digit numbers of those born before 1900


class WrongNumberError(ValueError):
    """Not such a number: `reason` is "length", "characters", "date", "future", "too_old" or "checksum"."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """What an identity number says: itself in 18 characters, the day of birth, the sex ("m", "f")."""

    number: str
    born: dt.date
    sex: str


def written(text: str) -> str:
    """A number as it is compared: full-width forms folded, without spaces and hyphens, letters in capitals."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(char for char in folded if not char.isspace() and char != "-").upper()


def check_digit(first: str) -> str:
    """The eighteenth character of an identity number (ISO 7064 MOD 11-2), from the first seventeen."""
    return _ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(first, _ID_WEIGHTS, strict=True)) % 11]


def read_id(text: str, *, on: dt.date) -> Identity:
    """Read a resident identity number of 18 or 15 characters as of the day `on`; `WrongNumberError` if it is none."""
    number = written(text)
    if len(number) == 15 and number.isascii() and number.isdigit():
        century = "18" if number[12:] in _CENTENARIANS else "19"
        first = f"{number[:6]}{century}{number[6:]}"
        number = first + check_digit(first)
    if len(number) != 18:
        raise WrongNumberError("length")
    if not (number.isascii() and number[:17].isdigit() and number[17] in _ID_CHECKS):
        raise WrongNumberError("characters")
    try:
        born = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise WrongNumberError("date") from None
    if born > on:
        raise WrongNumberError("future")
    if on.year - born.year > _OLDEST:
        raise WrongNumberError("too_old")
    if check_digit(number[:17]) != number[17]:
        raise WrongNumberError("checksum")
    return Identity(number=number, born=born, sex="m" if int(number[16]) % 2 else "f")


def credit_check(first: str) -> str:
    """The eighteenth character of a credit code (GB 32100), from the first seventeen; ValueError for a foreign one."""
    total = sum(_CREDIT_ALPHABET.index(char) * weight for char, weight in zip(first, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT_ALPHABET[(31 - total % 31) % 31]


def read_credit_code(text: str) -> str:
    """A 统一社会信用代码 in its 18 characters; `WrongNumberError` if it is none."""
    code = written(text)
    if len(code) != 18:
        raise WrongNumberError("length")
    if any(char not in _CREDIT_ALPHABET for char in code) or not code[2:8].isdigit():
        raise WrongNumberError("characters")
    if credit_check(code[:17]) != code[17]:
        raise WrongNumberError("checksum")
    return code


def age(born: str, *, on: dt.date) -> int | None:
    """Whole years on a day, from an ISO date or, where no more is known, "1950" or "1950-03"; None if unreadable."""
    parts = born.split("-")
    try:
        year, month, day = (int(part) for part in [*parts, *(["1"] * (3 - len(parts)))])
        birthday = dt.date(year, month, day)
    except ValueError:
        return None
    years = on.year - birthday.year - ((on.month, on.day) < (birthday.month, birthday.day))
    return years if years >= 0 else None


def is_birth(text: str, *, on: dt.date) -> bool:
    """Whether a text may stand as a birth: "1950", "1950-03" or a whole ISO date, not in the future, not before 130 years."""
    parts = text.split("-")
    if [len(part) for part in parts] not in ([4], [4, 2], [4, 2, 2]):
        return False
    try:
        day = dt.date.fromisoformat("-".join([*parts, *(["01"] * (3 - len(parts)))]))
    except ValueError:
        return False
    return day <= on and on.year - day.year <= _OLDEST
