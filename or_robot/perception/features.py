"""What tells a leg: shape, place among its neighbours, and what earlier scans saw there."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.geometry.pose import Pose2D
from or_robot.perception.clusters import Clusters, cluster
from or_robot.perception.evidence import FEATURES as EVIDENCE
from or_robot.perception.evidence import EvidenceGrid
from or_robot.perception.shape import NAMES as SHAPE
from or_robot.perception.shape import shapes
from or_robot.types.motion import LaserScan

CLUSTER_GAP = 0.13
"""m between neighbours beyond which they are two things."""
FEWEST_POINTS = 3
MAX_RANGE = 11.0
"""m: beyond, a leg has too few beams."""
NEIGHBOURS = 10
MOTION = 6
MATCH_REACH = 0.35
"""m that a cluster may have moved since the scan before."""
MATCH_S = 0.5
"""s after which clusters of an earlier scan are no longer compared."""
FAR = 2.0
"""m: a neighbour further off tells nothing."""

NAMES = (
    *SHAPE,
    *(f"evidence_{i}" for i in range(EVIDENCE)),
    *(f"neighbour_{i}" for i in range(NEIGHBOURS)),
    *(f"motion_{i}" for i in range(MOTION)),
)


class LegFeatures:
    """Call with every scan in turn; remembers what it needs of the earlier ones."""

    def __init__(self) -> None:
        self._evidence = EvidenceGrid()
        self._history = _History()

    def clear(self) -> None:
        """Forget earlier scans: time or pose has jumped."""
        self._evidence.clear()
        self._history = _History()

    def __call__(
        self, scan: LaserScan, sensor: Pose2D
    ) -> tuple[Clusters, NDArray[np.float64], NDArray[np.intp]]:
        """Clusters of a scan taken from `sensor` (fixed frame ← sensor), their features
        (m, NAMES), and for each the cluster of the scan before that it continues, or -1."""
        found = cluster(scan, CLUSTER_GAP, FEWEST_POINTS, MAX_RANGE)
        features = np.empty((len(found), len(NAMES)))
        if not len(found):
            return found, features, np.empty(0, dtype=np.intp)
        ranges = _filled(scan)
        centres = found.centres()
        at = sensor.transform(centres)
        shape = shapes(
            found.points, found.beams, found.starts, found.stops, ranges, scan.angle_increment
        )
        evidence = _means(self._evidence.at(sensor.transform(found.points)), found)
        motion, previous = self._history.compare(at, shape[:, 2], scan.stamp_s)
        columns = (
            shape,
            evidence,
            _neighbours(centres, shape[:, 2], evidence),
            motion,
        )
        np.concatenate(columns, axis=1, out=features)
        self._evidence.add(scan, sensor, MAX_RANGE)
        return found, features, previous


def _filled(scan: LaserScan) -> NDArray[np.float64]:
    """(beams,) m; 0 where the sensor failed, its greatest range where nothing was hit."""
    ranges = np.asarray(scan.ranges, dtype=np.float64)
    ranges = np.where(ranges > scan.range_max, scan.range_max, ranges)
    return np.where(ranges >= scan.range_min, ranges, 0.0)


def _means(values: NDArray[np.float64], found: Clusters) -> NDArray[np.float64]:
    """(clusters, …) means over each cluster's points."""
    sums = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)))
    count = (found.stops - found.starts)[:, None]
    return np.asarray((sums[found.stops] - sums[found.starts]) / count)


@njit(cache=True)
def _neighbours(
    centres: NDArray[np.float64], widths: NDArray[np.float64], evidence: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Nearest cluster: distance, width; nearest of a leg's width: distance, difference in width;
    how many within 0.35, 0.7 and 1.2 m; hit share for long of the nearest leg-wide one, least of
    all within 0.7 m; share of leg-wide ones within 1.2 m."""
    n = centres.shape[0]
    found = np.zeros((n, NEIGHBOURS))
    for i in range(n):
        near, leg = FAR, FAR
        near_width, leg_difference = 1.0, 1.0
        leg_share, least = 1.0, 1.0
        counts = np.zeros(3)
        thin = 0.0
        for j in range(n):
            if j == i:
                continue
            gap = math.hypot(centres[i, 0] - centres[j, 0], centres[i, 1] - centres[j, 1])
            if gap < near:
                near, near_width = gap, widths[j]
            if widths[j] < 0.25 and gap < leg:
                leg, leg_difference = gap, abs(widths[j] - widths[i])
                leg_share = evidence[j, 1]
            if gap < 0.35:
                counts[0] += 1.0
            if gap < 0.7:
                counts[1] += 1.0
                least = min(least, evidence[j, 1])
            if gap < 1.2:
                counts[2] += 1.0
                if widths[j] < 0.25:
                    thin += 1.0
        found[i, 0], found[i, 1] = near, min(near_width, 1.0)
        found[i, 2], found[i, 3] = leg, min(leg_difference, 1.0)
        found[i, 4:7] = counts
        found[i, 7], found[i, 8] = leg_share, least
        found[i, 9] = thin / max(counts[2], 1.0)
    return found


class _History:
    """Clusters of the scan before, and how they came there."""

    def __init__(self) -> None:
        self._stamp_s = -math.inf
        self._centres = np.empty((0, 2))
        self._widths = np.empty(0)
        self._born = np.empty((0, 2))
        self._slow = np.empty((0, 2))
        self._age = np.empty(0)

    def compare(
        self, centres: NDArray[np.float64], widths: NDArray[np.float64], stamp_s: float
    ) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """(m, MOTION) and each cluster's predecessor or -1."""
        n = len(centres)
        previous = np.full(n, -1, dtype=np.intp)
        fresh = 0.0 < stamp_s - self._stamp_s <= MATCH_S
        if fresh and len(self._centres):
            gaps = np.hypot(*(centres[:, None] - self._centres[None]).transpose(2, 0, 1))
            gaps += 0.5 * np.abs(widths[:, None] - self._widths[None])
            nearest = np.argmin(gaps, axis=1)
            mutual = np.argmin(gaps, axis=0)[nearest] == np.arange(n)
            close = gaps[np.arange(n), nearest] < MATCH_REACH
            previous = np.where(mutual & close, nearest, -1)
        known = previous >= 0
        motion = np.zeros((n, MOTION))
        motion[~known, 0] = motion[~known, 2] = -1.0
        born, slow, age = centres.copy(), centres.copy(), np.zeros(n)
        if known.any():
            of = previous[known]
            step = np.hypot(*(centres[known] - self._centres[of]).T)
            born[known], age[known] = self._born[of], self._age[of] + 1.0
            slow[known] = 0.9 * self._slow[of] + 0.1 * centres[known]
            motion[known, 0] = step
            motion[known, 1] = np.abs(widths[known] - self._widths[of])
            motion[known, 2] = np.hypot(*(centres[known] - born[known]).T)
            motion[known, 3] = np.hypot(*(centres[known] - slow[known]).T)
        motion[:, 4] = np.minimum(age, 50.0)
        gaps = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))
        near = gaps < 0.7
        np.fill_diagonal(near, False)
        motion[:, 5] = np.where(near, motion[None, :, 3], 0.0).max(axis=1)
        self._stamp_s, self._centres, self._widths = stamp_s, centres, widths
        self._born, self._slow, self._age = born, slow, age
        return motion, previous
