"""How the surgical safety checklist moves the phase of a room.

A phase that is guarded by a part of the checklist is left forward only when every item of that part
is confirmed.
"""

from __future__ import annotations

import dataclasses

from or_robot.errors import OrRobotError
from or_robot.types.checklist import (
    ITEMS,
    MAY_NOT_APPLY,
    Checklist,
    ChecklistAnswer,
    Confirmation,
)
from or_robot.types.procedure import Phase

_ORDER = tuple(Phase)


class ChecklistRefused(OrRobotError):
    """The change is not possible now."""


def following(phase: Phase | None) -> Phase:
    """Phase that comes next; an unknown phase starts the round."""
    if phase is None:
        return Phase.TURNOVER
    return _ORDER[(_ORDER.index(phase) + 1) % len(_ORDER)]


def missing(checklist: Checklist) -> tuple[str, ...]:
    """Items of the current phase that nobody has confirmed."""
    confirmed = {one.item for one in checklist.confirmations}
    asked = ITEMS.get(checklist.phase, ()) if checklist.phase else ()
    return tuple(item for item in asked if item not in confirmed)


def confirm(checklist: Checklist, confirmation: Confirmation) -> Checklist:
    """With one item of the current phase answered, or answered anew. Raises ChecklistRefused."""
    item, initials = confirmation.item, confirmation.initials
    if checklist.patient_id is None:
        raise ChecklistRefused("no patient is in the room", "assign the patient first")
    if checklist.phase is None or item not in ITEMS.get(checklist.phase, ()):
        raise ChecklistRefused(
            f"{item!r} is not asked in this phase", "confirm what the current phase asks"
        )
    if confirmation.answer is ChecklistAnswer.NOT_APPLICABLE and item not in MAY_NOT_APPLY:
        raise ChecklistRefused(f"{item!r} always applies", "do it, then confirm it")
    if not (2 <= len(initials) <= 4 and initials.isalpha()):
        raise ChecklistRefused("the initials are missing", "give two to four letters")
    others = tuple(one for one in checklist.confirmations if one.item != item)
    return _next(checklist, confirmations=(*others, confirmation))


def advance(checklist: Checklist, to: Phase) -> Checklist:
    """One phase forward when its items are confirmed, or one back to correct a mistake.

    Turnover ends the round: the confirmations go. Raises ChecklistRefused.
    """
    if checklist.phase is not None and following(to) is checklist.phase:
        return _next(checklist, phase=to)
    if to is not following(checklist.phase):
        raise ChecklistRefused(
            f"{to.value} does not follow now", f"next is {following(checklist.phase).value}"
        )
    left = missing(checklist)
    if left:
        raise ChecklistRefused(f"{len(left)} items are not confirmed", "confirm them first")
    done = () if to is Phase.TURNOVER else checklist.confirmations
    return _next(checklist, phase=to, confirmations=done)


def for_patient(checklist: Checklist, patient_id: str | None) -> Checklist:
    """Without what was confirmed about somebody else."""
    if checklist.patient_id == patient_id:
        return checklist
    return _next(checklist, patient_id=patient_id, confirmations=())


def _next(checklist: Checklist, **changes: object) -> Checklist:
    changed: Checklist = dataclasses.replace(
        checklist,
        revision=checklist.revision + 1,
        **changes,  # type: ignore[arg-type]
    )
    return changed
