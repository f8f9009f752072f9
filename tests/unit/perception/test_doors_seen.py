import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from or_robot.config.perception import DoorConfig
from or_robot.geometry.pose import Pose2D
from or_robot.perception.doors import DoorWatch, opening_of
from or_robot.types.motion import LaserScan, PoseEstimate
from or_robot.types.perception import DoorState
from or_robot.types.site import Door

CONFIG = DoorConfig()
DOOR = Door("OR-1", np.array([[2.0, 3.0], [3.6, 3.0]]))
BEAMS = 720


def scan(opening: float, pose: Pose2D, stamp_s: float = 0.0) -> LaserScan:
    """A wall along y = 3 with the door in it; behind it, a room 4 m deep."""
    bearings = -math.pi + math.tau / BEAMS * np.arange(BEAMS)
    angles = bearings + pose.yaw
    with np.errstate(all="ignore"):
        wall = (3.0 - pose.y) / np.sin(angles)
        back = (7.0 - pose.y) / np.sin(angles)
    wall, back = (np.where(np.abs(d) < 100.0, d, np.inf) for d in (wall, back))
    x = pose.x + wall * np.cos(angles)
    edge = 2.0 + opening * 1.6
    free = (x > 2.0) & (x < edge)
    ranges = np.where(wall > 0.0, np.where(free, back, wall), np.inf)
    ranges += np.random.default_rng(int(1000 * opening)).normal(0.0, 0.01, BEAMS)
    place = Pose2D(0.0, 0.0, 0.0)
    return LaserScan(
        stamp_s, -math.pi, math.tau / BEAMS, 0.05, 25.0, ranges.astype(np.float32), place
    )


@given(st.floats(0.0, 1.0), st.floats(1.2, 4.5), st.floats(0.8, 2.0), st.floats(-3.0, 3.0))
def test_the_opening_is_measured(opening: float, x: float, y: float, yaw: float) -> None:
    pose = Pose2D(x, y, yaw)
    found = opening_of(scan(opening, pose), pose, DOOR, CONFIG)
    if found is not None:
        assert found == pytest.approx(opening, abs=0.15)


def watch(openings: list[float], step_s: float = 0.1) -> list[DoorState]:
    doors = DoorWatch(CONFIG, {"door": DOOR})
    pose = Pose2D(2.8, 1.0, 1.5)
    states = []
    for n, opening in enumerate(openings):
        estimate = PoseEstimate(n * step_s, pose, np.eye(3), False)
        (seen,) = doors.update(scan(opening, pose, n * step_s), estimate)
        states.append(seen.state)
    return states


def test_closed_opening_open() -> None:
    states = watch([0.0, 0.0, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0])
    assert states[0] is states[2] is DoorState.CLOSED
    assert set(states[3:7]) == {DoorState.OPENING}
    assert states[-1] is DoorState.OPEN


def test_half_open_is_neither() -> None:
    assert watch([0.5, 0.5, 0.5])[-1] is DoorState.OPENING


def test_unseen_too_long_or_too_far_is_unknown() -> None:
    doors = DoorWatch(CONFIG, {"door": DOOR})
    near, far = Pose2D(2.8, 1.0, 0.0), Pose2D(2.8, -9.0, 0.0)
    assert (
        doors.update(scan(0.0, far), PoseEstimate(0.0, far, np.eye(3), False))[0].state
        is DoorState.UNKNOWN
    )
    assert (
        doors.update(scan(0.0, near, 1.0), PoseEstimate(1.0, near, np.eye(3), False))[0].state
        is DoorState.CLOSED
    )
    late = 1.0 + CONFIG.keep_s + 0.1
    assert (
        doors.update(scan(0.0, far, late), PoseEstimate(late, far, np.eye(3), False))[0].state
        is DoorState.UNKNOWN
    )


def test_lost_or_failed_readings_say_nothing() -> None:
    doors = DoorWatch(CONFIG, {"door": DOOR})
    pose = Pose2D(2.8, 1.0, 0.0)
    lost = PoseEstimate(0.0, pose, np.eye(3), True)
    assert doors.update(scan(0.0, pose), lost)[0].state is DoorState.UNKNOWN
    failed = scan(0.0, pose)
    failed.ranges[:] = np.nan
    good = PoseEstimate(0.1, pose, np.eye(3), False)
    assert doors.update(failed, good)[0].state is DoorState.UNKNOWN
