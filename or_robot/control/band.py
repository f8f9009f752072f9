"""A way made smooth and pushed off obstacles: an elastic band (Quinlan, Khatib 1993)."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.control.arrival_field import CELL, FAR

SWEEPS = 60
TENSION, REPULSION = 0.35, 0.25
"""Share of the way to the neighbours' middle, and of the missing clearance, moved in one sweep."""


@njit(cache=True, fastmath=True)
def relax(
    path: NDArray[np.float64], distance: NDArray[np.float32], wanted: float
) -> NDArray[np.float64]:
    """Smooth (m, 2); its ends stay. Points nearer than `wanted` m to an obstacle are pushed off."""
    band = path.copy()
    for _ in range(SWEEPS):
        for n in range(1, len(band) - 1):
            x, y = band[n, 0], band[n, 1]
            mx = 0.5 * (band[n - 1, 0] + band[n + 1, 0]) - x
            my = 0.5 * (band[n - 1, 1] + band[n + 1, 1]) - y
            x, y = x + TENSION * mx, y + TENSION * my
            here = at(distance, x, y)
            if here < wanted:
                gx = at(distance, x + 0.03, y) - at(distance, x - 0.03, y)
                gy = at(distance, x, y + 0.03) - at(distance, x, y - 0.03)
                norm = math.hypot(gx, gy)
                if norm > 1e-6:
                    push = REPULSION * (wanted - here) * min(norm / 0.06, 1.0)
                    x, y = x + push * gx / norm, y + push * gy / norm
            band[n, 0], band[n, 1] = x, y
    return band


@njit(cache=True, fastmath=True)
def at(distance: NDArray[np.float32], x: float, y: float) -> float:
    """Distance at a place, bilinear between cells; FAR off the grid."""
    cells = len(distance)
    u, v = x / CELL + 0.5 * cells - 0.5, y / CELL + 0.5 * cells - 0.5
    if not (0.0 <= u < cells - 1 and 0.0 <= v < cells - 1):
        return FAR
    j, i = int(u), int(v)
    s, t = u - j, v - i
    low = (1.0 - s) * distance[i, j] + s * distance[i, j + 1]
    high = (1.0 - s) * distance[i + 1, j] + s * distance[i + 1, j + 1]
    return (1.0 - t) * low + t * high


@njit(cache=True, fastmath=True)
def with_headings(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """(m, 3) with the direction of the way as heading."""
    count = len(path)
    poses = np.zeros((count, 3))
    poses[:, :2] = path
    for n in range(count):
        a, b = max(n - 1, 0), min(n + 1, count - 1)
        poses[n, 2] = math.atan2(path[b, 1] - path[a, 1], path[b, 0] - path[a, 0])
    return poses
