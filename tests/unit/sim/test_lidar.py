"""Beams meet boxes and cylinders exactly where geometry says."""

import dataclasses
from pathlib import Path

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sdf_worlds import box, world_of

from or_robot.config.robot import RobotConfig
from or_robot.errors import OrRobotError
from or_robot.geometry.transform import Transform
from or_robot.share import share
from or_robot.sim.config import SimConfig
from or_robot.sim.lidar import Lidar
from or_robot.sim.robot_model import courier_model
from or_robot.sim.scene import LIDAR_GROUP, Scene, build_scene
from or_robot.sim.sdf import Shape, ShapeKind
from or_robot.sim.world import SimWorld
from or_robot.types.motion import LaserScan

ROBOT = courier_model()
CLEAR = np.zeros(ROBOT.lidar.beams, dtype=bool)
EXACT = dataclasses.replace(ROBOT.lidar, sigma=0.0)


def scan(*placed: tuple[Shape, Transform], base: Transform, sensor=EXACT, seed=0) -> LaserScan:
    scene = build_scene(world_of(*placed), ROBOT, [], SimConfig())
    data = mujoco.MjData(scene.model)
    mujoco.mj_forward(scene.model, data)
    lidar = Lidar(sensor, ROBOT.lidar_mount, np.random.default_rng(seed), scene.model, CLEAR)
    return lidar.scan(data, base, 1.0)


def mujoco_ranges(scene: Scene, data: mujoco.MjData, frame: Transform) -> np.ndarray:
    """The same beams by MuJoCo's own rays, which know nothing of ours."""
    bearings = EXACT.angle_min + EXACT.angle_increment * np.arange(EXACT.beams)
    beams = np.stack([np.cos(bearings), np.sin(bearings), np.zeros(EXACT.beams)], axis=1)
    groups = np.zeros(6, dtype=np.uint8)
    groups[LIDAR_GROUP] = 1
    hits, ranges = np.zeros(EXACT.beams, dtype=np.int32), np.zeros(EXACT.beams)
    directions = (beams @ frame.rotation.T).ravel()
    mujoco.mj_multiRay(
        scene.model,
        data,
        frame.position,
        directions,
        groups,
        True,
        -1,
        hits,
        ranges,
        None,
        EXACT.beams,
        EXACT.range_max,
    )
    return np.where(hits < 0, np.inf, ranges)


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    tilt=st.floats(-0.05, 0.05),
    yaw=st.floats(-3.1, 3.1),
)
def test_beams_agree_with_mujocos_own_rays(seed: int, tilt: float, yaw: float) -> None:
    random = np.random.default_rng(seed)
    placed = []
    for kind in (ShapeKind.BOX, ShapeKind.CYLINDER, ShapeKind.SPHERE) * 8:
        size = {ShapeKind.BOX: 3, ShapeKind.CYLINDER: 2, ShapeKind.SPHERE: 1}[kind]
        x, y = random.uniform(0.9, 8.0, 2) * random.choice([-1.0, 1.0], 2)
        angles = random.uniform(-3.0, 3.0, 3) * (1.0, 0.2, 0.2)
        pose = Transform.from_xyz_rpy(x, y, random.uniform(0.0, 0.3), *angles[::-1])
        placed.append((Shape(kind, tuple(random.uniform(0.05, 0.9, size))), pose))
    scene = build_scene(world_of(*placed), ROBOT, [], SimConfig())
    data = mujoco.MjData(scene.model)
    mujoco.mj_forward(scene.model, data)
    base = Transform.from_xyz_rpy(0, 0, 0, tilt, -tilt, yaw)
    lidar = Lidar(EXACT, ROBOT.lidar_mount, random, scene.model, CLEAR)
    found = lidar.scan(data, base, 0.0).ranges
    expected = mujoco_ranges(scene, data, base.compose(ROBOT.lidar_mount))
    agree = np.isclose(found, expected, atol=1e-4) | (np.isinf(found) & np.isinf(expected))
    assert agree.sum() >= EXACT.beams - 2  # a beam along an edge may go either way


