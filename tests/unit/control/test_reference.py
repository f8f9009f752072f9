import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from or_robot.control.reference import (
    LEFT,
    TURN_SHARE,
    V,
    W,
    follow,
    make_reference,
    ramp,
    speed_at,
    track,
    wrap,
)
from or_robot.control.surroundings import surroundings

BODY = np.array([0.33, 0.28])
KEEP = np.array([0.02, 0.15, 20.0])
SPEED, REVERSE, YAW_RATE = 0.8, 0.3, 1.5
LIMITS = np.array([SPEED, REVERSE, YAW_RATE, 0.8, 1.2, 3.0, SPEED])
STEP = 0.1
BASE = np.array([0.86, 0.08, 0.12, 0.86, 0.3])
TURNS = arrays(np.float64, st.integers(2, 60), elements=st.floats(-0.15, 0.15))
POINTS = arrays(np.float64, st.tuples(st.integers(0, 20), st.just(2)), elements=st.floats(-3, 3))


def along(turns: np.ndarray, sense: float = 1.0) -> np.ndarray:
    """A path that turns by so much every 5 cm."""
    yaw = np.cumsum(turns)
    steps = sense * 0.05 * np.column_stack((np.cos(yaw), np.sin(yaw)))
    return np.column_stack((np.cumsum(steps, axis=0) - steps[0], yaw))


def timed(path: np.ndarray, points: np.ndarray, speed: float = 0.0) -> np.ndarray:
    around = surroundings(points)
    args = (LIMITS, around.points, around.first, around.coarse, BODY, KEEP)
    return make_reference(path, speed, *args)


def driven(reference: np.ndarray, pace: float, steps: int) -> np.ndarray:
    """Pose after following the tracker's commands, as the model has it."""
    commands = np.empty((steps, 2))
    track(reference, np.zeros(7), pace, 0.1, 0.0, STEP, LIMITS, BASE, commands)
    assert (np.abs(commands[:, 1]) <= YAW_RATE + 1e-9).all()
    assert (commands[:, 0] <= SPEED + 1e-9).all()
    assert (commands[:, 0] >= -REVERSE - 1e-9).all()
    x, y, yaw, v, w, cv, cw = np.zeros(7)
    for asked in commands:
        cv, cw = ramp(cv, asked[0], 0.08, 0.12), ramp(cw, asked[1], 0.3, 0.3)
        v, w = follow(v, cv, 0.86, 0.08, 0.12), follow(w, cw, 0.86, 0.3, 0.3)
        x, y, yaw = x + v * STEP * math.cos(yaw), y + v * STEP * math.sin(yaw), yaw + w * STEP
    return np.array([x, y, yaw])


@given(TURNS, POINTS, st.floats(0.0, 0.8))
@settings(max_examples=40, deadline=None)
def test_time_runs_down_within_the_limits(
    turns: np.ndarray, points: np.ndarray, speed: float
) -> None:
    reference = timed(along(turns), points, speed)
    assert (np.diff(reference[:, LEFT]) < 0.0).all()
    assert reference[-1, LEFT] == 0.0
    assert (reference[:, V] <= SPEED + 1e-6).all()
    assert (np.abs(reference[:, W]) <= TURN_SHARE * YAW_RATE + 1e-6).all()


@given(TURNS, POINTS)
@settings(max_examples=30, deadline=None)
def test_an_obstacle_never_makes_the_reference_faster(
    turns: np.ndarray, points: np.ndarray
) -> None:
    free, near = timed(along(turns), np.empty((0, 2))), timed(along(turns), points)
    assert near[0, LEFT] >= free[0, LEFT] - 1e-6


@given(st.floats(-0.1, 0.5), st.floats(-0.1, 0.5))
def test_speed_rises_with_clearance(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert 0.0 < speed_at(low, 0.02, 20.0) <= speed_at(high, 0.02, 20.0)


@given(st.floats(-50.0, 50.0))
def test_wrapped_angles_are_the_same_direction(angle: float) -> None:
    assert -math.pi - 1e-9 <= wrap(angle) <= math.pi + 1e-9
    assert math.cos(wrap(angle)) == pytest.approx(math.cos(angle), abs=1e-9)


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_a_ramp_approaches_and_never_overshoots(
    value: float, wanted: float, rise: float, fall: float
) -> None:
    found = ramp(value, wanted, rise, fall)
    assert abs(found - value) <= max(rise, fall) + 1e-12
    assert abs(wanted - found) <= abs(wanted - value)


def test_the_tracker_follows_a_bend() -> None:
    path = along(np.full(60, 0.03))
    reference = timed(path, np.empty((0, 2)))
    end = driven(reference, 1.0, round(reference[0, LEFT] / STEP))
    nearest = np.hypot(*(path[:, :2] - end[:2]).T)
    assert nearest.min() < 0.08
    assert int(nearest.argmin()) > 45


def test_the_tracker_turns_on_the_spot_and_backs_up() -> None:
    turning = np.column_stack((np.zeros(20), np.zeros(20), np.linspace(0.0, 1.5, 20)))
    reference = timed(turning, np.empty((0, 2)))
    end = driven(reference, 1.0, round(reference[0, LEFT] / STEP) + 10)
    assert abs(end[2] - 1.5) < 0.3
    assert np.hypot(*end[:2]) < 0.05
    backward = timed(along(np.zeros(20), -1.0), np.empty((0, 2)))
    assert (backward[:-1, V] < 0.0).all()
    assert driven(backward, 1.0, 30)[0] < -0.5
