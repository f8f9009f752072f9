"""Objects into the store: each read, checked and kept, or named and quarantined."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from or_robot.clinical.times import instant
from or_robot.errors import OrRobotError
from or_robot.info.reading import ReadObject, read_object
from or_robot.sources.dicom import same_dicom
from or_robot.sources.hl7v2 import MergeRequested
from or_robot.store.database import StoreUnavailable
from or_robot.store.objects import digest
from or_robot.store.store import Store, StoredBooking, StoredInstance, StoredPatient
from or_robot.types.radiotherapy import Identity

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, how many there are."""

MAX_FILE_BYTES = 512 * 1024 * 1024
ARRIVES_WITHIN_S = datetime.timedelta(days=1).total_seconds()
"""A booking further ahead does not yet put its patient into an empty room."""


class IdentityConflict(OrRobotError):
    """Two sources disagree about who a patient ID is; they are never merged silently."""


class DuplicateUid(OrRobotError):
    """One SOP Instance UID, two contents."""


ALARMS = (IdentityConflict, DuplicateUid, MergeRequested)
"""Refusals that a person must settle; shown with the patient until then."""


@dataclass(frozen=True, slots=True)
class ImportFailure:
    """File names may name a patient: show them to the person, never log them."""

    path: Path
    problem: str
    remedy: str
    quarantined: Path | None
    """Copy kept for an engineer; None when the file could not be read at all."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What the reading of files gave, all of it in the store."""

    imported: int
    already_known: int
    failures: tuple[ImportFailure, ...]
    patients: tuple[str, ...]
    """IDs touched, also by objects that were known or refused."""


