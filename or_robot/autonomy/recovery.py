"""What the robot tries when it does not get on: look again, back up, turn, wait."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from or_robot.config.navigation import NavigatorConfig
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.types.motion import STANDSTILL, Twist2D


class Recovery(Enum):
    """In the order they are tried; then from the start."""

    LOOK_AGAIN = "forgets old obstacles and plans anew"
    BACK_UP = "backs up"
    TURN = "turns"
    WAIT = "waits"


ORDER = tuple(Recovery)
WAIT_S = 5.0
LONGEST_S = 10.0
"""No behaviour takes longer."""
TURN_RAD = 1.6


@dataclass(frozen=True, slots=True)
class RunningRecovery:
    """One behaviour on its way."""

    kind: Recovery
    since_s: float
    start: Pose2D
    turn: float
    """Sense of the turn: 1 or -1."""

    def twist(self, pose: Pose2D, t_s: float, config: NavigatorConfig) -> Twist2D | None:
        """Wanted twist; None when the behaviour has ended."""
        elapsed = t_s - self.since_s
        if elapsed > LONGEST_S:
            return None
        if self.kind is Recovery.BACK_UP:
            done = pose.distance_to(self.start) >= config.backup_distance
            return None if done else Twist2D(-config.backup_speed, 0.0)
        if self.kind is Recovery.TURN:
            done = abs(wrap_angle(pose.yaw - self.start.yaw)) >= TURN_RAD
            return None if done else Twist2D(0.0, math.copysign(config.spin_speed, self.turn))
        wait = WAIT_S if self.kind is Recovery.WAIT else 0.0
        return None if elapsed >= wait else STANDSTILL
