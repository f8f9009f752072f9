import dataclasses

import numpy as np
import pytest
from depth_camera import COLUMNS, MOUNT, ROWS, Box, K, depth_image
from hypothesis import given, settings
from hypothesis import strategies as st
from kinematic_plant import room

from or_robot.config.perception import DepthConfig
from or_robot.geometry.pose import Pose2D
from or_robot.perception.depth import understand
from or_robot.perception.depth_obstacles import BLIND_AFTER, DepthObstacleFinder
from or_robot.types.motion import PoseEstimate, Track, Tracks
from or_robot.types.perception import Blindness, DepthObstacles
from or_robot.types.sensing import RgbdImage
from or_robot.types.site import Door

CONFIG = DepthConfig()
HERE = Pose2D(2.0, 3.0, 0.0)
SITE = room(8.0, 6.0, [])
CABLE: Box = ((3.9, 2.4, 0.0), (3.96, 3.6, 0.015))
BOOM: Box = ((3.9, 2.55, 0.55), (4.02, 3.45, 1.05))


def finder() -> DepthObstacleFinder:
    return DepthObstacleFinder(CONFIG, SITE.map)


def look(
    seeing: DepthObstacleFinder,
    boxes: list[Box],
    images: int,
    start_s: float = 0.0,
    pose: Pose2D = HERE,
    tracks: Tracks | None = None,
) -> DepthObstacles:
    for n in range(images):
        stamp_s = start_s + 0.2 * n
        image = depth_image(boxes, pose, stamp_s, seed=int(100 * start_s) + n)
        found = seeing.update(image, PoseEstimate(stamp_s, pose, np.eye(3) * 1e-4, False), tracks)
    return found


@settings(max_examples=6, deadline=None)
@given(st.floats(1.15, 2.2), st.floats(-0.3, 0.3), st.integers(0, 1000))
def test_a_cable_and_a_boom_are_seen_where_they_are(ahead: float, y: float, seed: int) -> None:
    x = 0.33 + ahead
    for low, high in ((0.0, 0.015), (0.55, 1.05)):
        box = ((x, y - 0.4, low), (x + 0.06, y + 0.4, high))
        found = understand(depth_image([box], seed=seed), CONFIG)
        assert found.blindness is Blindness.NONE
        assert len(found.points) >= 5
        assert np.all(np.abs(found.points[:, 0] - x - 0.03) < 0.12)
        assert np.all(np.abs(found.points[:, 1] - y) < 0.5)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 100_000))
def test_a_bare_floor_is_free(seed: int) -> None:
    assert len(understand(depth_image(seed=seed), CONFIG).points) == 0


def test_what_hangs_above_the_robot_is_no_obstacle() -> None:
    lamp: Box = ((1.6, -0.4, 1.25), (2.2, 0.4, 1.6))
    assert len(understand(depth_image([lamp]), CONFIG).points) == 0


def test_missing_pixels_do_not_hide_a_cable() -> None:
    image = depth_image([((1.9, -0.6, 0.0), (1.96, 0.6, 0.02))])
    holes = np.random.default_rng(1).random(image.depth.shape) < 0.4
    image = dataclasses.replace(image, depth=np.where(holes, np.nan, image.depth))
    assert len(understand(image, CONFIG).points) >= 5


def worse(image: RgbdImage, how: str) -> RgbdImage:
    depth, k = image.depth, K.copy()
    match how:
        case "covered":
            depth = np.full_like(depth, 0.05)
        case "dark":
            depth = np.full_like(depth, np.nan)
        case "metres for millimetres":
            depth = depth * np.float32(1000.0)
        case "millimetres for metres":
            depth = depth / np.float32(1000.0)
        case "camera_info of another size":
            k[:2, 2] *= 2.0
        case "camera_info of another lens":
            k[0, 0] = k[1, 1] = 200.0
        case "camera_info of nothing":
            k[:] = 0.0
        case "other sizes":
            depth = depth[:, :100]
    return dataclasses.replace(image, depth=depth, intrinsics=k)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("covered", Blindness.COVERED),
        ("dark", Blindness.MISSING),
        ("metres for millimetres", Blindness.NO_FLOOR),
        ("millimetres for metres", Blindness.COVERED),
        ("camera_info of another size", Blindness.INTRINSICS),
        ("camera_info of another lens", Blindness.NO_FLOOR),
        ("camera_info of nothing", Blindness.INTRINSICS),
        ("other sizes", Blindness.SIZE),
    ],
)
def test_a_camera_that_cannot_be_relied_on_says_why(how: str, why: Blindness) -> None:
    told = understand(worse(depth_image(), how), CONFIG)
    assert told.blindness is why
    assert len(told.points) == 0


