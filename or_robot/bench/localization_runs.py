"""Runs of the yardstick `localization`: one drive, or one kidnap."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from or_robot.bench.localization_drive import Drive, standing_places
from or_robot.config.localization import LocalizationConfig
from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.localization.localizer import Localizer
from or_robot.scenario.run_log import PARTS
from or_robot.sim.world import SimWorld
from or_robot.types.sensing import SensorFrame
from or_robot.world.site import load_site

TRACK_S = 60.0
BEFORE_S = 4.0
AFTER_S = 20.0
"""Watched so long after a kidnap."""
SETTLED_M, SETTLED_RAD = 0.15, math.radians(5.0)
"""Nearer than this to the truth, and not lost: recovered."""
WRONG_M = 0.5
"""Further off than this, and not lost: a wrong claim."""
PEOPLE_ROOM_M = 0.7


class Job(NamedTuple):
    kind: str
    """"track" | "kidnap"."""
    seed: int


@dataclass(frozen=True)
class TrackRun:
    """Ten times a second, until something touches the robot (which may tip it over)."""

    position_m: list[float]
    heading_deg: list[float]
    lost: list[bool]
    update_ms: list[float]
    """Processor time of each scan with the odometry before it."""


@dataclass(frozen=True)
class KidnapRun:
    to: list[float]
    """x, y, heading: m, rad."""
    noticed_s: float | None
    """After the kidnap: when it first said "lost"."""
    recovered_s: float | None
    """After the kidnap: when it first was right again and said so."""
    wrong_s: float
    """Time it claimed to be somewhere else, after it had said "lost" or been right again."""
    update_ms: list[float]
    why: str
    """What it said last."""


class Robot:
    """Localization fed as the navigator feeds it, at 20 Hz with the newest of everything."""

    def __init__(self, seed: int, start: Pose2D) -> None:
        site = load_site("operating_wing")
        rng = np.random.default_rng(seed)
        self.localizer = Localizer(LocalizationConfig(), site.map, rng, site.leaves)
        self.localizer.set_pose(start)
        self.update_ms: list[float] = []

    def sense(self, frame: SensorFrame) -> None:
        started = time.thread_time()
        if frame.odometry:
            self.localizer.update_odometry(frame.odometry[-1], frame.imu)
        if frame.scans:
            self.localizer.update_scan(frame.scans[-1])
        self.update_ms.append(round(1e3 * (time.thread_time() - started), 3))

    def off(self, truth: Pose2D) -> tuple[float, float]:
        """m and rad from the truth."""
        estimate = self.localizer.estimate()
        assert estimate is not None
        return estimate.pose.distance_to(truth), abs(wrap_angle(estimate.pose.yaw - truth.yaw))


def run_job(
    jobs: Sequence[Job], index: int, progress: Callable[[float], None]
) -> tuple[int, TrackRun | KidnapRun]:
    kind, seed = jobs[index]
    return index, (_track if kind == "track" else _kidnap)(seed, progress)


def read_run(line: dict[str, Any]) -> tuple[Job, TrackRun | KidnapRun]:
    """What `json` made of a kept run."""
    kind = TrackRun if line["kind"] == "track" else KidnapRun
    return Job(line["kind"], line["seed"]), kind(**line["run"])


def source_mark() -> str:
    """Names the code and settings that a run depends on: the whole robot drives in it."""
    here = Path(__file__).resolve().parent
    files = sorted(here.glob("localization_*.py"))
    for part in PARTS:
        files += sorted((here.parent / part).rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _warmed(seed: int, first: int) -> tuple[Drive, Robot]:
    """A drive with everything compiled, so that no run pays for it."""
    drive = Drive(seed, first)
    rehearsal = Robot(seed, drive.pose())
    frame = drive.step()
    while not frame.scans:
        frame = drive.step()
    rehearsal.sense(frame)
    search = rehearsal.localizer.search_now(frame.scans[-1])
    assert len(search)
    return drive, Robot(seed, drive.pose())


def _track(seed: int, progress: Callable[[float], None]) -> TrackRun:
    drive, robot = _warmed(seed, 7 * seed)
    position, heading, lost = [], [], []
    while drive.world.time_s < TRACK_S:
        frame = drive.step()
        robot.sense(frame)
        if frame.scans:
            metres, radians = robot.off(drive.pose())
            position.append(round(metres, 4))
            heading.append(round(math.degrees(radians), 3))
            lost.append(robot.localizer.lost)
        if drive.world.truth().contacts:
            break
        progress(drive.world.time_s / TRACK_S)
    return TrackRun(position, heading, lost, robot.update_ms)


def _kidnap(seed: int, progress: Callable[[float], None]) -> KidnapRun:
    drive, robot = _warmed(seed, 11 * seed)
    while drive.world.time_s < BEFORE_S:
        robot.sense(drive.step())
    to = _elsewhere(seed, drive)
    drive.kidnap(to)
    lifted_s = drive.world.time_s
    noticed = recovered = None
    wrong_s = after_s = 0.0
    while after_s < AFTER_S:
        robot.sense(drive.step())
        after_s = round(drive.world.time_s - lifted_s, 3)
        lost = robot.localizer.lost
        metres, radians = robot.off(drive.pose())
        if lost and noticed is None:
            noticed = after_s
        if not lost and metres < SETTLED_M and radians < SETTLED_RAD and recovered is None:
            recovered = after_s
        if not lost and metres > WRONG_M and (noticed is not None or recovered is not None):
            wrong_s += 0.05
        drive.standing = lost or noticed is not None
        progress(after_s / AFTER_S)
    why = robot.localizer.reason
    return KidnapRun([to.x, to.y, to.yaw], noticed, recovered, wrong_s, robot.update_ms, why)


def _elsewhere(seed: int, drive: Drive) -> Pose2D:
    """Any place of the wing, in any heading, where the robot touches nothing and nobody stands."""
    rng = np.random.default_rng([seed, 5])
    places = standing_places(load_site("operating_wing"))
    people = [person.discs[:, :2] for person in drive.world.truth().people]
    taken = np.concatenate(people)
    while True:
        x, y = places[rng.integers(len(places))].tolist()
        pose = Pose2D(x, y, float(rng.uniform(-math.pi, math.pi)))
        if np.hypot(*(taken - (x, y)).T).min() > PEOPLE_ROOM_M and _stands_free(pose):
            return pose


def _stands_free(pose: Pose2D) -> bool:
    """The map does not know what hangs above the lidar's plane; the simulator does."""
    try:
        SimWorld("operating_wing", seed=0, start=pose)
    except OrRobotError:
        return False
    return True
