"""What of a plan was delivered, from its treatment records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from or_robot.clinical.course import PlanCourse
from or_robot.types.clinical import FractionDay, FractionStrip
from or_robot.types.radiotherapy import FractionGroup, IonBeam, IonPlan, TreatmentRecord

FractionKey = tuple[int | None, int | str | None]
"""Number of the fraction group; number of the fraction in it, else its date."""


def treatment_beams(plan: IonPlan) -> list[IonBeam]:
    """Beams that treat; set-up and verification beams are left out."""
    return [beam for beam in plan.beams if beam.delivery_type in (None, "TREATMENT")]


def fraction_days(course: PlanCourse) -> tuple[FractionDay, ...]:
    """Every fraction that was begun, oldest first.

    One is "delivered" once each treatment beam of its group ended NORMAL, if need be in several
    sessions.
    """
    sessions: dict[FractionKey, list[TreatmentRecord]] = defaultdict(list)
    for record in course.records:
        group = _group_of(record, course.plan)
        for key in _fractions_in(record):
            sessions[group.number if group else None, key].append(record)
    days = [_day(course.plan, key, records) for key, records in sessions.items()]
    return tuple(sorted(days, key=lambda day: (day.date or "", day.group or 0, day.number or 0)))


def _fractions_in(record: TreatmentRecord) -> Iterable[int | str | None]:
    numbers = {beam.fraction for beam in record.beams}
    return {record.date if number is None else number for number in numbers}


def _group_of(record: TreatmentRecord, plan: IonPlan) -> FractionGroup | None:
    """The group that a record names, else the only one that has all its beams."""
    beams = {beam.beam_number for beam in record.beams}
    for group in plan.fraction_groups:
        if record.fraction_group is not None:
            if group.number == record.fraction_group:
                return group
        elif beams <= set(group.beam_numbers):
            return group
    return None


def _day(plan: IonPlan, key: FractionKey, records: list[TreatmentRecord]) -> FractionDay:
    group_number, fraction = key
    groups = [group for group in plan.fraction_groups if group.number == group_number]
    treating = {beam.number for beam in treatment_beams(plan)}
    wanted = (treating & set(groups[0].beam_numbers) if groups else set()) or treating
    beams = [
        beam
        for record in records
        for beam in record.beams
        if fraction in (beam.fraction, record.date)
    ]
    done = wanted & {beam.beam_number for beam in beams if beam.termination == "NORMAL"}
    metersets = [beam.meterset_mu for beam in beams if beam.meterset_mu is not None]
    return FractionDay(
        number=fraction if isinstance(fraction, int) else None,
        group=group_number,
        date=max((record.date for record in records if record.date), default=None),
        state="delivered" if wanted <= done else "incomplete",
        beams_delivered=len(done),
        beams_planned=len(wanted),
        meterset_mu=round(sum(metersets), 3) if metersets else None,
    )


def fraction_strip(course: PlanCourse, patient_id: str, version: str) -> FractionStrip:
    days = fraction_days(course)
    return FractionStrip(
        patient_id=patient_id,
        version=version,
        plan_uid=course.plan.header.sop_instance_uid,
        planned=course.plan.fractions_planned,
        delivered=sum(day.state == "delivered" for day in days),
        days=days,
    )
