"""Staff who walk: a torso on two legs, going from waypoint to waypoint.

Gait: the foot on the floor stands still while the body passes over it; the other swings forward
(double-support phases are left out). A planar lidar at shin height therefore sees one leg at rest
and one moving, as it does in a hospital.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.pose import Pose2D, wrap_angle

TORSO_RADIUS = 0.20
LEG_RADIUS = 0.06
LEG_SPREAD = 0.10
"""Of each leg sideways from the middle, m."""
GAIT_PERIOD_S = 1.1
"""Two steps (adult at ease: 100 to 115 steps a minute)."""
ACCELERATION = 1.5
"""m/s², speeding up and stopping."""
TURN_RATE = 3.0
"""rad/s."""
TURN_FIRST = math.radians(40.0)
"""A person turns on the spot when the way leads further aside than this."""
REACHED = 0.15
"""A waypoint counts as reached this near, m."""
LOOK_AHEAD = 0.9
"""An attentive person stops for a robot this near in front of them, m from centre to hull."""
DECISION_S = 0.05
"""A person looks up and chooses speed and direction anew this often."""
NOTICED = 3.0
"""Further than this from a corner of it nobody looks at the robot, m."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """What one person does in a scenario."""

    name: str
    waypoints: NDArray[np.float64]
    """(n, 2) m in the map frame; the first is where the person starts."""
    speed: float
    """Preferred, m/s."""
    start_s: float
    """inf: waits for somebody to say so."""
    repeat: str
    """At the last waypoint: "stop", "back" (turn round) or "loop" (on to the first)."""
    attentive: bool
    """Stops for a robot in front. One who is not walks on whatever comes."""


class Walker:
    """One person's motion. `step` advances; `pose`, `speed`, `discs` tell."""

    def __init__(self, plan: PersonPlan) -> None:
        self.plan = plan
        first, second = plan.waypoints[0], plan.waypoints[min(1, len(plan.waypoints) - 1)]
        heading = math.atan2(second[1] - first[1], second[0] - first[0])
        self.pose = Pose2D(float(first[0]), float(first[1]), heading)
        self.speed = 0.0
        self._start_s = plan.start_s
        self._route = list(range(1, len(plan.waypoints)))
        self._targets = [(float(x), float(y)) for x, y in plan.waypoints]
        self._forward = True
        self._gait = 0.0
        self._next_decision = 0.0
        self._wanted = 0.0
        self._turn = 0.0

    def step(self, now_s: float, dt: float, robot_hull: Sequence[Point]) -> None:
        """Walk for `dt` s. `robot_hull`: corners of the robot in the map frame, m."""
        if now_s >= self._next_decision:
            self._next_decision = now_s + DECISION_S - dt / 2.0
            self._decide(now_s, robot_hull)
        if self.speed == self._wanted == self._turn == 0.0:
            return
        self.speed += _clip(self._wanted - self.speed, ACCELERATION * dt)
        yaw = wrap_angle(self.pose.yaw + self._turn * dt)
        self.pose = Pose2D(
            self.pose.x + self.speed * math.cos(yaw) * dt,
            self.pose.y + self.speed * math.sin(yaw) * dt,
            yaw,
        )
        if self.speed > 0.0:
            self._gait = (self._gait + dt / GAIT_PERIOD_S) % 1.0

    def start(self, now_s: float) -> None:
        """Set off now, whatever the plan says."""
        self._start_s = now_s

    def parts(self) -> tuple[Point, Point, Point]:
        """Where torso, left leg and right leg are, x, y in m."""
        reach = self.speed * GAIT_PERIOD_S / 4.0
        left = self._beside(reach * _swing(self._gait), LEG_SPREAD)
        right = self._beside(reach * _swing((self._gait + 0.5) % 1.0), -LEG_SPREAD)
        return (self.pose.x, self.pose.y), left, right

    def discs(self) -> NDArray[np.float64]:
        """(3, 3) x, y, radius of torso, left leg, right leg, m."""
        radii = (TORSO_RADIUS, LEG_RADIUS, LEG_RADIUS)
        return np.array([(x, y, r) for (x, y), r in zip(self.parts(), radii, strict=True)])

    def _beside(self, ahead: float, left: float) -> Point:
        cos, sin = math.cos(self.pose.yaw), math.sin(self.pose.yaw)
        return self.pose.x + cos * ahead - sin * left, self.pose.y + sin * ahead + cos * left

    def _decide(self, now_s: float, robot_hull: Sequence[Point]) -> None:
        self._pass_waypoint()
        self._wanted = self._turn = 0.0
        if now_s < self._start_s or not self._route:
            return
        turn = self._turn_to_target()
        self._turn = _clip(turn / DECISION_S, TURN_RATE)
        blocked = self.plan.attentive and self._robot_in_front(robot_hull)
        if abs(turn) < TURN_FIRST and not blocked:
            self._wanted = self.plan.speed

    def _turn_to_target(self) -> float:
        x, y = self._targets[self._route[0]]
        return wrap_angle(math.atan2(y - self.pose.y, x - self.pose.x) - self.pose.yaw)

    def _robot_in_front(self, robot_hull: Sequence[Point]) -> bool:
        offsets = [(x - self.pose.x, y - self.pose.y) for x, y in robot_hull]
        if math.hypot(*offsets[0]) > NOTICED:
            return False
        cos, sin = math.cos(self.pose.yaw), math.sin(self.pose.yaw)
        ahead = [cos * dx + sin * dy for dx, dy in offsets]
        aside = [cos * dy - sin * dx for dx, dy in offsets]
        half = TORSO_RADIUS + 0.1
        beside = min(aside) < half and max(aside) > -half
        return beside and max(ahead) > 0.0 and min(ahead) < LOOK_AHEAD

    def _pass_waypoint(self) -> None:
        if not self._route:
            return
        x, y = self._targets[self._route[0]]
        if math.hypot(x - self.pose.x, y - self.pose.y) > REACHED:
            return
        self._route.pop(0)
        if not self._route and self.plan.repeat != "stop":
            count = len(self.plan.waypoints)
            self._forward = self.plan.repeat == "loop" or not self._forward
            self._route = list(range(count) if self._forward else range(count - 2, -1, -1))
            if self.plan.repeat == "back" and self._forward:
                self._route.pop(0)


def _clip(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)


def _swing(phase: float) -> float:
    """Foot ahead of the hip, from 1 back to -1 while standing and forward again while swinging."""
    return 1.0 - 4.0 * phase if phase < 0.5 else 4.0 * phase - 3.0