def test_a_camera_turned_away_says_so() -> None:
    tilted = MOUNT.compose(type(MOUNT).from_xyz_rpy(0.0, 0.0, 0.0, 0.15, 0.0, 0.0))
    told = understand(dataclasses.replace(depth_image(), mount=tilted), CONFIG)
    assert told.blindness is Blindness.NO_FLOOR


def test_a_wall_close_ahead_is_no_blindness() -> None:
    wall: Box = ((1.2, -3.0, 0.0), (1.3, 3.0, 2.5))
    told = understand(depth_image([wall]), CONFIG)
    assert told.blindness is Blindness.NONE
    assert len(told.points) > 10


@pytest.mark.parametrize("box", [CABLE, BOOM])
def test_one_image_is_not_enough_two_are_and_it_is_kept_out_of_view(box: Box) -> None:
    seeing = finder()
    assert len(look(seeing, [box], 1).points) == 0
    found = look(seeing, [box], 2, 0.2)
    assert len(found.points) >= 5
    assert np.all(np.abs(found.points[:, 0] - 3.95) < 0.12)
    # so near that the camera looks over it
    near = look(seeing, [box], 3, 1.0, Pose2D(3.2, 3.0, 0.0))
    assert len(near.points) >= 5
    # and in the end it is forgotten
    away = look(seeing, [], 1, 1.0 + CONFIG.keep_s + 1.0, Pose2D(3.2, 3.0, 3.0))
    assert len(away.points) == 0


@pytest.mark.parametrize("box", [CABLE, BOOM])
def test_what_was_taken_away_is_gone_within_a_second(box: Box) -> None:
    seeing = finder()
    assert len(look(seeing, [box], 4).points) >= 5
    assert len(look(seeing, [], 5, 1.0).points) == 0


def test_what_something_nearer_hides_is_not_gone() -> None:
    seeing = finder()
    before = look(seeing, [CABLE], 4)
    screen: Box = ((3.5, 1.5, 0.0), (3.55, 4.5, 2.0))
    after = look(seeing, [screen], 4, 1.0)
    kept = np.abs(after.points[:, 0] - 3.93) < 0.12
    assert np.count_nonzero(kept) >= 0.9 * len(before.points)


def test_walkers_doors_and_walls_of_the_map_leave_no_mark() -> None:
    body: Box = ((3.8, 2.8, 0.0), (4.2, 3.2, 1.7))
    walker = Track(1, np.array([4.0, 3.0]), np.array([0.8, 0.0]), np.eye(4), 0.3, 1.0)
    tracks = Tracks(0.0, (walker,))
    assert len(look(finder(), [body], 3, tracks=tracks).points) == 0
    assert len(look(finder(), [body], 3).points) > 0
    leaf = Door("OR-1", np.array([[4.0, 2.5], [4.0, 3.5]]))
    closed: Box = ((3.95, 2.5, 0.0), (4.05, 3.5, 2.0))
    doors = DepthObstacleFinder(CONFIG, SITE.map, [leaf])
    assert len(look(doors, [closed], 3).points) == 0
    wall: Box = ((7.95, 0.0, 0.0), (8.0, 6.0, 2.5))
    at = Pose2D(6.0, 3.0, 0.0)
    assert len(look(finder(), [wall], 3, pose=at).points) == 0


def test_a_blind_camera_is_said_to_be_and_forgets_nothing_at_once() -> None:
    seeing = finder()
    known = look(seeing, [CABLE], 3)
    for n in range(BLIND_AFTER):
        dark = worse(depth_image(stamp_s=1.0 + 0.2 * n), "dark")
        told = seeing.update(dark, PoseEstimate(1.0, HERE, np.eye(3), False))
    assert told.blindness is Blindness.MISSING
    assert np.array_equal(told.points, known.points)
    lost = seeing.update(dark, PoseEstimate(2.0, HERE, np.eye(3), True))
    assert len(lost.points) == 0


def test_the_support_camera_sees_the_floor_where_it_is() -> None:
    image = depth_image(sigma=0.0)
    assert image.depth.shape == (ROWS, COLUMNS)
    place = MOUNT.apply(np.array([0.0, 0.0, 1.0]) * float(image.depth[ROWS // 2, COLUMNS // 2]))
    assert place[2] == pytest.approx(0.0, abs=0.02)
