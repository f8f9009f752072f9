"""Whether the wing's sliding doors are closed, moving or open, from scans and the map."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from or_robot.config.perception import DoorConfig
from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import LaserScan, PoseEstimate
from or_robot.types.perception import DoorSeen, DoorState
from or_robot.types.site import Door


class DoorWatch:
    """Call `update` with every scan and the pose it was taken from.

    Beams that cross the line of a leaf say where it is: they end on the line, or go through it.
    The leaf covers one end of its line, so its share that is open is a length, not a count.
    """

    def __init__(self, config: DoorConfig, doors: Mapping[str, Door]) -> None:
        self._config = config
        self._doors = dict(doors)
        self._seen: dict[str, DoorSeen] = {}

    def update(self, scan: LaserScan, pose: PoseEstimate) -> tuple[DoorSeen, ...]:
        """All doors by name; UNKNOWN before one is seen and when it was seen too long ago."""
        sensor = pose.pose.compose(scan.mount)
        self._forget_the_future(scan.stamp_s)
        for name, door in self._doors.items():
            opening = None if pose.lost else opening_of(scan, sensor, door, self._config)
            if opening is not None:
                state = self._state(name, opening, scan.stamp_s)
                self._seen[name] = DoorSeen(name, state, opening, scan.stamp_s)
        return tuple(self._told(name, scan.stamp_s) for name in self._doors)

    def _forget_the_future(self, stamp_s: float) -> None:
        """Time went back: what was seen then is not known yet."""
        self._seen = {n: seen for n, seen in self._seen.items() if seen.stamp_s <= stamp_s}

    def _state(self, name: str, opening: float, stamp_s: float) -> DoorState:
        config, before = self._config, self._seen.get(name)
        moved = (
            before is not None
            and 0.0 < stamp_s - before.stamp_s < config.motion_s
            and abs(opening - before.opening) > config.motion
        )
        if opening >= config.open_from and not moved:
            return DoorState.OPEN
        if opening <= config.closed_to and not moved:
            return DoorState.CLOSED
        return DoorState.OPENING

    def _told(self, name: str, stamp_s: float) -> DoorSeen:
        seen = self._seen.get(name)
        if seen is None:
            return DoorSeen(name, DoorState.UNKNOWN, 0.0, stamp_s)
        if 0.0 <= stamp_s - seen.stamp_s <= self._config.keep_s:
            return seen
        return DoorSeen(name, DoorState.UNKNOWN, seen.opening, seen.stamp_s)


def opening_of(scan: LaserScan, sensor: Pose2D, door: Door, config: DoorConfig) -> float | None:
    """0 closed to 1 open; None when too few beams reach the line of the leaf."""
    first, last = door.leaf
    middle = (first + last) / 2.0
    if np.hypot(*(middle - (sensor.x, sensor.y))) > config.reach + np.hypot(*(last - middle)):
        return None
    width = float(np.hypot(*(last - first)))
    along = (last - first) / width
    across = np.array([-along[1], along[0]])
    offset = np.array([sensor.x, sensor.y]) - first
    height = float(offset @ across)
    bearings = scan.bearings + sensor.yaw
    rays = np.stack((np.cos(bearings), np.sin(bearings)), axis=-1)
    toward = rays @ across
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        reach = -height / toward
        where = (offset @ along + reach * (rays @ along)) / width
        usable = (reach > 0.05) & (reach <= config.reach) & (where > 0.0) & (where < 1.0)
        usable &= np.abs(toward) > config.grazing
    ranges = np.where(scan.ranges > scan.range_max, np.inf, scan.ranges).astype(np.float64)
    usable &= ranges >= scan.range_min  # NaN says nothing
    reach = np.where(usable, reach, 0.0)
    slack = config.slack / np.maximum(np.abs(toward), config.grazing)
    shut = usable & (np.abs(ranges - reach) <= slack)
    through = usable & (ranges > reach + slack)
    return _share(where[shut], where[through], config)


def _share(
    shut: NDArray[np.float64], through: NDArray[np.float64], config: DoorConfig
) -> float | None:
    """Share of the line that is open, where it was seen in enough places of its length."""
    bins = config.bins
    counts = [
        np.bincount((part * bins).astype(int), minlength=bins)[:bins] for part in (shut, through)
    ]
    known = counts[0] + counts[1] > 0
    if np.count_nonzero(known) < config.known_share * bins:
        return None
    return float(np.mean(counts[1][known] > counts[0][known]))
