import dataclasses
import math

import numpy as np
from depth_camera import Box, depth_image
from kinematic_plant import room

from or_robot.config.perception import DepthConfig, MarkerConfig
from or_robot.geometry.pose import Pose2D
from or_robot.perception.depth_obstacles import BLIND_AFTER
from or_robot.perception.eyes import NO_IMAGE_S, Eyes
from or_robot.types.motion import PoseEstimate, Track, Tracks
from or_robot.types.perception import Blindness

SITE = room(8.0, 6.0, [])
HERE = Pose2D(2.0, 3.0, 0.0)
CABLE: Box = ((3.9, 2.4, 0.0), (3.96, 3.6, 0.015))
BODY: Box = ((3.8, 2.8, 0.0), (4.2, 3.2, 1.6))


def eyes() -> Eyes:
    return Eyes(DepthConfig(), MarkerConfig(), SITE.map)


def pose(stamp_s: float) -> PoseEstimate:
    return PoseEstimate(stamp_s, HERE, np.eye(3) * 1e-4, False)


def test_obstacles_come_with_every_image_markers_at_their_own_rate() -> None:
    rate = 2.0
    seeing = Eyes(DepthConfig(), MarkerConfig(rate=rate), SITE.map)
    searched = 0
    for n in range(10):
        image = depth_image([CABLE], HERE, 0.2 * n, n)
        found, markers = seeing.look(image, pose(0.2 * n))
        assert found is not None
        searched += markers is not None
    assert len(found.points) > 0
    assert searched == math.floor(1.8 * rate) + 1
    _, markers = seeing.look(depth_image([], HERE, 9.0), pose(9.0), search_markers=False)
    assert markers is None


def test_without_a_pose_nothing_is_told_of_obstacles() -> None:
    found, markers = eyes().look(depth_image([CABLE], HERE), None)
    assert found is None
    assert markers is not None


def test_images_that_are_wanted_and_do_not_come_are_blindness() -> None:
    seeing = eyes()
    assert seeing.blindness(100.0) is Blindness.NONE
    seeing.want(True, 100.0)
    seeing.want(True, 100.0 + NO_IMAGE_S)
    assert seeing.blindness(100.0 + NO_IMAGE_S) is Blindness.NONE
    assert seeing.blindness(100.1 + NO_IMAGE_S) is Blindness.NO_IMAGE
    seeing.look(depth_image([], HERE, 101.5), pose(101.5))
    assert seeing.blindness(101.6) is Blindness.NONE
    assert seeing.blindness(101.6 + NO_IMAGE_S) is Blindness.NO_IMAGE
    seeing.want(False, 103.0)
    assert seeing.blindness(103.0) is Blindness.NONE


def test_a_camera_that_was_covered_is_blind_until_it_sees_again() -> None:
    seeing = eyes()
    for n in range(BLIND_AFTER):
        assert seeing.seen is Blindness.NONE
        image = depth_image([], HERE, 0.2 * n)
        covered = dataclasses.replace(image, depth=np.full_like(image.depth, 0.05))
        seeing.look(covered, pose(0.2 * n))
    assert seeing.seen is Blindness.COVERED
    seeing.look(depth_image([], HERE, 2.0), pose(2.0))
    assert seeing.seen is Blindness.NONE


def test_who_was_taken_for_a_thing_and_walks_on_leaves_no_ghost_but_a_cable_stays() -> None:
    seeing = eyes()
    for n in range(3):
        image = depth_image([CABLE, BODY], HERE, 0.2 * n, n)
        found, _ = seeing.look(image, pose(0.2 * n))
    assert found is not None
    assert found.points[:, 2].max() < 1.0
    before = len(found.points)
    walker = Track(1, np.array([4.4, 3.6]), np.array([0.6, 0.9]), np.eye(4), 0.3, 1.0)
    away = PoseEstimate(0.8, Pose2D(2.0, 3.0, 3.1), np.eye(3) * 1e-4, False)
    image = depth_image([], Pose2D(2.0, 3.0, 3.1), 0.8)
    found, _ = seeing.look(image, away, Tracks(0.8, (walker,)))
    assert found is not None
    assert 0 < len(found.points) < before
    assert seeing._finder._memory._tops.max() < 0.06
