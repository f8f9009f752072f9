import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import LaserScan
from or_robot.world.point_memory import PointMemory, smoothed

BEAMS = 181
INCREMENT = math.pi / (BEAMS - 1)
MOUNT = Pose2D(0.1, 0.0, 0.0)


def scan(ranges: np.ndarray, stamp_s: float = 0.0) -> LaserScan:
    return LaserScan(stamp_s, -math.pi / 2, INCREMENT, 0.1, 10.0, ranges.astype(np.float32), MOUNT)


def memory() -> PointMemory:
    return PointMemory(6.0, 10.0, 0.01)


def test_what_goes_out_of_view_is_kept_and_what_vanishes_in_view_is_not() -> None:
    kept = memory()
    kept.update(scan(np.full(BEAMS, 2.0)), Pose2D(0.0, 0.0, 0.0))
    count = len(kept.points)
    assert count > 100
    kept.update(scan(np.full(BEAMS, np.inf), 1.0), Pose2D(0.0, 0.0, math.pi))
    behind = len(kept.points)
    assert count - 15 <= behind <= count  # a little of both half circles overlaps
    kept.update(scan(np.full(BEAMS, np.inf), 2.0), Pose2D(0.0, 0.0, 0.0))
    assert len(kept.points) < 15


def test_hidden_points_are_kept_failed_beams_clear_nothing_and_driving_on_ends_all() -> None:
    kept = memory()
    kept.update(scan(np.full(BEAMS, 3.0)), Pose2D(0.0, 0.0, 0.0))
    far = len(kept.points)
    kept.update(scan(np.full(BEAMS, 1.0), 1.0), Pose2D(0.0, 0.0, 0.0))
    near = len(kept.points) - far
    assert near > 100
    kept.update(scan(np.full(BEAMS, np.nan), 2.0), Pose2D(0.0, 0.0, 0.0))
    assert len(kept.points) == far + near
    kept.update(scan(np.full(BEAMS, np.nan), 300.0), Pose2D(0.0, 0.0, 0.0))
    assert len(kept.points) == far + near  # however long it stands
    for turn in range(5):
        kept.update(scan(np.full(BEAMS, np.nan)), Pose2D(2.5 * (turn % 2), 0.0, 0.0))
    assert len(kept.points) == 0


@given(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0), st.floats(-3.0, 3.0))
@settings(max_examples=20, deadline=None)
def test_points_lie_where_the_beams_ended(x: float, y: float, yaw: float) -> None:
    kept, pose = memory(), Pose2D(x, y, yaw)
    kept.update(scan(np.full(BEAMS, 2.0)), pose)
    sensor = pose.compose(MOUNT)
    gaps = np.hypot(*(kept.points - [sensor.x, sensor.y]).T)
    assert np.allclose(gaps, 2.0, atol=1e-5)


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_smoothing_lessens_noise_and_keeps_edges(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = np.where(np.arange(BEAMS) < 90, 0.6, 1.5)
    found = smoothed(true + rng.normal(0.0, 0.01, BEAMS), 0.006, 0.035)
    error = found - true
    assert np.abs(error).max() < 0.05  # never between the two surfaces
    assert error[5:85].std() < 0.009
