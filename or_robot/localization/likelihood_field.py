"""How well beam ends fit the map: likelihood field (Thrun et al.: Probabilistic Robotics, 6.4)."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.geometry.distance_field import DistanceField, interpolate
from or_robot.types.site import OCCUPIED_FROM, OccupancyMap


class LikelihoodField:
    """Distance from any point of the map to the nearest obstacle, and what it says of a pose.

    A beam ends near the map (normal, `sigma` m) or, with probability `random_share`, anywhere:
    who hits a person or moved furniture costs a pose at most log(random_share).
    """

    def __init__(self, map_: OccupancyMap, sigma: float, random_share: float) -> None:
        self._field = DistanceField(map_.spec, map_.values >= OCCUPIED_FROM)
        hit = np.exp(-0.5 * np.square(self._field.distance / sigma))
        self._logs = np.log((1.0 - random_share) * hit + random_share) - math.log(random_share)

    def distances(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (n, 2) in the map frame, m → (n,) m to the nearest obstacle."""
        return self._field.distances(points)

    def log_likelihoods(
        self, particles: NDArray[np.float64], points: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Sum over the beams of the log of their likelihood over that of a random beam.

        particles (n, 3) x, y, yaw in the map frame; points (m, 2) in base_link; → (n,).
        """
        spec = self._field.spec
        ends = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 2)
        return _sums(self._logs, spec.origin_x, spec.origin_y, spec.resolution, particles, ends)


@njit(cache=True, fastmath=True)
def _sums(
    logs: NDArray[np.float64],
    left: float,
    low: float,
    resolution: float,
    particles: NDArray[np.float64],
    points: NDArray[np.float64],
) -> NDArray[np.float64]:
    result = np.empty(particles.shape[0])
    for n in range(particles.shape[0]):
        cos, sin = math.cos(particles[n, 2]), math.sin(particles[n, 2])
        total = 0.0
        for m in range(points.shape[0]):
            x = particles[n, 0] + cos * points[m, 0] - sin * points[m, 1]
            y = particles[n, 1] + sin * points[m, 0] + cos * points[m, 1]
            total += interpolate(logs, left, low, resolution, x, y, 0.0)
        result[n] = total
    return result
