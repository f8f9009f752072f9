"""The server's notice board: last value of each topic, who reads it, who is told when."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import msgspec

from or_robot.link.codec import Frame, Hello, Kind, decode_payload, encode_frame
from or_robot.link.errors import LinkRefused
from or_robot.link.gate import Gate, Sender
from or_robot.link.topics import TOPICS, Role, topic_named

FORGET_AFTER_S = 5.0
"""A reader that has not said hello for so long is gone."""

Value = tuple[str, str]
"""Topic and key: what has a last copy of its own."""


@dataclass(slots=True)
class _Reader:
    public: str
    heard_s: float
    topics: frozenset[str] = frozenset()
    sent: set[Value] = field(default_factory=set)
    """Values it has the newest copy of."""


@dataclass(frozen=True, slots=True)
class _Last:
    frame: Frame
    born_s: float
    """Steady time of arrival, s."""


class Board:
    """Belongs to the server's data thread, as does its gate."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._last: dict[Value, _Last] = {}
        self._readers: dict[bytes, _Reader] = {}

    def hello(self, sender: Sender, frame: Frame) -> None:
        """Note what the reader wants and send it the last values it has not got."""
        if frame.kind is not Kind.HELLO:
            raise LinkRefused("garbage", f"a {frame.kind} frame on the down socket")
        wanted = frozenset(decode_payload(frame.body, Hello).subscribe) & TOPICS.keys()
        reader = self._readers.setdefault(sender.routing, _Reader(sender.key.public, 0.0))
        reader.heard_s, reader.topics = time.monotonic(), wanted
        for value in sorted(self._last.keys() - reader.sent, key=_priority):
            self._tell(sender.routing, reader, value)

    def publish(self, frame: Frame, publisher: Role) -> None:
        """Check, keep and pass on. LinkRefused when it is not this publisher's topic."""
        topic = topic_named(frame.name)
        if topic.publisher is not publisher:
            raise LinkRefused("role", f"{publisher} does not publish {topic.name}")
        payload: Any = decode_payload(frame.body, topic.payload)
        value = (topic.name, getattr(payload, topic.key) if topic.key else "")
        frame = msgspec.structs.replace(frame, key=value[1], caller=None, age_s=0.0)
        self._last[value] = _Last(frame, time.monotonic())
        message = encode_frame(frame)
        for routing, reader in list(self._readers.items()):
            reader.sent.discard(value)
            self._tell(routing, reader, value, message)

    def forget_silent(self) -> None:
        now_s = time.monotonic()
        gone = [r for r, reader in self._readers.items() if now_s - reader.heard_s > FORGET_AFTER_S]
        for routing in gone:
            del self._readers[routing]
            self.gate.tally.add("silent", "a reader says nothing any more")

    def _tell(
        self, routing: bytes, reader: _Reader, value: Value, message: bytes | None = None
    ) -> None:
        """A value shed because the reader is slow is tried again at its next hello."""
        if value[0] not in reader.topics:
            return
        key = self.gate.allowed(reader.public)
        if key is None:
            self._readers.pop(routing, None)
        elif key.role in TOPICS[value[0]].readers and self.gate.send(
            routing, message or self._aged(value)
        ):
            reader.sent.add(value)

    def _aged(self, value: Value) -> bytes:
        last = self._last[value]
        age_s = time.monotonic() - last.born_s
        return encode_frame(msgspec.structs.replace(last.frame, age_s=age_s))


def _priority(value: Value) -> tuple[int, Value]:
    return TOPICS[value[0]].priority, value
