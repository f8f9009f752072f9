"""Where sensors are mounted, from /tf_static."""

from __future__ import annotations

from rclpy.node import Node
from tf2_msgs.msg import TFMessage

from or_robot.geometry.transform import Transform
from or_robot.nodes.conversions import scan_from_ros
from or_robot.nodes.names import BASE, LATCHED_MANY
from or_robot.nodes.sensor_conversions import mount_from_ros
from or_robot.types.motion import LaserScan


class Mounts:
    """Fixed transforms whose parent is base_link, by child frame."""

    def __init__(self, node: Node) -> None:
        self._by_frame: dict[str, Transform] = {}
        node.create_subscription(TFMessage, "/tf_static", self._take, LATCHED_MANY)

    def _take(self, message: TFMessage) -> None:
        for transform in message.transforms:
            if transform.header.frame_id == BASE:
                self._by_frame[transform.child_frame_id] = mount_from_ros(transform)

    def scan(self, message: object) -> LaserScan | None:
        """A scan with its mount; None as long as nobody has said where the lidar is."""
        mount = self.of(message.header.frame_id)  # type: ignore[attr-defined]
        return scan_from_ros(message, mount.planar()) if mount is not None else None

    def of(self, frame: str) -> Transform | None:
        """base_link ← a sensor's frame; None as long as nobody has said where it is."""
        return self._by_frame.get(frame)
