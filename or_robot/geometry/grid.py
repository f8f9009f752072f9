"""Cells of a grid and the world (row 0 is the lowest y, as in nav_msgs/OccupancyGrid)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class GridSpec:
    """A regular grid, its axes parallel to its frame."""

    origin_x: float
    """x of the lower left corner of cell (0, 0), m."""
    origin_y: float
    """y of the lower left corner of cell (0, 0), m."""
    resolution: float
    """Side of a cell, m."""
    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows, self.columns

    def cells(self, points: NDArray[np.floating]) -> NDArray[np.intp]:
        """Points (..., 2) in m to cells (..., 2) as row, column; may lie outside the grid."""
        offset = np.asarray(points, dtype=np.float64) - np.array([self.origin_x, self.origin_y])
        far = 2.0**31  # beyond any grid, and safe to cast
        return np.clip(np.floor(offset[..., ::-1] / self.resolution), -far, far).astype(np.intp)

    def centres(self, cells: NDArray[np.integer]) -> NDArray[np.float64]:
        """Cells (..., 2) as row, column to their centres (..., 2) as x, y in m."""
        centre = (np.asarray(cells, dtype=np.float64)[..., ::-1] + 0.5) * self.resolution
        return centre + np.array([self.origin_x, self.origin_y])

    def contains(self, cells: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Which of the cells (..., 2) lie inside the grid."""
        cells = np.asarray(cells)
        inside = (cells >= 0) & (cells < np.array(self.shape))
        return np.logical_and(inside[..., 0], inside[..., 1])
