"""A client of the link: for panels, viewers and gateways."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import zmq

from or_robot.config.link import LinkConfig
from or_robot.link.bulk import Transfer
from or_robot.link.codec import (
    SCHEMA_VERSION,
    Caller,
    Frame,
    Hello,
    Kind,
    decode_payload,
    encode_payload,
)
from or_robot.link.errors import LinkDown, LinkError, LinkRefused, LinkTimeout
from or_robot.link.exchange import Question, exchange
from or_robot.link.keys import SERVER_KEY, KeyFolder
from or_robot.link.payloads import LinkHeartbeat, ObjectRequest, StopReply, StopRequest, Welcome
from or_robot.link.received import Inbox, Received, read_frame, say_hello
from or_robot.link.running import Running
from or_robot.link.servant import Servant, StopServant
from or_robot.link.sockets import IO_THREADS, DeadSocket, Lane, SocketPool, connect
from or_robot.link.topics import request_named
from or_robot.link.uplink import Uplink

T = TypeVar("T")

STOP = "robot.stop"
"""Name of the stop request; not in the requests table because it has its own socket."""

PASSING = frozenset({"no_robot", "failed"})
"""Refusals of a stop that may be over in a moment: it is tried again while there is time."""


class LinkClient(Running):
    """Connects and reconnects by itself. Safe to call from any thread.

    Make it after a fork, not before: sockets and threads do not survive one. `key_name` is a key of
    `config.keys_folder`; its role and room decide what the server lets it do.
    """

    def __init__(self, config: LinkConfig, key_name: str) -> None:
        super().__init__()
        self._config, self._name = config, key_name
        keys = KeyFolder(config.keys_folder)
        self._pair, self._server = keys.pair(key_name), keys.public(SERVER_KEY)
        self._context = zmq.Context(io_threads=IO_THREADS)
        self._requests = SocketPool(self._context, config, Lane.REQUEST, keys, key_name)
        self._bulk = SocketPool(self._context, config, Lane.BULK, keys, key_name)
        self._stops = SocketPool(self._context, config, Lane.STOP, keys, key_name)
        self._resources.callback(self._free)
        self._inbox = Inbox(config.hello_s)
        self._servant = Servant(config, self._requests)
        self._stop_servant = StopServant(config, self._note_welcome)
        self._up = Uplink(lambda: self._connect(Lane.UP))
        self._inbox.subscribe("link.heartbeat", self._note_heartbeat)
        self._heartbeat: Received[LinkHeartbeat] | None = None
        self._welcome: Received[Welcome] | None = None
        self._started_s = time.monotonic()
        self._ids_begin, self._ids = f"{os.urandom(16).hex()}-", itertools.count()
        """An id is this client's own random number and a count: random numbers take longer."""

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._started_s = time.monotonic()
        self._up.open()
        self._run("link-down", self._inbox.run, Lane.DOWN)
        if self._servant.names:
            self._run("link-serve", self._servant.run, Lane.REQUEST)
        if self._stop_servant.handler is not None:
            self._run("link-stop", self._stop_servant.run, Lane.STOP)
        else:
            self._thread("link-station", self._be_a_stop_station)

    def _free(self) -> None:
        """A request still waiting ends with LinkDown."""
        self._servant.close()
        self._requests.close()
        self._bulk.close()
        self._stops.close()
        self._up.close()
        self._context.term()

    def _new_id(self) -> str:
        return f"{self._ids_begin}{next(self._ids):x}"

    # Asking

    def request(
        self,
        name: str,
        payload: object,
        *,
        reply: type[T],
        timeout_s: float | None = None,
        id: str | None = None,
    ) -> T:
        """Ask and wait for the answer; the deadline of the requests table unless given.

        The same `id` twice is executed once and answered twice. LinkDown: not connected.
        LinkTimeout: no answer in time, outcome unknown. LinkRefused: the other side said no.
        """
        row = request_named(name)
        if not isinstance(payload, row.payload) or reply is not row.reply:
            raise TypeError(f"{name} takes {row.payload.__name__}, gives {row.reply.__name__}")
        self._fail_early_without_link()
        patience_s = row.deadline_s if timeout_s is None else timeout_s
        question = Question(name, id or self._new_id(), encode_payload(payload))
        resend_s = self._config.retry_s if row.idempotent else None
        answer = self._exchange(self._requests, question, patience_s, resend_s)
        return decode_payload(answer.body, reply)

    def fetch(self, wanted: ObjectRequest, *, timeout_s: float | None = None) -> Iterator[bytes]:
        """A stored object in chunks, in order, over a lane of its own; offset and length are not
        looked at. Only a little is under way, so take the next chunk when the last is written.

        Survives a restart of the server within `timeout_s` (the table's deadline unless given).
        LinkTimeout: nothing came for so long. Other errors as in `request`.
        """
        row = request_named("object.get")
        self._fail_early_without_link()
        patience_s = row.deadline_s if timeout_s is None else timeout_s

        def frame_of(part: ObjectRequest, left_s: float) -> Frame:
            body = encode_payload(part)
            return Frame(
                SCHEMA_VERSION,
                Kind.REQUEST,
                row.name,
                self._new_id(),
                time.time(),
                left_s,
                body=body,
            )

        transfer = Transfer(frame_of, wanted, patience_s, self._config.retry_s)
        try:
            yield from transfer.chunks(self._bulk)
        except (TimeoutError, zmq.ContextTerminated) as error:
            raise self._failure(row.name, patience_s, error) from None

    def stop(self, reason: str, *, room: str = "", timeout_s: float = 1.0) -> StopReply:
        """STOP ROBOT: returns once every connected gateway has published the stop.

        Tried until the time is up, whatever the state of the link. Errors as in `request`.
        """
        id_ = self._new_id()
        request = StopRequest(id_, time.time(), self._name, room, reason)
        question = Question(STOP, id_, encode_payload(request))
        deadline_s = time.monotonic() + timeout_s
        while True:
            left_s = deadline_s - time.monotonic()
            try:
                answer = self._exchange(self._stops, question, left_s, self._config.stop_retry_s)
                return decode_payload(answer.body, StopReply)
            except LinkRefused as refusal:
                retry_s = self._config.stop_retry_s
                if refusal.code not in PASSING or left_s <= retry_s or self._closing.wait(retry_s):
                    raise

    # Publish and subscribe

    def subscribe(
        self, topic: str, callback: Callable[[Received[Any]], None] | None = None
    ) -> None:
        """Keep the last copy of a topic; `callback` is called in the receiving thread: be brief."""
        self._inbox.subscribe(topic, callback)

    def last(self, topic: str, key: str | None = None) -> Received[Any] | None:
        """Last good copy, with its age; `key` chooses a room where a topic has one each."""
        return self._inbox.last(topic, key)

    def publish(self, topic: str, payload: object) -> None:
        """For the topic's own publisher (see the table). Never waits; LinkDown when not started.

        While the server is away a few messages queue, then they are dropped: the next is newer.
        What the table does not repeat is sent again by itself to a restarted server.
        """
        self._up.publish(topic, payload)

    # Serving (gateway)

    def serve(self, name: str, handler: Callable[[Any, Caller], object]) -> None:
        """Answer requests of this name; call before `start`. Handlers run on a few worker threads.

        An OrRobotError of the handler reaches the asker as LinkRefused("declined").
        """
        self._servant.add(request_named(name), handler)

    def serve_stop(self, handler: Callable[[StopRequest], None]) -> None:
        """Gateway: publish the stop and return at once; call before `start`.

        The return acknowledges the stop, so raise when it was not published. May be called more
        than once for one press: stopping twice is stopping.
        """
        self._stop_servant.handler = handler

    # State of the link

    @property
    def link_age_s(self) -> float:
        """Seconds since the server was last heard; inf before the first time."""
        return self._heartbeat.age_s if self._heartbeat is not None else float("inf")

    @property
    def connected(self) -> bool:
        return self.link_age_s <= self._config.lost_s

    @property
    def stop_stations(self) -> tuple[str, ...]:
        """Panels that could stop the robot now, as far as the stop desk hears them.

        Whether or not the server of requests and topics is there (see `connected`).
        """
        welcome = self._fresh_welcome()
        if welcome is None:
            return ()
        oldest_s = self._config.lost_s - welcome.age_s
        return tuple(
            station.name for station in welcome.payload.stations if station.age_s <= oldest_s
        )

    @property
    def stop_station_alive(self) -> bool:
        """Gateway: whether anybody could stop the robot now."""
        return bool(self.stop_stations)

    @property
    def stop_ready(self) -> bool:
        """Panel: whether a stop pressed now would reach a robot."""
        welcome = self._fresh_welcome()
        return welcome is not None and bool(welcome.payload.gateways)

    @property
    def refusals(self) -> dict[str, int]:
        """What both servers turned away or noted since their start, as far as they are heard."""
        heartbeat = self._heartbeat.payload.refusals if self._heartbeat else {}
        welcome = self._welcome.payload.refusals if self._welcome else {}
        return dict(Counter(heartbeat) + Counter(welcome))

    def _fresh_welcome(self) -> Received[Welcome] | None:
        welcome = self._welcome
        return welcome if welcome and welcome.age_s <= self._config.lost_s else None

    def _fail_early_without_link(self) -> None:
        """Nobody waits for a server that has been silent; but a start is given its time."""
        if self.connected:
            return
        if time.monotonic() - self._started_s >= 2 * self._config.lost_s:
            raise self._down()

    def _exchange(
        self, pool: SocketPool, question: Question, patience_s: float, resend_s: float | None
    ) -> Frame:
        try:
            return exchange(pool, question, patience_s, resend_s)
        except (TimeoutError, zmq.ContextTerminated) as error:
            raise self._failure(question.name, patience_s, error) from None

    def _failure(self, name: str, patience_s: float, error: Exception) -> LinkError:
        if isinstance(error, zmq.ContextTerminated):
            return LinkDown("the link client was closed")
        if not self.connected:
            return self._down()
        problem = f"no answer to {name} within {patience_s:g} s"
        return LinkTimeout(problem, "look at the state before asking again")

    def _down(self) -> LinkDown:
        where = f"{self._config.host}:{self._config.port}"
        return LinkDown(f"no link to the information server at {where}", "is it running?")

    def _connect(self, lane: Lane) -> zmq.Socket:
        return connect(self._context, self._config, lane, self._pair, self._server)

    def _be_a_stop_station(self) -> None:
        """Show that a stop pressed here would arrive, over the socket that it would use."""
        while not self._closing.wait(self._config.hello_s):
            with (
                contextlib.suppress(zmq.ContextTerminated, DeadSocket),
                self._stops.borrow() as socket,
            ):
                if not say_hello(socket, Hello()):
                    raise DeadSocket
                if socket.poll(int(self._config.hello_s * 1000)):
                    self._note_welcome(read_frame(socket))

    def _note_heartbeat(self, heartbeat: Received[LinkHeartbeat]) -> None:
        self._heartbeat = heartbeat
        self._up.tend(heartbeat)

    def _note_welcome(self, frame: Frame | None) -> None:
        if frame and frame.kind is Kind.WELCOME:
            welcome = decode_payload(frame.body, Welcome)
            self._welcome = Received("", "", welcome, frame.stamp_s, time.monotonic())

    def _run(
        self, name: str, loop: Callable[[zmq.Socket, threading.Event], None], lane: Lane
    ) -> None:
        def run() -> None:
            while not self._closing.is_set():
                with self._connect(lane) as socket:
                    loop(socket, self._closing)

        self._thread(name, run)
