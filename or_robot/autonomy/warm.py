"""Compile what numba compiles, once, so that no robot waits for it later (set-up calls this)."""

from __future__ import annotations

import math
import time

import numpy as np

from or_robot.autonomy.navigator import Navigator, NavigatorInputs
from or_robot.config.navigation import NavigatorConfig
from or_robot.config.perception import PeopleConfig
from or_robot.config.robot import RobotConfig
from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D
from or_robot.localization.localizer import Localizer
from or_robot.perception.people import PeopleTracker
from or_robot.types.motion import STANDSTILL, LaserScan, Odometry, PoseEstimate
from or_robot.types.site import FREE, OCCUPIED, OccupancyMap, Site

RADIUS = 2.5
"""m of the round room."""

PERIOD_S = 0.05
STEPS = 4
SEARCH_STEPS = 100
"""A lost robot has looked through the whole room by then."""


def warm_up() -> float:
    """Run the navigator through a few steps in a round room; returns the seconds it took."""
    started = time.perf_counter()
    config = NavigatorConfig()
    navigator = Navigator(config, _round_room(), RobotConfig())
    navigator.set_initial_pose(Pose2D(0.0, 0.0, 0.0))
    for n in range(STEPS):
        t_s = n * PERIOD_S
        moved = Odometry(t_s, Pose2D(0.02 * n, 0.0, 0.0), STANDSTILL)
        navigator.step(NavigatorInputs(_scan(t_s), moved), t_s)
        if n == 1:
            navigator.set_goal(Pose2D(1.2, 0.0, 0.0))
    people = PeopleTracker(PeopleConfig(), _round_room().map)
    for n in range(STEPS):
        here = PoseEstimate(n * 0.1, Pose2D(0.0, 0.0, 0.0), np.eye(3), False)
        people.update(_scan(n * 0.1), here)
    localizer = Localizer(config.localization, _round_room().map, np.random.default_rng(1))
    for n in range(SEARCH_STEPS):
        localizer.update_odometry(Odometry(n * PERIOD_S, Pose2D(0.0, 0.0, 0.0), STANDSTILL))
        localizer.update_scan(_scan(n * PERIOD_S))
    return time.perf_counter() - started


def _scan(t_s: float) -> LaserScan:
    ranges = np.full(360, RADIUS, dtype=np.float32)
    return LaserScan(t_s, -math.pi, math.tau / 360, 0.05, 25.0, ranges, Pose2D(0.0, 0.0, 0.0))


def _round_room() -> Site:
    spec = GridSpec(-3.0, -3.0, 0.05, 120, 120)
    rows, columns = np.indices(spec.shape)
    centres = spec.centres(np.stack((rows, columns), axis=-1))
    wall = np.abs(np.hypot(centres[..., 0], centres[..., 1]) - RADIUS) < 0.05
    values = np.where(wall, OCCUPIED, FREE).astype(np.int8)
    return Site("round room", OccupancyMap(spec, values), {}, ())
