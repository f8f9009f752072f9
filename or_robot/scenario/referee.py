"""The referee: judges a run from ground truth alone, never from what the robot says of itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.config.robot import RobotConfig
from or_robot.geometry import polygon
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.scenario.description import Scenario, SuccessRules, TimedTask
from or_robot.scenario.shortest import shortest_way
from or_robot.scenario.truth import Contact, GroundTruth
from or_robot.types.procedure import STRICTEST_PHASE, Phase
from or_robot.types.site import Zone

CAUSED_BY_ROBOT = 0.05
"""A touch is the robot's doing when the touched point of it moved faster than this, m/s."""
STANDING = 0.02
"""The robot stands when it is slower than this, m/s and rad/s."""
INTIMATE, PERSONAL = 0.45, 1.2
"""Distances people keep from others, m (Hall, The Hidden Dimension, 1966)."""
STALL_M, STALL_RAD = 0.25, 0.5
"""Who has not moved or turned so far stands still, as far as getting on goes."""
JERK_PERIOD_S = 0.1
"""Speed is looked at this often for the jerk: finer would measure the physics engine."""


@dataclass(frozen=True, slots=True)
class ZoneEntry:
    stamp_s: float
    zone: str
    phase: str
    """Of the procedure in the zone's room; empty when it belongs to no room."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One run in figures."""

    delivered: bool
    contacts: tuple[Contact, ...]
    """Touches caused by the robot."""
    contacts_by_others: int
    """Somebody touched a robot at rest."""
    zone_entries: tuple[ZoneEntry, ...]
    """Into closed zones, oldest first."""
    min_separation: float | None
    """Between hull and the nearest part of a person, m; None without people."""
    intimate_s: float
    """How long somebody was nearer than INTIMATE."""
    personal_s: float
    """How long somebody was nearer than PERSONAL."""
    time_s: float
    path_length: float
    """m."""
    path_efficiency: float | None
    """Shortest way there is by the way driven, 0 to 1; None when not delivered."""
    longest_stall_s: float
    """On the way, nobody nearer than PERSONAL and no person asked for."""
    jerk_rms: float
    """Of the forward motion, m/s³."""
    door_openings: dict[str, int]
    """Room → how often its doors opened."""

    def passed(self, rules: SuccessRules) -> bool:
        return (
            self.delivered
            and len(self.contacts) <= rules.max_contacts
            and len(self.zone_entries) <= rules.max_zone_entries
        )