class Importer:
    """One batch of objects. Objects are durable before the database names them."""

    def __init__(self, store: Store, source: str) -> None:
        """`source`: where the batch comes from, for the list of refusals."""
        self._store = store
        self._source = source
        self._patients: dict[str, StoredPatient] = {}
        self._instances: dict[str, StoredInstance] = {}
        self._uids: dict[tuple[str, str, str], str] = {}
        self._bookings: dict[tuple[str, str], list[StoredBooking]] = {}
        self._touched: set[str] = set()
        self._failures: list[ImportFailure] = []

    def run(self, paths: Iterable[Path], progress: Progress) -> Intake:
        """All files, or none when the store fails. Raises StoreUnavailable."""
        files = list(find_files(paths))
        for done, path in enumerate(files):
            progress("import", done, len(files))
            self._take_file(path)
        progress("import", len(files), len(files))
        added = self._commit()
        return Intake(
            imported=added,
            already_known=len(files) - len(self._failures) - added,
            failures=tuple(self._failures),
            patients=tuple(sorted(self._touched)),
        )

    def take(self, data: bytes) -> str:
        """One object, durable when it returns; gives the ID of its patient.

        What is refused is in quarantine before the OrRobotError is raised. StoreUnavailable:
        nothing was kept, send it again.
        """
        self._accept(data)
        self._commit()
        return next(iter(self._touched))

    def _commit(self) -> int:
        return self._store.add(
            self._patients.values(), self._instances.values(), self._arrivals(), self._bookings
        )

    def _arrivals(self) -> list[tuple[str, str]]:
        """Rooms that a booking of today or before, or without time, may fill."""
        soon = time.time() + ARRIVES_WITHIN_S
        booked = (one for bookings in self._bookings.values() for one in bookings)
        return [(one.room, one.patient_id) for one in booked if instant(one.start) <= soon]

    def _take_file(self, path: Path) -> None:
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise OrRobotError(f"over {MAX_FILE_BYTES >> 20} MB", "split or leave it out")
            data = path.read_bytes()
        except (OSError, OrRobotError) as error:
            problem = error.problem if isinstance(error, OrRobotError) else "cannot be read"
            self._failures.append(ImportFailure(path, problem, "check the file", None))
            return
        try:
            self._accept(data)
        except StoreUnavailable:
            raise  # no fault of the file
        except Refused as refused:
            self._failures.append(
                ImportFailure(path, refused.problem, refused.remedy, refused.quarantined)
            )

    def _accept(self, data: bytes) -> None:
        owner = self._store.owner(digest(data))
        if owner is not None:
            self._touched.add(owner)
            return
        identity: Identity | None = None
        try:
            read = read_object(data)
            identity = read.identity
            self._check_identity(identity)
            if self._is_there(data, read):
                self._touched.add(identity.patient_id)
                return
        except StoreUnavailable:
            raise
        except OrRobotError as error:
            patient_id = identity.patient_id if identity else getattr(error, "patient_id", None)
            kept = self._quarantine(data, error, patient_id)
            raise Refused(error, kept, patient_id) from error
        self._keep(data, read)

    def _quarantine(self, data: bytes, error: OrRobotError, patient_id: str | None) -> Path:
        if patient_id is not None:
            self._touched.add(patient_id)
        return self._store.refusals.add(
            data,
            error,
            source=self._source,
            patient_id=patient_id,
            alarm=isinstance(error, ALARMS),
        )

    def _keep(self, data: bytes, read: ReadObject) -> None:
        self._store.objects.put(data)
        patient_id = read.identity.patient_id
        known = self._patients.get(patient_id)
        self._patients[patient_id] = StoredPatient(
            patient_id,
            (known.issuer if known else None) or read.identity.issuer,
            (known.birth_date if known else None) or read.identity.birth_date,
        )
        self._instances[read.sha256] = StoredInstance(
            read.sha256, patient_id, read.kind, read.uid, time.time()
        )
        self._uids[patient_id, read.kind, read.uid] = read.sha256
        self._touched.add(patient_id)
        if read.bookings is not None:
            self._bookings[patient_id, read.source] = [
                StoredBooking(patient_id, read.source, one.room, one.start, one.end, one.text)
                for one in read.bookings
            ]

    def _check_identity(self, identity: Identity) -> None:
        """Same ID with another issuer or birth date is somebody else, or a mistake."""
        batch = self._patients.get(identity.patient_id)
        for known in (batch, self._store.patient(identity.patient_id)):
            if known is None:
                continue
            for name, given, kept, agree in (
                ("issuer", identity.issuer, known.issuer, str.__eq__),
                ("birth date", identity.birth_date, known.birth_date, _same_date),
            ):
                if given and kept and not agree(given, kept):
                    raise IdentityConflict(
                        f"patient ID is stored with another {name}",
                        "find out who it is before importing",
                    )

    def _is_there(self, data: bytes, read: ReadObject) -> bool:
        """Whether the object is stored already, written down another way. Raises DuplicateUid."""
        key = (read.identity.patient_id, read.kind, read.uid)
        stored = self._uids.get(key) or self._store.with_uid(*key)
        if stored is None:
            return False
        if stored == read.sha256 or same_dicom(self._store.objects.get(stored), data):
            return True
        raise DuplicateUid(
            f"another {read.kind} object of this patient has the same SOP Instance UID",
            "export it with a UID of its own, or delete the stored one",
        )


def _same_date(one: str, other: str) -> bool:
    """Equal, or one is the beginning of the other: a birth year alone contradicts no date."""
    return one.startswith(other) or other.startswith(one)


class Refused(OrRobotError):
    """An object was not taken in; it is in quarantine."""

    def __init__(self, error: OrRobotError, quarantined: Path, patient_id: str | None) -> None:
        super().__init__(error.problem, error.remedy)
        self.quarantined = quarantined
        self.patient_id = patient_id


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Files, and those in folders, in order of name; hidden ones and DICOMDIR are no objects.

    Raises OrRobotError for a path that is not there.
    """
    for path in paths:
        if path.is_dir():
            inside = (one for one in sorted(path.rglob("*")) if one.is_file())
            yield from (one for one in inside if not _no_object(one.relative_to(path)))
        elif path.is_file():
            yield path
        else:
            raise OrRobotError(f"{path} is not there", "give files or folders of DICOM and FHIR")


def _no_object(relative: Path) -> bool:
    return relative.name == "DICOMDIR" or any(part.startswith(".") for part in relative.parts)
