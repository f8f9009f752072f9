"""Speed caps: laws of the separation terms, narrow places, and the gate as a whole near people."""

import math

import numpy as np
import pytest
from gate_bench import CONFIG, FORWARD, ROBOT, Bench, person
from hypothesis import given
from hypothesis import strategies as st

from or_robot.geometry.pose import Pose2D
from or_robot.safety import limits
from or_robot.safety.limits import speed_at
from or_robot.safety.separation import TOUCH_SPREAD, in_base, tracked_speed, untracked_speed
from or_robot.safety.speed_caps import narrow_speed
from or_robot.types.motion import STANDSTILL, Twist2D

AHEAD = Twist2D(1.0, 0.0)
NOSE = ROBOT.length / 2.0
coordinates = st.floats(-4.0, 4.0)
speeds = st.floats(-2.0, 2.0)
people = st.tuples(coordinates, coordinates, speeds, speeds).map(lambda p: np.array([[*p, 0.2]]))


def separation(v: float, gap: float, closing: float) -> float:
    """Sp of ISO/TS 15066 straight ahead, less the gap there is."""
    a, reaction = CONFIG.braking, CONFIG.reaction_time
    moving = closing * (reaction + v / a) + v * reaction + v**2 / (2.0 * a)
    return moving + CONFIG.intrusion + CONFIG.uncertainty - gap


@given(st.floats(0.8, 4.0), st.floats(0.0, 2.0))
def test_the_speed_straight_towards_somebody_keeps_the_protective_separation(
    gap: float, closing: float
) -> None:
    somebody = np.array([[NOSE + gap + 0.2, 0.0, -closing, 0.0, 0.2]])
    v = tracked_speed(somebody, AHEAD, CONFIG, ROBOT)
    if v > CONFIG.near_speed + 1e-9:
        assert separation(v, gap, closing) == pytest.approx(0.0, abs=1e-6)


@given(people, people)
def test_more_people_never_allow_more(one: np.ndarray, other: np.ndarray) -> None:
    both = np.vstack((one, other))
    least = min(tracked_speed(p, AHEAD, CONFIG, ROBOT) for p in (one, other))
    assert tracked_speed(both, AHEAD, CONFIG, ROBOT) == pytest.approx(least)


@given(people)
def test_the_mirror_image_allows_the_same(somebody: np.ndarray) -> None:
    mirrored = somebody * np.array([1.0, -1.0, 1.0, -1.0, 1.0])
    assert tracked_speed(mirrored, AHEAD, CONFIG, ROBOT) == pytest.approx(
        tracked_speed(somebody, AHEAD, CONFIG, ROBOT)
    )


@given(st.floats(0.3, 2.0), st.floats(0.1, 0.7))
def test_who_walks_into_the_robot_finds_it_standing(closing: float, after_s: float) -> None:
    """Somebody from the side: the robot at this speed stands by the time they touch it."""
    gap = closing * after_s
    beside = np.array([[0.0, ROBOT.width / 2.0 + gap + 0.2, 0.0, -closing, 0.2]])
    v = tracked_speed(beside, AHEAD, CONFIG, ROBOT)
    if math.isfinite(v) and v > 0.0:
        assert CONFIG.reaction_time + v / CONFIG.braking <= after_s + 1e-9


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.5), st.sampled_from([-1.0, 0.0, 1.0]))
def test_who_stands_beside_may_take_a_step(gap: float, closing: float, linear: float) -> None:
    """At the touch the robot stands, or creeps; whichever way it drives or turns."""
    torso = np.array([[0.0, ROBOT.width / 2 + gap + CONFIG.body_radius, 0.0, -closing, 0.2]])
    twist = Twist2D(linear, 0.5)
    pace = tracked_speed(torso, twist, CONFIG, ROBOT)
    side = np.array([[0.0, ROBOT.width / 2]])
    touched = float(speed_at(side, twist)[0]) + 0.5 * TOUCH_SPREAD
    v = pace * touched / limits.pace(twist, ROBOT)
    if CONFIG.beside_speed < v < CONFIG.near_speed:
        stands_s = CONFIG.reaction_time + v / CONFIG.braking
        assert closing * stands_s + CONFIG.step_acceleration / 2 * stands_s**2 <= gap + 1e-9
    if gap < 0.05:
        assert v <= CONFIG.beside_speed + 1e-9


