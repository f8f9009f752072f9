"""Wheels and IMU to motion: an extended Kalman filter that notices when a wheel slips.

Thrun, Burgard, Fox: Probabilistic Robotics, 3.3; gating of measurements by their innovation and
zero-velocity updates: Bar-Shalom, Estimation with Applications, 5.4; Groves, Principles of GNSS and
Inertial Navigation, 15.3. Pure: no clock, no history.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from or_robot.config.localization import LocalizationConfig
from or_robot.geometry.pose import Pose2D
from or_robot.geometry.transform import Transform
from or_robot.types.motion import Odometry
from or_robot.types.sensing import ImuReading

V, W, GYRO_BIAS, ACCELEROMETER_BIAS = range(4)
SPREAD_S = 0.2
"""A reading of odometry that comes later than this tells only where it is, not how it got there."""
STILL_SPEED = 1e-3
"""m/s or rad/s: wheels slower than this stand."""
STILL_TURN = 0.02
"""rad/s: and the body with them, if the gyroscope agrees."""


class OdometryFilter:
    """Speed, turn rate and the IMU's biases; the pose is their sum, from zero at the start.

    Readings of the IMU come in the axes of base_link (`mounted`). Without any the filter follows
    the wheels.
    """

    def __init__(self, config: LocalizationConfig) -> None:
        self._config = config
        self._last: Odometry | None = None
        self._state = np.zeros(4)
        self._covariance: NDArray[np.float64] = np.diag([1e-4, 1e-4, 1e-4, 1e-2])
        self.pose = Pose2D(0.0, 0.0, 0.0)
        """Dead reckoning: where base_link was at the first reading ← base_link."""
        self.slipped = 0.0
        """m the wheels rolled and the robot did not, or the other way round, all in all."""

    @property
    def covariance(self) -> NDArray[np.float64]:
        """(4, 4) of speed, turn rate, bias of gyroscope and of accelerometer; m, rad, s."""
        return self._covariance

    @property
    def speed(self) -> float:
        return float(self._state[V])

    @property
    def turn_rate(self) -> float:
        return float(self._state[W])

    def update(self, odometry: Odometry, imu: Sequence[ImuReading] = ()) -> None:
        """The next reading of the wheels and what the IMU gave since the last one."""
        last, self._last = self._last, odometry
        if last is None or odometry.stamp_s <= last.stamp_s:
            return
        dt = odometry.stamp_s - last.stamp_s
        moved = last.pose.inverse().compose(odometry.pose)
        if dt > SPREAD_S:  # a gap: believe the wheels' sum
            self.pose = self.pose.compose(moved)
            return
        way = math.copysign(math.hypot(moved.x, moved.y), moved.x)
        turn, push = _means(imu)
        before = self._state.copy()
        self._predict(dt, push)
        self._measure(turn, way / dt, moved.yaw / dt)
        middle = (before + self._state) / 2.0
        self.slipped += abs(middle[V] * dt - way)
        arc = float(middle[W]) * dt
        half = Pose2D(0.0, 0.0, arc / 2.0)
        self.pose = self.pose.compose(half).compose(Pose2D(float(middle[V]) * dt, 0.0, 0.0))
        self.pose = self.pose.compose(half)

    def _predict(self, dt: float, push: float | None) -> None:
        config = self._config
        noise = np.array([config.free_acceleration, config.free_turning, 1e-5, 1e-3]) * dt
        if push is not None:
            transition = np.eye(4)
            transition[V, ACCELEROMETER_BIAS] = -dt
            self._state = transition @ self._state
            self._state[V] += push * dt
            self._covariance = transition @ self._covariance @ transition.T
            noise[V] = config.accelerometer_sigma * dt
        self._covariance = self._covariance + np.diag(np.square(noise))

    def _measure(self, turn: float | None, wheel_v: float, wheel_w: float) -> None:
        config = self._config
        if turn is not None:
            self._correct((0.0, 1.0, 1.0, 0.0), turn, config.gyro_sigma)
        standing = abs(wheel_v) < STILL_SPEED and abs(wheel_w) < STILL_SPEED
        if standing and abs(self._state[W]) < STILL_TURN:
            self._correct((1.0, 0.0, 0.0, 0.0), 0.0, STILL_SPEED)
            self._correct((0.0, 1.0, 0.0, 0.0), 0.0, STILL_SPEED)
            return
        sigma_v = config.wheel_sigma + config.slip_translation * abs(wheel_v)
        sigma_w = config.wheel_sigma + config.slip_rotation * abs(wheel_w)
        self._correct((1.0, 0.0, 0.0, 0.0), wheel_v, sigma_v, gated=turn is not None)
        self._correct((0.0, 1.0, 0.0, 0.0), wheel_w, sigma_w, gated=turn is not None)

    def _correct(
        self, row: tuple[float, ...], value: float, sigma: float, gated: bool = False
    ) -> None:
        """One scalar measurement (Joseph form); `gated`: one that fits badly counts for little."""
        sensed = np.array(row)
        innovation = value - float(sensed @ self._state)
        spread = float(sensed @ self._covariance @ sensed)
        variance = sigma * sigma
        ratio = innovation * innovation / (spread + variance)
        if gated and ratio > self._config.slip_gate**2:
            variance *= self._config.slip_distrust**2
        gain = self._covariance @ sensed / (spread + variance)
        rest = np.eye(4) - np.outer(gain, sensed)
        self._state = self._state + gain * innovation
        self._covariance = rest @ self._covariance @ rest.T + variance * np.outer(gain, gain)


def mounted(reading: ImuReading, mount: Transform) -> ImuReading:
    """A reading in the unit's own axes, in those of base_link; mount: base_link ← unit.

    Where on the base the unit sits is neglected: at these turn rates it sees a few cm/s² of that.
    """
    return dataclasses.replace(
        reading,
        angular_velocity=mount.rotation @ reading.angular_velocity,
        linear_acceleration=mount.rotation @ reading.linear_acceleration,
    )


def _means(imu: Sequence[ImuReading]) -> tuple[float | None, float | None]:
    """Mean turn rate about z, rad/s, and acceleration along x, m/s², of the finite readings."""
    good = [
        (reading.angular_velocity[2], reading.linear_acceleration[0])
        for reading in imu
        if np.isfinite(reading.angular_velocity).all()
        and np.isfinite(reading.linear_acceleration).all()
    ]
    if not good:
        return None, None
    turn, push = np.mean(good, axis=0)
    return float(turn), float(push)
