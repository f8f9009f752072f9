"""What the gate watches, in two tables: how old each input may be, and what must never be so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from or_robot.config.safety import SafetyConfig
from or_robot.safety.modes import Event


@dataclass(frozen=True, slots=True)
class Watch:
    """Two ages of one input: late holds the robot, stale latches a fault."""

    late_s: float
    stale_s: float
    only_driving: bool = False
    """Silence is no fault while nothing is asked of the robot."""


def watch_table(config: SafetyConfig) -> Mapping[str, Watch]:
    """Every watched input by name, the cause before its consequences."""
    data = Watch(config.stop_age, config.fault_age)
    switch = Watch(config.switch_age, config.switch_age)
    return {
        "clock": Watch(config.clock_age, config.fault_age),
        "scan": data,
        "odometry": data,
        "hardware_estop": switch,
        "bumper": switch,
        "battery": Watch(config.battery_age, config.battery_age),
        "navigation": data,
        "perception": data,
        "tasks": data,
        "gateway": Watch(config.gateway_hold, config.gateway_age),
        "localization": data,
        "tracks": data,
        "command": Watch(config.stop_age, config.fault_age, only_driving=True),
    }


@dataclass(frozen=True, slots=True)
class Alarm:
    """A state of the inputs that stops the robot at once."""

    event: Event
    lasts: bool
    """A reset is refused while it is so."""
    waited_for: bool = False
    """Before the robot has driven it is only waited for: it is part of starting."""


ALARMS: Mapping[str, Alarm] = {
    "hardware_estop_pressed": Alarm(Event.PERSON_STOP, lasts=True),
    "bumper_touched": Alarm(Event.FAULT, lasts=True),
    "command_invalid": Alarm(Event.FAULT, lasts=False),
    "cmd_vel_writers": Alarm(Event.FAULT, lasts=True),
    "clock_jump": Alarm(Event.FAULT, lasts=False, waited_for=True),
    "localization_lost": Alarm(Event.FAULT, lasts=True, waited_for=True),
    "localization_uncertain": Alarm(Event.FAULT, lasts=True, waited_for=True),
    "battery_empty": Alarm(Event.FAULT, lasts=True, waited_for=True),
}
"""Reason code → what to do, the gravest first."""


class Watchdogs:
    """When each input was last valid, in steady seconds."""

    def __init__(self, table: Mapping[str, Watch], future_s: float) -> None:
        self._table = table
        self._future_s = future_s
        self._valid_s: dict[str, float] = {}
        self._stamp_s: dict[str, float] = {}

    def accept(self, name: str, stamp_s: float, clock_s: float, now_s: float) -> bool:
        """Take a new value, stamped in the clock that now shows `clock_s`.

        Returns False, and counts nothing, for a stamp that is from the future or not newer
        than the last: a frozen or replayed input grows old like a missing one.
        """
        if not stamp_s <= clock_s + self._future_s or stamp_s <= self._stamp_s.get(name, -1.0):
            return False
        self._stamp_s[name] = stamp_s
        self._valid_s[name] = now_s - max(0.0, clock_s - stamp_s)
        return True

    def forget_stamps(self) -> None:
        """The clock was set: stamps from before say nothing about order."""
        self._stamp_s.clear()

    def missing(self) -> str | None:
        """First input never seen; the command may be missing."""
        names = (name for name, watch in self._table.items() if not watch.only_driving)
        return next((name for name in names if name not in self._valid_s), None)

    def late(self, now_s: float, *, driving: bool) -> str | None:
        """First input over the age that holds the robot."""
        return self._older(now_s, driving, stale=False)

    def stale(self, now_s: float, *, driving: bool) -> bool:
        """Whether any input is over the age that is a fault."""
        return self._older(now_s, driving, stale=True) is not None

    def _older(self, now_s: float, driving: bool, *, stale: bool) -> str | None:
        for name, watch in self._table.items():
            if watch.only_driving and not driving:
                continue
            limit = watch.stale_s if stale else watch.late_s
            if now_s - self._valid_s.get(name, float("-inf")) > limit:
                return name
        return None
