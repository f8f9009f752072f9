"""How well beam ends fit the map: likelihood field (Thrun et al.: Probabilistic Robotics, 6.4)."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from or_robot.geometry.grid import GridSpec
from or_robot.types.site import OCCUPIED, UNKNOWN, OccupancyMap

OCCUPIED_FROM = 65
"""Map values from here on are an obstacle (Nav2's occupied_thresh 0.65)."""

FAR = 2.0
"""Distances are capped here, m; also what lies off the map."""


class LikelihoodField:
    """Distance from any point of the map to the nearest obstacle."""

    def __init__(self, map_: OccupancyMap) -> None:
        occupied = map_.values >= OCCUPIED_FROM
        self.spec: GridSpec = map_.spec
        self.free: NDArray[np.bool_] = (map_.values != UNKNOWN) & (map_.values < OCCUPIED)
        self.free &= ~occupied
        if occupied.any():
            cells = distance_transform_edt(~occupied).astype(np.float64)
            self.distance: NDArray[np.float64] = np.minimum(cells * map_.spec.resolution, FAR)
        else:
            self.distance = np.full(map_.spec.shape, FAR)

    def distances(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (n, 2) in the map frame, m → (n,) m to the nearest obstacle, at most FAR."""
        ends = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 2)
        spec = self.spec
        return _distances(self.distance, spec.origin_x, spec.origin_y, spec.resolution, ends)

    def log_likelihoods(
        self,
        particles: NDArray[np.float64],
        points: NDArray[np.float64],
        sigma: float,
        random_share: float,
    ) -> NDArray[np.float64]:
        """Sum over the beams of the log of a hit-or-random mixture.

        particles (n, 3) x, y, yaw in the map frame; points (m, 2) in base_link; → (n,).
        A beam that hits a person or furniture costs at most log(random_share).
        """
        spec = self.spec
        ends = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 2)
        return _log_likelihoods(
            self.distance,
            spec.origin_x,
            spec.origin_y,
            spec.resolution,
            particles,
            ends,
            sigma,
            random_share,
        )


@njit(cache=True, fastmath=True)
def _lookup(
    distance: NDArray[np.float64], left: float, low: float, resolution: float, x: float, y: float
) -> float:
    """Bilinear between cell centres, FAR off the grid."""
    column = (x - left) / resolution - 0.5
    row = (y - low) / resolution - 0.5
    rows, columns = distance.shape
    if not (0.0 <= column < columns - 1 and 0.0 <= row < rows - 1):
        return FAR
    i, j = int(row), int(column)
    u, v = row - i, column - j
    near = (1.0 - v) * distance[i, j] + v * distance[i, j + 1]
    far = (1.0 - v) * distance[i + 1, j] + v * distance[i + 1, j + 1]
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
        result[n] = _lookup(distance, left, low, resolution, points[n, 0], points[n, 1])
    return result


@njit(cache=True, fastmath=True)
def _log_likelihoods(
    distance: NDArray[np.float64],
    left: float,
    low: float,
    resolution: float,
    particles: NDArray[np.float64],
    points: NDArray[np.float64],
    sigma: float,
    random_share: float,
) -> NDArray[np.float64]:
    result = np.empty(particles.shape[0])
    scale = -0.5 / (sigma * sigma)
    for n in range(particles.shape[0]):
        cos, sin = math.cos(particles[n, 2]), math.sin(particles[n, 2])
        total = 0.0
        for m in range(points.shape[0]):
            x = particles[n, 0] + cos * points[m, 0] - sin * points[m, 1]
            y = particles[n, 1] + sin * points[m, 0] + cos * points[m, 1]
            gap = _lookup(distance, left, low, resolution, x, y)
            total += math.log((1.0 - random_share) * math.exp(scale * gap * gap) + random_share)
        result[n] = total
    return result
