import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.config.localization import LocalizationConfig
from or_robot.geometry.pose import Pose2D
from or_robot.geometry.transform import Transform
from or_robot.localization.odometry_filter import OdometryFilter, mounted
from or_robot.types.motion import STANDSTILL, Odometry
from or_robot.types.sensing import ImuReading

DT = 0.05
BIAS = 0.01


def imu(stamp_s: float, turn: float, push: float) -> ImuReading:
    turning, force = np.array([0.0, 0.0, turn]), np.array([push, 0.0, 9.81])
    return ImuReading(stamp_s, turning, force, 4e-6, 4e-4)


def drive(steps: int, speed: float, turn: float, wheels: float, with_imu: bool) -> OdometryFilter:
    """A second's standing, then `steps` at speed and turn; the wheels turn `wheels` times that."""
    reckoning, pose, before = OdometryFilter(LocalizationConfig()), Pose2D(0.0, 0.0, 0.0), 0.0
    for n in range(20 + steps):
        v, w = (speed, turn) if n >= 20 else (0.0, 0.0)
        pose = pose.compose(Pose2D(v * wheels * DT, 0.0, w * wheels * DT))
        readings = [imu(n * DT, w + BIAS, (v - before) / DT)] if with_imu else []
        reckoning.update(Odometry(n * DT, pose, STANDSTILL), readings)
        before = v
    return reckoning


@given(st.floats(-0.5, 1.0), st.floats(-1.0, 1.0), st.booleans())
@settings(max_examples=20, deadline=None)
def test_rolling_wheels_are_followed(speed: float, turn: float, with_imu: bool) -> None:
    found = drive(20, speed, turn, 1.0, with_imu)
    assert found.speed == pytest.approx(speed, abs=0.05)
    assert found.turn_rate == pytest.approx(turn, abs=0.05)
    assert math.hypot(found.pose.x, found.pose.y) <= abs(speed) + 0.05
    assert np.linalg.eigvalsh(found.covariance).min() > 0.0
    assert np.allclose(found.covariance, found.covariance.T)


def test_heading_holds_when_the_wheels_slip() -> None:
    believed = drive(20, 0.0, 0.8, 2.0, with_imu=True)
    deceived = drive(20, 0.0, 0.8, 2.0, with_imu=False)
    assert believed.pose.yaw == pytest.approx(0.8, abs=0.1)
    assert deceived.pose.yaw == pytest.approx(1.6, abs=0.1)


def test_spinning_wheels_are_noticed() -> None:
    spinning = drive(4, 0.0, 0.0, 1.0, with_imu=True)
    assert spinning.slipped == pytest.approx(0.0, abs=1e-3)
    pose = spinning.pose
    for n in range(6):  # the wheels jump to 0.8 m/s, the body does not
        pose = pose.compose(Pose2D(0.8 * DT, 0.0, 0.0))
        stamp_s = (24 + n) * DT
        spinning.update(Odometry(stamp_s, pose, STANDSTILL), [imu(stamp_s, BIAS, 0.0)])
    assert spinning.slipped > 0.1
    assert spinning.pose.x < 0.1


def test_standing_shows_the_gyroscopes_bias() -> None:
    found = drive(40, 0.0, 0.0, 1.0, with_imu=True)
    assert found.pose.yaw == pytest.approx(0.0, abs=2e-3)


def test_readings_that_are_no_numbers_are_left_out() -> None:
    found = drive(5, 0.5, 0.0, 1.0, with_imu=True)
    found.update(
        Odometry(30 * DT, Pose2D(0.15, 0.0, 0.0), STANDSTILL), [imu(30 * DT, math.nan, 0.0)]
    )
    assert np.isfinite([found.pose.x, found.pose.y, found.pose.yaw, found.speed]).all()


@given(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0), st.floats(-3.0, 3.0))
def test_mounting_turns_readings_and_back(roll: float, pitch: float, yaw: float) -> None:
    reading = imu(1.0, 0.4, 0.2)
    mount = Transform.from_xyz_rpy(0.1, 0.0, 0.3, roll, pitch, yaw)
    back = mounted(mounted(reading, mount), mount.inverse())
    assert np.allclose(back.angular_velocity, reading.angular_velocity)
    assert np.allclose(back.linear_acceleration, reading.linear_acceleration)
