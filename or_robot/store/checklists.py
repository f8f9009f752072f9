"""The running checklist of each room. A change names the revision it was made from."""

from __future__ import annotations

import time

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select

from or_robot.store.database import reading, writing
from or_robot.store.schema import checklist, phase


class Checklists:
    """Safe from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, room: str) -> tuple[int, bytes] | None:
        """Revision and what was stored with it."""
        query = select(checklist.c.revision, checklist.c.payload).where(checklist.c.room == room)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return (row.revision, row.payload) if row else None

    def forget(self, connection: Connection, patient_id: str) -> None:
        """Within a transaction: every checklist that names the patient."""
        named = msgspec.msgpack.encode(patient_id)
        for row in connection.execute(select(checklist.c.room, checklist.c.payload)).all():
            if named in row.payload:
                connection.execute(delete(checklist).where(checklist.c.room == row.room))

    def replace(
        self, room: str, seen: int, revision: int, payload: bytes, new_phase: str | None = None
    ) -> bool:
        """False, and nothing changed, when the stored revision is not `seen` (0: none stored).

        `new_phase` moves the room's phase in the same transaction.
        """
        with writing(self._engine) as connection:
            query = select(checklist.c.revision).where(checklist.c.room == room)
            if (connection.execute(query).scalar() or 0) != seen:
                return False
            connection.execute(delete(checklist).where(checklist.c.room == room))
            connection.execute(
                insert(checklist).values(room=room, revision=revision, payload=payload)
            )
            if new_phase is not None:
                connection.execute(delete(phase).where(phase.c.room == room))
                connection.execute(
                    insert(phase).values(room=room, phase=new_phase, set_s=time.time())
                )
        return True
