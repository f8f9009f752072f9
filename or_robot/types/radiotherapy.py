"""What the sources read: image and dose volumes, structures, ion plans, treatment records.

Patient coordinates are DICOM's: LPS (x to the patient's left, y to the back, z to the head), mm.
None means "not recorded".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.volume import VolumeGrid


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a DICOM or FHIR object says it belongs to."""

    patient_id: str
    issuer: str | None
    birth_date: str | None
    """ISO 8601 date."""
    name: dict[str, str]
    """By name group: "alphabetic", "ideographic", "phonetic"."""
    sex: str | None


@dataclass(frozen=True, slots=True)
class InstanceHeader:
    """What every DICOM object has."""

    identity: Identity
    modality: str
    """DICOM Modality: "CT", "RTPLAN", "RTDOSE", "RTSTRUCT", "RTRECORD"."""
    sop_instance_uid: str
    sop_class_uid: str
    series_uid: str
    frame_of_reference_uid: str | None


@dataclass(frozen=True, slots=True)
class CtSlice:
    header: InstanceHeader
    grid: VolumeGrid
    """One slice deep."""
    hounsfield: NDArray[np.int16]
    """(rows, columns) HU."""
    patient_position: str | None


@dataclass(frozen=True, slots=True)
class CtVolume:
    series_uid: str
    frame_of_reference_uid: str | None
    grid: VolumeGrid
    hounsfield: NDArray[np.int16]
    """(slices, rows, columns) HU."""
    patient_position: str | None


@dataclass(frozen=True, slots=True)
class DoseVolume:
    header: InstanceHeader
    grid: VolumeGrid
    dose_gy: NDArray[np.float32]
    """(slices, rows, columns)."""
    dose_type: str
    """DoseType: "EFFECTIVE" | "PHYSICAL"."""
    summation_type: str
    """DoseSummationType: "PLAN" | "FRACTION" | "BEAM" …"""
    plan_uid: str | None
    beam_numbers: tuple[int, ...] = ()
    """Beams that a BEAM dose names."""
    fraction_group: int | None = None
    """Number of the group that a FRACTION or BEAM dose names."""


@dataclass(frozen=True, slots=True)
class Structure:
    number: int
    name: str
    color: tuple[int, int, int] | None
    """Red, green, blue, 0 to 255."""
    interpreted_type: str | None
    contours: tuple[NDArray[np.float64], ...]
    """Closed planar polygons (n, 3), mm; every one lies in a plane of constant z."""


@dataclass(frozen=True, slots=True)
class StructureSet:
    header: InstanceHeader
    label: str
    structures: tuple[Structure, ...]
    image_uids: frozenset[str]
    """SOP Instance UIDs of the images that the contours name."""


@dataclass(frozen=True, slots=True)
class IonLayer:
    """One control point that carries spots."""

    energy_mev: float
    spot_weights: NDArray[np.float64]
    """(n,) ScanSpotMetersetWeights."""


@dataclass(frozen=True, slots=True)
class RangeShifter:
    id: str
    water_equivalent_mm: float | None


@dataclass(frozen=True, slots=True)
class IonBeam:
    number: int
    name: str
    radiation_type: str | None
    delivery_type: str | None
    """TreatmentDeliveryType; only "TREATMENT" beams carry dose."""
    machine: str | None
    gantry_deg: float | None
    couch_deg: float | None
    isocenter_mm: tuple[float, float, float] | None
    snout_position_mm: float | None
    range_shifters: tuple[RangeShifter, ...]
    layers: tuple[IonLayer, ...]
    """In the plan's order, also those of zero weight."""
    meterset_mu: float | None
    """BeamMeterset of the fraction group."""


@dataclass(frozen=True, slots=True)
class DoseReference:
    dose_gy: float
    target: str


@dataclass(frozen=True, slots=True)
class FractionGroup:
    number: int | None
    fractions: int | None
    beam_numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PlanReference:
    """Another plan that a plan names."""

    uid: str
    relationship: str | None
    """RT Plan Relationship: "PRIOR" | "PREDECESSOR" | "CONCURRENT" | "ALTERNATIVE" …"""


@dataclass(frozen=True, slots=True)
class IonPlan:
    header: InstanceHeader
    label: str
    name: str | None
    date: str | None
    approval: str | None
    intent: str | None
    patient_position: str | None
    fraction_groups: tuple[FractionGroup, ...]
    prescriptions: tuple[DoseReference, ...]
    beams: tuple[IonBeam, ...]
    structure_set_uid: str | None
    references: tuple[PlanReference, ...] = ()

    @property
    def fractions_planned(self) -> int | None:
        """Of all groups together; None when a group does not say."""
        counts = [group.fractions for group in self.fraction_groups]
        known = [count for count in counts if count is not None]
        return sum(known) if known and len(known) == len(counts) else None


@dataclass(frozen=True, slots=True)
class TreatmentRecord:
    """One session of treatment."""

    header: InstanceHeader
    plan_uid: str | None
    date: str | None
    beams: tuple[DeliveredBeam, ...]
    fraction_group: int | None = None


@dataclass(frozen=True, slots=True)
class DeliveredBeam:
    beam_number: int | None
    fraction: int | None
    termination: str | None
    """TreatmentTerminationStatus; "NORMAL" is a complete beam."""
    meterset_mu: float | None = None
    """Delivered Primary Meterset."""


DicomObject = CtSlice | DoseVolume | StructureSet | IonPlan | TreatmentRecord
