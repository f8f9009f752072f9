"""Between sensor readings in space and their ROS messages; planar types are in `conversions`."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField
from sensor_msgs.msg import Imu as ImuMsg

from or_robot.errors import OrRobotError
from or_robot.geometry.transform import Transform
from or_robot.nodes import names
from or_robot.nodes.conversions import Malformed, expect_frame, header_to_ros, time_from_ros
from or_robot.types.perception import Blindness, DepthObstacles
from or_robot.types.sensing import ImuReading, RgbdImage

NO_ORIENTATION = -1.0
"""First element of a covariance: the unit does not measure this (sensor_msgs/Imu)."""
MM = 1000.0
"""Of a metre: depth of encoding 16UC1 (REP 118)."""
DEEPEST_MM = 65535.0


def mount_to_ros(mount: Transform, parent: str, child: str) -> TransformStamped:
    """A fixed transform, for /tf_static."""
    message = TransformStamped(header=header_to_ros(0.0, parent), child_frame_id=child)
    x, y, z = mount.position.tolist()
    message.transform.translation = Vector3(x=x, y=y, z=z)
    x, y, z, w = mount.quaternion().tolist()
    message.transform.rotation = Quaternion(x=x, y=y, z=z, w=w)
    return message


def mount_from_ros(message: TransformStamped) -> Transform:
    t, q = message.transform.translation, message.transform.rotation
    return Transform.from_quaternion(np.array([t.x, t.y, t.z]), np.array([q.x, q.y, q.z, q.w]))


def imu_to_ros(reading: ImuReading, frame: str) -> ImuMsg:
    """Without orientation, as a unit without magnetometer gives it."""
    message = ImuMsg(header=header_to_ros(reading.stamp_s, frame))
    message.orientation_covariance[0] = NO_ORIENTATION
    x, y, z = reading.angular_velocity.tolist()
    message.angular_velocity = Vector3(x=x, y=y, z=z)
    x, y, z = reading.linear_acceleration.tolist()
    message.linear_acceleration = Vector3(x=x, y=y, z=z)
    message.angular_velocity_covariance[::4] = reading.angular_velocity_variance
    message.linear_acceleration_covariance[::4] = reading.linear_acceleration_variance
    return message


def imu_from_ros(message: ImuMsg) -> ImuReading:
    """Of unequal axes the largest variance counts."""
    turning, force = message.angular_velocity, message.linear_acceleration
    return ImuReading(
        time_from_ros(message.header.stamp),
        np.array([turning.x, turning.y, turning.z]),
        np.array([force.x, force.y, force.z]),
        float(np.max(message.angular_velocity_covariance[::4])),
        float(np.max(message.linear_acceleration_covariance[::4])),
    )


def image_to_ros(image: RgbdImage, frame: str) -> tuple[Image, Image, CameraInfo]:
    """Colour (rgb8), depth (16UC1, mm, 0 where nothing was measured) and what both were seen with.

    One frame and one stamp: depth is registered to colour.
    """
    mm = np.nan_to_num(np.round(image.depth * MM), nan=0.0, posinf=0.0, neginf=0.0)
    depth = np.where((mm > 0.0) & (mm <= DEEPEST_MM), mm, 0.0).astype("<u2")
    return (
        _image(image.color, "rgb8", image.stamp_s, frame),
        _image(depth, "16UC1", image.stamp_s, frame),
        _camera_info(image, frame),
    )


def image_from_ros(color: Image, depth: Image, info: CameraInfo, mount: Transform) -> RgbdImage:
    """The stamp is the colour image's. Raises OrRobotError for an encoding that is not read here
    and for images whose sizes differ."""
    for message, what in ((depth, "depth image"), (info, "camera_info")):
        if (message.height, message.width) != (color.height, color.width):
            raise OrRobotError(
                f"{what} has {message.width} × {message.height} pixels, "
                f"the colour image {color.width} × {color.height}",
                "let the driver register depth to colour",
            )
    return RgbdImage(
        time_from_ros(color.header.stamp),
        _color(color),
        _depth(depth),
        np.array(info.k, dtype=np.float64).reshape(3, 3),
        mount,
    )


def obstacles_to_ros(obstacles: DepthObstacles, frame: str) -> PointCloud2:
    """Points as float32 x, y, z in m."""
    points = np.ascontiguousarray(obstacles.points, dtype="<f4").reshape(-1, 3)
    fields = [
        PointField(name=name, offset=4 * i, datatype=PointField.FLOAT32, count=1)
        for i, name in enumerate("xyz")
    ]
    return PointCloud2(
        header=header_to_ros(obstacles.stamp_s, frame),
        height=1,
        width=len(points),
        fields=fields,
        is_bigendian=False,
        point_step=12,
        row_step=12 * len(points),
        data=array("B", points.tobytes()),
        is_dense=True,
    )


def obstacles_from_ros(message: PointCloud2) -> DepthObstacles:
    """Malformed in another frame than map, in another layout, and with what is no number."""
    expect_frame(message.header.frame_id, names.MAP)
    layout = [(f.name, f.offset, f.datatype) for f in message.fields]
    wanted = [(name, 4 * i, PointField.FLOAT32) for i, name in enumerate("xyz")]
    size = 12 * message.width * message.height
    if layout != wanted or message.point_step != 12 or len(message.data) != size:
        raise Malformed("depth obstacles of another layout than float32 x, y, z")
    points = np.frombuffer(message.data, "<f4").reshape(-1, 3).astype(np.float64)
    if not np.isfinite(points).all():
        raise Malformed("a depth obstacle is no number")
    return DepthObstacles(time_from_ros(message.header.stamp), points, Blindness.NONE)


def _image(pixels: NDArray[np.generic], encoding: str, stamp_s: float, frame: str) -> Image:
    message = Image(header=header_to_ros(stamp_s, frame), encoding=encoding, is_bigendian=0)
    message.height, message.width = pixels.shape[:2]
    message.step = pixels.strides[0] if pixels.flags.c_contiguous else pixels[0].nbytes
    message.data = array("B", pixels.tobytes())
    return message


def _camera_info(image: RgbdImage, frame: str) -> CameraInfo:
    """A rectified image: no distortion left."""
    rows, columns = image.depth.shape
    projection = np.hstack([image.intrinsics, np.zeros((3, 1))])
    return CameraInfo(
        header=header_to_ros(image.stamp_s, frame),
        height=rows,
        width=columns,
        distortion_model="plumb_bob",
        d=[0.0] * 5,
        k=image.intrinsics.ravel(),
        r=np.eye(3).ravel(),
        p=projection.ravel(),
    )


def _color(message: Image) -> NDArray[np.uint8]:
    if message.encoding not in ("rgb8", "bgr8"):
        raise OrRobotError(f"colour image of encoding {message.encoding!r}", "give rgb8 or bgr8")
    pixels = _pixels(message, np.dtype(np.uint8), 3)
    return pixels if message.encoding == "rgb8" else pixels[..., ::-1]


def _depth(message: Image) -> NDArray[np.float32]:
    """16UC1 is in mm with 0 for nothing, 32FC1 in m (REP 118)."""
    order = ">" if message.is_bigendian else "<"
    if message.encoding == "16UC1":
        mm = _pixels(message, np.dtype(f"{order}u2"), 1)[..., 0].astype(np.float32)
        return np.where(mm == 0.0, np.float32(np.nan), mm / np.float32(MM))
    if message.encoding == "32FC1":
        depth = _pixels(message, np.dtype(f"{order}f4"), 1)[..., 0].astype(np.float32)
        return np.where(np.isfinite(depth), depth, np.float32(np.nan))
    raise OrRobotError(f"depth image of encoding {message.encoding!r}", "give 16UC1 or 32FC1")


def _pixels(message: Image, kind: np.dtype[Any], channels: int) -> NDArray[Any]:
    """(rows, columns, channels); rows may be padded."""
    row = message.width * channels * kind.itemsize
    if message.step < row or len(message.data) != message.step * message.height:
        raise OrRobotError(
            f"image of {len(message.data)} bytes with rows of {message.step}, wanted "
            f"{message.height} rows of at least {row}",
            "mend the camera's driver",
        )
    rows = np.frombuffer(message.data, np.uint8).reshape(message.height, message.step)[:, :row]
    return np.ascontiguousarray(rows).view(kind).reshape(message.height, message.width, channels)
