"""Synthetic numbers with true check characters: identity cards (GB 11643) and credit codes (GB 32100, GB 11714)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from wangge.domains.people import identity

if TYPE_CHECKING:
    import datetime as dt

RESERVED = "999999"  # no region has this code
_ORGAN_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# Who registered it and what it is: a company, a self-employed business, an institution, a social organisation.
_REGISTERED = {"company": "91", "shop": "92", "public": "12", "social": "52", "other": "13"}


class Numbers:
    """Hands out numbers, each once, in the same order for the same questions."""

    def __init__(self) -> None:
        self._births: Counter[tuple[dt.date, bool]] = Counter()
        self._firms = 0
        self._phones = 0

    def identity(self, born: dt.date, *, male: bool) -> str:
        """The next number of this day and sex; odd serials are men's. At most 500 of a day and sex."""
        self._births[born, male] += 1
        serial = 2 * (self._births[born, male] - 1) + (1 if male else 0)
        body = f"{RESERVED}{born:%Y%m%d}{serial:03d}"
        return body + identity.check_digit(body)

    def phone(self) -> str:
        """The next mobile number under a prefix that is not allotted; 1001… are the staff's and the stories'."""
        self._phones += 1
        return f"1002{self._phones:07d}"

    def credit_code(self, kind: str) -> str:
        """The next 统一社会信用代码 of a kind of firm."""
        self._firms += 1
        organ = f"{self._firms:08d}"
        body = _REGISTERED[kind] + RESERVED + organ + organ_check(organ)
        return body + identity.credit_check(body)


def organ_check(body: str) -> str:
    """The ninth character of an organisation code (GB 11714)."""
    left = 11 - sum(int(digit, 36) * weight for digit, weight in zip(body, _ORGAN_WEIGHTS, strict=True)) % 11
    return {10: "X", 11: "0"}.get(left, str(left))
