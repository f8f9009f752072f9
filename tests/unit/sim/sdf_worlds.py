"""Worlds built of a few shapes."""

from or_robot.geometry.transform import Transform
from or_robot.sim.sdf import Collision, Link, Model, Shape, ShapeKind, World


def world_of(*placed: tuple[Shape, Transform]) -> World:
    collisions = tuple(Collision(str(i), t, s, 1.0) for i, (s, t) in enumerate(placed))
    still = Transform.identity()
    link = Link("link", still, None, collisions, (), ())
    return World("w", (0, 0, -9.81), (Model("m", still, True, (link,), (), (), None),))


def box(x: float, y: float, z: float, *size: float, yaw: float = 0.0) -> tuple[Shape, Transform]:
    return Shape(ShapeKind.BOX, size), Transform.from_xyz_rpy(x, y, z, 0, 0, yaw)
