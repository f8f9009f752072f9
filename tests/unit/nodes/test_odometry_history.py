"""A scan is placed at the instant it was taken."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from or_robot.geometry.pose import Pose2D
from or_robot.nodes.odometry_history import OdometryHistory
from or_robot.types.motion import STANDSTILL, Odometry, PoseEstimate


def turning(speed: float) -> OdometryHistory:
    """One second of 50 Hz at `speed` rad/s and 1 m/s along x of odom, from t = 10 s."""
    history = OdometryHistory()
    for n in range(51):
        t = n / 50
        history.add(
            Odometry(10.0 + t, Pose2D(t, 0.0, math.remainder(speed * t, 2 * math.pi)), STANDSTILL)
        )
    return history


@given(st.floats(0, 1), st.floats(-3, 3))
def test_between_readings_it_interpolates(t: float, speed: float) -> None:
    pose = turning(speed).at(10.0 + t)
    assert pose is not None
    assert pose.x == pytest.approx(t)
    assert math.remainder(pose.yaw - speed * t, 2 * math.pi) == pytest.approx(0, abs=1e-9)


def test_too_far_off_is_unknown() -> None:
    history = turning(0.0)
    assert history.at(11.05) == Pose2D(1.0, 0.0, 0.0)
    assert history.at(11.2) is None
    assert history.at(9.8) is None
    assert OdometryHistory().at(0.0) is None


@given(st.floats(0, 1), st.floats(0, 1))
def test_an_estimate_is_carried_by_the_way_between(a: float, b: float) -> None:
    estimate = PoseEstimate(10.0 + a, Pose2D(5.0, 5.0, math.pi / 2), None, False)  # type: ignore[arg-type]
    pose = turning(0.0).carry(estimate, 10.0 + b)
    assert pose is not None
    assert (pose.x, pose.y) == pytest.approx((5.0, 5.0 + b - a))


def test_time_that_goes_back_empties_it() -> None:
    history = turning(0.0)
    history.add(Odometry(0.02, Pose2D(9.0, 9.0, 0.0), STANDSTILL))
    assert history.at(10.5) is None
    assert history.at(0.02) == Pose2D(9.0, 9.0, 0.0)
