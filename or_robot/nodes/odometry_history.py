"""Where the base was a moment ago, to place a scan at the instant it was taken."""

from __future__ import annotations

from collections import deque

from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.types.motion import Odometry, PoseEstimate

KEPT = 100
"""Readings: 2 s at 50 Hz."""
SLACK_S = 0.1
"""A stamp this much beyond the readings still gets the nearest one."""


class OdometryHistory:
    """The last two seconds of odometry. Time that goes back empties it (simulator restart)."""

    def __init__(self) -> None:
        self._readings: deque[Odometry] = deque(maxlen=KEPT)

    def add(self, reading: Odometry) -> None:
        if self._readings and reading.stamp_s < self._readings[-1].stamp_s:
            self._readings.clear()
        self._readings.append(reading)

    def at(self, stamp_s: float) -> Pose2D | None:
        """odom ← base_link at a time, between readings interpolated; None when too far off."""
        before = after = None
        for reading in reversed(self._readings):
            if reading.stamp_s <= stamp_s:
                before = reading
                break
            after = reading
        if before is not None and after is not None:
            share = (stamp_s - before.stamp_s) / (after.stamp_s - before.stamp_s)
            return _between(before.pose, after.pose, share)
        nearest = before or after
        if nearest is None or abs(nearest.stamp_s - stamp_s) > SLACK_S:
            return None
        return nearest.pose

    def carry(self, estimate: PoseEstimate, stamp_s: float) -> Pose2D | None:
        """map ← base_link at another time than the estimate's."""
        then, wanted = self.at(estimate.stamp_s), self.at(stamp_s)
        if then is None or wanted is None:
            return None
        return estimate.pose.compose(then.inverse()).compose(wanted)


def _between(a: Pose2D, b: Pose2D, share: float) -> Pose2D:
    return Pose2D(
        a.x + share * (b.x - a.x),
        a.y + share * (b.y - a.y),
        wrap_angle(a.yaw + share * wrap_angle(b.yaw - a.yaw)),
    )
