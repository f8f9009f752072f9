"""All of perception in one cycle, carried along the wing among its staff: false stops, time."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from or_robot.bench.leg_simulation import drive_poses
from or_robot.config.perception import DepthConfig, DoorConfig, MarkerConfig, PeopleConfig
from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.perception.doors import DoorWatch
from or_robot.perception.eyes import Eyes
from or_robot.perception.people import PeopleTracker
from or_robot.scenario.description import load_scenario
from or_robot.scenario.events import Kidnap
from or_robot.scenario.truth import PersonTruth
from or_robot.sim.world import SimWorld
from or_robot.types.motion import LaserScan, PoseEstimate
from or_robot.types.perception import Blindness, DepthObstacles
from or_robot.types.sensing import RgbdImage
from or_robot.types.site import Site

WORLD = "operating_wing"
STAFF = "crowded_corridor"
"""Scenario whose people walk about."""
WAYS = (
    ((3.0, 8.0), (20.5, 8.0), (8.0, 8.2)),
    ((20.6, 4.6), (20.6, 8.0), (13.1, 7.8), (13.1, 4.8)),
    ((2.6, 12.0), (2.6, 8.0), (8.6, 8.0), (8.6, 9.5)),
)
"""Along the corridor, into rooms; not within sight of a table that the map does not show."""
PERIOD_S = 0.2
"""Of images; a cycle has the newest scan, too."""
SCAN_S = 0.1
SPEED = 0.6
"""m/s along the wing."""
STOP_AHEAD = 1.5
"""m before the robot in which an obstacle that is none would stop it."""
BODY = 0.7
"""m around the middle of a person in which a point is that person, arms and stride included."""
POSE_SIGMA = (0.012, 0.012, 0.004)
"""m, m, rad by which localization errs."""
ROOM = 0.9
"""m from a person's middle to the robot's within which it stands."""
AHEAD = 4
"""Cycles that the place looked at for people is ahead."""
WARM_CYCLES = 5
"""The first ones compile."""


class Cycle:
    """Everything that is looked for: people and doors in a scan, obstacles and markers in an image.

    Markers are searched in every image, which the robot does only while somebody wants them.
    """

    def __init__(self, site: Site) -> None:
        depth = DepthConfig()
        markers = dataclasses.replace(MarkerConfig(), rate=depth.rate)
        self.people = PeopleTracker(PeopleConfig(), site.map)
        self.doors = DoorWatch(DoorConfig(), site.doors)
        self.eyes = Eyes(depth, markers, site.map, site.doors.values())

    def run(
        self, scan: LaserScan, image: RgbdImage, guess: Pose2D
    ) -> tuple[DepthObstacles | None, float]:
        """What stands in the way, and the ms of processor time it all took, on one core."""
        pose = PoseEstimate(scan.stamp_s, guess, np.eye(3) * 1e-4, False)
        threads = cv2.getNumThreads()
        cv2.setNumThreads(1)
        started = time.thread_time()
        tracks = self.people.update(scan, pose)
        self.doors.update(scan, pose)
        found, _ = self.eyes.look(image, pose, tracks)
        elapsed = 1e3 * (time.thread_time() - started)
        cv2.setNumThreads(threads)
        return found, elapsed


def free_minute(seed: int) -> dict[str, Any]:
    """A minute along the wing where nothing lies that is not on the map; people walk, who see
    the robot."""
    scenario = load_scenario(STAFF)
    staff = [dataclasses.replace(person, attentive=True) for person in scenario.people]
    world = SimWorld(WORLD, seed=seed, people=staff)
    cycle, rng, robot = Cycle(scenario.site), np.random.default_rng(seed), RobotConfig()
    count = round(60.0 / PERIOD_S)
    poses = drive_poses(np.array(WAYS[seed % len(WAYS)]), count, SPEED * PERIOD_S)
    stops, before, times, blind, at = 0, False, [], 0, 0
    for n in range(count):
        pose = poses[at]
        # as the robot would, it stands while somebody is near
        at += not someone_near(poses[min(at + AHEAD, count - 1)], world.truth().people)
        world.happen(Kidnap(pose))
        scans = world.step((n + 1) * PERIOD_S).scans
        guess = pose.compose(Pose2D(*rng.normal(0.0, POSE_SIGMA)))
        for scan in scans[:-1]:
            still = PoseEstimate(scan.stamp_s, guess, np.eye(3) * 1e-4, False)
            cycle.people.update(scan, still)
        found, elapsed = cycle.run(scans[-1], world.camera_now(), guess)
        times.append(elapsed)
        blind += cycle.eyes.seen is not Blindness.NONE
        points = found.points if found is not None else np.empty((0, 3))
        stop = in_the_way(unreal(points, world.truth().people), pose, robot)
        stops += stop and not before
        before = stop
    return {
        "kind": "free",
        "false_stops": stops,
        "blind_images": blind,
        "cycle_ms": times[WARM_CYCLES:],
        "ms": [],
    }


def someone_near(pose: Pose2D, people: tuple[PersonTruth, ...]) -> bool:
    return any(np.hypot(*(person.discs[0, :2] - (pose.x, pose.y))) < ROOM for person in people)


def unreal(points: NDArray[np.float64], people: tuple[PersonTruth, ...]) -> NDArray[np.float64]:
    """Of points (n, 3) on the map those where nobody is."""
    for person in people:
        points = points[np.hypot(*(points[:, :2] - person.discs[0, :2]).T) > BODY]
    return points


def in_the_way(points: NDArray[np.float64], pose: Pose2D, robot: RobotConfig) -> bool:
    """Whether one of the points (n, 3) would stop the robot."""
    local = pose.inverse().transform(points[:, :2])
    ahead = local[:, 0] - robot.length / 2.0
    beside = np.abs(local[:, 1]) < robot.width / 2.0
    return bool(np.any((ahead > 0.0) & (ahead < STOP_AHEAD) & beside))
