"""What one hospital record or message says about a patient, before anything is joined."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.types.radiotherapy import Identity


@dataclass(frozen=True, slots=True)
class Noted:
    """One thing that a source says: a problem, an allergy, a medication, a name in the team …"""

    text: str
    detail: str | None = None
    """Reaction, dose, role, site."""
    level: str | None = None
    """Criticality, status."""
    recorded: str | None = None
    """ISO 8601 date or time that the source gives it."""


@dataclass(frozen=True, slots=True)
class LabResult:
    code: str
    """LOINC where given, else the source's own; results of one code are one series."""
    name: str
    value: float | None
    """None: the result is no number, see `text`."""
    text: str
    """As the source writes it."""
    unit: str | None
    low: float | None
    high: float | None
    """Range of reference."""
    flag: str | None
    """The source's own judgement: "H", "L", "HH", "LL", "A" …"""
    taken: str | None
    """ISO 8601 time."""


@dataclass(frozen=True, slots=True)
class RoomBooking:
    room: str
    start: str | None
    """ISO 8601 time."""
    end: str | None = None
    text: str | None = None
    """What is planned."""


Notes = tuple[Noted, ...] | None
"""None: the source says nothing of it; (): it says that there is none."""


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """A FHIR bundle or an HL7v2 message about one patient."""

    identity: Identity
    source: str
    """For example "FHIR" or "HL7v2 HIS": a newer record of a source replaces what it repeats."""
    source_time: str | None
    """ISO 8601 time of bundle or message."""
    allergies: Notes = None
    problems: Notes = None
    implants: Notes = None
    medications: Notes = None
    procedures: Notes = None
    laterality: Notes = None
    team: Notes = None
    consents: Notes = None
    labs: tuple[LabResult, ...] = ()
    bookings: tuple[RoomBooking, ...] | None = None
    """None: says nothing of it; (): there is none any more."""
    events: tuple[Noted, ...] = ()
    """Admissions, transfers, discharges."""
