"""The merged patient record: every item says who said it and when. None means "not recorded"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    source: str
    """For example "FHIR", "HL7v2 HIS", "DICOM"."""
    recorded: str | None
    """ISO 8601 date or time, the item's own, else the record's."""


@dataclass(frozen=True, slots=True)
class ChartItem:
    text: str
    detail: str | None
    level: str | None
    origins: tuple[Origin, ...]
    """Everybody who said it, newest last."""


Items = tuple[ChartItem, ...] | None
"""None: nobody recorded it; (): recorded as none."""


@dataclass(frozen=True, slots=True)
class LabValue:
    taken: str | None
    value: float | None
    text: str
    flag: str | None
    """The source's own, else "H" or "L" by the range."""
    origin: Origin


@dataclass(frozen=True, slots=True)
class LabSeries:
    """One analyte over time."""

    code: str
    name: str
    unit: str | None
    low: float | None
    high: float | None
    """Range of reference of the newest value."""
    values: tuple[LabValue, ...]
    """Oldest first; all in `unit`."""


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    when: str
    """ISO 8601 date or time."""
    kind: str
    """"admission" | "problem" | "procedure" | "booking" | "plan" | "fraction" | "consent"."""
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class PatientChart:
    patient_id: str
    version: str
    allergies: Items
    problems: Items
    implants: Items
    medications: Items
    procedures: Items
    laterality: Items
    team: Items
    consents: Items
    labs: tuple[LabSeries, ...]
    timeline: tuple[TimelineEvent, ...]
    """Oldest first."""
    conflicts: tuple[str, ...]
    """Where sources disagree; nothing is settled here."""


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    start: str | None
    """ISO 8601 time."""
    end: str | None
    text: str | None
    """What is planned."""
    state: str
    """"in room" | "next" | "later" | "past"."""
    patient_id: str | None
    """Only of the patient in the room: a panel learns of nobody else."""
    source: str


@dataclass(frozen=True, slots=True)
class RoomSchedule:
    room: str
    entries: tuple[ScheduleEntry, ...]
    """In order of time."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """How one source of patient data is doing."""

    name: str
    kind: str
    """"dicom" | "dicomweb" | "fhir" | "hl7v2" | "folder"."""
    ok: bool
    trouble: str
    """What is wrong now, without patient data; empty when ok."""
    heard_s: float | None
    """Unix time it last answered or sent something; None: not since the start."""
    received: int
    """Objects taken in since the start."""
    refused: int


@dataclass(frozen=True, slots=True)
class SourcesStatus:
    stamp_s: float
    """Unix time, s."""
    sources: tuple[SourceState, ...]
