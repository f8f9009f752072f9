"""What a test rig's relay makes of messages."""

import math

import pytest

pytest.importorskip("rclpy")

from nav_msgs.msg import Odometry
from sensor_msgs.msg import LaserScan

from or_robot.bench import rig_relay as relay
from or_robot.bench.fault_table import faults
from or_robot.nodes.conversions import time_from_ros, time_to_ros


class Passed:
    """A relay that has passed one message."""

    def __init__(self, message) -> None:  # type: ignore[no-untyped-def]
        self._message = message

    def message(self):  # type: ignore[no-untyped-def]
        return self._message


def odometry(stamp_s: float, speed: float) -> Odometry:
    message = Odometry()
    message.header.stamp = time_to_ros(stamp_s)
    message.twist.twist.linear.x = speed
    return message


def test_frozen_keeps_the_content_and_renews_the_stamp() -> None:
    spoiled = relay.frozen(Passed(odometry(1.0, 0.5)), odometry(9.0, 0.1))
    assert (time_from_ros(spoiled.header.stamp), spoiled.twist.twist.linear.x) == (9.0, 0.5)


def test_shifted_moves_the_stamp_only() -> None:
    spoiled = relay.shifted(10.0)(None, odometry(2.0, 0.3))
    assert (time_from_ros(spoiled.header.stamp), spoiled.twist.twist.linear.x) == (12.0, 0.3)


def test_not_a_number_spoils_numbers_and_lists() -> None:
    speed = relay.not_a_number("twist", "twist", "linear", "x")(None, odometry(1.0, 0.3))
    assert math.isnan(speed.twist.twist.linear.x)
    scan = relay.not_a_number("ranges")(None, LaserScan(ranges=[1.0, 2.0]))
    assert all(math.isnan(value) for value in scan.ranges)


def test_delayed_gives_the_oldest_later_and_loses_none(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    now = [0.0]
    monkeypatch.setattr(relay.time, "monotonic", lambda: now[0])
    spoil = relay.delayed(0.5)
    found = []
    for step in range(20):
        now[0] = 0.1 * step
        spoiled = spoil(None, odometry(float(step), 0.0))
        if spoiled is not None:
            found.append(time_from_ros(spoiled.header.stamp))
    assert found == [float(n) for n in range(15)]


def test_missing_passes_nothing() -> None:
    assert relay.missing(None, odometry(1.0, 0.0)) is None


def test_every_fault_has_its_own_name_and_a_limit_or_may_go_on() -> None:
    names = [fault.name for fault in faults()]
    assert len(set(names)) == len(names) >= 25
    assert all(fault.limit_s is not None for fault in faults() if fault.must_stop)
