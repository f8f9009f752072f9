"""Who may see what, and that every look is audited first."""

import pytest

from or_robot.errors import OrRobotError
from or_robot.info.process import Announcer, InformationDesk
from or_robot.link.codec import Caller
from or_robot.link.errors import LinkRefused
from or_robot.link.keys import KeyFolder, ensure_default_keys
from or_robot.link.payloads import (
    ChecklistAdvance,
    ChecklistConfirm,
    DvhRequest,
    ImageRequest,
    PatientRequest,
    PhaseChange,
    PlanRequest,
    RoomAdmit,
    RoomRequest,
)
from or_robot.link.topics import REQUESTS, Role
from or_robot.types.chart import RoomSchedule, ScheduleEntry
from or_robot.types.checklist import Checklist, ChecklistAnswer
from or_robot.types.clinical import CaseVersion, PatientBanner, RoomCase
from or_robot.types.procedure import Phase, ProcedurePhase

PANEL = Caller("panel-OR-1", "panel", "OR-1")
PATIENT = PatientBanner(
    patient_id="SIM0001",
    issuer=None,
    name={},
    birth_date=None,
    sex=None,
    allergies=None,
    procedure=None,
    laterality=None,
    conditions=(),
    medications=(),
)


class Checklists:
    """Of rooms in which nobody has confirmed anything yet; notes what it is asked."""

    def __init__(self):
        self.asked = []

    def get(self, room):
        return Checklist(room, 1, "SIM0001", Phase.SIGN_IN, ())

    def confirm(self, room, **answer):
        self.asked.append((room, answer))
        return self.get(room)

    def advance(self, room, **step):
        self.asked.append((room, step))
        return self.get(room)


class Service:
    """The information service with one patient in OR-1; notes its audit."""

    def __init__(self):
        self.audit = []
        self.audit_works = True
        self.store_works = True
        self.phases = {}
        self.checklists = Checklists()
        self.in_rooms = {"OR-1": "SIM0001"}

    def case(self, room):
        return RoomCase(room, "v1", PATIENT if self.occupant(room) else None, (), None)

    def occupant(self, room):
        return self.in_rooms.get(room)

    def dvh(self, patient_id, plan_uid, view):
        return ("dvh", patient_id, plan_uid, view)

    def image(self, patient_id, plan_uid, view, orientation, index, style):
        return ("image", patient_id, plan_uid, view, orientation, index, style)

    def chart(self, patient_id):
        return ("chart", patient_id)

    def fractions(self, patient_id, plan_uid):
        return ("fractions", patient_id, plan_uid)

    def geometry(self, patient_id, plan_uid):
        return ("geometry", patient_id, plan_uid)

    def schedule(self, room):
        entry = ScheduleEntry(None, None, None, "in room", self.occupant(room), "FHIR")
        return RoomSchedule(room, (entry,))

    def admit(self, room, patient_id, birth_date):
        self.in_rooms[room] = patient_id

    def assign(self, room, patient_id):
        self.in_rooms.pop(room, None)

    def phase(self, room):
        return self.phases.get(room)

    def set_phase(self, room, phase):
        self.phases[room] = ProcedurePhase(1.0, room, phase)
        return self.phases[room]

    def versions(self):
        if not self.store_works:
            raise OrRobotError("the store is away")
        return tuple(CaseVersion(room, "v1") for room in self.in_rooms)

    def record_access(self, **entry):
        if not self.audit_works:
            raise OrRobotError("the audit cannot be written")
        self.audit.append(entry)


class Server:
    def __init__(self):
        self.published = []

    def publish(self, topic, payload):
        self.published.append((topic, payload))


@pytest.fixture
def service():
    return Service()


LOOKS = {
    "case.get": RoomRequest("anna", "OR-1", "room display"),
    "checklist.get": RoomRequest("anna", "OR-1", "room display"),
    "dvh.get": DvhRequest("anna", "OR-1", "room display", "SIM0001", "1.2", "planned"),
    "image.get": ImageRequest(
        "anna", "OR-1", "room display", "SIM0001", "1.2", "planned", "axial", 0
    ),
    "chart.get": PatientRequest("anna", "OR-1", "room display", "SIM0001"),
    "fractions.get": PlanRequest("anna", "OR-1", "room display", "SIM0001", "1.2"),
    "geometry.get": PlanRequest("anna", "OR-1", "room display", "SIM0001", "1.2"),
    "schedule.get": RoomRequest("anna", "OR-1", "room display"),
    "room.clear": RoomRequest("anna", "OR-1", "room display"),
    "room.admit": RoomAdmit("anna", "OR-1", "room display", "SIM0001", "1960-01-01"),
}