@pytest.mark.parametrize("place", [(-1.0, 1.0), (0.3, -1.0), (1.0, 0.2), (-1.0, -0.5)])
@pytest.mark.parametrize("asked", [Twist2D(0.2, -1.0), Twist2D(0.0, 0.8), Twist2D(-0.2, 0.5)])
def test_where_somebody_stands_beside_the_hull_only_creeps(
    asked: Twist2D, place: tuple[float, float]
) -> None:
    """Also at its outer corner on an arc. `place`: of the hull, in its half length and width."""
    half = np.array([ROBOT.length, ROBOT.width]) / 2.0
    beside = half * place
    outwards = np.trunc(place)
    torso = beside + (CONFIG.body_radius + 0.03) * outwards / np.hypot(*outwards)
    bench = Bench()
    bench.people = [person(*torso)]
    bench.asked = asked
    twist = bench.run(1.0).twist
    grid = np.stack(np.meshgrid(*(np.linspace(-h, h, 41) for h in half)), axis=-1).reshape(-1, 2)
    near = grid[np.hypot(*(grid - beside).T) <= TOUCH_SPREAD]
    assert 0.0 < float(np.max(speed_at(near, twist))) <= CONFIG.beside_speed + 1e-9


def test_who_walks_past_or_away_does_not_stop_it() -> None:
    past = np.array([[2.0, 1.3, -1.4, 0.0, 0.2]])
    away = np.array([[1.0, 0.0, 1.4, 0.0, 0.2]])
    assert tracked_speed(past, AHEAD, CONFIG, ROBOT) >= CONFIG.near_speed
    assert tracked_speed(away, AHEAD, CONFIG, ROBOT) >= CONFIG.near_speed


@given(st.floats(0.1, 4.0))
def test_the_unknown_ahead_counts_as_somebody_who_walks_up(gap: float) -> None:
    v = untracked_speed(np.array([[NOSE + gap, 0.0]]), AHEAD, CONFIG, ROBOT)
    assert v >= CONFIG.near_speed
    if v > CONFIG.near_speed:
        assert separation(v, gap, CONFIG.walking_speed) == pytest.approx(0.0, abs=1e-6)
    assert untracked_speed(np.array([[-NOSE - gap, 0.0]]), AHEAD, CONFIG, ROBOT) == math.inf


@given(st.floats(0.0, 0.49), st.sampled_from([1.0, -1.0]))
def test_little_room_beside_it_caps_the_speed(room: float, side: float) -> None:
    beside = np.array([[0.0, side * (ROBOT.width / 2.0 + max(room, 0.001))]])
    assert narrow_speed(beside, AHEAD, CONFIG, ROBOT) == pytest.approx(CONFIG.narrow_speed)


def test_a_narrow_place_ahead_is_reached_at_its_speed() -> None:
    for way in np.linspace(0.0, 2.0, 20):
        ahead = np.array([[NOSE + way, ROBOT.width / 2.0 + 0.2]])
        v = narrow_speed(ahead, AHEAD, CONFIG, ROBOT)
        braked = v * CONFIG.reaction_time + (v**2 - CONFIG.narrow_speed**2) / (2 * CONFIG.braking)
        assert v == CONFIG.narrow_speed or braked <= way + 1e-9
    wide = np.array([[0.0, ROBOT.width / 2.0 + 0.51]])
    assert narrow_speed(wide, AHEAD, CONFIG, ROBOT) == math.inf


def test_people_are_seen_from_the_robot() -> None:
    seen = in_base((person(1.0, 2.0, 0.5, 0.0),), Pose2D(1.0, 1.0, math.pi / 2))
    np.testing.assert_allclose(seen, [[1.0, 0.0, 0.0, -0.5, 0.2]], atol=1e-12)


def test_the_gate_slows_for_somebody_ahead_and_says_so() -> None:
    bench = Bench()
    bench.asked = Twist2D(1.0, 0.0)
    bench.people = [person(2.6, 0.0, -1.0)]
    out = bench.run(2.0)
    assert 0.0 < out.twist.linear < 1.0
    assert out.state.reason_code == "person_near"
    assert out.twist.linear <= out.state.speed_limit + 1e-9


def test_the_gate_stands_for_somebody_about_to_walk_into_it_and_goes_on_by_itself() -> None:
    bench = Bench().drive()
    bench.people = [person(0.0, 0.9, 0.0, -1.4)]
    assert bench.run(0.1).twist == STANDSTILL
    assert bench.out.state.reason_code == "person_passes"
    bench.people = [person(-3.0, 0.0)]
    assert bench.run(2.0).twist == FORWARD


def test_the_gate_slows_for_the_unknown_ahead() -> None:
    bench = Bench()
    bench.asked = Twist2D(1.0, 0.0)
    bench.ahead = NOSE + 1.8
    assert bench.run(2.0).state.reason_code == "unknown_ahead"
    assert 0.0 < bench.out.twist.linear < 1.0
