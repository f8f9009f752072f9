"""Gazebo's messages from and to the robot's own types."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from or_robot.gazebo.messages import Messages
from or_robot.geometry.pose import Pose2D
from or_robot.scenario.truth import Contact
from or_robot.sim.camera import OPTICAL, intrinsics
from or_robot.sim.robot_model import RobotModel
from or_robot.sim.sdf import ImuSensor
from or_robot.types.motion import LaserScan, Twist2D
from or_robot.types.sensing import ImuReading, RgbdImage

WITHIN = 0.005
"""m."""


def seconds(time: Any) -> float:
    return float(time.sec) + 1e-9 * float(time.nsec)


def pose_of(pose: Any) -> Pose2D:
    """Height, roll and pitch are dropped."""
    q = pose.orientation
    yaw = math.atan2(2.0 * (q.w * q.z + q.x * q.y), 1.0 - 2.0 * (q.y * q.y + q.z * q.z))
    return Pose2D(pose.position.x, pose.position.y, yaw)


def scan_of(message: Any, robot: RobotModel) -> LaserScan:
    """Noise is Gazebo's own, from the SDF; beams that the robot's own body hides are NaN.

    So is what ends inside the courier's skirt, where only its own posts are: rays and body are of
    two steps of physics, and while it turns a beam beside a post may meet it.
    """
    scan, sensor = message.scan, robot.lidar
    ranges = np.array(scan.ranges, dtype=np.float32)
    ranges[~np.isfinite(ranges) | (ranges > sensor.range_max)] = np.inf
    if ranges.size == robot.lidar_hidden.size:
        ranges[robot.lidar_hidden | _inside(ranges, robot)] = np.nan
    return LaserScan(
        stamp_s=seconds(message.time),
        angle_min=scan.angle_min,
        angle_increment=scan.angle_step,
        range_min=sensor.range_min,
        range_max=sensor.range_max,
        ranges=ranges,
        mount=robot.lidar_mount.planar(),
    )


def _inside(ranges: NDArray[np.float32], robot: RobotModel) -> NDArray[np.bool_]:
    """(beams,) that end inside the skirt by more than `WITHIN`."""
    base = robot.model.link("base_link")
    assert base is not None, "the robot was checked"
    (skirt,) = (part for part in base.collisions if part.name == robot.bumper)
    near = np.where(np.isfinite(ranges), ranges, np.float32(robot.lidar.range_max))
    ends = robot.lidar_mount.planar().transform(near[:, None] * robot.lidar.directions)
    return np.all(np.abs(ends) < np.array(skirt.shape.size[:2]) / 2.0 - WITHIN, axis=1)


def imu_reading(message: Any, sensor: ImuSensor) -> ImuReading:
    turning, force = message.angular_velocity, message.linear_acceleration
    return ImuReading(
        seconds(message.stamp),
        np.array([turning.x, turning.y, turning.z]),
        np.array([force.x, force.y, force.z]),
        sensor.gyro.sigma**2,
        sensor.accelerometer.sigma**2,
    )


class Pairs:
    """Colour and depth come as two streams of images of the same moments."""

    SAME_S = 0.005

    def __init__(self, robot: RobotModel, depth_sigma: float, random: np.random.Generator) -> None:
        """depth_sigma: 1/m, random error of a depth per square of it; Gazebo itself makes none."""
        self._sensor, self._mount = robot.camera, robot.camera_mount.compose(OPTICAL)
        self._sigma, self._random = depth_sigma, random
        self._last: dict[str, Any] = {}

    def add(self, kind: str, message: Any) -> RgbdImage | None:
        """The image once both of its halves, "color" and "depth", have come."""
        self._last[kind] = message
        if len(self._last) < 2:
            return None
        color, depth = self._last["color"], self._last["depth"]
        stamp_s = seconds(color.time)
        if abs(seconds(depth.time) - stamp_s) > self.SAME_S:
            return None
        self._last = {}
        return RgbdImage(
            stamp_s=stamp_s,
            color=_pixels(color.image, np.uint8, 3),
            depth=self._measured(_pixels(depth.image, np.float32, 1)[:, :, 0]),
            intrinsics=intrinsics(self._sensor),
            mount=self._mount,
        )

    def _measured(self, depth: NDArray[np.float32]) -> NDArray[np.float32]:
        inside = (depth >= self._sensor.near) & (depth <= self._sensor.far)
        seen = np.where(inside, depth, np.float32(np.nan))
        error = self._random.standard_normal(depth.shape, dtype=np.float32)
        return seen + np.float32(self._sigma) * error * seen**2


def _pixels(image: Any, kind: type[np.generic], channels: int) -> NDArray[Any]:
    """(rows, columns, channels)."""
    return np.frombuffer(image.data, kind).reshape(image.height, image.width, channels).copy()


class Touches:
    """Who begins to touch the robot, by Gazebo's messages of who touches it now."""

    def __init__(self, robot: str) -> None:
        self._robot = robot
        self._now: set[str] = set()

    @property
    def touched(self) -> bool:
        return bool(self._now)

    def new(self, message: Any, now_s: float, speed: float) -> list[Contact]:
        last, self._now = self._now, {self._other(contact) for contact in message.contact}
        return [Contact(now_s, name, speed) for name in sorted(self._now - last)]

    def _other(self, contact: Any) -> str:
        """The model that is not the robot."""
        names = [name.split("::")[0] for name in (contact.collision1, contact.collision2)]
        return next((name for name in names if name != self._robot), self._robot)


def velocity(messages: Messages, twist: Twist2D) -> Any:
    """For Gazebo's DiffDrivePlugin, whose yaw is inverted."""
    message = messages.new("Pose")
    half = -twist.angular / 2.0
    _fill(message, (twist.linear, 0.0, 0.0), (math.cos(half), 0.0, 0.0, math.sin(half)))
    return message


def model_at(
    messages: Messages, name: str, position: Sequence[float], quaternion: Sequence[float]
) -> Any:
    """A model put elsewhere. quaternion: w, x, y, z."""
    message = messages.new("Model", name=name)
    _fill(message.pose, position, quaternion)
    return message


def _fill(pose: Any, position: Sequence[float], quaternion: Sequence[float]) -> None:
    pose.position.x, pose.position.y, pose.position.z = position
    q = pose.orientation
    q.w, q.x, q.y, q.z = quaternion
