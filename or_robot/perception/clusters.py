"""Groups of neighbouring beams that ended on one thing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.types.motion import LaserScan


@dataclass(frozen=True, slots=True)
class Clusters:
    """The hits of one scan, cut where two neighbours lie far apart."""

    points: NDArray[np.float64]
    """(n, 2) m in the sensor frame, ordered by bearing."""
    beams: NDArray[np.intp]
    """(n,) index of each point's beam."""
    starts: NDArray[np.intp]
    """(m,) first point of each cluster."""
    stops: NDArray[np.intp]
    """(m,) one past its last point."""

    def __len__(self) -> int:
        return len(self.starts)

    def centres(self) -> NDArray[np.float64]:
        """(m, 2) means of the clusters' points."""
        if not len(self):
            return np.empty((0, 2))
        sums = np.add.reduceat(self.points, self.starts, axis=0)
        # a dropped cluster may lie between two kept ones: its points are not theirs
        ends = np.append(self.starts[1:], len(self.points))
        gaps = np.flatnonzero(ends > self.stops)
        for i in gaps:
            sums[i] = self.points[self.starts[i] : self.stops[i]].sum(axis=0)
        return np.asarray(sums / (self.stops - self.starts)[:, None])


def cluster(scan: LaserScan, gap: float, fewest: int, max_range: float) -> Clusters:
    """Clusters of at least `fewest` points within `max_range` m, cut at gaps of more than `gap` m.

    On a full circle the last beam is the neighbour of the first.
    """
    beams = np.flatnonzero(scan.valid & (scan.ranges <= max_range))
    ranges = scan.ranges[beams].astype(np.float64)
    bearings = scan.bearings[beams]
    points = np.stack((ranges * np.cos(bearings), ranges * np.sin(bearings)), axis=-1)
    if not len(points):
        return Clusters(points, beams, beams, beams)
    first = np.hypot(*(points - np.roll(points, 1, axis=0)).T) > gap
    step = abs(scan.angle_increment)
    if abs(step * scan.ranges.size - 2.0 * np.pi) > 1.5 * step:
        first[0] = True
    elif first.any():
        turn = -int(np.argmax(first))
        points, beams = np.roll(points, turn, axis=0), np.roll(beams, turn)
        first = np.roll(first, turn)
    first[0] = True
    starts = np.flatnonzero(first)
    stops = np.append(starts[1:], len(points))
    enough = stops - starts >= fewest
    return Clusters(points, beams, starts[enough], stops[enough])
