"""The IMU: gyroscope and accelerometer on the base, each with a bias and noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.transform import Transform
from or_robot.sim.sdf import ImuSensor
from or_robot.types.sensing import ImuReading


class Imu:
    """Accelerations are means over its period, as a unit that sums up velocity gives them."""

    def __init__(
        self,
        sensor: ImuSensor,
        mount: Transform,
        gravity: tuple[float, ...],
        random: np.random.Generator,
    ) -> None:
        noises = sensor.gyro, sensor.accelerometer
        self._axes = mount.rotation
        x, y, z = mount.position.tolist()
        self._lever = np.array([[0.0, z, -y], [-z, 0.0, x], [y, -x, 0.0]])
        """Turn rate to the velocity it gives the unit."""
        self._gravity = np.array(gravity)
        self._random = random
        self._sigmas = np.repeat([noise.sigma for noise in noises], 3)
        self._variances = sensor.gyro.sigma**2, sensor.accelerometer.sigma**2
        self._bias = random.normal(0.0, 1.0, 6) * np.repeat([n.bias_sigma for n in noises], 3)
        self._velocity: NDArray[np.float64] | None = None

    def read(
        self, stamp_s: float, dt: float, base: Transform, velocity: NDArray[np.float64]
    ) -> ImuReading:
        """Reading `dt` s after the last.

        base: map ← base_link. velocity (6,): of base_link's origin in the map frame, m/s, and
        angular about its own axes, rad/s.
        """
        turning = velocity[3:]
        at_sensor = velocity[:3] + base.rotation @ (self._lever @ turning)
        last = at_sensor if self._velocity is None else self._velocity
        self._velocity = at_sensor
        force = base.rotation.T @ ((at_sensor - last) / dt - self._gravity)
        exact = np.concatenate((turning @ self._axes, force @ self._axes))
        noisy = exact + self._bias + self._random.normal(0.0, 1.0, 6) * self._sigmas
        return ImuReading(stamp_s, noisy[:3], noisy[3:], *self._variances)
