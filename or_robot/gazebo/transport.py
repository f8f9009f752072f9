"""A client of Gazebo classic's transport: topics over TCP, found through its master.

Every frame is 8 hexadecimal digits of length and a protobuf message. The master, and the beginning
of each data connection, speak `Packet`s; after its `sub` a data connection carries bare messages.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from google.protobuf.message import DecodeError

from or_robot.errors import OrRobotError
from or_robot.gazebo.messages import Messages

HEADER = 8
LONGEST = 64 * 2**20
MASTER_PORT = 11345
HERE = "127.0.0.1"
PUBLISHER_NEWS = ("publisher_subscribe", "publisher_advertise")
"""Of the master: who publishes what we want, already or from now on."""
QUEUED_BYTES = 1 << 20
"""A subscriber that is so far behind misses messages: the newest counts."""


class Sockets(Protocol):
    """Opens sockets where the server can be reached."""

    async def connect(self, host: str, port: int) -> socket.socket: ...
    async def listen(self) -> socket.socket: ...


class TransportError(OrRobotError):
    """The other side is not there, or speaks something else."""


def framed(message: bytes) -> bytes:
    return b"%08x" % len(message) + message


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """The next message. Raises TransportError at the end and for what is no frame."""
    try:
        header = await reader.readexactly(HEADER)
        length = int(header, 16)
        if length > LONGEST:
            raise TransportError(f"Gazebo sent a frame of {length} bytes")
        return await reader.readexactly(length)
    except ValueError as error:
        raise TransportError(f"Gazebo sent no frame: {header!r}") from error
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise TransportError("Gazebo closed the connection") from error


class Publication:
    """What this side publishes on one topic, to whoever subscribes."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def subscribers(self) -> int:
        return len(self._writers)

    def send(self, message: Any) -> None:
        """Within the client's loop. A subscriber who is far behind is passed over."""
        frame = framed(message.SerializeToString())
        for writer in list(self._writers):
            if writer.is_closing():
                self._writers.discard(writer)
            elif writer.transport.get_write_buffer_size() < QUEUED_BYTES:
                writer.write(frame)

    def add(self, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)


class Transport:
    """One client. `start` first; everything in one event loop. Topics are absolute names."""

    def __init__(self, messages: Messages, sockets: Sockets) -> None:
        self._messages, self._sockets = messages, sockets
        self._publications: dict[str, Publication] = {}
        self._subscriptions: dict[str, tuple[str, Callable[[Any], None]]] = {}
        self._seen: set[tuple[str, str, int]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._following: dict[str, list[asyncio.Task[None]]] = {}
        self._port = 0
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done, with the reason, once the master or a publisher has gone."""

    async def start(self) -> None:
        """Raises TransportError when there is no master."""
        reader, self._master = await self._open(HERE, MASTER_PORT)
        listening = await self._sockets.listen()
        self._port = listening.getsockname()[1]
        self._server = await asyncio.start_server(self._accept, sock=listening)
        for _ in range(3):  # its version, its namespaces, its publishers
            await read_frame(reader)
        self._run(self._listen_to_master(reader))

    async def close(self) -> None:
        if not self.lost.done():
            self.lost.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._master.close()
        self._server.close()

    def subscribe(self, topic: str, kind: str, callback: Callable[[Any], None]) -> None:
        """`callback` gets every message, in the client's loop."""
        self._subscriptions[topic] = (kind, callback)
        self._tell_master("subscribe", self._subscribe_message(topic, kind))

    def unsubscribe(self, topic: str) -> None:
        """No more of it; the publisher notices by itself."""
        self._subscriptions.pop(topic, None)
        self._seen = {source for source in self._seen if source[0] != topic}
        for task in self._following.pop(topic, ()):
            task.cancel()

    def advertise(self, topic: str, kind: str) -> Publication:
        publication = self._publications[topic] = Publication(topic)
        publish = self._messages.new(
            "Publish",
            topic=topic,
            msg_type=self._messages.full_name(kind),
            host=HERE,
            port=self._port,
        )
        self._tell_master("advertise", publish)
        return publication

    def _subscribe_message(self, topic: str, kind: str) -> Any:
        return self._messages.new(
            "Subscribe",
            topic=topic,
            msg_type=self._messages.full_name(kind),
            host=HERE,
            port=self._port,
            latching=False,
        )

    def _tell_master(self, kind: str, message: Any) -> None:
        self._master.write(framed(self._packet(kind, message)))

    def _packet(self, kind: str, message: Any) -> bytes:
        packet = self._messages.new(
            "Packet", type=kind, serialized_data=message.SerializeToString()
        )
        packet.stamp.sec, packet.stamp.nsec = 0, 0
        data: bytes = packet.SerializeToString()
        return data

    async def _listen_to_master(self, reader: asyncio.StreamReader) -> None:
        while True:
            packet = self._messages.read("Packet", await read_frame(reader))
            if packet.type in PUBLISHER_NEWS:
                publish = self._messages.read("Publish", packet.serialized_data)
                source = (publish.topic, publish.host, publish.port)
                if publish.topic in self._subscriptions and source not in self._seen:
                    self._seen.add(source)
                    following = self._run(self._follow(*source))
                    self._following.setdefault(publish.topic, []).append(following)

    async def _follow(self, topic: str, host: str, port: int) -> None:
        """Everything one publisher has to say on a topic."""
        kind, callback = self._subscriptions[topic]
        reader, writer = await self._open(host, port)
        try:
            writer.write(framed(self._packet("sub", self._subscribe_message(topic, kind))))
            while True:
                callback(self._messages.read(kind, await read_frame(reader)))
        finally:
            writer.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Somebody subscribes to a topic of ours; its connection stays open."""
        try:
            packet = self._messages.read("Packet", await read_frame(reader))
            subscribe = self._messages.read("Subscribe", packet.serialized_data)
            publication = self._publications.get(subscribe.topic)
            if packet.type == "sub" and publication is not None:
                publication.add(writer)
            else:
                writer.close()
        except (DecodeError, TransportError):
            writer.close()

    async def _open(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            opened = await self._sockets.connect(host, port)
            return await asyncio.open_connection(sock=opened, limit=LONGEST)
        except OSError as error:
            raise TransportError(f"no Gazebo at {host}:{port}: {error.strerror}") from error

    def _run(self, work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self._watched(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _watched(self, work: Awaitable[None]) -> None:
        try:
            await work
        except (TransportError, DecodeError) as error:
            if not self.lost.done():
                self.lost.set_result(str(error))
