"""What was not taken in: a copy in quarantine, the reason, and whether a person must settle it."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from pathlib import Path

from sqlalchemy import Engine, insert, select, update

from or_robot.errors import OrRobotError
from or_robot.store.database import StoreUnavailable, reading, writing
from or_robot.store.objects import digest, write_durably
from or_robot.store.schema import refusal


@dataclass(frozen=True, slots=True)
class Refusal:
    number: int
    sha256: str
    source: str
    patient_id: str | None
    """Whom it said it belonged to; None when that could not be read."""
    problem: str
    remedy: str
    alarm: bool
    """Somebody must settle it: an identity in conflict, one UID with two contents, a merge."""
    stamp_s: float
    settled_by: str | None


class Refusals:
    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine, self._folder = engine, folder

    def add(
        self,
        data: bytes,
        error: OrRobotError,
        *,
        source: str,
        patient_id: str | None,
        alarm: bool,
    ) -> Path:
        """Keep a copy under its digest (its name is dropped) and the reason beside it.

        The same bytes refused again for the same reason are one refusal. Raises StoreUnavailable.
        """
        sha256 = digest(data)
        kept = self._folder / sha256
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not kept.exists():
                write_durably(kept, data)
            write_durably(kept.with_suffix(".reason"), str(error).encode())
        except OSError as failure:
            raise StoreUnavailable("quarantine cannot be written") from failure
        with writing(self._engine) as connection:
            same = (refusal.c.sha256 == sha256) & (refusal.c.problem == error.problem)
            if connection.execute(select(refusal.c.number).where(same)).first() is None:
                connection.execute(
                    insert(refusal).values(
                        sha256=sha256,
                        source=source,
                        patient_id=patient_id,
                        problem=error.problem,
                        remedy=error.remedy,
                        alarm=alarm,
                        stamp_s=time.time(),
                    )
                )
        return kept

    def all(self) -> tuple[Refusal, ...]:
        """Oldest first."""
        return self._select(None)

    def alarms(self, patient_id: str) -> tuple[Refusal, ...]:
        """Those of a patient that nobody has settled."""
        return tuple(one for one in self._select(patient_id) if one.alarm and not one.settled_by)

    def settle(self, number: int, actor: str) -> Refusal:
        """Raises OrRobotError for a number that is not there."""
        with writing(self._engine) as connection:
            done = update(refusal).where(refusal.c.number == number).values(settled_by=actor)
            if connection.execute(done).rowcount != 1:
                raise OrRobotError(f"no refusal {number}", "`or-robot info refused` lists them")
        return next(one for one in self.all() if one.number == number)

    def _select(self, patient_id: str | None) -> tuple[Refusal, ...]:
        columns = [refusal.c[field.name] for field in fields(Refusal)]
        query = select(*columns).order_by(refusal.c.number)
        if patient_id is not None:
            query = query.where(refusal.c.patient_id == patient_id)
        with reading(self._engine) as connection:
            return tuple(Refusal(**row._asdict()) for row in connection.execute(query))
