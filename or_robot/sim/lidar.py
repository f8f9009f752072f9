"""A planar lidar: beams cast into the MuJoCo scene, with the sensor's own noise."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.transform import Transform
from or_robot.sim.ray_cast import BOX, CYLINDER, SPHERE, cast
from or_robot.sim.scene import LIDAR_GROUP
from or_robot.sim.sdf import LidarSensor
from or_robot.types.motion import LaserScan

KINDS = {
    int(mujoco.mjtGeom.mjGEOM_BOX): BOX,
    int(mujoco.mjtGeom.mjGEOM_CYLINDER): CYLINDER,
    int(mujoco.mjtGeom.mjGEOM_SPHERE): SPHERE,
}


class Lidar:
    """One revolution is taken at once; what stands in `hidden` beams gives NaN."""

    def __init__(
        self,
        sensor: LidarSensor,
        mount: Transform,
        random: np.random.Generator,
        model: mujoco.MjModel,
        hidden: NDArray[np.bool_],
    ) -> None:
        self._sensor = sensor
        self._mount = mount
        self._random = random
        self._hidden = hidden
        self._beams = sensor.directions
        self._geoms = np.flatnonzero(model.geom_group == LIDAR_GROUP)
        types = model.geom_type[self._geoms].tolist()
        self._kinds = np.array([KINDS[kind] for kind in types], dtype=np.int64)
        self._halves = model.geom_size[self._geoms].copy()
        cylinders = self._kinds == CYLINDER  # MuJoCo: radius, half length
        self._halves[cylinders] = self._halves[cylinders][:, [0, 0, 1]]
        spheres = self._kinds == SPHERE
        self._halves[spheres] = self._halves[spheres][:, [0, 0, 0]]

    def scan(self, data: mujoco.MjData, base: Transform, stamp_s: float) -> LaserScan:
        """Scan from the robot standing at `base` (map ← base_link)."""
        sensor = self._sensor
        frame = base.compose(self._mount)
        exact = np.full(sensor.beams, np.inf)
        cast(
            frame.position,
            frame.rotation,
            sensor.angle_min,
            sensor.angle_increment,
            self._beams,
            self._kinds,
            self._halves,
            data.geom_xpos[self._geoms],
            data.geom_xmat[self._geoms],
            exact,
        )
        noisy = exact + self._random.normal(0.0, sensor.sigma, sensor.beams)
        ranges = np.where(noisy > sensor.range_max, np.inf, np.maximum(noisy, 0.0))
        ranges[self._hidden] = np.nan
        return LaserScan(
            stamp_s=stamp_s,
            angle_min=sensor.angle_min,
            angle_increment=sensor.angle_increment,
            range_min=sensor.range_min,
            range_max=sensor.range_max,
            ranges=ranges.astype(np.float32),
            mount=self._mount.planar(),
        )
