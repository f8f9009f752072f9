"""Dead reckoning of the last seconds, to place a scan at the instant it was taken."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from or_robot.config.localization import LocalizationConfig
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.localization.odometry_filter import OdometryFilter
from or_robot.types.motion import Odometry
from or_robot.types.sensing import ImuReading

HISTORY_S = 2.0


@dataclass(frozen=True, slots=True)
class Reading:
    stamp_s: float
    reckoned: Pose2D
    """Of the filter: wheels and IMU."""
    slipped: float
    """m of slip until then, all in all."""
    odometry: Pose2D
    """odom ← base_link, as the base said."""


class OdometryTrack:
    """Filters odometry and keeps two seconds of it."""

    def __init__(self, config: LocalizationConfig) -> None:
        self._config = config
        self._filter = OdometryFilter(config)
        self._readings: deque[Reading] = deque()
        self._last: Odometry | None = None

    @property
    def newest(self) -> Reading | None:
        return self._readings[-1] if self._readings else None

    def add(self, odometry: Odometry, imu: Sequence[ImuReading]) -> bool:
        """Take one reading. False: it does not follow on the last one; all before is forgotten."""
        last, self._last = self._last, odometry
        follows = last is None or not self._jumped(last, odometry)
        if not follows:
            self._readings.clear()
            self._filter = OdometryFilter(self._config)
        self._filter.update(odometry, imu)
        self._readings.append(
            Reading(odometry.stamp_s, self._filter.pose, self._filter.slipped, odometry.pose)
        )
        while odometry.stamp_s - self._readings[0].stamp_s > HISTORY_S:
            self._readings.popleft()
        return follows

    def at(self, stamp_s: float) -> Reading | None:
        """At a stamp, interpolated; the nearest reading outside the history; None without any."""
        after: Reading | None = None
        for reading in reversed(self._readings):
            if reading.stamp_s <= stamp_s:
                return reading if after is None else _between(reading, after, stamp_s)
            after = reading
        return after

    def _jumped(self, old: Odometry, new: Odometry) -> bool:
        elapsed = new.stamp_s - old.stamp_s
        reach = self._config.jump_speed * max(elapsed, 0.0) + self._config.jump_distance
        return elapsed < 0.0 or old.pose.distance_to(new.pose) > reach


def _between(old: Reading, new: Reading, stamp_s: float) -> Reading:
    share = (stamp_s - old.stamp_s) / max(new.stamp_s - old.stamp_s, 1e-9)
    return Reading(
        stamp_s,
        _mix(old.reckoned, new.reckoned, share),
        old.slipped + share * (new.slipped - old.slipped),
        _mix(old.odometry, new.odometry, share),
    )


def _mix(old: Pose2D, new: Pose2D, share: float) -> Pose2D:
    return Pose2D(
        old.x + share * (new.x - old.x),
        old.y + share * (new.y - old.y),
        wrap_angle(old.yaw + share * math.remainder(new.yaw - old.yaw, math.tau)),
    )
