"""Which objects belong together: one ion plan with its dose, structures, CT and records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
    return tuple(_course(one, objects, series) for one in objects if isinstance(one, IonPlan))


def _course(
    plan: IonPlan, objects: Sequence[DicomObject], series: dict[str, list[CtSlice]]
) -> PlanCourse:
    warnings: list[str] = []
    frame = plan.header.frame_of_reference_uid
    structures = _structures(plan, objects, warnings)
    if structures is not None:
        frame = structures.header.frame_of_reference_uid or frame
    ct = _ct(structures, frame, series, warnings)
    dose = _dose(plan, objects, frame, warnings)
    records = tuple(
        one
        for one in objects
        if isinstance(one, TreatmentRecord) and one.plan_uid == plan.header.sop_instance_uid
    )
    return PlanCourse(plan, dose, structures, ct, records, tuple(warnings))


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


def _dose(
    plan: IonPlan, objects: Iterable[DicomObject], frame: str | None, warnings: list[str]
) -> DoseVolume | None:
    named = [
        one
        for one in objects
        if isinstance(one, DoseVolume) and one.plan_uid == plan.header.sop_instance_uid
    ]
    fitting = [
        one
        for one in named
        if one.summation_type == "PLAN" and one.header.frame_of_reference_uid == frame
    ]
    if not fitting:
        reason = "only of parts or in another frame of reference" if named else "none stored"
        warnings.append(f"No dose of the whole plan: {reason}")
        return None
    if len(fitting) > 1:
        warnings.append(f"{len(fitting)} doses of this plan: the newest import is shown")
    return fitting[-1]


def _same_frame(one: InstanceHeader, other: InstanceHeader) -> bool:
    frame = one.frame_of_reference_uid
    return frame is not None and frame == other.frame_of_reference_uid
