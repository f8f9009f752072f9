"""The information use cases behind the link: import, look, assign, remember. No sockets here.

Every method is safe to call from any thread. Looks at a patient are audited by the caller with
`record_access`, because only the caller knows who asked, from which room and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from or_robot.types.clinical import CaseVersion, DvhSet, KeyImage, RoomCase
from or_robot.types.procedure import Phase, ProcedurePhase

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, how many there are."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one import did. File names may name a patient: show them to the person, never log them."""

    imported: int
    already_known: int
    failures: tuple[ImportFailure, ...]
    patients: tuple[str, ...]
    import_s: float
    prepare_s: float


@dataclass(frozen=True, slots=True)
class ImportFailure:
    path: Path
    problem: str
    remedy: str
    quarantined: Path


class InformationService:
    """One store, opened at a folder (usually `$OR_ROBOT_HOME/info`)."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        """`url`: SQLAlchemy address of the database; None is SQLite (WAL) inside the folder."""
        raise NotImplementedError

    def import_paths(
        self, paths: Iterable[Path], progress: Progress | None = None
    ) -> ImportReport:
        """Take in files and folders of DICOM and FHIR, then prepare the patients they belong to.

        A damaged file is copied to quarantine and named in the report; the others are imported.
        """
        raise NotImplementedError

    def case(self, room: str) -> RoomCase:
        """Who is in the room; a RoomCase without patient when nobody is assigned."""
        raise NotImplementedError

    def dvh(self, patient_id: str, plan_uid: str, view: str) -> DvhSet:
        """Raises UnknownCase(OrRobotError) naming what there is."""
        raise NotImplementedError

    def image(
        self, patient_id: str, plan_uid: str, view: str, orientation: str, index: int
    ) -> KeyImage:
        """`index` counts slices from the key slice (0) toward S (axial), P (coronal), L (sagittal).

        Raises UnknownCase(OrRobotError) naming what there is.
        """
        raise NotImplementedError

    def phase(self, room: str) -> ProcedurePhase | None:
        """Last phase set in the room; None when nobody ever set one (counts as the strictest)."""
        raise NotImplementedError

    def set_phase(self, room: str, phase: Phase) -> ProcedurePhase:
        raise NotImplementedError

    def assign(self, room: str, patient_id: str | None) -> None:
        """Put a patient into a room; None empties it."""
        raise NotImplementedError

    def versions(self) -> tuple[CaseVersion, ...]:
        """Version of everything prepared, a room with a patient each."""
        raise NotImplementedError

    def record_access(
        self, *, actor: str, room: str, action: str, patient_id: str | None, why: str
    ) -> None:
        """Append to the audit; raises when it cannot, and then the answer must not be given."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError
