"""From a route and what is around to the next velocity command."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from or_robot.autonomy.route import Route
from or_robot.config.control import ControllerConfig
from or_robot.config.robot import RobotConfig
from or_robot.control.final_approach import FinalApproach, checked
from or_robot.control.predictive import ControlInputs, PredictiveController
from or_robot.control.surroundings import Surroundings
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.types.motion import STANDSTILL, Track, Twist2D

TURN_FIRST_RAD = 1.2
"""Path so far off the heading: turn on the spot first."""
TURNED_RAD = 0.4
"""Until it is this close."""
TURN_AIM_M = 0.4
"""The heading of the path is taken this far ahead."""
TURN_GAIN = 2.0
TURN_RATE = 0.9
"""rad/s at most on the spot."""
GOAL_BRAKING = 0.35
"""m/s² with which the speed falls towards the goal."""


class Driver:
    """Predictive control on the way, the final approach at the end."""

    def __init__(
        self, config: ControllerConfig, robot: RobotConfig, rng: np.random.Generator
    ) -> None:
        self._config = config
        self._robot = robot
        self._controller = PredictiveController(config, robot, rng)
        self._final = FinalApproach(config, robot)
        self._turning = False
        self._ending = False

    def reset(self) -> None:
        self._controller.reset()
        self._final.reset()
        self._turning = self._ending = False

    def measured(self, twist: Twist2D) -> None:
        """How the base really moves: the gate may hold it back."""
        self._controller.measured = twist

    def arrived(self, pose: Pose2D, goal: Pose2D) -> bool:
        return self._ending and self._final.arrived(pose.inverse().compose(goal))

    def drive(
        self,
        route: Route,
        pose: Pose2D,
        twist: Twist2D,
        around: Surroundings,
        people: Iterable[Track],
        max_speed: float,
    ) -> Twist2D | None:
        """Next command; None when there is no motion that touches nothing."""
        last = route.path.poses[-1]
        error = pose.inverse().compose(Pose2D(float(last[0]), float(last[1]), float(last[2])))
        distance = math.hypot(error.x, error.y)
        reach = self._config.final_distance * (2.0 if self._ending else 1.0)
        self._ending = distance < reach and route.remaining < 2.0 * reach
        if self._ending:
            return self.careful(self._final.step(error), around)
        ahead = route.ahead(pose, self._config.lookahead)
        turn = self._turn_first(ahead, twist)
        if turn is not None:
            safe = checked(turn, around, self._robot, self._config.clearance_hard)
            if safe != STANDSTILL:
                return self._controller.ramped(safe)
        bodies = _in_base(people, pose, self._config.person_radius)
        speed = min(
            max_speed,
            self._config.max_speed,
            0.1 + math.sqrt(2.0 * GOAL_BRAKING * route.remaining),
        )
        return self._controller.step(ControlInputs(twist, around, bodies, ahead, speed))

    def careful(self, wanted: Twist2D, around: Surroundings) -> Twist2D:
        """A wanted twist, ramped, or braking when it would lead into something."""
        safe = checked(wanted, around, self._robot, self._config.clearance_hard)
        return self._controller.ramped(safe)

    def stop(self) -> Twist2D:
        """Brake along the ramp."""
        return self._controller.ramped(STANDSTILL)

    def _turn_first(self, ahead: NDArray[np.float64], twist: Twist2D) -> Twist2D | None:
        way = ahead[0, 3] - ahead[:, 3]
        aim = ahead[min(int(np.searchsorted(way, TURN_AIM_M)), len(ahead) - 1)]
        angle = wrap_angle(math.atan2(aim[1], aim[0]))
        limit = TURNED_RAD if self._turning else TURN_FIRST_RAD
        slow = self._turning or abs(twist.linear) < 0.1
        self._turning = slow and abs(angle) > limit and math.hypot(aim[0], aim[1]) > 0.1
        if not self._turning:
            return None
        return Twist2D(0.0, math.copysign(min(TURN_RATE, TURN_GAIN * abs(angle)), angle))


def _in_base(people: Iterable[Track], pose: Pose2D, radius: float) -> NDArray[np.float64]:
    """(n, 5) x, y, vx, vy, radius in base_link."""
    to_base = pose.inverse()
    turn = Pose2D(0.0, 0.0, to_base.yaw)
    rows = [
        (*to_base.transform(track.position), *turn.transform(track.velocity), radius)
        for track in people
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, 5)
