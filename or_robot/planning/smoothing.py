"""From a staircase of cells to a smooth path that costs no more."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

PULL = 0.3
"""Share of the way to the neighbours' middle that one sweep moves a point."""


@njit(cache=True)
def line_cost(
    costs: NDArray[np.uint8],
    blocked_from: int,
    weight: float,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
) -> float:
    """Cost of the straight line between two points in cells (row, column); inf when blocked.

    Visits every cell that the line crosses (Amanatides, Woo 1987).
    """
    rows, columns = costs.shape
    down, right = b[0] - a[0], b[1] - a[1]
    length = math.hypot(down, right)
    row, column = math.floor(a[0]), math.floor(a[1])
    step_row, step_column = (1 if down > 0.0 else -1), (1 if right > 0.0 else -1)
    per_row = 1.0 / abs(down) if down != 0.0 else math.inf
    per_column = 1.0 / abs(right) if right != 0.0 else math.inf
    next_row = math.inf
    if down != 0.0:
        next_row = ((row + 1 - a[0]) if down > 0.0 else (a[0] - row)) * per_row
    next_column = math.inf
    if right != 0.0:
        next_column = ((column + 1 - a[1]) if right > 0.0 else (a[1] - column)) * per_column
    total, share = 0.0, 0.0
    while True:
        if not (0 <= row < rows and 0 <= column < columns):
            return math.inf
        if costs[row, column] >= blocked_from:
            return math.inf
        until = min(next_row, next_column, 1.0)
        total += (until - share) * (1.0 + weight * costs[row, column] / 252.0)
        share = until
        if share >= 1.0:
            return total * length
        if next_row < next_column:
            row, next_row = row + step_row, next_row + per_row
        else:
            column, next_column = column + step_column, next_column + per_column


@njit(cache=True)
def shortcut(
    costs: NDArray[np.uint8], blocked_from: int, weight: float, path: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Corners (m, 2) of the path (n, 2) in cells, straight wherever that is not dearer."""
    count = len(path)
    sums = np.zeros(count)
    for n in range(1, count):
        sums[n] = sums[n - 1] + line_cost(costs, blocked_from, weight, path[n - 1], path[n])
    kept = np.empty_like(path)
    kept[0] = path[0]
    size, here = 1, 0
    while here < count - 1:
        stride = count - 1 - here
        while stride > 1:
            straight = line_cost(costs, blocked_from, weight, path[here], path[here + stride])
            if straight <= 1.005 * (sums[here + stride] - sums[here]):
                break
            stride = (3 * stride) // 4
        here += max(stride, 1)
        kept[size] = path[here]
        size += 1
    return kept[:size]


def resample(path: NDArray[np.float64], spacing: float) -> NDArray[np.float64]:
    """Points (m, 2) at most `spacing` apart along the corners (n, 2); keeps every corner."""
    pieces = [path[:1]]
    for a, b in itertools.pairwise(path):
        count = max(1, math.ceil(math.hypot(*(b - a)) / spacing))
        pieces.append(a + np.arange(1, count + 1)[:, None] / count * (b - a))
    return np.concatenate(pieces)


@njit(cache=True)
def smooth(
    costs: NDArray[np.uint8], blocked_from: int, path: NDArray[np.float64], sweeps: int
) -> NDArray[np.float64]:
    """Round off the corners of (n, 2) in cells; never moves a point to a dearer or blocked cell."""
    result = path.copy()
    for _ in range(sweeps):
        for n in range(1, len(result) - 1):
            middle = (result[n - 1] + result[n + 1]) / 2.0
            moved = result[n] + PULL * (middle - result[n])
            old = costs[math.floor(result[n, 0]), math.floor(result[n, 1])]
            before = line_cost(costs, blocked_from, 0.0, result[n - 1], moved)
            after = line_cost(costs, blocked_from, 0.0, moved, result[n + 1])
            new = costs[math.floor(moved[0]), math.floor(moved[1])]
            if before < math.inf and after < math.inf and new <= max(old, 128):
                result[n] = moved
    return result
