"""Objects that scenario events place, slide and take away."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from or_robot.geometry.pose import Pose2D
from or_robot.scenario.description import ObjectPlan
from or_robot.scenario.events import MoveObject, PlaceObject
from or_robot.scenario.truth import ObjectTruth
from or_robot.sim.stage import Bodies

AWAY = (0.0, 0.0, -100.0)
"""Where an object is while it is not there, m: out of every sensor's reach."""


@dataclass
class _Prop:
    pose: Pose2D | None
    height: float
    goal: Pose2D | None = None
    speed: float = 0.0


class Props:
    """`mocap`: object name → its index in the scene's mocap bodies."""

    def __init__(self, plans: Sequence[ObjectPlan], mocap: Mapping[str, int], data: Bodies) -> None:
        self._mocap = mocap
        self._data = data
        self._props = {plan.name: _Prop(plan.pose, plan.height) for plan in plans}
        for name in self._props:
            self._show(name)

    def place(self, action: PlaceObject) -> None:
        self._props[action.name] = _Prop(action.pose, action.height)
        self._show(action.name)

    def move(self, action: MoveObject) -> None:
        """An object that is not there appears at its goal."""
        prop = self._props[action.name]
        prop.goal, prop.speed = action.pose, action.speed
        prop.pose = prop.pose or action.pose

    def remove(self, name: str) -> None:
        self._props[name] = _Prop(None, 0.0)
        self._show(name)

    def step(self, dt: float) -> None:
        for name, prop in self._props.items():
            if prop.goal is not None and prop.pose is not None:
                self._slide(prop, prop.pose, prop.goal, dt)
                self._show(name)

    def truth(self) -> tuple[ObjectTruth, ...]:
        return tuple(
            ObjectTruth(name, prop.pose) for name, prop in self._props.items() if prop.pose
        )

    def _slide(self, prop: _Prop, pose: Pose2D, goal: Pose2D, dt: float) -> None:
        way = pose.distance_to(goal)
        if way <= prop.speed * dt:
            prop.pose, prop.goal = goal, None
            return
        share = prop.speed * dt / way
        x, y = pose.x + share * (goal.x - pose.x), pose.y + share * (goal.y - pose.y)
        prop.pose = Pose2D(x, y, pose.yaw)

    def _show(self, name: str) -> None:
        prop, index = self._props[name], self._mocap[name]
        if prop.pose is None:
            self._data.mocap_pos[index] = AWAY
            return
        half = prop.pose.yaw / 2.0
        self._data.mocap_pos[index] = (prop.pose.x, prop.pose.y, prop.height)
        self._data.mocap_quat[index] = (math.cos(half), 0.0, 0.0, math.sin(half))
