"""From odometry, IMU and scans to the pose in the map, and an honest "lost"."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from or_robot.config.localization import LocalizationConfig
from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.localization.global_search import GlobalSearch
from or_robot.localization.hypotheses import Hypotheses
from or_robot.localization.likelihood_field import NO_LEAVES, Fit, LikelihoodField
from or_robot.localization.odometry_track import OdometryTrack, Reading
from or_robot.localization.particle_filter import ParticleFilter
from or_robot.types.motion import LaserScan, Odometry, PoseEstimate
from or_robot.types.sensing import ImuReading
from or_robot.types.site import OCCUPIED_FROM, UNKNOWN, OccupancyMap

STILL_M = 0.01
STILL_RAD = 0.005
"""Less motion than this since the last correction: the scan holds nothing new (as AMCL does)."""

STILL_PERIOD_S = 1.0
"""A standing robot is corrected so seldom, or the cloud would shrink to a point."""

FEWEST_BEAMS = 10
"""A scan with fewer returns shows nothing."""

DOUBT_EVERY = 5
"""While all is well a slice of the global search is done only every so many readings."""


class PoseRefused(OrRobotError):
    """A pose that the robot cannot have."""


class Localizer:
    """Tracks map ← base_link with a particle filter; when lost, looks for itself in the map.

    Tracking and the search for another place that fits better go on side by side. Lost: the pose
    may be wrong and must not be driven by. It ends when one place alone fits the scans, or when
    a person gives the pose.
    """

    def __init__(
        self,
        config: LocalizationConfig,
        map_: OccupancyMap,
        rng: np.random.Generator,
        leaves: NDArray[np.float64] = NO_LEAVES,
    ) -> None:
        self._config = config
        self._map = map_
        self.field = LikelihoodField(map_, config.hit_sigma, config.random_share, leaves)
        self._filter = ParticleFilter(config, self.field, rng)
        self._track = OdometryTrack(config)
        self._search = GlobalSearch(config, map_, self.field)
        self._hypotheses = Hypotheses(config, self.field)
        self._anchor = Pose2D(0.0, 0.0, 0.0)
        """map ← dead reckoning."""
        self._moved_to: Reading | None = None
        self._corrected_at: Pose2D | None = None
        self._corrected_s = -math.inf
        self._covariance: NDArray[np.float64] = np.eye(3)
        self._good_s: float | None = None
        self._scan_s = -math.inf
        self._searched_at: Pose2D | None = None
        self._readings = 0
        self._pending: tuple[Pose2D, NDArray[np.float64]] | None = None
        self.lost = True
        self.reason = "no initial pose"
        """Why it is lost, for people."""

    def set_pose(self, pose: Pose2D, covariance: NDArray[np.float64] | None = None) -> None:
        """Start from `pose` in the map frame; covariance (3, 3) of x, y, yaw.

        Raises PoseRefused, and changes nothing, where the robot cannot be.
        """
        if covariance is None:
            sigmas = (self._config.initial_sigma,) * 2 + (self._config.initial_sigma_yaw,)
            covariance = np.diag(np.square(sigmas))
        check_pose(self._map, pose, covariance)
        self._pending = (pose, covariance)
        newest = self._track.newest
        if newest is not None:
            self._take_pose(newest)

    def update_odometry(self, odometry: Odometry, imu: Sequence[ImuReading] = ()) -> None:
        """Take one reading of the base and what the IMU gave since the last one.

        Time or pose that jumps means that the base restarted: lost.
        """
        pose = odometry.pose
        if not np.isfinite([odometry.stamp_s, pose.x, pose.y, pose.yaw]).all():
            self._lose("odometry is not a number")
            return
        if not self._track.add(odometry, imu):
            self._forget()
            self._lose("odometry jumped")
        newest = self._track.newest
        if self._pending is not None and newest is not None:
            self._take_pose(newest)
        self._readings += 1
        if self.lost or self._readings % DOUBT_EVERY == 0:
            self._look_around()

    def update_scan(self, scan: LaserScan) -> None:
        """Correct by one scan; one without usable beams only ages the fit."""
        at = self._track.at(scan.stamp_s)
        if at is None or scan.stamp_s <= self._scan_s:
            return
        self._scan_s = scan.stamp_s
        points = self._thinned(scan)
        sensor = (scan.mount.x, scan.mount.y)
        if not self._search.running and len(points) >= FEWEST_BEAMS:
            self._search.start(points)
            self._searched_at = at.reckoned
        if not self.lost:
            self._correct(at, points, scan.stamp_s)
            self._judge(at, points, sensor, scan.stamp_s)
        self._hypotheses.weigh(points, sensor, at.reckoned)
        if self.lost:
            self._decide(at)
        else:
            self._doubt(at)

    def search_now(self, scan: LaserScan) -> NDArray[np.float64]:
        """Poses (n, 3) that the scan alone allows, the likeliest first; about 0.2 s of work."""
        self._search.start(self._thinned(scan))
        found = None
        while found is None and self._search.running:
            found = self._search.work()
        return np.empty((0, 3)) if found is None else found

    def estimate(self) -> PoseEstimate | None:
        """Pose at the newest odometry; None before there is any."""
        newest = self._track.newest
        if newest is None:
            return None
        pose = self._anchor.compose(newest.reckoned)
        return PoseEstimate(newest.stamp_s, pose, self._covariance, self.lost)

    @property
    def map_from_odom(self) -> Pose2D:
        """map ← odom at the newest odometry; what AMCL publishes."""
        newest = self._track.newest
        if newest is None:
            return Pose2D(0.0, 0.0, 0.0)
        return self._anchor.compose(newest.reckoned).compose(newest.odometry.inverse())

    def pose_at(self, stamp_s: float) -> Pose2D | None:
        """map ← base_link at a stamp within the last seconds."""
        at = self._track.at(stamp_s)
        return None if at is None else self._anchor.compose(at.reckoned)

    def reckoned_at(self, stamp_s: float) -> Pose2D | None:
        """Dead reckoning's own frame ← base_link at a stamp within the last seconds: it drifts, but
        never jumps while localization is not lost."""
        at = self._track.at(stamp_s)
        return None if at is None else at.reckoned

    # --- tracking

    def _take_pose(self, newest: Reading) -> None:
        assert self._pending is not None
        pose, covariance = self._pending
        self._pending = None
        self._hypotheses.clear()
        self._start_at(pose, covariance, newest)

    def _start_at(self, pose: Pose2D, covariance: NDArray[np.float64], at: Reading) -> None:
        self._filter.initialise(pose, covariance)
        self._anchor = pose.compose(at.reckoned.inverse())
        self._moved_to = at
        self._covariance = covariance
        self._good_s = at.stamp_s
        self._corrected_at = None
        self.lost, self.reason = False, ""

    def _correct(self, at: Reading, points: NDArray[np.float64], stamp_s: float) -> None:
        self._move_to(at)
        if len(points) >= FEWEST_BEAMS and self._news(at.reckoned, stamp_s):
            self._filter.correct(points)
            self._corrected_at, self._corrected_s = at.reckoned, stamp_s
        mean, self._covariance = self._filter.estimate()
        self._anchor = mean.compose(at.reckoned.inverse())

    def _move_to(self, at: Reading) -> None:
        last = self._moved_to or at
        motion = last.reckoned.inverse().compose(at.reckoned)
        if math.hypot(motion.x, motion.y) > 1e-4 or abs(motion.yaw) > 1e-4:
            self._filter.predict(motion, at.slipped - last.slipped)
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
        return np.ascontiguousarray(points[::stride])

    def _judge(
        self,
        at: Reading,
        points: NDArray[np.float64],
        sensor: tuple[float, float],
        stamp_s: float,
    ) -> None:
        """Lost when the scans do not fit the map for too long, or the cloud is too wide."""
        config = self._config
        fit = self.field.fit(
            self._anchor.compose(at.reckoned), sensor, points, config.inlier_distance
        )
        if len(points) >= FEWEST_BEAMS and self._fits(fit):
            self._good_s = stamp_s
        if math.sqrt(max(self._covariance[0, 0], self._covariance[1, 1])) > config.lost_sigma:
            self._lose("the pose is uncertain")
        elif self._good_s is None or stamp_s - self._good_s > config.lost_after:
            self._lose("the scan does not fit the map")

    def _fits(self, fit: Fit) -> bool:
        return fit.hits >= self._config.lost_inliers and fit.through <= self._config.lost_through

    # --- looking for the place

    def _look_around(self) -> None:
        """A slice of the global search; what it finds are hypotheses."""
        found, at = self._search.work(), self._searched_at
        if found is None or at is None:
            return
        self._hypotheses.propose(found, at)
        if not self.lost:  # found or not, the place believed in competes
            mine = self._anchor.compose(at)
            self._hypotheses.propose(np.array([[mine.x, mine.y, mine.yaw]]), at)

    def _decide(self, at: Reading) -> None:
        """While lost: is there one place, and one alone, that fits?"""
        winner = self._hypotheses.winner()
        if winner is not None:
            sigmas = (self._config.found_sigma,) * 2 + (self._config.found_sigma_yaw,)
            pose = winner.anchor.compose(at.reckoned)
            self._start_at(pose, np.diag(np.square(sigmas)), at)
            return
        found = self._hypotheses.all
        if self._hypotheses.ripe():
            fits = found[0].fit.hits >= self._config.certain_hits
            self.reason = "several places fit the scan" if fits else "no place fits the scan"

    def _doubt(self, at: Reading) -> None:
        """While all seems well: another place that fits clearly better means lost."""
        if not self._hypotheses.ripe():
            return
        winner, lead = self._hypotheses.winner(), self._hypotheses.lead()
        if winner is not None and lead >= self._config.doubt_lead:
            pose, mine = winner.anchor.compose(at.reckoned), self._anchor.compose(at.reckoned)
            sigma = math.sqrt(float(np.trace(self._covariance[:2, :2])))
            if pose.distance_to(mine) > self._config.doubt_distance + 3.0 * sigma:
                self._lose("another place fits the scan better")
                return
        self._hypotheses.clear()

    def _lose(self, reason: str) -> None:
        if not self.lost:
            self.lost, self.reason = True, reason

    def _forget(self) -> None:
        """Nothing from before is true any more."""
        self._hypotheses.clear()
        self._search.running = False
        self._moved_to = self._corrected_at = None
        self._corrected_s = self._scan_s = -math.inf


def check_pose(map_: OccupancyMap, pose: Pose2D, covariance: NDArray[np.float64]) -> None:
    """Raise PoseRefused unless the robot can be at `pose`, covariance (3, 3) of x, y, yaw."""
    if not np.isfinite([pose.x, pose.y, pose.yaw]).all():
        raise PoseRefused("the initial pose is not a number", "give x, y and heading")
    cell = map_.spec.cells(np.array([pose.x, pose.y]))
    where = f"the initial pose ({pose.x:.2f}, {pose.y:.2f})"
    if not map_.spec.contains(cell):
        raise PoseRefused(f"{where} is outside the map", "give a pose on the map")
    value = map_.values[cell[0], cell[1]]
    if value == UNKNOWN or value >= OCCUPIED_FROM:
        raise PoseRefused(f"{where} is in a wall or off the floor", "give a pose on free floor")
    if covariance.shape != (3, 3) or not np.isfinite(covariance).all():
        raise PoseRefused("the initial pose's covariance is not a number", "leave it zero")
    if not np.allclose(covariance, covariance.T, atol=1e-6):
        raise PoseRefused("the initial pose's covariance is not symmetric", "leave it zero")
    if np.linalg.eigvalsh(covariance).min() < -1e-9:
        raise PoseRefused("the initial pose's covariance has negative variances", "leave it zero")
