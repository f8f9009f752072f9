"""Speed caps: how fast the robot may go here, and why. Each cap once; the lowest counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.config.robot import RobotConfig
from or_robot.config.safety import SafetyConfig
from or_robot.geometry.distance_field import DistanceField
from or_robot.geometry.pose import Pose2D
from or_robot.safety import separation
from or_robot.safety.fences import Fenced
from or_robot.types.motion import Track, Twist2D
from or_robot.types.site import OCCUPIED_FROM, OccupancyMap

MAP_SLACK = 0.25
"""m from a wall of the map within which a return is that wall: error of pose and map."""


@dataclass(frozen=True, slots=True)
class Cap:
    speed: float
    """m/s, of the twist's pace (`limits.pace`)."""
    reason: str


class SpeedCaps:
    def __init__(self, config: SafetyConfig, robot: RobotConfig, map_: OccupancyMap) -> None:
        self._config, self._robot = config, robot
        self._walls = DistanceField(map_.spec, map_.values >= OCCUPIED_FROM)
        self._walls.distances(np.zeros((1, 2)))  # compiled now, not at the first drive

    def lowest(
        self,
        twist: Twist2D,
        points: NDArray[np.float64],
        arrived: NDArray[np.bool_],
        tracks: tuple[Track, ...],
        pose: Pose2D,
        fenced: Fenced,
    ) -> Cap:
        """points: (n, 2) returns in base_link, `arrived` (n,) those that have just come; tracks
        and pose in the map frame."""
        config, robot = self._config, self._robot
        people = separation.in_base(tracks, pose)
        unknown = self._unexplained(points, people, pose)
        come = points[arrived]
        caps = [
            Cap(config.corridor_speed, ""),
            Cap(config.room_speed if fenced.in_room else math.inf, "inside_room"),
            Cap(fenced.speed_limit, "slow_zone"),
            Cap(narrow_speed(points, twist, config, robot), "narrow"),
            Cap(separation.tracked_speed(people, twist, config, robot), "person_near"),
            Cap(separation.arrived_speed(come, people, twist, config, robot), "person_near"),
            Cap(separation.untracked_speed(unknown, twist, config, robot), "unknown_ahead"),
        ]
        if fenced.caught is not None:
            caps.append(Cap(config.leave_speed, "leaves_zone"))
        return min(caps, key=lambda cap: cap.speed)

    def _unexplained(
        self, points: NDArray[np.float64], people: NDArray[np.float64], pose: Pose2D
    ) -> NDArray[np.float64]:
        """Returns that are neither a wall of the map nor a tracked person."""
        unknown = points[self._walls.distances(pose.transform(points)) > MAP_SLACK]
        for x, y in people[:, :2]:
            unknown = unknown[
                np.hypot(unknown[:, 0] - x, unknown[:, 1] - y) > separation.TRACK_REACH
            ]
        return unknown


def narrow_speed(
    points: NDArray[np.float64], twist: Twist2D, config: SafetyConfig, robot: RobotConfig
) -> float:
    """m/s so that it is `narrow_speed` by the time something is beside the robot; inf if nothing.

    points: (n, 2) in base_link. Beside: within `narrow_clearance` of a side. What is still ahead
    allows as much more as braking until there takes off.
    """
    sense = -1.0 if twist.linear < 0.0 else 1.0
    lateral = np.abs(points[:, 1]) - robot.width / 2.0
    along = sense * points[:, 0] - robot.length / 2.0
    beside = (lateral > 0.0) & (lateral < config.narrow_clearance) & (along > -robot.length)
    if not np.any(beside):
        return math.inf
    way = max(0.0, float(np.min(along[beside])))
    lost = config.braking * config.reaction_time
    return max(
        config.narrow_speed,
        math.sqrt(lost**2 + config.narrow_speed**2 + 2.0 * config.braking * way) - lost,
    )
