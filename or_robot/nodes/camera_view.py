"""The robot's camera for the panels: subscribed only while somebody looks."""

from __future__ import annotations

import threading
import time
from typing import Any

import cv2
import numpy as np
from cv2.typing import MatLike
from rclpy.node import Node
from sensor_msgs.msg import Image

from or_robot.errors import OrRobotError
from or_robot.link.codec import Caller
from or_robot.link.payloads import RoomRequest
from or_robot.nodes import names
from or_robot.types.status import CameraPicture

KEEP_LOOKING_S = 3.0
"""After the last request."""
PATIENCE_S = 2.0
"""For the first picture; the link's own deadline is 3 s."""
FRESH_S = 1.0
"""A picture older than this is not shown as if it were now."""
LARGEST_SIDE = 640
JPEG_QUALITY = 75
_CHANNELS = {"rgb8": cv2.COLOR_RGB2BGR, "bgr8": None}


class CameraView:
    """Handler of `robot.camera`; `tend` runs in the node's own thread."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._subscription: Any = None
        self._wanted_until_s = float("-inf")
        self._arrived = threading.Condition()
        self._message: Image | None = None
        self._arrived_s = float("-inf")

    def tend(self) -> None:
        """Subscribe while somebody looks, let go when nobody does."""
        wanted = time.monotonic() < self._wanted_until_s
        if wanted and self._subscription is None:
            self._subscription = self._node.create_subscription(
                Image, names.COLOR, self._take, names.SENSOR
            )
        elif not wanted and self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    def picture(self, _request: RoomRequest, _caller: Caller) -> CameraPicture:
        """In a thread of the link. Raises OrRobotError when no picture comes."""
        asked_s = time.monotonic()
        self._wanted_until_s = asked_s + KEEP_LOOKING_S
        with self._arrived:
            fresh = self._arrived.wait_for(
                lambda: self._arrived_s > asked_s - FRESH_S, timeout=PATIENCE_S
            )
            message, arrived_s = self._message, self._arrived_s
        if not fresh or message is None:
            raise OrRobotError("the robot's camera gives no picture", "look at the camera")
        return encode_picture(message, time.monotonic() - arrived_s)

    def _take(self, message: Image) -> None:
        with self._arrived:
            self._message, self._arrived_s = message, time.monotonic()
            self._arrived.notify_all()


def encode_picture(message: Image, age_s: float) -> CameraPicture:
    """As JPEG, its longer side at most 640 px. Raises OrRobotError naming what is wrong."""
    pixels: MatLike = _pixels(message)
    scale = min(1.0, LARGEST_SIDE / max(pixels.shape[:2]))
    if scale < 1.0:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise OrRobotError("the camera's picture cannot be encoded", "look at the camera")
    rows, columns = pixels.shape[:2]
    return CameraPicture(time.time() - age_s, columns, rows, "image/jpeg", data.tobytes())


def _pixels(message: Image) -> MatLike:
    """(rows, columns, 3) BGR."""
    if message.encoding not in _CHANNELS:
        known = ", ".join(_CHANNELS)
        raise OrRobotError(f"camera encoding {message.encoding!r}", f"publish one of {known}")
    rows, step, width = message.height, message.step, 3 * message.width
    if not (rows and width and step >= width and len(message.data) == rows * step):
        raise OrRobotError("the camera's picture has a wrong size", "look at its driver")
    packed = np.frombuffer(message.data, np.uint8).reshape(rows, step)[:, :width]
    pixels = np.ascontiguousarray(packed.reshape(rows, message.width, 3))
    conversion = _CHANNELS[message.encoding]
    return pixels if conversion is None else cv2.cvtColor(pixels, conversion)
