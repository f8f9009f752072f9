"""What the robot touches, from the physics' contacts."""

from __future__ import annotations

from dataclasses import replace

import mujoco
import numpy as np
from numpy.typing import NDArray

from or_robot.scenario.truth import Contact
from or_robot.sim.scene import Scene
from or_robot.types.motion import STANDSTILL, Twist2D

GAP_S = 0.2
"""A touch that comes back sooner than this is still the same touch."""


class TouchWatch:
    """Feed it every tick; `contacts` are the touches that began, oldest first.

    A new touch has the speed it began at; a lasting one the greatest at which the robot drove
    against the thing, whether that gave way or not.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._last: dict[str, tuple[float, int]] = {}
        """By name of the thing: when it was touched last, and which of `contacts` that is."""
        self.contacts: list[Contact] = []

    def watch(
        self, data: mujoco.MjData, velocity: NDArray[np.float64], driven: Twist2D, now_s: float
    ) -> bool:
        """Look once; returns whether the bumper is pressed.

        velocity (6,): the base's qvel before the step. driven: what the drive made of it: who
        pushes a standing robot along with its wheels locked moves it, the robot does not.
        """
        pairs = data.contact.geom
        things = self._scene.things[pairs]
        if not things.any():
            return False
        pressed = False
        for index in np.flatnonzero(things.any(axis=1)).tolist():
            first, second = pairs[index]
            name = self._scene.owners[second if things[index, 1] else first]
            pressed |= self._scene.bumper_geom in (first, second)
            last_s, at = self._last.get(name, (-GAP_S, -1))
            if now_s - last_s >= GAP_S:
                at = len(self.contacts)
                self.contacts.append(Contact(now_s, name, _speed(data, index, velocity, driven)))
            elif driven != STANDSTILL:
                to_thing = 1.0 if things[index, 1] else -1.0
                against = float(_drive(data, index, driven) @ data.contact.frame[index, :2])
                if to_thing * against > self.contacts[at].robot_speed:
                    self.contacts[at] = replace(self.contacts[at], robot_speed=to_thing * against)
            self._last[name] = now_s, at
        return pressed


def _speed(
    data: mujoco.MjData, index: int, velocity: NDArray[np.float64], driven: Twist2D
) -> float:
    """Of the robot at a contact, as far as its own drive made it, m/s."""
    moved = _at(_point(data, index), velocity[:2], velocity[5])
    return min(float(np.hypot(*moved)), float(np.hypot(*_drive(data, index, driven))))


def _drive(data: mujoco.MjData, index: int, driven: Twist2D) -> NDArray[np.float64]:
    """Velocity (2,) in m/s that the drive gives the robot at a contact."""
    forward = np.zeros(3)
    mujoco.mju_rotVecQuat(forward, np.array([1.0, 0.0, 0.0]), data.qpos[3:7])
    return _at(_point(data, index), driven.linear * forward[:2], driven.angular)


def _point(data: mujoco.MjData, index: int) -> NDArray[np.float64]:
    """Of a contact, (3,) m from the robot's origin."""
    point: NDArray[np.float64] = data.contact.pos[index] - data.qpos[:3]
    return point


def _at(
    point: NDArray[np.float64], velocity: NDArray[np.float64], turn: float
) -> NDArray[np.float64]:
    """Velocity (2,) in m/s of a point of a body that moves and turns, seen from its origin."""
    return velocity + turn * np.array([-point[1], point[0]])
