"""The information use cases behind the link: import, look, assign, remember. No sockets here.

Every method is safe to call from any thread. Looks at a patient are audited by the caller with
`record_access`, because only the caller knows who asked, from which room and why.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from or_robot.clinical.section import ORIENTATIONS
from or_robot.errors import OrRobotError
from or_robot.info.checklist import RoomChecklists
from or_robot.info.importer import Importer, ImportFailure, Progress
from or_robot.info.prepare import (
    DrawableCourse,
    PreparedCase,
    case_key,
    drawable_courses,
    dvh_key,
    image_key,
    load_objects,
    prepare_patient,
    version_of,
)
from or_robot.store.audit import AuditCheck
from or_robot.store.store import Store
from or_robot.types.clinical import CaseVersion, DvhSet, KeyImage, ProtonCard, RoomCase
from or_robot.types.procedure import Phase, ProcedurePhase

T = TypeVar("T")


class UnknownCase(OrRobotError):
    """Nothing is stored under what was asked for; the remedy lists what there is."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one import did."""

    imported: int
    already_known: int
    failures: tuple[ImportFailure, ...]
    patients: tuple[str, ...]
    import_s: float
    prepare_s: float


def no_progress(_what: str, _done: int, _total: int) -> None:
    """For callers that show none."""


class InformationService:
    """One store, opened at a folder (usually `$OR_ROBOT_HOME/info`)."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        """`url`: SQLAlchemy address of the database; None is SQLite (WAL) inside the folder."""
        self._store = Store(folder, url)
        self.checklists = RoomChecklists(self._store)
        self._quarantine = folder / "quarantine"
        self._loading = threading.Lock()
        self._loaded: tuple[str, tuple[DrawableCourse, ...]] = ("", ())

    def close(self) -> None:
        self._store.close()

    def import_paths(self, paths: Iterable[Path], progress: Progress = no_progress) -> ImportReport:
        """Take in files and folders of DICOM and FHIR, then prepare the patients they belong to.

        A damaged file is copied to quarantine and named in the report; the others are imported.
        A new record's booking fills a room that is empty; it never moves anybody out of one.
        """
        begin = time.perf_counter()
        intake = Importer(self._store, self._quarantine).run(paths, progress)
        imported = time.perf_counter()
        for done, patient_id in enumerate(intake.patients):
            progress("prepare", done, len(intake.patients))
            prepare_patient(self._store, patient_id)
        progress("prepare", len(intake.patients), len(intake.patients))
        return ImportReport(
            intake.imported,
            intake.already_known,
            intake.failures,
            intake.patients,
            imported - begin,
            time.perf_counter() - imported,
        )

    def refresh(self) -> None:
        """Prepare again who is in a room and not up to date: after a crash or a new recipe."""
        for patient_id in self._store.rooms().values():
            prepare_patient(self._store, patient_id)

    def occupant(self, room: str) -> str | None:
        """ID of the patient in a room; far cheaper than the whole case."""
        return self._store.occupant(room)

    def case(self, room: str) -> RoomCase:
        """Who is in the room; a RoomCase without patient when nobody is assigned."""
        patient_id = self.occupant(room)
        if patient_id is None:
            return RoomCase(room, "", None, (), None)
        case = self.patient_case(patient_id)
        return RoomCase(room, case.version, case.patient, case.plans, case.imported_s)

    def patient_case(self, patient_id: str) -> PreparedCase:
        """Raises UnknownCase."""
        return self._prepared(patient_id, case_key(), PreparedCase)

    def dvh(self, patient_id: str, plan_uid: str, view: str) -> DvhSet:
        """Raises UnknownCase naming what there is."""
        self._card(patient_id, plan_uid, view)
        return self._prepared(patient_id, dvh_key(plan_uid, view), DvhSet)

    def image(
        self, patient_id: str, plan_uid: str, view: str, orientation: str, index: int
    ) -> KeyImage:
        """`index` counts slices from the key slice (0) toward S (axial), P (coronal), L (sagittal).

        Pictures outside the prepared range are drawn now. Raises UnknownCase naming what there is.
        """
        key = image_key(plan_uid, view, orientation, index)
        payload = self._store.prepared(patient_id, key)
        if payload is not None:
            return msgspec.msgpack.decode(payload.data, type=KeyImage)
        self._card(patient_id, plan_uid, view)
        if orientation not in ORIENTATIONS:
            raise UnknownCase(f"no orientation {orientation!r}", f"use {', '.join(ORIENTATIONS)}")
        course = self._drawable(patient_id, plan_uid)
        first, last = course.source.index_range(ORIENTATIONS[orientation])
        if not first <= index <= last:
            raise UnknownCase(f"no {orientation} slice {index}", f"use {first} to {last}")
        return next(one for one in course.draw(orientation, index) if one.view == view)

    def _card(self, patient_id: str, plan_uid: str, view: str) -> ProtonCard:
        """The plan's card, once it is sure that plan and view exist."""
        plans = {card.plan_uid: card for card in self.patient_case(patient_id).plans}
        if plan_uid not in plans:
            raise UnknownCase(
                "the patient has no such plan", f"plans: {', '.join(plans) or 'none'}"
            )
        views = [one.key for one in plans[plan_uid].dose_views]
        if view not in views:
            raise UnknownCase(
                f"the plan has no dose view {view!r}", f"views: {', '.join(views) or 'none'}"
            )
        return plans[plan_uid]

    def _drawable(self, patient_id: str, plan_uid: str) -> DrawableCourse:
        """The plan with its volumes; those of the patient asked for last are kept in memory."""
        instances = self._store.instances(patient_id)
        version = version_of(instances)
        with self._loading:
            if self._loaded[0] != version:
                objects = load_objects(self._store, instances)
                self._loaded = (version, drawable_courses(objects, patient_id, version))
            found = [one for one in self._loaded[1] if one.card.plan_uid == plan_uid]
        if not found or not found[0].complete:
            raise UnknownCase("the plan has no picture", "import its CT and its RT Dose")
        return found[0]

    def _prepared(self, patient_id: str, key: str, kind: type[T]) -> T:
        payload = self._store.prepared(patient_id, key)
        if payload is None:
            raise UnknownCase(
                f"no {key.partition('/')[0]} stored for patient {patient_id}",
                "import the patient: or-robot info import FOLDER",
            )
        return msgspec.msgpack.decode(payload.data, type=kind)

    def phase(self, room: str) -> ProcedurePhase | None:
        """Last phase set in the room; None when nobody ever set one (counts as the strictest)."""
        stored = self._store.phase(room)
        return ProcedurePhase(stored[1], room, Phase(stored[0])) if stored else None

    def set_phase(self, room: str, phase: Phase) -> ProcedurePhase:
        return ProcedurePhase(self._store.set_phase(room, phase.value), room, phase)

    def assign(self, room: str, patient_id: str | None) -> None:
        """Put a patient into a room; None empties it. Raises UnknownCase."""
        if patient_id is not None and self._store.patient(patient_id) is None:
            raise UnknownCase(
                f"no patient {patient_id} is stored", "import first: or-robot info import FOLDER"
            )
        self._store.assign(room, patient_id)

    def versions(self) -> tuple[CaseVersion, ...]:
        """Version of everything prepared, a room with a patient each."""
        return tuple(
            CaseVersion(room, self._store.prepared_version(patient_id) or "")
            for room, patient_id in self._store.rooms().items()
        )

    def record_access(
        self, *, actor: str, room: str, action: str, patient_id: str | None, why: str
    ) -> None:
        """Append to the audit; raises when it cannot, and then the answer must not be given."""
        self._store.audit.append(
            actor=actor, room=room, action=action, patient_id=patient_id, why=why
        )

    def verify_audit(self) -> AuditCheck:
        """Raises AuditBroken."""
        return self._store.audit.verify()
