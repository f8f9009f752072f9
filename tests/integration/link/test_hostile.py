import os
import random
import socket
import threading
import time
from dataclasses import replace

import pytest
import zmq
from link_rig import PATIENCE_S, until
from test_requests import CLOSING, ROOM, reset

from or_robot.errors import OrRobotError
from or_robot.link.codec import SCHEMA_VERSION, Frame, Hello, Kind, encode_frame, encode_payload
from or_robot.link.errors import LinkDown, LinkTimeout
from or_robot.link.keys import KeyPair
from or_robot.link.sockets import IO_THREADS, Lane, connect
from or_robot.types.clinical import RoomCase
from or_robot.types.tasks import TaskQueue

GARBAGE = int(os.environ.get("LINK_FUZZ_FRAMES", "2000"))
"""LINK_FUZZ_FRAMES=100000 for a long run."""


@pytest.fixture
def dial(link):
    """Raw sockets that hold a key but speak as they like."""
    context = zmq.Context(IO_THREADS)
    sockets = []

    def dial(lane, pair):
        sockets.append(connect(context, link.config, lane, pair, link.keys.public("server")))
        return sockets[-1]

    yield dial
    for open_ in sockets:
        open_.close()
    context.term()


def test_a_strange_key_is_not_heard(link, dial):
    server = link.server()
    public, secret = zmq.curve_keypair()
    stranger = dial(Lane.REQUEST, KeyPair(public.decode(), secret.decode()))
    request = Frame(SCHEMA_VERSION, Kind.REQUEST, "case.get", "1", 0.0, 5.0)
    stranger.send(encode_frame(Frame(*_fields(request), body=encode_payload(ROOM))))
    until(lambda: server.refusals().get("key"), "the refusal")
    assert link.desk.done == []
    assert not stranger.poll(0)


def _fields(frame):
    return (frame.version, frame.kind, frame.name, frame.id, frame.stamp_s, frame.age_s)


def test_without_the_servers_key_nothing_is_said(link):
    link.server()
    context = zmq.Context()
    plain = context.socket(zmq.DEALER)
    plain.linger = 0
    plain.connect(f"tcp://127.0.0.1:{link.config.port + Lane.REQUEST}")
    plain.send(b"hello")
    panel = link.panel()
    assert panel.request("case.get", ROOM, reply=RoomCase).room == "OR-1"
    assert not plain.poll(0)
    plain.close()
    context.term()


def test_revoking_cuts_at_once(link):
    server = link.server()
    panel = link.panel("panel-OR-1", "link.heartbeat")
    gateway = link.gateway()
    until(lambda: panel.stop_ready and gateway.stop_station_alive, "both")
    link.keys.revoke("panel-OR-1")
    with pytest.raises((LinkTimeout, LinkDown)):
        panel.request("case.get", ROOM, reply=RoomCase, timeout_s=0.3)
    assert link.desk.done == []
    assert server.refusals()["key"] >= 1
    until(lambda: not panel.connected, "its silence")
    until(lambda: not gateway.stop_station_alive, "one stop station less")


def test_a_revoked_gateway_is_no_robot_any_more(link):
    link.server()
    panel = link.panel()
    link.gateway()
    until(lambda: panel.stop_ready, "the gateway")
    link.keys.revoke("gateway")
    with pytest.raises(OrRobotError, match="no robot"):
        panel.stop("pressed", timeout_s=0.3)
    assert link.robot.stops == []


def test_keys_allowed_later_connect_without_a_restart(link):
    server = link.server()
    allowed = link.keys.allowed()
    link.keys._write_list(())
    panel, gateway = link.panel("panel-OR-1", "tasks.queue"), link.gateway()
    gateway.publish("tasks.queue", TaskQueue(1.0, False, ()))
    with pytest.raises(LinkDown):
        panel.request("case.get", ROOM, reply=RoomCase, timeout_s=0.3)
    until(lambda: server.refusals().get("key", 0) >= 4, "the refusals")
    link.keys._write_list(allowed)
    until(lambda: panel.connected and gateway.connected, "the connections")
    assert panel.request("case.get", ROOM, reply=RoomCase).room == "OR-1"
    until(lambda: panel.stop_ready and gateway.stop_station_alive, "the stop lane")
    assert panel.stop("pressed", timeout_s=5).gateways == ("gateway",)
    until(lambda: reset(panel), "the gateway's answer")
    until(lambda: published(gateway, panel), "the up lane")


def published(gateway, panel):
    gateway.publish("tasks.queue", TaskQueue(2.0, False, ()))
    return panel.last("tasks.queue")


