"""Objects that come over the network: C-STORE, DICOMweb, FHIR, HL7v2, a folder."""

import socket
import threading
import time

import fhir_stand_in
import orthanc
import pydicom
import pytest
from pynetdicom import AE

from or_robot.config.sources import (
    DicomReceiverConfig,
    FolderConfig,
    Hl7ReceiverConfig,
    ServerConfig,
    SourcesConfig,
)
from or_robot.errors import OrRobotError
from or_robot.info.network import SourceNetwork
from or_robot.info.service import InformationService, UnknownCase
from or_robot.share import share
from or_robot.sources.dicomweb import DicomWeb
from or_robot.store.database import StoreUnavailable

CASE = share("simulation", "cases", "skull_base_pbs")
RECORDS = sorted(CASE.glob("rec_0[1-3].dcm"))
PLAN = CASE / "plan.dcm"
BUNDLE = (CASE / "patient.fhir.json").read_bytes()

needs_orthanc = pytest.mark.skipif(
    orthanc.PROGRAM is None or not orthanc.PLUGIN.is_file(), reason=orthanc.MISSING
)


@pytest.fixture
def service(tmp_path):
    service = InformationService(tmp_path / "info")
    yield service
    service.close()


def until(holds, timeout_s=60.0):
    """What `holds` gives once it is true; nothing is announced across these borders."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.02)
    raise AssertionError("did not happen")


def delivered(service, count):
    def holds():
        try:
            plans = service.patient_case("SIM0001").plans
        except UnknownCase:
            return None
        return plans and plans[0].fractions_delivered == count

    return holds


def in_room(service):
    """The patient in OR-1, once prepared."""

    def holds():
        try:
            return service.case("OR-1").patient
        except UnknownCase:
            return None

    return holds


def state(network, name):
    return next(one for one in network.status().sources if one.name == name)


def hl7(event="A08", birth="19600101", name="PHANTOM^PROTON", control="7", **more) -> bytes:
    segments = [
        f"MSH|^~\\&|HIS|H|OR|R|20260122190000||ADT^{event}|{control}|P|2.5||||||UNICODE UTF-8",
        f"PID|1||SIM0001^^^^MR||{name}||{birth}|O",
        *more.get("segments", ()),
    ]
    return ("\r".join(segments) + "\r").encode()


class Sender:
    """The sending side of MLLP."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)

    def send(self, message: bytes, cut_at: int | None = None) -> str:
        framed = b"\x0b" + message + b"\x1c\r"
        for part in (framed[:cut_at], framed[cut_at:]) if cut_at else (framed,):
            self._socket.sendall(part)
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            received = self._socket.recv(4096)
            assert received, "the line was cut"
            answer += received
        return answer.decode()


@pytest.fixture
def dicom(service):
    port = orthanc.free_port()
    config = SourcesConfig(dicom_receiver=DicomReceiverConfig(port=port, callers=("TEST",)))
    with SourceNetwork(service, config) as network:
        yield network, port


def associate(port, title="TEST", called="OR_ROBOT"):
    entity = AE(ae_title=title)
    entity.add_requested_context("1.2.840.10008.1.1")
    for file in (PLAN, RECORDS[0]):
        entity.add_requested_context(pydicom.dcmread(file).SOPClassUID)
    return entity.associate("127.0.0.1", port, ae_title=called)


def test_echo_and_store(service, dicom):
    network, port = dicom
    line = associate(port)
    assert line.send_c_echo().Status == 0x0000
    assert line.send_c_store(pydicom.dcmread(PLAN)).Status == 0x0000
    assert service.knows_uid("SIM0001", "RTPLAN", pydicom.dcmread(PLAN).SOPInstanceUID)
    assert line.send_c_store(pydicom.dcmread(RECORDS[0])).Status == 0x0000
    assert line.send_c_store(pydicom.dcmread(RECORDS[0])).Status == 0x0000  # again: no harm
    line.release()
    until(delivered(service, 1))
    assert state(network, "dicom_receiver").heard_s is not None


