"""Markers drawn into images by an exact camera, found again."""

import dataclasses
import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.geometry.transform import Transform
from or_robot.perception.marker_pose import square
from or_robot.perception.markers import MarkerDetector
from or_robot.types.perception import MarkerFault, MarkerKind, Markers
from or_robot.types.sensing import RgbdImage

OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
MOUNT = Transform(np.array([0.3, 0.0, 0.4]), OPTICAL)
"""base_link ← camera, looking straight ahead."""
K = np.array([[310.0, 0.0, 211.5], [0.0, 310.0, 119.5], [0.0, 0.0, 1.0]])
FACING = np.column_stack(([0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]))
"""Rotation of a marker that looks back at the robot."""
DOCK = MarkerKind(0, "dock", 0.18)
DETECTOR = MarkerDetector(kinds=[DOCK])


def marker(x: float, y: float, yaw: float = 0.0, roll: float = 0.0) -> Transform:
    """base_link ← marker."""
    turn = Transform.from_xyz_rpy(0.0, 0.0, 0.0, roll, 0.0, yaw).rotation
    return Transform(np.array([x, y, 0.42]), turn @ FACING)


def image(markers: list[Transform], side: float = 0.18, number: int = 0, seed: int = 0):
    """Grey boards with a white rim before a far wall."""
    rng = np.random.default_rng(seed)
    color = np.full((240, 424), 120, dtype=np.uint8)
    depth = np.full((240, 424), 4.0)
    cells = cv2.aruco.generateImageMarker(
        cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50), number, 240
    )
    picture = cv2.copyMakeBorder(cells, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=255)
    pixels = np.array([[40, 40], [280, 40], [280, 280], [40, 280]]) - 0.5
    for pose in markers:
        seen = MOUNT.inverse().compose(pose)
        corners = seen.apply(square(side)) @ K.T
        corners = (corners[:, :2] / corners[:, 2:]).astype(np.float32)
        warp = cv2.getPerspectiveTransform(pixels.astype(np.float32), corners)
        flags = cv2.INTER_AREA
        drawn = cv2.warpPerspective(picture, warp, (424, 240), flags=flags)
        where = cv2.warpPerspective(np.full_like(picture, 255), warp, (424, 240)) > 127
        color[where] = drawn[where]
        rows, columns = np.nonzero(where)
        rays = np.column_stack(
            ((columns - K[0, 2]) / K[0, 0], (rows - K[1, 2]) / K[1, 1], np.ones(len(rows)))
        )
        normal = seen.rotation[:, 2]
        depth[rows, columns] = (normal @ seen.position) / (rays @ normal)
    depth += rng.normal(0.0, 0.002, depth.shape) * depth**2
    noisy = np.clip(color + rng.normal(0.0, 2.0, color.shape), 0, 255).astype(np.uint8)
    return RgbdImage(1.5, np.dstack([noisy] * 3), depth.astype(np.float32), K, MOUNT)


def turned_by(found: Transform, true: Transform) -> float:
    """rad."""
    cosine = (np.trace(found.rotation @ true.rotation.T) - 1.0) / 2.0
    return math.acos(min(1.0, cosine))


def fault(told: Markers) -> MarkerFault:
    assert not told.markers
    (rejected,) = told.rejected
    assert rejected.id == 0
    return rejected.fault


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.3, 0.3), st.floats(-0.6, 0.6), st.integers(0, 100))
def test_within_a_centimetre_and_a_degree_at_one_metre(y: float, yaw: float, seed: int) -> None:
    true = marker(1.3, y, yaw)
    (found,) = DETECTOR.detect(image([true], seed=seed)).markers
    assert found.kind == DOCK
    assert np.linalg.norm(found.pose.position - true.position) < 0.01
    assert turned_by(found.pose, true) < math.radians(1.0)
    assert np.linalg.eigvalsh(found.covariance).min() > 0.0


def test_further_away_is_less_sure() -> None:
    spreads = [
        np.trace(DETECTOR.detect(image([marker(x, 0.0)])).markers[0].covariance[:3, :3])
        for x in (1.0, 2.0)
    ]
    assert spreads[1] > 2.0 * spreads[0]


def test_two_with_one_identity_are_both_refused() -> None:
    told = DETECTOR.detect(image([marker(1.4, 0.25), marker(1.4, -0.25)]))
    assert fault(told) is MarkerFault.TWINS


def test_a_picture_of_a_marker_of_another_size_is_refused() -> None:
    assert fault(DETECTOR.detect(image([marker(1.3, 0.0)], side=0.12))) is MarkerFault.DEPTH


def test_a_marker_on_its_side_is_refused() -> None:
    lying = marker(1.3, 0.0, roll=math.pi / 2.0)
    assert fault(DETECTOR.detect(image([lying]))) is MarkerFault.UPRIGHT


def test_without_depth_a_tilt_that_cannot_be_told_is_refused() -> None:
    seen = image([marker(2.4, 0.0, 0.05)])
    blind = dataclasses.replace(seen, depth=np.full_like(seen.depth, np.nan))
    assert fault(DETECTOR.detect(blind)) is MarkerFault.AMBIGUOUS


def test_an_unknown_marker_is_named_and_an_empty_image_says_nothing() -> None:
    told = DETECTOR.detect(image([marker(1.3, 0.0)], number=7))
    assert [(r.id, r.fault) for r in told.rejected] == [(7, MarkerFault.UNKNOWN)]
    nothing = DETECTOR.detect(image([]))
    assert (nothing.markers, nothing.rejected) == ((), ())


def test_too_far_is_refused() -> None:
    near = MarkerDetector(dataclasses.replace(DETECTOR._config, farthest=0.9), kinds=[DOCK])
    assert fault(near.detect(image([marker(1.5, 0.0)]))) is MarkerFault.DISTANCE
    assert pytest.approx(1.5) == image([]).stamp_s
