"""Rigid transforms in space."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from or_robot.geometry.transform import Transform

angle = st.floats(-3.1, 3.1)
pose = st.tuples(*[st.floats(-10, 10)] * 3, angle, angle, angle)


@given(pose)
def test_rotation_is_about_fixed_axes_roll_pitch_yaw(values) -> None:
    expected = Rotation.from_euler("xyz", values[3:]).as_matrix()
    assert Transform.from_xyz_rpy(*values).rotation == pytest.approx(expected, abs=1e-12)


@given(pose, pose)
def test_inverse_undoes_and_composition_chains(first, second) -> None:
    a, b = Transform.from_xyz_rpy(*first), Transform.from_xyz_rpy(*second)
    points = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    assert a.inverse().apply(a.apply(points)) == pytest.approx(points, abs=1e-9)
    assert a.compose(b).apply(points) == pytest.approx(a.apply(b.apply(points)), abs=1e-9)


@given(pose)
def test_quaternion_is_the_same_rotation(values) -> None:
    turned = Transform.from_xyz_rpy(*values)
    expected = Rotation.from_matrix(turned.rotation)
    found = turned.quaternion()
    assert found[3] >= 0.0
    assert (expected.inv() * Rotation.from_quat(found)).magnitude() == pytest.approx(0, abs=1e-6)
    back = Transform.from_quaternion(turned.position, 2.0 * found)
    assert back.rotation == pytest.approx(turned.rotation, abs=1e-9)


@given(st.floats(-10, 10), st.floats(-10, 10), angle)
def test_planar_reads_back_what_was_put_in(x: float, y: float, yaw: float) -> None:
    found = Transform.from_xyz_rpy(x, y, 0.3, 0, 0, yaw).planar()
    assert (found.x, found.y, found.yaw) == pytest.approx((x, y, yaw))