def test_who_is_not_named_may_not_send(dicom):
    _, port = dicom
    assert not associate(port, title="STRANGER").is_established
    assert not associate(port, called="SOMEBODY").is_established


def test_a_stored_object_that_cannot_be_read_is_refused_and_kept(service, dicom):
    network, port = dicom
    line = associate(port)
    broken = pydicom.dcmread(PLAN)
    del broken.IonBeamSequence
    assert line.send_c_store(broken).Status == 0xC000
    line.release()
    assert "without ion beams" in service.refusals()[0].problem
    assert state(network, "dicom_receiver").refused == 1


def test_a_store_that_fails_asks_to_send_again(dicom, monkeypatch):
    def full(*_):
        raise StoreUnavailable

    monkeypatch.setattr("or_robot.store.objects.ObjectFolder.put", full)
    line = associate(dicom[1])
    assert line.send_c_store(pydicom.dcmread(PLAN)).Status == 0xA700
    line.release()


def test_a_taken_port_is_named(service):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        for config in (
            SourcesConfig(dicom_receiver=DicomReceiverConfig(port=port)),
            SourcesConfig(hl7v2_receiver=Hl7ReceiverConfig(port=port)),
        ):
            with pytest.raises(OrRobotError, match=str(port)), SourceNetwork(service, config):
                pass


@needs_orthanc
def test_orthanc_is_asked_and_sends(tmp_path, service):
    """The archive's objects come by DICOMweb; what it gets later it sends by C-STORE."""
    dicom_port = orthanc.free_port()
    modalities = {"robot": ["OR_ROBOT", "127.0.0.1", dicom_port]}
    service.import_paths([CASE / "patient.fhir.json"])  # books SIM0001 into OR-1
    with orthanc.running(tmp_path, modalities=modalities) as archive:
        archive.upload(PLAN, *RECORDS[:2], CASE / "CT_030.dcm")
        config = SourcesConfig(
            dicomweb=(ServerConfig(name="archive", url=archive.dicomweb, period_s=3600.0),),
            dicom_receiver=DicomReceiverConfig(port=dicom_port, callers=("ORTHANC",)),
        )
        with SourceNetwork(service, config) as network:
            until(delivered(service, 2))
            until(lambda: state(network, "archive").heard_s)
            assert state(network, "archive").received == 4
            archive.upload(RECORDS[2])
            archive.send_to("robot")
            until(delivered(service, 3))
    assert service.refusals() == ()


@needs_orthanc
def test_what_orthanc_hands_out_is_what_was_put_in(tmp_path, service):
    with orthanc.running(tmp_path, modalities={}) as archive:
        archive.upload(CASE / "dose.dcm", CASE / "struct.dcm")
        config = ServerConfig(name="archive", url=archive.dicomweb)
        web = DicomWeb(config)
        found = {one.modality: web.fetch(one) for one in web.instances("SIM0001")}
        assert list(web.instances("SIM000")) == []
        web.close()
    dose = pydicom.dcmread(CASE / "dose.dcm")
    path = tmp_path / "dose.dcm"
    path.write_bytes(found["RTDOSE"])
    assert (pydicom.dcmread(path).pixel_array == dose.pixel_array).all()
    assert set(found) == {"RTDOSE", "RTSTRUCT"}


def test_an_archive_that_goes_away_and_comes_back(service, caplog):
    service.import_paths([CASE / "patient.fhir.json"])
    stand_in = fhir_stand_in.FhirStandIn(BUNDLE)
    stand_in.broken = True
    with fhir_stand_in.serving(stand_in):
        config = SourcesConfig(fhir=(ServerConfig(name="his", url=stand_in.url, period_s=0.05),))
        with SourceNetwork(service, config) as network:
            until(lambda: not state(network, "his").ok)
            assert "503" in state(network, "his").trouble
            stand_in.broken = False
            until(lambda: state(network, "his").ok)
    said = [one.getMessage() for one in caplog.records if "his" in one.getMessage()]
    assert sum("503" in one for one in said) == 1


