"""The robot of yardstick `barn` among cylinders: exact contact, exact lidar, lag and delay."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import LaserScan, Odometry, Twist2D

STEP_S = 0.005
"""Of the plant and of the contact check."""
MOUNT = Pose2D(-0.065, 0.0, 0.0)
BEAMS = 720
FIELD_OF_VIEW = math.radians(270.0)
RANGE_MIN, RANGE_MAX = 0.1, 30.0
X, Y, YAW, V, W, SEEN_X, SEEN_Y, SEEN_YAW, CLEARANCE, TRAVELLED = range(10)
"""Of the state: truth, odometry, least clearance so far, way driven."""


@dataclass(frozen=True)
class Conditions:
    """One row of the yardstick. All of it but the radius is known to the controller."""

    name: str
    max_speed: float = 2.0
    """m/s."""
    acceleration: float = 20.0
    """m/s²."""
    yaw_acceleration: float = 25.0
    """rad/s²."""
    delay: float = 0.0
    """s from a command to the base."""
    lag: float = 0.0
    """s, first order."""
    odometry_noise: float = 0.0
    """Standard deviation of the scale of odometry (one draw a run) and of each of its steps."""
    scan_sigma: float = 0.001
    """m."""
    radius: float | None = None
    """Of the cylinders, m; None: the world's own."""

    @property
    def robot(self) -> RobotConfig:
        return RobotConfig(
            length=0.508,
            width=0.432,
            max_speed=self.max_speed,
            max_reverse_speed=0.5,
            max_yaw_rate=4.0,
            max_acceleration=self.acceleration,
            max_deceleration=self.acceleration,
            max_yaw_acceleration=self.yaw_acceleration,
        )


@dataclass(frozen=True)
class World:
    """One BARN world, metres."""

    number: int
    start: Pose2D
    goal: tuple[float, float]
    radius: float
    cylinders: NDArray[np.float64]
    """(n, 2) centres."""
    path_length: float
    """The challenge's own, for the score."""


class Plant:
    """Truth about one run. The controller is given `scan()` and `odometry()` only."""

    def __init__(self, world: World, conditions: Conditions, seed: int) -> None:
        self._rng = np.random.default_rng([seed, world.number])
        self._conditions = conditions
        self.radius = conditions.radius or world.radius
        self._cylinders = world.cylinders
        start = world.start
        self._state = np.array([start.x, start.y, start.yaw, 0, 0, 0, 0, 0, math.inf, 0.0])
        self._scale = 1.0 + conditions.odometry_noise * self._rng.normal(size=2)
        self._under_way: deque[tuple[float, Twist2D]] = deque()
        self._asked = Twist2D(0.0, 0.0)
        self._robot = robot = conditions.robot
        self._limits = np.array(
            [
                1.0 - math.exp(-STEP_S / conditions.lag) if conditions.lag else 1.0,
                robot.max_acceleration * STEP_S,
                robot.max_yaw_acceleration * STEP_S,
                robot.length / 2.0,
                robot.width / 2.0,
            ]
        )
        self.time_s = 0.0

    @property
    def pose(self) -> Pose2D:
        return Pose2D(float(self._state[X]), float(self._state[Y]), float(self._state[YAW]))

    @property
    def clearance(self) -> float:
        """Least so far between rectangle and cylinders, m; negative after a touch."""
        return float(self._state[CLEARANCE])

    @property
    def travelled(self) -> float:
        return float(self._state[TRAVELLED])

    def command(self, twist: Twist2D) -> None:
        """Takes effect after the delay."""
        self._under_way.append((self.time_s + self._conditions.delay, twist))

    def advance(self, until_s: float) -> None:
        """Move on in steps of STEP_S."""
        robot, conditions = self._robot, self._conditions
        while self.time_s < until_s - 1e-9:
            while self._under_way and self._under_way[0][0] <= self.time_s + 1e-9:
                asked = self._under_way.popleft()[1]
                v = min(max(asked.linear, -robot.max_reverse_speed), robot.max_speed)
                w = min(max(asked.angular, -robot.max_yaw_rate), robot.max_yaw_rate)
                self._asked = Twist2D(v, w)
            noise = 1.0 + conditions.odometry_noise * self._rng.normal(size=2)
            asked_now = np.array([self._asked.linear, self._asked.angular])
            seen = self._scale * noise
            _step(self._state, asked_now, self._limits, seen, self._cylinders, self.radius)
            self.time_s += STEP_S

    def odometry(self) -> Odometry:
        """odom ← base_link, starting at the origin."""
        state = self._state
        pose = Pose2D(float(state[SEEN_X]), float(state[SEEN_Y]), float(state[SEEN_YAW]))
        twist = Twist2D(float(state[V] * self._scale[0]), float(state[W] * self._scale[1]))
        return Odometry(self.time_s, pose, twist)

    def scan(self) -> LaserScan:
        sensor = self.pose.compose(MOUNT)
        increment = FIELD_OF_VIEW / (BEAMS - 1)
        first = -FIELD_OF_VIEW / 2.0
        ranges = cast(
            self._cylinders, self.radius, sensor.x, sensor.y, sensor.yaw + first, increment
        )
        ranges += self._rng.normal(0.0, self._conditions.scan_sigma, BEAMS)
        return LaserScan(
            self.time_s, first, increment, RANGE_MIN, RANGE_MAX, ranges.astype(np.float32), MOUNT
        )


