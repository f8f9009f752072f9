"""Where the beams come from, around the patient's outline."""

from __future__ import annotations

from or_robot.clinical.course import PlanCourse
from or_robot.clinical.delivery import treatment_beams
from or_robot.clinical.rasterize import planes, polygons_at
from or_robot.geometry.iec61217 import TABLE_TO_PATIENT, beam_direction
from or_robot.types.clinical import BeamPath, Outline, PlanGeometry
from or_robot.types.radiotherapy import IonBeam

DEFAULT_SPACING_MM = 3.0


def plan_geometry(course: PlanCourse, patient_id: str, version: str) -> PlanGeometry:
    """Directions need the patient's position: the plan's, else the CT's, else there is none."""
    own = course.plan.patient_position
    scanned = course.ct.patient_position if course.ct else None
    position = own or scanned
    beams = tuple(_path(beam, position) for beam in treatment_beams(course.plan))
    isocenters = [beam.isocenter_mm for beam in beams if beam.isocenter_mm]
    return PlanGeometry(
        patient_id=patient_id,
        version=version,
        plan_uid=course.plan.header.sop_instance_uid,
        patient_position=position,
        patient_position_of="plan" if own else "CT" if scanned else None,
        beams=beams,
        outlines=_outlines(course, isocenters[0][2]) if isocenters else (),
    )


def _path(beam: IonBeam, position: str | None) -> BeamPath:
    direction = None
    if beam.gantry_deg is not None and beam.couch_deg is not None and position in TABLE_TO_PATIENT:
        x, y, z = beam_direction(beam.gantry_deg, beam.couch_deg, position).round(6).tolist()
        direction = (x, y, z)
    return BeamPath(
        beam.number, beam.name, beam.gantry_deg, beam.couch_deg, beam.isocenter_mm, direction
    )


def _outlines(course: PlanCourse, z_mm: float) -> tuple[Outline, ...]:
    """Body and target in the axial plane through the first beam's isocentre."""
    spacing = course.ct.grid.spacing_mm[2] if course.ct else DEFAULT_SPACING_MM
    shown = [one for one in (course.external, course.target) if one is not None]
    return tuple(
        Outline(
            one.name,
            z_mm,
            tuple((round(x, 1), round(y, 1)) for x, y in points[:, :2].tolist()),
        )
        for one in shown
        for points in polygons_at(planes(one), z_mm, spacing)
    )
