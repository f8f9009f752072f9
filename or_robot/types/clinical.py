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
    role: str = "current"
    """"current" | "replaced" | "earlier course"."""
    relation: str = ""
    """How it stands to the patient's other plans; empty for the only one."""


@dataclass(frozen=True, slots=True)
class DoseView:
    """A way to look at the dose: as planned, or scaled to the fractions delivered."""

    key: str
    """"planned" | "delivered" | "beam-N" | "group-N" (dose of single beams, fraction groups)."""
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
class ImageStyle:
    """How a picture is drawn; the default is what is prepared."""

    window: str = "soft_tissue"
    """"soft_tissue" | "brain" | "bone" | "lung"."""
    structures: tuple[str, ...] | None = None
    """Names of those outlined; None: all."""
    reference_gy: float | None = None
    """Dose that isodoses are in % of, stated by the reader; None: the plan's own rule."""


PREPARED_STYLE = ImageStyle()


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
class FractionDay:
    """One fraction that was begun."""

    number: int | None
    group: int | None
    """Fraction group of the plan."""
    date: str | None
    """ISO 8601 date of its last session."""
    state: str
    """"delivered" | "incomplete"."""
    beams_delivered: int
    beams_planned: int
    meterset_mu: float | None
    """Delivered, over its beams; None when no record says."""


@dataclass(frozen=True, slots=True)
class FractionStrip:
    patient_id: str
    version: str
    plan_uid: str
    planned: int | None
    delivered: int
    days: tuple[FractionDay, ...]
    """Oldest first."""


@dataclass(frozen=True, slots=True)
class BeamPath:
    number: int
    name: str
    gantry_deg: float | None
    couch_deg: float | None
    isocenter_mm: tuple[float, float, float] | None
    direction: tuple[float, float, float] | None
    """Unit vector in DICOM patient coordinates, from the source through the isocentre."""


@dataclass(frozen=True, slots=True)
class Outline:
    structure: str
    z_mm: float
    points_mm: tuple[tuple[float, float], ...]
    """Closed polygon x, y in DICOM patient coordinates."""


@dataclass(frozen=True, slots=True)
class PlanGeometry:
    """Beams around the patient."""

    patient_id: str
    version: str
    plan_uid: str
    patient_position: str | None
    """DICOM Patient Position, for example "HFS"."""
    patient_position_of: str | None
    """"plan" | "CT": where that is recorded."""
    beams: tuple[BeamPath, ...]
    outlines: tuple[Outline, ...]
    """Body and target in the axial plane through the isocentre."""


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
    notes: tuple[str, ...] = ()
    """What concerns the patient's data as a whole, one line each."""
    alarms: tuple[str, ...] = ()
    """What a person must settle before trusting the data, one line each."""


@dataclass(frozen=True, slots=True)
class CaseVersion:
    """Sent often, so that a panel notices that what it holds is old."""

    room: str
    version: str
    """As in RoomCase."""
