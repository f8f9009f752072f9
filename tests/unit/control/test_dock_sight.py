"""A marker seen with noise, from a robot that moves: the dock stays where it is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.config.docking import DockingConfig
from or_robot.control.dock_sight import OUTLIERS, DockSight, marker_on_floor
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.geometry.transform import Transform
from or_robot.types.docking import DockMark
from or_robot.types.perception import (
    MarkerFault,
    MarkerKind,
    MarkerPose,
    MarkerRejected,
    Markers,
)

CONFIG = DockingConfig()
MARK = DockMark(0, Pose2D(0.65, 0.1, 0.0))
SIGMA_M, SIGMA_RAD = 0.004, 0.012
poses = st.builds(Pose2D, st.floats(-5, 5), st.floats(-5, 5), st.floats(-3.1, 3.1))


def marker_at(on_floor: Pose2D, number: int = 0) -> MarkerPose:
    """Upright, with the pose of its floor point in base_link."""
    out = np.array([math.cos(on_floor.yaw), math.sin(on_floor.yaw), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    rotation = np.column_stack((np.cross(up, out), up, out))
    covariance = np.diag(np.square([SIGMA_M] * 3 + [SIGMA_RAD] * 3))
    place = np.array([on_floor.x, on_floor.y, 0.42])
    return MarkerPose(MarkerKind(number, "dock", 0.18), Transform(place, rotation), covariance)


def image(stamp_s: float, *markers: MarkerPose) -> Markers:
    return Markers(stamp_s, markers, ())


def noisy(pose: Pose2D, rng: np.random.Generator) -> Pose2D:
    dx, dy, dyaw = rng.normal(0.0, [SIGMA_M, SIGMA_M, SIGMA_RAD])
    return Pose2D(pose.x + dx, pose.y + dy, wrap_angle(pose.yaw + dyaw))


@given(poses, st.floats(0.8, 1.6), st.floats(-0.3, 0.3))
def test_the_docked_pose_is_the_markers_with_its_offset(
    base: Pose2D, ahead: float, aside: float
) -> None:
    in_base = Pose2D(ahead, aside, math.pi)
    dock = base.compose(in_base).compose(MARK.offset)
    sight = DockSight(CONFIG, MARK)
    sight.look(image(1.0, marker_at(in_base)), base, dock)
    assert sight.dock is not None
    assert sight.dock.distance_to(dock) < 1e-9
    assert abs(wrap_angle(sight.dock.yaw - dock.yaw)) < 1e-9
    assert sight.seen_s == 1.0


@given(poses)
def test_a_marker_on_the_floor_is_where_it_was_put(pose: Pose2D) -> None:
    found = marker_on_floor(marker_at(pose))
    assert found.distance_to(pose) < 1e-9
    assert abs(wrap_angle(found.yaw - pose.yaw)) < 1e-9


@settings(max_examples=30, deadline=None)
@given(poses, st.integers(0, 2**31))
def test_many_sights_are_better_than_one_and_it_knows_when_it_is_sure(
    dock: Pose2D, seed: int
) -> None:
    rng, sight, marker = np.random.default_rng(seed), DockSight(CONFIG, MARK), None
    marker = dock.compose(MARK.offset.inverse())
    for n in range(40):
        base = marker.compose(Pose2D(1.4 - 0.005 * n, 0.02, math.pi + 0.05))
        seen = noisy(base.inverse().compose(marker), rng)
        sight.look(image(0.1 * n, marker_at(seen)), base, dock)
        assert n >= CONFIG.sights - 1 or not sight.sure
    assert sight.sure
    assert sight.dock is not None
    assert sight.dock.distance_to(dock) < 5.0 * CONFIG.sure
    assert abs(wrap_angle(sight.dock.yaw - dock.yaw)) < 5.0 * CONFIG.sure_yaw


BASE, AHEAD = Pose2D(1.0, 2.0, 0.5), Pose2D(1.4, 0.0, math.pi)
DOCK = BASE.compose(AHEAD).compose(MARK.offset)


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (Markers(1.0, (), ()), "marker 0: is not seen"),
        (image(1.0, marker_at(AHEAD, number=1)), "marker 0: is not seen"),
        (Markers(1.0, (), (MarkerRejected(0, MarkerFault.TWINS),)), "marker 0: seen twice"),
        (image(1.0, marker_at(Pose2D(2.2, 0.0, math.pi))), "0.80 m from where it should be"),
        (image(1.0, marker_at(Pose2D(1.4, 0.0, math.pi - 0.5))), "from where it should be"),
    ],
)
def test_what_is_not_believed_is_said(seen: Markers, says: str) -> None:
    sight = DockSight(CONFIG, MARK)
    sight.look(seen, BASE, DOCK)
    assert says in sight.problem
    assert sight.dock is None
    assert not sight.sure
    assert sight.images == 1


def test_one_outlier_is_left_out_and_a_marker_that_was_moved_is_sought_anew() -> None:
    sight = DockSight(CONFIG, MARK)
    for n in range(10):
        sight.look(image(float(n), marker_at(AHEAD)), BASE, DOCK)
    assert sight.sure
    moved = image(10.0, marker_at(Pose2D(1.4, 0.15, math.pi)))
    for _ in range(OUTLIERS - 1):
        sight.look(moved, BASE, DOCK)
        assert sight.dock is not None
        assert sight.dock.distance_to(DOCK) < 1e-9
        assert "not where it was" in sight.problem
    sight.look(moved, BASE, DOCK)
    assert sight.dock is None
    assert not sight.sure
