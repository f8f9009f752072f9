"""Files into the store: each read, checked and kept, or named and quarantined."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from or_robot.errors import OrRobotError
from or_robot.info.prepare import FHIR
from or_robot.sources.dicom import read_dicom
from or_robot.sources.fhir import read_fhir
from or_robot.store.database import StoreUnavailable
from or_robot.store.objects import digest, write_durably
from or_robot.store.store import Store, StoredInstance, StoredPatient
from or_robot.types.radiotherapy import Identity

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, how many there are."""

MAX_FILE_BYTES = 512 * 1024 * 1024


class IdentityConflict(OrRobotError):
    """Two sources disagree about who a patient ID is; they are never merged silently."""


class DuplicateUid(OrRobotError):
    """One SOP Instance UID, two contents."""


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
    """IDs touched, also by objects that were known."""


class Importer:
    """One batch of files. Objects are durable before the database names them."""

    def __init__(self, store: Store, quarantine: Path) -> None:
        self._store = store
        self._quarantine = quarantine
        self._patients: dict[str, StoredPatient] = {}
        self._instances: dict[str, StoredInstance] = {}
        self._uids: set[tuple[str, str, str]] = set()
        self._bookings: list[tuple[str, str]] = []
        self._known: set[str] = set()
        self._failures: list[ImportFailure] = []

    def run(self, paths: Iterable[Path], progress: Progress) -> Intake:
        files = list(find_files(paths))
        for done, path in enumerate(files):
            progress("import", done, len(files))
            self._take(path)
        progress("import", len(files), len(files))
        added = self._store.add(self._patients.values(), self._instances.values(), self._bookings)
        return Intake(
            imported=added,
            already_known=len(files) - len(self._failures) - added,
            failures=tuple(self._failures),
            patients=tuple(sorted(self._patients.keys() | self._known)),
        )

    def _take(self, path: Path) -> None:
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
        except OrRobotError as error:
            kept = quarantine(self._quarantine, data, str(error))
            self._failures.append(ImportFailure(path, error.problem, error.remedy, kept))

    def _accept(self, data: bytes) -> None:
        sha256 = digest(data)
        owner = self._store.owner(sha256)
        if owner is not None:
            self._known.add(owner)
            return
        if looks_like_json(data):
            record = read_fhir(data)
            self._check_identity(record.identity)
            patient_id = record.identity.patient_id
            self._bookings += [(booking.room, patient_id) for booking in record.rooms]
            self._keep(data, sha256, record.identity, FHIR, sha256)
            return
        header = read_dicom(data).header
        self._check_identity(header.identity)
        self._check_uid(
            header.identity.patient_id, header.modality, header.sop_instance_uid, sha256
        )
        self._keep(data, sha256, header.identity, header.modality, header.sop_instance_uid)

    def _keep(self, data: bytes, sha256: str, identity: Identity, kind: str, uid: str) -> None:
        self._store.objects.put(data)
        patient_id = identity.patient_id
        known = self._patients.get(patient_id)
        self._patients[patient_id] = StoredPatient(
            patient_id,
            (known.issuer if known else None) or identity.issuer,
            (known.birth_date if known else None) or identity.birth_date,
        )
        self._instances[sha256] = StoredInstance(sha256, patient_id, kind, uid, time.time())
        self._uids.add((patient_id, kind, uid))

    def _check_identity(self, identity: Identity) -> None:
        """Same ID with another issuer or birth date is somebody else, or a mistake."""
        batch = self._patients.get(identity.patient_id)
        for known in (batch, self._store.patient(identity.patient_id)):
            if known is None:
                continue
            for name, given, kept in (
                ("issuer", identity.issuer, known.issuer),
                ("birth date", identity.birth_date, known.birth_date),
            ):
                if given and kept and given != kept:
                    raise IdentityConflict(
                        f"patient ID is stored with another {name}",
                        "find out who it is before importing",
                    )

    def _check_uid(self, patient_id: str, kind: str, uid: str, sha256: str) -> None:
        if sha256 in self._instances:
            return
        used = (patient_id, kind, uid) in self._uids
        if used or self._store.has_uid(patient_id, kind, uid):
            raise DuplicateUid(
                f"another {kind} object of this patient has the same SOP Instance UID",
                "export it with a UID of its own, or delete the stored one",
            )


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


def looks_like_json(data: bytes) -> bool:
    return data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def quarantine(folder: Path, data: bytes, reason: str) -> Path:
    """Copy of a refused file under its digest, the reason beside it; its own name is dropped."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / digest(data)
    write_durably(kept, data)
    write_durably(kept.with_suffix(".reason"), reason.encode())
    return kept
