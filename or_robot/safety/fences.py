"""Closed zones as fences, from the gate's own pose: independent of costmap and planner.

A fence stands on the border of a zone that is closed in the present phase. Its points go into the
stop field as if they were walls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.config.robot import RobotConfig
from or_robot.geometry import polygon
from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import Twist2D
from or_robot.types.procedure import RoomPhases
from or_robot.types.site import Zone

REACH = 4.0
"""Zones further than this do not matter now, m: beyond any stop field."""
POST_SPACING = 0.04
"""m between two points of a fence: nothing of the robot slips between them."""
CAUGHT_DEPTH = 0.05
"""m of the footprint inside from which the robot is caught rather than beside."""
LOOK_S = 0.3
"""s that a twist is followed to see whether it leads out."""
NO_POINTS: NDArray[np.float64] = np.empty((0, 2))


@dataclass(frozen=True, slots=True)
class Fenced:
    """What the zones say of one place."""

    points: NDArray[np.float64]
    """(n, 2) fences near by, m in base_link."""
    caught: Zone | None
    """The closed zone the robot stands in."""
    speed_limit: float
    """m/s of slow zones here; inf for none."""
    in_room: bool


class Fences:
    def __init__(self, zones: tuple[Zone, ...], robot: RobotConfig) -> None:
        self._zones = [(zone, _posts(zone.polygon), _box(zone.polygon)) for zone in zones]
        self._hull = robot.footprint
        self._radius = float(np.max(np.hypot(*robot.footprint.T)))
        self._core = robot.footprint - np.sign(robot.footprint) * CAUGHT_DEPTH

    def at(self, pose: Pose2D, phases: RoomPhases, now_s: float) -> Fenced:
        """Rules in force where the robot stands: map ← base_link."""
        points, caught, limit, in_room = [NO_POINTS], None, math.inf, False
        hull, core = pose.transform(self._hull), pose.transform(self._core)
        for zone, posts, (left, low, right, high) in self._zones:
            off = max(left - pose.x, pose.x - right, low - pose.y, pose.y - high)
            if off > REACH:
                continue
            beside = off > self._radius
            if zone.closed(phases.at(zone.room, now_s)):
                if not beside and polygon.overlap(zone.polygon, core):
                    caught = zone
                else:
                    points.append(posts)
            elif beside or zone.closed_at_all:
                continue
            elif polygon.overlap(zone.polygon, hull):
                limit = min(limit, zone.speed_limit)
                in_room |= zone.kind == "room"
        near = pose.inverse().transform(np.concatenate(points))
        return Fenced(near, caught, limit, in_room)


def leads_out(zone: Zone, pose: Pose2D, twist: Twist2D) -> bool:
    """Whether following `twist` takes the robot's middle no deeper into the zone."""
    yaw = twist.angular * LOOK_S
    reach = twist.linear * LOOK_S
    ahead = pose.compose(Pose2D(reach * math.cos(yaw / 2), reach * math.sin(yaw / 2), yaw))
    return _depth(zone.polygon, ahead) <= _depth(zone.polygon, pose) - 0.5 * abs(reach)


def _depth(border: NDArray[np.float64], pose: Pose2D) -> float:
    """m of a point inside the border; negative outside."""
    point = np.array([pose.x, pose.y])
    distance = float(polygon.distance_to_boundary(border, point))
    return distance if polygon.contains(border, point) else -distance


def _posts(border: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) points along a polygon."""
    sides = []
    for a, b in zip(border, np.roll(border, -1, axis=0), strict=True):
        count = math.ceil(float(np.hypot(*(b - a))) / POST_SPACING)
        sides.append(a + np.arange(count)[:, None] / count * (b - a))
    return np.concatenate(sides)


def _box(border: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Least x, y and greatest x, y of a polygon."""
    (left, low), (right, high) = border.min(axis=0).tolist(), border.max(axis=0).tolist()
    return left, low, right, high
