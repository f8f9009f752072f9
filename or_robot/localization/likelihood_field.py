"""How well beam ends fit the map: likelihood field (Thrun et al.: Probabilistic Robotics, 6.4)."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.geometry.distance_field import DistanceField, lookup
from or_robot.types.site import OCCUPIED_FROM, OccupancyMap


class LikelihoodField:
    """Distance from any point of the map to the nearest obstacle, and what it says of a pose."""

    def __init__(self, map_: OccupancyMap) -> None:
        self._field = DistanceField(map_.spec, map_.values >= OCCUPIED_FROM)

    def distances(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (n, 2) in the map frame, m → (n,) m to the nearest obstacle."""
        return self._field.distances(points)

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
        spec = self._field.spec
        ends = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 2)
        return _log_likelihoods(
            self._field.distance,
            spec.origin_x,
            spec.origin_y,
            spec.resolution,
            particles,
            ends,
            sigma,
            random_share,
        )


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
            gap = lookup(distance, left, low, resolution, x, y)
            total += math.log((1.0 - random_share) * math.exp(scale * gap * gap) + random_share)
        result[n] = total
    return result
