"""Where a lost robot may be: several poses at once, until the scans leave only one.

Multi-hypothesis localization (Jensfelt, Kristensen 2001): every hypothesis moves with the odometry
and is judged by each scan; evidence is averaged, because scans from one place are far from
independent. Only a lead that other scans could not have made counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.config.localization import LocalizationConfig
from or_robot.geometry.pose import Pose2D
from or_robot.localization.global_search import apart
from or_robot.localization.likelihood_field import Fit, LikelihoodField

CLIMB_M = 0.04
AVERAGED = 10
"""Scans that the evidence is averaged over, at most."""


@dataclass
class Hypothesis:
    anchor: Pose2D
    """map ← dead reckoning."""
    fit: Fit
    """Mean over the scans seen so far, at most the last AVERAGED."""
    scans: int = 0


class Hypotheses:
    """Poses that the robot may have, each fixed to its dead reckoning."""

    def __init__(self, config: LocalizationConfig, field: LikelihoodField) -> None:
        self._config = config
        self._field = field
        self.all: list[Hypothesis] = []
        """The best first."""

    def clear(self) -> None:
        self.all = []

    def propose(self, poses: NDArray[np.float64], at: Pose2D) -> None:
        """Add poses (n, 3) of the robot in the map when its dead reckoning was `at`."""
        for x, y, yaw in poses.tolist():
            anchor = Pose2D(x, y, yaw).compose(at.inverse())
            self.all.append(Hypothesis(anchor, Fit(0.0, 0.0, 0.0)))

    def weigh(self, points: NDArray[np.float64], sensor: tuple[float, float], at: Pose2D) -> None:
        """Judge all by beams from `sensor` to `points` (m, 2), in base_link, m; keep the best."""
        if not len(points):
            return
        for each in self.all:
            start = each.anchor.compose(at)
            row = np.array([[start.x, start.y, start.yaw]])
            x, y, yaw = self._field.refined(row, points, CLIMB_M, 1)[0].tolist()
            pose = Pose2D(x, y, yaw)
            fit = self._field.fit(pose, sensor, points, self._config.inlier_distance)
            each.anchor = pose.compose(at.inverse())
            each.scans = min(each.scans + 1, AVERAGED)
            each.fit = _mean(each.fit, fit, 1.0 / each.scans)
        self._thin_out(at)

    def ripe(self) -> bool:
        """Whether the best has been seen by enough scans to be believed or not."""
        return bool(self.all) and self.all[0].scans >= self._config.certain_scans

    def winner(self) -> Hypothesis | None:
        """The one that fits, has been seen long enough and leads by the margin; or none."""
        config = self._config
        if not self.ripe():
            return None
        first = self.all[0]
        good = first.fit.hits >= config.certain_hits and first.fit.through <= config.certain_through
        return first if good and self.lead() >= config.certain_lead else None

    def lead(self) -> float:
        """How much better the first fits than the second; 1 when there is no second."""
        if len(self.all) < 2:
            return 1.0
        return self.all[0].fit.score - self.all[1].fit.score

    def _thin_out(self, at: Pose2D) -> None:
        """The older of two that have come to the same place stays; the worst go."""
        kept: list[tuple[NDArray[np.float64], Hypothesis]] = []
        for each in sorted(self.all, key=lambda one: -one.scans):
            pose = each.anchor.compose(at)
            row = np.array([pose.x, pose.y, pose.yaw])
            if all(apart(row, other) for other, _ in kept):
                kept.append((row, each))
        best = sorted((each for _, each in kept), key=lambda one: -one.fit.score)
        self.all = best[: self._config.hypotheses]


def _mean(old: Fit, new: Fit, share: float) -> Fit:
    return Fit(
        old.score + share * (new.score - old.score),
        old.hits + share * (new.hits - old.hits),
        old.through + share * (new.through - old.through),
    )
