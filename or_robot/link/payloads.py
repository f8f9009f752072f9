"""What is asked over the link. Every request says who asks, for which room and why (audit)."""

from __future__ import annotations

from dataclasses import dataclass, field

from or_robot.types.checklist import ChecklistAnswer
from or_robot.types.clinical import PREPARED_STYLE, ImageStyle
from or_robot.types.procedure import Phase
from or_robot.types.tasks import TaskRequest


@dataclass(frozen=True, slots=True)
class RoomRequest:
    """Something of one room: its case, its phase, or a robot command without more details."""

    actor: str
    """Panel user, or "device" when nobody is logged in."""
    room: str
    """For example "OR-1"."""
    why: str
    """Reason for the audit, for example "room display"."""


@dataclass(frozen=True, slots=True)
class PatientRequest:
    actor: str
    room: str
    why: str
    patient_id: str


@dataclass(frozen=True, slots=True)
class PlanRequest:
    actor: str
    room: str
    why: str
    patient_id: str
    plan_uid: str


@dataclass(frozen=True, slots=True)
class RoomAdmit:
    """Put a patient into the room, named by two identifiers as a person read them."""

    actor: str
    room: str
    why: str
    patient_id: str
    birth_date: str
    """ISO 8601 date."""


@dataclass(frozen=True, slots=True)
class DvhRequest:
    actor: str
    room: str
    why: str
    patient_id: str
    plan_uid: str
    view: str
    """Key of the DoseView: "planned" | "delivered"."""


@dataclass(frozen=True, slots=True)
class ImageRequest:
    actor: str
    room: str
    why: str
    patient_id: str
    plan_uid: str
    view: str
    orientation: str
    """"axial" | "coronal" | "sagittal"."""
    index: int
    """Slice relative to the one through the target: 0, ±1, …; any within KeyImage.index_range."""
    style: ImageStyle = PREPARED_STYLE
    """The default is prepared; another one is drawn when asked for."""


@dataclass(frozen=True, slots=True)
class PhaseChange:
    actor: str
    room: str
    why: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class ChecklistConfirm:
    actor: str
    room: str
    why: str
    revision: int
    """Of the checklist the person saw."""
    item: str
    answer: ChecklistAnswer
    initials: str


@dataclass(frozen=True, slots=True)
class ChecklistAdvance:
    """Move the phase as the checklist allows."""

    actor: str
    room: str
    why: str
    revision: int
    phase: Phase


@dataclass(frozen=True, slots=True)
class TaskSubmit:
    actor: str
    room: str
    why: str
    task: TaskRequest


@dataclass(frozen=True, slots=True)
class TaskCancel:
    actor: str
    room: str
    why: str
    id: str


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One file as it was imported."""

    digest: str
    """SHA-256 of its bytes, hex."""
    kind: str
    """DICOM modality, or "FHIR"."""
    uid: str


@dataclass(frozen=True, slots=True)
class ObjectList:
    """Everything stored of the patient in the room; nothing when nobody is there."""

    patient_id: str
    objects: tuple[StoredObject, ...]


@dataclass(frozen=True, slots=True)
class ObjectRequest:
    """A part of a stored object. Clients use LinkClient.fetch, which asks for all parts."""

    actor: str
    room: str
    why: str
    patient_id: str
    digest: str
    offset: int = 0
    length: int = 0
    """Most bytes wanted."""


@dataclass(frozen=True, slots=True)
class ObjectChunk:
    size: int
    """Of the whole object, B."""
    data: bytes
    """From the offset asked for; shorter than asked only at the end."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Done; `detail` is one line for people."""

    detail: str


@dataclass(frozen=True, slots=True)
class StopRequest:
    """STOP ROBOT. Authorised by the device key, so it needs no login."""

    id: str
    stamp_s: float
    """Unix time of the press, s."""
    station: str
    """Name of the key that asks."""
    room: str
    reason: str


@dataclass(frozen=True, slots=True)
class StopReply:
    """Every connected gateway has published the stop."""

    id: str
    gateways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StopStation:
    """A panel whose stop request would reach the robot now."""

    name: str
    room: str
    age_s: float
    """Since it was last heard on the stop socket."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The stop lane is alive: who could stop whom now."""

    gateways: tuple[str, ...]
    """Gateways that a stop would reach."""
    stations: tuple[StopStation, ...]
    refusals: dict[str, int] = field(default_factory=dict)
    """Counted since the stop desk's start, as in LinkHeartbeat."""


@dataclass(frozen=True, slots=True)
class LinkHeartbeat:
    """The server of requests and topics is alive."""

    stamp_s: float
    """Unix time, s."""
    boot: str
    """Changes when the server restarts."""
    refusals: dict[str, int]
    """Counted since the server's start, by code of `link.errors.REFUSALS` and `NOTED`."""
