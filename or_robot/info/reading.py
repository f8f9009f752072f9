"""What kind of object some bytes are, and what the store must know of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from or_robot.sources.dicom import read_dicom
from or_robot.sources.fhir import read_fhir
from or_robot.sources.hl7v2 import read_hl7v2
from or_robot.store.objects import digest
from or_robot.types.radiotherapy import Identity
from or_robot.types.record import PatientRecord, RoomBooking

FHIR, HL7 = "FHIR", "HL7"
"""Kinds of stored objects beside the DICOM modalities."""

ROOM = re.compile(r"OR-\d+")
"""How operating rooms are written; other places are not for us."""


@dataclass(frozen=True, slots=True)
class ReadObject:
    sha256: str
    identity: Identity
    kind: str
    uid: str
    """SOP Instance UID; digest of a record or message."""
    source: str = ""
    bookings: tuple[RoomBooking, ...] | None = None
    """None: says nothing of where the patient is expected."""


def read_object(data: bytes) -> ReadObject:
    """DICOM, a FHIR bundle or an HL7v2 message. Raises OrRobotError, whatever the bytes."""
    sha256 = digest(data)
    record = read_record(data)
    if record is None:
        header = read_dicom(data).header
        return ReadObject(sha256, header.identity, header.modality, header.sop_instance_uid)
    rooms = record.bookings
    if rooms is not None:
        rooms = tuple(one for one in rooms if ROOM.fullmatch(one.room))
    kind = HL7 if looks_like_hl7(data) else FHIR
    return ReadObject(sha256, record.identity, kind, sha256, record.source, rooms)


def read_record(data: bytes) -> PatientRecord | None:
    """None when it is neither FHIR nor HL7v2. Raises OrRobotError."""
    if looks_like_json(data):
        return read_fhir(data)
    if looks_like_hl7(data):
        return read_hl7v2(data)
    return None


def looks_like_json(data: bytes) -> bool:
    return data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def looks_like_hl7(data: bytes) -> bool:
    return data[:64].lstrip(b"\x0b\r\n \t").startswith(b"MSH")
