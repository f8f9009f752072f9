"""Everything that moves in Gazebo without physics: people, doors' leaves, carts, objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from or_robot.gazebo.world_file import MovedModel
from or_robot.geometry.transform import Transform
from or_robot.scenario.description import ObjectPlan
from or_robot.scenario.people import (
    HEAD_RADIUS,
    LEG_HEIGHT,
    LEG_RADIUS,
    SHOULDER_HEIGHT,
    TORSO_RADIUS,
    PersonPlan,
)
from or_robot.sim.doors import DoorLeaf
from or_robot.sim.looks import SCRUBS
from or_robot.sim.occupancy import model_shapes
from or_robot.sim.sdf import Model, Shape, ShapeKind
from or_robot.sim.sdf_reader import load_model

PARTS = ("torso", "left_leg", "right_leg")
COLORS = {
    "person": SCRUBS[:3],
    "door": (0.45, 0.62, 0.66),
    "thing": (0.55, 0.36, 0.17),
    "wall": (0.86, 0.88, 0.88),
}
AWAY = (0.0, 0.0, -100.0)
SETTLED = 1e-4
"""A body that has moved less than this, m or in its quaternion, is not told again."""


class GazeboStage:
    """Rows of poses (`sim.stage`), each a model in Gazebo. `news` says which have moved."""

    def __init__(
        self,
        people: Sequence[PersonPlan],
        doors: Sequence[Model],
        leaves: Sequence[DoorLeaf],
        objects: Sequence[ObjectPlan],
        carts: Mapping[str, Model],
    ) -> None:
        self.models: list[MovedModel] = []
        for person in people:
            x, y = person.waypoints[0]
            place = Transform(np.array([x, y, 0.0]), np.eye(3))
            for part in PARTS:
                self._add(f"{person.name}_{part}", _body(part), "person", place)
        self.mocap = np.arange(3 * len(people), dtype=np.intp).reshape(-1, 3)
        self.doors = {leaf.name: self._add_leaf(leaf) for leaf in leaves}
        self.props = {
            plan.name: self._add(f"object_{plan.name}", _shapes(load_model(plan.model)), "thing")
            for plan in objects
        }
        self.pushed = {
            name: self._add(f"{name}_cart", _shapes(cart), "thing") for name, cart in carts.items()
        }
        self.mocap_pos: NDArray[np.float64] = np.array(
            [model.pose.position for model in self.models]
        ).reshape(-1, 3)
        turns = [np.roll(model.pose.quaternion(), 1) for model in self.models]
        self.mocap_quat: NDArray[np.float64] = np.array(turns).reshape(-1, 4)
        self.fixed = [
            MovedModel(f"{model.name}_lintel", _shapes(model), COLORS["wall"], Transform.identity())
            for model in doors
        ]
        """What of the doors stands still."""
        self._told = np.full((len(self.models), 7), np.inf)

    def news(self) -> list[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:
        """Name, position (3,) and quaternion (4,) w, x, y, z of each body that has moved."""
        now = np.hstack([self.mocap_pos, self.mocap_quat])
        moved = np.flatnonzero(np.any(np.abs(now - self._told) > SETTLED, axis=1))
        self._told[moved] = now[moved]
        return [(self.models[i].name, now[i, :3].copy(), now[i, 3:].copy()) for i in moved]

    def _add_leaf(self, leaf: DoorLeaf) -> int:
        shapes = tuple((collision.pose, collision.shape) for collision in leaf.collisions)
        return self._add(f"{leaf.name}_leaf", shapes, "door", leaf.frame)

    def _add(
        self,
        name: str,
        shapes: tuple[tuple[Transform, Shape], ...],
        kind: str,
        pose: Transform | None = None,
    ) -> int:
        away = Transform(np.array(AWAY), np.eye(3))
        self.models.append(MovedModel(name, shapes, COLORS[kind], away if pose is None else pose))
        return len(self.models) - 1


def _body(part: str) -> tuple[tuple[Transform, Shape], ...]:
    """A torso with its head, or a leg; the same that the embedded simulator has."""
    if part != "torso":
        return ((_up(LEG_HEIGHT / 2), Shape(ShapeKind.CYLINDER, (LEG_RADIUS, LEG_HEIGHT))),)
    length = SHOULDER_HEIGHT - LEG_HEIGHT
    return (
        (_up(LEG_HEIGHT + length / 2), Shape(ShapeKind.CYLINDER, (TORSO_RADIUS, length))),
        (_up(SHOULDER_HEIGHT + HEAD_RADIUS), Shape(ShapeKind.SPHERE, (HEAD_RADIUS,))),
    )


def _shapes(model: Model) -> tuple[tuple[Transform, Shape], ...]:
    placed = model_shapes(model, model.name, Transform.identity())
    return tuple((pose, shape) for _, pose, shape in placed)


def _up(height: float) -> Transform:
    return Transform(np.array([0.0, 0.0, height]), np.eye(3))
