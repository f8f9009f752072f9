"""Markers that perception sees, listened to only while they are wanted: searching costs."""

from __future__ import annotations

from or_robot_interfaces.msg import DetectedMarkers
from rclpy.node import Node
from rclpy.subscription import Subscription

from or_robot.nodes import names
from or_robot.nodes.perception_conversions import markers_from_ros
from or_robot.types.perception import Markers


class MarkerWatch:
    def __init__(self, node: Node) -> None:
        self._node = node
        self._subscription: Subscription | None = None
        self._newest: Markers | None = None

    def want(self, on: bool) -> None:
        if on and self._subscription is None:
            self._subscription = self._node.create_subscription(
                DetectedMarkers, names.MARKERS, self._take, names.NEWEST
            )
        elif not on and self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = self._newest = None

    def newest(self) -> Markers | None:
        """Once; None when nothing is new."""
        newest, self._newest = self._newest, None
        return newest

    def _take(self, message: DetectedMarkers) -> None:
        self._newest = markers_from_ros(message)
