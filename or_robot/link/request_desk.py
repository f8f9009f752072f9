"""The server's request lane: checks, deduplicates, executes or hands to the robot's gateway."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import zmq

from or_robot.config.link import LinkConfig
from or_robot.link.codec import (
    Caller,
    Frame,
    Hello,
    Kind,
    decode_payload,
    encode_frame,
    refusal_in,
    refused_frame,
)
from or_robot.link.errors import LinkRefused
from or_robot.link.gate import Gate, Sender
from or_robot.link.journal import Id, Journal
from or_robot.link.memory import AnswerMemory
from or_robot.link.servant import Handler, execute
from or_robot.link.shared_socket import SharedSocket
from or_robot.link.topics import Request, Role, request_named

NOT_BEGUN = frozenset({"busy", "expired", "disk", "no_robot"})
"""Refusals after which the same id may be tried again."""


IDLE_S = 2.0
"""Idle threads look up so rarely, so that they take nothing from one that draws a picture."""


@dataclass(slots=True)
class _Job:
    id: Id
    row: Request
    frame: Frame
    payload: Any
    caller: Caller
    deadline_s: float
    """Steady time, s."""


@dataclass(frozen=True, slots=True)
class _Gateway:
    name: str
    public: str
    heard_s: float
    serves: frozenset[str]


class RequestDesk:
    """Owns the request socket. Its threads share it: whoever receives a request also runs the
    handler and sends the answer, so that on its way an answer waits for no other thread.

    One thread always stays free to receive, so that slow handlers hold up neither the robot's
    requests nor refusals; what nobody is free to run waits in a queue.
    """

    def __init__(
        self,
        config: LinkConfig,
        gate: Gate,
        handlers: Mapping[str, Handler],
        closing: threading.Event,
        *,
        bulk: bool = False,
        journal: Journal | None = None,
    ) -> None:
        """`bulk`: it is the bulk lane's, and takes only what goes there.

        `journal`: where the ids of what these handlers change outlive the process.
        """
        self._bulk = bulk
        self._config, self._gate, self._handlers = config, gate, dict(handlers)
        self._closing = closing
        self._shared = SharedSocket(gate.socket)
        self._memory = AnswerMemory[bytes](config.remembered_answers)
        self._lasting = AnswerMemory[bytes](config.remembered_answers, journal)
        self._gateways: dict[bytes, _Gateway] = {}
        self._waiting: deque[_Job] = deque()
        self._free = config.workers + 1
        """Threads that run no handler."""

    def end(self) -> None:
        """Wake the threads to see that they should end; each wakes the next."""
        self._shared.nudge()

    def close(self) -> None:
        """After the loops have ended."""
        self._shared.close()

    def loops(self) -> list[tuple[str, Callable[[], None]]]:
        """To be run, each in a thread of that name, until `closing`."""
        lane = "bulk" if self._bulk else "request"
        return [(f"link-{lane}-{n}", self._serve) for n in range(self._free)]

    def _serve(self) -> None:
        with self._shared.waiter() as waiter:
            while not self._closing.is_set():
                job = self._receive()
                while job is not None:
                    self._finish(job.id, job.row, self._answer(job))
                    job = self._next()
                waiter.wait(IDLE_S)
        self.end()

    def _receive(self) -> _Job | None:
        """Take all messages there are, or up to a request that this thread is free to run."""
        with self._shared.lock:
            while True:
                try:
                    job = self._gate.receive(self._take, answer=True)
                except zmq.Again:
                    return None
                if job is not None and self._free > 1:
                    self._free -= 1
                    self._shared.hand_back()
                    return job
                if job is not None:
                    self._waiting.append(job)

    def _next(self) -> _Job | None:
        """After one job: one that waits, or one that has come; None when there is nothing to do."""
        with self._shared.lock:
            if self._waiting and not self._closing.is_set():
                self._shared.hand_back()
                return self._waiting.popleft()
            self._free += 1
            return self._receive() if self._shared.readable else None

    def _take(self, sender: Sender, frame: Frame) -> _Job | None:
        if frame.kind is Kind.REQUEST:
            return self._request(sender, frame)
        gateway = sender.key.role is Role.GATEWAY
        if gateway and frame.kind is Kind.HELLO:
            serves = frozenset(decode_payload(frame.body, Hello).serve)
            self._gateways[sender.routing] = _Gateway(
                sender.key.name, sender.key.public, time.monotonic(), serves
            )
        elif gateway and frame.kind in (Kind.REPLY, Kind.REFUSED):
            name, _, id_ = frame.id.partition("/")
            self._finish((name, id_), request_named(frame.name), frame)
        else:
            raise LinkRefused("garbage", f"a {frame.kind} frame from a {sender.key.role}")
        return None

    def _request(self, sender: Sender, frame: Frame) -> _Job | None:
        row = request_named(frame.name)
        if row.bulk is not self._bulk:
            raise LinkRefused("unknown", f"{row.name} is not of this lane")
        payload: Any = decode_payload(frame.body, row.payload)
        _authorise(sender, row, payload.room)
        id_ = (sender.key.name, frame.id)
        asked = row.name.encode() + bytes(frame.body) if row.changes else b""
        new, answer = self._memory_of(row).claim(id_, asked, sender.routing)
        if answer is not None:
            self._gate.send(sender.routing, encode_frame(answer))
        elif new or (row.server is Role.GATEWAY and row.idempotent):
            caller = Caller(sender.key.name, sender.key.role, sender.key.room)
            return self._begin(
                _Job(id_, row, frame, payload, caller, time.monotonic() + frame.age_s)
            )
        return None

    def _begin(self, job: _Job) -> _Job | None:
        """The job to run here; None when a gateway was asked."""
        try:
            if job.row.server is not Role.GATEWAY:
                self._check_queue()
                return job
            self._forward(job)
        except LinkRefused:
            self._memory_of(job.row).forget(job.id)
            raise
        return None

    def _check_queue(self) -> None:
        if len(self._waiting) >= self._config.queued_requests:
            raise LinkRefused("busy", "too many requests are waiting", "try again")

    def _forward(self, job: _Job) -> None:
        frame = msgspec.structs.replace(job.frame, id="/".join(job.id), caller=job.caller)
        message = encode_frame(frame)
        oldest_s = time.monotonic() - self._config.lost_s
        for routing, gateway in list(self._gateways.items()):
            allowed = self._gate.allowed(gateway.public) is not None
            if gateway.heard_s < oldest_s or not allowed:
                del self._gateways[routing]
            elif job.row.name in gateway.serves and self._gate.send(routing, message):
                return
        raise LinkRefused("no_robot", f"no robot that does {job.row.name} is connected")

    def _answer(self, job: _Job) -> Frame:
        if time.monotonic() > job.deadline_s:
            expired = LinkRefused("expired", f"{job.row.name} waited too long", "try again")
            return refused_frame(job.row.name, job.frame.id, time.time(), expired)
        try:
            self._memory_of(job.row).begin(job.id)
        except LinkRefused as refusal:
            return refused_frame(job.row.name, job.frame.id, time.time(), refusal)
        return execute(job.row, self._handlers[job.row.name], job.frame, job.payload, job.caller)

    def _memory_of(self, row: Request) -> AnswerMemory[bytes]:
        """What a gateway does, it remembers itself; looks need no memory once answered."""
        return self._lasting if row.changes and row.server is Role.INFO else self._memory

    def _finish(self, id_: Id, row: Request, answer: Frame) -> None:
        if answer.id != id_[1]:  # a gateway's
            answer = msgspec.structs.replace(answer, id=id_[1])
        message = encode_frame(answer)
        askers = self._memory_of(row).finish(id_, answer, keep=row.changes and _begun(answer))
        with self._shared.lock:
            for asker in askers:
                self._gate.send(asker, message)


def _authorise(sender: Sender, row: Request, room: str) -> None:
    key = sender.key
    if key.role not in row.roles:
        raise LinkRefused("role", f"a {key.role} may not ask {row.name}")
    if key.room and key.room != room:
        raise LinkRefused("room", f"this key belongs to {key.room}, not to {room!r}")


def _begun(answer: Frame) -> bool:
    return answer.kind is not Kind.REFUSED or refusal_in(answer).code not in NOT_BEGUN