@njit(cache=True)
def _step(
    state: NDArray[np.float64],
    asked: NDArray[np.float64],
    limits: NDArray[np.float64],
    seen: NDArray[np.float64],
    cylinders: NDArray[np.float64],
    radius: float,
) -> None:
    """One step of the base, in place; limits: gain of the lag, v and w a step, half sizes."""
    old_v, old_w = state[V], state[W]
    state[V] += min(max((asked[0] - old_v) * limits[0], -limits[1]), limits[1])
    state[W] += min(max((asked[1] - old_w) * limits[0], -limits[2]), limits[2])
    way, turn = 0.5 * (old_v + state[V]) * STEP_S, 0.5 * (old_w + state[W]) * STEP_S
    state[X] += way * math.cos(state[YAW] + 0.5 * turn)
    state[Y] += way * math.sin(state[YAW] + 0.5 * turn)
    state[YAW] += turn
    state[TRAVELLED] += abs(way)
    way, turn = way * seen[0], turn * seen[1]
    state[SEEN_X] += way * math.cos(state[SEEN_YAW] + 0.5 * turn)
    state[SEEN_Y] += way * math.sin(state[SEEN_YAW] + 0.5 * turn)
    state[SEEN_YAW] += turn
    cos, sin = math.cos(state[YAW]), math.sin(state[YAW])
    for n in range(len(cylinders)):
        dx, dy = cylinders[n, 0] - state[X], cylinders[n, 1] - state[Y]
        along = abs(cos * dx + sin * dy) - limits[3]
        aside = abs(cos * dy - sin * dx) - limits[4]
        gap = math.hypot(max(along, 0.0), max(aside, 0.0)) + min(max(along, aside), 0.0)
        state[CLEARANCE] = min(state[CLEARANCE], gap - radius)


@njit(cache=True)
def cast(
    cylinders: NDArray[np.float64],
    radius: float,
    x: float,
    y: float,
    first: float,
    increment: float,
) -> NDArray[np.float64]:
    """(BEAMS,) range along each beam to the first cylinder, m; inf beyond the lidar's range."""
    ranges = np.full(BEAMS, np.inf)
    for n in range(len(cylinders)):
        dx, dy = cylinders[n, 0] - x, cylinders[n, 1] - y
        distance = math.hypot(dx, dy)
        if not radius < distance < RANGE_MAX:
            continue
        half = math.asin(radius / distance)
        middle = (math.atan2(dy, dx) - first) % (2.0 * math.pi)
        for turn in (0.0, 2.0 * math.pi):  # a cylinder may straddle the first beam
            low = max(math.ceil((middle - turn - half) / increment), 0)
            high = min(math.floor((middle - turn + half) / increment), BEAMS - 1)
            for beam in range(low, high + 1):
                off = beam * increment - (middle - turn)
                inner = radius * radius - (distance * math.sin(off)) ** 2
                there = distance * math.cos(off) - math.sqrt(max(inner, 0.0))
                ranges[beam] = min(ranges[beam], there)
    return ranges
