"""Way to the goal from every cell around the robot: fast marching on what the lidar has seen.

J. A. Sethian: A fast marching level set method for monotonically advancing fronts. PNAS 93 (1996).
Slowness falls with the distance to obstacles, as in fast marching square (Garrido et al. 2009).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.geometry.heap import drop_first, push

CELL = 0.05
"""m."""
FAR = 0.7
"""m: distances to obstacles are not told apart beyond."""
BLOCKED_SLACK = 0.01
"""m that a cell may be closer than the footprint's inscribed circle: cells are coarse."""
NARROW_COST, NEAR_COST = 4.0, 0.3
"""Slowness added where the footprint just passes, and where it just turns on the spot."""
NEAR = 0.15
"""m beyond the circumscribed circle that still cost something."""
ESCAPE_COST = 8.0
"""Slowness added in blocked cells close to the robot: it may stand in a tight spot."""


@njit(cache=True, fastmath=True)
def distance_grid(points: NDArray[np.float64], cells: int) -> NDArray[np.float32]:
    """(cells, cells) m from a cell's centre to the nearest point (n, 2), at most FAR.

    The grid is centred on the origin; row by y, column by x.
    """
    squares = np.full((cells, cells), np.float32(FAR * FAR), dtype=np.float32)
    half = 0.5 * cells * CELL
    reach = math.floor(FAR / CELL + 0.5)  # 0.7 / 0.05 is a little less than 14
    for n in range(len(points)):
        x, y = points[n, 0] + half, points[n, 1] + half
        column, row = math.floor(x / CELL), math.floor(y / CELL)
        for i in range(max(row - reach, 0), min(row + reach + 1, cells)):
            dy = (i + 0.5) * CELL - y
            for j in range(max(column - reach, 0), min(column + reach + 1, cells)):
                dx = (j + 0.5) * CELL - x
                square = np.float32(dx * dx + dy * dy)
                if square < squares[i, j]:
                    squares[i, j] = square
    return np.sqrt(squares)


@njit(cache=True, fastmath=True)
def slowness(distance: float, inscribed: float, circumscribed: float, blocked: float) -> float:
    """Cost per metre at a distance from obstacles; `blocked` where the footprint cannot be."""
    if distance < inscribed - BLOCKED_SLACK:
        return blocked
    cost = 1.0
    if distance < circumscribed:
        share = (circumscribed - distance) / (circumscribed - inscribed)
        cost += NARROW_COST * share * share
    if distance < circumscribed + NEAR:
        share = (circumscribed + NEAR - distance) / NEAR
        cost += NEAR_COST * share
    return cost


