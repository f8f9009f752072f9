"""What the gate believes of its inputs: only what is valid, with its age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from or_robot.config.safety import SafetyConfig
from or_robot.safety.limits import is_finite
from or_robot.safety.watchdog import Watchdogs, watch_table
from or_robot.types.motion import (
    STANDSTILL,
    LaserScan,
    Odometry,
    PoseEstimate,
    Tracks,
    Twist2D,
    VelocityCommand,
)


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
    command_writers: int = 1
    """Publishers of /cmd_vel, the gate itself included."""


class Intake:
    """Newest valid inputs, and what is wrong with the others."""

    def __init__(self, config: SafetyConfig) -> None:
        self._config = config
        self._watchdogs = Watchdogs(watch_table(config), config.future)
        self._ranges: NDArray[np.float32] | None = None
        self._clock: tuple[float, float] | None = None
        self._lost = True
        self.points: NDArray[np.float64] = np.empty((0, 2))
        """(n, 2) returns of the last good scan, m in base_link."""
        self.measured: Twist2D = STANDSTILL
        self.asked: Twist2D = STANDSTILL
        self.pressed: dict[str, bool] = {"hardware_estop": False, "bumper": False}

    def take(self, inputs: GateInputs, now_s: float) -> str | None:
        """Remember what is new and valid; returns the reason code of a fault seen at once."""
        jumped = self._clock_jumped(inputs.clock_s, now_s)
        self._take_base(inputs, now_s)
        self._take_estimates(inputs, now_s)
        command = inputs.command
        if command is not None:
            if not is_finite(command.twist):
                return "command_invalid"
            if self._accept("command", command.stamp_s, inputs.clock_s, now_s):
                self.asked = command.twist
        if inputs.command_writers != 1:
            return "cmd_vel_writers"
        return "clock_jump" if jumped else None

    def late(self, now_s: float) -> str | None:
        """First input that is missing or too old to drive on, or "localization_lost"."""
        driving = self.asked != STANDSTILL
        late = self._watchdogs.missing() or self._watchdogs.late(now_s, driving=driving)
        return late or ("localization_lost" if self._lost else None)

    def stale(self, now_s: float) -> bool:
        """Whether any input is old enough for a fault."""
        return self._watchdogs.stale(now_s, driving=self.asked != STANDSTILL)

    def _take_base(self, inputs: GateInputs, now_s: float) -> None:
        scan, odometry, clock_s = inputs.scan, inputs.odometry, inputs.clock_s
        if (
            scan is not None
            and self._good(scan)
            and self._accept("scan", scan.stamp_s, clock_s, now_s)
        ):
            self.points, self._ranges = scan.points(), scan.ranges
        if (
            odometry is not None
            and is_finite(odometry.twist)
            and self._accept("odometry", odometry.stamp_s, clock_s, now_s)
        ):
            self.measured = odometry.twist
        for name, pressed in (
            ("hardware_estop", inputs.hardware_estop),
            ("bumper", inputs.bumper),
        ):
            if pressed is not None:
                self._accept(name, now_s, now_s, now_s)
                self.pressed[name] = pressed

    def _take_estimates(self, inputs: GateInputs, now_s: float) -> None:
        pose, tracks = inputs.localization, inputs.tracks
        if pose is not None and self._accept("localization", pose.stamp_s, inputs.clock_s, now_s):
            self._lost = pose.lost or not np.all(np.isfinite(pose.covariance))
        if tracks is not None:
            self._accept("tracks", tracks.stamp_s, inputs.clock_s, now_s)
        for process, stamp_s in inputs.heartbeats.items():
            self._accept(process, stamp_s, now_s, now_s)

    def _accept(self, name: str, stamp_s: float, clock_s: float, now_s: float) -> bool:
        return self._watchdogs.accept(name, stamp_s, clock_s, now_s)

    def _good(self, scan: LaserScan) -> bool:
        """A blind, failing or frozen lidar is no lidar (its noise alone changes every scan)."""
        beams = scan.ranges.size
        if beams == 0 or not np.isfinite(scan.angle_increment):
            return False
        if np.count_nonzero(np.isnan(scan.ranges)) > self._config.most_failed * beams:
            return False
        if np.count_nonzero(scan.valid) < self._config.least_hits * beams:
            return False
        return self._ranges is None or not np.array_equal(scan.ranges, self._ranges)

    def _clock_jumped(self, clock_s: float, now_s: float) -> bool:
        """Whether the clock went back, or ran ahead of steady time, since the last step."""
        before, self._clock = self._clock, (clock_s, now_s)
        if before is None or before[0] == 0.0:  # 0: no /clock heard yet
            return False
        passed, steady = clock_s - before[0], now_s - before[1]
        jumped = passed < 0.0 or passed - steady > self._config.clock_jump
        if jumped:
            self._watchdogs.forget_stamps()
        return jumped
