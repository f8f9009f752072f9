import hashlib
from types import SimpleNamespace

import pytest

from or_robot.info.object_desk import ObjectDesk
from or_robot.info.service import UnknownCase
from or_robot.link.codec import Caller
from or_robot.link.errors import LinkRefused
from or_robot.link.payloads import ObjectRequest, RoomRequest

DATA = bytes(range(250))
DIGEST = hashlib.sha256(DATA).hexdigest()
PANEL = Caller("panel-OR-1", "panel", "OR-1")
ROOM = RoomRequest("anna", "OR-1", "workstation")


class Service:
    def __init__(self):
        self.in_room = {"OR-1": "SIM0001", "OR-2": None}
        self.audit, self.reads = [], 0

    def occupant(self, room):
        return self.in_room[room]

    def objects(self, patient_id):
        return (SimpleNamespace(sha256=DIGEST, kind="CT", uid="1.2"),)

    def object_bytes(self, patient_id, digest):
        self.reads += 1
        if (patient_id, digest) != ("SIM0001", DIGEST):
            raise UnknownCase("the patient has no such object", "ask for the list")
        return DATA

    def record_access(self, **entry):
        self.audit.append((entry["actor"], entry["action"], entry["patient_id"]))


def part(offset, length, room="OR-1", patient_id="SIM0001"):
    return ObjectRequest("anna", room, "workstation", patient_id, DIGEST, offset, length)


LOOK = ("anna@panel-OR-1", f"object.get {DIGEST[:12]}", "SIM0001")


def test_the_parts_are_the_whole_and_one_look():
    service = Service()
    desk = ObjectDesk(service)
    parts = [desk.get(part(offset, 100), PANEL) for offset in (0, 100, 200, 300)]
    assert [len(one.data) for one in parts] == [100, 100, 50, 0]
    assert b"".join(one.data for one in parts[:3]) == DATA
    assert {one.size for one in parts} == {250}
    assert service.reads == 1
    assert service.audit == [LOOK]


def test_reading_it_again_is_another_look():
    service = Service()
    desk = ObjectDesk(service)
    for offset in (0, 100, 0, 100, -5):
        desk.get(part(offset, 100), PANEL)
    assert service.audit == [LOOK] * 3


def test_beginning_in_the_middle_is_a_look_too():
    service = Service()
    ObjectDesk(service).get(part(100, 100), PANEL)
    assert service.audit == [LOOK]


def test_memory_gives_nobody_another_patients_object():
    service = Service()
    service.in_room["OR-2"] = "SIM0002"
    desk = ObjectDesk(service)
    desk.get(part(0, 100), PANEL)
    other = Caller("panel-OR-2", "panel", "OR-2")
    with pytest.raises(UnknownCase):
        desk.get(part(0, 100, "OR-2", "SIM0002"), other)


def test_the_list_is_of_who_is_in_the_room():
    service = Service()
    desk = ObjectDesk(service)
    assert [one.digest for one in desk.listed(ROOM, PANEL).objects] == [DIGEST]
    assert desk.listed(RoomRequest("anna", "OR-2", "x"), PANEL).objects == ()
    assert [entry[1] for entry in service.audit] == ["object.list"]


def test_another_rooms_patient_is_refused_even_from_memory():
    service = Service()
    desk = ObjectDesk(service)
    desk.get(part(0, 100), PANEL)
    service.in_room["OR-1"] = "SIM0002"
    with pytest.raises(LinkRefused, match="not in OR-1"):
        desk.get(part(100, 100), PANEL)
