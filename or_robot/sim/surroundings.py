"""What moves round the robot: staff, what they push, doors. They answer to each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from or_robot.config.robot import RobotConfig
from or_robot.errors import OrRobotError
from or_robot.geometry.distance_field import DistanceField
from or_robot.geometry.pose import Pose2D
from or_robot.scenario.crowd import Crowd
from or_robot.scenario.people import PersonPlan
from or_robot.scenario.truth import DoorTruth, ObjectTruth, PersonTruth
from or_robot.sim.doors import SENSOR_PERIOD_S, door_leaves, make_doors
from or_robot.sim.occupancy import footprint_of
from or_robot.sim.sdf import Model, World
from or_robot.sim.stage import Bodies, Stage
from or_robot.types.motion import Twist2D
from or_robot.types.site import FREE, Site

PERIOD_S = 0.02
"""Staff and doors move this often: a step of 2 cm at a walk."""


class Surroundings:
    """Writes the mocap bodies of people, carts and door leaves."""

    def __init__(
        self,
        world: World,
        site: Site,
        people: Sequence[PersonPlan],
        carts: Mapping[str, Model],
        robot: RobotConfig,
        random: np.random.Generator,
    ) -> None:
        self._doors = make_doors(door_leaves(world), site.doors)
        walls = DistanceField(site.map.spec, site.map.values != FREE)
        reaches = {name: footprint_of(cart) for name, cart in carts.items()}
        self._crowd = Crowd(people, walls, random, reaches) if people else None
        self._closed = np.array([door.segment() for door in self._doors.values()]).reshape(-1, 4)
        self._footprint = robot.footprint
        self._next_look = 0.0

    def enter(self, scene: Stage, data: Bodies) -> None:
        """Take the places on a stage; before the first step."""
        first = int(scene.mocap.min(initial=0))
        self._parts = data.mocap_pos[first : first + scene.mocap.size].reshape(-1, 3, 3)
        self._positions, self._turns = data.mocap_pos, data.mocap_quat
        self._leaves, self._carts = scene.doors, scene.pushed
        self._place_people()

    def start_person(self, name: str, now_s: float) -> None:
        """Somebody who waited sets off."""
        if self._crowd is not None:
            self._crowd.start(name, now_s)

    def set_door_stuck(self, door: str, stuck: bool) -> None:
        if door not in self._doors:
            raise OrRobotError(f"no door {door!r}", f"one of: {', '.join(self._doors) or 'none'}")
        self._doors[door].stuck = stuck

    def ask_doors(self, names: Iterable[str], until_s: float) -> None:
        """The robot asks for these doors; names that no door has are not heard by any."""
        for name in names:
            if name in self._doors:
                self._doors[name].ask(until_s)

    def step(self, now_s: float, robot: Pose2D, twist: Twist2D) -> None:
        """Live on for PERIOD_S."""
        if self._crowd is not None:
            self._crowd.step(now_s, PERIOD_S, robot, twist, self._footprint, self._closed)
            self._place_people()
        if now_s >= self._next_look:
            self._next_look = now_s + SENSOR_PERIOD_S - PERIOD_S / 2.0
            people = self._crowd.walkers() if self._crowd else []
            for door in self._doors.values():
                door.sense(now_s, (robot.x, robot.y), people)
        for index, (name, door) in enumerate(self._doors.items()):
            if door.step(now_s, PERIOD_S):
                self._positions[self._leaves[name]] = door.position
                self._closed[index] = door.segment()

    def people(self) -> tuple[PersonTruth, ...]:
        return self._crowd.truth() if self._crowd else ()

    def pushed(self) -> tuple[ObjectTruth, ...]:
        return self._crowd.pushed() if self._crowd else ()

    def doors(self) -> tuple[DoorTruth, ...]:
        return tuple(door.truth() for door in self._doors.values())

    def _place_people(self) -> None:
        if self._crowd is None:
            return
        self._crowd.place(self._parts)
        for cart in self._crowd.pushed():
            index, half = self._carts[cart.name], cart.pose.yaw / 2.0
            self._positions[index, :2] = cart.pose.x, cart.pose.y
            self._turns[index] = np.cos(half), 0.0, 0.0, np.sin(half)
