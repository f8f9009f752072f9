"""Checklist of each room: kept in the store, confirmed over the link, moves the phase."""

from __future__ import annotations

import dataclasses
import time

import msgspec

from or_robot.clinical import checklist as rules
from or_robot.clinical.checklist import ChecklistRefused
from or_robot.store.store import Store
from or_robot.types.checklist import Checklist, ChecklistAnswer, Confirmation
from or_robot.types.procedure import Phase


class RoomChecklists:
    """One checklist a room. Safe from several threads and processes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, room: str) -> Checklist:
        """As it holds now: for the patient in the room, in the room's phase."""
        stored, set_ = self._store.checklists.get(room), self._store.phase(room)
        patient_id = self._store.occupant(room)
        current = Phase(set_[0]) if set_ else None
        if stored is None:
            return Checklist(room, 0, patient_id, current, ())
        kept = dataclasses.replace(
            msgspec.msgpack.decode(stored[1], type=Checklist), revision=stored[0], phase=current
        )
        return rules.for_patient(kept, patient_id)

    def confirm(
        self,
        room: str,
        *,
        seen: int,
        item: str,
        answer: ChecklistAnswer,
        initials: str,
        actor: str,
    ) -> Checklist:
        """Raises ChecklistRefused, also when somebody else changed it in the meantime."""
        confirmation = Confirmation(item, answer, initials, actor, time.time())
        return self._keep(room, seen, rules.confirm(self._seen(room, seen), confirmation))

    def advance(self, room: str, *, seen: int, to: Phase) -> Checklist:
        """Move the room's phase. Raises ChecklistRefused."""
        return self._keep(room, seen, rules.advance(self._seen(room, seen), to), to)

    def _seen(self, room: str, seen: int) -> Checklist:
        checklist = self.get(room)
        if checklist.revision != seen:
            raise _changed()
        return checklist

    def _keep(
        self, room: str, seen: int, changed: Checklist, phase: Phase | None = None
    ) -> Checklist:
        stored = self._store.checklists.get(room)
        base = stored[0] if stored else 0
        if base > seen or not self._store.checklists.replace(
            room, base, changed.revision, msgspec.msgpack.encode(changed), phase and phase.value
        ):
            raise _changed()
        return changed


def _changed() -> ChecklistRefused:
    return ChecklistRefused("somebody else has changed the checklist", "look at it and try again")
