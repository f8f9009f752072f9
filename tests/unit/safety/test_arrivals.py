"""What has just come, from raw scans: laws in a drawn world, and the gate without any track."""

import math
from dataclasses import replace

import numpy as np
import pytest
from gate_bench import CONFIG, FORWARD, PERIOD, ROBOT, Bench, person
from hypothesis import given
from hypothesis import strategies as st

from or_robot.geometry.pose import Pose2D
from or_robot.safety.arrivals import BEYOND, JUST_S, arrived
from or_robot.safety.intake import GateInputs, Intake
from or_robot.safety.separation import arrived_speed
from or_robot.types.motion import STANDSTILL, LaserScan, Odometry, Twist2D
from or_robot.types.safety import SafetyMode as Mode

ROOM = 5.0
"""m, half a side."""
BEAMS = 720
POSTS = ((2.0, 1.5, 0.3), (-1.5, 2.5, 0.5), (1.0, -2.5, 0.05))
MOUNT = Pose2D(0.2, -0.1, 0.4)
LEG = 0.07
Disc = tuple[float, float, float]

poses = st.builds(Pose2D, st.floats(-0.4, 0.4), st.floats(-0.4, 0.4), st.floats(-0.5, 0.5))
noise = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def look(
    pose: Pose2D, discs: tuple[Disc, ...], random: np.random.Generator, beams: int = BEAMS
) -> LaserScan:
    """A scan of a square room with discs in it, from a base at `pose`, with a lidar's noise."""
    sensor = pose.compose(MOUNT)
    bearings = -math.pi + 2.0 * math.pi / BEAMS * np.arange(beams)
    ways = np.stack((np.cos(bearings + sensor.yaw), np.sin(bearings + sensor.yaw)), axis=-1)
    at = np.array([sensor.x, sensor.y])
    with np.errstate(divide="ignore"):
        ranges = np.min((np.copysign(ROOM, ways) - at) / ways, axis=1)
    for x, y, radius in discs:
        to = np.array([x, y]) - at
        along, across = ways @ to, ways[:, 0] * to[1] - ways[:, 1] * to[0]
        hit = (np.abs(across) < radius) & (along > 0.0)
        ends = along - np.sqrt(np.maximum(radius**2 - across**2, 0.0))
        ranges = np.where(hit, np.minimum(ranges, ends), ranges)
    ranges += random.normal(0.0, 0.01, beams)
    step = 2.0 * math.pi / BEAMS
    return LaserScan(0.0, -math.pi, step, 0.05, 25.0, ranges.astype(np.float32), MOUNT)


