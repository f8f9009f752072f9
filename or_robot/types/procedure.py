"""Phase of the procedure in one operating room (WHO surgical safety checklist)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
"""A phase heard longer ago than this is unknown."""


@dataclass(frozen=True, slots=True)
class ProcedurePhase:
    stamp_s: float
    """Unix time, s."""
    room: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class RoomPhases:
    """Newest phase of each room, with when it was heard, s of any one clock."""

    heard: Mapping[str, tuple[Phase, float]] = field(default_factory=dict)

    def with_new(self, room: str, phase: Phase, heard_s: float) -> RoomPhases:
        return RoomPhases({**self.heard, room: (phase, heard_s)})

    def at(self, room: str, now_s: float) -> Phase:
        """Of one room now; unknown or stale counts as the strictest."""
        phase, heard_s = self.heard.get(room, (STRICTEST_PHASE, now_s))
        return phase if abs(now_s - heard_s) <= PHASE_MAX_AGE_S else STRICTEST_PHASE
