"""Zones on the grid and around the robot."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.grid import GridSpec
from or_robot.types.site import NO_GO, Door, Zone

DOOR_DEPTH = 0.15
"""m to either side of a closed leaf that still counts as the leaf: lidar and pose are not exact."""

EDGE_SPACING = 0.05
"""m between points on the edge of such a zone."""


def keep_out_mask(spec: GridSpec, zones: Iterable[Zone]) -> NDArray[np.bool_]:
    """(rows, columns) cells in one of the no-go zones or on its edge."""
    mask = np.zeros(spec.shape, dtype=np.bool_)
    for zone in zones:
        if zone.kind in NO_GO:
            mask |= polygon_mask(spec, zone.polygon)
    return mask


def polygon_mask(spec: GridSpec, polygon: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(rows, columns) cells in a polygon (n, 2), m, or on its edge."""
    mask = np.zeros(spec.shape, dtype=np.uint8)
    offset = polygon - np.array([spec.origin_x, spec.origin_y])
    cv2.fillPoly(mask, [np.round(offset / spec.resolution - 0.5).astype(np.int32)], 1)
    return mask.astype(np.bool_)


def doorway_mask(spec: GridSpec, doors: Iterable[Door]) -> NDArray[np.bool_]:
    """(rows, columns) cells where the leaf of an automatic door is when it is closed."""
    mask = np.zeros(spec.shape, dtype=np.uint8)
    width = 1 + 2 * round(DOOR_DEPTH / spec.resolution)
    for door in doors:
        offset = door.leaf - np.array([spec.origin_x, spec.origin_y])
        first, last = np.round(offset / spec.resolution - 0.5).astype(int).tolist()
        cv2.line(mask, first, last, 1, thickness=width)
    return mask.astype(np.bool_)


def forbidden_edges(zones: Iterable[Zone]) -> NDArray[np.float64]:
    """(n, 2) points along the edges of all no-go zones, m in the map frame."""
    edges = [np.empty((0, 2))]
    for zone in zones:
        if zone.kind in NO_GO:
            for a, b in zip(zone.polygon, np.roll(zone.polygon, -1, axis=0), strict=True):
                count = max(1, int(np.hypot(*(b - a)) / EDGE_SPACING))
                edges.append(a + np.arange(count)[:, None] / count * (b - a))
    return np.concatenate(edges)


def inside(polygon: NDArray[np.float64], x: float, y: float) -> bool:
    """Whether a point in m lies in the polygon (n, 2), by the even-odd rule."""
    ahead = np.roll(polygon, -1, axis=0)
    straddles = (polygon[:, 1] > y) != (ahead[:, 1] > y)
    rise = np.where(straddles, ahead[:, 1] - polygon[:, 1], 1.0)
    crossing = polygon[:, 0] + (y - polygon[:, 1]) * (ahead[:, 0] - polygon[:, 0]) / rise
    return bool(np.count_nonzero(straddles & (x < crossing)) % 2)


def speed_limit(zones: Iterable[Zone], x: float, y: float) -> float:
    """Lowest limit of the zones at a point, m/s; inf where no zone limits the speed."""
    limits = (zone.speed_limit for zone in zones if inside(zone.polygon, x, y))
    return min(limits, default=float("inf"))
