"""Which inputs are measurements at all. What is not counts as if it had not come."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from or_robot.config.safety import SafetyConfig
from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import LaserScan, Odometry, PoseEstimate, Track, Tracks, Twist2D

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
    return not (moves(twist) and before is not None and odometry.pose == before.pose)


def good_estimate(estimate: PoseEstimate) -> bool:
    return _finite(estimate.pose) and bool(np.all(np.isfinite(estimate.covariance)))


def moves(measured: Twist2D) -> bool:
    return max(abs(measured.linear), abs(measured.angular)) > MOVING


def good_tracks(tracks: Tracks, before: tuple[Track, ...]) -> bool:
    """Numbers, and not the very same people as before to the last bit of their covariances."""
    known = all(
        math.isfinite(track.radius)
        and np.all(np.isfinite(track.position))
        and np.all(np.isfinite(track.velocity))
        for track in tracks.tracks
    )
    pairs = list(zip(tracks.tracks, before, strict=False))
    frozen = len(tracks.tracks) == len(before) == len(pairs) > 0 and all(
        np.array_equal(a.position, b.position) and np.array_equal(a.covariance, b.covariance)
        for a, b in pairs
    )
    return known and not frozen


def _finite(pose: Pose2D) -> bool:
    return math.isfinite(pose.x) and math.isfinite(pose.y) and math.isfinite(pose.yaw)
