"""The compiled heap gives its entries back by key, with the items that came with them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from or_robot.geometry.heap import drop_first, push

KEYS = st.lists(st.floats(-1e6, 1e6), max_size=60)


@given(KEYS)
def test_entries_come_back_in_order_with_their_items(wanted):
    keys, items, size = np.empty(len(wanted)), np.empty(len(wanted), np.int64), 0
    for item, key in enumerate(wanted):
        size = push(keys, items, size, key, item)
    found = []
    while size:
        found.append((keys[0], items[0]))
        size = drop_first(keys, items, size)
    assert [key for key, _ in found] == sorted(wanted)
    assert all(wanted[item] == key for key, item in found)
    assert len({item for _, item in found}) == len(wanted)


@given(KEYS.filter(bool), KEYS)
def test_the_smallest_is_first_whatever_went_in_between(before, after):
    keys, items = np.empty(len(before) + len(after)), np.empty(len(before) + len(after), np.int64)
    size, left = 0, sorted(before)
    for key in before:
        size = push(keys, items, size, key, 0)
    size = drop_first(keys, items, size)
    left.pop(0)
    for key in after:
        size = push(keys, items, size, key, 0)
        left.append(key)
    assert size == len(left)
    assert not left or keys[0] == min(left)
