"""Laws of the stop field."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from or_robot.config.robot import RobotConfig
from or_robot.config.safety import SafetyConfig
from or_robot.safety import stop_field
from or_robot.safety.limits import scaled
from or_robot.types.motion import Twist2D

CONFIG = SafetyConfig()
ROBOT = RobotConfig()
speeds = st.floats(0.05, 1.0)
turns = st.floats(-1.5, 1.5)
coordinates = st.floats(-2.0, 2.0)
clouds = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=20).map(np.array)


def wall(x: float) -> np.ndarray:
    """Points every 2 cm on the line at x."""
    y = np.arange(-1.0, 1.0, 0.02)
    return np.stack((np.full_like(y, x), y), axis=-1)


@given(speeds)
def test_straight_field_reaches_reaction_braking_and_margin(v: float) -> None:
    reach = v * CONFIG.reaction_time + v**2 / (2 * CONFIG.braking) + CONFIG.margin
    front = ROBOT.length / 2 + reach
    twist = Twist2D(v, 0.0)
    assert stop_field.occupied(wall(front - 0.001), twist, CONFIG, ROBOT)
    assert not stop_field.occupied(wall(front + 0.001), twist, CONFIG, ROBOT)


@given(clouds, speeds, turns)
def test_mirror_image_gives_the_mirrored_answer(cloud: np.ndarray, v: float, w: float) -> None:
    mirrored = cloud * np.array([1.0, -1.0])
    here = stop_field.allowed_share(cloud, Twist2D(v, w), CONFIG, ROBOT)
    there = stop_field.allowed_share(mirrored, Twist2D(v, -w), CONFIG, ROBOT)
    assert here == pytest.approx(there)


@given(clouds, speeds, turns)
def test_more_returns_never_allow_more(cloud: np.ndarray, v: float, w: float) -> None:
    # far returns only: near ones relax the margin on purpose
    far = cloud[stop_field.clearance(cloud, ROBOT) > 0.1]
    twist = Twist2D(v, w)
    assert stop_field.allowed_share(far, twist, CONFIG, ROBOT) <= stop_field.allowed_share(
        far[1:], twist, CONFIG, ROBOT
    )


@example(np.array([[0.61328125, 0.046875]]), 0.3359375, -1.234375)  # a corner swings past it
@given(clouds, speeds, turns)
def test_the_allowed_share_can_always_stop(cloud: np.ndarray, v: float, w: float) -> None:
    """With all of the margin but what a corner may pass nearer between two tested poses, 4 mm."""
    kept = math.sqrt(CONFIG.margin**2 - (stop_field.SWEEP_STEP / 2.0) ** 2)
    config = replace(CONFIG, margin=kept)
    cloud = cloud[stop_field.clearance(cloud, ROBOT) > 0.1]
    share = stop_field.allowed_share(cloud, Twist2D(v, w), CONFIG, ROBOT)
    if share * v > 1e-3:
        slower = scaled(Twist2D(v, w), share)
        horizon = stop_field.stopping_time(slower, CONFIG)
        assert stop_field.free_time(cloud, slower, horizon, config, ROBOT) >= 0.9 * horizon


def test_beside_a_wall_backing_out_and_turning_away_stay_possible() -> None:
    # 3 cm in front: nearer than the margin
    near = wall(ROBOT.length / 2 + 0.03)
    assert stop_field.occupied(near, Twist2D(0.1, 0.0), CONFIG, ROBOT)
    assert not stop_field.occupied(near, Twist2D(-0.1, 0.0), CONFIG, ROBOT)


def test_a_wall_3_cm_to_the_side_does_not_block_driving_along_it() -> None:
    x = np.arange(-2.0, 2.0, 0.02)
    side = np.stack((x, np.full_like(x, ROBOT.width / 2 + 0.03)), axis=-1)
    assert not stop_field.occupied(side, Twist2D(0.3, 0.0), CONFIG, ROBOT)
    assert stop_field.occupied(side, Twist2D(0.3, 0.5), CONFIG, ROBOT)


def test_turning_on_the_spot_sweeps_the_corners() -> None:
    corner = math.hypot(ROBOT.length, ROBOT.width) / 2
    beside = np.array([[0.0, corner - 0.01]])  # clear of the side, inside the corner's circle
    slow, fast = Twist2D(0.0, 0.2), Twist2D(0.0, 1.5)
    assert not stop_field.occupied(beside, slow, CONFIG, ROBOT)
    assert stop_field.occupied(beside, fast, CONFIG, ROBOT)


@given(coordinates, coordinates)
def test_clearance_is_the_distance_to_the_rectangle(x: float, y: float) -> None:
    half = np.array([ROBOT.length, ROBOT.width]) / 2
    nearest = np.clip([x, y], -half, half)
    outside = math.hypot(x - nearest[0], y - nearest[1])
    value = float(stop_field.clearance(np.array([[x, y]]), ROBOT)[0])
    assert value == pytest.approx(outside) if outside > 0 else value <= 0
