"""Append-only audit: each entry holds the hash of the one before, so that a change shows.

An entry is committed, in order and chained, before `append` returns: no end of any process loses
it. It is on the disk itself, safe from loss of power, at most `sync_within_s` later: one thread
syncs for everybody who looked meanwhile. While that fails, nothing more is appended.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from or_robot.errors import OrRobotError
from or_robot.store.database import StoreUnavailable, open_database, reading, sqlite_file, writing
from or_robot.store.schema import audit

GENESIS = "0" * 64

# Built once: SQLAlchemy takes longer to build a statement than SQLite to run it.
_NEWEST = select(audit.c.sequence, audit.c.hash).order_by(audit.c.sequence.desc()).limit(1)
_APPEND = insert(audit)


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

    def fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def hash(self) -> str:
        """SHA-256 over all fields in canonical JSON."""
        canonical = json.dumps(self.fields(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """A sound chain. Note the head elsewhere: only that shows entries cut off at the end."""

    entries: int
    head: str


class AuditBroken(OrRobotError):
    """The audit was altered."""


class AuditLog:
    """Safe from several threads and processes."""

    def __init__(self, url: str, sync_within_s: float) -> None:
        self._engine = open_database(url, sync_commits=False)
        file = sqlite_file(self._engine)  # another database syncs as it is configured to
        self._syncer = _Syncer(file, sync_within_s) if file else None

    def append(
        self, *, actor: str, room: str, action: str, patient_id: str | None, why: str
    ) -> AuditEntry:
        """Committed when it returns; see above for when it is safe from loss of power."""
        if self._syncer is not None:
            self._syncer.check()
        with writing(self._engine) as connection:
            last = connection.execute(_NEWEST).first()
            sequence, previous = (last.sequence + 1, last.hash) if last else (1, GENESIS)
            entry = AuditEntry(
                sequence, time.time(), actor, room, action, patient_id, why, previous
            )
            connection.execute(_APPEND, {**entry.fields(), "hash": entry.hash()})
        if self._syncer is not None:
            self._syncer.request()
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

    def close(self) -> None:
        """Everything appended is on the disk afterwards."""
        if self._syncer is not None:
            self._syncer.close()
        self._engine.dispose()


class _Syncer:
    """One fsync of the write-ahead log for all entries committed since the last."""

    def __init__(self, database: Path, within_s: float) -> None:
        self._log = database.with_name(database.name + "-wal")
        self._within_s = within_s
        self._wanted, self._closing = threading.Event(), threading.Event()
        self._failed = False
        self._thread = threading.Thread(target=self._run, name="audit-sync", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """StoreUnavailable while the disk does not take what was appended."""
        if self._failed:
            raise StoreUnavailable("audit cannot be synced to the disk")

    def request(self) -> None:
        self._wanted.set()

    def close(self) -> None:
        self._closing.set()
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wanted.wait()
            self._closing.wait(self._within_s / 2)  # others join; half is left for the disk
            self._wanted.clear()
            self._sync()

    def _sync(self) -> None:
        try:
            handle = os.open(self._log, os.O_RDONLY)
        except FileNotFoundError:
            return  # nothing since the log was last moved into the database, which syncs
        except OSError:
            self._fail()
            return
        try:
            os.fsync(handle)
            self._failed = False
        except OSError:
            self._fail()
        finally:
            os.close(handle)

    def _fail(self) -> None:
        self._failed = True
        self._wanted.set()  # try again
