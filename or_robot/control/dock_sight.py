"""Where a dock is, from its marker in one image after the other.

A Kalman filter (Bar-Shalom, *Estimation with Applications*, 5.2) of the docked pose in the frame of
dead reckoning, where what was seen stays true to a few millimetres while the camera looks away.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from or_robot.config.docking import DockingConfig
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.types.docking import DockMark
from or_robot.types.perception import MarkerPose, Markers

LEAST_SIGMA = (0.003, 0.003, 0.005)
"""m, m, rad: no single sight is believed to be better."""
DRIFT = (0.01, 0.01, 0.01)
"""m, m, rad per √m driven: of dead reckoning."""
OUTLIER = 25.0
"""Squared distance in sigmas from which a sight does not belong to what was seen before."""
OUTLIERS = 3
"""In a row: the marker has been moved, and is looked for anew."""


class DockSight:
    """Call `look` with every searched image."""

    def __init__(self, config: DockingConfig, mark: DockMark) -> None:
        self._config = config
        self._mark = mark
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._mean: NDArray[np.float64] | None = None
        self._covariance = np.eye(3)
        self._base: Pose2D | None = None
        self._outliers = 0
        self.images = 0
        """Looked at."""
        self.sights = 0
        """Of the marker, that were believed."""
        self.seen_s = -math.inf
        """Stamp of the last of them."""
        self.problem = ""
        """Why the last image did not count; empty when it did."""

    @property
    def dock(self) -> Pose2D | None:
        """reckoned ← base_link when docked."""
        mean = self._mean
        if mean is None:
            return None
        return Pose2D(float(mean[0]), float(mean[1]), wrap_angle(float(mean[2])))

    @property
    def sure(self) -> bool:
        """Whether it may be driven by."""
        sigma = np.sqrt(np.diag(self._covariance))
        near = max(sigma[0], sigma[1]) <= self._config.sure and sigma[2] <= self._config.sure_yaw
        return self.sights >= self._config.sights and bool(near)

    def look(self, markers: Markers, base: Pose2D, expected: Pose2D) -> None:
        """One image. base: reckoned ← base_link when it was taken; expected: where the dock should
        be, reckoned ← base_link when docked."""
        self.images += 1
        number = self._mark.marker
        found = [marker for marker in markers.markers if marker.kind.id == number]
        refused = [rejected for rejected in markers.rejected if rejected.id == number]
        if not found:
            why = refused[0].fault.value if refused else "is not seen"
            self.problem = f"marker {number}: {why}"
            return
        value, covariance = _docked(found[0], base, self._mark.offset)
        off = math.hypot(value[0] - expected.x, value[1] - expected.y)
        turned = abs(wrap_angle(value[2] - expected.yaw))
        if off > self._config.plausible or turned > self._config.plausible_yaw:
            self.problem = f"marker {number} is {off:.2f} m from where it should be"
            return
        self._take(value, covariance, base, markers.stamp_s)

    def _take(
        self,
        value: NDArray[np.float64],
        covariance: NDArray[np.float64],
        base: Pose2D,
        stamp_s: float,
    ) -> None:
        if self._mean is None or self._base is None:
            self._mean, self._covariance = value, covariance
        else:
            moved = base.distance_to(self._base)
            prior = self._covariance + moved * np.diag(np.square(DRIFT))
            error = value - self._mean
            error[2] = wrap_angle(float(error[2]))
            spread = prior + covariance
            if float(error @ np.linalg.solve(spread, error)) > OUTLIER:
                self._doubt()
                return
            gain = np.linalg.solve(spread, prior).T
            self._mean = self._mean + gain @ error
            self._covariance = (np.eye(3) - gain) @ prior
        self._base, self._outliers, self.problem = base, 0, ""
        self.sights += 1
        self.seen_s = stamp_s

    def _doubt(self) -> None:
        self.problem = f"marker {self._mark.marker} is not where it was"
        self._outliers += 1
        if self._outliers >= OUTLIERS:
            self._mean, self._covariance = None, np.eye(3)
            self.sights = self._outliers = 0


def marker_on_floor(marker: MarkerPose) -> Pose2D:
    """base_link ← marker as DockMark has it: x out of the marker, all on the floor."""
    position, out = marker.pose.position, marker.pose.rotation[:, 2]
    return Pose2D(float(position[0]), float(position[1]), math.atan2(out[1], out[0]))


def _docked(
    marker: MarkerPose, base: Pose2D, offset: Pose2D
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x, y, yaw of the docked pose in the frame of `base`, and its covariance (3, 3)."""
    mark = marker_on_floor(marker)
    at = base.compose(mark).compose(offset)
    floor = np.ix_([0, 1, 5], [0, 1, 5])
    turn = np.eye(3)
    turn[:2, :2] = [
        [math.cos(base.yaw), -math.sin(base.yaw)],
        [math.sin(base.yaw), math.cos(base.yaw)],
    ]
    yaw = base.yaw + mark.yaw
    arm_x = math.cos(yaw) * offset.x - math.sin(yaw) * offset.y
    arm_y = math.sin(yaw) * offset.x + math.cos(yaw) * offset.y
    lever = np.array([[1.0, 0.0, -arm_y], [0.0, 1.0, arm_x], [0.0, 0.0, 1.0]])
    seen = turn @ marker.covariance[floor] @ turn.T + np.diag(np.square(LEAST_SIGMA))
    return np.array([at.x, at.y, at.yaw]), lever @ seen @ lever.T
