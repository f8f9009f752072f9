"""Laws of planar transforms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from or_robot.geometry.pose import Pose2D, wrap_angle

coordinates = st.floats(-100.0, 100.0)
angles = st.floats(-10.0, 10.0)
poses = st.builds(Pose2D, coordinates, coordinates, angles)


def assert_same(a: Pose2D, b: Pose2D) -> None:
    assert a.x == pytest.approx(b.x, abs=1e-9)
    assert a.y == pytest.approx(b.y, abs=1e-9)
    assert abs(wrap_angle(a.yaw - b.yaw)) < 1e-9


@given(poses)
def test_inverse_undoes_a_pose_from_both_sides(pose: Pose2D) -> None:
    identity = Pose2D(0.0, 0.0, 0.0)
    assert_same(pose.compose(pose.inverse()), identity)
    assert_same(pose.inverse().compose(pose), identity)


@given(poses, poses, poses)
def test_composition_is_associative(a: Pose2D, b: Pose2D, c: Pose2D) -> None:
    assert_same(a.compose(b).compose(c), a.compose(b.compose(c)))


@given(poses, poses)
def test_transform_agrees_with_composition(a: Pose2D, b: Pose2D) -> None:
    chained = a.compose(b)
    moved = a.transform(np.array([b.x, b.y]))
    assert moved == pytest.approx([chained.x, chained.y], abs=1e-9)


@given(poses, poses, poses)
def test_transform_keeps_distances(frame: Pose2D, p: Pose2D, q: Pose2D) -> None:
    moved = frame.transform(np.array([[p.x, p.y], [q.x, q.y]]))
    assert np.linalg.norm(moved[0] - moved[1]) == pytest.approx(p.distance_to(q), abs=1e-9)


@given(st.floats(-1e4, 1e4))
def test_wrapped_angle_points_the_same_way(angle: float) -> None:
    wrapped = wrap_angle(angle)
    assert -math.pi < wrapped <= math.pi
    assert math.cos(wrapped) == pytest.approx(math.cos(angle), abs=1e-9)
    assert math.sin(wrapped) == pytest.approx(math.sin(angle), abs=1e-9)


def test_positive_yaw_turns_x_towards_y() -> None:
    quarter_turn = Pose2D(1.0, 2.0, math.pi / 2.0)
    assert quarter_turn.transform(np.array([1.0, 0.0])) == pytest.approx([1.0, 3.0])
