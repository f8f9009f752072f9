"""Clamps of speed and acceleration on the last step before the wheels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from or_robot.config.robot import RobotConfig
from or_robot.config.safety import SafetyConfig
from or_robot.errors import OrRobotError
from or_robot.types.motion import Twist2D


def is_finite(twist: Twist2D) -> bool:
    return math.isfinite(twist.linear) and math.isfinite(twist.angular)


def check_settings(config: SafetyConfig, robot: RobotConfig) -> None:
    """OrRobotError when the robot brakes worse than the stop field counts on, or tips its load."""
    for name, counted_on, own in (
        ("braking", config.braking, robot.max_deceleration),
        ("yaw_braking", config.yaw_braking, robot.max_yaw_acceleration),
    ):
        if counted_on > own:
            raise OrRobotError(
                f"safety counts on {name} {counted_on}, the robot does {own}",
                f"lower SafetyConfig.{name}",
            )
    fastest = max(robot.max_acceleration, robot.max_deceleration)
    if fastest > config.tip_limit:
        raise OrRobotError(
            f"{fastest} m/s² tips the load, which stands up to {config.tip_limit:.2f}",
            "lower the robot's acceleration and deceleration, or load it lower",
        )


def pace(twist: Twist2D, robot: RobotConfig) -> float:
    """What speed caps bound, m/s: driving, or what turning alone gives a corner; the greater.

    On an arc the outer corner is faster (up to 1.7 times): see `speed_at`.
    """
    corner = math.hypot(robot.length, robot.width) / 2.0
    return max(abs(twist.linear), abs(twist.angular) * corner)


def speed_at(points: NDArray[np.float64], twist: Twist2D) -> NDArray[np.float64]:
    """(n,) m/s of points (n, 2) of the robot, m in base_link."""
    return np.hypot(twist.linear - twist.angular * points[:, 1], twist.angular * points[:, 0])


def scaled(twist: Twist2D, share: float) -> Twist2D:
    """The same arc, slower."""
    return Twist2D(twist.linear * share, twist.angular * share)


def clamp_speed(twist: Twist2D, robot: RobotConfig) -> Twist2D:
    """Largest twist on the same arc within the robot's speeds."""
    bound = robot.max_speed if twist.linear > 0.0 else robot.max_reverse_speed
    share = 1.0
    if abs(twist.linear) > bound:
        share = bound / abs(twist.linear)
    if abs(twist.angular) > robot.max_yaw_rate:
        share = min(share, robot.max_yaw_rate / abs(twist.angular))
    return scaled(twist, share)


def clamp_acceleration(twist: Twist2D, last: Twist2D, dt_s: float, robot: RobotConfig) -> Twist2D:
    """Limit speeding up from `last`; slowing down is never limited here, the drive brakes."""
    return Twist2D(
        _speed_up(twist.linear, last.linear, robot.max_acceleration * dt_s),
        _speed_up(twist.angular, last.angular, robot.max_yaw_acceleration * dt_s),
    )


def _speed_up(value: float, last: float, step: float) -> float:
    """`value`, at most `step` faster than `last`; a reversal starts from standstill."""
    start = abs(last) if value * last > 0.0 else 0.0
    return math.copysign(min(abs(value), start + step), value)
