"""Obstacle points around the robot, bucketed so that the true footprint can be tested quickly."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

REACH = 5.0
"""Points further than this along x or y do not matter within the horizon, m."""

BUCKET = 0.25
"""Side of a bucket, m."""

BUCKETS = int(2 * REACH / BUCKET)

VOXEL = 0.02
"""Of points closer together than this, m, only the nearest is kept: below a lidar's noise."""

CELL = 0.1
"""Side of a cell of the coarse distances, m."""

CELLS = int(2 * REACH / CELL)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Points in base_link, sorted by bucket."""

    points: NDArray[np.float64]
    """(n, 2) m."""
    first: NDArray[np.int64]
    """(buckets² + 1,) where the points of a bucket (row by y, column by x) begin."""
    coarse: NDArray[np.float32]
    """(cells, cells) m from a cell's centre to the nearest cell with a point."""


def surroundings(points: NDArray[np.float64]) -> Surroundings:
    """Bucket obstacle points (n, 2) in base_link, m; drops those out of reach or hidden."""
    near = _thinned(points[np.all(np.abs(points) < REACH, axis=1)])
    cells = ((near + REACH) / BUCKET).astype(np.int64)
    keys = cells[:, 1] * BUCKETS + cells[:, 0]
    order = np.argsort(keys, kind="stable")
    first = np.searchsorted(keys[order], np.arange(BUCKETS * BUCKETS + 1))
    return Surroundings(np.ascontiguousarray(near[order]), first.astype(np.int64), _coarse(near))


def _thinned(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """One point a voxel, the one nearest to the robot."""
    nearest = points[np.argsort(np.hypot(points[:, 0], points[:, 1]), kind="stable")]
    voxels = np.floor(nearest / VOXEL).astype(np.int64)
    _, kept = np.unique(voxels[:, 0] * 100_000 + voxels[:, 1], return_index=True)
    return nearest[kept]


def _coarse(near: NDArray[np.float64]) -> NDArray[np.float32]:
    empty = np.ones((CELLS, CELLS), dtype=np.uint8)
    cells = np.minimum(((near + REACH) / CELL).astype(np.int64), CELLS - 1)
    empty[cells[:, 1], cells[:, 0]] = 0
    if empty.all():
        return np.full(empty.shape, np.inf, dtype=np.float32)
    distance = cv2.distanceTransform(empty, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance, dtype=np.float32) * np.float32(CELL)


@njit(cache=True, fastmath=True)
def distance_at_least(coarse: NDArray[np.float32], x: float, y: float) -> float:
    """Lower bound of the distance from a place in base_link to the nearest point, m."""
    column, row = int((x + REACH) / CELL), int((y + REACH) / CELL)
    if not (0 <= column < CELLS and 0 <= row < CELLS):
        return 0.0
    return coarse[row, column] - 1.5 * CELL


@njit(cache=True, fastmath=True)
def box_distance(x: float, y: float, half_length: float, half_width: float) -> float:
    """Distance of a point in the body frame to the rectangle, m; negative inside."""
    dx, dy = abs(x) - half_length, abs(y) - half_width
    if dx <= 0.0 and dy <= 0.0:
        return max(dx, dy)
    return math.hypot(max(dx, 0.0), max(dy, 0.0))


@njit(cache=True, fastmath=True)
def clearance(
    points: NDArray[np.float64],
    first: NDArray[np.int64],
    x: float,
    y: float,
    yaw: float,
    half_length: float,
    half_width: float,
    enough: float,
) -> float:
    """Distance of the footprint at a pose to the nearest point, m; exact up to `enough`."""
    reach = math.hypot(half_length, half_width) + enough
    cos, sin = math.cos(yaw), math.sin(yaw)
    left = max(0, int((x - reach + REACH) / BUCKET))
    right = min(BUCKETS - 1, int((x + reach + REACH) / BUCKET))
    low = max(0, int((y - reach + REACH) / BUCKET))
    high = min(BUCKETS - 1, int((y + reach + REACH) / BUCKET))
    best = enough
    for row in range(low, high + 1):
        if right < left:
            break
        begin, end = first[row * BUCKETS + left], first[row * BUCKETS + right + 1]
        for n in range(begin, end):
            dx, dy = points[n, 0] - x, points[n, 1] - y
            gap = box_distance(cos * dx + sin * dy, cos * dy - sin * dx, half_length, half_width)
            best = min(best, gap)
    return best
