"""Which objects belong together: one ion plan with its dose, structures, CT and records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from or_robot.clinical.relations import Relation, Role, relations
from or_robot.clinical.volume import assemble_ct
from or_robot.errors import OrRobotError
from or_robot.types.radiotherapy import (
    CtSlice,
    CtVolume,
    DicomObject,
    DoseVolume,
    InstanceHeader,
    IonPlan,
    Structure,
    StructureSet,
    TreatmentRecord,
)

ALONE = Relation(Role.CURRENT, "")
TARGET_PREFIXES = ("CTV", "PTV", "GTV")
EXTERNAL_NAMES = ("EXTERNAL", "BODY", "SKIN")


@dataclass(frozen=True, slots=True)
class PlanCourse:
    """Everything known about one plan."""

    plan: IonPlan
    dose: DoseVolume | None
    structures: StructureSet | None
    ct: CtVolume | None
    records: tuple[TreatmentRecord, ...]
    warnings: tuple[str, ...]
    """How the objects were joined, where the source left it open."""
    relation: Relation = ALONE
    part_doses: tuple[DoseVolume, ...] = ()
    """Doses of single beams or fraction groups, in the frame of the whole one."""

    @property
    def external(self) -> Structure | None:
        """The body outline, by interpreted type, else by its usual names."""
        return _find(self.structures, "EXTERNAL", EXTERNAL_NAMES)

    @property
    def target(self) -> Structure | None:
        """The structure the pictures go through: CTV, else PTV, else GTV."""
        for prefix in TARGET_PREFIXES:
            found = _find(self.structures, prefix, (prefix,))
            if found is not None:
                return found
        return None


def _find(
    structures: StructureSet | None, interpreted_type: str, prefixes: tuple[str, ...]
) -> Structure | None:
    """First drawn structure of the type, else the first whose name starts so."""
    drawn = [one for one in structures.structures if one.contours] if structures else []
    by_type = (one for one in drawn if one.interpreted_type == interpreted_type)
    by_name = (one for one in drawn if one.name.upper().startswith(prefixes))
    return next(by_type, None) or next(by_name, None)


def courses(objects: Sequence[DicomObject]) -> tuple[PlanCourse, ...]:
    """One a plan, in the order given. `objects`: all of one patient, oldest import first."""
    series: dict[str, list[CtSlice]] = defaultdict(list)
    for one in objects:
        if isinstance(one, CtSlice):
            series[one.header.series_uid].append(one)
    plans = [one for one in objects if isinstance(one, IonPlan)]
    records = [one for one in objects if isinstance(one, TreatmentRecord)]
    related = relations(plans, records)
    return tuple(
        _course(one, objects, series, related[one.header.sop_instance_uid]) for one in plans
    )


def unjoined(objects: Sequence[DicomObject]) -> tuple[str, ...]:
    """What belongs to no stored plan, one line a kind."""
    plans = {one.header.sop_instance_uid for one in objects if isinstance(one, IonPlan)}
    doses = sum(isinstance(one, DoseVolume) and one.plan_uid not in plans for one in objects)
    records = sum(isinstance(one, TreatmentRecord) and one.plan_uid not in plans for one in objects)
    lines = []
    if doses:
        lines.append(f"{doses} dose(s) of a plan that is not stored: not shown")
    if records:
        lines.append(f"{records} treatment record(s) of a plan that is not stored: not counted")
    if not plans and any(not isinstance(one, DoseVolume | TreatmentRecord) for one in objects):
        lines.append("Images or structures without a plan: not shown")
    return tuple(lines)


def _course(
    plan: IonPlan,
    objects: Sequence[DicomObject],
    series: dict[str, list[CtSlice]],
    relation: Relation,
) -> PlanCourse:
    warnings: list[str] = []
    frame = plan.header.frame_of_reference_uid
    structures = _structures(plan, objects, warnings)
    if structures is not None:
        frame = structures.header.frame_of_reference_uid or frame
    ct = _ct(structures, frame, series, warnings)
    dose, parts = _doses(plan, objects, frame, warnings)
    records = tuple(
        one
        for one in objects
        if isinstance(one, TreatmentRecord) and one.plan_uid == plan.header.sop_instance_uid
    )
    return PlanCourse(plan, dose, structures, ct, records, tuple(warnings), relation, parts)


def _structures(
    plan: IonPlan, objects: Iterable[DicomObject], warnings: list[str]
) -> StructureSet | None:
    sets = [one for one in objects if isinstance(one, StructureSet)]
    for one in sets:
        if one.header.sop_instance_uid == plan.structure_set_uid:
            return one
    fitting = [one for one in sets if _same_frame(one.header, plan.header)]
    if not fitting:
        warnings.append("No structure set: no contours, no DVH, dose not masked to the body")
        return None
    warnings.append("Plan names no stored structure set: joined by frame of reference")
    if len(fitting) > 1:
        warnings.append(f"{len(fitting)} structure sets fit: the newest import is shown")
    return fitting[-1]


def _ct(
    structures: StructureSet | None,
    frame: str | None,
    series: dict[str, list[CtSlice]],
    warnings: list[str],
) -> CtVolume | None:
    named = structures.image_uids if structures else frozenset()
    for slices in series.values():
        if any(one.header.sop_instance_uid in named for one in slices):
            return _assembled(slices, warnings)
    fitting = [
        slices for slices in series.values() if slices[0].header.frame_of_reference_uid == frame
    ]
    if frame is None or not fitting:
        warnings.append("No CT in the plan's frame of reference: no picture")
        return None
    if named:
        warnings.append("Structure set names other images than this CT: joined by frame")
    if len(fitting) > 1:
        warnings.append(f"{len(fitting)} CT series fit: the newest import is shown")
    return _assembled(fitting[-1], warnings)


def _assembled(slices: list[CtSlice], warnings: list[str]) -> CtVolume | None:
    try:
        return assemble_ct(slices)
    except OrRobotError as error:
        warnings.append(f"No picture: {error}")
        return None


def _doses(
    plan: IonPlan, objects: Iterable[DicomObject], frame: str | None, warnings: list[str]
) -> tuple[DoseVolume | None, tuple[DoseVolume, ...]]:
    """Dose of the whole plan, and those of its beams and fraction groups."""
    named = [
        one
        for one in objects
        if isinstance(one, DoseVolume) and one.plan_uid == plan.header.sop_instance_uid
    ]
    fitting = [one for one in named if one.header.frame_of_reference_uid == frame]
    if len(fitting) < len(named):
        warnings.append(
            f"{len(named) - len(fitting)} dose(s) in another frame of reference: not shown"
        )
    whole = [one for one in fitting if one.summation_type == "PLAN"]
    parts = tuple(one for one in fitting if one.summation_type in ("BEAM", "FRACTION"))
    others = {one.summation_type or "none" for one in fitting} - {"PLAN", "BEAM", "FRACTION"}
    if others:
        warnings.append(f"Dose summation type {', '.join(sorted(others))}: not shown")
    if not whole:
        reason = "only of beams or fraction groups" if parts else "none stored that fits"
        warnings.append(f"No dose of the whole plan: {reason}")
    if len(whole) > 1:
        warnings.append(f"{len(whole)} doses of this plan: the newest import is shown")
    return (whole[-1] if whole else None), parts


def _same_frame(one: InstanceHeader, other: InstanceHeader) -> bool:
    frame = one.frame_of_reference_uid
    return frame is not None and frame == other.frame_of_reference_uid
