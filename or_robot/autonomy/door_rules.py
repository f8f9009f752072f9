"""Doors on the way: which are to be asked to open, and how long a shut one is waited for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from or_robot.config.navigation import NavigatorConfig
from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.types.site import Door
from or_robot.world.doors import is_shut, near, on_the_way

AHEAD_M = 1.5
"""A shut door so near on the path is waited for."""
PASSED_M = 0.3
"""The footprint so far off the leaf of a door has passed it."""


class DoorRules:
    """Of one goal at a time; whether a door is open, only the scan says."""

    def __init__(
        self, doors: Mapping[str, Door], config: NavigatorConfig, robot: RobotConfig
    ) -> None:
        self._doors = doors
        self._on_request = {name: door for name, door in doors.items() if door.on_request}
        self._config = config
        self._passing = math.hypot(robot.length, robot.width) / 2.0 + PASSED_M
        self._since_s = math.inf
        self.wanted: tuple[str, ...] = ()
        """Doors on request that the robot comes to, or whose leaf it has not quite passed."""
        self.failure = ""
        """The door that was waited for in vain, for people."""

    def clear(self) -> None:
        """No goal any more."""
        self._since_s, self.wanted, self.failure = math.inf, (), ""

    def look(
        self,
        pose: Pose2D,
        rest: NDArray[np.float64],
        seen: Callable[[], NDArray[np.float64] | None],
        t_s: float,
    ) -> str:
        """What is waited for, for people; empty when nothing is.

        rest: (n, 3) poses still to be driven; seen: (n, 2) ends of the beams, m in the map frame.
        """
        way = np.vstack(([pose.x, pose.y], rest[:, :2]))
        self._ask(pose, way)
        ahead = on_the_way(self._doors, way, AHEAD_M)
        points = seen() if ahead else None
        if ahead is None or points is None or not is_shut(ahead[1], points):
            self._since_s = math.inf
            return ""
        name, door = ahead
        self._since_s = min(self._since_s, t_s)
        if t_s - self._since_s > self._config.door_patience:
            asked = ", though asked" if door.on_request else ""
            self.failure = f"{name} does not open{asked}"
        return f"waits for {name} to open"

    def _ask(self, pose: Pose2D, way: NDArray[np.float64]) -> None:
        doors = self._on_request
        if not doors:
            return
        ahead = on_the_way(doors, way, self._config.door_ask_distance)
        passing = [name for name, door in doors.items() if near(door, pose, self._passing)]
        self.wanted = tuple(dict.fromkeys([*passing, *([ahead[0]] if ahead else [])]))
