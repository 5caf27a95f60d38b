"""What a mask leaves of a value."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wangge.domains.people import masks

FIXED = settings(derandomize=True, database=None, deadline=None, max_examples=100)


@pytest.mark.parametrize(
    ("mask", "whole", "shown"),
    [
        (masks.name, "吴淑芬", "吴*芬"),
        (masks.name, "王磊", "王*"),
        (masks.name, "欧阳小芳", "欧**芳"),
        (masks.name, "芬", "*"),
        (masks.name, "", ""),
        (masks.id_number, "999999194703051223", "9999************23"),
        (masks.id_number, "999999470305122", "9999*********22"),
        (masks.id_number, "E12345678", "*******78"),
        (masks.id_number, "E123", "****"),
        (masks.id_number, "", ""),
        (masks.phone, "10012345678", "100****5678"),
        (masks.phone, "0999-1000000", "099*****0000"),
        (masks.phone, "1000000", "*****00"),
        (masks.phone, "110", "***"),
        (masks.phone, "", ""),
        (masks.address, "示范省示范市示范区槐荫路3号楼", "示范省示范市示范区****"),
        (masks.address, "示范县槐荫路3号", "示范县****"),
        (masks.address, "示范省示范市槐荫路3号", "示范省示范市****"),
        (masks.address, "槐荫路3号", "槐荫****"),
        (masks.address, "示范区", "示范****"),
        (masks.address, "槐", "****"),
        (masks.address, "", ""),
    ],
)
def test_masks(mask, whole, shown):
    assert mask(whole) == shown


@FIXED
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_no_mask_gives_a_value_away(text):
    for mask in (masks.name, masks.id_number, masks.phone, masks.address):
        shown = mask(text)
        assert masks.STAR in shown
        assert text not in shown or set(text) <= {masks.STAR}
