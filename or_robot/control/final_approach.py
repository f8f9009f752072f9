"""The last centimetres: drive straight onto the goal, then turn to its heading."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from or_robot.config.control import ControllerConfig
from or_robot.config.robot import RobotConfig
from or_robot.control.surroundings import Surroundings, clearance
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.types.motion import STANDSTILL, Twist2D

SPEED = 0.2
"""m/s at most."""
YAW_RATE = 0.6
"""rad/s at most."""
SLOWEST_YAW_RATE = 0.06
"""rad/s at least, so that the base moves at all."""
BRAKING = 0.3
"""m/s² or rad/s² that the approach counts on."""
FACE_WITHIN = 0.15
"""rad: turn on the spot until the goal is this well ahead or behind."""
LOOK_S = 0.8
"""s that a command is looked ahead before it is sent."""


class FinalApproach:
    """Two phases, position then heading; remembers which one it is in."""

    def __init__(self, config: ControllerConfig, robot: RobotConfig) -> None:
        self._config = config
        self._robot = robot
        self._in_place = False
        self._facing = False

    def reset(self) -> None:
        self._in_place = self._facing = False

    def arrived(self, error: Pose2D) -> bool:
        """Whether `error` (goal in base_link) is within tolerance."""
        position = math.hypot(error.x, error.y) <= 1.5 * self._config.goal_tolerance
        return position and abs(error.yaw) <= self._config.goal_tolerance_yaw

    def step(self, error: Pose2D) -> Twist2D:
        """Next target twist for a goal `error` in base_link; not yet checked for obstacles."""
        distance = math.hypot(error.x, error.y)
        tolerance = self._config.goal_tolerance * (1.5 if self._in_place else 0.7)
        self._in_place = distance <= tolerance
        if self._in_place:
            self._facing = False
            return Twist2D(0.0, _turn(error.yaw))
        backwards = abs(math.atan2(error.y, error.x)) > math.pi / 2.0
        bearing = math.atan2(error.y, error.x)
        if backwards:
            bearing = wrap_angle(bearing + math.pi)
        self._facing = abs(bearing) < (4.0 if self._facing else 1.0) * FACE_WITHIN
        if not self._facing:
            return Twist2D(0.0, _turn(bearing))
        speed = min(SPEED, self._robot.max_reverse_speed, math.sqrt(2.0 * BRAKING * distance))
        speed = max(0.03, min(speed, 1.5 * distance))
        return Twist2D(-speed if backwards else speed, 1.5 * bearing)


def checked(
    twist: Twist2D, around: Surroundings, robot: RobotConfig, hard_clearance: float
) -> Twist2D:
    """The twist, or standstill when following it would bring the footprint too close."""
    half = np.array([robot.length, robot.width]) / 2.0
    now = _clearance_at(around, half, Pose2D(0.0, 0.0, 0.0))
    for t in np.linspace(0.1, LOOK_S, 8):
        yaw = twist.angular * t
        ahead = Pose2D(
            twist.linear * t * math.cos(yaw / 2.0), twist.linear * t * math.sin(yaw / 2.0), yaw
        )
        if _clearance_at(around, half, ahead) < min(hard_clearance, now - 0.005):
            return STANDSTILL
    return twist


def _clearance_at(around: Surroundings, half: NDArray[np.float64], pose: Pose2D) -> float:
    return float(
        clearance(around.points, around.first, pose.x, pose.y, pose.yaw, half[0], half[1], 0.5)
    )


def _turn(angle: float) -> float:
    rate = min(YAW_RATE, math.sqrt(2.0 * BRAKING * abs(angle)), 2.0 * abs(angle))
    return math.copysign(max(rate, SLOWEST_YAW_RATE), angle)
