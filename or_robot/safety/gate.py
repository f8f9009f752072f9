"""The last gate before the wheels: whatever the rest asks, only a safe twist leaves it.

Each step: take the inputs, look for a reason to stop, bound what is asked. Every stop is a zero
command at once; the drive brakes under power along its own ramp (IEC 60204-1 stop category 1).
Pure: no clock of its own, no threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from or_robot.config.robot import RobotConfig
from or_robot.config.safety import SafetyConfig
from or_robot.geometry.pose import Pose2D
from or_robot.safety import limits, stop_field
from or_robot.safety.fences import Fences, leads_out
from or_robot.safety.intake import GateInputs, Intake
from or_robot.safety.modes import LATCHED, MOVING, TRANSITIONS, Event, next_mode
from or_robot.safety.reasons import REASONS
from or_robot.safety.speed_caps import Cap, SpeedCaps
from or_robot.safety.watchdog import ALARMS
from or_robot.types.motion import STANDSTILL, Twist2D
from or_robot.types.safety import SafetyMode, SafetyState
from or_robot.types.site import Site, Zone

STANDING_SPEED = 0.02
"""m/s or rad/s: a measured twist below this needs no braking field."""


@dataclass(frozen=True, slots=True)
class GateOutput:
    twist: Twist2D
    state: SafetyState


class Bound(NamedTuple):
    """What the stop field leaves of a twist, and because of what."""

    share: float
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a person's reset or resume."""

    done: bool
    message: str


