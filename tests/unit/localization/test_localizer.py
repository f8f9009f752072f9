import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinematic_plant import Plant, room

from or_robot.config.localization import LocalizationConfig
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.localization.likelihood_field import LikelihoodField
from or_robot.localization.localizer import Localizer, PoseRefused
from or_robot.localization.particle_filter import ParticleFilter
from or_robot.types.motion import LaserScan, Odometry, Twist2D

SITE = room(8.0, 6.0, [(3.0, 0.0, 3.4, 2.0), (5.5, 4.0, 6.5, 6.0)])
START = Pose2D(1.5, 3.0, 0.0)


def localizer() -> Localizer:
    return Localizer(LocalizationConfig(), SITE.map, np.random.default_rng(1))


def circling(steps: int, seed: int = 0) -> tuple[Plant, Localizer, list[float], list[float]]:
    plant, found = Plant(SITE, START, seed), localizer()
    found.set_pose(Pose2D(START.x + 0.1, START.y - 0.1, 0.05))
    offsets, turns = [], []
    plant.command(Twist2D(0.4, 0.35))
    for n in range(steps):
        plant.step(plant.time_s + 0.05)
        found.update_odometry(plant.odometry())
        if n % 2:
            found.update_scan(plant.scan())
        estimate = found.estimate()
        assert estimate is not None
        offsets.append(estimate.pose.distance_to(plant.pose))
        turns.append(plant.heading_error(estimate.pose.yaw))
    return plant, found, offsets, turns


def test_tracks_a_drifting_robot() -> None:
    _, found, offsets, turns = circling(200)
    assert not found.lost
    assert np.percentile(offsets[40:], 95) < 0.05
    assert math.degrees(np.percentile(turns[40:], 95)) < 1.5


def test_same_seed_same_estimate() -> None:
    _, one, *_ = circling(30)
    _, two, *_ = circling(30)
    assert one.estimate().pose == two.estimate().pose


def stand(plant: Plant, found: Localizer, seconds: float) -> None:
    """Let it look around without moving."""
    for _ in range(round(seconds / 0.1)):
        for _ in range(2):
            plant.step(plant.time_s + 0.05)
            found.update_odometry(plant.odometry())
        found.update_scan(plant.scan())


def test_without_a_pose_it_is_lost_and_finds_itself() -> None:
    plant, found = Plant(SITE, START), localizer()
    assert found.estimate() is None
    stand(plant, found, 0.1)
    assert found.estimate().lost
    stand(plant, found, 6.0)
    assert not found.estimate().lost
    assert found.estimate().pose.distance_to(plant.pose) < 0.1


def test_a_kidnapped_robot_says_lost_then_finds_itself() -> None:
    plant, found, *_ = circling(20)
    plant.command(Twist2D(0.0, 0.0))
    plant.pose = Pose2D(6.8, 1.5, 2.0)
    stand(plant, found, 2.0)
    assert found.lost
    stand(plant, found, 6.0)
    assert not found.lost
    assert found.estimate().pose.distance_to(plant.pose) < 0.1


def test_a_door_may_be_shut_or_open() -> None:
    """Close before a shut door it takes most of the view; the map shows it open."""
    shut = room(8.0, 6.0, [(3.0, 0.0, 3.1, 6.0)])
    opened = room(8.0, 6.0, [(3.0, 0.0, 3.1, 1.0), (3.0, 5.0, 3.1, 6.0)])
    leaf = np.array([[[3.05, 1.0], [3.05, 5.0]]])
    knows, does_not = (LikelihoodField(opened.map, 0.06, 0.1, each) for each in (leaf, leaf[:0]))
    before_it = Pose2D(2.4, 3.0, 0.0)
    for really in (shut, opened):
        points = Plant(really, before_it).scan().points()
        fit = knows.fit(before_it, (0.0, 0.0), points, 0.15)
        assert fit.hits > 0.95
        assert fit.through < 0.02
    points = Plant(shut, before_it).scan().points()
    assert does_not.fit(before_it, (0.0, 0.0), points, 0.15).hits < 0.75


def test_where_two_places_look_alike_it_stays_lost() -> None:
    bare = room(8.0, 6.0)  # half a turn about the middle changes nothing
    plant = Plant(bare, START)
    found = Localizer(LocalizationConfig(), bare.map, np.random.default_rng(1))
    stand(plant, found, 7.0)
    assert found.lost
    assert found.reason == "several places fit the scan"
    found.set_pose(START)
    assert not found.lost


def blind(scan: LaserScan, value: float) -> LaserScan:
    return dataclasses.replace(scan, ranges=np.full_like(scan.ranges, value))


