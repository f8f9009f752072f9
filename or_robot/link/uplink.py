"""The up lane of a gateway: publishes without waiting, and keeps a new server informed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import zmq

from or_robot.link.codec import SCHEMA_VERSION, Frame, Kind, encode_frame, encode_payload
from or_robot.link.errors import LinkDown
from or_robot.link.payloads import LinkHeartbeat
from or_robot.link.received import Received
from or_robot.link.sockets import takes_more
from or_robot.link.topics import topic_named


class Uplink:
    """Safe from any thread. Nothing is sent before `open`."""

    def __init__(self, dial: Callable[[], zmq.Socket]) -> None:
        self._dial = dial
        self._socket: zmq.Socket | None = None
        self._lock = threading.Lock()
        self._standing: dict[str, bytes] = {}
        """Newest message of each topic that is not repeated at a rate."""
        self._boot = ""

    def open(self) -> None:
        with self._lock:
            self._socket = self._dial()

    def close(self) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def publish(self, topic: str, payload: object) -> None:
        """See LinkClient.publish."""
        row = topic_named(topic)
        if not isinstance(payload, row.payload):
            raise TypeError(f"{topic} carries {row.payload.__name__}")
        body = encode_payload(payload)
        message = encode_frame(
            Frame(SCHEMA_VERSION, Kind.PUBLISH, topic, stamp_s=time.time(), body=body)
        )
        with self._lock:
            if self._socket is None:
                raise LinkDown("the link client is not started")
            if row.rate_hz == 0.0:
                self._standing[topic] = message
            if takes_more(self._socket):
                self._socket.send(message, zmq.DONTWAIT)

    def tend(self, heartbeat: Received[LinkHeartbeat]) -> None:
        """Dial again when the socket is dead; give a server that is new to us what stands."""
        with self._lock:
            if self._socket is None:
                return
            dead = not takes_more(self._socket)
            if dead:
                self._socket.close()
                self._socket = self._dial()
            if dead or heartbeat.payload.boot != self._boot:
                self._boot = heartbeat.payload.boot
                for message in self._standing.values():
                    self._socket.send(message, zmq.DONTWAIT)