def at(x: float, y: float, yaw: float) -> Transform:
    return Transform.from_xyz_rpy(x, y, 0, 0, 0, yaw)


@settings(max_examples=25, deadline=None)
@given(x=st.floats(-2, 2), y=st.floats(-1.5, 1.5), yaw=st.floats(-3.1, 3.1))
def test_ranges_in_a_room_are_the_analytic_ones(x: float, y: float, yaw: float) -> None:
    half_x, half_y = 4.0, 3.0
    walls = (
        box(half_x + 0.5, 0, 1, 1, 9, 2),
        box(-half_x - 0.5, 0, 1, 1, 9, 2),
        box(0, half_y + 0.5, 1, 9, 1, 2),
        box(0, -half_y - 0.5, 1, 9, 1, 2),
    )
    found = scan(*walls, base=at(x, y, yaw))
    sensor = at(x, y, yaw).compose(ROBOT.lidar_mount).planar()
    angles = sensor.yaw + found.bearings
    with np.errstate(divide="ignore"):
        along_x = np.where(np.cos(angles) > 0, half_x - sensor.x, -half_x - sensor.x)
        along_y = np.where(np.sin(angles) > 0, half_y - sensor.y, -half_y - sensor.y)
        analytic = np.minimum(along_x / np.cos(angles), along_y / np.sin(angles))
    assert found.ranges == pytest.approx(analytic, abs=1e-4)


def test_a_cylinder_is_seen_at_its_distance_and_width() -> None:
    pole = Shape(ShapeKind.CYLINDER, (0.05, 1.0)), Transform.from_xyz_rpy(2.2, 0, 0.5, 0, 0, 0)
    found = scan(pole, base=at(0, 0, 0))
    hit = np.isfinite(found.ranges)
    assert found.ranges[360] == pytest.approx(1.95, abs=1e-4)
    assert hit.sum() == pytest.approx(2 * np.arcsin(0.05 / 2.0) / found.angle_increment, abs=1)


def test_nothing_within_reach_is_infinite_and_the_robot_does_not_see_itself() -> None:
    far = box(40.0, 0, 1, 1, 1, 2)
    found = scan(far, base=at(0, 0, 0))
    assert np.all(np.isinf(found.ranges))
    assert not found.valid.any()


def test_a_table_top_above_the_plane_is_not_seen() -> None:
    assert np.all(np.isinf(scan(box(2, 0, 0.9, 1, 1, 0.1), base=at(0, 0, 0)).ranges))


def test_noise_is_the_sensors_and_repeats_with_the_seed() -> None:
    wall = box(3.0, 0, 1, 0.2, 30, 2)
    exact = scan(wall, base=at(0, 0, 0))
    first, again, other = (
        scan(wall, base=at(0, 0, 0), sensor=ROBOT.lidar, seed=seed) for seed in (1, 1, 2)
    )
    assert np.array_equal(first.ranges, again.ranges)
    assert not np.array_equal(first.ranges, other.ranges)
    seen = exact.valid & first.valid
    assert np.std(first.ranges[seen] - exact.ranges[seen]) == pytest.approx(0.01, rel=0.25)


def test_what_stands_in_its_beams_hides_what_is_behind_and_is_no_obstacle() -> None:
    world = SimWorld("operating_wing", seed=1)
    scan = world.step(0.1).scans[-1]
    assert np.array_equal(np.isnan(scan.ranges), ROBOT.lidar_hidden)
    half = RobotConfig().footprint.max(axis=0)
    assert not np.any(np.all(np.abs(scan.points()) < half, axis=1)), "it saw itself"


def test_a_lidar_amid_the_body_is_refused(tmp_path: Path) -> None:
    text = share("simulation", "models", "or_courier", "model.sdf").read_text()
    folder = tmp_path / "models" / "or_courier"
    folder.mkdir(parents=True)
    (folder / "model.sdf").write_text(text.replace("<pose>0.20 0 0.18", "<pose>0.20 0 0.5"))
    with pytest.raises(OrRobotError, match="sees its own body in 720 beams"):
        courier_model(root=tmp_path)
