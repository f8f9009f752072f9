"""Append-only audit: each entry holds the hash of the one before, so that a change shows."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass

from sqlalchemy import Engine, insert, select

from or_robot.errors import OrRobotError
from or_robot.store.database import reading, writing
from or_robot.store.schema import audit

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditEntry:
    sequence: int
    """From 1, without gaps."""
    stamp_s: float
    actor: str
    room: str
    action: str
    patient_id: str | None
    why: str
    previous: str
    """Hash of the entry before; GENESIS for the first."""

    def hash(self) -> str:
        """SHA-256 over all fields in canonical JSON."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """A sound chain. Note the head elsewhere: only that shows entries cut off at the end."""

    entries: int
    head: str


class AuditBroken(OrRobotError):
    """The audit was altered."""


class AuditLog:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(
        self, *, actor: str, room: str, action: str, patient_id: str | None, why: str
    ) -> AuditEntry:
        """Durable when it returns."""
        with writing(self._engine) as connection:
            newest = select(audit.c.sequence, audit.c.hash).order_by(audit.c.sequence.desc())
            last = connection.execute(newest.limit(1)).first()
            sequence, previous = (last.sequence + 1, last.hash) if last else (1, GENESIS)
            entry = AuditEntry(
                sequence, time.time(), actor, room, action, patient_id, why, previous
            )
            connection.execute(insert(audit).values(**asdict(entry), hash=entry.hash()))
        return entry

    def verify(self) -> AuditCheck:
        """Raises AuditBroken naming the first entry that does not fit."""
        expected, count = GENESIS, 0
        with reading(self._engine) as connection:
            for row in connection.execute(select(audit).order_by(audit.c.sequence)):
                fields = row._asdict()
                stored = fields.pop("hash")
                entry = AuditEntry(**fields)
                count += 1
                if entry.sequence != count or entry.previous != expected or entry.hash() != stored:
                    raise AuditBroken(
                        f"audit broken at entry {count}", "keep the store and call the engineer"
                    )
                expected = stored
        return AuditCheck(count, expected)
