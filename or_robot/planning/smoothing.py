"""From a staircase of cells to a smooth path that costs no more."""

from __future__ import annotations

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
    """Cost of the straight line between two points in cells (row, column); inf when blocked."""
    length = math.hypot(b[0] - a[0], b[1] - a[1])
    count = max(1, math.ceil(2.0 * length))
    rows, columns = costs.shape
    total = 0.0
    for n in range(count + 1):
        share = n / count
        row = math.floor(a[0] + share * (b[0] - a[0]))
        column = math.floor(a[1] + share * (b[1] - a[1]))
        if not (0 <= row < rows and 0 <= column < columns):
            return math.inf
        cost = costs[row, column]
        if cost >= blocked_from:
            return math.inf
        total += 1.0 + weight * cost / 252.0
    return total * length / (count + 1)


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
    """Points (m, 2) about `spacing` apart along the corners (n, 2); keeps both ends."""
    lengths = np.hypot(*np.diff(path, axis=0).T)
    along = np.concatenate(([0.0], np.cumsum(lengths)))
    count = max(2, math.ceil(along[-1] / spacing) + 1)
    at = np.linspace(0.0, along[-1], count)
    return np.stack((np.interp(at, along, path[:, 0]), np.interp(at, along, path[:, 1])), axis=-1)


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
