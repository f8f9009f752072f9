"""The proton plan card. Every figure is the plan's own; what is not recorded stays None."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from or_robot.clinical.course import PlanCourse
from or_robot.clinical.delivery import fraction_days, treatment_beams
from or_robot.clinical.dose_views import dose_views, why_no_estimate
from or_robot.clinical.rasterize import structure_mask
from or_robot.types.clinical import BeamSummary, DoseView, Prescription, ProtonCard
from or_robot.types.radiotherapy import DoseVolume, IonBeam, IonPlan, RangeShifter, Structure

DOSE_UNITS = {"EFFECTIVE": "Gy(RBE)", "PHYSICAL": "Gy"}
NOTABLE_AIR_DOSE = 0.05
"""Share of the maximum from which dose outside the body is worth a warning."""


def proton_card(course: PlanCourse, patient_id: str, version: str) -> ProtonCard:
    plan, dose = course.plan, course.dose
    beams = tuple(beam_summary(beam) for beam in treatment_beams(plan))
    days = fraction_days(course)
    delivered = sum(day.state == "delivered" for day in days)
    dates = [record.date for record in course.records if record.date]
    machines = {beam.machine for beam in plan.beams if beam.machine}
    any_dose = dose or next(iter(course.part_doses), None)
    unit = DOSE_UNITS[any_dose.dose_type] if any_dose else "Gy(RBE)"
    inside, outside = dose_maxima(dose, course.external) if dose else (None, None)
    views = dose_views(course, delivered)
    return ProtonCard(
        patient_id=patient_id,
        version=version,
        plan_uid=plan.header.sop_instance_uid,
        label=plan.label,
        name=plan.name,
        approval=plan.approval,
        intent=plan.intent,
        machine=", ".join(sorted(machines)) or None,
        patient_position=plan.patient_position,
        prescription=_prescription(plan),
        fractions_planned=plan.fractions_planned,
        fractions_delivered=delivered,
        last_fraction_date=max(dates, default=None),
        beams=beams,
        structures=tuple(one.name for one in course.structures.structures)
        if course.structures
        else (),
        dose_type=dose.dose_type if dose else None,
        dose_unit=unit,
        max_dose_gy=round(inside, 3) if inside is not None else None,
        dose_views=views,
        role=course.relation.role.value,
        relation=course.relation.text,
        warnings=(
            *_plan_warnings(plan, beams),
            *_record_warnings(course, len(days) - delivered),
            *_relation_warnings(course, delivered, views),
            *course.warnings,
            *_dose_warnings(inside, outside, unit, course),
        ),
    )


def beam_summary(beam: IonBeam) -> BeamSummary:
    """Layers without weight (the second of each pair of control points) do not count."""
    layers = [layer for layer in beam.layers if layer.spot_weights.any()]
    energies = {layer.energy_mev for layer in layers}
    return BeamSummary(
        number=beam.number,
        name=beam.name,
        radiation_type=beam.radiation_type,
        gantry_deg=beam.gantry_deg,
        couch_deg=beam.couch_deg,
        isocenter_mm=beam.isocenter_mm,
        snout_position_mm=beam.snout_position_mm,
        snout_position_suspect=beam.snout_position_mm == 0.0,
        range_shifters=tuple(map(_range_shifter_text, beam.range_shifters)),
        energy_min_mev=min(energies, default=None),
        energy_max_mev=max(energies, default=None),
        energies=len(energies),
        layers=len(layers),
        spots=sum(int(np.count_nonzero(layer.spot_weights)) for layer in layers),
        meterset_mu=beam.meterset_mu,
    )


def _range_shifter_text(shifter: RangeShifter) -> str:
    if shifter.water_equivalent_mm is None:
        return shifter.id
    return f"{shifter.id} ({shifter.water_equivalent_mm:.1f} mm WET)"


def dose_maxima(dose: DoseVolume, external: Structure | None) -> tuple[float, float | None]:
    """Highest dose in Gy at grid points inside and outside the body; no body: all, None."""
    if external is None:
        return float(dose.dose_gy.max()), None
    inside = structure_mask(external, dose.grid, dose.grid.spacing_mm[2])
    highest = float(dose.dose_gy[inside].max(initial=0.0))
    return highest, float(dose.dose_gy[~inside].max(initial=0.0))


def _prescription(plan: IonPlan) -> Prescription | None:
    highest = max(plan.prescriptions, key=lambda one: one.dose_gy, default=None)
    return Prescription(highest.dose_gy, highest.target) if highest else None


def _plan_warnings(plan: IonPlan, beams: tuple[BeamSummary, ...]) -> Iterator[str]:
    if plan.approval is None:
        yield "Approval not recorded"
    elif plan.approval != "APPROVED":
        yield f"Plan is {plan.approval}"
    if not plan.prescriptions:
        yield "Prescription not recorded"
    if len(plan.prescriptions) > 1:
        yield f"{len(plan.prescriptions)} prescriptions: the highest is shown"
    if plan.patient_position is None:
        yield "Patient position not recorded in the plan"
    if plan.header.sop_instance_uid == plan.header.sop_class_uid:
        yield "Plan has no identifier of its own (SOP Instance UID is the SOP Class UID)"
    if len(plan.fraction_groups) > 1:
        counts = " + ".join(
            "?" if group.fractions is None else str(group.fractions)
            for group in plan.fraction_groups
        )
        yield f"{len(plan.fraction_groups)} fraction groups ({counts} fractions): counted together"
    if suspects := [str(beam.number) for beam in beams if beam.snout_position_suspect]:
        yield f"Snout position is given as 0.0 mm (beam {', '.join(suspects)}): probably not set"
    if any(beam.machine and beam.machine.casefold() == "unknown" for beam in plan.beams):
        yield "Treatment machine is given as “Unknown”"


def _relation_warnings(
    course: PlanCourse, delivered: int, views: tuple[DoseView, ...]
) -> Iterator[str]:
    if course.relation.text:
        yield course.relation.text
    if course.dose is None:
        return
    reason = why_no_estimate(course, delivered)
    if delivered and reason:
        yield f"No estimate of the delivered dose: {reason}"
    if not views and not delivered:
        yield "Nothing of this plan was delivered: its dose is not shown"


def _record_warnings(course: PlanCourse, incomplete: int) -> Iterator[str]:
    if incomplete:
        yield f"{incomplete} fraction(s) recorded as incomplete: not counted as delivered"
    first = min((one.date for one in course.records if one.date), default=None)
    if first and course.plan.date and course.plan.date > first:
        yield f"Plan is dated {course.plan.date}, after the first treatment ({first})"
    names = {
        tuple(sorted(header.identity.name.items()))
        for header in (
            course.plan.header,
            *(one.header for one in course.records),
            *((course.structures.header,) if course.structures else ()),
            *((course.dose.header,) if course.dose else ()),
        )
    }
    if len(names) > 1:
        own = course.plan.header.identity.name.get("alphabetic", "none")
        yield f"Patient name differs between objects (in the plan: {own})"


def _dose_warnings(
    inside: float | None, outside: float | None, unit: str, course: PlanCourse
) -> Iterator[str]:
    if inside is None:
        return
    if course.external is None:
        yield "No body outline: dose outside the patient is not masked"
    elif outside is not None and outside > NOTABLE_AIR_DOSE * inside:
        yield f"Dose scored outside the body (up to {outside:.1f} {unit}) is not shown"
