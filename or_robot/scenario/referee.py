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
from or_robot.scenario.truth import Contact, GroundTruth
from or_robot.types.site import Zone

CAUSED_BY_ROBOT = 0.05
"""A touch is the robot's doing when the touched point of it moved faster than this, m/s."""
STANDING = 0.02
"""The robot stands when it is slower than this, m/s and rad/s."""
CLOSED_ZONES = ("keep_out", "sterile")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One run in figures."""

    delivered: bool
    contacts: tuple[Contact, ...]
    """Touches caused by the robot."""
    contacts_by_others: int
    """Somebody touched a robot at rest."""
    zone_entries: tuple[str, ...]
    """Names of closed zones, once for each entry."""
    min_separation: float | None
    """Between hull and the nearest part of a person, m; None without people."""
    time_s: float
    path_length: float
    """m."""

    def passed(self, rules: SuccessRules) -> bool:
        return (
            self.delivered
            and len(self.contacts) <= rules.max_contacts
            and len(self.zone_entries) <= rules.max_zone_entries
        )


class Referee:
    """Feed it the truth often (50 Hz); ask for the verdict at any time."""

    def __init__(self, scenario: Scenario, robot: RobotConfig) -> None:
        self._footprint = robot.footprint
        self._handovers = [_Handover(task, scenario) for task in scenario.tasks]
        closed = [zone for zone in scenario.site.zones if zone.kind in CLOSED_ZONES]
        self._zones = [_ZoneWatch(zone, robot.footprint) for zone in closed]
        self._separation = math.inf
        self._path_length = 0.0
        self._last: GroundTruth | None = None
        self._entries: list[str] = []

    @property
    def delivered(self) -> bool:
        """Every task's item was truly taken from its pickup to its drop-off."""
        return all(handover.done for handover in self._handovers)

    def watch(self, truth: GroundTruth) -> None:
        if self._last is not None:
            self._path_length += truth.robot.distance_to(self._last.robot)
        self._last = truth
        for handover in self._handovers:
            handover.watch(truth)
        self._entries += [watch.name for watch in self._zones if watch.entered(truth.robot)]
        if truth.people:
            discs = np.concatenate([person.discs for person in truth.people])
            gap = separation(truth.robot, self._footprint, discs)
            self._separation = min(self._separation, gap)

    def verdict(self) -> Verdict:
        contacts = self._last.contacts if self._last else ()
        caused = tuple(touch for touch in contacts if touch.robot_speed > CAUSED_BY_ROBOT)
        return Verdict(
            delivered=self.delivered,
            contacts=caused,
            contacts_by_others=len(contacts) - len(caused),
            zone_entries=tuple(self._entries),
            min_separation=self._separation if math.isfinite(self._separation) else None,
            time_s=self._last.stamp_s if self._last else 0.0,
            path_length=self._path_length,
        )


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


class _ZoneWatch:
    """Notices when the hull enters one zone."""

    def __init__(self, zone: Zone, footprint: NDArray[np.float64]) -> None:
        self.name = zone.name
        self._polygon = zone.polygon
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
        return polygon.overlap(self._polygon, robot.transform(self._footprint))
