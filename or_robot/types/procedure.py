"""Phase of the procedure in one operating room (WHO surgical safety checklist)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """In the order of or_robot_interfaces/ProcedurePhase."""

    TURNOVER = "turnover"
    SET_UP = "set_up"
    SIGN_IN = "sign_in"
    TIME_OUT = "time_out"
    OPERATING = "operating"
    CLOSING = "closing"
    SIGN_OUT = "sign_out"


STRICTEST_PHASE = Phase.OPERATING
"""What an unknown or stale phase counts as."""

PHASE_MAX_AGE_S = 5.0


@dataclass(frozen=True, slots=True)
class ProcedurePhase:
    stamp_s: float
    """Unix time, s."""
    room: str
    phase: Phase