@njit(cache=True)
def arrival_field(
    distance: NDArray[np.float32],
    goal_x: float,
    goal_y: float,
    inscribed: float,
    circumscribed: float,
    slack: float,
) -> NDArray[np.float32]:
    """(cells, cells) weighted metres to the goal; inf where it was not needed or there is no way.

    A goal off the grid is reached from its edge, straight. Stops `slack` beyond the origin's value.
    """
    cells = len(distance)
    half = 0.5 * cells * CELL
    costs = np.empty((cells, cells), dtype=np.float32)
    seeds = np.full((cells, cells), np.inf, dtype=np.float32)
    inside = abs(goal_x) < half - CELL and abs(goal_y) < half - CELL
    for row in range(cells):
        y = (row + 0.5) * CELL - half
        for column in range(cells):
            x = (column + 0.5) * CELL - half
            escape = math.inf if math.hypot(x, y) > 0.3 else 1.0 + ESCAPE_COST
            cost = slowness(distance[row, column], inscribed, circumscribed, escape)
            costs[row, column] = cost * CELL
            edge = row == 0 or row == cells - 1 or column == 0 or column == cells - 1
            way = math.hypot(x - goal_x, y - goal_y)
            if (inside and way < 2.0 * CELL) or (not inside and edge and cost < np.inf):
                seeds[row, column] = way
    return march(costs, seeds, (cells // 2) * cells + cells // 2, slack)


@njit(cache=True)
def march(
    costs: NDArray[np.float32], seeds: NDArray[np.float32], home: int, slack: float
) -> NDArray[np.float32]:
    """Values of the eikonal equation on a grid (rows, columns).

    costs: of crossing each cell, inf where it cannot be crossed; seeds: known values, inf
    elsewhere. Stops when everything up to `slack` beyond the value of the cell with the flat
    index `home` is known; the rest is inf.
    """
    rows, columns = costs.shape
    times = seeds.copy().ravel()
    closed = np.zeros(times.size, dtype=np.bool_)
    keys = np.empty(5 * times.size + 16, dtype=np.float32)
    items = np.empty(5 * times.size + 16, dtype=np.int32)
    size = 0
    for n in range(times.size):
        if times[n] < np.inf:
            size = push(keys, items, size, times[n], n)
    limit = np.inf
    while size > 0:
        key, here = keys[0], items[0]
        size = drop_first(keys, items, size)
        if closed[here]:
            continue
        if key > limit:
            break
        closed[here] = True
        if here == home:
            limit = key + slack
        row, column = here // columns, here % columns
        for k in range(4):
            r = row + (k == 0) - (k == 1)
            c = column + (k == 2) - (k == 3)
            if not (0 <= r < rows and 0 <= c < columns):
                continue
            there, f = r * columns + c, costs[r, c]
            if closed[there] or f == np.inf:
                continue
            a = b = np.inf
            if r > 0 and closed[there - columns]:
                a = times[there - columns]
            if r < rows - 1 and closed[there + columns]:
                a = min(a, times[there + columns])
            if c > 0 and closed[there - 1]:
                b = times[there - 1]
            if c < columns - 1 and closed[there + 1]:
                b = min(b, times[there + 1])
            value = min(a, b) + f
            if abs(a - b) < f:
                value = 0.5 * (a + b + math.sqrt(2.0 * f * f - (a - b) ** 2))
            if value < times[there] and size < len(keys):
                times[there] = value
                size = push(keys, items, size, value, there)
    for n in range(times.size):
        if not closed[n]:
            times[n] = np.inf
    return times.reshape(rows, columns)


@njit(cache=True)
def descend(
    field: NDArray[np.float32], goal_x: float, goal_y: float, length: float
) -> NDArray[np.float64]:
    """(m, 2) the way down the field from the origin, a point every CELL or so.

    `length`: in m, about where it is cut. Empty when the origin has no way to the goal. Each step
    lowers the value: where the steepest descent does not, as between the two ways round a pole, it
    goes on at the lowest cell beside.
    """
    cells = len(field)
    half = 0.5 * cells * CELL
    most = int(length / CELL) + 1
    path = np.zeros((most, 2))
    x = y = 0.0
    value = np.inf
    for size in range(1, most):
        row, column = int((y + half) / CELL), int((x + half) / CELL)
        if not (1 <= row < cells - 1 and 1 <= column < cells - 1):
            return path[:size]
        if math.hypot(goal_x - x, goal_y - y) < 2.0 * CELL:
            path[size, 0], path[size, 1] = goal_x, goal_y
            return path[: size + 1]
        here, dx, dy = _slope(field, (x + half) / CELL - 0.5, (y + half) / CELL - 0.5)
        norm = math.hypot(dx, dy)
        value = min(value, here)
        lower = False
        if norm > 0.0:
            u, v = x + CELL * dx / norm, y + CELL * dy / norm
            there = _slope(field, (u + half) / CELL - 0.5, (v + half) / CELL - 0.5)[0]
            lower = there < value
        if lower:
            x, y, value = u, v, there
        else:
            best = value
            for i in range(row - 1, row + 2):
                for j in range(column - 1, column + 2):
                    if field[i, j] < best:
                        best = field[i, j]
                        x, y = (j + 0.5) * CELL - half, (i + 0.5) * CELL - half
            if not best < value:
                return path[:0]
            value = best
        path[size, 0], path[size, 1] = x, y
    return path


@njit(cache=True)
def _slope(field: NDArray[np.float32], u: float, v: float) -> tuple[float, float, float]:
    """Value between four cells and the direction of its steepest descent.

    Where one of the four has no value: that of the cell, and no direction.
    """
    j, i = min(int(u), len(field) - 2), min(int(v), len(field) - 2)
    a, b, c, d = field[i, j], field[i, j + 1], field[i + 1, j], field[i + 1, j + 1]
    if not (a < np.inf and b < np.inf and c < np.inf and d < np.inf):
        return field[int(v + 0.5), int(u + 0.5)], 0.0, 0.0
    s, t = u - j, v - i
    value = (1.0 - t) * ((1.0 - s) * a + s * b) + t * ((1.0 - s) * c + s * d)
    return value, (1.0 - t) * (a - b) + t * (c - d), (1.0 - s) * (a - c) + s * (b - d)
