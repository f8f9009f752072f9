"""The server of requests and topics: the topics have one thread, the requests several."""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import zmq

from or_robot.config.link import LinkConfig
from or_robot.link.board import Board
from or_robot.link.codec import SCHEMA_VERSION, Frame, Kind, encode_payload
from or_robot.link.errors import LinkRefused
from or_robot.link.gate import Sender
from or_robot.link.journal import Journal
from or_robot.link.listening import Listening, Loop
from or_robot.link.payloads import LinkHeartbeat
from or_robot.link.request_desk import RequestDesk
from or_robot.link.servant import Handler
from or_robot.link.sockets import POLL_S, Lane
from or_robot.link.topics import Role, topic_named


class LinkServer(Listening):
    """Binds all lanes but stop; gateways, panels and viewers dial in.

    Handlers answer the requests of Role.INFO.
    """

    def __init__(
        self, config: LinkConfig, handlers: Mapping[str, Handler], journal: Path | None = None
    ) -> None:
        """`journal`: file in which executed ids outlive the process; None: they do not."""
        super().__init__(config)
        self._journal_file = journal
        self._desks: list[RequestDesk] = []
        self._handlers = handlers
        self._boot = uuid.uuid4().hex
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._wake_lock = threading.Lock()

    def close(self) -> None:
        """Let running handlers end, then close every socket."""
        self._closing.set()
        for desk in self._desks:
            desk.end()
        self._desks.clear()
        super().close()

    def publish(self, topic: str, payload: object) -> None:
        """Publish one of the server's own topics. Safe from any thread; never waits."""
        row = topic_named(topic)
        if not isinstance(payload, row.payload):
            raise TypeError(f"{topic} carries {row.payload.__name__}")
        body = encode_payload(payload)
        frame = Frame(SCHEMA_VERSION, Kind.PUBLISH, topic, stamp_s=time.time(), body=body)
        self._hand_over(partial(self._board.publish, frame, Role.INFO))

    def _open(self, context: zmq.Context) -> Iterable[tuple[str, Loop]]:
        self._bell, self._wake = _pair(context, self._resources)
        requests = self._desk(context, Lane.REQUEST, self._journal())
        bulk = self._desk(context, Lane.BULK)
        self._up = self._listen(context, Lane.UP)
        self._board = Board(self._listen(context, Lane.DOWN))
        return (("link-data", self._serve_data), *requests.loops(), *bulk.loops())

    def _journal(self) -> Journal | None:
        if self._journal_file is None:
            return None
        journal = Journal(self._journal_file, self._config.remembered_answers)
        self._resources.callback(journal.close)
        return journal

    def _desk(
        self, context: zmq.Context, lane: Lane, journal: Journal | None = None
    ) -> RequestDesk:
        gate = self._listen(context, lane)
        desk = RequestDesk(
            self._config,
            gate,
            self._handlers,
            self._closing,
            bulk=lane is Lane.BULK,
            journal=journal,
        )
        self._resources.callback(desk.close)
        self._desks.append(desk)
        return desk

    def _serve_data(self) -> None:
        sources = {
            self._up.socket: self._receive_up,
            self._board.gate.socket: self._receive_hello,
            self._bell: self._run_jobs,
        }
        poller = zmq.Poller()
        for socket in sources:
            poller.register(socket, zmq.POLLIN)
        next_beat_s = 0.0
        while not self._closing.is_set():
            if time.monotonic() >= next_beat_s:
                next_beat_s = time.monotonic() + self._config.heartbeat_s
                self._beat()
            left_s = max(0.0, next_beat_s - time.monotonic())
            for socket, _ in poller.poll(1 + int(1000 * min(POLL_S, left_s))):
                sources[socket]()

    def _beat(self) -> None:
        beat = LinkHeartbeat(time.time(), self._boot, self._tally.counts())
        body = encode_payload(beat)
        frame = Frame(
            SCHEMA_VERSION, Kind.PUBLISH, "link.heartbeat", stamp_s=beat.stamp_s, body=body
        )
        self._board.publish(frame, Role.INFO)
        self._board.forget_silent()

    def _receive_up(self) -> None:
        self._up.receive(self._take_up, answer=False)

    def _take_up(self, sender: Sender, frame: Frame) -> None:
        if frame.kind is not Kind.PUBLISH:
            raise LinkRefused("garbage", f"a {frame.kind} frame on the up socket")
        self._board.publish(frame, sender.key.role)

    def _receive_hello(self) -> None:
        self._board.gate.receive(self._board.hello, answer=False)

    def _run_jobs(self) -> None:
        self._bell.recv()
        self._jobs.get()()

    def _hand_over(self, job: Callable[[], None]) -> None:
        self._jobs.put(job)
        with self._wake_lock:
            self._wake.send(b"")


def _pair(context: zmq.Context, resources: ExitStack) -> tuple[zmq.Socket, zmq.Socket]:
    """A bell: whoever holds the second socket wakes the poller of the first."""
    address = f"inproc://{uuid.uuid4().hex}"
    bell, wake = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    for socket in (bell, wake):
        socket.sndhwm = socket.rcvhwm = 0
        socket.linger = 0
        resources.callback(socket.close)
    bell.bind(address)
    wake.connect(address)
    return bell, wake
