"""Malformed messages: never an exception out of a node, and nothing is believed of them."""

import math

import pytest

pytest.importorskip("rclpy")

import rclpy
from geometry_msgs.msg import PoseWithCovarianceStamped, TwistStamped
from nav_msgs.msg import Odometry
from or_robot_interfaces.msg import ProcedurePhase, Track, Tracks
from sensor_msgs.msg import BatteryState, LaserScan
from std_msgs.msg import Header

from or_robot.nodes import conversions as c
from or_robot.nodes import names
from or_robot.nodes.runtime import PlainNode
from or_robot.nodes.safety import SafetyNode
from or_robot.types.safety import SafetyMode


def estimate(frame: str = names.MAP, x: float = 1.0) -> PoseWithCovarianceStamped:
    message = PoseWithCovarianceStamped(header=c.header_to_ros(1.0, frame))
    message.pose.pose.position.x = x
    return message


def odometry(frame: str = names.ODOM, child: str = names.BASE, speed: float = 0.1) -> Odometry:
    message = Odometry(header=c.header_to_ros(1.0, frame), child_frame_id=child)
    message.twist.twist.linear.x = speed
    return message


def tracks(frame: str = names.MAP, x: float = 1.0) -> Tracks:
    track = Track(radius=0.2)
    track.position.x = x
    return Tracks(header=c.header_to_ros(1.0, frame), tracks=[track])


@pytest.mark.parametrize(
    ("convert", "message"),
    [
        (c.estimate_from_ros, estimate(frame="odom")),
        (c.estimate_from_ros, estimate(frame="")),
        (c.estimate_from_ros, estimate(x=math.nan)),
        (c.estimate_from_ros, estimate(x=math.inf)),
        (c.odometry_from_ros, odometry(frame="map")),
        (c.odometry_from_ros, odometry(child="laser")),
        (c.odometry_from_ros, odometry(speed=math.nan)),
        (c.tracks_from_ros, tracks(frame="base_link")),
        (c.tracks_from_ros, tracks(x=math.nan)),
        (c.phase_from_ros, ProcedurePhase(room="OR-1", phase=200)),
    ],
)
def test_what_cannot_be_used_is_refused(convert, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(c.Malformed):
        convert(message)


def test_the_same_messages_in_order_are_taken() -> None:
    assert c.estimate_from_ros(estimate()).pose.x == 1.0
    assert c.odometry_from_ros(odometry()).twist.linear == 0.1
    assert c.tracks_from_ros(tracks()).tracks[0].position[0] == 1.0


@pytest.fixture
def ros():  # type: ignore[no-untyped-def]
    rclpy.init(args=[], domain_id=0)
    yield
    rclpy.try_shutdown()


@pytest.mark.usefixtures("ros")
def test_a_callback_that_cannot_use_a_message_leaves_the_node_alive() -> None:
    node = PlainNode("listener")
    taken: list[float] = []
    subscription = node.create_subscription(
        Odometry, "odom", lambda m: taken.append(c.odometry_from_ros(m).twist.linear), 1
    )
    for message in (odometry(speed=math.nan), odometry(frame="map"), odometry(speed=0.3)):
        subscription.callback(message)
    assert taken == [0.3]
    node.destroy_node()


GARBAGE = [
    (names.SCAN, LaserScan()),
    (names.SCAN, LaserScan(header=c.header_to_ros(1.0, "lidar_link"), ranges=[1.0] * 7)),
    (
        names.SCAN,
        LaserScan(
            header=c.header_to_ros(1.0, "lidar_link"),
            angle_min=math.nan,
            angle_increment=math.inf,
            ranges=[math.nan] * 720,
        ),
    ),
    (names.ODOMETRY, Odometry()),
    (names.ODOMETRY, odometry(speed=math.inf)),
    (names.POSE, PoseWithCovarianceStamped()),
    (names.POSE, estimate(x=math.nan)),
    (names.PEOPLE, tracks(x=math.nan)),
    (names.PEOPLE, Tracks()),
    (names.COMMAND_RAW, TwistStamped()),
    (names.BATTERY, BatteryState(percentage=math.nan)),
    (names.PHASE, ProcedurePhase(phase=255)),
    (names.heartbeat("tasks"), Header(frame_id="nobody")),
]


@pytest.mark.usefixtures("ros")
def test_the_gate_survives_garbage_on_every_topic_and_stands() -> None:
    """Each callback of the real node gets what a broken publisher could send."""
    node = SafetyNode()
    callbacks = {s.topic_name.lstrip("/"): s.callback for s in node.subscriptions}
    assert {topic for topic, _ in GARBAGE} <= set(callbacks)
    for topic, message in GARBAGE:
        callbacks[topic](message)
        node.step()
    state = node.gate.state(0.0)
    assert (state.mode, state.reason_code) == (SafetyMode.INIT, "scan_missing")
    nan = TwistStamped(header=c.header_to_ros(1.0, names.BASE))
    nan.twist.linear.x = math.nan
    callbacks[names.COMMAND_RAW](nan)
    node.step()
    state = node.gate.state(0.0)
    assert (state.mode, state.reason_code) == (SafetyMode.FAULT, "command_invalid")
    node.destroy_node()