def come(
    before: tuple[Disc, ...], now: tuple[Disc, ...], there: Pose2D, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Returns now, base at the origin, and which of them have come since a scan from `there`."""
    points = look(Pose2D(0.0, 0.0, 0.0), now, random).points()
    return points, arrived(points, look(there, before, random), there.inverse())


@given(poses, noise)
def test_nothing_has_come_where_only_the_robot_moves(
    there: Pose2D, random: np.random.Generator
) -> None:
    assert not np.any(come(POSTS, POSTS, there, random)[1])


@given(poses, noise, st.floats(0.5, 2.0), st.floats(-math.pi, math.pi))
def test_a_leg_that_comes_is_seen_and_nothing_else(
    there: Pose2D, random: np.random.Generator, far: float, bearing: float
) -> None:
    """Unless it comes up against a post."""
    leg = (far * math.cos(bearing), far * math.sin(bearing), LEG)
    free = min(math.hypot(leg[0] - x, leg[1] - y) - radius for x, y, radius in POSTS)
    points, new = come(POSTS, (*POSTS, leg), there, random)
    off = np.hypot(points[:, 0] - leg[0], points[:, 1] - leg[1])
    assert np.all(off[new] < LEG + 0.06)
    shadowed = (
        free < BEYOND + 0.2 or _behind_a_post(leg, there) or _behind_a_post(leg, Pose2D(0, 0, 0))
    )
    assert shadowed or np.any(new)


def _behind_a_post(leg: Disc, base: Pose2D) -> bool:
    sensor = base.compose(MOUNT)
    to = np.array([leg[0] - sensor.x, leg[1] - sensor.y])
    for x, y, radius in POSTS:
        post = np.array([x - sensor.x, y - sensor.y])
        apart = math.acos(np.clip(to @ post / np.hypot(*to) / np.hypot(*post), -1.0, 1.0))
        wide = math.asin(min(1.0, radius / np.hypot(*post))) + 0.1
        if apart < wide and np.hypot(*to) > np.hypot(*post) - radius - BEYOND - 0.1:
            return True
    return False


@given(noise)
def test_what_comes_into_view_from_behind_something_has_not_come(
    random: np.random.Generator,
) -> None:
    """The robot passes a post: what stood behind it was there before, for all that was seen."""
    hidden = (3.2, 0.0, LEG)
    world = ((1.6, 0.0, 0.3), hidden)
    points, new = come(world, world, Pose2D(0.0, 1.2, 0.0), random)
    assert not np.any(new)
    points, new = come(world[:1], (hidden,), Pose2D(-0.2, 0.1, 0.0), random)
    off = np.hypot(points[:, 0] - hidden[0], points[:, 1] - hidden[1])
    assert not np.any(new[off < LEG + 0.05])


def test_beams_that_failed_or_were_not_there_have_shown_nothing_free() -> None:
    random = np.random.default_rng(1)
    here, leg = Pose2D(0.0, 0.0, 0.0), (1.2, 0.0, LEG)
    points = look(here, (leg,), random).points()
    assert np.any(arrived(points, look(here, (), random), here))
    failed = look(here, (), random)
    failed.ranges[:] = np.nan
    assert not np.any(arrived(points, failed, here))
    half = look(here, (), random, beams=BEAMS // 2 - 60)  # its last beam looks right of the leg
    assert not np.any(arrived(points, half, here))


def test_while_the_robot_drives_an_arc_only_the_leg_has_come() -> None:
    """Through the intake: the scans of the last half second, each from where odometry says."""
    random, intake = np.random.default_rng(1), Intake(CONFIG)
    leg = (1.2, 0.9, LEG)
    for n in range(16):
        t = 100.0 + 0.1 * n
        pose = Pose2D(0.05 * n, -0.02 * n, 0.08 * n)
        seen = replace(look(pose, (*POSTS, leg) if n == 15 else POSTS, random), stamp_s=t)
        odometry = Odometry(t, pose, Twist2D(0.5, 0.8))
        intake.take(GateInputs(clock_s=t, scan=seen, odometry=odometry), t)
        off = np.hypot(*(pose.transform(intake.points) - leg[:2]).T) - LEG
        assert not np.any(intake.arrived[off > 0.06])
    assert np.any(intake.arrived)


@given(st.floats(0.0, 1.5), st.floats(0.0, 2.0))
def test_who_has_just_come_finds_it_standing_after_another_step(gap: float, speed: float) -> None:
    """Tracked there it comes on at that speed, untracked as somebody who walks."""
    foot = np.array([[0.0, ROBOT.width / 2.0 + gap]])
    tracked = np.array([[0.0, foot[0, 1] + 0.4, 0.0, -speed, 0.2]])
    for people, closing in ((tracked, speed), (tracked[:0], CONFIG.walking_speed)):
        v = arrived_speed(foot, people, Twist2D(0.5, 0.0), CONFIG, ROBOT)
        if math.isfinite(v) and v > 0.0:
            stands_s = CONFIG.reaction_time + v / CONFIG.braking
            way = closing * stands_s + CONFIG.step_acceleration / 2.0 * stands_s**2
            assert way <= gap - CONFIG.margin + 1e-9
        if gap < CONFIG.margin + closing * CONFIG.reaction_time:
            assert v == 0.0


def test_nobody_has_come_far_away() -> None:
    far = np.array([[0.0, 4.0]])
    assert arrived_speed(far, np.empty((0, 5)), FORWARD, CONFIG, ROBOT) == math.inf


@pytest.mark.parametrize("track", [None, (1.1, 0.5, 1.0)])
def test_the_gate_stands_for_a_foot_that_no_track_shows(
    track: tuple[float, float, float] | None,
) -> None:
    """Nobody is tracked, or somebody further off who walks away; it goes on by itself."""
    bench = Bench()
    bench.asked = Twist2D(-0.2, 0.0)
    bench.run(1.0)
    assert bench.out.twist == bench.asked
    if track is not None:
        bench.people = [person(track[0], track[1], vx=track[2])]
    bench.ahead = ROBOT.length / 2.0 + 0.15
    assert bench.run(PERIOD).twist == STANDSTILL
    assert bench.out.state.mode is Mode.PROTECTIVE_STOP
    bench.people = []
    bench.run(JUST_S + CONFIG.hold_clear_time + 1.0)
    assert bench.out.twist == bench.asked
