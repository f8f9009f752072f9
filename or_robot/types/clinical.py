"""What a panel shows of a patient. None means "not recorded": never 0, never a guess."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PatientBanner:
    """Two identifiers and what must never be missed."""

    patient_id: str
    issuer: str | None
    name: dict[str, str]
    """By name group: "alphabetic", "ideographic", "phonetic"."""
    birth_date: str | None
    """ISO 8601 date."""
    sex: str | None
    """DICOM CS: M, F, O."""
    allergies: tuple[Allergy, ...] | None
    """None: nobody recorded whether there are any; () : recorded as none known."""
    procedure: str | None
    laterality: str | None
    conditions: tuple[str, ...]
    medications: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Allergy:
    substance: str
    reaction: str | None
    severity: str | None
    """FHIR criticality: "high" | "low" | "unable-to-assess"."""


@dataclass(frozen=True, slots=True)
class BeamSummary:
    """One ion beam. Angles in deg (IEC 61217), isocentre in mm (DICOM patient coordinates)."""

    number: int
    name: str
    radiation_type: str | None
    gantry_deg: float | None
    couch_deg: float | None
    """Patient support angle."""
    isocenter_mm: tuple[float, float, float] | None
    snout_position_mm: float | None
    snout_position_suspect: bool
    """The plan says exactly 0.0, which real plans rarely mean."""
    range_shifters: tuple[str, ...]
    energy_min_mev: float | None
    energy_max_mev: float | None
    energies: int
    """Distinct nominal energies that carry weight."""
    layers: int
    spots: int
    """Spots of non-zero weight."""
    meterset_mu: float | None


@dataclass(frozen=True, slots=True)
class Prescription:
    dose_gy: float
    target: str
    """Structure or reference the dose is prescribed to."""


@dataclass(frozen=True, slots=True)
class ProtonCard:
    """One ion plan at a glance."""

    patient_id: str
    version: str
    """Changes when anything on the card, its image or its DVH changes; same over all parts."""
    plan_uid: str
    label: str
    name: str | None
    approval: str | None
    intent: str | None
    machine: str | None
    patient_position: str | None
    prescription: Prescription | None
    fractions_planned: int | None
    fractions_delivered: int
    last_fraction_date: str | None
    """ISO 8601 date."""
    beams: tuple[BeamSummary, ...]
    structures: tuple[str, ...]
    dose_type: str | None
    """DICOM DoseType: "EFFECTIVE" | "PHYSICAL"."""
    dose_unit: str
    """"Gy(RBE)" | "Gy"."""
    max_dose_gy: float | None
    """Inside the external contour."""
    dose_views: tuple[DoseView, ...]
    warnings: tuple[str, ...]
    """Things in the source that a reader has to know, one line each."""


@dataclass(frozen=True, slots=True)
class DoseView:
    """A way to look at the dose: as planned, or scaled to the fractions delivered."""

    key: str
    """"planned" | "delivered"."""
    label: str
    """For example "PLANNED (35 fx)" or "DELIVERED ESTIMATE (12/35)"."""
    scale: float


@dataclass(frozen=True, slots=True)
class DvhCurve:
    """Cumulative dose-volume histogram of one structure."""

    structure: str
    color: str
    """#rrggbb."""
    volume_cm3: float
    dose_gy: tuple[float, ...]
    """Ascending, starts at 0."""
    volume_percent: tuple[float, ...]
    """Per dose, 100 … 0."""
    d95_gy: float
    d2_gy: float
    mean_gy: float


@dataclass(frozen=True, slots=True)
class DvhSet:
    patient_id: str
    version: str
    view: str
    """Key of the DoseView."""
    view_label: str
    dose_unit: str
    curves: tuple[DvhCurve, ...]


@dataclass(frozen=True, slots=True)
class KeyImage:
    """Dose on CT through the target, ready to show."""

    patient_id: str
    version: str
    view: str
    view_label: str
    orientation: str
    """"axial" | "coronal" | "sagittal"."""
    index: int
    """Slices from the key slice (0), toward S (axial), P (coronal), L (sagittal)."""
    index_range: tuple[int, int]
    """First and last index there is in this orientation."""
    prepared_range: tuple[int, int]
    """First and last index that is ready; the others are drawn on demand."""
    slice_position_mm: float
    """DICOM patient coordinate along the normal of the slice."""
    media_type: str
    data: bytes
    caption: str
    """Everything the picture's reader must know: view, unit, levels, window."""


@dataclass(frozen=True, slots=True)
class RoomCase:
    """Who is in the room now."""

    room: str
    version: str
    """Version of everything prepared for this patient; "" when there is none."""
    patient: PatientBanner | None
    plans: tuple[ProtonCard, ...]
    imported_s: float | None
    """Unix time of the newest source, s."""


@dataclass(frozen=True, slots=True)
class CaseVersion:
    """Sent often, so that a panel notices that what it holds is old."""

    room: str
    version: str
    """As in RoomCase."""