class Referee:
    """Feed it the truth often (50 Hz); ask for the verdict at any time."""

    def __init__(self, scenario: Scenario, robot: RobotConfig) -> None:
        self._scenario = scenario
        self._footprint = robot.footprint
        self._handovers = [_Handover(task, scenario) for task in scenario.tasks]
        closed = [zone for zone in scenario.site.zones if zone.closed_at_all]
        self._zones = [_ZoneWatch(zone, robot.footprint) for zone in closed]
        self._phases = _Phases(scenario)
        self._closeness = _Closeness(robot.footprint)
        self._stalls = _Stalls()
        self._jerk = _Jerk()
        self._path_length = 0.0
        self._last: GroundTruth | None = None
        self._entries: list[ZoneEntry] = []

    @property
    def delivered(self) -> bool:
        """Every task's item was truly taken from its pickup to its drop-off."""
        return all(handover.done for handover in self._handovers)

    def watch(self, truth: GroundTruth, *, waits: bool = False) -> None:
        """waits: the robot has asked for a person, and stands until one has come."""
        if self._last is not None:
            self._path_length += truth.robot.distance_to(self._last.robot)
        self._last = truth
        for handover in self._handovers:
            handover.watch(truth)
        for watch in self._zones:
            if watch.entered(truth.robot):
                phase = self._phases.at(truth.stamp_s, watch.zone.room)
                if watch.zone.closed(phase):
                    told = phase if watch.zone.room else ""
                    self._entries.append(ZoneEntry(truth.stamp_s, watch.zone.name, told))
        self._closeness.watch(truth)
        idle = waits or self._closeness.gap < PERSONAL
        self._stalls.watch(truth, idle or not any(h.on_the_way(truth) for h in self._handovers))
        self._jerk.watch(truth)

    def verdict(self) -> Verdict:
        contacts = self._last.contacts if self._last else ()
        caused = tuple(touch for touch in contacts if touch.robot_speed > CAUSED_BY_ROBOT)
        nearest = self._closeness.nearest
        return Verdict(
            delivered=self.delivered,
            contacts=caused,
            contacts_by_others=len(contacts) - len(caused),
            zone_entries=tuple(self._entries),
            min_separation=nearest if math.isfinite(nearest) else None,
            intimate_s=self._closeness.intimate_s,
            personal_s=self._closeness.personal_s,
            time_s=self._last.stamp_s if self._last else 0.0,
            path_length=self._path_length,
            path_efficiency=self._efficiency(),
            longest_stall_s=self._stalls.longest_s,
            jerk_rms=self._jerk.rms,
            door_openings=self._door_openings(),
        )

    def _efficiency(self) -> float | None:
        if not self.delivered or self._path_length == 0.0:
            return None
        stations, radius = self._scenario.site.stations, float(self._footprint[:, 1].max())
        tasks = sorted(self._scenario.tasks, key=lambda task: task.at_s)
        names = [n for task in tasks for n in (task.request.pickup, task.request.dropoff) if n]
        stops = [self._scenario.start, *(stations[name].pose for name in names)]
        shortest = shortest_way(self._scenario.site, radius, stops)
        return None if shortest is None else min(1.0, shortest / self._path_length)

    def _door_openings(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for door in self._last.doors if self._last else ():
            if door.room:
                counts[door.room] = counts.get(door.room, 0) + door.openings
        return counts


def separation(robot: Pose2D, footprint: NDArray[np.float64], discs: NDArray[np.float64]) -> float:
    """Least gap in m between the robot's rectangle (about base_link) and discs (n, 3)."""
    local = np.abs(robot.inverse().transform(discs[:, :2]))
    outside = np.maximum(local - footprint.max(axis=0), 0.0)
    gaps = np.hypot(outside[:, 0], outside[:, 1]) - discs[:, 2]
    return max(0.0, float(gaps.min()))


class _Handover:
    """Watches one task: stand at the pickup, then at the drop-off, each long enough."""

    def __init__(self, task: TimedTask, scenario: Scenario) -> None:
        names = [task.request.pickup, task.request.dropoff]
        self._left = [scenario.site.stations[name].pose for name in names if name]
        self._rules = scenario.success
        self._from_s = task.at_s
        self._standing_since: float | None = None

    @property
    def done(self) -> bool:
        return not self._left

    def on_the_way(self, truth: GroundTruth) -> bool:
        """Whether it has been asked for and the robot is not at the station that comes next."""
        due = not self.done and truth.stamp_s >= self._from_s
        return due and truth.robot.distance_to(self._left[0]) > self._rules.position_tolerance

    def watch(self, truth: GroundTruth) -> None:
        if self.done or truth.stamp_s < self._from_s:
            return
        if not self._stands_at(self._left[0], truth):
            self._standing_since = None
            return
        if self._standing_since is None:
            self._standing_since = truth.stamp_s
        if truth.stamp_s - self._standing_since >= self._rules.stand_s:
            self._left.pop(0)
            self._standing_since = None

    def _stands_at(self, station: Pose2D, truth: GroundTruth) -> bool:
        turn = abs(wrap_angle(truth.robot.yaw - station.yaw))
        return (
            abs(truth.twist.linear) < STANDING
            and abs(truth.twist.angular) < STANDING
            and truth.robot.distance_to(station) <= self._rules.position_tolerance
            and turn <= self._rules.heading_tolerance
        )


class _Phases:
    """Which phase was announced for a room; unknown is the strictest."""

    def __init__(self, scenario: Scenario) -> None:
        self._changes = sorted(scenario.phases, key=lambda change: change.at_s)

    def at(self, now_s: float, room: str) -> Phase:
        phase = STRICTEST_PHASE
        for change in self._changes:
            if change.room == room and change.at_s <= now_s:
                phase = change.phase
        return phase


class _Closeness:
    """How near people were, and how long."""

    def __init__(self, footprint: NDArray[np.float64]) -> None:
        self.nearest = self.gap = math.inf
        self.intimate_s = self.personal_s = 0.0
        self._footprint = footprint
        self._stamp_s = 0.0

    def watch(self, truth: GroundTruth) -> None:
        dt, self._stamp_s = truth.stamp_s - self._stamp_s, truth.stamp_s
        self.gap = math.inf
        if not truth.people:
            return
        discs = np.concatenate([person.discs for person in truth.people])
        gap = self.gap = separation(truth.robot, self._footprint, discs)
        self.nearest = min(self.nearest, gap)
        self.intimate_s += dt if gap < INTIMATE else 0.0
        self.personal_s += dt if gap < PERSONAL else 0.0


class _Stalls:
    """How long the robot stood about for no reason that can be seen."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._at: Pose2D | None = None
        self._since_s = 0.0

    def watch(self, truth: GroundTruth, excused: bool) -> None:
        here, at = truth.robot, self._at
        moved = at is None or here.distance_to(at) > STALL_M
        if excused or moved or (at and abs(wrap_angle(here.yaw - at.yaw)) > STALL_RAD):
            self._at, self._since_s = here, truth.stamp_s
        self.longest_s = max(self.longest_s, truth.stamp_s - self._since_s)


class _Jerk:
    """Root mean square of the second difference of the forward speed."""

    def __init__(self) -> None:
        self._speeds: list[float] = []
        self._squares = 0.0
        self._count = 0
        self._next_s = 0.0

    def watch(self, truth: GroundTruth) -> None:
        if truth.stamp_s < self._next_s - 1e-9:
            return
        self._next_s = truth.stamp_s + JERK_PERIOD_S
        self._speeds = [*self._speeds[-2:], truth.twist.linear]
        if len(self._speeds) == 3:
            first, second, third = self._speeds
            self._squares += ((third - 2.0 * second + first) / JERK_PERIOD_S**2) ** 2
            self._count += 1

    @property
    def rms(self) -> float:
        return math.sqrt(self._squares / self._count) if self._count else 0.0


class _ZoneWatch:
    """Notices when the hull enters one zone."""

    def __init__(self, zone: Zone, footprint: NDArray[np.float64]) -> None:
        self.zone = zone
        self._footprint = footprint
        reach = float(np.max(np.hypot(*footprint.T)))
        self._low = (zone.polygon.min(axis=0) - reach).tolist()
        self._high = (zone.polygon.max(axis=0) + reach).tolist()
        self._inside = False

    def entered(self, robot: Pose2D) -> bool:
        was, self._inside = self._inside, self._near(robot) and self._overlaps(robot)
        return self._inside and not was

    def _near(self, robot: Pose2D) -> bool:
        (low_x, low_y), (high_x, high_y) = self._low, self._high
        return bool(low_x <= robot.x <= high_x and low_y <= robot.y <= high_y)

    def _overlaps(self, robot: Pose2D) -> bool:
        return polygon.overlap(self.zone.polygon, robot.transform(self._footprint))
