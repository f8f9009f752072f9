"""Round trips between readings in space and ROS messages."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

pytest.importorskip("rclpy")

from array import array

from rclpy.serialization import deserialize_message, serialize_message

from or_robot.errors import OrRobotError
from or_robot.geometry.transform import Transform
from or_robot.nodes import sensor_conversions as c
from or_robot.nodes.conversions import Malformed
from or_robot.types.perception import Blindness, DepthObstacles
from or_robot.types.sensing import ImuReading, RgbdImage

angle = st.floats(-math.pi, math.pi)
mounts = st.builds(Transform.from_xyz_rpy, *[st.floats(-5, 5)] * 3, *[angle] * 3)
triples = hnp.arrays(np.float64, 3, elements=st.floats(-50, 50))
K = np.array([[310.0, 0.0, 211.5], [0.0, 310.0, 119.5], [0.0, 0.0, 1.0]])
HERE = Transform.from_xyz_rpy(0.3, 0.0, 0.95, 0.0, 0.3, 0.0)


def over_the_wire(message):  # type: ignore[no-untyped-def]
    """As another process gets it."""
    return deserialize_message(serialize_message(message), type(message))


def an_image(depth: np.ndarray) -> RgbdImage:
    color = np.arange(depth.size * 3, dtype=np.uint8).reshape(*depth.shape, 3)
    return RgbdImage(3.5, color, depth.astype(np.float32), K, HERE)


@given(mounts)
def test_mount(mount: Transform) -> None:
    message = over_the_wire(c.mount_to_ros(mount, "base_link", "camera_link"))
    back = c.mount_from_ros(message)
    assert back.position == pytest.approx(mount.position)
    assert back.rotation == pytest.approx(mount.rotation, abs=1e-9)
    assert (message.header.frame_id, message.child_frame_id) == ("base_link", "camera_link")


@given(triples, triples, st.floats(0, 1), st.floats(0, 1))
def test_imu(turning: np.ndarray, force: np.ndarray, first: float, second: float) -> None:
    reading = ImuReading(2.25, turning, force, first, second)
    message = over_the_wire(c.imu_to_ros(reading, "imu_link"))
    back = c.imu_from_ros(message)
    np.testing.assert_array_equal(back.angular_velocity, turning)
    np.testing.assert_array_equal(back.linear_acceleration, force)
    assert (back.stamp_s, back.angular_velocity_variance) == (2.25, first)
    assert back.linear_acceleration_variance == second
    assert message.orientation_covariance[0] == -1.0, "no orientation is claimed"
    assert message.header.frame_id == "imu_link"


depths = st.floats(0.125, 60.0, width=32) | st.just(math.nan)


@given(hnp.arrays(np.float32, (3, 5), elements=depths))
def test_image(depth: np.ndarray) -> None:
    sent = an_image(depth)
    color, distance, info = map(over_the_wire, c.image_to_ros(sent, "camera_optical_frame"))
    back = c.image_from_ros(color, distance, info, HERE)
    np.testing.assert_array_equal(back.color, sent.color)
    np.testing.assert_allclose(back.depth, depth, atol=0.00051)
    np.testing.assert_array_equal(back.intrinsics, K)
    assert (back.stamp_s, back.mount) == (3.5, HERE)
    assert (color.encoding, distance.encoding) == ("rgb8", "16UC1")
    assert color.header == distance.header == info.header
    assert color.header.frame_id == "camera_optical_frame"
    assert (info.distortion_model, list(info.d)) == ("plumb_bob", [0.0] * 5)


def test_other_drivers_images_are_read_too() -> None:
    """Metres in single precision, big endian, blue first, padded rows."""
    depth = np.array([[1.5, np.inf], [np.nan, 0.25]], dtype=np.float32)
    color, distance, info = c.image_to_ros(an_image(depth), "camera")
    distance.encoding, distance.is_bigendian, distance.step = "32FC1", 1, 12
    padded = np.zeros((2, 3), dtype=">f4")
    padded[:, :2] = depth
    distance.data = array("B", padded.tobytes())
    color.encoding = "bgr8"
    back = c.image_from_ros(color, distance, info, HERE)
    np.testing.assert_array_equal(back.depth, [[1.5, np.nan], [np.nan, 0.25]])
    np.testing.assert_array_equal(back.color, an_image(depth).color[..., ::-1])


@pytest.mark.parametrize(
    ("which", "field", "value", "said"),
    [
        (0, "encoding", "yuv422", "yuv422"),
        (1, "encoding", "mono8", "mono8"),
        (1, "width", 3, "register depth"),
        (2, "height", 3, "camera_info"),
        (1, "step", 3, "rows of 3"),
        (0, "data", array("B", [1, 2, 3]), "3 bytes"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(
    which: int, field: str, value: object, said: str
) -> None:
    messages = c.image_to_ros(an_image(np.ones((2, 2), dtype=np.float32)), "camera")
    setattr(messages[which], field, value)
    with pytest.raises(OrRobotError, match=said):
        c.image_from_ros(*messages, HERE)


def test_depth_obstacles_survive_the_way_there_and_back() -> None:
    points = np.array([[1.0, -2.5, 0.02], [3.25, 0.5, 0.8]])
    told = c.obstacles_from_ros(
        c.obstacles_to_ros(DepthObstacles(4.5, points, Blindness.NONE), "map")
    )
    assert told.stamp_s == 4.5
    assert told.points == pytest.approx(points)
    none = DepthObstacles(4.5, np.empty((0, 3)), Blindness.NONE)
    assert c.obstacles_from_ros(c.obstacles_to_ros(none, "map")).points.shape == (0, 3)


def test_depth_obstacles_of_another_frame_or_layout_or_that_are_no_numbers_are_refused() -> None:
    points = np.array([[1.0, np.nan, 0.0]])
    with pytest.raises(Malformed, match="no number"):
        c.obstacles_from_ros(c.obstacles_to_ros(DepthObstacles(0.0, points, Blindness.NONE), "map"))
    good = c.obstacles_to_ros(DepthObstacles(0.0, np.zeros((2, 3)), Blindness.NONE), "map")
    good.header.frame_id = "odom"
    with pytest.raises(Malformed, match="odom"):
        c.obstacles_from_ros(good)
    good.header.frame_id, good.point_step = "map", 16
    with pytest.raises(Malformed, match="layout"):
        c.obstacles_from_ros(good)
