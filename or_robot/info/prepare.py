"""Everything a panel may ask about a patient, made before it asks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import msgspec

from or_robot.clinical.banner import patient_banner
from or_robot.clinical.card import proton_card
from or_robot.clinical.course import PlanCourse, courses
from or_robot.clinical.dvh import dose_axis, dvh_curve, scaled
from or_robot.clinical.key_image import Place, key_images
from or_robot.clinical.section import ORIENTATIONS, SectionSource
from or_robot.sources.dicom import read_dicom
from or_robot.sources.fhir import read_fhir
from or_robot.store.store import Store, StoredInstance
from or_robot.types.clinical import DvhSet, KeyImage, PatientBanner, ProtonCard
from or_robot.types.radiotherapy import DicomObject
from or_robot.types.record import PatientRecord

RECIPE = "2"
"""Part of every version: raise it when the preparation itself changes."""

PREPARED_SLICES = {"axial": 8, "coronal": 3, "sagittal": 3}
"""Pictures to each side of the key slice that are drawn beforehand."""

DRAWING_THREADS = 2

DEFAULT_PLANE_SPACING_MM = 3.0
"""Slab of a structure with a single contour plane, when there is no CT to tell."""

FHIR = "FHIR"


@dataclass(frozen=True, slots=True)
class PreparedCase:
    """What `case` answers, without the room."""

    version: str
    patient: PatientBanner
    plans: tuple[ProtonCard, ...]
    imported_s: float


@dataclass(frozen=True, slots=True)
class DrawableCourse:
    """One plan, loaded, so that any picture can be drawn."""

    card: ProtonCard
    source: SectionSource

    @property
    def complete(self) -> bool:
        """Both CT and dose are there."""
        return self.source.course.ct is not None and self.source.course.dose is not None

    def draw(self, orientation: str, index: int) -> tuple[KeyImage, ...]:
        """One picture a dose view of the card."""
        place = Place(ORIENTATIONS[orientation], index, self.prepared_range(orientation))
        return key_images(self.source, self.card, self.card.dose_views, place, "")

    def prepared_range(self, orientation: str) -> tuple[int, int]:
        low, high = self.source.index_range(ORIENTATIONS[orientation])
        reach = PREPARED_SLICES[orientation]
        return max(low, -reach), min(high, reach)


def case_key() -> str:
    return "case"


def dvh_key(plan_uid: str, view: str) -> str:
    return f"dvh/{plan_uid}/{view}"


def image_key(plan_uid: str, view: str, orientation: str, index: int) -> str:
    return f"image/{plan_uid}/{view}/{orientation}/{index}"


def version_of(instances: Sequence[StoredInstance]) -> str:
    """The same for the same objects and recipe, on every machine."""
    digests = sorted(one.sha256 for one in instances)
    return hashlib.sha256("\n".join([RECIPE, *digests]).encode()).hexdigest()[:16]


def prepare_patient(store: Store, patient_id: str) -> bool:
    """Make and store everything of one patient; False when it was up to date."""
    instances = store.instances(patient_id)
    version = version_of(instances)
    if store.prepared_version(patient_id) == version:
        return False
    objects = load_objects(store, instances)
    drawable = drawable_courses(objects, patient_id, version)
    case = PreparedCase(
        version,
        patient_banner([one.header.identity for one in objects], load_record(store, instances)),
        tuple(one.card for one in drawable),
        max(one.imported_s for one in instances),
    )
    payloads = {case_key(): msgspec.msgpack.encode(case)}
    for one in drawable:
        payloads.update((key, msgspec.msgpack.encode(part)) for key, part in _parts(one))
    store.put_prepared(patient_id, version, payloads)
    return True


def load_objects(store: Store, instances: Sequence[StoredInstance]) -> list[DicomObject]:
    """DICOM objects of a patient, oldest import first."""
    return [read_dicom(store.objects.get(one.sha256)) for one in instances if one.kind != FHIR]


def load_record(store: Store, instances: Sequence[StoredInstance]) -> PatientRecord | None:
    """The record imported last."""
    bundles = [one for one in instances if one.kind == FHIR]
    return read_fhir(store.objects.get(bundles[-1].sha256)) if bundles else None


def drawable_courses(
    objects: Sequence[DicomObject], patient_id: str, version: str
) -> tuple[DrawableCourse, ...]:
    return tuple(
        DrawableCourse(proton_card(course, patient_id, version), SectionSource(course))
        for course in courses(objects)
    )


def _parts(drawable: DrawableCourse) -> Iterator[tuple[str, DvhSet | KeyImage]]:
    card = drawable.card
    for one in dvh_sets(drawable.source.course, card):
        yield dvh_key(card.plan_uid, one.view), one
    if not drawable.complete:
        return
    wanted = [
        (orientation, index)
        for orientation in ORIENTATIONS
        for index in _both_ends_included(drawable.prepared_range(orientation))
    ]
    with ThreadPoolExecutor(DRAWING_THREADS) as pool:  # drawing is C code without Python's lock
        for pictures in pool.map(lambda place: drawable.draw(*place), wanted):
            for picture in pictures:
                place = (picture.view, picture.orientation, picture.index)
                yield image_key(card.plan_uid, *place), picture


def _both_ends_included(ends: tuple[int, int]) -> range:
    return range(ends[0], ends[1] + 1)


def dvh_sets(course: PlanCourse, card: ProtonCard) -> Iterator[DvhSet]:
    """One a dose view; none without dose or structures."""
    if course.dose is None or course.structures is None:
        return
    axis = dose_axis(card.max_dose_gy or 0.0)
    spacing = course.ct.grid.spacing_mm[2] if course.ct else DEFAULT_PLANE_SPACING_MM
    found = (
        dvh_curve(one, course.external, course.dose, spacing, axis)
        for one in course.structures.structures
    )
    curves = [curve for curve in found if curve is not None]
    for view in card.dose_views:
        yield DvhSet(
            patient_id=card.patient_id,
            version=card.version,
            view=view.key,
            view_label=view.label,
            dose_unit=card.dose_unit,
            curves=tuple(scaled(curve, view.scale) for curve in curves),
        )
