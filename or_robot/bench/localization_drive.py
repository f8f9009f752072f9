"""Ground for the yardstick `localization`: a robot that follows its route by ground truth."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from or_robot.bench.sim import ROUTES
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.scenario.events import Kidnap
from or_robot.scenario.people import PersonPlan
from or_robot.sim.world import SimWorld
from or_robot.types.motion import STANDSTILL, LaserScan, Twist2D
from or_robot.types.sensing import SensorFrame
from or_robot.types.site import FREE, OCCUPIED_FROM, Site
from or_robot.world.doors import near
from or_robot.world.site import load_site
from or_robot.world.zones import keep_out_mask

PERIOD_S = 0.05
SPEED = 0.8
LOOK_AHEAD_M = 0.4
STOP_BOX = 0.9, 0.36
"""m ahead of base_link and to either side: something there, and it waits."""
ASK_M, ASK_S = 2.5, 1.0
"""Doors so near are asked to be open, for so long."""
STANDING_ROOM_M = 0.45
"""Nothing on the map is nearer to where a kidnapper puts the robot down."""
CORNERS = (
    (1.5, 4.6),
    (1.5, 8.0),
    (2.65, 8.0),
    (2.65, 11.5),
    (2.65, 8.0),
    (5.85, 8.0),
    (5.85, 4.8),
    (5.85, 8.0),
    (8.6, 8.0),
    (8.6, 10.6),
    (6.2, 10.4),
    (8.6, 10.6),
    (8.6, 8.0),
    (13.1, 8.0),
    (13.1, 4.6),
    (10.0, 4.6),
    (13.1, 4.6),
    (13.1, 8.0),
    (18.0, 8.0),
    (18.0, 10.6),
    (20.3, 10.4),
    (18.0, 10.6),
    (18.0, 8.0),
    (20.65, 8.0),
    (20.65, 4.4),
    (20.65, 8.0),
    (22.8, 8.0),
    (22.8, 11.0),
    (22.8, 8.0),
    (8.6, 8.0),
    (1.5, 8.0),
)
"""m in the map: through the corridor and into every room of the wing, round and round."""
STARTS = [
    n for n, corner in enumerate(CORNERS) if all(math.dist(corner, way[0]) > 1.0 for way in ROUTES)
]
"""Corners where nobody stands at the start."""


class Drive:
    """The wing with six people, and a robot that goes its round from the `first` of STARTS on."""

    def __init__(self, seed: int, first: int) -> None:
        people = [
            PersonPlan(f"person_{i}", np.array(route), 1.0 + 0.05 * i, 0.0, "back", True)
            for i, route in enumerate(ROUTES)
        ]
        first = STARTS[first % len(STARTS)]
        self._next = (first + 1) % len(CORNERS)
        (x, y), (to_x, to_y) = CORNERS[first], CORNERS[self._next]
        start = Pose2D(x, y, math.atan2(to_y - y, to_x - x))
        self.world = SimWorld("operating_wing", seed=seed, people=people, start=start)
        self._doors = load_site("operating_wing").doors
        self.standing = False
        """Whether it has been told to stand."""
        self._near: NDArray[np.float64] = np.empty((0, 2))

    def step(self) -> SensorFrame:
        """One period of 50 ms."""
        self.world.command(STANDSTILL if self.standing else self._towards_corner())
        pose = self.pose()
        asked = [name for name, door in self._doors.items() if near(door, pose, ASK_M)]
        self.world.ask_doors(asked, self.world.time_s + ASK_S)
        frame = self.world.step(self.world.time_s + PERIOD_S)
        if frame.scans:
            self._near = _near(frame.scans[-1])
        return frame

    def pose(self) -> Pose2D:
        """Where it truly is."""
        return self.world.truth().robot

    def kidnap(self, pose: Pose2D) -> None:
        self.world.happen(Kidnap(pose))

    def _towards_corner(self) -> Twist2D:
        pose = self.pose()
        if math.dist((pose.x, pose.y), CORNERS[self._next]) < LOOK_AHEAD_M:
            self._next = (self._next + 1) % len(CORNERS)
        x, y = CORNERS[self._next]
        off = wrap_angle(math.atan2(y - pose.y, x - pose.x) - pose.yaw)
        turn = min(max(2.0 * off, -1.2), 1.2)
        ahead, side = STOP_BOX
        blocked = np.any(
            (self._near[:, 0] > 0.0)
            & (self._near[:, 0] < ahead)
            & (np.abs(self._near[:, 1]) < side)
        )
        return Twist2D(0.0 if blocked or abs(off) > 0.6 else SPEED * math.cos(off), turn)


def _near(scan: LaserScan) -> NDArray[np.float64]:
    points = scan.points()
    return points[np.abs(points).max(axis=1) < max(STOP_BOX)]


def standing_places(site: Site) -> NDArray[np.float64]:
    """(n, 2) m: centres of the map's cells where the robot may be put down."""
    map_ = site.map
    room = distance_transform_edt(map_.values < OCCUPIED_FROM) * map_.spec.resolution
    away = distance_transform_edt(~keep_out_mask(map_.spec, site.zones)) * map_.spec.resolution
    free = (map_.values == FREE) & (room > STANDING_ROOM_M) & (away > STANDING_ROOM_M)
    return map_.spec.centres(np.argwhere(free))
