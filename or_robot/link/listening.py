"""What the servers of the link share: bound sockets, keys checked at the door, threads."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable, Iterable

import zmq
from zmq.auth.thread import ThreadAuthenticator

from or_robot.config.link import LinkConfig
from or_robot.link.gate import Gate, Tally
from or_robot.link.keys import SERVER_KEY, AllowList, KeyFolder
from or_robot.link.running import Running
from or_robot.link.sockets import IO_THREADS, ZAP_DOMAIN, Lane, bind

_log = logging.getLogger(__name__)

Loop = Callable[[], None]


class Listening(Running):
    """A server: `start` binds and serves, `close` ends its threads and frees its ports."""

    def __init__(self, config: LinkConfig) -> None:
        super().__init__()
        self._config = config
        self._keys = KeyFolder(config.keys_folder)
        self._tally = Tally()

    def start(self) -> None:
        """Bind and serve; an occupied port or a missing key is an OrRobotError."""
        try:
            context = zmq.Context(io_threads=IO_THREADS)
            self._resources.callback(context.term)
            self._authenticate(context)
            loops = self._open(context)
        except BaseException:
            self._resources.close()
            raise
        for name, loop in loops:
            self._thread(name, loop)

    @property
    def failed(self) -> bool:
        """A thread ended by itself; the process must end too, so that it is started again."""
        return any(not thread.is_alive() for thread in self._threads)

    def refusals(self) -> dict[str, int]:
        """Counted since the start, by code of `link.errors.REFUSALS` and `NOTED`."""
        return self._tally.counts()

    @abstractmethod
    def _open(self, context: zmq.Context) -> Iterable[tuple[str, Loop]]:
        """Bind the lanes; returns the loops to run, each in a thread of that name."""

    def _listen(self, context: zmq.Context, lane: Lane) -> Gate:
        socket = bind(context, self._config, lane, self._keys.pair(SERVER_KEY))
        self._resources.callback(socket.close)
        return Gate(self._config, socket, self._tally)

    def _authenticate(self, context: zmq.Context) -> None:
        zap = ThreadAuthenticator(context, log=_log)
        zap.start()
        self._resources.callback(zap.stop)
        allow = _Admission(self._keys, self._tally)
        zap.configure_curve_callback(domain=ZAP_DOMAIN, credentials_provider=allow)


class _Admission:
    """Tells ZeroMQ's authenticator which keys may connect."""

    def __init__(self, keys: KeyFolder, tally: Tally) -> None:
        self._allow, self._tally = AllowList(keys), tally

    def callback(self, domain: str, key: bytes) -> bool:  # noqa: ARG002 — pyzmq's signature
        if self._allow.find(key.decode()) is not None:
            return True
        self._tally.add("key", "connection with a key that is not on the allow-list")
        return False
