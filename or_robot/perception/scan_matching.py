"""How the sensor moved between two scans, where no odometry says so."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import LaserScan

ITERATIONS = 12
REACH = (0.5, 0.08)
"""m within which points are matched: at first, at last."""
NORMAL_SPAN = 0.3
"""m: neighbours so near give the direction of the surface."""
STILL = (0.004, 0.002)
"""m, rad: less than this is noise, the sensor stands."""
LEAST_MATCHES = 30
SETTLED = 1e-4
"""m and rad: a smaller step ends the search."""
WELL, NOTHING = 0.7, 0.3
"""Share of a scan's points explained: a good match, none at all."""


class ScanOdometry:
    """Pose of the sensor in the frame of the first scan, by point-to-line matching.

    Censi: An ICP variant using a point-to-line metric, ICRA 2008. For recordings; a robot has
    wheels and localization.
    """

    def __init__(self) -> None:
        self._pose = Pose2D(0.0, 0.0, 0.0)
        self._step = Pose2D(0.0, 0.0, 0.0)
        self._key: NDArray[np.float64] | None = None
        self._key_pose = self._pose

    def update(self, scan: LaserScan) -> Pose2D:
        """first scan ← this scan's sensor."""
        ranges = scan.ranges[scan.valid].astype(np.float64)
        bearings = scan.bearings[scan.valid]
        points = np.stack((ranges * np.cos(bearings), ranges * np.sin(bearings)), axis=-1)
        if self._key is None or len(self._key) < LEAST_MATCHES:
            self._key, self._key_pose = points, self._pose
            return self._pose
        at_key = self._key_pose.inverse()
        still = at_key.compose(self._pose)
        found = align(self._key, points, still)
        if found[1] < WELL:  # it moves: perhaps as it did before
            found = max(found, align(self._key, points, still.compose(self._step)), key=_share)
        moved = still.inverse().compose(found[0])
        if found[1] < NOTHING:
            moved = Pose2D(0.0, 0.0, 0.0)  # nothing in common: take it for standing
        elif math.hypot(moved.x, moved.y) < STILL[0] and abs(moved.yaw) < STILL[1]:
            moved = Pose2D(0.0, 0.0, 0.0)
        self._pose, self._step = self._pose.compose(moved), moved
        away = at_key.compose(self._pose)
        if math.hypot(away.x, away.y) > 0.3 or abs(away.yaw) > 0.2 or found[1] < WELL:
            self._key, self._key_pose = points, self._pose
        return self._pose


def _share(found: tuple[Pose2D, float]) -> float:
    return found[1]


def align(
    reference: NDArray[np.float64], points: NDArray[np.float64], guess: Pose2D
) -> tuple[Pose2D, float]:
    """reference ← points, (n, 2) each, from a guess; and the share of points it explains."""
    tree = cKDTree(reference)
    normals = _normals(reference)
    pose = guess
    for reach in np.geomspace(*REACH, ITERATIONS):
        moved = pose.transform(points[::2])
        gaps, nearest = tree.query(moved, distance_upper_bound=reach)
        near = np.isfinite(gaps)
        if np.count_nonzero(near) < LEAST_MATCHES:
            continue
        p, q, n = moved[near], reference[nearest[near]], normals[nearest[near]]
        error = np.sum((q - p) * n, axis=1)
        lever = n[:, 1] * (p[:, 0] - pose.x) - n[:, 0] * (p[:, 1] - pose.y)
        rows = np.column_stack((n, lever))
        weight = 1.0 / (1.0 + (error / (0.3 * reach)) ** 2)
        normal = rows.T @ (rows * weight[:, None]) + 1e-6 * np.eye(3)
        dx, dy, turn = np.linalg.solve(normal, rows.T @ (weight * error))
        pose = Pose2D(pose.x + float(dx), pose.y + float(dy), pose.yaw + float(turn))
        if abs(dx) + abs(dy) + abs(turn) < SETTLED:
            break
    gaps, _ = tree.query(pose.transform(points), distance_upper_bound=REACH[1])
    return pose, float(np.isfinite(gaps).mean()) if len(points) else 0.0


def _normals(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) unit normals of the surface through the neighbours in the scan's order."""
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    for side in (before, after):
        far = np.hypot(*(side - points).T) > NORMAL_SPAN
        side[far] = points[far]
    along = after - before
    length = np.hypot(*along.T)
    normals = np.stack((-along[:, 1], along[:, 0]), axis=-1) / np.maximum(length, 1e-9)[:, None]
    ends = length < 1e-9
    normals[ends] = points[ends] / np.maximum(np.hypot(*points[ends].T), 1e-9)[:, None]
    return np.asarray(normals)
