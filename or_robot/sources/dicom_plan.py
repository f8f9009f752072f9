"""RT Ion Plan and RT Ion Beams Treatment Record (DICOM PS3.3 C.8.8.25, C.8.8.26)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset

from or_robot.sources.dicom_values import (
    integer,
    iso_date,
    items,
    number,
    numbers,
    referenced_uid,
    text,
    triple,
)
from or_robot.sources.errors import UnreadableObject, UnsupportedObject
from or_robot.types.radiotherapy import (
    DeliveredBeam,
    DoseReference,
    FractionGroup,
    InstanceHeader,
    IonBeam,
    IonLayer,
    IonPlan,
    PlanReference,
    RangeShifter,
    TreatmentRecord,
)


def read_plan(dataset: Dataset, header: InstanceHeader) -> IonPlan:
    beams = items(dataset, "IonBeamSequence")
    if not beams:
        raise UnsupportedObject("plan without ion beams", "export an RT Ion Plan")
    groups = items(dataset, "FractionGroupSequence")
    metersets = {
        integer(item, "ReferencedBeamNumber"): number(item, "BeamMeterset")
        for group in groups
        for item in items(group, "ReferencedBeamSequence")
    }
    setups = items(dataset, "PatientSetupSequence")
    return IonPlan(
        header=header,
        label=text(dataset, "RTPlanLabel") or "",
        name=text(dataset, "RTPlanName"),
        date=iso_date(dataset, "RTPlanDate"),
        approval=text(dataset, "ApprovalStatus"),
        intent=text(dataset, "PlanIntent"),
        patient_position=text(setups[0], "PatientPosition") if setups else None,
        fraction_groups=tuple(map(_group, groups)),
        prescriptions=tuple(_prescriptions(dataset)),
        beams=tuple(_beam(beam, metersets) for beam in beams),
        structure_set_uid=referenced_uid(dataset, "ReferencedStructureSetSequence"),
        references=tuple(_references(dataset)),
    )


def _group(item: Dataset) -> FractionGroup:
    beams = (integer(one, "ReferencedBeamNumber") for one in items(item, "ReferencedBeamSequence"))
    return FractionGroup(
        integer(item, "FractionGroupNumber"),
        integer(item, "NumberOfFractionsPlanned"),
        tuple(number for number in beams if number is not None),
    )


def _references(dataset: Dataset) -> Iterator[PlanReference]:
    for item in items(dataset, "ReferencedRTPlanSequence"):
        if uid := text(item, "ReferencedSOPInstanceUID"):
            yield PlanReference(uid, text(item, "RTPlanRelationship"))


def _prescriptions(dataset: Dataset) -> Iterator[DoseReference]:
    """Targets with a prescribed dose; a target without one is no prescription."""
    for item in items(dataset, "DoseReferenceSequence"):
        dose = number(item, "TargetPrescriptionDose")
        if text(item, "DoseReferenceType") == "TARGET" and dose:
            yield DoseReference(dose, text(item, "DoseReferenceDescription") or "target")


def _beam(beam: Dataset, metersets: dict[int | None, float | None]) -> IonBeam:
    points = items(beam, "IonControlPointSequence")
    beam_number = integer(beam, "BeamNumber")
    if beam_number is None or not points:
        raise UnreadableObject("beam without number or control points", "export the plan again")
    first = points[0]
    figures = [
        *(number(first, name) for name in ("GantryAngle", "PatientSupportAngle", "SnoutPosition")),
        *(triple(first, "IsocenterPosition") or ()),
        metersets.get(beam_number),
    ]
    if not all(np.isfinite(one) for one in figures if one is not None):
        raise UnreadableObject("beam with figures that are none", "export the plan again")
    return IonBeam(
        number=beam_number,
        name=text(beam, "BeamName") or f"beam {beam_number}",
        radiation_type=text(beam, "RadiationType"),
        delivery_type=text(beam, "TreatmentDeliveryType"),
        machine=text(beam, "TreatmentMachineName"),
        gantry_deg=number(first, "GantryAngle"),
        couch_deg=number(first, "PatientSupportAngle"),
        isocenter_mm=triple(first, "IsocenterPosition"),
        snout_position_mm=number(first, "SnoutPosition"),
        range_shifters=tuple(_range_shifters(beam, first)),
        layers=tuple(_layers(points)),
        meterset_mu=metersets.get(beam_number),
    )


def _range_shifters(beam: Dataset, first: Dataset) -> Iterator[RangeShifter]:
    thickness = {
        integer(item, "ReferencedRangeShifterNumber"): number(
            item, "RangeShifterWaterEquivalentThickness"
        )
        for item in items(first, "RangeShifterSettingsSequence")
    }
    for item in items(beam, "RangeShifterSequence"):
        shifter = integer(item, "RangeShifterNumber")
        name = text(item, "RangeShifterID") or f"range shifter {shifter}"
        yield RangeShifter(name, thickness.get(shifter))


def _layers(points: list[Dataset]) -> Iterator[IonLayer]:
    """Control points that list spots; the energy holds until a control point changes it."""
    energy: float | None = None
    for point in points:
        given = number(point, "NominalBeamEnergy")
        energy = given if given is not None else energy
        weights = np.array(numbers(point, "ScanSpotMetersetWeights"), dtype=np.float64)
        if not len(weights):
            continue
        if energy is None:
            raise UnreadableObject("control point without beam energy", "export the plan again")
        if not np.isfinite(weights).all() or weights.min() < 0:
            raise UnreadableObject("spot weight that is no weight", "export the plan again")
        yield IonLayer(energy, weights)


def read_record(dataset: Dataset, header: InstanceHeader) -> TreatmentRecord:
    return TreatmentRecord(
        header,
        referenced_uid(dataset, "ReferencedRTPlanSequence"),
        iso_date(dataset, "TreatmentDate"),
        tuple(
            DeliveredBeam(
                integer(item, "ReferencedBeamNumber"),
                integer(item, "CurrentFractionNumber"),
                text(item, "TreatmentTerminationStatus"),
                number(item, "DeliveredPrimaryMeterset"),
            )
            for item in items(dataset, "TreatmentSessionIonBeamSequence")
            if text(item, "TreatmentDeliveryType") in (None, "TREATMENT", "CONTINUATION")
        ),
        integer(dataset, "ReferencedFractionGroupNumber"),
    )
