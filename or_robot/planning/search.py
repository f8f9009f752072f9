"""A* on a costmap, 8-connected (Hart, Nilsson, Raphael 1968), on its cells or on blocks of them.

On blocks it is optimistic: a block is free when one of its cells is, so that it misses no gap.
What lies under a block is read when the search first looks at it, and nothing is kept between
two searches: a query costs what it touches, not the size of the map.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.geometry.heap import drop_first, push

DIAGONAL = math.sqrt(2.0)
GREED = 1.05
"""Of the heuristic: settles the many ties in open space; a way is at most so much dearer."""

UNSEEN, BLOCKED = 0, 255
"""Prices of blocks are 1 + mean cost of their free cells, or one of these."""

_DOWN = np.array([-1, 0, 1, 0, -1, -1, 1, 1])
_RIGHT = np.array([0, 1, 0, -1, -1, 1, 1, -1])
"""The eight steps (rows, columns): straight ones first."""


@njit(cache=True)
def _octile(rows: int, columns: int) -> float:
    return max(rows, columns) + (DIAGONAL - 1.0) * min(rows, columns)


@njit(cache=True)
def _price(costs: NDArray, blocked_from: int, side: int, row: int, column: int) -> int:
    """Price of one block."""
    total = count = 0
    for r in range(row * side, min((row + 1) * side, costs.shape[0])):
        for c in range(column * side, min((column + 1) * side, costs.shape[1])):
            if costs[r, c] < blocked_from:
                total += costs[r, c]
                count += 1
    return BLOCKED if count == 0 else 1 + total // count


@njit(cache=True)
def a_star(
    costs: NDArray[np.uint8],
    blocked_from: int,
    weight: float,
    start: tuple[int, int],
    goal: tuple[int, int],
    side: int,
    greed: float = GREED,
) -> NDArray[np.int32]:
    """Cheapest way from start to goal, given as cells → (n, 2) blocks, empty when there is none.

    Blocks are squares of `side` by `side` cells; 1: the cells themselves. A step of length l into
    a block of mean cost c counts l·(1 + weight·c/252). Cells whose cost is `blocked_from` or more
    are never entered, nor are corners of blocked blocks cut. The way is at most `greed` times
    dearer than the cheapest one.
    """
    rows = (costs.shape[0] + side - 1) // side
    columns = (costs.shape[1] + side - 1) // side
    price = np.zeros(rows * columns, dtype=np.uint8)
    reached = np.empty(rows * columns, dtype=np.float32)  # valid where `came` is not 0
    came = np.zeros(rows * columns, dtype=np.uint8)  # 1 + step taken; 9: start; + 16: closed
    keys, items = np.empty(1024, dtype=np.float32), np.empty(1024, dtype=np.int32)
    first = start[0] // side * columns + start[1] // side
    last_row, last_column = goal[0] // side, goal[1] // side
    last = last_row * columns + last_column
    reached[first], came[first] = 0.0, 9
    size = push(keys, items, 0, 0.0, first)
    while size > 0:
        here = items[0]
        size = drop_first(keys, items, size)
        if came[here] >= 16:
            continue
        came[here] += 16
        if here == last:
            break
        if size + 8 > keys.size:
            keys, items = np.append(keys, np.empty_like(keys)), np.append(items, items)
        row, column = here // columns, here % columns
        open_straight = 0
        for step in range(8):
            r, c = row + _DOWN[step], column + _RIGHT[step]
            if not (0 <= r < rows and 0 <= c < columns):
                continue
            there = r * columns + c
            if price[there] == UNSEEN:
                price[there] = _price(costs, blocked_from, side, r, c)
            if price[there] == BLOCKED:
                continue
            length = 1.0
            if step < 4:
                open_straight |= 1 << step
            else:
                vertical = 0 if _DOWN[step] < 0 else 2
                horizontal = 1 if _RIGHT[step] > 0 else 3
                both = (1 << vertical) | (1 << horizontal)
                if open_straight & both != both:
                    continue
                length = DIAGONAL
            if came[there] >= 16:
                continue
            cost = reached[here] + length * (1.0 + weight * (price[there] - 1) / 252.0)
            if came[there] == 0 or cost < reached[there]:
                reached[there] = cost
                came[there] = 1 + step
                rest = _octile(abs(r - last_row), abs(c - last_column))
                size = push(keys, items, size, cost + greed * rest, there)
    if came[last] < 16:
        return np.empty((0, 2), dtype=np.int32)
    return _trail(came, columns, first, last)


@njit(cache=True)
def _trail(came: NDArray[np.uint8], columns: int, first: int, last: int) -> NDArray[np.int32]:
    """(n, 2) blocks from first to last, following the steps back."""
    count, at = 1, last
    while at != first:
        step = came[at] % 16 - 1
        at -= _DOWN[step] * columns + _RIGHT[step]
        count += 1
    trail = np.empty((count, 2), dtype=np.int32)
    at = last
    for n in range(count - 1, -1, -1):
        trail[n, 0], trail[n, 1] = at // columns, at % columns
        if n > 0:
            step = came[at] % 16 - 1
            at -= _DOWN[step] * columns + _RIGHT[step]
    return trail
