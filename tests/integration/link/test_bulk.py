"""Large objects: in chunks, with credit, through restarts, beside everything else."""

import threading

import pytest
from link_rig import PATIENCE_S, until
from test_requests import ROOM

from or_robot.link.bulk import CHUNK_BYTES, CREDIT
from or_robot.link.errors import LinkDown, LinkRefused, LinkTimeout
from or_robot.link.payloads import ObjectChunk, ObjectRequest
from or_robot.types.clinical import RoomCase

OBJECT = ObjectRequest("device", "OR-1", "test", "SIM0001", "d1")


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 20 * CHUNK_BYTES + 7])
def test_an_object_arrives_whole_and_in_order(link, size):
    link.desk.object = bytes(range(256)) * (size // 256) + bytes(size % 256)
    link.server()
    assert b"".join(link.panel().fetch(OBJECT)) == link.desk.object


def test_a_slow_taker_holds_the_server_back(link):
    link.desk.object = bytes(40 * CHUNK_BYTES)
    link.server()
    taking = link.panel().fetch(OBJECT)
    next(taking)
    until(lambda: len(link.desk.done) >= 1)
    for _ in range(5):
        next(taking)
        assert len(link.desk.done) <= 6 + CREDIT
    assert len(b"".join(taking)) == 34 * CHUNK_BYTES


def test_a_transfer_survives_the_server(link):
    link.desk.object = link.desk.object * 10
    server = link.server()
    panel = link.panel()
    taking = panel.fetch(OBJECT, timeout_s=PATIENCE_S)
    got = [next(taking), next(taking)]
    link.stop(server)
    later = threading.Timer(0.3, link.server)
    later.start()
    got.extend(taking)
    later.join()
    assert b"".join(got) == link.desk.object


def test_refusals_and_silence_are_told(link):
    link.key("viewer", "viewer", "OR-2")
    link.server()
    with pytest.raises(LinkRefused) as refused:
        next(link.panel("viewer").fetch(OBJECT))
    assert refused.value.code == "room"
    panel = link.panel()
    link.desk.gate.clear()
    with pytest.raises((LinkTimeout, LinkDown)):
        next(panel.fetch(OBJECT, timeout_s=0.3))
    link.desk.gate.set()


def test_an_object_that_changes_under_way_is_refused(link):
    link.desk.object = bytes(10 * CHUNK_BYTES)
    link.server()
    taking = link.panel().fetch(OBJECT)
    next(taking)
    link.desk.object = bytes(9 * CHUNK_BYTES)
    with pytest.raises(LinkRefused, match="changed"):
        b"".join(taking)


def test_lanes_are_kept_apart(link):
    link.server()
    panel = link.panel()
    with pytest.raises(LinkRefused, match="lane"):
        panel.request("object.get", OBJECT, reply=ObjectChunk)
    link.desk.gate.clear()
    slow = threading.Thread(target=lambda: b"".join(panel.fetch(OBJECT, timeout_s=PATIENCE_S)))
    slow.start()
    until(lambda: link.desk.done, "the transfer")
    link.desk.gate.set()
    assert panel.request("case.get", ROOM, reply=RoomCase).version == "v1"
    slow.join()
