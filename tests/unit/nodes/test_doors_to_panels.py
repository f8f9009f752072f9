"""What perception says of the doors reaches the panels' status."""

import pytest

pytest.importorskip("rclpy")

import rclpy

from or_robot.config.robot import RobotConfig
from or_robot.link.codec import decode_payload, encode_payload
from or_robot.nodes import names
from or_robot.nodes.perception_conversions import doors_to_ros
from or_robot.nodes.robot_view import RobotView, site_status
from or_robot.nodes.runtime import PlainNode
from or_robot.types.perception import DoorSeen, DoorState
from or_robot.types.status import DoorStatus, RobotStatus
from or_robot.world.site import load_site


def test_doors_reach_the_status_and_survive_the_link() -> None:
    rclpy.init(args=[], domain_id=0)
    node = PlainNode("viewer")
    view = RobotView(node, RobotConfig())
    assert view.status().doors == ()
    (subscription,) = [s for s in node.subscriptions if s.topic_name.lstrip("/") == names.DOORS]
    seen = (DoorSeen("or_1_door", DoorState.OPENING, 0.5, 3.0),)
    subscription.callback(doors_to_ros(seen, 3.0, names.MAP))
    status = view.status()
    node.destroy_node()
    rclpy.try_shutdown()
    assert status.doors == (DoorStatus("or_1_door", DoorState.OPENING, 0.5),)
    assert decode_payload(encode_payload(status), RobotStatus).doors == status.doors


def test_a_panel_knows_where_each_leaf_is() -> None:
    site = load_site("operating_wing")
    lines = site_status(site).doors
    assert {line.name for line in lines} == set(site.doors)
    assert all(len(line.leaf) == 2 for line in lines)
