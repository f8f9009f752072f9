"""The server's stop lane: stop stations, gateways, and stops on their way."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

import msgspec

from or_robot.config.link import LinkConfig
from or_robot.link.codec import (
    SCHEMA_VERSION,
    Frame,
    Kind,
    decode_payload,
    encode_frame,
    encode_payload,
)
from or_robot.link.errors import LinkRefused
from or_robot.link.gate import Gate, Sender
from or_robot.link.payloads import StopReply, StopRequest, StopStation, Welcome
from or_robot.link.topics import STOPPERS, Role

_log = logging.getLogger(__name__)

KEEP_S = 5.0
"""How long a stop on its way, or its answer, is remembered."""


@dataclass(frozen=True, slots=True)
class _Station:
    room: str
    heard_s: float


@dataclass(slots=True)
class _Gateway:
    name: str
    public: str
    heard_s: float


@dataclass(slots=True)
class _Stop:
    frame: Frame
    asker: bytes
    begun_s: float
    acknowledged: set[str] = field(default_factory=set)
    answer: Frame | None = None


class StopDesk:
    """Belongs to the stop server's thread."""

    def __init__(self, config: LinkConfig, gate: Gate) -> None:
        self._config, self._gate = config, gate
        self._stations: dict[str, _Station] = {}
        self._gateways: dict[bytes, _Gateway] = {}
        self._stops: dict[tuple[str, str], _Stop] = {}

    def stations(self) -> tuple[StopStation, ...]:
        """Panels heard lately on this socket."""
        now_s = time.monotonic()
        return tuple(
            StopStation(name, station.room, now_s - station.heard_s)
            for name, station in self._stations.items()
            if now_s - station.heard_s <= self._config.lost_s
        )

    def gateways(self) -> tuple[str, ...]:
        """Gateways that a stop would reach."""
        return tuple(sorted(gateway.name for gateway in self._live().values()))

    def receive(self) -> None:
        """Take the next message, which must be waiting."""
        self._gate.receive(self._take, answer=True)

    def _take(self, sender: Sender, frame: Frame) -> None:
        if frame.kind is Kind.HELLO:
            self._hello(sender)
        elif frame.kind is Kind.REQUEST:
            self._stop(sender, frame)
        elif sender.key.role is Role.GATEWAY and frame.kind in (Kind.REPLY, Kind.REFUSED):
            self._acknowledge(sender, frame)
        else:
            raise LinkRefused("garbage", f"a {frame.kind} frame on the stop socket")

    def _hello(self, sender: Sender) -> None:
        key, now_s = sender.key, time.monotonic()
        if key.role is Role.GATEWAY:
            self._gateways[sender.routing] = _Gateway(key.name, key.public, now_s)
        elif key.role in STOPPERS:
            self._stations[key.name] = _Station(key.room, now_s)
        body = encode_payload(Welcome(self.gateways(), self.stations(), self._gate.tally.counts()))
        self._send(sender.routing, Frame(SCHEMA_VERSION, Kind.WELCOME, body=body))

    def _stop(self, sender: Sender, frame: Frame) -> None:
        if sender.key.role not in STOPPERS:
            raise LinkRefused("role", f"a {sender.key.role} is no stop station")
        request = decode_payload(frame.body, StopRequest)
        self._forget_old()
        key = (sender.key.name, frame.id)
        stop = self._stops.get(key)
        if stop is None:
            _log.warning("STOP ROBOT from %s", sender.key.name)
            # The connection, not the message, says who asks and from which room.
            signed = msgspec.structs.replace(
                frame,
                id="/".join(key),
                body=encode_payload(
                    StopRequest(
                        frame.id,
                        request.stamp_s,
                        sender.key.name,
                        sender.key.room,
                        request.reason,
                    )
                ),
            )
            stop = self._stops[key] = _Stop(signed, sender.routing, time.monotonic())
        stop.asker = sender.routing
        if stop.answer is not None:
            self._send(stop.asker, stop.answer)
        else:
            self._forward(key, stop)

    def _forward(self, key: tuple[str, str], stop: _Stop) -> None:
        live = self._live()
        if not live and not stop.acknowledged:
            del self._stops[key]
            raise LinkRefused("no_robot", "no robot is connected", "use the robot's own e-stop")
        for routing, gateway in live.items():
            if gateway.name not in stop.acknowledged and not self._send(routing, stop.frame):
                self._gateways.pop(routing, None)  # its robot stops by itself: link lost
        self._answer_when_complete(key, stop)

    def _acknowledge(self, sender: Sender, frame: Frame) -> None:
        name, _, id_ = frame.id.partition("/")
        key = (name, id_)
        stop = self._stops.get(key)
        if stop is None or stop.answer is not None:
            return
        if frame.kind is Kind.REFUSED:
            # Not remembered: the station tries again until its time is up.
            self._send(stop.asker, msgspec.structs.replace(frame, id=id_))
            del self._stops[key]
            return
        stop.acknowledged.add(sender.key.name)
        self._answer_when_complete(key, stop)

    def _answer_when_complete(self, key: tuple[str, str], stop: _Stop) -> None:
        if not stop.acknowledged or set(self.gateways()) - stop.acknowledged:
            return
        reply = StopReply(key[1], tuple(sorted(stop.acknowledged)))
        stop.answer = Frame(
            SCHEMA_VERSION,
            Kind.REPLY,
            stop.frame.name,
            key[1],
            time.time(),
            body=encode_payload(reply),
        )
        self._send(stop.asker, stop.answer)

    def _live(self) -> dict[bytes, _Gateway]:
        now_s = time.monotonic()
        self._gateways = {
            routing: gateway
            for routing, gateway in self._gateways.items()
            if now_s - gateway.heard_s <= self._config.lost_s
            and self._gate.allowed(gateway.public) is not None
        }
        return dict(self._gateways)

    def _forget_old(self) -> None:
        oldest_s = time.monotonic() - KEEP_S
        self._stops = {key: stop for key, stop in self._stops.items() if stop.begun_s > oldest_s}

    def _send(self, routing: bytes, frame: Frame) -> bool:
        return self._gate.send(routing, encode_frame(frame))
