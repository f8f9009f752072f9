"""The server of the link: four sockets, two threads, and workers for the handlers."""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Self

import zmq
from zmq.auth.thread import ThreadAuthenticator

from or_robot.config.link import LinkConfig
from or_robot.link.board import Board
from or_robot.link.codec import SCHEMA_VERSION, Frame, Kind, encode_payload
from or_robot.link.errors import LinkRefused
from or_robot.link.gate import Gate, Sender, Tally
from or_robot.link.keys import SERVER_KEY, AllowList, KeyFolder
from or_robot.link.payloads import LinkHeartbeat
from or_robot.link.received import POLL_S
from or_robot.link.request_desk import RequestDesk
from or_robot.link.servant import Handler
from or_robot.link.sockets import IO_THREADS, ZAP_DOMAIN, Lane, bind
from or_robot.link.stop_desk import StopDesk
from or_robot.link.topics import Role, topic_named

_log = logging.getLogger(__name__)


class LinkServer:
    """Binds; gateways, panels and viewers dial in. Handlers answer the requests of Role.INFO."""

    def __init__(self, config: LinkConfig, handlers: Mapping[str, Handler]) -> None:
        self._config, self._handlers = config, handlers
        self._keys = KeyFolder(config.keys_folder)
        self._boot = uuid.uuid4().hex
        self._tally = Tally()
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._wake_lock = threading.Lock()
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._resources = ExitStack()

    def start(self) -> None:
        """Bind and serve; an occupied port or a missing key is an OrRobotError."""
        try:
            self._open()
        except BaseException:
            self._resources.close()
            raise
        for name, loop in (("link-data", self._serve_data), ("link-stop", self._serve_stops)):
            thread = threading.Thread(target=loop, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Let running handlers end, then close every socket."""
        self._closing.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self._resources.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def publish(self, topic: str, payload: object) -> None:
        """Publish one of the server's own topics. Safe from any thread; never waits."""
        row = topic_named(topic)
        if not isinstance(payload, row.payload):
            raise TypeError(f"{topic} carries {row.payload.__name__}")
        body = encode_payload(payload)
        frame = Frame(SCHEMA_VERSION, Kind.PUBLISH, topic, stamp_s=time.time(), body=body)
        self._hand_over(partial(self._board.publish, frame, Role.INFO))

    @property
    def failed(self) -> bool:
        """A thread ended by itself; the process must end too, so that it is started again."""
        return any(not thread.is_alive() for thread in self._threads)

    def refusals(self) -> dict[str, int]:
        """Counted since the start, by code of `link.errors.REFUSALS`, and "shed"."""
        return self._tally.counts()

    def _open(self) -> None:
        context = zmq.Context(io_threads=IO_THREADS)
        self._resources.callback(context.term)
        self._authenticate(context)
        pair = self._keys.pair(SERVER_KEY)
        gates = {}
        for lane in Lane:
            socket = bind(context, self._config, lane, pair)
            self._resources.callback(socket.close)
            gates[lane] = Gate(self._config, socket, self._tally)
        self._bell, self._wake = _pair(context, self._resources)
        self._board = Board(gates[Lane.DOWN])
        self._stops = StopDesk(self._config, gates[Lane.STOP])
        self._requests = RequestDesk(
            self._config, gates[Lane.REQUEST], self._handlers, self._hand_over
        )
        self._resources.callback(self._requests.close)
        self._gates = gates

    def _authenticate(self, context: zmq.Context) -> None:
        zap = ThreadAuthenticator(context, log=_log)
        zap.start()
        self._resources.callback(zap.stop)
        allow = _Admission(self._keys, self._tally)
        zap.configure_curve_callback(domain=ZAP_DOMAIN, credentials_provider=allow)

    # Data thread

    def _serve_data(self) -> None:
        sources = {
            self._gates[Lane.REQUEST].socket: self._requests.receive,
            self._gates[Lane.UP].socket: self._receive_up,
            self._gates[Lane.DOWN].socket: self._receive_hello,
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
        beat = LinkHeartbeat(
            time.time(),
            self._boot,
            self._stops.stations(),
            self._stops.gateways(),
            self._tally.counts(),
        )
        body = encode_payload(beat)
        frame = Frame(
            SCHEMA_VERSION, Kind.PUBLISH, "link.heartbeat", stamp_s=beat.stamp_s, body=body
        )
        self._board.publish(frame, Role.INFO)
        self._board.forget_silent()

    def _receive_up(self) -> None:
        self._gates[Lane.UP].receive(self._take_up, answer=False)

    def _take_up(self, sender: Sender, frame: Frame) -> None:
        if frame.kind is not Kind.PUBLISH:
            raise LinkRefused("garbage", f"a {frame.kind} frame on the up socket")
        self._board.publish(frame, sender.key.role)

    def _receive_hello(self) -> None:
        self._gates[Lane.DOWN].receive(self._board.hello, answer=False)

    def _run_jobs(self) -> None:
        self._bell.recv()
        self._jobs.get()()

    def _hand_over(self, job: Callable[[], None]) -> None:
        self._jobs.put(job)
        with self._wake_lock:
            self._wake.send(b"")

    # Stop thread

    def _serve_stops(self) -> None:
        socket = self._gates[Lane.STOP].socket
        while not self._closing.is_set():
            if socket.poll(int(POLL_S * 1000)):
                self._stops.receive()


class _Admission:
    """Tells ZeroMQ's authenticator which keys may connect."""

    def __init__(self, keys: KeyFolder, tally: Tally) -> None:
        self._allow, self._tally = AllowList(keys), tally

    def callback(self, domain: str, key: bytes) -> bool:  # noqa: ARG002 — pyzmq's signature
        if self._allow.find(key.decode()) is not None:
            return True
        self._tally.add("key", "connection with a key that is not on the allow-list")
        return False


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
