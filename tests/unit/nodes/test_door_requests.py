"""Requests for doors: repeated while needed, taken back once, refused when they are late."""

import types

import pytest

pytest.importorskip("rclpy")

from or_robot_interfaces.msg import DoorRequests

from or_robot.nodes import names
from or_robot.nodes.conversions import Malformed, header_to_ros, time_to_ros
from or_robot.nodes.door_requests import DoorRequester, requests_from_ros

HOLDS_S = 3.0


class Ear:
    """A node of which only what it publishes is heard."""

    def __init__(self) -> None:
        self.heard: list[DoorRequests] = []

    def create_publisher(self, _kind: type, topic: str, _quality: object) -> types.SimpleNamespace:
        assert topic == names.DOOR_REQUESTS
        return types.SimpleNamespace(publish=self.heard.append)


def asked(wanted: list[tuple[str, ...]], period_s: float = 0.05) -> list[tuple]:
    """What was said, with the number of the step, of a robot that wants these doors in turn."""
    ear = Ear()
    requester = DoorRequester(ear, HOLDS_S)
    told = []
    for n, doors in enumerate(wanted):
        before = len(ear.heard)
        requester.tell(doors, 100.0 + n * period_s)
        told += [(n, *requests_from_ros(message)) for message in ear.heard[before:]]
    return told


def test_it_is_repeated_before_it_runs_out_and_holds_on() -> None:
    told = asked([("a",)] * 100)
    times = [100.0 + 0.05 * n for n, *_ in told]
    assert len(told) == pytest.approx(5, abs=1)
    for (_, doors, until_s), now_s, then_s in zip(told, times, times[1:], strict=False):
        assert doors == ("a",)
        assert until_s == pytest.approx(now_s + HOLDS_S)
        assert then_s < until_s


def test_a_change_is_told_at_once_and_the_end_once() -> None:
    told = asked([()] * 5 + [("a",)] * 3 + [("a", "b")] * 3 + [()] * 40)
    assert [(n, doors) for n, doors, _ in told] == [(5, ("a",)), (8, ("a", "b")), (11, ())]
    assert told[-1][2] == pytest.approx(100.0 + 11 * 0.05)


def test_a_request_for_the_past_is_none() -> None:
    message = DoorRequests(header=header_to_ros(5.0, "map"), names=["a"], until=time_to_ros(4.0))
    with pytest.raises(Malformed, match="before they were asked"):
        requests_from_ros(message)
