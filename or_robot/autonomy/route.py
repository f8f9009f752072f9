"""The path being driven, and where on it the robot is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import Path

WINDOW = 60
"""Points ahead of the last nearest one that are searched: a path may pass close to itself."""


class Route:
    """Follows the nearest point of a path forward."""

    def __init__(self, path: Path) -> None:
        self.path = path
        steps = np.hypot(*np.diff(path.poses[:, :2], axis=0).T)
        self._left = np.append(np.cumsum(steps[::-1])[::-1], 0.0)
        self._at = 0

    def advance(self, pose: Pose2D) -> float:
        """Move to the point nearest to the robot; returns how far off the path it is, m."""
        window = self.path.poses[self._at : self._at + WINDOW, :2]
        gaps = np.hypot(window[:, 0] - pose.x, window[:, 1] - pose.y)
        nearest = int(np.argmin(gaps))
        self._at += nearest
        return float(gaps[nearest])

    @property
    def remaining(self) -> float:
        """Way left along the path, m."""
        return float(self._left[self._at])

    def ahead(self, pose: Pose2D, length: float) -> NDArray[np.float64]:
        """(n, 4) x, y, yaw in base_link and way left to the end of this stretch; n ≥ 1."""
        left = self._left[self._at] - length
        end = int(np.searchsorted(-self._left, -max(left, 0.0), side="right"))
        part = slice(self._at, max(end, self._at + 1))
        poses = self.path.poses[part]
        local = pose.inverse().transform(poses[:, :2])
        way = self._left[part] - self._left[part][-1]
        return np.column_stack((local, poses[:, 2] - pose.yaw, way))

    def rest(self) -> NDArray[np.float64]:
        """(n, 3) poses still to be driven."""
        return self.path.poses[self._at :]
