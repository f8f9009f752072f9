"""Which inputs are measurements at all. What is not counts as if it had not come."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from or_robot.config.safety import SafetyConfig
from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import LaserScan, Odometry, PoseEstimate, Tracks, Twist2D

MOVING = 0.05
"""m/s or rad/s: an odometry that says so while its pose stands still is frozen."""


def finite(twist: Twist2D) -> bool:
    return math.isfinite(twist.linear) and math.isfinite(twist.angular)


def good_scan(scan: LaserScan, before: NDArray[np.float32] | None, config: SafetyConfig) -> bool:
    """A blind, failing, half or frozen lidar is no lidar (its noise alone changes every scan)."""
    beams, step = scan.ranges.size, abs(scan.angle_increment)
    geometry = (scan.angle_min, step, scan.range_min, scan.range_max)
    if not all(map(math.isfinite, geometry)) or not _finite(scan.mount):
        return False
    if not 0.0 < step <= config.widest_gap or beams * step < config.least_view:
        return False
    if np.count_nonzero(np.isnan(scan.ranges)) > config.most_failed * beams:
        return False
    if np.count_nonzero(scan.valid) < config.least_hits * beams:
        return False
    return before is None or not np.array_equal(scan.ranges, before, equal_nan=True)


def good_odometry(odometry: Odometry, before: Odometry | None) -> bool:
    """Numbers, and a pose that moves while the twist says that it moves."""
    twist = odometry.twist
    if not finite(twist) or not _finite(odometry.pose):
        return False
    moving = max(abs(twist.linear), abs(twist.angular)) > MOVING
    return not (moving and before is not None and odometry.pose == before.pose)


def good_estimate(estimate: PoseEstimate) -> bool:
    return _finite(estimate.pose) and bool(np.all(np.isfinite(estimate.covariance)))


def good_tracks(tracks: Tracks) -> bool:
    return all(
        math.isfinite(track.radius)
        and np.all(np.isfinite(track.position))
        and np.all(np.isfinite(track.velocity))
        for track in tracks.tracks
    )


def _finite(pose: Pose2D) -> bool:
    return math.isfinite(pose.x) and math.isfinite(pose.y) and math.isfinite(pose.yaw)
