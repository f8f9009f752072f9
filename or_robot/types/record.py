"""What hospital records say about a patient, before it is joined with the plan."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.types.clinical import Allergy
from or_robot.types.radiotherapy import Identity


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """One patient of a FHIR bundle. None means "not recorded"."""

    identity: Identity
    allergies: tuple[Allergy, ...] | None
    """(): recorded as none known."""
    procedure: str | None
    laterality: str | None
    conditions: tuple[str, ...]
    medications: tuple[str, ...]
    rooms: tuple[RoomBooking, ...]
    """Where the patient is expected."""
    source_time: str | None
    """ISO 8601 time stamp of the bundle."""


@dataclass(frozen=True, slots=True)
class RoomBooking:
    room: str
    start: str | None
    """ISO 8601 time."""
