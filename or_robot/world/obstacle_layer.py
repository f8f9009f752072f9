"""What the lidar sees beyond the map: beams mark where they end and clear where they passed."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import LaserScan


class ObstacleLayer:
    """Marked cells on a grid in the map frame. A ghost goes as soon as one beam passes it."""

    def __init__(self, spec: GridSpec, mark_range: float, clear_range: float) -> None:
        self._spec = spec
        self._mark_range = mark_range
        self._clear_range = clear_range
        self.marked: NDArray[np.bool_] = np.zeros(spec.shape, dtype=np.bool_)

    def clear(self) -> None:
        self.marked[:] = False

    def update(self, scan: LaserScan, pose: Pose2D, keep: NDArray[np.bool_]) -> None:
        """Take one scan from `pose` (map ← base_link).

        keep (beams,): which beams may mark; the others only clear. A beam that hit nothing clears
        up to the clearing range; one whose reading failed (NaN, too short) does neither.
        """
        sensor = pose.compose(scan.mount)
        ranges = np.asarray(scan.ranges, dtype=np.float64)
        passed = np.where(ranges > scan.range_max, scan.range_max, ranges)
        passed = np.where(passed >= scan.range_min, passed, 0.0)  # NaN clears nothing
        marks = scan.valid & keep & (ranges <= self._mark_range)
        _trace(
            self.marked,
            (sensor.x - self._spec.origin_x) / self._spec.resolution,
            (sensor.y - self._spec.origin_y) / self._spec.resolution,
            scan.bearings + sensor.yaw,
            passed / self._spec.resolution,
            self._clear_range / self._spec.resolution,
            marks,
        )


@njit(cache=True)
def _trace(
    marked: NDArray[np.bool_],
    x: float,
    y: float,
    bearings: NDArray[np.float64],
    lengths: NDArray[np.float64],
    reach: float,
    marks: NDArray[np.bool_],
) -> None:
    """Clear along every beam first, then mark the ends. Lengths in cells."""
    rows, columns = marked.shape
    for n in range(bearings.size):
        cos, sin = math.cos(bearings[n]), math.sin(bearings[n])
        end = min(lengths[n] - 1.0, reach)
        travelled = 0.0
        while travelled < end:
            row, column = math.floor(y + travelled * sin), math.floor(x + travelled * cos)
            if 0 <= row < rows and 0 <= column < columns:
                marked[row, column] = False
            travelled += 0.5
    for n in range(bearings.size):
        if marks[n]:
            row = math.floor(y + lengths[n] * math.sin(bearings[n]))
            column = math.floor(x + lengths[n] * math.cos(bearings[n]))
            if 0 <= row < rows and 0 <= column < columns:
                marked[row, column] = True
