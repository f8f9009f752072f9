"""Patients, their objects, what was prepared from them, rooms and phases."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from or_robot.config.store import StoreConfig
from or_robot.store.audit import AuditLog
from or_robot.store.checklists import Checklists
from or_robot.store.database import open_database, reading, writing
from or_robot.store.objects import ObjectFolder
from or_robot.store.schema import instance, patient, phase, prepared, room

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
        self.objects = ObjectFolder(folder / "objects")
        address = url or f"sqlite:///{folder / 'store.sqlite'}"
        self._engine = open_database(address)
        self.audit = AuditLog(address, config.audit_sync_within_s)
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

    def has_uid(self, patient_id: str, kind: str, uid: str) -> bool:
        query = select(instance.c.sequence).where(
            instance.c.patient_id == patient_id, instance.c.kind == kind, instance.c.uid == uid
        )
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None

    def add(
        self,
        patients: Iterable[StoredPatient],
        instances: Iterable[StoredInstance],
        bookings: Iterable[tuple[str, str]] = (),
    ) -> int:
        """All or nothing; what is there already is left alone. Returns how many were new.

        `bookings`: room and patient ID; they fill empty rooms only.
        """
        added = 0
        with writing(self._engine) as connection:
            for one in patients:
                _merge_patient(connection, one)
            for new in instances:
                same = select(instance.c.sequence).where(instance.c.sha256 == new.sha256)
                if connection.execute(same).first() is None:
                    connection.execute(insert(instance).values(**asdict(new)))
                    added += 1
            for room_name, patient_id in bookings:
                taken = select(room.c.room).where(room.c.room == room_name)
                if connection.execute(taken).first() is None:
                    _enter(connection, room_name, patient_id)
        return added

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
