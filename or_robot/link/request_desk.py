"""The server's request lane: checks, deduplicates, hands to a worker or to the robot's gateway."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

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
from or_robot.link.memory import AnswerMemory
from or_robot.link.servant import Handler, execute
from or_robot.link.topics import Request, Role, request_named

NOT_BEGUN = frozenset({"busy", "expired", "no_robot"})
"""Refusals after which the same id may be tried again."""

Id = tuple[str, str]
"""Name of the asker's key, id of the request."""


@dataclass(frozen=True, slots=True)
class _Job:
    id: Id
    row: Request
    frame: Frame
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
    """Belongs to the server's data thread, but for the workers, who only hand over answers."""

    def __init__(
        self,
        config: LinkConfig,
        gate: Gate,
        handlers: Mapping[str, Handler],
        hand_over: Callable[[Callable[[], None]], None],
    ) -> None:
        """`hand_over` makes the data thread call something soon; it is safe from any thread."""
        self._config, self._gate, self._handlers = config, gate, dict(handlers)
        self._hand_over = hand_over
        self._memory = AnswerMemory[bytes](config.remembered_answers)
        self._gateways: dict[bytes, _Gateway] = {}
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._workers = [
            threading.Thread(target=self._work, name=f"link-worker-{n}", daemon=True)
            for n in range(config.workers)
        ]
        for worker in self._workers:
            worker.start()

    def close(self) -> None:
        """Let running handlers end; what waits is not begun."""
        while not self._jobs.empty():
            self._jobs.get_nowait()
        for _ in self._workers:
            self._jobs.put(None)
        for worker in self._workers:
            worker.join()

    def receive(self) -> None:
        """Take the next message, which must be waiting."""
        self._gate.receive(self._take, answer=True)

    def _take(self, sender: Sender, frame: Frame) -> None:
        gateway = sender.key.role is Role.GATEWAY
        if frame.kind is Kind.REQUEST:
            self._request(sender, frame)
        elif gateway and frame.kind is Kind.HELLO:
            serves = frozenset(decode_payload(frame.body, Hello).serve)
            self._gateways[sender.routing] = _Gateway(
                sender.key.name, sender.key.public, time.monotonic(), serves
            )
        elif gateway and frame.kind in (Kind.REPLY, Kind.REFUSED):
            name, _, id_ = frame.id.partition("/")
            self._finish((name, id_), request_named(frame.name), frame)
        else:
            raise LinkRefused("garbage", f"a {frame.kind} frame from a {sender.key.role}")

    def _request(self, sender: Sender, frame: Frame) -> None:
        row = request_named(frame.name)
        payload: Any = decode_payload(frame.body, row.payload)
        _authorise(sender, row, payload.room)
        id_ = (sender.key.name, frame.id)
        new, answer = self._memory.claim(id_, row.name.encode() + bytes(frame.body), sender.routing)
        if answer is not None:
            self._gate.send(sender.routing, encode_frame(answer))
        elif new or (row.server is Role.GATEWAY and row.idempotent):
            caller = Caller(sender.key.name, sender.key.role, sender.key.room)
            self._begin(_Job(id_, row, frame, caller, time.monotonic() + frame.age_s))

    def _begin(self, job: _Job) -> None:
        try:
            if job.row.server is Role.GATEWAY:
                self._forward(job)
            else:
                self._queue(job)
        except LinkRefused:
            self._memory.forget(job.id)
            raise

    def _queue(self, job: _Job) -> None:
        if self._jobs.qsize() >= self._config.queued_requests:
            raise LinkRefused("busy", "too many requests are waiting", "try again")
        self._jobs.put(job)

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

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._hand_over(partial(self._finish, job.id, job.row, self._answer(job)))

    def _answer(self, job: _Job) -> Frame:
        if time.monotonic() > job.deadline_s:
            expired = LinkRefused("expired", f"{job.row.name} waited too long", "try again")
            return refused_frame(job.row.name, job.frame.id, time.time(), expired)
        return execute(job.row, self._handlers[job.row.name], job.frame, job.caller)

    def _finish(self, id_: Id, row: Request, answer: Frame) -> None:
        answer = msgspec.structs.replace(answer, id=id_[1])
        message = encode_frame(answer)
        for asker in self._memory.finish(id_, answer, keep=row.changes and _begun(answer)):
            self._gate.send(asker, message)


def _authorise(sender: Sender, row: Request, room: str) -> None:
    key = sender.key
    if key.role not in row.roles:
        raise LinkRefused("role", f"a {key.role} may not ask {row.name}")
    if key.room and key.room != room:
        raise LinkRefused("room", f"this key belongs to {key.room}, not to {room!r}")


def _begun(answer: Frame) -> bool:
    return answer.kind is not Kind.REFUSED or refusal_in(answer).code not in NOT_BEGUN