def test_every_request_of_the_table_is_answered(service):
    table = {row.name for row in REQUESTS.values() if row.server is Role.INFO}
    assert InformationDesk(service).handlers().keys() == table


@pytest.mark.parametrize("name", LOOKS)
def test_every_look_is_audited(service, name):
    assert InformationDesk(service).handlers()[name](LOOKS[name], PANEL)
    assert service.audit == [
        {
            "actor": "anna@panel-OR-1",
            "room": "OR-1",
            "action": name,
            "patient_id": "SIM0001",
            "why": "room display",
        }
    ]


@pytest.mark.parametrize("name", LOOKS)
def test_without_audit_no_answer(service, name):
    service.audit_works = False
    with pytest.raises(OrRobotError, match="audit"):
        InformationDesk(service).handlers()[name](LOOKS[name], PANEL)


@pytest.mark.parametrize(
    "name", ["dvh.get", "image.get", "chart.get", "fractions.get", "geometry.get"]
)
def test_only_about_the_patient_in_the_room(service, name):
    service.in_rooms = {"OR-1": "SIM0002"}
    with pytest.raises(LinkRefused, match="not in OR-1") as refused:
        InformationDesk(service).handlers()[name](LOOKS[name], PANEL)
    assert refused.value.code == "room"
    assert service.audit == []


def test_an_empty_room_is_no_look_at_a_patient(service):
    service.in_rooms = {}
    assert InformationDesk(service).case(LOOKS["case.get"], PANEL).patient is None
    assert service.audit == []


def test_a_phase_nobody_set_is_the_strictest(service):
    desk = InformationDesk(service)
    assert desk.phase(LOOKS["case.get"], PANEL) == ProcedurePhase(0.0, "OR-1", Phase.OPERATING)
    desk.set_phase(PhaseChange("anna", "OR-1", "checklist", Phase.CLOSING), PANEL)
    assert desk.phase(LOOKS["case.get"], PANEL).phase is Phase.CLOSING
    assert service.audit[0]["action"] == "phase.set closing"


CHANGES = {
    "checklist.confirm": ChecklistConfirm(
        "anna", "OR-1", "confirmed", 1, "allergy", ChecklistAnswer.DONE, "AB"
    ),
    "checklist.advance": ChecklistAdvance("anna", "OR-1", "phase set", 1, Phase.TIME_OUT),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_checklist_is_audited_first(service, name):
    change = InformationDesk(service).handlers()[name]
    service.audit_works = False
    with pytest.raises(OrRobotError, match="audit"):
        change(CHANGES[name], PANEL)
    assert service.checklists.asked == []
    service.audit_works = True
    change(CHANGES[name], PANEL)
    assert service.checklists.asked[0][1]["seen"] == 1
    assert service.audit[0]["action"].startswith(name)
    assert service.audit[0]["patient_id"] == "SIM0001"


def test_announces_versions_phases_and_empty_rooms(service, tmp_path):
    server = Server()
    announcer = Announcer(service, server, ensure_default_keys(tmp_path))
    service.in_rooms["OR-2"] = "SIM0002"
    service.set_phase("OR-1", Phase.CLOSING)
    announcer.announce()
    assert server.published == [
        ("case.version", CaseVersion("OR-1", "v1")),
        ("procedure.checklist", service.checklists.get("OR-1")),
        ("procedure.phase", service.phases["OR-1"]),
        ("case.version", CaseVersion("OR-2", "v1")),
        ("procedure.checklist", service.checklists.get("OR-2")),
    ]
    service.in_rooms = {}
    server.published.clear()
    announcer.announce()
    assert ("case.version", CaseVersion("OR-1", "")) in server.published
    assert ("case.version", CaseVersion("OR-2", "")) in server.published


def test_trouble_and_recovery_are_logged_once(service, tmp_path, caplog):
    caplog.set_level("INFO")
    announcer = Announcer(service, Server(), KeyFolder(tmp_path))
    service.store_works = False
    announcer.announce()
    announcer.announce()
    service.store_works = True
    announcer.announce()
    announcer.announce()
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
