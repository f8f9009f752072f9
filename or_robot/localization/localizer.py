"""From odometry and scans to the pose in the map, and an honest "lost"."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from or_robot.config.localization import LocalizationConfig
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.localization.likelihood_field import LikelihoodField
from or_robot.localization.particle_filter import ParticleFilter
from or_robot.types.motion import LaserScan, Odometry, PoseEstimate
from or_robot.types.site import OccupancyMap

HISTORY_S = 2.0
"""Odometry kept to find the pose at a scan's stamp."""

STILL_M = 0.01
STILL_RAD = 0.005
"""Less motion than this since the last correction: the scan holds nothing new (as AMCL does)."""

STILL_PERIOD_S = 1.0
"""A standing robot is corrected so seldom, or the cloud would shrink to a point."""


class Localizer:
    """Tracks map ← base_link. Lost until a pose is given; lost again when the evidence says so."""

    def __init__(
        self, config: LocalizationConfig, map_: OccupancyMap, rng: np.random.Generator
    ) -> None:
        self._config = config
        self.field = LikelihoodField(map_, config.hit_sigma, config.random_share)
        self._filter = ParticleFilter(config, self.field, rng)
        self._history: deque[Odometry] = deque()
        self._map_from_odom = Pose2D(0.0, 0.0, 0.0)
        self._moved_to: Pose2D | None = None
        self._corrected_at: Pose2D | None = None
        self._corrected_s = -math.inf
        self._covariance: NDArray[np.float64] = np.eye(3)
        self._good_s: float | None = None
        self._pending: tuple[Pose2D, NDArray[np.float64]] | None = None
        self.lost = True
        self.reason = "no initial pose"
        """Why it is lost, for people."""

    def set_pose(self, pose: Pose2D, covariance: NDArray[np.float64] | None = None) -> None:
        """Start from `pose` in the map frame; covariance (3, 3) of x, y, yaw."""
        if covariance is None:
            sigmas = (self._config.initial_sigma,) * 2 + (self._config.initial_sigma_yaw,)
            covariance = np.diag(np.square(sigmas))
        self._pending = (pose, covariance)
        if self._history:
            self._take_pose(self._history[-1])

    def update_odometry(self, odometry: Odometry) -> None:
        """Take one message; time or pose that jumps means that the base restarted: lost."""
        if not np.isfinite([odometry.pose.x, odometry.pose.y, odometry.pose.yaw]).all():
            self._lose("odometry is not a number")
            return
        if self._history and self._jumped(self._history[-1], odometry):
            self._history.clear()
            self._moved_to = self._corrected_at = None
            self._corrected_s = -math.inf
            self._lose("odometry jumped")
        self._history.append(odometry)
        while odometry.stamp_s - self._history[0].stamp_s > HISTORY_S:
            self._history.popleft()
        if self._pending is not None:
            self._take_pose(odometry)

    def update_scan(self, scan: LaserScan) -> None:
        """Correct by one scan; a scan without usable beams only ages the fit."""
        if not self._history or self._corrected_s == scan.stamp_s:
            return
        at = self._odometry_at(scan.stamp_s)
        points = self._thinned(scan)
        self._move_to(at)
        if self._news(at, scan.stamp_s):
            self._filter.correct(points)
            self._corrected_at, self._corrected_s = at, scan.stamp_s
        mean, self._covariance = self._filter.estimate()
        self._map_from_odom = mean.compose(at.inverse())
        self._judge(mean, points, scan.stamp_s)

    def estimate(self) -> PoseEstimate | None:
        """Pose at the newest odometry; None before there is any."""
        if not self._history:
            return None
        newest = self._history[-1]
        pose = self._map_from_odom.compose(newest.pose)
        return PoseEstimate(newest.stamp_s, pose, self._covariance, self.lost)

    @property
    def map_from_odom(self) -> Pose2D:
        return self._map_from_odom

    def pose_at(self, stamp_s: float) -> Pose2D | None:
        """map ← base_link at a stamp within the last seconds."""
        if not self._history:
            return None
        return self._map_from_odom.compose(self._odometry_at(stamp_s))

    def _take_pose(self, odometry: Odometry) -> None:
        assert self._pending is not None
        pose, covariance = self._pending
        self._pending = None
        self._filter.initialise(pose, covariance)
        self._map_from_odom = pose.compose(odometry.pose.inverse())
        self._moved_to = odometry.pose
        self._covariance = covariance
        self._good_s = odometry.stamp_s
        self._corrected_at = None
        self.lost, self.reason = False, ""

    def _jumped(self, old: Odometry, new: Odometry) -> bool:
        elapsed = new.stamp_s - old.stamp_s
        reach = self._config.jump_speed * max(elapsed, 0.0) + self._config.jump_distance
        return elapsed < 0.0 or old.pose.distance_to(new.pose) > reach

    def _odometry_at(self, stamp_s: float) -> Pose2D:
        """Odometry at a stamp, interpolated; the nearest message outside the history."""
        after = None
        for odometry in reversed(self._history):
            if odometry.stamp_s <= stamp_s:
                return odometry.pose if after is None else _between(odometry, after, stamp_s)
            after = odometry
        return self._history[0].pose

    def _move_to(self, at: Pose2D) -> None:
        if self._moved_to is None:
            self._moved_to = at
        motion = self._moved_to.inverse().compose(at)
        if math.hypot(motion.x, motion.y) > 1e-4 or abs(motion.yaw) > 1e-4:
            self._filter.predict(motion)
            self._moved_to = at

    def _news(self, at: Pose2D, stamp_s: float) -> bool:
        last = self._corrected_at
        return (
            last is None
            or last.distance_to(at) > STILL_M
            or abs(wrap_angle(at.yaw - last.yaw)) > STILL_RAD
            or stamp_s - self._corrected_s > STILL_PERIOD_S
        )

    def _thinned(self, scan: LaserScan) -> NDArray[np.float64]:
        points = scan.points()
        stride = max(1, math.ceil(len(points) / self._config.beams))
        return points[::stride]

    def _judge(self, mean: Pose2D, points: NDArray[np.float64], stamp_s: float) -> None:
        """Lost when too few beams fit the map for too long, or the cloud is too wide."""
        config = self._config
        near = self.field.distances(mean.transform(points)) < config.inlier_distance
        if len(points) >= 10 and near.mean() >= config.lost_inliers:
            self._good_s = stamp_s
        if math.sqrt(max(self._covariance[0, 0], self._covariance[1, 1])) > config.lost_sigma:
            self._lose("the pose is uncertain")
        elif self._good_s is None or stamp_s - self._good_s > config.lost_after:
            self._lose("the scan does not fit the map")

    def _lose(self, reason: str) -> None:
        if not self.lost:
            self.lost, self.reason = True, reason


def _between(old: Odometry, new: Odometry, stamp_s: float) -> Pose2D:
    share = (stamp_s - old.stamp_s) / max(new.stamp_s - old.stamp_s, 1e-9)
    return Pose2D(
        old.pose.x + share * (new.pose.x - old.pose.x),
        old.pose.y + share * (new.pose.y - old.pose.y),
        wrap_angle(old.pose.yaw + share * wrap_angle(new.pose.yaw - old.pose.yaw)),
    )
