"""The courier's base: what its drive electronics and wheel encoders do."""

from __future__ import annotations

import math

import numpy as np

from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.sim.config import SimConfig
from or_robot.sim.sdf import DiffDrive
from or_robot.types.motion import STANDSTILL, Odometry, Twist2D

TICK_S = 0.01
"""The base gets a set point this often; steps of physics divide it."""


class DriveController:
    """Follows the last command within the limits of speed and acceleration; stops without one."""

    def __init__(self, robot: RobotConfig, drive: DiffDrive, config: SimConfig) -> None:
        self._robot = robot
        self._drive = drive
        self._timeout = config.command_timeout
        self._command = STANDSTILL
        self._command_time = -math.inf
        self.twist = STANDSTILL
        """Set point after the limits."""

    def command(self, twist: Twist2D, now_s: float) -> None:
        """A command that is not finite counts as none."""
        if math.isfinite(twist.linear) and math.isfinite(twist.angular):
            self._command, self._command_time = twist, now_s

    def wheel_speeds(self, now_s: float, dt: float, powered: bool) -> tuple[float, float]:
        """Set points of the left and right wheel, rad/s, for the next `dt` s."""
        fresh = now_s - self._command_time < self._timeout
        wanted = self._command if fresh and powered else STANDSTILL
        r = self._robot
        linear = min(max(wanted.linear, -r.max_reverse_speed), r.max_speed)
        angular = min(max(wanted.angular, -r.max_yaw_rate), r.max_yaw_rate)
        yaw_step = r.max_yaw_acceleration * dt
        self.twist = Twist2D(
            approach(self.twist.linear, linear, r.max_acceleration * dt, r.max_deceleration * dt),
            approach(self.twist.angular, angular, yaw_step, yaw_step),
        )
        half = self.twist.angular * self._drive.wheel_separation / 2.0
        radius = self._drive.wheel_radius
        return (self.twist.linear - half) / radius, (self.twist.linear + half) / radius


def approach(now: float, wanted: float, speed_up: float, slow_down: float) -> float:
    """`now` moved towards `wanted` by at most `speed_up` away from 0 or `slow_down` towards it."""
    if now * wanted < 0.0:
        wanted = 0.0  # brake to a standstill before going the other way
    limit = speed_up if abs(wanted) > abs(now) else slow_down
    return now + min(max(wanted - now, -limit), limit)


class WheelOdometry:
    """Dead reckoning from wheel angles, with wheel radii slightly wrong and random slip."""

    def __init__(self, drive: DiffDrive, config: SimConfig, random: np.random.Generator) -> None:
        self._drive = drive
        self._slip_sigma = config.wheel_slip_sigma
        self._random = random
        errors = random.normal(0.0, config.wheel_radius_sigma, 2)
        self._radii = drive.wheel_radius * (1.0 + errors)
        self._angles = np.zeros(2)
        self._pose = Pose2D(0.0, 0.0, 0.0)

    def read(self, stamp_s: float, dt: float, angles: np.ndarray) -> Odometry:
        """Odometry from the wheels' angles (2,), left and right, rad, `dt` s after the last."""
        way = self._radii * (angles - self._angles)
        way += self._random.normal(0.0, 1.0, 2) * self._slip_sigma * np.sqrt(np.abs(way))
        self._angles = angles.copy()
        forward = float(way.sum()) / 2.0
        turn = float(way[1] - way[0]) / self._drive.wheel_separation
        middle = self._pose.yaw + turn / 2.0
        self._pose = Pose2D(
            self._pose.x + forward * math.cos(middle),
            self._pose.y + forward * math.sin(middle),
            wrap_angle(self._pose.yaw + turn),
        )
        return Odometry(stamp_s, self._pose, Twist2D(forward / dt, turn / dt))


class Battery:
    """State of charge from electrical power."""

    def __init__(self, config: SimConfig) -> None:
        self._config = config
        self.charge = config.battery_start

    def drain(self, wheel_power: float, dt: float, *, charging: bool = False) -> None:
        """`wheel_power`: mechanical, W; braking gives nothing back."""
        config = self._config
        power = config.idle_power + max(0.0, wheel_power) / config.drive_efficiency
        power -= config.charger_power if charging else 0.0
        charge = self.charge - power * dt / 3600.0 / config.battery_capacity
        self.charge = min(max(charge, 0.0), 1.0)


class Charger:
    """Contacts in the dock; they touch those of a robot that stands where it should."""

    REACH = 0.05
    """m."""
    SKEW = math.radians(5.0)

    def __init__(self, dock: Pose2D | None) -> None:
        self._dock = dock

    def touches(self, robot: Pose2D) -> bool:
        dock = self._dock
        if dock is None or robot.distance_to(dock) > self.REACH:
            return False
        return abs(wrap_angle(robot.yaw - dock.yaw)) <= self.SKEW
