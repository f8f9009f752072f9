"""Whether an automatic door on the way is shut, from the scan."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.pose import Pose2D
from or_robot.types.site import Door

BESIDE_M = 0.12
"""A beam that ends so near to where the closed leaf is has met the leaf."""
INNER = 0.15
"""Share of the leaf at either end that is left out: the frame stands there."""
LEAST_BEAMS = 4
"""On the leaf, before the door counts as shut."""


def on_the_way(
    doors: Mapping[str, Door], way: NDArray[np.float64], reach: float
) -> tuple[str, Door] | None:
    """First door whose leaf the way (n, 2), m, crosses within its next `reach` m."""
    if len(way) < 2:
        return None
    steps = np.hypot(*np.diff(way, axis=0).T)
    way = way[: int(np.searchsorted(np.cumsum(steps), reach)) + 2]
    first, found = len(way), None
    for name, door in doors.items():
        along, aside = _in_leaf(door, way)
        cross = (aside[:-1] < 0.0) != (aside[1:] < 0.0)
        cross &= (along[:-1] > 0.0) & (along[:-1] < 1.0)
        if cross.any() and int(np.argmax(cross)) < first:
            first, found = int(np.argmax(cross)), (name, door)
    return found


def is_shut(door: Door, seen: NDArray[np.float64]) -> bool:
    """Whether beams ended on the leaf. seen: (n, 2) ends of beams, m, same frame as the door."""
    along, aside = _in_leaf(door, seen)
    on_leaf = (along > INNER) & (along < 1.0 - INNER) & (np.abs(aside) < BESIDE_M)
    return int(np.count_nonzero(on_leaf)) >= LEAST_BEAMS


def near(door: Door, pose: Pose2D, reach: float) -> bool:
    """Whether a pose is nearer than `reach`, m, to the closed leaf."""
    along, aside = _in_leaf(door, np.array([[pose.x, pose.y]]))
    length = float(np.hypot(*(door.leaf[1] - door.leaf[0])))
    beyond = max(0.0, -float(along[0]), float(along[0]) - 1.0) * length
    return math.hypot(beyond, float(aside[0])) < reach


def _in_leaf(
    door: Door, points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points (n, 2) as share of the way along the leaf, and m to its left."""
    begin, end = door.leaf
    along = end - begin
    length = float(np.hypot(*along))
    offset = points - begin
    left = np.array([-along[1], along[0]]) / length
    return offset @ along / length**2, offset @ left