@pytest.mark.parametrize("value", [math.nan, math.inf, 25.0, 0.0])
def test_a_scan_that_shows_nothing_is_lost_in_the_end_and_finds_nothing(value: float) -> None:
    plant, found, *_ = circling(20)
    plant.command(Twist2D(0.0, 0.0))
    for _ in range(30):
        plant.step(plant.time_s + 0.1)
        found.update_odometry(plant.odometry())
        found.update_scan(blind(plant.scan(), value))
    assert found.lost
    assert np.isfinite(found.estimate().covariance).all()


@pytest.mark.parametrize(
    ("pose", "covariance", "said"),
    [
        (Pose2D(50.0, 1.0, 0.0), None, "outside the map"),
        (Pose2D(math.nan, 1.0, 0.0), None, "not a number"),
        (Pose2D(3.2, 1.0, 0.0), None, "in a wall"),
        (START, np.full((3, 3), math.nan), "covariance is not a number"),
        (START, np.diag([1.0, -1.0, 1.0]), "negative variances"),
        (START, np.triu(np.ones((3, 3))), "not symmetric"),
    ],
)
def test_an_impossible_pose_is_refused_and_changes_nothing(pose, covariance, said: str) -> None:
    _, found, *_ = circling(20)
    before = found.estimate()
    with pytest.raises(PoseRefused, match=said):
        found.set_pose(pose, covariance)
    assert found.estimate() == before


def test_map_from_odom_carries_odometry_to_the_pose() -> None:
    plant, found, *_ = circling(60)
    pose = found.map_from_odom.compose(plant.odometry().pose)
    estimate = found.estimate().pose
    assert pose.distance_to(estimate) < 1e-9
    assert abs(wrap_angle(pose.yaw - estimate.yaw)) < 1e-9
    assert found.pose_at(plant.time_s).distance_to(estimate) < 1e-9


def test_a_wrong_pose_is_found_out() -> None:
    plant, found = Plant(SITE, START), localizer()
    found.set_pose(Pose2D(6.8, 1.5, 2.0), np.diag([1e-4, 1e-4, 1e-4]))
    plant.command(Twist2D(0.2, 0.3))
    for _ in range(50):
        plant.step(plant.time_s + 0.1)
        found.update_odometry(plant.odometry())
        found.update_scan(plant.scan())
    assert found.lost
    assert "fit" in found.reason


@pytest.mark.parametrize(
    "jump",
    [
        lambda o: Odometry(o.stamp_s - 3.0, o.pose, o.twist),
        lambda o: Odometry(o.stamp_s + 0.05, Pose2D(9.0, 9.0, 0.0), o.twist),
        lambda o: Odometry(o.stamp_s + 0.05, Pose2D(math.nan, 0.0, 0.0), o.twist),
    ],
    ids=["time goes back", "pose jumps", "not a number"],
)
def test_a_restarted_base_means_lost_until_a_new_pose(jump) -> None:
    plant, found, *_ = circling(20)
    found.update_odometry(jump(plant.odometry()))
    assert found.estimate().lost
    found.update_odometry(Odometry(1.0, Pose2D(0.0, 0.0, 0.0), Twist2D(0.0, 0.0)))
    assert found.estimate().lost
    found.set_pose(START)
    assert not found.estimate().lost
    assert found.estimate().pose.distance_to(START) < 1e-9


@given(st.integers(0, 1000), st.floats(-0.3, 0.3), st.floats(-1.0, 1.0))
@settings(max_examples=20, deadline=None)
def test_weights_sum_to_one(seed: int, way: float, turn: float) -> None:
    config = LocalizationConfig()
    field = LikelihoodField(SITE.map, config.hit_sigma, config.random_share)
    cloud = ParticleFilter(config, field, np.random.default_rng(seed))
    cloud.initialise(START, np.diag([0.04, 0.04, 0.01]))
    cloud.predict(Pose2D(way, 0.0, turn))
    cloud.correct(np.random.default_rng(seed).uniform(-4.0, 4.0, (50, 2)))
    assert cloud.weights.sum() == pytest.approx(1.0)
    assert (cloud.weights >= 0.0).all()
    assert config.particles_min <= len(cloud.particles) <= config.particles_max
    _, covariance = cloud.estimate()
    assert np.linalg.eigvalsh(covariance).min() > -1e-12


def test_a_fitting_pose_is_likelier() -> None:
    field = LikelihoodField(SITE.map, 0.06, 0.1)
    points = Plant(SITE, START).scan().points()
    poses = np.array([[START.x, START.y, 0.0], [START.x + 0.3, START.y, 0.0], [1.5, 3.0, 0.3]])
    logs = field.log_likelihoods(poses, points)
    assert logs[0] > logs[1]
    assert logs[0] > logs[2]
    assert (logs >= 0.0).all()
