"""Scans of walking and standing staff in the simulated wing, with their legs, for training.

Real recordings come from other places and lidars; these show the wing's own furniture, walls
at every distance, a sensor that looks all round, and people in front of each other.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from or_robot.bench.people_bags import Recording
from or_robot.geometry.pose import Pose2D
from or_robot.scenario.description import ObjectPlan
from or_robot.scenario.events import Kidnap
from or_robot.scenario.people import PersonPlan
from or_robot.scenario.truth import PersonTruth
from or_robot.sim.world import SimWorld
from or_robot.types.motion import LaserScan

PERIOD_S = 0.1
ROUTES = (
    ((3.2, 8.6), (19.0, 7.8)),
    ((21.5, 7.4), (6.0, 8.6)),
    ((9.0, 7.3), (12.4, 8.7), (15.0, 7.3)),
    ((4.5, 8.0), (8.6, 8.4), (8.6, 10.6)),
    ((20.6, 4.4), (20.6, 7.6), (17.0, 8.4)),
    ((13.1, 5.2), (13.1, 7.4), (9.0, 7.5)),
    ((2.6, 10.8), (2.6, 8.2), (6.0, 7.3)),
    ((18.2, 10.6), (17.8, 8.2), (12.0, 8.0)),
)
STANDING = ((10.6, 8.8), (16.4, 7.2), (5.6, 8.8), (12.0, 4.6), (3.3, 11.6), (19.4, 10.5))
"""Where people stand about."""
THINGS = (
    ("stool", Pose2D(7.2, 7.2, 0.0)),
    ("drip_stand", Pose2D(14.0, 8.8, 0.0)),
    ("instrument_cart", Pose2D(19.6, 8.8, 0.4)),
    ("waste_bin", Pose2D(11.6, 7.1, 0.0)),
    ("mayo_stand", Pose2D(4.4, 7.2, 0.7)),
)
DRIVES = (
    ((3.0, 8.0), (20.5, 8.0), (8.0, 8.2)),
    ((20.6, 4.6), (20.6, 8.0), (13.1, 7.8), (13.1, 4.8)),
    ((2.6, 12.0), (2.6, 8.0), (8.6, 8.0), (8.6, 10.6)),
)
"""Where the robot is carried along, one recording each."""
SPEED = 0.6
"""m/s of the robot."""
STAND_EVERY, STAND_SCANS = 150, 60
"""Scans of a drive after which it stands, and for how many."""
POSE_SIGMA = (0.012, 0.012, 0.004)
"""m, m, rad by which localization errs."""


def simulated_recordings(seed: int, scans: int) -> tuple[Recording, ...]:
    """One recording of so many scans a drive."""
    return tuple(_record(seed + n, drive, scans) for n, drive in enumerate(DRIVES))


def _record(seed: int, drive: tuple[tuple[float, float], ...], count: int) -> Recording:
    rng = np.random.default_rng(seed)
    walkers = [
        PersonPlan(
            f"walker_{n}", np.array(route), 0.6 + 0.1 * n, 0.0, "back", bool(n % 2), turns_back=0.5
        )
        for n, route in enumerate(ROUTES)
    ]
    standing = [
        PersonPlan(f"standing_{n}", np.array([place, place]), 1.0, math.inf, "stop", True)
        for n, place in enumerate(STANDING)
    ]
    things = [ObjectPlan(model, model, pose, 0.0) for model, pose in THINGS]
    poses = drive_poses(np.array(drive), count, SPEED * PERIOD_S)
    world = SimWorld(
        "operating_wing",
        seed=seed,
        people=[*walkers, *standing],
        objects=things,
    )
    scans: list[LaserScan] = []
    sensors, legs = [], []
    for n, pose in enumerate(poses):
        world.happen(Kidnap(pose))
        scan = world.step((n + 1) * PERIOD_S).scans[-1]
        sensor = pose.compose(scan.mount)
        scans.append(scan)
        sensors.append(sensor.compose(Pose2D(*rng.normal(0.0, POSE_SIGMA))))
        legs.append(_faces(world.truth().people, sensor))
    return Recording(f"simulated_{seed}", tuple(scans), tuple(sensors), tuple(legs))


def _faces(people: tuple[PersonTruth, ...], sensor: Pose2D) -> NDArray[np.float64]:
    """(n, 2) where the middle of each leg's cluster is to be, and of both legs as one cluster."""
    discs = np.array([person.discs[1:] for person in people])
    together = np.hypot(*(discs[:, 0, :2] - discs[:, 1, :2]).T) < 2.0 * discs[:, 0, 2] + 0.13
    middles = discs[together].mean(axis=1)
    centres = np.concatenate((discs.reshape(-1, 3), middles))
    local = sensor.inverse().transform(centres[:, :2])
    distance = np.maximum(np.hypot(*local.T), 1e-6)
    # the side that the lidar sees, averaged over its half circle
    seen = np.maximum(distance - 0.7 * centres[:, 2], 0.0) / distance
    return np.asarray(local * seen[:, None])


def drive_poses(corners: NDArray[np.float64], count: int, step: float) -> list[Pose2D]:
    """Along the corners (n, 2) to and fro in steps of so many m, standing now and then."""
    legs = np.diff(corners, axis=0)
    lengths = np.hypot(*legs.T)
    total = float(lengths.sum())
    marks = np.concatenate(([0.0], np.cumsum(lengths)))
    poses, way = [], 0.0
    for n in range(count):
        if n % STAND_EVERY < STAND_EVERY - STAND_SCANS:
            way += step
        along = way % (2.0 * total)
        back = along > total
        along = 2.0 * total - along if back else along
        leg = min(int(np.searchsorted(marks, along, side="right")) - 1, len(legs) - 1)
        at = corners[leg] + (along - marks[leg]) / lengths[leg] * legs[leg]
        yaw = math.atan2(*legs[leg][::-1]) + (math.pi if back else 0.0)
        poses.append(Pose2D(float(at[0]), float(at[1]), yaw + 0.3 * math.sin(n / 15.0)))
    return poses
