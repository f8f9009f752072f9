"""Distance from any point to the nearest occupied cell of a grid."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from or_robot.geometry.grid import GridSpec

FAR = 2.0
"""Distances are capped here, m; also what lies off the grid."""


class DistanceField:
    """Euclidean distance transform of a grid, read between the cells."""

    def __init__(self, spec: GridSpec, occupied: NDArray[np.bool_]) -> None:
        self.spec = spec
        self.distance: NDArray[np.float64] = np.full(spec.shape, FAR)
        """(rows, columns) m, at most FAR."""
        if occupied.any():
            cells = distance_transform_edt(~occupied)
            self.distance = np.minimum(cells * spec.resolution, FAR)

    def distances(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (n, 2) in the grid's frame, m → (n,) m to the nearest obstacle, at most FAR."""
        ends = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 2)
        spec = self.spec
        return _distances(self.distance, spec.origin_x, spec.origin_y, spec.resolution, ends)


@njit(cache=True, fastmath=True)
def interpolate(
    values: NDArray[np.float64],
    left: float,
    low: float,
    resolution: float,
    x: float,
    y: float,
    outside: float,
) -> float:
    """Value at (x, y), bilinear between cell centres; `outside` off the grid.

    left, low: the grid's origin, m.
    """
    column = (x - left) / resolution - 0.5
    row = (y - low) / resolution - 0.5
    rows, columns = values.shape
    if not (0.0 <= column < columns - 1 and 0.0 <= row < rows - 1):
        return outside
    i, j = int(row), int(column)
    u, v = row - i, column - j
    near = (1.0 - v) * values[i, j] + v * values[i, j + 1]
    far = (1.0 - v) * values[i + 1, j] + v * values[i + 1, j + 1]
    return (1.0 - u) * near + u * far


@njit(cache=True)
def _distances(
    distance: NDArray[np.float64],
    left: float,
    low: float,
    resolution: float,
    points: NDArray[np.float64],
) -> NDArray[np.float64]:
    result = np.empty(points.shape[0])
    for n in range(points.shape[0]):
        result[n] = interpolate(distance, left, low, resolution, points[n, 0], points[n, 1], FAR)
    return result
