"""The surgical safety checklist of one room, as far as the team has confirmed it.

The 19 items of the WHO surgical safety checklist (2009), as keys; their wording is the panel's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from or_robot.types.procedure import Phase

ITEMS: dict[Phase, tuple[str, ...]] = {
    Phase.SIGN_IN: (
        "identity_site_procedure_consent",
        "site_marked",
        "anaesthesia_check",
        "pulse_oximeter",
        "allergy",
        "difficult_airway",
        "blood_loss_risk",
    ),
    Phase.TIME_OUT: (
        "team_introduced",
        "patient_site_procedure",
        "antibiotic_prophylaxis",
        "surgeon_events",
        "anaesthesia_events",
        "nursing_events",
        "imaging_displayed",
    ),
    Phase.SIGN_OUT: (
        "procedure_recorded",
        "counts_correct",
        "specimens_labelled",
        "equipment_problems",
        "recovery_concerns",
    ),
}
"""Phase → items to confirm before it is left forward."""

MAY_NOT_APPLY = frozenset({"site_marked", "antibiotic_prophylaxis", "specimens_labelled"})
"""Items that some procedures do not have; all others can only be done."""


class ChecklistAnswer(StrEnum):
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Confirmation:
    item: str
    """One of `ITEMS`."""
    answer: ChecklistAnswer
    initials: str
    actor: str
    """Who was logged in."""
    stamp_s: float
    """Unix time, s."""


@dataclass(frozen=True, slots=True)
class Checklist:
    room: str
    revision: int
    """Grows with every change: who confirms says which one they saw."""
    patient_id: str | None
    """The confirmations are about this patient; None: the room is empty."""
    phase: Phase | None
    """None: never set in this room."""
    confirmations: tuple[Confirmation, ...]
