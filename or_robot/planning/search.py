"""A* on a costmap, 8-connected (Hart, Nilsson, Raphael 1968)."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

DIAGONAL = math.sqrt(2.0)


@njit(cache=True)
def _push(keys: NDArray, items: NDArray, size: int, key: float, item: int) -> int:
    """Put (key, item) on a binary heap; → new size."""
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
def _drop_first(keys: NDArray, items: NDArray, size: int) -> int:
    """Remove the smallest from a binary heap; → new size."""
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


@njit(cache=True)
def _octile(rows: int, columns: int) -> float:
    return max(rows, columns) + (DIAGONAL - 1.0) * min(rows, columns)


@njit(cache=True)
def a_star(
    costs: NDArray[np.uint8],
    blocked_from: int,
    weight: float,
    start: tuple[int, int],
    goal: tuple[int, int],
) -> NDArray[np.int32]:
    """Cheapest way from start to goal → (n, 2) cells, empty when there is none.

    A step of length l into a cell of cost c counts l·(1 + weight·c/252). Cells whose cost is
    `blocked_from` or more are never entered, nor are corners of them cut.
    """
    rows, columns = costs.shape
    reached = np.full(rows * columns, np.inf, dtype=np.float32)
    parent = np.full(rows * columns, -1, dtype=np.int32)
    closed = np.zeros(rows * columns, dtype=np.bool_)
    keys = np.empty(4 * rows * columns + 16, dtype=np.float32)
    items = np.empty(4 * rows * columns + 16, dtype=np.int32)
    first = start[0] * columns + start[1]
    last = goal[0] * columns + goal[1]
    reached[first] = 0.0
    size = _push(keys, items, 0, 0.0, first)
    while size > 0:
        here = items[0]
        size = _drop_first(keys, items, size)
        if closed[here]:
            continue
        closed[here] = True
        if here == last:
            break
        row, column = here // columns, here % columns
        for i in range(-1, 2):
            for j in range(-1, 2):
                r, c = row + i, column + j
                if (i == 0 and j == 0) or not (0 <= r < rows and 0 <= c < columns):
                    continue
                there = r * columns + c
                if closed[there] or costs[r, c] >= blocked_from:
                    continue
                if i != 0 and j != 0:
                    if costs[row, c] >= blocked_from or costs[r, column] >= blocked_from:
                        continue
                    length = DIAGONAL
                else:
                    length = 1.0
                cost = reached[here] + length * (1.0 + weight * costs[r, c] / 252.0)
                if cost < reached[there] and size < keys.size:
                    reached[there] = cost
                    parent[there] = here
                    rest = _octile(abs(r - goal[0]), abs(c - goal[1]))
                    size = _push(keys, items, size, cost + rest, there)
    if not closed[last]:
        return np.empty((0, 2), dtype=np.int32)
    count = 1
    at = last
    while at != first:
        at = parent[at]
        count += 1
    cells = np.empty((count, 2), dtype=np.int32)
    at = last
    for n in range(count - 1, -1, -1):
        cells[n, 0], cells[n, 1] = at // columns, at % columns
        if n > 0:
            at = parent[at]
    return cells