@pytest.mark.parametrize("lane", Lane)
def test_garbage_from_an_allowed_key_is_counted_and_harms_nobody(link, dial, lane):
    server = link.server()
    panel = link.panel()
    link.gateway()
    until(lambda: panel.stop_ready, "the gateway")
    chance = random.Random(lane)
    vandal = dial(lane, link.keys.pair("gateway"))
    sent = GARBAGE // len(Lane)
    for _ in range(sent):
        vandal.send_multipart(_garbage(chance))
    # Damaged frames may still be valid; a marker tells that all of it has been read.
    vandal.send_multipart([b"\xc1", b"\xc1"])
    patience_s = max(PATIENCE_S, sent / 100)
    until(lambda: server.refusals().get("garbage", 0) >= sent // 2, "the count", patience_s)
    assert panel.request("case.get", ROOM, reply=RoomCase).room == "OR-1"
    assert panel.stop("pressed").gateways == ("gateway",)
    assert panel.connected
    assert not server.failed


def _garbage(chance):
    body = encode_payload({"subscribe": ["robot.status"], "room": "OR-1"})
    frame = bytearray(
        encode_frame(
            Frame(
                SCHEMA_VERSION,
                chance.choice(list(Kind)),
                chance.choice(["case.get", "robot.status", "link.heartbeat", "robot.stop", "x"]),
                str(chance.random()),
                body=body,
            )
        )
    )
    match chance.randrange(4):
        case 0:
            return [chance.randbytes(chance.randrange(200))]
        case 1:
            return [bytes(frame[: chance.randrange(len(frame))])]
        case 2:
            return [chance.randbytes(5)] * chance.randrange(2, 5)
        case _:
            frame[chance.randrange(len(frame))] = chance.randrange(256)
            return [bytes(frame)]


def test_garbage_on_the_wire_harms_nobody(link):
    link.server()
    panel = link.panel()
    chance = random.Random(7)
    for lane in Lane:
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", link.config.port + lane)) as wire:
                wire.sendall(chance.randbytes(chance.randrange(1, 2000)))
    assert panel.request("case.get", ROOM, reply=RoomCase).room == "OR-1"


def test_a_replayed_connection_is_worthless(link, dial):
    server = link.server()
    with socket.create_server(("127.0.0.1", 0)) as tap:
        recorded = bytearray()
        threading.Thread(target=_record, args=(tap, link.config, recorded), daemon=True).start()
        behind = replace(link.config, port=tap.getsockname()[1] - Lane.REQUEST)
        context = zmq.Context(IO_THREADS)
        pair, public = link.keys.pair("panel-OR-1"), link.keys.public("server")
        with connect(context, behind, Lane.REQUEST, pair, public) as asker:
            asker.send(_phase_set(time.time()))
            assert asker.poll(10_000)
        context.term()
    assert len(link.desk.done) == 1
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", link.config.port + Lane.REQUEST)) as wire:
            wire.sendall(recorded)
            wire.settimeout(10.0)
            while wire.recv(4096):
                pass  # until the server hangs up
    assert len(link.desk.done) == 1
    assert server.refusals() == {}


def _record(tap, config, recorded):
    near, _ = tap.accept()
    far = socket.create_connection((config.host, config.port + Lane.REQUEST))
    threading.Thread(target=_copy, args=(far, near, bytearray()), daemon=True).start()
    _copy(near, far, recorded)


def _copy(source, sink, noted):
    while data := source.recv(4096):
        noted.extend(data)
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


def _phase_set(stamp_s):
    body = encode_payload(CLOSING)
    return encode_frame(Frame(1, Kind.REQUEST, "phase.set", "7", stamp_s, 5.0, body=body))


def test_a_wrong_clock_is_counted_and_shown_and_harms_nothing(link, dial):
    link.server()
    gateway = link.gateway()
    until(lambda: gateway.connected, "the link")
    asker = dial(Lane.REQUEST, link.keys.pair("panel-OR-1"))
    asker.send(_phase_set(time.time() - 3600.0))
    assert asker.poll(20_000)
    assert len(link.desk.done) == 1
    until(lambda: gateway.refusals == {"skew": 1}, "the count in diagnostics")


def test_a_reader_that_vanished_is_forgotten_and_counted(link, dial):
    server = link.server()
    silent = dial(Lane.DOWN, link.keys.pair("panel-OR-1"))
    hello = Frame(1, Kind.HELLO, stamp_s=time.time(), body=encode_payload(Hello()))
    silent.send(encode_frame(hello))
    until(lambda: server.refusals().get("silent") == 1, "the count")


def test_a_taken_port_is_one_line(link):
    link.server()
    with pytest.raises(OrRobotError, match=f"{link.config.port}.*another information server"):
        link.server()


def test_a_missing_key_is_one_line(link):
    with pytest.raises(OrRobotError, match=r"panel-OR-9.*or-robot keys new"):
        link.panel("panel-OR-9")
