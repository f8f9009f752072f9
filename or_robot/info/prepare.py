"""Everything a panel may ask about a patient, made before it asks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import msgspec

from or_robot.clinical.banner import patient_banner
from or_robot.clinical.beam_geometry import plan_geometry
from or_robot.clinical.chart import patient_chart
from or_robot.clinical.course import unjoined
from or_robot.clinical.delivery import fraction_strip
from or_robot.clinical.relations import Role
from or_robot.info.drawing import DrawableCourse, drawable_courses, identities
from or_robot.info.reading import FHIR, HL7, read_record
from or_robot.sources.dicom import read_dicom
from or_robot.store.store import Store, StoredInstance
from or_robot.types.chart import PatientChart
from or_robot.types.clinical import (
    DvhSet,
    FractionStrip,
    KeyImage,
    PatientBanner,
    PlanGeometry,
    ProtonCard,
)
from or_robot.types.radiotherapy import DicomObject
from or_robot.types.record import PatientRecord

RECIPE = "4"
"""Part of every version: raise it when the preparation itself changes."""

DRAWING_THREADS = 2

Part = PatientChart | DvhSet | KeyImage | FractionStrip | PlanGeometry


@dataclass(frozen=True, slots=True)
class PreparedCase:
    """What `case` answers, without the room."""

    version: str
    patient: PatientBanner
    plans: tuple[ProtonCard, ...]
    imported_s: float
    notes: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()


CASE, CHART, PICTURES = "case", "chart", "pictures"


def dvh_key(plan_uid: str, view: str) -> str:
    return f"dvh/{plan_uid}/{view}"


def fractions_key(plan_uid: str) -> str:
    return f"fractions/{plan_uid}"


def geometry_key(plan_uid: str) -> str:
    return f"geometry/{plan_uid}"


def image_key(plan_uid: str, view: str, orientation: str, index: int) -> str:
    return f"image/{plan_uid}/{view}/{orientation}/{index}"


def version_of(instances: Sequence[StoredInstance], alarms: Sequence[str]) -> str:
    """The same for the same objects, alarms and recipe, on every machine."""
    digests = sorted(one.sha256 for one in instances)
    return hashlib.sha256("\n".join([RECIPE, *digests, *alarms]).encode()).hexdigest()[:16]


def alarms_of(store: Store, patient_id: str) -> tuple[str, ...]:
    """What was refused of a patient and must be settled, one line each."""
    return tuple(
        f"Refusal {one.number} from {one.source}: {one.problem} — {one.remedy}"
        for one in store.refusals.alarms(patient_id)
    )


def prepare_patient(store: Store, patient_id: str, *, pictures: bool = True) -> bool:
    """Make and store everything of one patient at once; False when it was up to date.

    Without `pictures` those are drawn when somebody asks.
    """
    instances = store.instances(patient_id)
    if not instances:
        return False
    alarms = alarms_of(store, patient_id)
    version = version_of(instances, alarms)
    if store.prepared_version(patient_id) == version and (
        not pictures or store.prepared(patient_id, PICTURES) is not None
    ):
        return False
    objects = load_objects(store, instances)
    records = load_records(store, instances)
    drawable = in_force_first(drawable_courses(objects, records, patient_id, version))
    cards = tuple(one.card for one in drawable)
    strips = [fraction_strip(one.course, patient_id, version) for one in drawable]
    chart = patient_chart(patient_id, version, records, cards, strips)
    case = PreparedCase(
        version,
        patient_banner(identities(records, objects), chart),
        cards,
        max(one.imported_s for one in instances),
        (*unjoined(objects), *chart.conflicts),
        alarms,
    )
    payloads = {CASE: msgspec.msgpack.encode(case), CHART: msgspec.msgpack.encode(chart)}
    for one, strip in zip(drawable, strips, strict=True):
        payloads.update(
            (key, msgspec.msgpack.encode(part)) for key, part in _parts(one, strip, pictures)
        )
    if pictures:
        payloads[PICTURES] = b""
    store.put_prepared(patient_id, version, payloads)
    return True


def in_force_first(drawable: Sequence[DrawableCourse]) -> list[DrawableCourse]:
    """A screen opens with the first plan: never with one that was replaced or is over."""
    return sorted(drawable, key=lambda one: one.card.role != Role.CURRENT)


def load_objects(store: Store, instances: Sequence[StoredInstance]) -> list[DicomObject]:
    """DICOM objects of a patient, oldest import first."""
    return [
        read_dicom(store.objects.get(one.sha256))
        for one in instances
        if one.kind not in (FHIR, HL7)
    ]


def load_records(store: Store, instances: Sequence[StoredInstance]) -> list[PatientRecord]:
    """Hospital records and messages of a patient, oldest import first."""
    found = (
        read_record(store.objects.get(one.sha256)) for one in instances if one.kind in (FHIR, HL7)
    )
    return [one for one in found if one is not None]


def _parts(
    drawable: DrawableCourse, strip: FractionStrip, pictures: bool
) -> Iterator[tuple[str, Part]]:
    card = drawable.card
    yield fractions_key(card.plan_uid), strip
    yield (
        geometry_key(card.plan_uid),
        plan_geometry(drawable.course, card.patient_id, card.version),
    )
    for one in drawable.dvh_sets():
        yield dvh_key(card.plan_uid, one.view), one
    if not pictures:
        return
    with ThreadPoolExecutor(DRAWING_THREADS) as pool:  # drawing is C code without Python's lock
        for drawn in pool.map(lambda place: drawable.draw(*place), drawable.prepared_places()):
            for picture in drawn:
                place = (picture.view, picture.orientation, picture.index)
                yield image_key(card.plan_uid, *place), picture