class SafetyGate:
    """Mode and bounds of one robot. Call `step` at about `config.rate`; `now_s` is steady.

    Raises OrRobotError for settings that contradict the robot.
    """

    def __init__(self, config: SafetyConfig, robot: RobotConfig, site: Site) -> None:
        limits.check_settings(config, robot)
        self._fences = Fences(site.zones, robot)
        self._caps = SpeedCaps(config, robot, site.map)
        self._config = config
        self._robot = robot
        self._intake = Intake(config)
        self._mode = SafetyMode.INIT
        self._reason = "scan_missing"
        self._has_driven = False
        """Since start or reset. Before, a missing input is only waited for; after, it is a fault:
        the order in which processes boot needs no person, a loss in operation does."""
        self._waits_for_resume = False
        self._sent = STANDSTILL
        self._limit = 0.0
        self._stepped_s: float | None = None
        self._clears_s = 0.0
        self._moved_s = 0.0

    def step(self, inputs: GateInputs, now_s: float) -> GateOutput:
        """Bound what navigation asks. Never raises for bad inputs: they are reasons to stop."""
        self._intake.take(inputs, now_s)
        target = STANDSTILL if self._stopped(now_s) else self._steer(now_s)
        self._sent = self._accelerate(target, now_s)
        return GateOutput(self._sent, self.state(inputs.clock_s))

    def state(self, stamp_s: float) -> SafetyState:
        latched = self._mode in LATCHED
        return SafetyState(
            stamp_s=stamp_s,
            mode=self._mode,
            reason_code=self._reason,
            reason=REASONS[self._reason],
            speed_limit=self._limit,
            reset_required=latched,
            resume_required=self._waits_for_resume,
        )

    def stop_request(self) -> None:
        """STOP ROBOT: holds from this moment, whatever the next step brings."""
        self._latch(Event.PERSON_STOP, "stop_robot")

    def reset(self, now_s: float) -> Answer:
        """A person has looked and lets the robot be ready again; refused while a cause lasts."""
        if self._mode not in LATCHED:
            return Answer(True, "Nothing to reset")
        cause = self._lasting_cause(now_s)
        if cause is not None:
            return Answer(False, f"Cannot reset yet. {REASONS[cause]}")
        self._go(Event.RESET, "waits_for_resume")
        self._has_driven = False
        return Answer(True, "Reset; resume lets it drive")

    def resume(self) -> Answer:
        """A person lets the robot drive on after a reset."""
        if self._mode in LATCHED:
            return Answer(False, f"Reset first. {REASONS[self._reason]}")
        self._waits_for_resume = False
        if self._reason == "waits_for_resume":
            self._reason = ""
        return Answer(True, "The robot may drive")

    def set_manual(self, on: bool) -> Answer:
        """Hand the robot over for pushing by hand, or take it back; then it waits for resume."""
        event = Event.MANUAL_ON if on else Event.MANUAL_OFF
        if event not in TRANSITIONS[self._mode]:
            return Answer(False, f"Not possible in {self._mode.name}")
        self._has_driven = False
        self._waits_for_resume = True
        self._go(event, "manual" if on else "waits_for_resume")
        return Answer(True, "Manual" if on else "Automatic; resume lets it drive")

    # --- reasons to stop

    def _stopped(self, now_s: float) -> bool:
        """Let the tables decide, the gravest reason first; True when the robot must stand."""
        self._limit = 0.0
        waited_for = None
        for reason in self._intake.alarms():
            alarm = ALARMS[reason]
            if self._has_driven or not alarm.waited_for:
                self._latch(alarm.event, reason)
            elif alarm.lasts:
                waited_for = waited_for or reason
        if self._mode in LATCHED or self._mode is SafetyMode.MANUAL:
            return True
        late = self._intake.late(now_s)
        if late is not None and self._has_driven:
            self._judge_loss(late, now_s)
            return True
        missing = f"{late}_missing" if late is not None else waited_for
        if missing is not None:
            self._await(missing)
            return True
        if self._mode is SafetyMode.INIT:
            # neutral first: a gate that (re)starts amid a drive must not let it go on
            if self._intake.asked != STANDSTILL:
                self._reason = "command_not_zero"
                return True
            self._go(Event.INPUTS_READY, self._ready_reason)
        return False

    def _judge_loss(self, late: str, now_s: float) -> None:
        if self._intake.stale(now_s):
            # the first that is late, not the first that is stale: the cause, not its consequence
            self._latch(Event.FAULT, f"{late}_stale")
        else:
            self._hold(f"{late}_late", now_s)

    def _await(self, reason: str) -> None:
        """Not driven yet: what is missing is only waited for."""
        if self._mode is SafetyMode.INIT:
            self._reason = reason
        else:
            self._go(Event.INPUTS_MISSING, reason)

    def _lasting_cause(self, now_s: float) -> str | None:
        """Why a reset is refused."""
        lasting = (name for name in self._intake.alarms() if ALARMS[name].lasts)
        late = self._intake.late(now_s)
        return next(lasting, None) or (f"{late}_missing" if late is not None else None)

    # --- driving

    def _steer(self, now_s: float) -> Twist2D:
        """Every input is fresh: bound what is asked by zones, speed caps and the stop field."""
        intake = self._intake
        asked = limits.clamp_speed(intake.asked, self._robot)
        if self._waits_for_resume:
            asked = STANDSTILL
        pose = intake.pose
        fenced = self._fences.at(pose, intake.phases, now_s)
        if fenced.caught is not None and not _may_leave(fenced.caught, pose, asked):
            self._hold("caught_in_zone", now_s)
            return STANDSTILL
        cap = self._caps.lowest(asked, intake.points, intake.arrived, intake.tracks, pose, fenced)
        if intake.blind(now_s) and self._config.blind_speed < cap.speed:
            cap = Cap(self._config.blind_speed, "camera_blind")
        pace = limits.pace(asked, self._robot)
        capped = limits.scaled(asked, min(1.0, cap.speed / pace)) if pace else asked
        returns, fences = (
            stop_field.allowed_share(points, capped, self._config, self._robot)
            for points in (intake.points, fenced.points)
        )
        if self._blocked(intake.points, capped, returns):
            self._hold("obstacle_in_field", now_s)
        elif self._blocked(fenced.points, capped, fences):
            self._hold("zone_ahead", now_s)
        elif asked != STANDSTILL and cap.speed < self._config.creep_speed:
            self._hold("person_passes", now_s)
        elif self._mode is SafetyMode.PROTECTIVE_STOP:
            self._clear(now_s)
        elif asked == STANDSTILL:
            self._stand(cap, now_s)
        else:
            field = min(Bound(returns, "obstacle_near"), Bound(fences, "zone_near"))
            return self._drive(asked, capped, cap, field, now_s)
        return STANDSTILL

    def _blocked(self, points: NDArray[np.float64], asked: Twist2D, share: float) -> bool:
        """Something stands within the way to standstill from the motion there is, or leaves the
        asked motion less than a creep."""
        if share < 1.0 and share * limits.pace(asked, self._robot) < self._config.creep_speed:
            return True
        measured = self._intake.measured
        standing = max(abs(measured.linear), abs(measured.angular)) < STANDING_SPEED
        return not standing and stop_field.occupied(points, measured, self._config, self._robot)

    def _clear(self, now_s: float) -> None:
        """Leave a protective stop once its cause has been gone for a while."""
        if now_s >= self._clears_s:
            self._go(Event.CLEARED, self._ready_reason)

    def _stand(self, cap: Cap, now_s: float) -> None:
        self._limit = cap.speed
        if self._mode in MOVING and now_s - self._moved_s > self._config.idle_time:
            self._go(Event.IDLE, self._ready_reason)

    def _drive(
        self, asked: Twist2D, capped: Twist2D, cap: Cap, field: Bound, now_s: float
    ) -> Twist2D:
        self._moved_s = now_s
        self._has_driven = True
        target = limits.scaled(capped, field.share)
        self._limit = cap.speed if field.share == 1.0 else abs(target.linear)
        if field.share < 1.0:
            self._go(Event.DRIVE_SLOW, field.reason)
        elif capped != asked:
            self._go(Event.DRIVE_SLOW, cap.reason)
        else:
            self._go(Event.DRIVE, "")
        return target

    def _accelerate(self, target: Twist2D, now_s: float) -> Twist2D:
        """Bound speeding up over the time since the last step, at most two periods of it."""
        period = 1.0 / self._config.rate
        passed = now_s - self._stepped_s if self._stepped_s is not None else period
        self._stepped_s = now_s
        dt_s = min(max(passed, 0.0), 2.0 * period)
        return limits.clamp_acceleration(target, self._sent, dt_s, self._robot)

    # --- mode

    def _hold(self, reason: str, now_s: float) -> None:
        obstacle = reason == "obstacle_in_field"
        wait = self._config.clear_time if obstacle else self._config.hold_clear_time
        # what comes after an obstacle may lengthen the wait for it, never cut it short
        self._clears_s = max(self._clears_s, now_s + wait)
        self._go(Event.OBSTRUCTED, reason)

    def _latch(self, event: Event, reason: str) -> None:
        """Stop until a person resets; the first reason stays, because it is the cause."""
        new = self._mode not in LATCHED
        worse = self._mode is SafetyMode.STOPPED_BY_PERSON and event is Event.FAULT
        self._go(event, reason if new or worse else self._reason)
        self._waits_for_resume = True

    def _go(self, event: Event, reason: str) -> None:
        self._mode = next_mode(self._mode, event)
        self._reason = reason

    @property
    def _ready_reason(self) -> str:
        return "waits_for_resume" if self._waits_for_resume else ""


def _may_leave(zone: Zone, pose: Pose2D, asked: Twist2D) -> bool:
    """Whether a robot caught in a zone is asked to leave it, and the zone lets it."""
    return zone.caught == "leave" and asked != STANDSTILL and leads_out(zone, pose, asked)
