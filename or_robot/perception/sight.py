"""Whether a scan could see that somebody stands at a place."""

from __future__ import annotations

import enum
import math

import numpy as np
from numpy.typing import NDArray

from or_robot.types.motion import LaserScan


class Sight(enum.Enum):
    FREE = enum.auto()
    """Beams pass: nobody is there."""
    TAKEN = enum.auto()
    """Beams end there."""
    HIDDEN = enum.auto()
    """Something nearer is in the way, or the sensor does not look there."""


def seen(scan: LaserScan, places: NDArray[np.float64], radius: float) -> list[Sight]:
    """Of places (n, 2), m in the sensor frame: what the beams towards each disc say."""
    ranges = np.where(np.isposinf(scan.ranges), scan.range_max, scan.ranges)
    usable = np.isfinite(ranges) & (ranges >= scan.range_min)
    bearings = scan.bearings
    found = []
    for x, y in places.tolist():
        distance = math.hypot(x, y)
        half = math.asin(min(1.0, radius / max(distance, radius)))
        off = np.abs(np.angle(np.exp(1j * (bearings - math.atan2(y, x)))))
        beams = ranges[usable & (off < max(half, abs(scan.angle_increment)))]
        hidden = np.count_nonzero(beams < distance - radius)
        taken = np.count_nonzero(np.abs(beams - distance) <= radius)
        if 2 * hidden >= len(beams):
            found.append(Sight.HIDDEN)
        else:
            found.append(Sight.TAKEN if taken else Sight.FREE)
    return found
