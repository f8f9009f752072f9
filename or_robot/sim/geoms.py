"""Shapes of an SDF as geoms of a MuJoCo body, and what bodies are called."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.transform import Transform
from or_robot.sim.sdf import Shape, ShapeKind

GEOM_TYPES = {
    ShapeKind.BOX: mujoco.mjtGeom.mjGEOM_BOX,
    ShapeKind.CYLINDER: mujoco.mjtGeom.mjGEOM_CYLINDER,
    ShapeKind.SPHERE: mujoco.mjtGeom.mjGEOM_SPHERE,
    ShapeKind.PLANE: mujoco.mjtGeom.mjGEOM_PLANE,
}


def prop_body(name: str) -> str:
    return f"prop/{name}"


def leaf_body(door: str) -> str:
    return f"{door}/leaf"


def add_geom(body: mujoco.MjsBody, name: str, pose: Transform, shape: Shape) -> mujoco.MjsGeom:
    half = shape.half_extent
    size = {
        ShapeKind.BOX: half,
        ShapeKind.CYLINDER: (half[0], half[2], 0.0),
        ShapeKind.SPHERE: (half[0], 0.0, 0.0),
        ShapeKind.PLANE: (0.0, 0.0, 1.0),
    }[shape.kind]
    return body.add_geom(
        name=name,
        type=GEOM_TYPES[shape.kind],
        size=size,
        pos=pose.position,
        quat=quaternion(pose.rotation),
    )


def quaternion(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) rotation to (4,) w, x, y, z."""
    found = np.zeros(4)
    mujoco.mju_mat2Quat(found, rotation.flatten())
    return found
