import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from or_robot.config.control import ControllerConfig
from or_robot.config.robot import RobotConfig
from or_robot.control.final_approach import FinalApproach, checked
from or_robot.control.predictive import ControlInputs, PredictiveController, softmin
from or_robot.control.surroundings import clearance, distance_at_least, surroundings
from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import STANDSTILL, Twist2D

ROBOT = RobotConfig()
HALF = np.array([ROBOT.length, ROBOT.width]) / 2.0
NOBODY = np.empty((0, 5))
COORDINATE = st.floats(-3.0, 3.0)
POINTS = arrays(np.float64, st.tuples(st.integers(0, 40), st.just(2)), elements=COORDINATE)


def straight(length: float = 2.4) -> np.ndarray:
    x = np.arange(0.0, length + 1e-9, 0.05)
    return np.column_stack((x, 0.0 * x, 0.0 * x, length - x))


def inputs(points: np.ndarray, twist: Twist2D = STANDSTILL, speed: float = 0.8) -> ControlInputs:
    return ControlInputs(twist, surroundings(points), NOBODY, straight(), speed)


def controller(seed: int = 1) -> PredictiveController:
    return PredictiveController(ControllerConfig(), ROBOT, np.random.default_rng(seed))


def to_box(points: np.ndarray, pose: Pose2D) -> float:
    local = np.abs(pose.inverse().transform(points)) - HALF
    outside = np.hypot(*np.maximum(local, 0.0).T) + np.minimum(local.max(axis=1), 0.0)
    return float(outside.min(initial=0.5))


@given(POINTS, st.floats(-2.0, 2.0), st.floats(-2.0, 2.0), st.floats(-4.0, 4.0))
@settings(max_examples=40, deadline=None)
def test_clearance_is_that_of_the_rectangle(
    points: np.ndarray, x: float, y: float, yaw: float
) -> None:
    around = surroundings(points)
    found = clearance(around.points, around.first, x, y, yaw, HALF[0], HALF[1], 0.5)
    exact = to_box(points, Pose2D(x, y, yaw))
    assert found == pytest.approx(to_box(around.points, Pose2D(x, y, yaw)), abs=1e-9)
    assert exact - 1e-9 <= found <= exact + 0.03  # a voxel's diagonal
    nearest = np.hypot(*(points - [x, y]).T).min(initial=math.inf)
    assert distance_at_least(around.coarse, x, y) <= nearest


@given(st.floats(-0.3, 0.8), st.floats(-1.5, 1.5), st.floats(0.1, 0.8), POINTS)
@settings(max_examples=25, deadline=None)
def test_commands_stay_within_the_limits(
    v: float, w: float, speed: float, points: np.ndarray
) -> None:
    config, steering = ControllerConfig(), controller()
    last = Twist2D(v, w)
    steering.measured = last
    for _ in range(3):
        command = steering.step(inputs(points, last, speed))
        if command is None:
            return
        rise = ROBOT.max_deceleration * config.period + 1e-9
        turn = ROBOT.max_yaw_acceleration * config.period + 1e-9
        if command.linear == 0.0:  # a stop is one at once, and may turn away
            assert abs(command.angular) <= abs(last.angular) + turn
        else:
            assert abs(command.linear - last.linear) <= rise
            assert abs(command.angular - last.angular) <= turn
        assert abs(command.angular) <= ROBOT.max_yaw_rate + 1e-9
        assert -ROBOT.max_reverse_speed - 1e-9 <= command.linear <= max(speed, v) + 1e-9
        steering.measured = last = command


@given(arrays(np.float64, st.integers(1, 50), elements=st.floats(-1e4, 1e4)))
def test_weights_sum_to_one_and_favour_small_costs(costs: np.ndarray) -> None:
    weights = softmin(costs, 0.2)
    assert weights.sum() == pytest.approx(1.0)
    assert (np.diff(weights[np.argsort(costs, kind="stable")]) <= 1e-12).all()


def test_drives_along_a_free_path() -> None:
    steering, twist = controller(), STANDSTILL
    for _ in range(30):
        steering.measured = twist
        twist = steering.step(inputs(np.empty((0, 2)), twist))
    assert twist.linear > 0.6
    assert abs(twist.angular) < 0.2


def test_goes_round_a_pole_on_the_path() -> None:
    pole = np.array([[1.3, 0.05], [1.3, 0.0], [1.35, 0.02]])
    steering, twist, pose = controller(), STANDSTILL, Pose2D(0.0, 0.0, 0.0)
    for _ in range(120):
        path = straight(3.0)
        local = pose.inverse().transform(path[:, :2])
        start = int(np.argmin(np.hypot(*local.T)))
        ahead = np.column_stack((local, path[:, 2] - pose.yaw, path[:, 3]))[start:]
        here = surroundings(pose.inverse().transform(pole))
        steering.measured = twist
        twist = steering.step(ControlInputs(twist, here, NOBODY, ahead, 0.6))
        assert twist is not None
        pose = pose.compose(Pose2D(twist.linear * 0.05, 0.0, twist.angular * 0.05))
        assert to_box(pole, pose) > 0.03
    assert pose.x > 2.0


def test_stops_at_once_when_walled_in() -> None:
    ring = np.linspace(0.0, math.tau, 400)
    wall = 0.36 * np.column_stack((np.cos(ring), np.sin(ring)))
    steering, twist = controller(), Twist2D(0.5, 0.0)
    steering.measured = twist
    command = steering.step(inputs(wall, twist))
    assert command is not None
    assert command.linear == 0.0


def test_no_command_when_it_creeps_and_is_walled_in() -> None:
    ring = np.linspace(0.0, math.tau, 400)
    wall = 0.36 * np.column_stack((np.cos(ring), np.sin(ring)))
    steering, twist = controller(), Twist2D(0.09, 0.5)
    steering.measured = twist
    assert steering.step(inputs(wall, twist)) is None


def test_yields_to_somebody_in_the_way() -> None:
    person = np.array([[1.0, 0.0, -0.8, 0.0, 0.3]])
    steering, twist = controller(), Twist2D(0.4, 0.0)
    for _ in range(12):
        steering.measured = twist
        around = surroundings(np.empty((0, 2)))
        twist = steering.step(ControlInputs(twist, around, person, straight(), 0.8)) or STANDSTILL
    assert twist.linear < 0.15


@given(st.floats(-0.25, 0.25), st.floats(-0.25, 0.25), st.floats(-3.1, 3.1))
@settings(max_examples=40, deadline=None)
def test_final_approach_ends_within_tolerance(x: float, y: float, yaw: float) -> None:
    config = ControllerConfig()
    approach, pose, goal = FinalApproach(config, ROBOT), Pose2D(0.0, 0.0, 0.0), Pose2D(x, y, yaw)
    for _ in range(800):
        error = pose.inverse().compose(goal)
        if approach.arrived(error):
            break
        twist = approach.step(error)
        pose = pose.compose(Pose2D(twist.linear * 0.05, 0.0, twist.angular * 0.05))
    assert pose.distance_to(goal) < 0.05
    assert abs(math.degrees(pose.inverse().compose(goal).yaw)) < 5.0


def test_a_twist_into_something_becomes_standstill() -> None:
    wall = np.column_stack((np.full(21, 0.45), np.linspace(-0.5, 0.5, 21)))
    around = surroundings(wall)
    assert checked(Twist2D(0.2, 0.0), around, ROBOT, 0.06) == STANDSTILL
    back = Twist2D(-0.2, 0.0)
    assert checked(back, around, ROBOT, 0.06) == back
