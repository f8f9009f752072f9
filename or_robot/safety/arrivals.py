"""What has just come near the robot, from raw scans alone: returns where a beam passed freely.

A track may lag behind who walks, follow the wrong leg, or not be confirmed yet. A beam that ended
beyond a place and now ends there says that something came, whatever perception thinks.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import LaserScan

JUST_S = 0.5
"""s: about what a foot stands in a brisk walk, so that of who walks one leg has just come."""
BEYOND = 0.15
"""m beyond a place that a beam has to have ended to have shown it free."""
ASIDE = 0.035
"""rad to either side in which every beam has to have: the edge of what stands still shifts by the
error of odometry and by the way between two beams."""


def arrived(points: NDArray[np.float64], before: LaserScan, moved: Pose2D) -> NDArray[np.bool_]:
    """(n,) which returns (n, 2), m in base_link now, are where the scan `before` saw free space.

    moved: base_link at `before` ← base_link now. What `before` did not see, as something hid it
    or the beam failed, has not arrived.
    """
    then = before.mount.inverse().transform(moved.transform(points))
    ranges, step = before.ranges, before.angle_increment
    turn = max(round(2.0 * math.pi / abs(step)), ranges.size)
    free = np.zeros(turn)
    free[: ranges.size] = np.where(ranges >= before.range_min, ranges, 0.0)  # NaN: 0
    aside = math.ceil(ASIDE / abs(step))
    bearings = np.arctan2(then[:, 1], then[:, 0])
    straight = np.rint((bearings - before.angle_min) / step).astype(np.intp)
    beams = (straight[:, None] + np.arange(-aside, aside + 1)) % turn
    distances = np.hypot(then[:, 0], then[:, 1])
    return np.asarray(free[beams].min(axis=1) > distances + BEYOND)
