"""From a chain of points to a short, smooth path that stays as clear of obstacles."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.planning.line import HIGHEST, cost_between, line_cost

PULL = 0.3
"""Share of the way to the neighbours' middle that one sweep moves a point."""
PUSH = 2.0
"""Cells that one sweep moves a point down a slope of HIGHEST a cell, per unit of cost weight."""
LONGEST_PUSH = 0.3
"""Cells in one sweep."""
DEARER = 1.005
"""A straight line is taken when it costs no more than this times the way it replaces."""


@njit(cache=True)
def shortcut(
    costs: NDArray[np.uint8], blocked_from: int, weight: float, path: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Corners (m, 2) of the path (n, 2) in cells, straight wherever that is not dearer."""
    count = len(path)
    sums = np.zeros(count)
    for n in range(1, count):
        step = line_cost(costs, blocked_from, weight, path[n - 1], path[n])
        sums[n] = sums[n - 1] + (step if step < math.inf else _steep(path[n - 1], path[n], weight))
    kept = np.empty_like(path)
    kept[0] = path[0]
    size, here = 1, 0
    while here < count - 1:
        reach, stride = 1, 2
        while here + reach < count - 1:  # twice as far as long as it is straight, then halving
            ahead = min(here + stride, count - 1)
            straight = line_cost(costs, blocked_from, weight, path[here], path[ahead])
            if straight <= DEARER * (sums[ahead] - sums[here]):
                reach, stride = ahead - here, 2 * stride
            else:
                stride = (reach + ahead - here) // 2
                while stride > reach:
                    ahead = here + stride
                    straight = line_cost(costs, blocked_from, weight, path[here], path[ahead])
                    if straight <= DEARER * (sums[ahead] - sums[here]):
                        reach = stride
                        break
                    stride = (reach + stride) // 2
                break
        here += reach
        kept[size] = path[here]
        size += 1
    return kept[:size]


@njit(cache=True)
def _steep(a: NDArray[np.float64], b: NDArray[np.float64], weight: float) -> float:
    """Highest cost that a line can have."""
    return math.hypot(b[0] - a[0], b[1] - a[1]) * (1.0 + weight)


@njit(cache=True)
def resample(path: NDArray[np.float64], spacing: float) -> NDArray[np.float64]:
    """Points (m, 2) at most `spacing` apart along the corners (n, 2); keeps every corner."""
    counts = np.ones(len(path), dtype=np.int64)
    for n in range(1, len(path)):
        length = math.hypot(path[n, 0] - path[n - 1, 0], path[n, 1] - path[n - 1, 1])
        counts[n] = max(1, math.ceil(length / spacing))
    points = np.empty((counts.sum(), 2))
    points[0] = path[0]
    at = 1
    for n in range(1, len(path)):
        for i in range(1, counts[n] + 1):
            share = i / counts[n]
            points[at, 0] = path[n - 1, 0] + share * (path[n, 0] - path[n - 1, 0])
            points[at, 1] = path[n - 1, 1] + share * (path[n, 1] - path[n - 1, 1])
            at += 1
    return points


@njit(cache=True)
def smooth(
    costs: NDArray[np.uint8],
    blocked_from: int,
    weight: float,
    path: NDArray[np.float64],
    sweeps: int,
) -> NDArray[np.float64]:
    """Round off the corners of (n, 2) in cells and move away from obstacles.

    An elastic band (Quinlan, Khatib 1993): each sweep pulls a point between its neighbours and
    pushes it down the cost. Where the result would be blocked it stays as it was given.
    """
    result = path.copy()
    for _ in range(sweeps):
        for n in range(1, len(result) - 1):
            down = PULL * ((result[n - 1, 0] + result[n + 1, 0]) / 2.0 - result[n, 0])
            right = PULL * ((result[n - 1, 1] + result[n + 1, 1]) / 2.0 - result[n, 1])
            row, column = result[n, 0], result[n, 1]
            if costs[int(row), int(column)] > 0:
                scale = PUSH * weight / HIGHEST / 2.0
                low = cost_between(costs, row - 1.0, column)
                high = cost_between(costs, row + 1.0, column)
                down += _clipped(scale * (low - high))
                low = cost_between(costs, row, column - 1.0)
                high = cost_between(costs, row, column + 1.0)
                right += _clipped(scale * (low - high))
            result[n, 0] = min(max(row + down, 0.0), costs.shape[0] - 1e-6)
            result[n, 1] = min(max(column + right, 0.0), costs.shape[1] - 1e-6)
    _restore(costs, blocked_from, path, result)
    return result


@njit(cache=True)
def _clipped(push: float) -> float:
    return min(max(push, -LONGEST_PUSH), LONGEST_PUSH)


@njit(cache=True)
def _restore(
    costs: NDArray[np.uint8],
    blocked_from: int,
    path: NDArray[np.float64],
    result: NDArray[np.float64],
) -> None:
    """Put points of `result` back to where they were in `path` until no line is blocked."""
    again = True
    while again:
        again = False
        for n in range(1, len(result)):
            if line_cost(costs, blocked_from, 0.0, result[n - 1], result[n]) < math.inf:
                continue
            for i in (n - 1, n):
                if (result[i] != path[i]).any():
                    result[i] = path[i]
                    again = True
