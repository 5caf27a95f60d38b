"""How far a share of few can be trusted: the Wilson score interval (E. B. Wilson, 1927)."""

from __future__ import annotations

import math

_Z = 1.959963984540054  # two-sided 95 %


def wilson(hits: float, n: int) -> tuple[float, float] | None:
    """The 95 % interval of the share `hits`/`n`, both ends between 0 and 1; None without any case.

    Unlike the textbook's p ± 2σ it neither leaves 0…1 nor shrinks to a point when all or none are hits. Where a partly
    solved case counts one half, `hits` need not be whole.
    """
    if n <= 0:
        return None
    share, z2 = hits / n, _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * math.sqrt(max(0.0, share * (1 - share)) / n + z2 / (4 * n * n))
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))
