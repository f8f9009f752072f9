"""How likely each cluster of a scan is a leg, with what the scans before said of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D
from or_robot.perception.clusters import Clusters
from or_robot.perception.features import NAMES, LegFeatures
from or_robot.perception.trees import Trees
from or_robot.types.motion import LaserScan

WEIGHTS = Path(__file__).with_name("leg_weights.npz")
"""Made by `or-robot perception train`; provenance within, and in docs/perception.md."""
PAST_SHARE = 0.5
"""Weight of the score that a cluster brings from the scan before."""


@cache
def committed_weights() -> Trees:
    """The weights that come with the product."""
    return Trees.load(WEIGHTS)


@dataclass(frozen=True, slots=True)
class ScoredClusters:
    clusters: Clusters
    centres: NDArray[np.float64]
    """(m, 2) m in the fixed frame."""
    scores: NDArray[np.float64]
    """(m,) log-odds of being a leg."""
    previous: NDArray[np.intp]
    """(m,) cluster of the scan before that each continues, or -1."""

    @property
    def probabilities(self) -> NDArray[np.float64]:
        return np.asarray(1.0 / (1.0 + np.exp(-self.scores)))


class LegClassifier:
    """Call with every scan in turn. Raises OrRobotError for weights of other features."""

    def __init__(self, weights: Trees | None = None) -> None:
        self._weights = committed_weights() if weights is None else weights
        if self._weights.names != NAMES:
            raise OrRobotError("the leg weights know other features", "or-robot perception train")
        self._features = LegFeatures()
        self._past = np.empty(0)

    def clear(self) -> None:
        """Forget earlier scans: time or pose has jumped."""
        self._features.clear()
        self._past = np.empty(0)

    def __call__(self, scan: LaserScan, sensor: Pose2D) -> ScoredClusters:
        """Score the clusters of a scan taken from `sensor` (fixed frame ← sensor)."""
        clusters, features, previous = self._features(scan, sensor)
        scores = carried(self._weights.scores(features), previous, self._past)
        self._past = scores
        return ScoredClusters(clusters, sensor.transform(clusters.centres()), scores, previous)


def carried(
    scores: NDArray[np.float64], previous: NDArray[np.intp], past: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Scores mixed with those of the clusters they continue (-1: none)."""
    known = previous >= 0
    mixed = scores.copy()
    mixed[known] = (1.0 - PAST_SHARE) * scores[known] + PAST_SHARE * past[previous[known]]
    return mixed