def test_a_fhir_server_fills_the_record_page_by_page(service):
    stand_in = fhir_stand_in.FhirStandIn(BUNDLE, page=1)
    with fhir_stand_in.serving(stand_in):
        config = SourcesConfig(fhir=(ServerConfig(name="his", url=stand_in.url, period_s=0.05),))
        with SourceNetwork(service, config) as network:
            case = until(in_room(service))
            rounds = sum("Appointment?date" in one for one in stand_in.asked)
            until(lambda: sum("Appointment?date" in one for one in stand_in.asked) > rounds + 1)
            assert state(network, "his").received == 1  # the same record is not stored again
    assert [one.substance for one in case.allergies] == ["Penicillin", "Latex"]
    assert service.chart("SIM0001").team[0].text == "SURGEON, Sample"


@pytest.fixture
def line(service):
    port = orthanc.free_port()
    config = SourcesConfig(hl7v2_receiver=Hl7ReceiverConfig(port=port))
    with SourceNetwork(service, config):
        yield Sender(port)


def test_adt_is_acknowledged_and_merged(service, line):
    service.import_paths([CASE / "patient.fhir.json"])
    allergy = "AL1|1|DA|^Iodine|SV|Rash|20200101"
    answer = line.send(hl7(segments=[allergy]), cut_at=40)
    assert "MSA|AA|7" in answer
    assert "ACK^A08" in answer
    until(lambda: len(service.case("OR-1").patient.allergies) == 3)
    iodine = next(one for one in service.chart("SIM0001").allergies if one.text == "Iodine")
    assert [(one.source, one.recorded) for one in iodine.origins] == [("HL7v2 HIS", "2020-01-01")]


def test_another_birth_date_is_refused_and_becomes_an_alarm(service, line):
    service.import_paths([CASE / "patient.fhir.json"])
    before = service.case("OR-1").version
    assert "MSA|AR|7" in line.send(hl7(birth="19610101"))
    alarms = until(lambda: service.case("OR-1").alarms)
    assert "another birth date" in alarms[0]
    assert service.case("OR-1").version != before
    assert "MSA|AA|8" in line.send(hl7(control="8"))  # the line goes on
    service.settle(service.refusals()[0].number, "anna")
    until(lambda: not service.case("OR-1").alarms)


def test_a_merge_is_never_done_by_itself(service, line):
    service.import_paths([CASE / "patient.fhir.json"])
    assert "MSA|AR|7" in line.send(hl7("A40", segments=["MRG|SIM0002"]))
    alarms = until(lambda: service.case("OR-1").alarms)
    assert "join or part" in alarms[0]


def test_what_is_no_message_is_refused_by_name(service, line):
    assert "MSA|AR" in line.send(b"PID|no header")
    assert "MSA|AR|7" in line.send(hl7().replace(b"^~\\&", b"^^^^"))
    assert "MSA|AR|7" in line.send(hl7(name="홍^길동").decode().encode("euc_kr"))
    problems = [one.problem for one in service.refusals()]
    for named, problem in zip(("DICOM", "separators", "character set"), problems, strict=True):
        assert named in problem


def test_a_store_that_fails_makes_the_sender_try_again(service, line, monkeypatch):
    broken = threading.Event()
    broken.set()
    put = service._store.objects.put

    def full(data):
        if broken.is_set():
            raise StoreUnavailable
        return put(data)

    monkeypatch.setattr(service._store.objects, "put", full)
    assert "MSA|AE|7" in line.send(hl7())
    broken.clear()
    assert "MSA|AA|7" in line.send(hl7())


def test_a_folder_is_watched(service, tmp_path):
    folder = tmp_path / "drop"
    folder.mkdir()
    config = SourcesConfig(folders=(FolderConfig(name="drop", path=str(folder), period_s=0.05),))
    with SourceNetwork(service, config) as network:
        until(lambda: state(network, "drop").heard_s)
        (folder / "patient.json").write_bytes(BUNDLE)
        (folder / "note.txt").write_text("no object")
        until(in_room(service))
        until(lambda: state(network, "drop").refused == 1)
    assert len(service.refusals()) == 1
