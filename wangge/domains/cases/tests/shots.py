"""Photos for tests without a file: each looks like nothing else unless it is said to be a copy."""

from __future__ import annotations

import random

from wangge.foundation.media import prints
from wangge.foundation.media.models import MediaFile, MediaSender


def shot(town, digest: str, *, by, like: str = "", taken_at=None, copy: bool = False) -> str:
    """The bytes of a photo arrive, sent by `by`; `copy`: the picture `like`, saved again. Returns its name."""
    rng = random.Random(like or digest)
    bits = rng.getrandbits(64)
    grid = bytearray(rng.randint(20, 235) for _ in range(384))
    if copy:
        bits ^= 0b10000000000000001001
        grid = bytearray(cell + 2 if n % 3 else cell - 1 for n, cell in enumerate(grid))
    media = MediaFile.objects.create(
        sha256=digest,
        size=1,
        mime="image/jpeg",
        width=4,
        height=3,
        print64=bits - 2**63,
        grid=bytes(grid),
        print_version=prints.VERSION,
        taken_at=taken_at,
        uploaded_by=by,
    )
    MediaSender.objects.create(media=media, user=by)
    return digest
