"""Modes of the safety gate as a table: which event leads where; everything else is illegal."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from or_robot.types.safety import SafetyMode as Mode


class Event(StrEnum):
    """What can happen to the gate."""

    INPUTS_READY = "inputs_ready"
    """Every watched input is fresh."""
    INPUTS_MISSING = "inputs_missing"
    """An input is missing, but the robot has not driven since start or reset."""
    DRIVE = "drive"
    DRIVE_SLOW = "drive_slow"
    """Drive below the asked speed, because a cap or the stop field bounds it."""
    IDLE = "idle"
    OBSTRUCTED = "obstructed"
    """Something is in the stop field, a closed zone is, or an input is late."""
    CLEARED = "cleared"
    PERSON_STOP = "person_stop"
    """STOP ROBOT on a panel, or the hardware emergency stop."""
    FAULT = "fault"
    RESET = "reset"
    """A person has looked, and the cause is gone."""
    MANUAL_ON = "manual_on"
    MANUAL_OFF = "manual_off"


class IllegalEventError(Exception):
    """The table has no such transition: a mistake of the caller."""


LATCHED = frozenset({Mode.STOPPED_BY_PERSON, Mode.FAULT})
"""Left only by a person's reset (ISO 13850: resetting must not restart by itself, so the gate
then also waits for a resume)."""

MOVING = frozenset({Mode.AUTONOMOUS, Mode.SLOW})
"""The only modes with a command other than zero."""

_ALWAYS: Mapping[Event, Mode] = {
    Event.PERSON_STOP: Mode.STOPPED_BY_PERSON,
    Event.FAULT: Mode.FAULT,
}

TRANSITIONS: Mapping[Mode, Mapping[Event, Mode]] = {
    Mode.INIT: {**_ALWAYS, Event.INPUTS_READY: Mode.READY},
    Mode.READY: {
        **_ALWAYS,
        Event.INPUTS_MISSING: Mode.INIT,
        Event.DRIVE: Mode.AUTONOMOUS,
        Event.DRIVE_SLOW: Mode.SLOW,
        Event.OBSTRUCTED: Mode.PROTECTIVE_STOP,
        Event.MANUAL_ON: Mode.MANUAL,
    },
    Mode.AUTONOMOUS: {
        **_ALWAYS,
        Event.DRIVE: Mode.AUTONOMOUS,
        Event.DRIVE_SLOW: Mode.SLOW,
        Event.IDLE: Mode.READY,
        Event.OBSTRUCTED: Mode.PROTECTIVE_STOP,
    },
    Mode.SLOW: {
        **_ALWAYS,
        Event.DRIVE: Mode.AUTONOMOUS,
        Event.DRIVE_SLOW: Mode.SLOW,
        Event.IDLE: Mode.READY,
        Event.OBSTRUCTED: Mode.PROTECTIVE_STOP,
    },
    Mode.PROTECTIVE_STOP: {
        **_ALWAYS,
        Event.OBSTRUCTED: Mode.PROTECTIVE_STOP,
        Event.CLEARED: Mode.READY,
        Event.INPUTS_MISSING: Mode.INIT,
        Event.MANUAL_ON: Mode.MANUAL,
    },
    Mode.STOPPED_BY_PERSON: {**_ALWAYS, Event.RESET: Mode.READY},
    Mode.FAULT: {
        # a person's stop during a fault adds nothing: the fault already waits for reset and resume
        Event.PERSON_STOP: Mode.FAULT,
        Event.FAULT: Mode.FAULT,
        Event.RESET: Mode.READY,
    },
    # nothing drives in manual: its inputs may be missing, its stops still latch
    Mode.MANUAL: {**_ALWAYS, Event.MANUAL_OFF: Mode.INIT},
}


def next_mode(mode: Mode, event: Event) -> Mode:
    """Where `event` leads from `mode`; raises IllegalEventError if the table does not say."""
    try:
        return TRANSITIONS[mode][event]
    except KeyError:
        raise IllegalEventError(f"{event.value} in {mode.name}") from None
