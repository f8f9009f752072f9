"""Polygons in the plane: (n, 2) corners in m, not closed."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray


def signed_area(polygon: NDArray[np.floating]) -> float:
    """Area in m², positive when the corners run counter-clockwise."""
    x, y = np.asarray(polygon, dtype=np.float64).T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2.0


def is_simple(polygon: NDArray[np.floating]) -> bool:
    """Whether no two sides touch but neighbours at their corner, and the area is not zero."""
    starts = np.asarray(polygon, dtype=np.float64)
    ends = np.roll(starts, -1, axis=0)
    count = len(starts)
    if count < 3 or signed_area(starts) == 0.0:
        return False
    if np.any(np.all(starts == ends, axis=1)):
        return False
    for i in range(count):
        for j in range(i + 2, count if i else count - 1):
            if segments_cross(starts[i], ends[i], starts[j], ends[j]):
                return False
    return True


def segments_cross(
    a: NDArray[np.floating],
    b: NDArray[np.floating],
    c: NDArray[np.floating],
    d: NDArray[np.floating],
) -> bool:
    """Whether the segments a–b and c–d, points (2,), have a point in common."""
    ends = np.array([a, b, c, d], dtype=np.float64)
    return bool(_cross(*ends.ravel()))


@njit(cache=True)
def _cross(
    ax: float, ay: float, bx: float, by: float, cx: float, cy: float, dx: float, dy: float
) -> bool:
    abc, abd = _side(ax, ay, bx, by, cx, cy), _side(ax, ay, bx, by, dx, dy)
    cda, cdb = _side(cx, cy, dx, dy, ax, ay), _side(cx, cy, dx, dy, bx, by)
    if abc * abd < 0.0 and cda * cdb < 0.0:
        return True
    return (
        (abc == 0.0 and _within(ax, ay, bx, by, cx, cy))
        or (abd == 0.0 and _within(ax, ay, bx, by, dx, dy))
        or (cda == 0.0 and _within(cx, cy, dx, dy, ax, ay))
        or (cdb == 0.0 and _within(cx, cy, dx, dy, bx, by))
    )


@njit(cache=True)
def _side(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> float:
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax)


@njit(cache=True)
def _within(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> bool:
    return min(ax, bx) <= px <= max(ax, bx) and min(ay, by) <= py <= max(ay, by)


def contains(polygon: NDArray[np.floating], points: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which points (..., 2) lie inside (even-odd rule; on the border: either)."""
    points = np.asarray(points, dtype=np.float64)
    corners = np.ascontiguousarray(polygon, dtype=np.float64)
    flat = np.ascontiguousarray(points.reshape(-1, 2))
    return np.asarray(_contains(corners, flat).reshape(points.shape[:-1]))


@njit(cache=True)
def _contains(corners: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    inside = np.zeros(len(points), dtype=np.bool_)
    for n in range(len(points)):
        x, y = points[n, 0], points[n, 1]
        last = len(corners) - 1
        for k in range(len(corners)):
            x0, y0, x1, y1 = corners[last, 0], corners[last, 1], corners[k, 0], corners[k, 1]
            last = k
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                inside[n] = not inside[n]
    return inside


def distance_to_boundary(
    polygon: NDArray[np.floating], points: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Distance in m of points (..., 2) from the nearest side."""
    points = np.asarray(points, dtype=np.float64)[..., None, :]
    starts = np.asarray(polygon, dtype=np.float64)
    along = np.roll(starts, -1, axis=0) - starts
    length_squared = np.sum(along**2, axis=-1)
    fraction = np.clip(np.sum((points - starts) * along, axis=-1) / length_squared, 0.0, 1.0)
    nearest = starts + fraction[..., None] * along
    return np.asarray(np.min(np.linalg.norm(points - nearest, axis=-1), axis=-1))


def overlap(first: NDArray[np.floating], second: NDArray[np.floating]) -> bool:
    """Whether two simple polygons have a point in common."""
    a, b = (np.ascontiguousarray(p, dtype=np.float64) for p in (first, second))
    return bool(_overlap(a, b))


@njit(cache=True)
def _overlap(first: NDArray[np.float64], second: NDArray[np.float64]) -> bool:
    for axis in range(2):
        low, high, others_low, others_high = math.inf, -math.inf, math.inf, -math.inf
        for n in range(len(first)):
            low, high = min(low, first[n, axis]), max(high, first[n, axis])
        for n in range(len(second)):
            others_low = min(others_low, second[n, axis])
            others_high = max(others_high, second[n, axis])
        if high < others_low or others_high < low:
            return False
    for n in range(len(first)):
        ax, ay = first[n - 1, 0], first[n - 1, 1]
        for m in range(len(second)):
            cx, cy = second[m - 1, 0], second[m - 1, 1]
            if _cross(ax, ay, first[n, 0], first[n, 1], cx, cy, second[m, 0], second[m, 1]):
                return True
    return _contains(first, second[:1])[0] or _contains(second, first[:1])[0]
