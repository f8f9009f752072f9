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
from or_robot.info import prepare
from or_robot.info.checklist import RoomChecklists
from or_robot.info.drawing import DrawableCourse, drawable_courses
from or_robot.info.importer import Importer, ImportFailure, Progress
from or_robot.info.prepare import PreparedCase, prepare_patient
from or_robot.info.schedule import expected, room_schedule
from or_robot.store.audit import AuditCheck
from or_robot.store.objects import digest
from or_robot.store.refusals import Refusal
from or_robot.store.store import Store, StoredInstance
from or_robot.types.chart import PatientChart, RoomSchedule
from or_robot.types.clinical import (
    PREPARED_STYLE,
    CaseVersion,
    DoseView,
    DvhSet,
    FractionStrip,
    ImageStyle,
    KeyImage,
    PlanGeometry,
    RoomCase,
)
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
        self._loading = threading.Lock()
        self._loaded: tuple[str, tuple[DrawableCourse, ...]] = ("", ())

    def close(self) -> None:
        self._store.close()

    # Taking in

    def import_paths(self, paths: Iterable[Path], progress: Progress = no_progress) -> ImportReport:
        """Take in files and folders of DICOM, FHIR and HL7v2, then prepare their patients.

        A damaged file is copied to quarantine and named in the report; the others are imported.
        A new record's booking fills a room that is empty; it never moves anybody out of one.
        """
        begin = time.perf_counter()
        intake = Importer(self._store, "files").run(paths, progress)
        imported = time.perf_counter()
        for done, patient_id in enumerate(intake.patients):
            progress("prepare", done, len(intake.patients))
            self.prepare(patient_id)
        progress("prepare", len(intake.patients), len(intake.patients))
        return ImportReport(
            intake.imported,
            intake.already_known,
            intake.failures,
            intake.patients,
            imported - begin,
            time.perf_counter() - imported,
        )

    def take(self, data: bytes, source: str) -> str:
        """One object from a source on the network: durable when it returns its patient's ID.

        It is not prepared yet. Raises importer.Refused (in quarantine by then) or
        StoreUnavailable (nothing kept, send it again).
        """
        return Importer(self._store, source).take(data)

    def knows(self, data: bytes) -> bool:
        """Whether the same bytes are stored."""
        return self._store.owner(digest(data)) is not None

    def knows_uid(self, patient_id: str, kind: str, uid: str) -> bool:
        """Whether an object is stored; `kind`: its DICOM modality."""
        return self._store.with_uid(patient_id, kind, uid) is not None

    def prepare(self, patient_id: str) -> bool:
        """Make the answers, pictures too if the patient is in a room or next in one.

        False when they were up to date.
        """
        pictures = patient_id in expected(self._store)
        return prepare_patient(self._store, patient_id, pictures=pictures)

    def refresh(self) -> None:
        """Prepare who is in a room or next and not up to date: after a crash, a new recipe, an
        arrival.
        """
        for patient_id in expected(self._store):
            prepare_patient(self._store, patient_id)

    def finish_deletions(self) -> None:
        """Remove files that a deletion cut short has left."""
        self._store.remove_doomed()

    def expected(self) -> list[str]:
        """IDs of the patients in the rooms and next in them."""
        return expected(self._store)

    def refusals(self) -> tuple[Refusal, ...]:
        """Everything that was not taken in, oldest first."""
        return self._store.refusals.all()

    def settle(self, number: int, actor: str) -> Refusal:
        """A person has dealt with a refusal: no alarm any more. Raises OrRobotError."""
        refusal = self._store.refusals.settle(number, actor)
        if refusal.patient_id is not None:
            self.prepare(refusal.patient_id)
        return refusal

    def delete_patient(self, patient_id: str) -> int:
        """Objects, answers, bookings, quarantine; the audit stays. Returns how many objects.

        Raises UnknownCase.
        """
        self._check_known(patient_id)
        with self._loading:
            self._loaded = ("", ())
            return self._store.delete_patient(patient_id)

    # Looking

    def occupant(self, room: str) -> str | None:
        """ID of the patient in a room; far cheaper than the whole case."""
        return self._store.occupant(room)

    def case(self, room: str) -> RoomCase:
        """Who is in the room; a RoomCase without patient when nobody is assigned."""
        patient_id = self.occupant(room)
        if patient_id is None:
            return RoomCase(room, "", None, (), None)
        case = self._ready(patient_id, prepare.CASE, PreparedCase)
        if case is None:
            raise UnknownCase(f"the patient in {room} is being prepared", "ask again in a moment")
        return RoomCase(
            room,
            case.version,
            case.patient,
            case.plans,
            case.imported_s,
            case.notes,
            case.alarms,
        )

    def patient_case(self, patient_id: str) -> PreparedCase:
        """Raises UnknownCase."""
        return self._prepared(patient_id, prepare.CASE, PreparedCase)

    def chart(self, patient_id: str) -> PatientChart:
        """Raises UnknownCase."""
        return self._prepared(patient_id, prepare.CHART, PatientChart)

    def fractions(self, patient_id: str, plan_uid: str) -> FractionStrip:
        """Raises UnknownCase."""
        _check_plan(self.patient_case(patient_id), plan_uid)
        return self._prepared(patient_id, prepare.fractions_key(plan_uid), FractionStrip)

    def geometry(self, patient_id: str, plan_uid: str) -> PlanGeometry:
        """Raises UnknownCase."""
        _check_plan(self.patient_case(patient_id), plan_uid)
        return self._prepared(patient_id, prepare.geometry_key(plan_uid), PlanGeometry)

    def dvh(self, patient_id: str, plan_uid: str, view: str) -> DvhSet:
        """Raises UnknownCase naming what there is."""
        ready = self._ready(patient_id, prepare.dvh_key(plan_uid, view), DvhSet)
        if ready is not None:
            return ready
        case = self.patient_case(patient_id)
        found = _view(case, plan_uid, view)
        made = self._drawable(patient_id, plan_uid, case.version).dvh_set(found)
        if made is None:
            raise UnknownCase("the plan has no DVH", "import its structure set and its RT Dose")
        return made

    def image(
        self,
        patient_id: str,
        plan_uid: str,
        view: str,
        orientation: str,
        index: int,
        style: ImageStyle = PREPARED_STYLE,
    ) -> KeyImage:
        """`index` counts slices from the key slice (0) toward S (axial), P (coronal), L (sagittal).

        Pictures outside the prepared range or of another style are drawn now. Raises UnknownCase
        naming what there is, OrRobotError for a style that cannot be drawn.
        """
        if style == PREPARED_STYLE:
            key = prepare.image_key(plan_uid, view, orientation, index)
            ready = self._ready(patient_id, key, KeyImage)
            if ready is not None:
                return ready
        case = self.patient_case(patient_id)
        found = _view(case, plan_uid, view)
        if orientation not in ORIENTATIONS:
            raise UnknownCase(f"no orientation {orientation!r}", f"use {', '.join(ORIENTATIONS)}")
        course = self._drawable(patient_id, plan_uid, case.version)
        if course.course.ct is None:
            raise UnknownCase("the plan has no picture", "import its CT")
        first, last = course.source.index_range(ORIENTATIONS[orientation])
        if not first <= index <= last:
            raise UnknownCase(f"no {orientation} slice {index}", f"use {first} to {last}")
        return course.draw_view(found, orientation, index, style)

    def _check_known(self, patient_id: str) -> None:
        if self._store.patient(patient_id) is None:
            raise UnknownCase(
                f"no patient {patient_id} is stored", "import first: or-robot info import FOLDER"
            )

    def _drawable(self, patient_id: str, plan_uid: str, version: str) -> DrawableCourse:
        """The plan with its volumes; those of the patient asked for last are kept in memory.

        `version`: of the case as prepared; what is kept of the same version need not be looked for.
        """
        with self._loading:
            if self._loaded[0] != version:
                self._load(patient_id)
            found = [one for one in self._loaded[1] if one.card.plan_uid == plan_uid]
        if not found:
            raise UnknownCase("the plan is being replaced", "ask for the case again")
        return found[0]

    def _load(self, patient_id: str) -> None:
        instances = self._store.instances(patient_id)
        version = prepare.version_of(instances, prepare.alarms_of(self._store, patient_id))
        if self._loaded[0] != version:
            objects = prepare.load_objects(self._store, instances)
            records = prepare.load_records(self._store, instances)
            self._loaded = (version, drawable_courses(objects, records, patient_id, version))

    def _ready(self, patient_id: str, key: str, kind: type[T]) -> T | None:
        payload = self._store.prepared(patient_id, key)
        return msgspec.msgpack.decode(payload.data, type=kind) if payload else None

    def _prepared(self, patient_id: str, key: str, kind: type[T]) -> T:
        ready = self._ready(patient_id, key, kind)
        if ready is None:
            raise UnknownCase(
                f"no {key.partition('/')[0]} stored for patient {patient_id}",
                "import the patient: or-robot info import FOLDER",
            )
        return ready

    # Rooms

    def schedule(self, room: str) -> RoomSchedule:
        """Who is in the room, who is next; identity only of who is in it."""
        return room_schedule(self._store, room, time.time())

    def rooms(self) -> list[str]:
        """Rooms with a patient or a booking."""
        booked = {one.room for one in self._store.bookings()}
        return sorted({*self._store.rooms(), *booked})

    def phase(self, room: str) -> ProcedurePhase | None:
        """Last phase set in the room; None when nobody ever set one (counts as the strictest)."""
        stored = self._store.phase(room)
        return ProcedurePhase(stored[1], room, Phase(stored[0])) if stored else None

    def set_phase(self, room: str, phase: Phase) -> ProcedurePhase:
        return ProcedurePhase(self._store.set_phase(room, phase.value), room, phase)

    def admit(self, room: str, patient_id: str, birth_date: str) -> None:
        """Assign somebody whom a person at the panel names by two identifiers.

        Raises UnknownCase when they do not fit, without saying which one.
        """
        known = self._store.patient(patient_id)
        if known is None or known.birth_date is None or known.birth_date != birth_date:
            raise UnknownCase(
                "no patient with this ID and birth date is stored", "check both on the wristband"
            )
        self._store.assign(room, patient_id)

    def assign(self, room: str, patient_id: str | None) -> None:
        """Put a patient into a room; None empties it. Raises UnknownCase.

        Pictures are ready once `refresh` or `prepare` has run; until then they are drawn when
        asked for.
        """
        if patient_id is not None:
            self._check_known(patient_id)
        self._store.assign(room, patient_id)

    def versions(self) -> tuple[CaseVersion, ...]:
        """Version of everything prepared, a room with a patient each."""
        return tuple(
            CaseVersion(room, self._store.prepared_version(patient_id) or "")
            for room, patient_id in self._store.rooms().items()
        )

    def objects(self, patient_id: str) -> tuple[StoredInstance, ...]:
        """The patient's files as they were imported."""
        return self._store.instances(patient_id)

    def object_bytes(self, patient_id: str, sha256: str) -> bytes:
        """One of them. Raises UnknownCase when it is not this patient's."""
        if self._store.owner(sha256) != patient_id:
            raise UnknownCase("the patient has no such object", "ask for the list")
        return self._store.objects.get(sha256)

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


def _check_plan(case: PreparedCase, plan_uid: str) -> tuple[DoseView, ...]:
    """Dose views of the plan."""
    plans = {card.plan_uid: card for card in case.plans}
    if plan_uid not in plans:
        raise UnknownCase("the patient has no such plan", f"plans: {', '.join(plans) or 'none'}")
    return plans[plan_uid].dose_views


def _view(case: PreparedCase, plan_uid: str, view: str) -> DoseView:
    views = {one.key: one for one in _check_plan(case, plan_uid)}
    if view not in views:
        raise UnknownCase(
            f"the plan has no dose view {view!r}", f"views: {', '.join(views) or 'none'}"
        )
    return views[view]
