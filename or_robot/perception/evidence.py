"""What successive scans said about each place: seen through, or hit; lately, and for long."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import LaserScan

CELL = 0.05
"""m."""
SIDE = 480
"""Cells: 24 m."""
SHIFT_AT = 60
"""Cells from the middle at which the grid follows the sensor."""
KEEP = (0.995, 0.85)
"""Share of older evidence that one more scan leaves: for long, lately."""
SHY = 0.12
"""m before its end at which a beam no longer counts as having passed."""
CHANNELS = 4
"""Hits and passes for long, hits and passes lately."""
FEATURES = 7


class EvidenceGrid:
    """Follows the sensor through a fixed frame (odom or map) and forgets slowly.

    A wall has been hit whenever it was looked at; the place where a leg stands was free before.
    """

    def __init__(self) -> None:
        self._cells = np.zeros((CHANNELS, SIDE, SIDE), dtype=np.float32)
        self._corner: tuple[int, int] | None = None

    def clear(self) -> None:
        self._cells[:] = 0.0
        self._corner = None

    def add(self, scan: LaserScan, sensor: Pose2D, max_range: float) -> None:
        """Take one scan from `sensor` (fixed frame ← sensor)."""
        corner = self._follow(sensor)
        for channel, keep in enumerate((KEEP[0], KEEP[0], KEEP[1], KEEP[1])):
            self._cells[channel] *= np.float32(keep)
        ranges = np.asarray(scan.ranges, dtype=np.float64)
        passed = np.where(ranges > scan.range_max, scan.range_max, ranges)
        passed = np.where(passed >= scan.range_min, np.minimum(passed, max_range), 0.0)
        _trace(
            self._cells,
            sensor.x / CELL - corner[1],
            sensor.y / CELL - corner[0],
            scan.bearings + sensor.yaw,
            passed / CELL,
            scan.valid & (ranges <= max_range),
            SHY / CELL,
        )

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, FEATURES) of points (n, 2) in the fixed frame, from the scans added before."""
        if self._corner is None:
            return np.zeros((len(points), FEATURES))
        x = points[:, 0] / CELL - self._corner[1]
        y = points[:, 1] / CELL - self._corner[0]
        return _read(self._cells, x, y)

    def _follow(self, sensor: Pose2D) -> tuple[int, int]:
        """Lower left cell of the grid after it moved along with the sensor."""
        here = math.floor(sensor.y / CELL) - SIDE // 2, math.floor(sensor.x / CELL) - SIDE // 2
        if self._corner is None:
            self._corner = here
        rows, columns = here[0] - self._corner[0], here[1] - self._corner[1]
        if max(abs(rows), abs(columns)) > SHIFT_AT:
            self._cells = _shifted(self._cells, rows, columns)
            self._corner = here
        return self._corner


def _shifted(cells: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """The same places in a grid whose corner lies so many cells further."""
    moved = np.zeros_like(cells)
    if max(abs(rows), abs(columns)) < SIDE:
        new_r, old_r = _overlap(rows)
        new_c, old_c = _overlap(columns)
        moved[:, new_r, new_c] = cells[:, old_r, old_c]
    return moved


def _overlap(by: int) -> tuple[slice, slice]:
    if by >= 0:
        return slice(0, SIDE - by), slice(by, SIDE)
    return slice(-by, SIDE), slice(0, SIDE + by)


@njit(cache=True)
def _trace(
    cells: NDArray[np.float32],
    x: float,
    y: float,
    bearings: NDArray[np.float64],
    lengths: NDArray[np.float64],
    hit: NDArray[np.bool_],
    shy: float,
) -> None:
    rows, columns = cells.shape[1:]
    for n in range(bearings.size):
        cos, sin = math.cos(bearings[n]), math.sin(bearings[n])
        end = lengths[n] - (shy if hit[n] else 0.0)
        travelled = 1.0
        last_row, last_column = -1, -1
        while travelled < end:
            row, column = math.floor(y + travelled * sin), math.floor(x + travelled * cos)
            travelled += 1.0
            if row == last_row and column == last_column:
                continue
            last_row, last_column = row, column
            if 0 <= row < rows and 0 <= column < columns:
                cells[1, row, column] += 1.0
                cells[3, row, column] += 1.0
        if hit[n]:
            row = math.floor(y + lengths[n] * sin)
            column = math.floor(x + lengths[n] * cos)
            if 0 <= row < rows and 0 <= column < columns:
                cells[0, row, column] += 1.0
                cells[2, row, column] += 1.0


@njit(cache=True)
def _read(
    cells: NDArray[np.float32], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Per point: hit share and observations for long, the same with the nearest cells' hits
    counted in, hit share lately (cell, neighbourhood), passes for long."""
    rows, columns = cells.shape[1:]
    found = np.zeros((x.size, FEATURES))
    for n in range(x.size):
        row, column = math.floor(y[n]), math.floor(x[n])
        if not (1 <= row < rows - 1 and 1 <= column < columns - 1):
            continue
        hits, passes = cells[0, row, column], cells[1, row, column]
        late_hits, late_passes = cells[2, row, column], cells[3, row, column]
        near, late_near = 0.0, 0.0
        for r in range(row - 1, row + 2):
            for c in range(column - 1, column + 2):
                near = max(near, cells[0, r, c])
                late_near = max(late_near, cells[2, r, c])
        found[n, 0] = hits / (hits + passes + 0.5)
        found[n, 1] = near / (near + passes + 0.5)
        found[n, 2] = math.log1p(hits + passes)
        found[n, 3] = math.log1p(passes)
        found[n, 4] = math.log1p(near)
        found[n, 5] = late_hits / (late_hits + late_passes + 0.5)
        found[n, 6] = late_near / (late_near + late_passes + 0.5)
    return found
