"""Images of the depth camera for a node: heard only while wanted, put together, converted."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, Image

from or_robot.errors import OrRobotError
from or_robot.nodes import names
from or_robot.nodes.sensor_conversions import image_from_ros
from or_robot.nodes.transforms import Mounts
from or_robot.types.sensing import RgbdImage

TOPICS: tuple[tuple[str, Any], ...] = (
    (names.COLOR, Image),
    (names.DEPTH, Image),
    (names.CAMERA_INFO, CameraInfo),
)
NO_IMAGE_S = 1.0
"""s of steady time without an image although they are wanted: the camera is blind."""


class DepthCamera:
    """`want(True)` subscribes; each image goes to `take`, at most so many a second."""

    def __init__(
        self, node: Node, mounts: Mounts, rate: float, take: Callable[[RgbdImage], None]
    ) -> None:
        self._node, self._mounts, self._take = node, mounts, take
        self._period_s = 1.0 / rate
        self._subscriptions: list[Subscription] = []
        self._parts: dict[str, Any] = {}
        self._taken_s = self._since_s = 0.0
        self._mistake = ""

    @property
    def problem(self) -> str:
        """Why no image comes although they are wanted; empty when they come."""
        if not self._subscriptions:
            return ""
        if self._mistake:
            return self._mistake
        silent = time.monotonic() - max(self._taken_s, self._since_s) > NO_IMAGE_S
        return "no image from the depth camera" if silent else ""

    def want(self, on: bool) -> None:
        """Drawing and carrying images costs much: only while the robot drives."""
        if on and not self._subscriptions:
            self._since_s = time.monotonic()
            self._subscriptions = [
                self._node.create_subscription(
                    kind, topic, functools.partial(self._gather, topic), names.SENSOR
                )
                for topic, kind in TOPICS
            ]
        elif not on and self._subscriptions:
            for subscription in self._subscriptions:
                self._node.destroy_subscription(subscription)
            self._subscriptions, self._parts, self._mistake = [], {}, ""

    def _gather(self, topic: str, message: Any) -> None:
        """Colour, depth and camera_info of one image have one stamp."""
        self._parts[topic] = message
        color, depth, info = (self._parts.get(name) for name, _ in TOPICS)
        if color is None or depth is None or info is None:
            return
        if not color.header.stamp == depth.header.stamp == info.header.stamp:
            return
        now = time.monotonic()
        mount = self._mounts.of(depth.header.frame_id)
        if mount is None or now - self._taken_s < 0.8 * self._period_s:
            return
        self._parts, self._taken_s = {}, now
        try:
            image = image_from_ros(color, depth, info, mount)
            self._mistake = ""
        except OrRobotError as error:
            self._mistake = str(error)
            return
        self._take(image)
