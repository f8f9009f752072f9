"""Polygons in the plane: (n, 2) corners in m, not closed."""

from __future__ import annotations

import numpy as np
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
    sides = _side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b)
    if sides[0] * sides[1] < 0.0 and sides[2] * sides[3] < 0.0:
        return True
    corners = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(side == 0.0 and _within(*abc) for side, abc in zip(sides, corners, strict=True))


def _side(a: NDArray[np.floating], b: NDArray[np.floating], p: NDArray[np.floating]) -> float:
    return float((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]))


def _within(a: NDArray[np.floating], b: NDArray[np.floating], p: NDArray[np.floating]) -> bool:
    return bool(np.all(np.minimum(a, b) <= p) and np.all(p <= np.maximum(a, b)))


def contains(polygon: NDArray[np.floating], points: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which points (..., 2) lie inside (even-odd rule; on the border: either)."""
    points = np.asarray(points, dtype=np.float64)
    x, y = points[..., 0], points[..., 1]
    inside = np.zeros(points.shape[:-1], dtype=bool)
    starts = np.asarray(polygon, dtype=np.float64)
    for (x0, y0), (x1, y1) in zip(starts, np.roll(starts, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crosses = (y0 > y) != (y1 > y)
        inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
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
    for a, b in zip(first, np.roll(first, -1, axis=0), strict=True):
        for c, d in zip(second, np.roll(second, -1, axis=0), strict=True):
            if segments_cross(a, b, c, d):
                return True
    return bool(contains(first, second[:1])[0] or contains(second, first[:1])[0])
