"""From cell to cell through a costmap: coarse to fine."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.planning.line import line_cost
from or_robot.planning.search import a_star

SIDE = 8
"""Cells along the side of a block: about two inscribed radii, so that inflated walls are seen."""
MARGIN = 2 * SIDE
"""Cells around a doubtful stretch that the fine search may use."""


def chain(
    costs: NDArray[np.uint8],
    blocked_from: int,
    weight: float,
    start: tuple[int, int],
    goal: tuple[int, int],
) -> NDArray[np.float64]:
    """Points (n, 2) in cells from the centre of start to that of goal, each seen from the next.

    Empty when there is no way. The way is sought on blocks; where two of its points do not see
    each other, on the cells around them; and if that fails, on the cells of the whole map.
    """
    blocks = a_star(costs, blocked_from, weight, start, goal, SIDE)
    if not len(blocks):
        return np.empty((0, 2))
    points = _middles(costs, blocked_from, blocks, SIDE, start, goal)
    pieces = []
    done = 0
    for first, last in _doubtful(costs, blocked_from, points):
        cells = _around(costs, blocked_from, weight, points[first], points[last])
        if not len(cells):
            return _centres(a_star(costs, blocked_from, weight, start, goal, 1))
        pieces += [points[done:first], _centres(cells)]
        done = last + 1
    return np.concatenate((*pieces, points[done:]))


def _centres(cells: NDArray[np.int32]) -> NDArray[np.float64]:
    return cells.astype(np.float64) + 0.5


def _around(
    costs: NDArray[np.uint8],
    blocked_from: int,
    weight: float,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
) -> NDArray[np.int32]:
    """(n, 2) cells from point a to point b without going far from them; may be empty."""
    ends = np.stack((a, b)).astype(np.int64)
    top, left = np.maximum(ends.min(axis=0) - MARGIN, 0).tolist()
    bottom, right = (ends.max(axis=0) + MARGIN + 1).tolist()
    (row, column), (last_row, last_column) = (ends - (top, left)).tolist()
    window = np.ascontiguousarray(costs[top:bottom, left:right])
    cells = a_star(window, blocked_from, weight, (row, column), (last_row, last_column), 1)
    return cells + np.array([top, left], dtype=np.int32)


@njit(cache=True)
def _middles(
    costs: NDArray[np.uint8],
    blocked_from: int,
    blocks: NDArray[np.int32],
    side: int,
    start: tuple[int, int],
    goal: tuple[int, int],
) -> NDArray[np.float64]:
    """(n, 2) centre of the cheapest cell of each block, of those the one nearest to the middle."""
    points = np.empty((len(blocks), 2))
    for n in range(len(blocks)):
        top, left = blocks[n, 0] * side, blocks[n, 1] * side
        best = math.inf
        for r in range(top, min(top + side, costs.shape[0])):
            for c in range(left, min(left + side, costs.shape[1])):
                off = abs(r + 0.5 - top - side / 2) + abs(c + 0.5 - left - side / 2)
                worth = costs[r, c] + off / (4.0 * side)
                if costs[r, c] < blocked_from and worth < best:
                    best = worth
                    points[n, 0], points[n, 1] = r + 0.5, c + 0.5
    points[0, 0], points[0, 1] = start[0] + 0.5, start[1] + 0.5
    points[-1, 0], points[-1, 1] = goal[0] + 0.5, goal[1] + 0.5
    return points


@njit(cache=True)
def _doubtful(
    costs: NDArray[np.uint8], blocked_from: int, points: NDArray[np.float64]
) -> list[tuple[int, int]]:
    """Stretches (first, last) of points in which a point does not see the next."""
    stretches = [(0, 0) for _ in range(0)]
    for n in range(len(points) - 1):
        if line_cost(costs, blocked_from, 0.0, points[n], points[n + 1]) < math.inf:
            continue
        if stretches and stretches[-1][1] == n:
            stretches[-1] = (stretches[-1][0], n + 1)
        else:
            stretches.append((n, n + 1))
    return stretches
