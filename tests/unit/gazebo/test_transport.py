"""Our client of Gazebo's transport, against a master and a publisher made here."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2
from hypothesis import given
from hypothesis import strategies as st

from or_robot.errors import OrRobotError
from or_robot.gazebo import transport as t
from or_robot.gazebo.messages import Messages

FIELD = descriptor_pb2.FieldDescriptorProto
WAIT_S = 10.0


def message(file: Any, name: str, *fields: tuple[str, int, str]) -> None:
    made = file.message_type.add(name=name)
    for number, (field, kind, of) in enumerate(fields, start=1):
        added = made.field.add(name=field, number=number, type=kind, label=FIELD.LABEL_OPTIONAL)
        if of:
            added.type_name = of


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Messages:
    """The few definitions the protocol itself needs."""
    files = descriptor_pb2.FileDescriptorSet()
    file = files.file.add(name="few.proto", package="gazebo.msgs", syntax="proto2")
    text, number, data, part = (
        FIELD.TYPE_STRING,
        FIELD.TYPE_INT32,
        FIELD.TYPE_BYTES,
        FIELD.TYPE_MESSAGE,
    )
    message(file, "Time", ("sec", number, ""), ("nsec", number, ""))
    message(
        file,
        "Packet",
        ("stamp", part, ".gazebo.msgs.Time"),
        ("type", text, ""),
        ("serialized_data", data, ""),
    )
    where = [("topic", text, ""), ("msg_type", text, ""), ("host", text, ""), ("port", number, "")]
    message(file, "Publish", *where)
    message(file, "Subscribe", *where, ("latching", FIELD.TYPE_BOOL, ""))
    message(file, "GzString", ("data", text, ""))
    path = tmp_path_factory.mktemp("messages") / "messages.desc"
    path.write_bytes(files.SerializeToString())
    return Messages(path)


class Here:
    """Sockets on this machine; the master is wherever it listens."""

    def __init__(self, master: int) -> None:
        self.master = master

    async def connect(self, host: str, port: int) -> socket.socket:
        real = self.master if port == t.MASTER_PORT else port
        made = socket.create_connection((host, real), timeout=5.0)
        made.setblocking(False)
        return made

    async def listen(self) -> socket.socket:
        return socket.create_server((t.HERE, 0))


class Master:
    """Greets as Gazebo's does, keeps what it is told, says what it is asked to say."""

    def __init__(self, messages: Messages) -> None:
        self.messages, self.told = messages, asyncio.Queue()

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._meet, t.HERE, 0)
        return self._server.sockets[0].getsockname()[1]

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        for kind in ("version_init", "topic_namepaces_init", "publishers_init"):
            self.say(kind, self.messages.new("GzString", data="x"))
        while True:
            try:
                packet = self.messages.read("Packet", await t.read_frame(reader))
            except t.TransportError:
                return
            await self.told.put(packet)

    def say(self, kind: str, content: Any) -> None:
        packet = self.messages.new("Packet", type=kind)
        packet.serialized_data = content.SerializeToString()
        self.writer.write(t.framed(packet.SerializeToString()))


def with_client(messages: Messages, act: Callable[[Master, t.Transport], Awaitable[None]]) -> None:
    async def live() -> None:
        master = Master(messages)
        client = t.Transport(messages, Here(await master.start()))
        await client.start()
        try:
            await asyncio.wait_for(act(master, client), WAIT_S)
        finally:
            await client.close()

    asyncio.run(live())


@pytest.mark.parametrize("news", t.PUBLISHER_NEWS)
def test_every_message_of_a_publisher_arrives_whenever_it_appears(
    messages: Messages, news: str
) -> None:
    async def publish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        packet = messages.read("Packet", await t.read_frame(reader))
        assert packet.type == "sub"
        for text in ("one", "two"):
            writer.write(t.framed(messages.new("GzString", data=text).SerializeToString()))

    async def act(master: Master, client: t.Transport) -> None:
        server = await asyncio.start_server(publish, t.HERE, 0)
        heard: asyncio.Queue[str] = asyncio.Queue()
        client.subscribe("/topic", "GzString", lambda m: heard.put_nowait(m.data))
        packet = await master.told.get()
        wanted = messages.read("Subscribe", packet.serialized_data)
        assert (packet.type, wanted.topic) == ("subscribe", "/topic")
        assert wanted.msg_type == "gazebo.msgs.GzString"
        port = server.sockets[0].getsockname()[1]
        other = messages.new("Publish", topic="/other", host=t.HERE, port=1)
        master.say(news, other)
        there = messages.new("Publish", topic="/topic", host=t.HERE, port=port)
        for _ in range(2):  # told twice, followed once
            master.say(news, there)
        assert [await heard.get(), await heard.get()] == ["one", "two"]
        await asyncio.sleep(0)
        assert heard.empty()

    with_client(messages, act)


def test_who_subscribes_to_ours_gets_what_is_sent(messages: Messages) -> None:
    async def act(master: Master, client: t.Transport) -> None:
        publication = client.advertise("/ours", "GzString")
        packet = await master.told.get()
        told = messages.read("Publish", packet.serialized_data)
        assert (packet.type, told.topic) == ("advertise", "/ours")
        reader, writer = await asyncio.open_connection(told.host, told.port)
        sub = messages.new("Packet", type="sub")
        sub.serialized_data = messages.new("Subscribe", topic="/ours").SerializeToString()
        writer.write(t.framed(sub.SerializeToString()))
        while not publication.subscribers:
            await asyncio.sleep(0.01)
        publication.send(messages.new("GzString", data="hello"))
        assert messages.read("GzString", await t.read_frame(reader)).data == "hello"
        writer.close()

    with_client(messages, act)


def test_a_master_that_goes_is_noticed(messages: Messages) -> None:
    async def act(master: Master, client: t.Transport) -> None:
        master.writer.close()
        assert "closed" in await client.lost

    with_client(messages, act)


def test_without_a_master_it_says_so(messages: Messages) -> None:
    async def live() -> None:
        with socket.create_server((t.HERE, 0)) as taken:
            port = taken.getsockname()[1]
        with pytest.raises(t.TransportError, match="no Gazebo at"):
            await t.Transport(messages, Here(port)).start()

    asyncio.run(live())


@given(st.binary(max_size=50))
def test_what_is_no_frame_is_refused_and_a_frame_is_read_back(data: bytes) -> None:
    async def read(stream: bytes) -> bytes:
        reader = asyncio.StreamReader()
        reader.feed_data(stream)
        reader.feed_eof()
        return await t.read_frame(reader)

    assert asyncio.run(read(t.framed(data))) == data
    for broken in (t.framed(data)[:-1] if data else b"0000000", b"zzzzzzzz" + data, b"ffffffff"):
        with pytest.raises(t.TransportError):
            asyncio.run(read(broken))


def test_damaged_definitions_are_named(tmp_path: Path) -> None:
    file = tmp_path / "messages.desc"
    file.write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(OrRobotError, match="make gazebo"):
        Messages(file)
