"""Patients, their objects, what was prepared from them, rooms and phases."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from or_robot.config.store import StoreConfig
from or_robot.store.audit import AuditLog
from or_robot.store.checklists import Checklists
from or_robot.store.database import StoreUnavailable, forget_log, open_database, reading, writing
from or_robot.store.objects import ObjectFolder
from or_robot.store.refusals import Refusals
from or_robot.store.schema import (
    booking,
    doomed,
    instance,
    patient,
    phase,
    prepared,
    refusal,
    room,
)

# Asked for at every look, hence built once.
_PREPARED = select(prepared.c.version, prepared.c.payload).where(
    prepared.c.patient_id == bindparam("id"), prepared.c.key == bindparam("key")
)
_OCCUPANT = select(room.c.patient_id).where(room.c.room == bindparam("room"))


@dataclass(frozen=True, slots=True)
class StoredPatient:
    patient_id: str
    issuer: str | None
    birth_date: str | None


@dataclass(frozen=True, slots=True)
class StoredInstance:
    sha256: str
    patient_id: str
    kind: str
    """DICOM modality, or "FHIR"."""
    uid: str
    imported_s: float


@dataclass(frozen=True, slots=True)
class StoredBooking:
    patient_id: str
    source: str
    """A newer record of a source replaces the patient's bookings of that source."""
    room: str
    start: str | None
    """ISO 8601 time."""
    end: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Payload:
    version: str
    data: bytes


