"""What process `perception` says of its camera, from message to message."""

import dataclasses
import math
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy")

import numpy as np
import rclpy
from depth_camera import MOUNT, depth_image
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from sensor_msgs.msg import LaserScan
from tf2_msgs.msg import TFMessage

from or_robot.geometry.transform import Transform
from or_robot.nodes import conversions as c
from or_robot.nodes import names
from or_robot.nodes.perception import PerceptionNode
from or_robot.nodes.sensor_conversions import image_to_ros, mount_to_ros

BEAMS = 720


class Process:
    """The node with what it published, fed by hand."""

    def __init__(self) -> None:
        self.node = PerceptionNode()
        self.node.trigger_configure()
        self.node.trigger_activate()
        self.said: dict[str, list] = {}
        for publisher in self.node.publishers:
            topic = publisher.topic_name.lstrip("/")
            publisher.publish = self.said.setdefault(topic, []).append
        self.stamp_s = 1.0
        mounts = {"lidar_link": Transform.identity(), names.CAMERA_OPTICAL: MOUNT}
        for frame, mount in mounts.items():
            message = TFMessage(transforms=[mount_to_ros(mount, names.BASE, frame)])
            self.give("tf_static", message)

    def give(self, topic: str, message: object) -> None:
        callbacks = {s.topic_name.lstrip("/"): s.callback for s in self.node.subscriptions}
        callbacks[topic](message)

    def turn(self) -> None:
        """Odometry of a robot that drives, a pose, a scan."""
        self.stamp_s += 0.1
        header = c.header_to_ros(self.stamp_s, names.ODOM)
        odometry = Odometry(header=header, child_frame_id=names.BASE)
        odometry.twist.twist.linear.x = 0.5
        odometry.pose.pose.orientation.w = 1.0
        self.give(names.ODOMETRY, odometry)
        pose = PoseWithCovarianceStamped(header=c.header_to_ros(self.stamp_s, names.MAP))
        pose.pose.pose.position.x, pose.pose.pose.position.y = 10.0, 8.0
        pose.pose.pose.orientation.w = 1.0
        self.give(names.POSE, pose)
        self.give(
            names.SCAN,
            LaserScan(
                header=c.header_to_ros(self.stamp_s, "lidar_link"),
                angle_min=-math.pi,
                angle_increment=math.tau / BEAMS,
                range_min=0.05,
                range_max=25.0,
                ranges=[3.0] * BEAMS,
            ),
        )

    def look(self, covered: bool = False) -> None:
        image = depth_image(stamp_s=self.stamp_s)
        if covered:
            image = dataclasses.replace(image, depth=np.full_like(image.depth, 0.05))
        parts = image_to_ros(image, names.CAMERA_OPTICAL)
        topics = (names.COLOR, names.DEPTH, names.CAMERA_INFO)
        for topic, message in zip(topics, parts, strict=True):
            self.give(topic, message)

    @property
    def blind(self) -> bool:
        return bool(self.said[names.CAMERA_BLIND][-1].data)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    rclpy.init(args=[], domain_id=0)
    made = Process()
    clock = [0.0]

    def monotonic() -> float:
        clock[0] += 0.2
        return clock[0]

    monkeypatch.setattr("or_robot.nodes.depth_camera.time.monotonic", monotonic)
    yield made
    made.node.destroy_node()
    rclpy.try_shutdown()


def test_a_covered_camera_is_told_of_with_the_scans(process: Process) -> None:
    process.turn()
    assert not process.blind
    assert process.said[names.PEOPLE]
    for _ in range(4):
        process.turn()
        process.look(covered=True)
    process.turn()
    assert process.blind


def test_a_camera_that_is_silent_while_the_robot_drives_is_blind(process: Process) -> None:
    for _ in range(8):
        process.turn()
    assert process.blind


def test_doors_are_told_of_now_and_then_and_markers_only_to_who_listens(process: Process) -> None:
    for _ in range(6):
        process.turn()
        process.look()
    told = process.said[names.DOORS]
    assert 1 <= len(told) <= 3
    assert len(told[-1].doors) > 0
    assert not process.said[names.MARKERS]
    process.node._markers.get_subscription_count = lambda: 1
    process.turn()
    process.look()
    assert not process.blind
    (markers,) = process.said[names.MARKERS]
    assert markers.header.frame_id == names.BASE
