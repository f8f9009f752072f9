"""A planar lidar: beams cast into the MuJoCo scene, with the sensor's own noise."""

from __future__ import annotations

import mujoco
import numpy as np

from or_robot.geometry.transform import Transform
from or_robot.sim.scene import LIDAR_GROUP
from or_robot.sim.sdf import LidarSensor
from or_robot.types.motion import LaserScan


class Lidar:
    """One revolution is taken at once; the robot's own body hides nothing (see the model)."""

    def __init__(self, sensor: LidarSensor, mount: Transform, random: np.random.Generator) -> None:
        self._sensor = sensor
        self._mount = mount
        self._random = random
        bearings = sensor.angle_min + sensor.angle_increment * np.arange(sensor.beams)
        self._beams = np.stack([np.cos(bearings), np.sin(bearings), np.zeros(sensor.beams)], axis=1)
        self._hits = np.zeros(sensor.beams, dtype=np.int32)
        self._ranges = np.zeros(sensor.beams)
        self._groups = np.zeros(6, dtype=np.uint8)
        self._groups[LIDAR_GROUP] = 1

    def scan(
        self, model: mujoco.MjModel, data: mujoco.MjData, base: Transform, stamp_s: float
    ) -> LaserScan:
        """Scan from the robot standing at `base` (map ← base_link)."""
        sensor = self._sensor
        frame = base.compose(self._mount)
        directions = self._beams @ frame.rotation.T
        mujoco.mj_multiRay(
            model,
            data,
            frame.position,
            directions.ravel(),
            self._groups,
            True,
            -1,
            self._hits,
            self._ranges,
            None,
            sensor.beams,
            sensor.range_max,
        )
        noisy = self._ranges + self._random.normal(0.0, sensor.sigma, sensor.beams)
        missed = (self._hits < 0) | (noisy > sensor.range_max)
        ranges = np.where(missed, np.inf, np.maximum(noisy, 0.0)).astype(np.float32)
        return LaserScan(
            stamp_s=stamp_s,
            angle_min=sensor.angle_min,
            angle_increment=sensor.angle_increment,
            range_min=sensor.range_min,
            range_max=sensor.range_max,
            ranges=ranges,
            mount=self._mount.planar(),
        )
