"""Cost of a straight line over a costmap, exact to the cell and read between the cells."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.types.costmap import INSCRIBED

HIGHEST = 252
"""Dearest cost that inflation gives to a cell the robot may be in."""


@njit(cache=True)
def cost_between(costs: NDArray[np.uint8], row: float, column: float) -> float:
    """Cost at a point in cells, bilinear between the centres; the edge of the grid goes on."""
    rows, columns = costs.shape
    down = min(max(row - 0.5, 0.0), rows - 1.0)
    right = min(max(column - 0.5, 0.0), columns - 1.0)
    i, j = min(int(down), max(rows - 2, 0)), min(int(right), max(columns - 2, 0))
    below, beside = min(i + 1, rows - 1), min(j + 1, columns - 1)
    u, v = down - i, right - j
    near = (1.0 - v) * costs[i, j] + v * costs[i, beside]
    far = (1.0 - v) * costs[below, j] + v * costs[below, beside]
    return (1.0 - u) * near + u * far


@njit(cache=True)
def line_cost(
    costs: NDArray[np.uint8],
    blocked_from: int,
    weight: float,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
) -> float:
    """Cost of the straight line between two points in cells (row, column); inf when blocked.

    Visits every cell that the line crosses (Amanatides, Woo 1987). None may touch an obstacle
    (253 or more); below that, the cost between the cells counts, which follows the true distance
    much closer than the cost of the cell does: `blocked_from` or more blocks.
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
        here = costs[row, column]
        if here >= INSCRIBED:
            return math.inf
        until = min(next_row, next_column, 1.0)
        if here > 0:
            middle = (share + until) / 2.0
            value = cost_between(costs, a[0] + middle * down, a[1] + middle * right)
            if value >= blocked_from:
                return math.inf
            total += (until - share) * weight * value / HIGHEST
        total += until - share
        share = until
        if share >= 1.0:
            return total * length
        if next_row < next_column:
            row, next_row = row + step_row, next_row + per_row
        else:
            column, next_column = column + step_column, next_column + per_column
