"""The labels that hang at the checkpoints: eight to a sheet of A4, each with its code to scan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import segno
import typst
from django.conf import settings
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wangge.domains.fieldwork.models import Checkpoint

MOST = 400
"""Labels of one file: fifty sheets."""
_SOURCE = Path(__file__).with_suffix(".typ")


def pdf(checkpoints: Sequence[Checkpoint], *, address: str) -> bytes:
    """The labels as a PDF. A code says `address` (ending in "/") and the tag; the same goes onto an NFC tag."""
    data = {
        "title": _("Labels of checkpoints"),
        "scan": _("Scan on patrol"),
        "hint": _("May also be written to an NFC tag. If this label is damaged, please tell the grid worker."),
        "labels": [
            {
                "name": one.name,
                "place": _place(one),
                "kind": str(one.get_kind_display()),
                "tag": " ".join(one.tag[n : n + 4] for n in range(0, len(one.tag), 4)),
                "code": segno.make(address + one.tag, error="m").svg_inline(scale=4, border=2, light="#fff"),
            }
            for one in checkpoints[:MOST]
        ],
    }
    fonts = [str(folder) for folder in (Path(settings.FONTS_DIR),) if folder.is_dir()]
    compiled: Any = typst.compile  # as in people.building_sheet
    found: bytes = compiled(
        _SOURCE.read_bytes(), font_paths=fonts, sys_inputs={"data": json.dumps(data, ensure_ascii=False)}
    )
    return found


def _place(one: Checkpoint) -> str:
    compound = one.compound.name if one.compound is not None else ""
    house = one.building.name if one.building is not None else ""
    return f"{one.grid.name} {compound}{house}".strip()
