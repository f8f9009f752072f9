"""Where the robot was, for a navigation process that comes back in the middle of a run."""

from __future__ import annotations

import json
import os
import time

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.pose import Pose2D
from or_robot.home import home
from or_robot.nodes.start import RUN_VARIABLE
from or_robot.types.motion import Odometry

WRITE_PERIOD_S = 1.0
COVARIANCE = np.diag([0.05, 0.05, 0.01])
"""m², m², rad²: the correction of odometry may have moved since it was last written."""


class LastPose:
    """map ← odom on disk, once a second. Odometry of another run of the suite says nothing."""

    def __init__(self) -> None:
        self._run = os.environ.get(RUN_VARIABLE, "")
        self._file = home() / "run" / "map_from_odom.json"
        self._written_s = 0.0

    def read(self, odometry: Odometry) -> tuple[Pose2D, NDArray[np.float64]] | None:
        """Pose and covariance from what was written and where odometry is now.

        None without a supervisor, after a new start, or when time went back (a new simulator).
        """
        if not self._run or not self._file.exists():
            return None
        kept = json.loads(self._file.read_text())
        if kept["run"] != self._run or kept["stamp_s"] > odometry.stamp_s:
            return None
        return Pose2D(*kept["map_from_odom"]).compose(odometry.pose), COVARIANCE

    def write(self, map_from_odom: Pose2D, stamp_s: float) -> None:
        now = time.monotonic()
        if not self._run or now - self._written_s < WRITE_PERIOD_S:
            return
        self._written_s = now
        self._file.parent.mkdir(mode=0o700, exist_ok=True)
        draft = self._file.with_suffix(".new")
        pose = [map_from_odom.x, map_from_odom.y, map_from_odom.yaw]
        draft.write_text(json.dumps({"run": self._run, "stamp_s": stamp_s, "map_from_odom": pose}))
        draft.replace(self._file)
