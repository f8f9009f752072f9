"""Driving to a goal with scan and odometry alone: no map, no localization."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from or_robot.autonomy.progress import ProgressChecker
from or_robot.config.control import ControllerConfig
from or_robot.config.robot import RobotConfig
from or_robot.control.local_plan import LocalPlanner
from or_robot.control.predictive import ControlInputs, PredictiveController
from or_robot.control.reference import nearest
from or_robot.control.surroundings import REACH, Surroundings, surroundings
from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import STANDSTILL, LaserScan, Odometry, Twist2D
from or_robot.world.point_memory import PointMemory

MEMORY_M = 6.0
"""m driven until what went out of view is forgotten; odometry drifts."""
STUCK_S, MOVED_M = 2.0, 0.3
"""s without having moved so far: the robot does not fit through where the way leads."""
NOBODY = np.empty((0, 5))


class MaplessNavigator:
    """Memory of points, local plan, predictive control. Frames: odometry and base_link."""

    def __init__(
        self,
        config: ControllerConfig,
        robot: RobotConfig,
        goal: tuple[float, float],
        scan_sigma: float,
        rng: np.random.Generator,
    ) -> None:
        """goal: x, y in the odometry frame, m; scan_sigma: noise of the lidar, m."""
        self._config = config
        self._goal = goal
        self._speed = min(config.max_speed, robot.max_speed)
        self._memory = PointMemory(REACH + 1.0, MEMORY_M, scan_sigma)
        self._planner = LocalPlanner(config, robot)
        self._controller = PredictiveController(config, robot, rng)
        self._path: NDArray[np.float64] | None = None
        self._planned: Odometry | None = None
        self._progress = ProgressChecker(MOVED_M)
        self._closed: NDArray[np.float64] = np.empty((0, 2))

    @property
    def path(self) -> NDArray[np.float64] | None:
        """(m, 3) poses still to be driven, in the odometry frame."""
        return self._path

    def step(self, scan: LaserScan | None, odometry: Odometry) -> Twist2D:
        """One control period; a scan taken at the time of the odometry, or None."""
        pose = odometry.pose
        if scan is not None:
            self._memory.update(scan, pose)
        around = surroundings(pose.inverse().transform(self._memory.points))
        self._controller.measured = odometry.twist
        # turning to and fro is no progress
        self._progress.update(Pose2D(pose.x, pose.y, 0.0), 0.0, odometry.stamp_s)
        if self._progress.standing(odometry.stamp_s) > STUCK_S:
            self._close(around, odometry)
        if self._due(around, odometry):
            self._plan(around, odometry)
        if self._path is None:
            return self._controller.ramped(STANDSTILL)
        ahead = self._ahead(pose)
        command = self._controller.step(
            ControlInputs(odometry.twist, around, NOBODY, ahead, self._speed)
        )
        return self._controller.ramped(STANDSTILL) if command is None else command

    def _due(self, around: Surroundings, odometry: Odometry) -> bool:
        """Whether to plan anew: driven on, some time has passed, or something is in the way."""
        planned, config = self._planned, self._config
        if planned is None or self._path is None:
            return True
        if odometry.stamp_s - planned.stamp_s > config.local_plan_time:
            return True
        if planned.pose.distance_to(odometry.pose) > config.local_plan_distance:
            return True
        return self._planner.blocked(around, self._ahead(odometry.pose))

    def _plan(self, around: Surroundings, odometry: Odometry) -> None:
        pose, self._planned = odometry.pose, odometry
        goal = pose.inverse().transform(np.array(self._goal))
        closed = pose.inverse().transform(self._closed)
        local = self._planner.plan(around, (float(goal[0]), float(goal[1])), closed)
        if local is None:  # perhaps for the closed places' sake
            self._closed = self._closed[:0]
            self._path = None
            return
        self._path = np.column_stack((pose.transform(local[:, :2]), local[:, 2] + pose.yaw))

    def _close(self, around: Surroundings, odometry: Odometry) -> None:
        """Where the robot did not get through, the next plans do not lead."""
        self._progress.retry(odometry.stamp_s)
        if self._path is not None:
            place = self._planner.tightest(around, self._ahead(odometry.pose))
            self._closed = np.vstack((self._closed, odometry.pose.transform(place)))
        self._path = None

    def _ahead(self, pose: Pose2D) -> NDArray[np.float64]:
        """Drop what has been driven; (m, 3) the rest in base_link."""
        assert self._path is not None
        at = nearest(self._path, pose.x, pose.y, pose.yaw, 0, 30)
        self._path = self._path[at:]
        local = pose.inverse().transform(self._path[:, :2])
        return np.column_stack((local, self._path[:, 2] - pose.yaw))
