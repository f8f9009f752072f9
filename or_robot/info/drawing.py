"""One plan with its volumes in memory, so that any picture or curve can be made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from or_robot.clinical.banner import shown_name
from or_robot.clinical.card import dose_maxima, proton_card
from or_robot.clinical.course import PlanCourse, courses
from or_robot.clinical.dose_views import DELIVERED, PLANNED, dose_of
from or_robot.clinical.dvh import dose_axis, dvh_curve, scaled
from or_robot.clinical.key_image import Place, key_images
from or_robot.clinical.section import ORIENTATIONS, SectionSource
from or_robot.types.clinical import (
    PREPARED_STYLE,
    DoseView,
    DvhSet,
    ImageStyle,
    KeyImage,
    ProtonCard,
)
from or_robot.types.radiotherapy import DicomObject, Identity
from or_robot.types.record import PatientRecord

PREPARED_SLICES = {"axial": 8, "coronal": 3, "sagittal": 3}
"""Pictures to each side of the key slice that are drawn beforehand."""

WHOLE = (PLANNED, DELIVERED)
"""Views of the dose of the whole plan; those of its beams and groups are made when asked for."""

DEFAULT_PLANE_SPACING_MM = 3.0
"""Slab of a structure with a single contour plane, when there is no CT to tell."""


@dataclass(frozen=True)
class DrawableCourse:
    card: ProtonCard
    source: SectionSource
    patient_name: str
    _parts: dict[str, tuple[ProtonCard, SectionSource]] = field(default_factory=dict)

    @property
    def course(self) -> PlanCourse:
        return self.source.course

    def draw(
        self, orientation: str, index: int, style: ImageStyle = PREPARED_STYLE
    ) -> tuple[KeyImage, ...]:
        """One picture for each view of the whole plan's dose."""
        views = [view for view in self.card.dose_views if view.key in WHOLE]
        return self._draw(self.card, self.source, views, orientation, index, style)

    def draw_view(
        self, view: DoseView, orientation: str, index: int, style: ImageStyle
    ) -> KeyImage:
        """Also of a beam's or a fraction group's dose."""
        card, source = self._of(view)
        return self._draw(card, source, [view], orientation, index, style)[0]

    def _draw(
        self,
        card: ProtonCard,
        source: SectionSource,
        views: Sequence[DoseView],
        orientation: str,
        index: int,
        style: ImageStyle,
    ) -> tuple[KeyImage, ...]:
        place = Place(ORIENTATIONS[orientation], index, self.prepared_range(orientation))
        return key_images(source, card, views, place, self.patient_name, style)

    def _of(self, view: DoseView) -> tuple[ProtonCard, SectionSource]:
        """Card and volumes with the view's own dose in the place of the plan's."""
        if view.key in WHOLE:
            return self.card, self.source
        if view.key not in self._parts:
            dose = dose_of(self.course, view.key)
            highest, _ = dose_maxima(dose, self.course.external)
            self._parts[view.key] = (
                replace(self.card, max_dose_gy=round(highest, 3)),
                SectionSource(replace(self.course, dose=dose)),
            )
        return self._parts[view.key]

    def prepared_range(self, orientation: str) -> tuple[int, int]:
        low, high = self.source.index_range(ORIENTATIONS[orientation])
        reach = PREPARED_SLICES[orientation]
        return max(low, -reach), min(high, reach)

    def prepared_places(self) -> list[tuple[str, int]]:
        """Orientation and index of every picture that is drawn beforehand."""
        if self.course.ct is None or self.course.dose is None or not self.card.dose_views:
            return []
        return [
            (orientation, index)
            for orientation in ORIENTATIONS
            for first, last in [self.prepared_range(orientation)]
            for index in range(first, last + 1)
        ]

    def dvh_sets(self) -> Iterator[DvhSet]:
        """One for each view of the whole plan's dose; none without dose or structures."""
        views = [view for view in self.card.dose_views if view.key in WHOLE]
        yield from _dvh_sets(self.card, self.course, views)

    def dvh_set(self, view: DoseView) -> DvhSet | None:
        """Also of a beam's or a fraction group's dose; None without dose or structures."""
        card, source = self._of(view)
        return next(iter(_dvh_sets(card, source.course, [view])), None)


def drawable_courses(
    objects: Sequence[DicomObject],
    records: Sequence[PatientRecord],
    patient_id: str,
    version: str,
) -> tuple[DrawableCourse, ...]:
    known = identities(records, objects)
    name: dict[str, str] = {}
    for one in known:
        name = {**one.name, **name}
    return tuple(
        DrawableCourse(
            proton_card(course, patient_id, version), SectionSource(course), shown_name(name)
        )
        for course in courses(objects)
    )


def identities(records: Sequence[PatientRecord], objects: Sequence[DicomObject]) -> list[Identity]:
    """Whom to ask first: the hospital's records, newest first, then the DICOM objects."""
    return [
        *(one.identity for one in reversed(records)),
        *(one.header.identity for one in objects),
    ]


def _dvh_sets(card: ProtonCard, course: PlanCourse, views: Sequence[DoseView]) -> Iterator[DvhSet]:
    if course.dose is None or course.structures is None or not views:
        return
    axis = dose_axis(card.max_dose_gy or 0.0)
    spacing = course.ct.grid.spacing_mm[2] if course.ct else DEFAULT_PLANE_SPACING_MM
    found = (
        dvh_curve(one, course.external, course.dose, spacing, axis)
        for one in course.structures.structures
    )
    curves = [curve for curve in found if curve is not None]
    for view in views:
        yield DvhSet(
            patient_id=card.patient_id,
            version=card.version,
            view=view.key,
            view_label=view.label,
            dose_unit=card.dose_unit,
            curves=tuple(scaled(curve, view.scale) for curve in curves),
        )
