"""Onto a dock or under a cart by its marker: a smooth way into a pose for a differential drive.

Control law of Park and Kuipers, "A smooth control law for graceful motion of a differential
wheeled mobile robot in 2D environments" (ICRA 2011), which leads along a curve into the pose and
its heading at once. It needs nothing but the dock's pose as the camera sees it.
"""

from __future__ import annotations

import math
from enum import Enum

from or_robot.config.docking import DockingConfig
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.types.motion import STANDSTILL, Twist2D


class DockingState(Enum):
    APPROACHING = "drives in"
    BACKING_OUT = "backs out for another try"
    DOCKED = "docked"
    MARKER_LOST = "does not see the marker"
    FAILED = "could not dock"


class Docking:
    """One docking at a time; `step` at the control rate. Commands are not checked for obstacles."""

    def __init__(self, config: DockingConfig) -> None:
        self._config = config
        self._tries = 0
        self.state = DockingState.APPROACHING

    def start(self) -> None:
        """Begin with all tries."""
        self._tries = 0
        self.state = DockingState.APPROACHING

    def step(self, dock: Pose2D | None, age_s: float) -> Twist2D:
        """Next twist. dock: where base_link shall stand, in base_link of now, seen `age_s` ago."""
        if self.state in (DockingState.DOCKED, DockingState.FAILED):
            return STANDSTILL
        if not _usable(dock, age_s, self._config.marker_max_age):
            if self.state is DockingState.APPROACHING:
                self.state = DockingState.MARKER_LOST
            return STANDSTILL
        assert dock is not None
        if self.state is DockingState.BACKING_OUT and dock.x < self._config.run_up:
            return Twist2D(-self._config.speed / 2.0, 0.0)
        self.state = DockingState.APPROACHING
        return self._approach(dock)

    def _approach(self, dock: Pose2D) -> Twist2D:
        config = self._config
        if dock.x > config.tolerance / 4.0:
            return _towards(dock, config)
        aside = math.hypot(dock.x, dock.y)
        if aside > config.tolerance:
            self._tries += 1
            again = self._tries < config.attempts
            self.state = DockingState.BACKING_OUT if again else DockingState.FAILED
            return STANDSTILL
        if abs(dock.yaw) > config.tolerance_yaw / 2.0:
            rate = min(config.yaw_rate, max(abs(dock.yaw), config.yaw_rate / 8.0))
            return Twist2D(0.0, math.copysign(rate, dock.yaw))
        self.state = DockingState.DOCKED
        return STANDSTILL


def _usable(dock: Pose2D | None, age_s: float, max_age_s: float) -> bool:
    if dock is None or not 0.0 <= age_s <= max_age_s:
        return False
    return all(math.isfinite(value) for value in (dock.x, dock.y, dock.yaw))


def _towards(dock: Pose2D, config: DockingConfig) -> Twist2D:
    """Park and Kuipers' law: heading and bearing against the line of sight steer the curvature."""
    distance = math.hypot(dock.x, dock.y)
    sight = math.atan2(dock.y, dock.x)
    heading = wrap_angle(-sight)  # of the robot, against the line of sight
    goal = wrap_angle(dock.yaw - sight)  # of the dock, against the line of sight
    k1, k2 = config.gain_goal, config.gain_heading
    turn = k2 * (heading - math.atan(-k1 * goal))
    turn += (1.0 + k1 / (1.0 + (k1 * goal) ** 2)) * math.sin(heading)
    curvature = -turn / max(distance, config.tolerance)
    speed = config.speed / (1.0 + config.slow_in_curves * curvature**2)
    speed = min(speed, math.sqrt(2.0 * config.braking * distance))
    speed = max(speed, config.speed / 10.0)
    rate = min(max(speed * curvature, -config.yaw_rate), config.yaw_rate)
    return Twist2D(speed, rate)
