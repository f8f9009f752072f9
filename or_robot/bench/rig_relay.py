"""A relay in the path of one topic: passes messages on, or spoils them. Only test rigs have it."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message

from or_robot.nodes.conversions import time_from_ros, time_to_ros

PREFIX = "rig/"
"""Before the name of a topic: the same, as its owner publishes it."""


def raw(topic: str) -> str:
    return PREFIX + topic.lstrip("/")


Spoil = Callable[["Relay", Any], Any]
"""What becomes of a message; None: nothing."""


class Relay:
    """Without a `spoil` bytes are passed on as they are."""

    def __init__(
        self, node: Node, source: str, target: str, kind: Any, quality: QoSProfile
    ) -> None:
        self._kind = kind
        self._out = node.create_publisher(kind, target, quality)
        self._in = node.create_subscription(kind, source, self._take, quality, raw=True)
        self.spoil: Spoil | None = None
        self.passed_s = 0.0
        """Steady time of the last message that was passed on unspoiled."""
        self.last: bytes = b""
        """The last one unspoiled."""

    def message(self) -> Any:
        """The last unspoiled message."""
        return deserialize_message(self.last, self._kind)

    def spoil_now(self) -> None:
        """Do not wait for the next message of a topic that comes rarely."""
        assert self.spoil is not None
        self._out.publish(self.spoil(self, self.message()))

    def _take(self, data: bytes) -> None:
        if self.spoil is None:
            self.passed_s, self.last = time.monotonic(), data
            self._out.publish(data)
            return
        spoiled = self.spoil(self, deserialize_message(data, self._kind))
        if spoiled is not None:
            self._out.publish(spoiled)


def missing(_: Relay, __: Any) -> None:
    """Nothing comes any more."""
    return


def frozen(relay: Relay, message: Any) -> Any:
    """The old content for ever, freshly stamped."""
    old = relay.message()
    old.header.stamp = message.header.stamp
    return old


def repeated(relay: Relay, _: Any) -> Any:
    """The old message for ever."""
    return relay.message()


def shifted(seconds: float) -> Spoil:
    """Stamps that many seconds off."""

    def spoil(_: Relay, message: Any) -> Any:
        stamp = time_from_ros(message.header.stamp) + seconds
        message.header.stamp = time_to_ros(stamp)
        return message

    return spoil


def delayed(seconds: float) -> Spoil:
    """Every message that much later than it was sent."""
    waiting: list[tuple[float, Any]] = []

    def spoil(_: Relay, message: Any) -> Any:
        waiting.append((time.monotonic(), copy.deepcopy(message)))
        if time.monotonic() - waiting[0][0] < seconds:
            return None
        return waiting.pop(0)[1]

    return spoil


def not_a_number(*path: str) -> Spoil:
    """One field of each message becomes NaN; of a list, every element."""

    def spoil(_: Relay, message: Any) -> Any:
        owner = message
        for name in path[:-1]:
            owner = getattr(owner, name)
        value = getattr(owner, path[-1])
        nan = math.nan if isinstance(value, float) else [math.nan] * len(value)
        setattr(owner, path[-1], nan)
        return message

    return spoil


def always(**fields: Any) -> Spoil:
    """Fields of each message set to these."""

    def spoil(_: Relay, message: Any) -> Any:
        for name, value in fields.items():
            setattr(message, name, value)
        return message

    return spoil
