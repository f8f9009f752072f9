"""Obstacle points around a robot whose lidar does not see all round: what it saw, it keeps."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.types.motion import LaserScan

SPACING = 0.015
"""m between neighbouring beam ends that are both kept."""
BEHIND = 0.15
"""m: what lies so much further off than the beam now ends is hidden, not gone."""
HALF_WINDOW = 5
"""Beams to either side that the range of a noisy lidar is averaged over."""
SAME_SURFACE = 3.5
"""Standard deviations by which neighbouring ranges of one surface may differ."""


RADIAN_M = 0.3
"""m driven that a radian turned counts as, for the drift of odometry."""


class PointMemory:
    """Points in the odometry frame. In view, a scan replaces what was there before.

    What is out of view is kept until the robot has driven on by `kept_m`: odometry has drifted by
    then. Standing still forgets nothing, since what is behind is still there.
    """

    def __init__(self, reach: float, kept_m: float, scan_sigma: float) -> None:
        """reach: m from the sensor; scan_sigma: noise of the lidar, m."""
        self._reach = reach
        self._kept_m = kept_m
        self._sigma = scan_sigma
        self._points: NDArray[np.float64] = np.empty((0, 3))
        self._driven = 0.0
        self._pose: Pose2D | None = None

    @property
    def points(self) -> NDArray[np.float64]:
        """(n, 2) m in the odometry frame."""
        return self._points[:, :2]

    def clear(self) -> None:
        self._points = np.empty((0, 3))
        self._pose = None

    def update(self, scan: LaserScan, pose: Pose2D) -> None:
        """Take one scan from `pose` (odom ← base_link)."""
        if self._pose is not None:
            turned = abs(wrap_angle(pose.yaw - self._pose.yaw))
            self._driven += pose.distance_to(self._pose) + RADIAN_M * turned
        self._pose = pose
        ranges = np.where(scan.valid, scan.ranges, np.nan).astype(np.float64)
        # a failed reading says nothing, one beyond the lidar's range says free
        free = np.asarray(scan.ranges > scan.range_max)
        smooth = smoothed(ranges, scan.angle_increment, SAME_SURFACE * self._sigma)
        sensor = pose.compose(scan.mount)
        seen = _seen(smooth, scan.angle_min, scan.angle_increment, SPACING, self._reach)
        ends = np.column_stack((sensor.transform(seen), np.full(len(seen), self._driven)))
        local = sensor.inverse().transform(self.points)
        smooth[free] = np.inf
        kept = _still_there(local, smooth, scan.angle_min, scan.angle_increment, self._reach)
        kept &= self._driven - self._points[:, 2] < self._kept_m
        self._points = np.concatenate((self._points[kept], ends))


@njit(cache=True)
def smoothed(ranges: NDArray[np.float64], increment: float, gate: float) -> NDArray[np.float64]:
    """Ranges (beams,) m with the noise of neighbours on one surface averaged out; NaN stays NaN.

    Neighbours count while they are within `gate` of the beam and less than 3 cm beside it.
    """
    result = ranges.copy()
    count = len(ranges)
    for n in range(count):
        middle = ranges[n]
        if math.isnan(middle):
            continue
        beside = min(HALF_WINDOW, int(0.03 / max(middle * increment, 1e-9)))
        total, weight = middle, 1
        for k in range(1, beside + 1):
            # in pairs, so that a slanted surface is not shifted
            if n - k < 0 or n + k >= count:
                break
            left, right = ranges[n - k], ranges[n + k]
            if not (abs(left - middle) < gate and abs(right - middle) < gate):
                break
            total, weight = total + left + right, weight + 2
        result[n] = total / weight
    return result


@njit(cache=True)
def _seen(
    ranges: NDArray[np.float64], first: float, increment: float, spacing: float, reach: float
) -> NDArray[np.float64]:
    """(n, 2) ends of the beams in the sensor's frame, none closer to its neighbour than needed."""
    points = np.empty((len(ranges), 2))
    size = 0
    for n in range(len(ranges)):
        if not ranges[n] < reach:
            continue
        x = ranges[n] * math.cos(first + n * increment)
        y = ranges[n] * math.sin(first + n * increment)
        if size and math.hypot(points[size - 1, 0] - x, points[size - 1, 1] - y) < spacing:
            continue
        points[size, 0], points[size, 1] = x, y
        size += 1
    return points[:size]


@njit(cache=True)
def _still_there(
    points: NDArray[np.float64],
    ranges: NDArray[np.float64],
    first: float,
    increment: float,
    reach: float,
) -> NDArray[np.bool_]:
    """(n,) which old points (n, 2) in the sensor's frame are out of view or hidden."""
    kept = np.zeros(len(points), dtype=np.bool_)
    for n in range(len(points)):
        distance = math.hypot(points[n, 0], points[n, 1])
        if distance > reach:
            continue
        bearing = math.atan2(points[n, 1], points[n, 0])
        beam = round(((bearing - first) % (2.0 * math.pi)) / increment)
        kept[n] = (
            beam >= len(ranges) or math.isnan(ranges[beam]) or (distance > ranges[beam] + BEHIND)
        )
    return kept
