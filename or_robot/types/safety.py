"""State of the safety gate, as published on /safety/state."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class SafetyMode(IntEnum):
    """Values as in or_robot_interfaces/SafetyState."""

    INIT = 0
    READY = 1
    AUTONOMOUS = 2
    SLOW = 3
    PROTECTIVE_STOP = 4
    STOPPED_BY_PERSON = 5
    FAULT = 6
    MANUAL = 7


@dataclass(frozen=True, slots=True)
class SafetyState:
    stamp_s: float
    mode: SafetyMode
    reason_code: str
    """Stable key, for example "scan_stale"; empty when there is none."""
    reason: str
    """One line for people, in English."""
    speed_limit: float
    """m/s in force, 0 when stopped."""
    reset_required: bool
    resume_required: bool
