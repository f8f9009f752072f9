"""The simulated RGB-D camera on its topics: drawn beside the simulation, only while watched."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from or_robot.errors import OrRobotError
from or_robot.nodes import names
from or_robot.nodes.sensor_conversions import image_to_ros
from or_robot.sim.world import SimWorld
from or_robot.types.sensing import RgbdImage


class SimulatedCamera:
    """`step` after each step of the world: takes the shots that are due.

    A thread draws them, so that physics and brakes never wait for an image; while it is late, shots
    are left out.
    """

    def __init__(self, node: Node, world: SimWorld) -> None:
        self._node, self._world = node, world
        self._period_s = 1.0 / world.robot.camera.rate
        self._next_s = 0.0
        self._color = node.create_publisher(Image, names.COLOR, names.SENSOR)
        self._depth = node.create_publisher(Image, names.DEPTH, names.SENSOR)
        self._info = node.create_publisher(CameraInfo, names.CAMERA_INFO, names.SENSOR)
        self.problem = ""
        """Why there are no images."""
        self._shots: queue.Queue[Callable[[], RgbdImage] | None] = queue.Queue(maxsize=1)
        self._thread = threading.Thread(target=self._draw, name="camera", daemon=True)
        self._thread.start()

    def step(self) -> None:
        now = self._world.time_s
        if now < self._next_s - 1e-6 or not self._watched() or self._shots.full():
            return
        # the next moment on the camera's own clock
        self._next_s = self._period_s * (int(now / self._period_s + 1e-6) + 1)
        self._shots.put(self._world.camera_shot())

    def close(self) -> None:
        """Ends the thread behind the image it is drawing."""
        self._shots.put(None)
        self._thread.join()

    def _watched(self) -> bool:
        return any(p.get_subscription_count() for p in (self._color, self._depth, self._info))

    def _draw(self) -> None:
        while (shot := self._shots.get()) is not None:
            try:
                image = shot()
            except OrRobotError as error:
                if not self.problem:
                    self._node.get_logger().error(str(error))
                self.problem = str(error)
                continue
            for publisher, message in zip(
                (self._color, self._depth, self._info),
                image_to_ros(image, names.CAMERA_OPTICAL),
                strict=True,
            ):
                publisher.publish(message)
