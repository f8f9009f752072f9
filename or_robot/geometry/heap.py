"""Binary heap in two arrays, for searches over grids in compiled code (heapq cannot go there).

Keys (n,) and items (n,) belong together by position; the first `size` entries are the heap.
"""

from __future__ import annotations

from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def push(keys: NDArray, items: NDArray, size: int, key: float, item: int) -> int:
    """Put (key, item) on the heap of `size` entries, which has room for one more; → new size."""
    at = size
    while at > 0:
        parent = (at - 1) >> 1
        if keys[parent] <= key:
            break
        keys[at], items[at] = keys[parent], items[parent]
        at = parent
    keys[at], items[at] = key, item
    return size + 1


@njit(cache=True)
def drop_first(keys: NDArray, items: NDArray, size: int) -> int:
    """Remove entry 0, the one with the smallest key; → new size. `size` is at least 1."""
    size -= 1
    key, item = keys[size], items[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[at], items[at] = keys[child], items[child]
        at = child
    keys[at], items[at] = key, item
    return size
