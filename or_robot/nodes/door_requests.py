"""Asks doors to open on /door_requests while the robot needs them."""

from __future__ import annotations

import math

from or_robot_interfaces.msg import DoorRequests
from rclpy.node import Node

from or_robot.nodes import names
from or_robot.nodes.conversions import Malformed, header_to_ros, time_from_ros, time_to_ros


class DoorRequester:
    """Says which doors, for `holds_s` from now on; again at a third of it, and on a change."""

    def __init__(self, node: Node, holds_s: float) -> None:
        self._publisher = node.create_publisher(DoorRequests, names.DOOR_REQUESTS, names.EVENT)
        self._holds_s = holds_s
        self._asked: tuple[str, ...] = ()
        self._asked_s = -math.inf

    def tell(self, wanted: tuple[str, ...], t_s: float) -> None:
        fresh = 0.0 <= t_s - self._asked_s < self._holds_s / 3.0
        if wanted == self._asked and (fresh or not wanted):
            return
        self._asked, self._asked_s = wanted, t_s
        self._publisher.publish(
            DoorRequests(
                header=header_to_ros(t_s, names.MAP),
                names=list(wanted),
                until=time_to_ros(t_s + self._holds_s if wanted else t_s),
            )
        )


def requests_from_ros(message: DoorRequests) -> tuple[tuple[str, ...], float]:
    """Names, and until when, s of the ROS clock. Malformed when it asks for the past."""
    until_s = time_from_ros(message.until)
    if until_s < time_from_ros(message.header.stamp):
        raise Malformed(f"doors asked for until {until_s:.1f} s, before they were asked")
    return tuple(message.names), until_s