class Store:
    """Safe from several threads and processes; every write is one transaction."""

    def __init__(
        self, folder: Path, url: str | None = None, config: StoreConfig | None = None
    ) -> None:
        """`url`: SQLAlchemy address; None is SQLite in the folder. Raises OrRobotError."""
        config = config or StoreConfig()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self.objects = ObjectFolder(folder / "objects")
        address = url or f"sqlite:///{folder / 'store.sqlite'}"
        self._engine = open_database(address)
        self.audit = AuditLog(address, config.audit_sync_within_s)
        self.refusals = Refusals(self._engine, folder / "quarantine")
        self.checklists = Checklists(self._engine)

    def close(self) -> None:
        self.audit.close()
        self._engine.dispose()

    def patient(self, patient_id: str) -> StoredPatient | None:
        query = select(patient).where(patient.c.patient_id == patient_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return StoredPatient(**row._asdict()) if row else None

    def owner(self, sha256: str) -> str | None:
        """ID of the patient an object belongs to; None when it is not stored."""
        query = select(instance.c.patient_id).where(instance.c.sha256 == sha256)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()

    def with_uid(self, patient_id: str, kind: str, uid: str) -> str | None:
        """Digest of the object; None when there is none."""
        query = select(instance.c.sha256).where(
            instance.c.patient_id == patient_id, instance.c.kind == kind, instance.c.uid == uid
        )
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()

    def add(
        self,
        patients: Iterable[StoredPatient],
        instances: Iterable[StoredInstance],
        arrivals: Iterable[tuple[str, str]] = (),
        bookings: Mapping[tuple[str, str], Sequence[StoredBooking]] = MappingProxyType({}),
    ) -> int:
        """All or nothing; what is there already is left alone. Returns how many were new.

        `bookings`: all that a source has of a patient, by patient ID and source. `arrivals`: room
        and patient ID; they fill empty rooms only. Raises StoreUnavailable when the file of an
        instance is gone.
        """
        instances = list(instances)
        added = 0
        with writing(self._engine) as connection:
            for one in patients:
                _merge_patient(connection, one)
            for new in instances:
                self._check_file(connection, new.sha256)
                same = select(instance.c.sequence).where(instance.c.sha256 == new.sha256)
                if connection.execute(same).first() is None:
                    connection.execute(insert(instance).values(**asdict(new)))
                    added += 1
            for of, booked in bookings.items():
                _replace_bookings(connection, of, booked)
            for room_name, patient_id in arrivals:
                taken = select(room.c.room).where(room.c.room == room_name)
                if connection.execute(taken).first() is None:
                    _enter(connection, room_name, patient_id)
        return added

    def _check_file(self, connection: Connection, sha256: str) -> None:
        """A deletion may have been about to remove the same bytes: they stay now."""
        path = self.objects.relative(sha256)
        connection.execute(delete(doomed).where(doomed.c.path == path))
        if not (self._folder / path).is_file():
            raise StoreUnavailable("an object was deleted while it was imported")

    def bookings(self, room_name: str | None = None) -> tuple[StoredBooking, ...]:
        """Of a room, or of all."""
        columns = [booking.c[field.name] for field in fields(StoredBooking)]
        query = select(*columns).order_by(booking.c.sequence)
        if room_name is not None:
            query = query.where(booking.c.room == room_name)
        with reading(self._engine) as connection:
            return tuple(StoredBooking(**row._asdict()) for row in connection.execute(query))

    def delete_patient(self, patient_id: str) -> int:
        """Everything but the audit; returns how many objects there were.

        The rows go in one transaction; files are removed after it, at the latest by the next
        `remove_doomed`.
        """
        with writing(self._engine) as connection:
            query = select(instance.c.sha256).where(instance.c.patient_id == patient_id)
            kept = connection.execute(query).scalars().all()
            refused = select(refusal.c.sha256).where(refusal.c.patient_id == patient_id)
            paths = {self.objects.relative(sha256) for sha256 in kept}
            for sha256 in connection.execute(refused).scalars().all():
                paths |= {f"quarantine/{sha256}", f"quarantine/{sha256}.reason"}
            known = set(connection.execute(select(doomed.c.path)).scalars())
            if new := sorted(paths - known):
                connection.execute(insert(doomed), [{"path": path} for path in new])
            self.checklists.forget(connection, patient_id)
            for table in (instance, prepared, room, booking, refusal):
                connection.execute(delete(table).where(table.c.patient_id == patient_id))
            connection.execute(delete(patient).where(patient.c.patient_id == patient_id))
        self.remove_doomed()
        forget_log(self._engine)
        return len(kept)

    def remove_doomed(self) -> None:
        """Remove the files of deleted patients; nothing is added meanwhile."""
        with writing(self._engine) as connection:
            for path in connection.execute(select(doomed.c.path)).scalars().all():
                (self._folder / path).unlink(missing_ok=True)
            connection.execute(delete(doomed))

    def instances(self, patient_id: str) -> tuple[StoredInstance, ...]:
        """All of a patient, oldest import first."""
        columns = [instance.c[field.name] for field in fields(StoredInstance)]
        query = select(*columns).where(instance.c.patient_id == patient_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(instance.c.sequence)).all()
        return tuple(StoredInstance(**row._asdict()) for row in rows)

    def put_prepared(self, patient_id: str, version: str, payloads: Mapping[str, bytes]) -> None:
        """Replace everything prepared for a patient at once, so that versions never mix."""
        rows = [
            {"patient_id": patient_id, "key": key, "version": version, "payload": data}
            for key, data in payloads.items()
        ]
        with writing(self._engine) as connection:
            connection.execute(delete(prepared).where(prepared.c.patient_id == patient_id))
            if rows:
                connection.execute(insert(prepared), rows)

    def prepared(self, patient_id: str, key: str) -> Payload | None:
        with reading(self._engine) as connection:
            row = connection.execute(_PREPARED, {"id": patient_id, "key": key}).first()
        return Payload(row.version, row.payload) if row else None

    def prepared_version(self, patient_id: str) -> str | None:
        query = select(prepared.c.version).where(prepared.c.patient_id == patient_id).limit(1)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()

    def assign(self, room_name: str, patient_id: str | None) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(room).where(room.c.room == room_name))
            if patient_id is not None:
                _enter(connection, room_name, patient_id)

    def occupant(self, room_name: str) -> str | None:
        """ID of the patient in a room."""
        with reading(self._engine) as connection:
            return connection.execute(_OCCUPANT, {"room": room_name}).scalar()

    def rooms(self) -> dict[str, str]:
        """Room → ID of the patient in it."""
        query = select(room.c.room, room.c.patient_id).order_by(room.c.room)
        with reading(self._engine) as connection:
            return {row.room: row.patient_id for row in connection.execute(query)}

    def set_phase(self, room_name: str, value: str) -> float:
        """Returns when it was set, Unix time."""
        now = time.time()
        with writing(self._engine) as connection:
            connection.execute(delete(phase).where(phase.c.room == room_name))
            connection.execute(insert(phase).values(room=room_name, phase=value, set_s=now))
        return now

    def phase(self, room_name: str) -> tuple[str, float] | None:
        """Phase and when it was set."""
        query = select(phase.c.phase, phase.c.set_s).where(phase.c.room == room_name)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return (row.phase, row.set_s) if row else None


def _replace_bookings(
    connection: Connection, of: tuple[str, str], new: Sequence[StoredBooking]
) -> None:
    patient_id, source = of
    same = (booking.c.patient_id == patient_id) & (booking.c.source == source)
    connection.execute(delete(booking).where(same))
    if new:
        connection.execute(insert(booking), [asdict(one) for one in new])


def _enter(connection: Connection, room_name: str, patient_id: str) -> None:
    values = {"room": room_name, "patient_id": patient_id, "assigned_s": time.time()}
    connection.execute(insert(room).values(**values))


def _merge_patient(connection: Connection, one: StoredPatient) -> None:
    """Add a patient, or fill in what was not recorded; never change what was."""
    query = select(patient).where(patient.c.patient_id == one.patient_id)
    known = connection.execute(query).first()
    if known is None:
        connection.execute(insert(patient).values(**asdict(one)))
        return
    filled = {
        "issuer": known.issuer or one.issuer,
        "birth_date": known.birth_date or one.birth_date,
    }
    same = patient.c.patient_id == one.patient_id
    connection.execute(update(patient).where(same).values(**filled))
