"""The ways to look at the dose of a plan, each named for exactly what it is."""

from __future__ import annotations

from collections.abc import Iterator

from or_robot.clinical.course import PlanCourse
from or_robot.clinical.relations import Role
from or_robot.types.clinical import DoseView
from or_robot.types.radiotherapy import DoseVolume

PLANNED, DELIVERED = "planned", "delivered"


def dose_views(course: PlanCourse, delivered: int) -> tuple[DoseView, ...]:
    """A plan that was replaced or is of an earlier course is shown as what was delivered only."""
    return tuple(view for view, _ in _views(course, delivered))


def dose_of(course: PlanCourse, key: str) -> DoseVolume:
    """The dose behind a view of `dose_views`; KeyError for another key."""
    return {view.key: dose for view, dose in _views(course, delivered=1)}[key]


def why_no_estimate(course: PlanCourse, delivered: int) -> str | None:
    """What keeps the plan's dose from being scaled to what was delivered; None: nothing does."""
    planned = course.plan.fractions_planned
    if len(course.plan.fraction_groups) > 1:
        return "several fraction groups, each with a dose of its own"
    if not planned:
        return "fractions planned are not recorded"
    if delivered > planned:
        return f"{delivered} fractions delivered of {planned} planned"
    return None


def _views(course: PlanCourse, delivered: int) -> Iterator[tuple[DoseView, DoseVolume]]:
    planned = course.plan.fractions_planned
    count = f"{planned} fx" if planned else "fractions not recorded"
    current = course.relation.role is Role.CURRENT
    if course.dose is not None:
        if current:
            yield DoseView(PLANNED, f"PLANNED ({count})", 1.0), course.dose
        if delivered and planned and why_no_estimate(course, delivered) is None:
            share = f"({delivered}/{planned})"
            label = f"DELIVERED ESTIMATE {share}"
            if not current:
                label = f"{course.relation.role.upper()}: {label}"
            yield DoseView(DELIVERED, label, delivered / planned), course.dose
    if current:
        for key, name, dose in _parts(course):
            yield DoseView(key, f"{name} PLANNED ({count})", 1.0), dose


def _parts(course: PlanCourse) -> Iterator[tuple[str, str, DoseVolume]]:
    """Doses of single beams and fraction groups: never mistaken for that of the plan."""
    names = {beam.number: beam.name for beam in course.plan.beams}
    seen: dict[str, tuple[str, DoseVolume]] = {}
    for dose in course.part_doses:
        if dose.summation_type == "BEAM" and dose.beam_numbers:
            numbers = "+".join(map(str, dose.beam_numbers))
            called = ", ".join(names.get(number, str(number)) for number in dose.beam_numbers)
            seen[f"beam-{numbers}"] = (f"BEAM {called}", dose)
        elif dose.summation_type == "FRACTION" and dose.fraction_group is not None:
            key = f"group-{dose.fraction_group}"
            seen[key] = (f"FRACTION GROUP {dose.fraction_group}", dose)
    for key, (name, dose) in seen.items():
        yield key, name, dose
