"""What of the robot stands in its own lidar's beams."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.transform import Transform
from or_robot.sim.ray_cast import BOX, CYLINDER, SPHERE, cast
from or_robot.sim.sdf import LidarSensor, Shape, ShapeKind

SHAPE_KINDS = {ShapeKind.BOX: BOX, ShapeKind.CYLINDER: CYLINDER, ShapeKind.SPHERE: SPHERE}


def hidden_beams(
    sensor: LidarSensor, mount: Transform, body: Iterable[tuple[Transform, Shape]]
) -> NDArray[np.bool_]:
    """(beams,) which the robot's own body stands in or beside; base_link ← shape.

    The driver of a real lidar is told these too and gives no range for them, so that the robot
    does not take itself for an obstacle. One beam more on either side: a beam has a width, and a
    mount gives way by a fraction of the step between two.
    """
    parts = [(pose, shape) for pose, shape in body if shape.kind in SHAPE_KINDS]
    ranges = np.full(sensor.beams, np.inf)
    cast(
        mount.position,
        mount.rotation,
        sensor.angle_min,
        sensor.angle_increment,
        sensor.directions,
        np.array([SHAPE_KINDS[shape.kind] for _, shape in parts], dtype=np.int64),
        np.array([shape.half_extent for _, shape in parts]).reshape(-1, 3),
        np.array([pose.position for pose, _ in parts]).reshape(-1, 3),
        np.array([pose.rotation.ravel() for pose, _ in parts]).reshape(-1, 9),
        ranges,
    )
    own = np.isfinite(ranges)
    return own | np.roll(own, 1) | np.roll(own, -1)
