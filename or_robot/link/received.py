"""The down lane of a client: last good copies with their age, and callbacks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import zmq

from or_robot.link.codec import (
    SCHEMA_VERSION,
    Frame,
    Hello,
    Kind,
    decode_frame,
    decode_payload,
    encode_frame,
    encode_payload,
    refusal_in,
)
from or_robot.link.errors import LinkRefused
from or_robot.link.sockets import POLL_S
from or_robot.link.topics import topic_named

T = TypeVar("T")
Callback = Callable[["Received[Any]"], None]

_log = logging.getLogger(__name__)
_reported: set[str] = set()
"""Problems logged already, so that a flood cannot fill the log."""


@dataclass(frozen=True, slots=True)
class Received(Generic[T]):
    """A value and how old it is. Ages count on the steady clock, so clock skew does not matter."""

    topic: str
    key: str
    payload: T
    stamp_s: float
    """Unix time of the publisher, s: for showing, not for reckoning."""
    born_s: float
    """Steady time of its publication as this side reckons it, s."""

    @property
    def age_s(self) -> float:
        return max(0.0, time.monotonic() - self.born_s)

    @property
    def stale(self) -> bool:
        """Older than the topics table allows."""
        return self.age_s > topic_named(self.topic).max_age_s


class Inbox:
    """What a client has subscribed to. `run` belongs to one thread; the rest to any."""

    def __init__(self, hello_s: float) -> None:
        self._hello_s = hello_s
        self._callbacks: dict[str, list[Callback]] = {}
        self._last: dict[tuple[str, str], Received[Any]] = {}
        self._newest: dict[str, Received[Any]] = {}
        self._lock = threading.Lock()
        self._subscriptions_changed = threading.Event()

    def subscribe(self, topic: str, callback: Callback | None) -> None:
        topic_named(topic)
        with self._lock:
            callbacks = self._callbacks.setdefault(topic, [])
            if callback is not None:
                callbacks.append(callback)
        self._subscriptions_changed.set()

    def last(self, topic: str, key: str | None) -> Received[Any] | None:
        topic_named(topic)
        with self._lock:
            if topic not in self._callbacks:
                raise LinkRefused(
                    "unknown", f"{topic} is not subscribed to", "call subscribe first"
                )
            return self._newest.get(topic) if key is None else self._last.get((topic, key))

    def run(self, socket: zmq.Socket, closing: threading.Event) -> None:
        """Receive until `closing`, or until the socket is dead and must be dialled again.

        Says hello again and again, so that a restarted server knows us.
        """
        next_hello_s = 0.0
        while not closing.is_set():
            if time.monotonic() >= next_hello_s or self._subscriptions_changed.is_set():
                self._subscriptions_changed.clear()
                if not self._say_hello(socket):
                    return
                next_hello_s = time.monotonic() + self._hello_s
            if socket.poll(int(POLL_S * 1000)):
                self._receive(socket)

    def _say_hello(self, socket: zmq.Socket) -> bool:
        with self._lock:
            hello = Hello(subscribe=tuple(self._callbacks))
        return say_hello(socket, hello)

    def _receive(self, socket: zmq.Socket) -> None:
        frame = read_frame(socket)
        if frame is None or frame.kind is not Kind.PUBLISH:
            return
        try:
            received = _received(frame)
        except LinkRefused as error:
            _report_unreadable(error)
            return
        with self._lock:
            self._last[(received.topic, received.key)] = received
            self._newest[received.topic] = received
            callbacks = tuple(self._callbacks.get(received.topic, ()))
        for callback in callbacks:
            _call(callback, received)


def read_frame(socket: zmq.Socket) -> Frame | None:
    """The waiting message; None, and a line in the log, when it cannot be read."""
    try:
        frame = decode_frame(socket.recv())
        if frame.kind is Kind.REFUSED:
            raise refusal_in(frame)
    except LinkRefused as error:
        _report_unreadable(error)
        return None
    return frame


def _report_unreadable(error: LinkRefused) -> None:
    if error.problem not in _reported and len(_reported) < 100:
        _reported.add(error.problem)
        _log.error("from the server: %s", error)


def say_hello(socket: zmq.Socket, hello: Hello) -> bool:
    """Without waiting. False: the socket takes no more, because the server is long away or refused
    its key; ZeroMQ does not dial again after a refusal, so a new socket is needed.
    """
    frame = Frame(SCHEMA_VERSION, Kind.HELLO, stamp_s=time.time(), body=encode_payload(hello))
    try:
        socket.send(encode_frame(frame), zmq.DONTWAIT)
    except zmq.Again:
        return False
    return True


def _received(frame: Frame) -> Received[Any]:
    topic = topic_named(frame.name)
    born_s = time.monotonic() - frame.age_s
    payload: Any = decode_payload(frame.body, topic.payload)
    return Received(frame.name, frame.key, payload, frame.stamp_s, born_s)


def _call(callback: Callback, received: Received[Any]) -> None:
    try:
        callback(received)
    except Exception:  # one bad callback must not silence the others
        _log.exception("callback of %s failed", received.topic)
