"""HL7v2 ADT messages (and ORU^R01 results) to types."""

from __future__ import annotations

from collections.abc import Iterator

from or_robot.errors import OrRobotError
from or_robot.sources.errors import UnreadableObject, UnsupportedObject
from or_robot.sources.hl7v2_labs import labs
from or_robot.sources.hl7v2_message import Message, Segment, iso, parse
from or_robot.types.radiotherapy import Identity
from or_robot.types.record import Noted, Notes, PatientRecord, RoomBooking

EVENTS = {
    "A01": "Admitted",
    "A02": "Transferred",
    "A03": "Discharged",
    "A04": "Registered",
    "A05": "Pre-admitted",
    "A08": None,
    "A11": "Admission cancelled",
    "A12": "Transfer cancelled",
    "A13": "Discharge cancelled",
    "A28": None,
    "A31": None,
}
"""ADT trigger events that are read → what the timeline says; None: an update, no event."""

MERGES = ("A18", "A24", "A30", "A34", "A35", "A36", "A37", "A40", "A41", "A42", "A43", "A47")
"""Merge, link, unlink, change of ID: two patients become one or one two. People must decide."""

SEX = {"M": "M", "F": "F", "O": "O", "A": "O"}
"""HL7 table 0001 → DICOM PatientSex; U and N are not recorded."""

GROUPS = {"A": "alphabetic", "I": "ideographic", "P": "phonetic"}
"""XPN.8, name representation code → DICOM name group."""

SEVERITY = {"SV": "high", "MO": "low", "MI": "low"}
"""HL7 table 0128 → FHIR criticality."""

DOCTORS = {7: "attending", 8: "referring", 9: "consulting", 17: "admitting"}
"""Fields of PV1."""


class MergeRequested(OrRobotError):
    """A message asks to join or part patients; that is never done by itself."""

    def __init__(self, event: str, patient_id: str | None) -> None:
        super().__init__(
            f"HL7v2 ADT^{event} asks to join or part patients", "find out who it is, by hand"
        )
        self.patient_id = patient_id


def read_hl7v2(data: bytes) -> PatientRecord:
    """Raises UnreadableObject, UnsupportedObject or MergeRequested; never anything else."""
    try:
        return _record(parse(data))
    except OrRobotError:
        raise
    except Exception as error:  # hostile or broken content
        raise UnreadableObject(
            f"damaged HL7v2 message ({type(error).__name__})", "check the sender"
        ) from error


def _record(message: Message) -> PatientRecord:
    kind, event = message.kind, message.event
    if kind == "ADT" and event is not None and event in MERGES:
        named = [_identity(one).patient_id for one in message.all("PID")[:1]]
        raise MergeRequested(event, next(iter(named), None))
    if not (kind == "ADT" and event in EVENTS) and (kind, event) != ("ORU", "R01"):
        raise UnsupportedObject(
            f"HL7v2 {kind or 'message'}^{event or '?'} is not read here",
            f"send ADT^{', '.join(EVENTS)} or ORU^R01",
        )
    identities = message.all("PID")
    if len(identities) != 1:
        raise UnsupportedObject(
            f"HL7v2 message with {len(identities)} patients", "send one message a patient"
        )
    return PatientRecord(
        identity=_identity(identities[0]),
        source=f"HL7v2 {message.sender or 'unnamed'}",
        source_time=message.time,
        allergies=_allergies(message),
        problems=_notes(_coded(one, 3, 4, 5) for one in message.all("DG1")),
        procedures=_notes(_coded(one, 3, 4, 5) for one in message.all("PR1")),
        team=_notes(one for visit in message.all("PV1") for one in _doctors(visit)),
        labs=tuple(labs(message)),
        bookings=_bookings(message),
        events=tuple(_events(message)),
    )


def _notes(found: Iterator[Noted | None]) -> Notes:
    return tuple(one for one in found if one) or None


def _identity(pid: Segment) -> Identity:
    numbers = [at for at in range(pid.repeats(3)) if pid.get(3, 1, at)]
    records = [at for at in numbers if pid.get(3, 5, at) == "MR"] or numbers
    if not records:
        raise UnreadableObject("HL7v2 message without patient ID (PID-3)", "check the sender")
    at = records[0]
    return Identity(
        patient_id=pid.get(3, 1, at) or "",
        issuer=pid.get(3, 4, at),
        birth_date=(iso(pid.get(7)) or "")[:10] or None,
        name=_names(pid),
        sex=SEX.get(pid.get(8) or ""),
    )


def _names(pid: Segment) -> dict[str, str]:
    found: dict[str, str] = {}
    for at in range(pid.repeats(5)):
        given = " ".join(part for part in (pid.get(5, 2, at), pid.get(5, 3, at)) if part)
        shown = ", ".join(part for part in (pid.get(5, 1, at), given) if part)
        if shown:
            found.setdefault(GROUPS.get(pid.get(5, 8, at) or "A", "alphabetic"), shown)
    return found


def _allergies(message: Message) -> Notes:
    """A message without AL1 says nothing of allergies: it never empties the list."""
    return _notes(
        Noted(
            one.get(3, 2) or one.get(3, 1) or "unnamed substance",
            one.get(5),
            SEVERITY.get(one.get(4) or ""),
            iso(one.get(6)),
        )
        for one in message.all("AL1")
    )


def _coded(segment: Segment, coded: int, words: int, when: int) -> Noted | None:
    shown = segment.get(coded, 2) or segment.get(words) or segment.get(coded, 1)
    return Noted(shown, None, None, iso(segment.get(when))) if shown else None


def _doctors(visit: Segment) -> Iterator[Noted]:
    for field, part in DOCTORS.items():
        for at in range(visit.repeats(field)):
            given = visit.get(field, 3, at)
            shown = ", ".join(name for name in (visit.get(field, 2, at), given) if name)
            if shown:
                yield Noted(shown, part)


def _bookings(message: Message) -> tuple[RoomBooking, ...] | None:
    """The place that PV1-3 assigns: its room, else its point of care. None after a discharge."""
    if message.event in ("A03", "A11"):
        return ()
    rooms = [visit.get(3, 2) or visit.get(3, 1) for visit in message.all("PV1")]
    return tuple(RoomBooking(room, None) for room in rooms if room) or None


def _events(message: Message) -> Iterator[Noted]:
    done = EVENTS.get(message.event or "")
    if message.kind == "ADT" and done:
        recorded = next((iso(one.get(6) or one.get(2)) for one in message.all("EVN")), None)
        place = next((one.get(3, 2) or one.get(3, 1) for one in message.all("PV1")), None)
        words = f"{done} — {place}" if place else done
        yield Noted(words, None, None, recorded or message.time)
