"""Automatic sliding doors: they open for whoever comes, take their time, and can be stuck."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.errors import OrRobotError
from or_robot.geometry.transform import Transform
from or_robot.scenario.truth import DoorTruth
from or_robot.sim.sdf import Collision, DoorDrive, Visual, World
from or_robot.types.site import Door as SiteDoor

SENSOR_PERIOD_S = 0.1
MOVING = 0.1
"""Slower than this a person does not set off the motion sensor, m/s."""
PRESENCE = 0.8
"""Whoever is this near to the doorway holds the door open, moving or not, m."""

Point = tuple[float, float]


@dataclass(frozen=True)
class DoorLeaf:
    """A door as it stands in the world, closed."""

    name: str
    frame: Transform
    """map ← leaf link, closed."""
    collisions: tuple[Collision, ...]
    visuals: tuple[Visual, ...]
    slide: NDArray[np.float64]
    """(3,) from closed to open, m in the map frame."""
    speed: float
    """m/s."""
    drive: DoorDrive

    @property
    def doorway(self) -> tuple[Point, Point]:
        """Ends of the closed leaf on the floor, m in the map frame."""
        middle, half = self.frame.position[:2], self.slide[:2] / 2.0
        (x0, y0), (x1, y1) = (middle - half).tolist(), (middle + half).tolist()
        return (x0, y0), (x1, y1)


def door_leaves(world: World) -> tuple[DoorLeaf, ...]:
    """Every model of the world with a door drive."""
    found = []
    for model in world.models:
        if model.door is None:
            continue
        joint = model.joint(model.door.joint)
        leaf = None if joint is None else model.link(joint.child)
        if joint is None or leaf is None:
            raise OrRobotError(f"door {model.name!r} has no leaf", "mend its model.sdf")
        frame = model.pose.compose(leaf.pose)
        slide = frame.rotation @ joint.axis * joint.travel
        found.append(
            DoorLeaf(
                model.name, frame, leaf.collisions, leaf.visuals, slide, joint.speed, model.door
            )
        )
    return tuple(found)


class Door:
    """One door in motion. Its leaf never closes on anybody: presence keeps it open."""

    def __init__(self, leaf: DoorLeaf, room: str, *, on_request: bool = False) -> None:
        self.leaf = leaf
        self._on_request = on_request
        self._asked_until_s = -math.inf
        self.stuck = False
        self.opening = 0.0
        """0 closed to 1 open."""
        self._room = room
        self._openings = 0
        self._seen_s = -math.inf
        self._ends = leaf.doorway
        self._rate = leaf.speed / float(np.linalg.norm(leaf.slide))

    def ask(self, until_s: float) -> None:
        """The robot asks for it to be open until then; an earlier request is replaced."""
        self._asked_until_s = until_s

    def sense(self, now_s: float, robot: Point, people: list[tuple[float, float, float]]) -> None:
        """Look who is there. `people`: x, y, speed. The robot's transponder needs no motion, but
        before a door on request it only keeps open what is."""
        near = self._gap(*robot) < self.leaf.drive.approach
        if self._on_request:
            held = self.opening > 0.0 and self._gap(*robot) < PRESENCE
            near = held or now_s < self._asked_until_s
        for x, y, speed in people:
            gap = self._gap(x, y)
            near |= gap < (self.leaf.drive.approach if speed > MOVING else PRESENCE)
        if near:
            self._seen_s = now_s

    def step(self, now_s: float, dt: float) -> bool:
        """Slide for `dt` s; returns whether the leaf moved."""
        wanted = 1.0 if now_s - self._seen_s < self.leaf.drive.hold_s else 0.0
        if self.stuck or self.opening == wanted:
            return False
        if self.opening == 0.0:
            self._openings += 1
        step = self._rate * dt
        self.opening += min(max(wanted - self.opening, -step), step)
        return True

    @property
    def position(self) -> NDArray[np.float64]:
        """(3,) of the leaf link, m in the map frame."""
        return np.asarray(self.leaf.frame.position + self.opening * self.leaf.slide)

    def segment(self) -> tuple[float, float, float, float]:
        """x, y, x, y of what the leaf still closes, m; the open leaf closes a point."""
        (x0, y0), (x1, y1) = self._ends
        dx, dy = self.opening * (x1 - x0), self.opening * (y1 - y0)
        return x0 + dx, y0 + dy, x1, y1

    def truth(self) -> DoorTruth:
        name = self.leaf.name
        return DoorTruth(name, self._room, self.opening, self._openings, self.stuck)

    def _gap(self, x: float, y: float) -> float:
        (x0, y0), (x1, y1) = self._ends
        dx, dy = x1 - x0, y1 - y0
        along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)
        along = min(max(along, 0.0), 1.0)
        return math.hypot(x - x0 - along * dx, y - y0 - along * dy)


def make_doors(leaves: tuple[DoorLeaf, ...], site: Mapping[str, SiteDoor]) -> dict[str, Door]:
    """Doors by name. `site`: as the site declares them; both must tell of the same doors."""
    differing = {leaf.name for leaf in leaves} ^ set(site)
    if differing:
        raise OrRobotError(
            f"door {min(differing)!r} is not in both the world's SDF and its stations file",
            "name it in both",
        )
    return {
        leaf.name: Door(leaf, site[leaf.name].room, on_request=site[leaf.name].on_request)
        for leaf in leaves
    }
