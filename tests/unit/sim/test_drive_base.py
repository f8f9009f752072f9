"""The base: limits, time-out, odometry."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from or_robot.config.robot import RobotConfig
from or_robot.sim.base import Battery, DriveController, WheelOdometry, approach
from or_robot.sim.config import SimConfig
from or_robot.sim.sdf import DiffDrive
from or_robot.types.motion import Twist2D

DRIVE = DiffDrive("left", "right", 0.5, 0.1, 50.0)
ROBOT = RobotConfig()
DT = 0.01
anything = st.floats(allow_nan=True, allow_infinity=True)


def controller() -> DriveController:
    return DriveController(ROBOT, DRIVE, SimConfig())


@given(st.lists(st.tuples(anything, anything), min_size=1, max_size=60))
def test_limits_hold_whatever_is_commanded(commands: list[tuple[float, float]]) -> None:
    drive = controller()
    last = drive.twist
    for tick, command in enumerate(commands):
        drive.command(Twist2D(*command), tick * DT)
        drive.wheel_speeds(tick * DT, DT, powered=True)
        now = drive.twist
        assert -ROBOT.max_reverse_speed <= now.linear <= ROBOT.max_speed
        assert abs(now.angular) <= ROBOT.max_yaw_rate
        rate = ROBOT.max_deceleration if abs(now.linear) < abs(last.linear) else None
        rate = rate or ROBOT.max_acceleration
        assert abs(now.linear - last.linear) <= rate * DT + 1e-12
        assert abs(now.angular - last.angular) <= ROBOT.max_yaw_acceleration * DT + 1e-12
        last = now


def test_stops_by_itself_after_the_timeout() -> None:
    drive = controller()
    for tick in range(100):
        drive.command(Twist2D(0.5, 0.2), tick * DT)
        drive.wheel_speeds(tick * DT, DT, powered=True)
    last_command = 99 * DT
    drive.wheel_speeds(last_command + 0.249, DT, powered=True)
    assert drive.twist.linear == pytest.approx(0.5)
    drive.wheel_speeds(last_command + 0.251, DT, powered=True)
    assert drive.twist.linear < 0.5
    for tick in range(100):
        drive.wheel_speeds(last_command + 0.26 + tick * DT, DT, powered=True)
    assert drive.twist == Twist2D(0.0, 0.0)


def test_estop_brakes_against_the_command() -> None:
    drive = controller()
    for tick in range(200):
        drive.command(Twist2D(0.5, 0.0), tick * DT)
        drive.wheel_speeds(tick * DT, DT, powered=tick < 100)
    assert drive.twist.linear == 0.0


def test_wheel_speeds_are_those_of_a_differential_drive() -> None:
    drive = controller()
    for tick in range(300):
        drive.command(Twist2D(0.4, 0.8), tick * DT)
        left, right = drive.wheel_speeds(tick * DT, DT, powered=True)
    assert (left + right) / 2 * 0.1 == pytest.approx(0.4)
    assert (right - left) * 0.1 / 0.5 == pytest.approx(0.8)


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_turning_round_passes_standstill(now: float, wanted: float) -> None:
    seen = now
    for _ in range(1000):
        step = approach(seen, wanted, 0.008, 0.012)
        assert seen * step >= 0.0  # never over zero in one step
        seen = step
    assert seen == pytest.approx(wanted)


def roll(seed: int, metres: float, config: SimConfig, turn: float = 0.0) -> WheelOdometry:
    odometry = WheelOdometry(DRIVE, config, np.random.default_rng(seed))
    steps = round(metres / 0.01)
    for step in range(1, steps + 1):
        way = 0.01 * step / DRIVE.wheel_radius
        angles = np.array([way * (1 - turn), way * (1 + turn)])
        last = odometry.read(step * 0.02, 0.02, angles)
    odometry.last = last  # type: ignore[attr-defined]
    return odometry


def test_without_errors_odometry_is_exact() -> None:
    exact = SimConfig(wheel_radius_sigma=0.0, wheel_slip_sigma=0.0)
    last = roll(1, 5.0, exact).last  # type: ignore[attr-defined]
    assert (last.pose.x, last.pose.y, last.pose.yaw) == pytest.approx((5.0, 0.0, 0.0))
    assert last.twist.linear == pytest.approx(0.5)


def test_odometry_error_grows_but_stays_bounded() -> None:
    def error(metres: float) -> float:
        ends = [roll(seed, metres, SimConfig()).last.pose for seed in range(20)]  # type: ignore[attr-defined]
        return math.sqrt(np.mean([(e.x - metres) ** 2 + e.y**2 for e in ends]))

    near, far = error(1.0), error(10.0)
    assert 0.0005 < near < far < 1.0  # under a tenth of the way


def test_battery_empties_and_faster_when_driving() -> None:
    idle, driving = Battery(SimConfig()), Battery(SimConfig())
    idle.drain(0.0, 3600.0)
    driving.drain(50.0, 3600.0)
    assert idle.charge == pytest.approx(0.9 - 60.0 / 600.0)
    assert driving.charge < idle.charge
    driving.drain(1e6, 3600.0)
    assert driving.charge == 0.0
