"""What the gate believes of its inputs: only what is valid, with its age."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from or_robot.config.safety import SafetyConfig
from or_robot.geometry.pose import Pose2D
from or_robot.safety import validity
from or_robot.safety.arrivals import JUST_S, arrived
from or_robot.safety.watchdog import ALARMS, Watchdogs, watch_table
from or_robot.types.motion import (
    STANDSTILL,
    LaserScan,
    Odometry,
    PoseEstimate,
    Track,
    Tracks,
    Twist2D,
    VelocityCommand,
)
from or_robot.types.procedure import ProcedurePhase, RoomPhases

CLOCK_MEMORY_S = 2.0
KEPT_ODOMETRY = 50
"""Readings, 1 s: to place an estimate of the pose at the instant it is of."""


@dataclass(frozen=True, slots=True)
class GateInputs:
    """The newest of everything that has come since the last step; None: nothing new.

    Stamps are in the clock of `clock_s`, those of `heartbeats` in steady seconds like `now_s`.
    """

    clock_s: float
    """What the clock of the stamps shows now (the ROS clock: may stand still, may jump)."""
    scan: LaserScan | None = None
    odometry: Odometry | None = None
    localization: PoseEstimate | None = None
    tracks: Tracks | None = None
    command: VelocityCommand | None = None
    heartbeats: Mapping[str, float] = field(default_factory=dict)
    """Process → steady stamp: "navigation", "perception", "tasks", "gateway"."""
    hardware_estop: bool | None = None
    bumper: bool | None = None
    battery: float | None = None
    """State of charge, 0 to 1."""
    camera_blind: bool | None = None
    """Whether what only the camera can see would be missed now."""
    phases: tuple[ProcedurePhase, ...] = ()
    """Every phase told since the last step."""
    command_writers: int = 1
    """Publishers of /cmd_vel, the gate itself included."""


class Intake:
    """Newest valid inputs, and what is wrong with the others."""

    def __init__(self, config: SafetyConfig) -> None:
        self._config = config
        self._watchdogs = Watchdogs(watch_table(config), config.future)
        self._ranges: NDArray[np.float32] | None = None
        self._clock = 0.0
        self._ahead: deque[float] = deque(maxlen=round(CLOCK_MEMORY_S * config.rate))
        """How far the clock was ahead of steady time at the last steps, s."""
        self._odometry: deque[Odometry] = deque(maxlen=KEPT_ODOMETRY)
        self._map_from_odom = Pose2D(0.0, 0.0, 0.0)
        self._estimate: PoseEstimate | None = None
        self._pose_frozen = False
        self._states: dict[str, bool] = {}
        self.points: NDArray[np.float64] = np.empty((0, 2))
        """(n, 2) returns of the last good scan, m in base_link."""
        self.arrived: NDArray[np.bool_] = np.empty(0, dtype=np.bool_)
        """(n,) which of them have just come."""
        self._scans: deque[tuple[LaserScan, Pose2D]] = deque()
        """Those of the last `JUST_S`, each with odom ← base_link."""
        self.tracks: tuple[Track, ...] = ()
        self.phases = RoomPhases()
        """Heard when, in steady seconds."""
        self.asked: Twist2D = STANDSTILL
        self._sighted_s = -math.inf
        """When the camera was last told to see, steady."""

    @property
    def measured(self) -> Twist2D:
        return self._odometry[-1].twist if self._odometry else STANDSTILL

    @property
    def pose(self) -> Pose2D:
        """map ← base_link now: the last estimate carried on by odometry."""
        if not self._odometry:
            return self._map_from_odom
        return self._map_from_odom.compose(self._odometry[-1].pose)

    def blind(self, now_s: float) -> bool:
        """Whether the camera says so, or nobody has said otherwise for long."""
        return now_s - self._sighted_s > self._config.switch_age

    def take(self, inputs: GateInputs, now_s: float) -> None:
        """Remember what is new and valid."""
        self._states["clock_jump"] = self._clock_jumped(inputs.clock_s, now_s)
        self._states["cmd_vel_writers"] = inputs.command_writers != 1
        self._take_base(inputs, now_s)
        self._take_estimates(inputs, now_s)
        if inputs.camera_blind is not None:
            self._sighted_s = -math.inf if inputs.camera_blind else now_s
        command = inputs.command
        self._states["command_invalid"] = command is not None and not validity.finite(command.twist)
        if (
            command is not None
            and not self._states["command_invalid"]
            and self._accept("command", command.stamp_s, inputs.clock_s, now_s)
        ):
            self.asked = command.twist

    def alarms(self) -> list[str]:
        """Every alarm there is now, the gravest first."""
        return [name for name in ALARMS if self._states.get(name, False)]

    def late(self, now_s: float) -> str | None:
        """First input that is missing or too old to drive on."""
        driving = self.asked != STANDSTILL
        return self._watchdogs.missing() or self._watchdogs.late(now_s, driving=driving)

    def stale(self, now_s: float) -> bool:
        """Whether any input is old enough for a fault."""
        return self._watchdogs.stale(now_s, driving=self.asked != STANDSTILL)

    def _take_base(self, inputs: GateInputs, now_s: float) -> None:
        scan, odometry, clock_s = inputs.scan, inputs.odometry, inputs.clock_s
        before = self._odometry[-1] if self._odometry else None
        if (
            odometry is not None
            and validity.good_odometry(odometry, before)
            and self._accept("odometry", odometry.stamp_s, clock_s, now_s)
        ):
            self._odometry.append(odometry)
        if (
            scan is not None
            and validity.good_scan(scan, self._ranges, self._config)
            and self._accept("scan", scan.stamp_s, clock_s, now_s)
        ):
            self._see(scan)
        for name, alarm, pressed in (
            ("hardware_estop", "hardware_estop_pressed", inputs.hardware_estop),
            ("bumper", "bumper_touched", inputs.bumper),
        ):
            if pressed is not None:
                self._accept(name, now_s, now_s, now_s)
                self._states[alarm] = pressed
        charge = inputs.battery
        if charge is not None and 0.0 <= charge <= 1.0:
            self._accept("battery", now_s, now_s, now_s)
            self._states["battery_empty"] = charge < self._config.least_charge

    def _see(self, scan: LaserScan) -> None:
        self.points, self._ranges = scan.points(), scan.ranges
        here, scans = self._odom_at(scan.stamp_s), self._scans
        while scans and not 0.0 < scan.stamp_s - scans[0][0].stamp_s <= JUST_S:
            scans.popleft()
        self.arrived = np.zeros(len(self.points), dtype=np.bool_)
        if scans:
            before, there = scans[0]
            self.arrived = arrived(self.points, before, there.inverse().compose(here))
        scans.append((scan, here))

    def _odom_at(self, stamp_s: float) -> Pose2D:
        """odom ← base_link at a stamp, or at the oldest reading there is."""
        earlier = (r for r in reversed(self._odometry) if r.stamp_s <= stamp_s)
        oldest = self._odometry[0] if self._odometry else None
        then = next(earlier, oldest)
        return then.pose if then is not None else Pose2D(0.0, 0.0, 0.0)

    def _take_estimates(self, inputs: GateInputs, now_s: float) -> None:
        estimate, tracks, clock_s = inputs.localization, inputs.tracks, inputs.clock_s
        if (
            estimate is not None
            and validity.good_estimate(estimate)
            and not self._frozen(estimate)
            and self._accept("localization", estimate.stamp_s, clock_s, now_s)
        ):
            self._place(estimate)
        if (
            tracks is not None
            and validity.good_tracks(tracks, self.tracks)
            and self._accept("tracks", tracks.stamp_s, clock_s, now_s)
        ):
            self.tracks = tracks.tracks
        for process, stamp_s in inputs.heartbeats.items():
            self._accept(process, stamp_s, now_s, now_s)
        for phase in inputs.phases:
            if phase.stamp_s <= clock_s + self._config.future:
                heard_s = now_s - max(0.0, clock_s - phase.stamp_s)
                self.phases = self.phases.with_new(phase.room, phase.phase, heard_s)

    def _frozen(self, estimate: PoseEstimate) -> bool:
        """The pose stands while odometry moves; and then until the pose moves again, or a robot
        that is held would be let go because it stands."""
        before = self._estimate
        newer = before is not None and estimate.stamp_s > before.stamp_s
        same = newer and before is not None and estimate.pose == before.pose
        self._pose_frozen = same and (self._pose_frozen or validity.moves(self.measured))
        return self._pose_frozen

    def _place(self, estimate: PoseEstimate) -> None:
        self._estimate = estimate
        self._states["localization_lost"] = estimate.lost
        sigmas = np.sqrt(np.maximum(np.diag(estimate.covariance), 0.0))
        wide = max(sigmas[:2]) > self._config.pose_sigma or sigmas[2] > self._config.yaw_sigma
        self._states["localization_uncertain"] = bool(wide) and not estimate.lost
        odom = self._odom_at(estimate.stamp_s)
        self._map_from_odom = estimate.pose.compose(odom.inverse())

    def _accept(self, name: str, stamp_s: float, clock_s: float, now_s: float) -> bool:
        return self._watchdogs.accept(name, stamp_s, clock_s, now_s)

    def _clock_jumped(self, clock_s: float, now_s: float) -> bool:
        """Whether the clock went back, or is further ahead of steady time than just now. Notes that
        it goes: while it stands, stamps up to `future` ahead would still count as new.

        A clock that is told late and then catches up has not jumped.
        """
        if clock_s == 0.0:  # no /clock heard yet
            return False
        before, self._clock = self._clock, clock_s
        if clock_s != before:
            self._accept("clock", now_s, now_s, now_s)
        ahead = clock_s - now_s
        least = max(self._ahead, default=ahead)
        jumped = clock_s < before or ahead - least > self._config.clock_jump
        if jumped:
            self._watchdogs.forget_stamps()
            self._ahead.clear()
        self._ahead.append(ahead)
        return jumped
