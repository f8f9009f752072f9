"""ZeroMQ sockets as the link uses them: CURVE on all, ROUTER at the server, DEALER at clients."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import zmq

from or_robot.config.link import LinkConfig
from or_robot.errors import OrRobotError
from or_robot.link.keys import SERVER_KEY, KeyFolder, KeyPair


class Lane(IntEnum):
    """Offset of each socket's port. Separate, so that bulk never delays a stop."""

    STOP = 0
    REQUEST = 1
    UP = 2
    DOWN = 3
    BULK = 4


IO_THREADS = 3
"""Stop and bulk have one each: encrypting large answers must hold up neither stops nor others."""

ZAP_DOMAIN = "link"

POLL_S = 0.05
"""How soon a loop notices that it should end, or that there is something else to do."""

READABLE, WRITABLE, NOW, MORE = map(int, (zmq.POLLIN, zmq.POLLOUT, zmq.DONTWAIT, zmq.SNDMORE))
"""As plain numbers: Python's enum takes longer than ZeroMQ."""

_STOP_THREAD, _BULK_THREAD, _OTHER_THREAD = 0b001, 0b010, 0b100
_IO_THREAD = {Lane.STOP: _STOP_THREAD, Lane.BULK: _BULK_THREAD}


def endpoint(config: LinkConfig, lane: Lane) -> str:
    return f"tcp://{config.host}:{config.port + lane}"


def bind(context: zmq.Context, config: LinkConfig, lane: Lane, keys: KeyPair) -> zmq.Socket:
    """Server side. An occupied port is an OrRobotError naming it."""
    socket = _socket(context, config, lane, zmq.ROUTER)
    socket.curve_server = True
    socket.curve_publickey, socket.curve_secretkey = keys.public.encode(), keys.secret.encode()
    socket.zap_domain = ZAP_DOMAIN.encode()
    socket.router_mandatory = True  # a send to a full or vanished peer is an error we count
    # Above what the desk refuses politely, the connection is cut before the memory is taken.
    socket.maxmsgsize = 4 * config.max_message_bytes
    try:
        socket.bind(endpoint(config, lane))
    except zmq.ZMQError as error:
        socket.close()
        raise OrRobotError(
            f"cannot listen on {config.host}:{config.port + lane}: {_reason(error)}",
            "another information server is running, or choose another port",
        ) from error
    return socket


def connect(
    context: zmq.Context, config: LinkConfig, lane: Lane, keys: KeyPair, server: str
) -> zmq.Socket:
    """Client side; connects and reconnects in the background."""
    socket = _socket(context, config, lane, zmq.DEALER)
    socket.curve_publickey, socket.curve_secretkey = keys.public.encode(), keys.secret.encode()
    socket.curve_serverkey = server.encode()
    socket.maxmsgsize = config.max_reply_bytes
    socket.reconnect_ivl = 50
    socket.reconnect_ivl_max = 500
    try:
        socket.connect(endpoint(config, lane))
    except zmq.ZMQError as error:
        socket.close()
        raise OrRobotError(
            f"cannot dial {endpoint(config, lane)}: {_reason(error)}", "give a host name or address"
        ) from error
    return socket


def _socket(context: zmq.Context, config: LinkConfig, lane: Lane, kind: int) -> zmq.Socket:
    socket = context.socket(kind)
    socket.affinity = _IO_THREAD.get(lane, _OTHER_THREAD)
    socket.linger = 0
    socket.sndhwm = socket.rcvhwm = config.queued_messages
    socket.ipv6 = ":" in config.host
    socket.handshake_ivl = 5000
    # A half-open connection is dropped and dialled again.
    socket.heartbeat_ivl = int(config.lost_s * 500)
    socket.heartbeat_timeout = int(config.lost_s * 2000)
    return socket


def takes_more(socket: zmq.Socket) -> bool:
    """False when its queue is full, or the server refused its key: then it never dials again."""
    return bool(int(socket.getsockopt(zmq.EVENTS)) & WRITABLE)


def _reason(error: zmq.ZMQError) -> str:
    return str(zmq.strerror(error.errno or 0))  # the error's own text repeats the address


class DeadSocket(Exception):
    """It takes no more: the server refused its key, or is long away. A new socket dials again."""


class SocketPool:
    """Client sockets of one lane for whoever needs one now: no hop to another thread."""

    def __init__(
        self, context: zmq.Context, config: LinkConfig, lane: Lane, keys: KeyFolder, name: str
    ) -> None:
        self._context, self._config, self._lane = context, config, lane
        self._pair, self._server = keys.pair(name), keys.public(SERVER_KEY)
        self._idle: list[zmq.Socket] = []
        """Appending and popping are atomic, so that the usual way needs no lock."""
        self._made = 0
        self._waiting = 0
        self._free = threading.Condition()
        self._closed = False

    @contextmanager
    def borrow(self) -> Iterator[zmq.Socket]:
        """A DEALER that dials by itself. After an error it is closed, with what it still queued."""
        socket = self.take()
        try:
            yield socket
        except BaseException:
            self.discard(socket)
            raise
        self.give_back(socket)

    def take(self) -> zmq.Socket:
        """To be given back or, after an error, discarded; `borrow` does so, and takes longer."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._new_or_wait()

    def give_back(self, socket: zmq.Socket) -> None:
        self._idle.append(socket)
        if self._waiting or self._closed:
            self._returned()

    def discard(self, socket: zmq.Socket) -> None:
        socket.close()
        self._unmake()

    def close(self) -> None:
        with self._free:
            self._closed = True
            while self._idle:
                self._idle.pop().close()

    def _new_or_wait(self) -> zmq.Socket:
        with self._free:
            self._waiting += 1
            try:
                while not self._idle and self._made >= self._config.concurrent_requests:
                    self._free.wait()
                if self._idle:
                    return self._idle.pop()
                self._made += 1
            finally:
                self._waiting -= 1
        try:
            socket = connect(self._context, self._config, self._lane, self._pair, self._server)
        except BaseException:
            self._unmake()
            raise
        socket.rcvtimeo = int(1000 * POLL_S)
        return socket

    def _unmake(self) -> None:
        with self._free:
            self._made -= 1
            self._free.notify()

    def _returned(self) -> None:
        with self._free:
            if self._closed:
                while self._idle:
                    self._idle.pop().close()
            self._free.notify()
