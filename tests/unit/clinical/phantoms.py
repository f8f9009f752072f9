"""Bodies and beams of known geometry."""

from __future__ import annotations

import numpy as np

from or_robot.geometry.volume import VolumeGrid
from or_robot.types.radiotherapy import (
    CtSlice,
    DeliveredBeam,
    DoseVolume,
    FractionGroup,
    Identity,
    InstanceHeader,
    IonBeam,
    IonLayer,
    IonPlan,
    RangeShifter,
    Structure,
    StructureSet,
    TreatmentRecord,
)

FRAME = "1.2.3"
PLAN_UID = "1.2.4"


def header(modality: str, uid: str, *, frame: str | None = FRAME, series: str = "1.9"):
    identity = Identity("P1", None, "1970-01-02", {"alphabetic": "DOE, JANE"}, "F")
    return InstanceHeader(identity, modality, uid, "1.2.840.1", series, frame)


def disc(x: float, y: float, z: float, radius: float, points: int = 90) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.column_stack(
        [x + radius * np.cos(angle), y + radius * np.sin(angle), np.full(points, z)]
    )


def sphere(number: int, name: str, radius: float, *, step: float = 3.0, color=(255, 0, 0)):
    """Contours of a sphere about the origin, in planes at multiples of `step`."""
    reach = np.arange(-int(radius // step), int(radius // step) + 1) * step
    contours = tuple(
        disc(0.0, 0.0, z, float(np.sqrt(radius**2 - z**2))) for z in reach if abs(z) < radius
    )
    return Structure(number, name, color, None, contours)


def box(number: int, name: str, half: float, z: np.ndarray) -> Structure:
    corners = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    contours = tuple(np.column_stack([corners, np.full(4, plane)]) for plane in z)
    return Structure(number, name, (200, 200, 200), None, contours)


def dose_along(axis: str, slope: float, offset: float, *, half: float = 60.0, spacing: float = 2.5):
    """Dose = offset + slope · coordinate, in Gy."""
    count = int(2 * half / spacing) + 1
    grid = VolumeGrid((-half,) * 3, (spacing,) * 3, (count,) * 3)
    ramp = offset + slope * grid.axis_mm(axis)
    shape = [1, 1, 1]
    shape["zyx".index(axis)] = count
    values = np.broadcast_to(ramp.reshape(shape), grid.shape).astype(np.float32)
    return DoseVolume(header("RTDOSE", "1.5"), grid, values, "EFFECTIVE", "PLAN", PLAN_UID)


def ct_slices(half: float = 60.0, spacing: float = 2.0, step: float = 3.0) -> list[CtSlice]:
    """Water with a bright marker on the patient's left."""
    count = int(2 * half / spacing) + 1
    slices = []
    for index, z in enumerate(np.arange(-30.0, 30.1, step)):
        hounsfield = np.zeros((count, count), dtype=np.int16)
        grid = VolumeGrid((-half, -half, float(z)), (spacing, spacing, step), (1, count, count))
        hounsfield[:, grid.nearest("x", 40.0) :] = 1000
        slices.append(CtSlice(header("CT", f"1.7.{index}"), grid, hounsfield, "HFS"))
    return slices


def beam(
    number: int = 1, *, layers: tuple[IonLayer, ...] | None = None, snout: float | None = 42.0
):
    if layers is None:
        layers = (IonLayer(150.0, np.array([1.0, 0.0, 2.0])), IonLayer(140.0, np.array([1.0])))
    return IonBeam(
        number=number,
        name=f"B{number}",
        radiation_type="PROTON",
        delivery_type="TREATMENT",
        machine="G1",
        gantry_deg=90.0,
        couch_deg=0.0,
        isocenter_mm=(0.0, 0.0, 0.0),
        snout_position_mm=snout,
        range_shifters=(RangeShifter("RS", 40.0),),
        layers=layers,
        meterset_mu=100.0,
    )


def plan(*beams: IonBeam, fractions: int | None = 10, approval: str | None = "APPROVED") -> IonPlan:
    return IonPlan(
        header=header("RTPLAN", PLAN_UID),
        label="Test",
        name=None,
        date="2026-01-01",
        approval=approval,
        intent="CURATIVE",
        patient_position="HFS",
        fraction_groups=(
            FractionGroup(1, fractions, tuple(one.number for one in beams or (beam(),))),
        ),
        prescriptions=(),
        beams=beams or (beam(),),
        structure_set_uid="1.6",
    )


def structures(*found: Structure) -> StructureSet:
    return StructureSet(header("RTSTRUCT", "1.6"), "S", found, frozenset({"1.7.0"}))


def record(fraction: int, termination: str = "NORMAL", beams: tuple[int, ...] = (1,)):
    delivered = tuple(DeliveredBeam(number, fraction, termination) for number in beams)
    day = f"2026-01-{fraction + 1:02d}"
    return TreatmentRecord(header("RTRECORD", f"1.8.{fraction}"), PLAN_UID, day, delivered)


def whole_case() -> list:
    """A target in a box-shaped body; dose rises toward the patient's left, also outside it."""
    planes = np.arange(-30.0, 30.1, 3.0)
    found = structures(sphere(1, "CTV_1", 12.0), box(2, "External", 51.0, planes))
    objects = [plan(), dose_along("x", 0.5, 35.0), found, *ct_slices()]
    return [*objects, *(record(number) for number in range(1, 5))]
