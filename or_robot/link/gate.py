"""The server's threshold: who sends this, may they, and what was turned away."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import zmq

from or_robot.config.link import LinkConfig
from or_robot.link.codec import (
    SCHEMA_VERSION,
    Frame,
    Kind,
    decode_frame,
    encode_frame,
    refused_frame,
)
from or_robot.link.errors import LinkRefused
from or_robot.link.keys import AllowedKey, AllowList, KeyFolder
from or_robot.link.sockets import MORE, NOW

T = TypeVar("T")


_log = logging.getLogger(__name__)

SKEW_S = 5.0
"""A clock that is further off is counted."""

_UNREADABLE = Frame(SCHEMA_VERSION, Kind.REQUEST)
"""Stands for a message whose name and id are not known."""


class Tally:
    """Counts what was refused or shed; logs the first of each kind, so that a flood cannot."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, code: str, detail: str) -> None:
        with self._lock:
            self._counts[code] += 1
            first = self._counts[code] == 1
        if first:
            _log.warning("first %s: %s (counted from here on)", code, detail)

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)


class Sender(NamedTuple):
    """A connection and whose it is."""

    routing: bytes
    key: AllowedKey


class Gate:
    """Reads one server socket. Each message is checked against the allow-list as it is now."""

    def __init__(self, config: LinkConfig, socket: zmq.Socket, tally: Tally) -> None:
        self.socket, self.tally = socket, tally
        self._allow = AllowList(KeyFolder(config.keys_folder))
        self._largest = config.max_message_bytes

    def receive(self, take: Callable[[Sender, Frame], T], *, answer: bool) -> T | None:
        """Give the next message to `take`; count what is refused. zmq.Again: none is waiting.

        Returns what `take` makes of it, None when it was refused.

        With `answer` the sender is told; a key that is not on the list any more is told nothing.
        """
        routing, message = self.socket.recv(NOW), self.socket.recv(copy=False)
        more = self.socket.recv_multipart() if message.more else []
        key = self._allow.find(str(message["User-Id"]))  # as the ZAP handler noted it
        if key is None:
            self.tally.add("key", "message from a key that is not on the allow-list any more")
            return None
        sender, frame = Sender(routing, key), _UNREADABLE
        try:
            _check_parts(routing, more)
            frame = decode_frame(message.bytes)
            self._check_size(message)
            self._note_skew(key, frame)
            return take(sender, frame)
        except LinkRefused as refusal:
            self.tally.add(refusal.code, f"{key.name}: {refusal.problem}")
            if answer:
                refused = refused_frame(frame.name, frame.id, time.time(), refusal)
                self.send(sender.routing, encode_frame(refused))
            return None

    def allowed(self, public: str) -> AllowedKey | None:
        return self._allow.find(public)

    def send(self, routing: bytes, message: bytes) -> bool:
        """Without waiting. False: the reader is too slow (counted) or gone."""
        try:
            self.socket.send(routing, MORE | NOW)  # here it shows whether it can go
            # Not copied when large, so that an answer of many MB does not hold up other threads.
            self.socket.send(message, NOW, copy=False)
        except zmq.Again:
            self.tally.add("shed", "a reader is too slow")
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            return False
        return True

    def _note_skew(self, key: AllowedKey, frame: Frame) -> None:
        off_s = frame.stamp_s - time.time()
        if not abs(off_s) <= SKEW_S:
            self.tally.add("skew", f"the clock of {key.name} is {off_s:.0f} s off")

    def _check_size(self, message: zmq.Frame) -> None:
        if len(message) > self._largest:
            raise LinkRefused(
                "oversize", f"message of {len(message)} bytes", f"at most {self._largest}"
            )


def _check_parts(routing: bytes, more: list[bytes]) -> None:
    # A client that chose its own routing id could take over the place of another.
    if more or not routing.startswith(b"\0"):
        problem = f"message of {2 + len(more)} parts, or with its own routing id"
        raise LinkRefused("garbage", problem)
