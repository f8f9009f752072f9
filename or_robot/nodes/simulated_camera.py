"""The simulated RGB-D camera on its topics: drawn beside the simulation, only while watched."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Protocol

from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from or_robot.errors import OrRobotError
from or_robot.nodes import names
from or_robot.nodes.sensor_conversions import image_to_ros
from or_robot.sim.world import SimWorld
from or_robot.types.sensing import RgbdImage, SensorFrame


class SimulatedCamera(Protocol):
    """`step` after each step of the world."""

    @property
    def problem(self) -> str:
        """Why there are no images; "" while there are."""

    def step(self, frame: SensorFrame, /) -> None: ...
    def close(self) -> None: ...


class SendsImages(Protocol):
    """A simulator whose frames carry images while they are asked for."""

    def set_camera(self, on: bool, /) -> None: ...


class ImageTopics:
    """Colour, depth and lens of one camera."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._publishers = (
            node.create_publisher(Image, names.COLOR, names.SENSOR),
            node.create_publisher(Image, names.DEPTH, names.SENSOR),
            node.create_publisher(CameraInfo, names.CAMERA_INFO, names.SENSOR),
        )
        self.problem = ""

    def watched(self) -> bool:
        return any(publisher.get_subscription_count() for publisher in self._publishers)

    def publish(self, image: RgbdImage) -> None:
        messages = image_to_ros(image, names.CAMERA_OPTICAL)
        for publisher, message in zip(self._publishers, messages, strict=True):
            publisher.publish(message)

    def fail(self, error: OrRobotError) -> None:
        """Said once."""
        if not self.problem:
            self._node.get_logger().error(str(error))
        self.problem = str(error)


class StreamedCamera:
    """Of a simulator that draws by itself."""

    def __init__(self, node: Node, world: SendsImages) -> None:
        self._topics, self._world = ImageTopics(node), world
        self._on = False

    @property
    def problem(self) -> str:
        return self._topics.problem

    def step(self, frame: SensorFrame) -> None:
        if self._topics.watched() is not self._on:
            self._on = not self._on
            try:
                self._world.set_camera(self._on)
            except OrRobotError as error:
                self._topics.fail(error)
        for image in frame.images:
            self._topics.publish(image)

    def close(self) -> None:
        """Nothing runs beside the simulator."""


class DrawnCamera:
    """Of the embedded simulator: takes the shots that are due.

    A thread draws them, so that physics and brakes never wait for an image; while it is late, shots
    are left out.
    """

    def __init__(self, node: Node, world: SimWorld) -> None:
        self._topics, self._world = ImageTopics(node), world
        self._period_s = 1.0 / world.robot.camera.rate
        self._next_s = 0.0
        self._shots: queue.Queue[Callable[[], RgbdImage] | None] = queue.Queue(maxsize=1)
        self._thread = threading.Thread(target=self._draw, name="camera", daemon=True)
        self._thread.start()

    @property
    def problem(self) -> str:
        return self._topics.problem

    def step(self, _frame: SensorFrame) -> None:
        now = self._world.time_s
        if now < self._next_s - 1e-6 or not self._topics.watched() or self._shots.full():
            return
        # the next moment on the camera's own clock
        self._next_s = self._period_s * (int(now / self._period_s + 1e-6) + 1)
        self._shots.put(self._world.camera_shot())

    def close(self) -> None:
        """Ends the thread behind the image it is drawing."""
        self._shots.put(None)
        self._thread.join()

    def _draw(self) -> None:
        while (shot := self._shots.get()) is not None:
            try:
                self._topics.publish(shot())
            except OrRobotError as error:
                self._topics.fail(error)
