"""How beams fit the map: likelihood field and beam model (Probabilistic Robotics, 6.3, 6.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from or_robot.geometry.distance_field import DistanceField, interpolate
from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D
from or_robot.types.site import OCCUPIED_FROM, OccupancyMap

FAR = 2.0
"""m; distances are capped here."""
REACH_M = 30.0
"""Rays are followed no further."""
NO_LEAVES: NDArray[np.float64] = np.empty((0, 2, 2))


@dataclass(frozen=True, slots=True)
class Fit:
    """What one scan says of one pose."""

    score: float
    """1: every beam ends on the map; 0: none does; below: beams went through walls."""
    hits: float
    """Share of the beams that end where the map has something."""
    through: float
    """Share of the beams that went through something on the map."""


class LikelihoodField:
    """Distance from any point of the map to the nearest surface, and what it says of a pose.

    A beam ends near a surface (normal, `sigma` m) or, with probability `random_share`, anywhere:
    who hits a person or moved furniture costs a pose at most log(random_share).

    leaves (n, 2, 2): ends of the closed leaves of doors that are open on the map, m. A beam may end
    there as on a wall, and may pass.
    """

    def __init__(
        self,
        map_: OccupancyMap,
        sigma: float,
        random_share: float,
        leaves: NDArray[np.float64] = NO_LEAVES,
    ) -> None:
        occupied = map_.values >= OCCUPIED_FROM
        self.spec = map_.spec
        self._field = DistanceField(map_.spec, occupied)
        self._signed = _signed(occupied, map_.spec.resolution)
        shut = occupied | _cells_of(leaves, map_.spec)
        self._surface = _signed(shut, map_.spec.resolution)
        hit = np.exp(-0.5 * np.square(self._surface / sigma))
        self._most = -math.log(random_share)
        self._logs = np.log((1.0 - random_share) * hit + random_share) + self._most

    def distances(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (n, 2) in the map frame, m → (n,) m to the nearest obstacle."""
        return self._field.distances(points)

    @property
    def surface(self) -> NDArray[np.float64]:
        """(rows, columns) m from the cell's centre to the nearest surface, negative inside.

        Doors count as shut.
        """
        return self._surface

    @property
    def walls(self) -> NDArray[np.float64]:
        """As `surface`, of the map alone: doors stand open."""
        return self._signed

    def log_likelihoods(
        self, particles: NDArray[np.float64], points: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Sum over the beams of the log of their likelihood over that of a random beam.

        particles (n, 3) x, y, yaw in the map frame; points (m, 2) in base_link; → (n,).
        """
        spec = self.spec
        ends = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 2)
        return _sums(self._logs, spec.origin_x, spec.origin_y, spec.resolution, particles, ends)

    def refined(
        self, poses: NDArray[np.float64], points: NDArray[np.float64], step: float, halvings: int
    ) -> NDArray[np.float64]:
        """Each of the poses (n, 3), moved to where the points (m, 2) in base_link fit best near it.

        Steps of `step` m, and of as much heading as moves a point 4 m off by it; then of half, …
        """
        spec = self.spec
        return _climb(
            self._logs, spec.origin_x, spec.origin_y, spec.resolution, poses, points, step, halvings
        )

    def fit(
        self, pose: Pose2D, sensor: tuple[float, float], points: NDArray[np.float64], near: float
    ) -> Fit:
        """How the beams from `sensor` to `points` (m, 2), both in base_link, m, suit the pose.

        A beam that ends short of the map costs nothing: somebody stands there. One that ends
        more than 2 `near` m beyond what it should have met counts against the pose.
        """
        if not len(points):
            return Fit(0.0, 0.0, 0.0)
        spec = self.spec
        origin = pose.transform(np.array(sensor))
        ends = np.ascontiguousarray(pose.transform(points))
        score, hits, through = _fit(
            self._logs,
            self._signed,
            self._surface,
            spec.origin_x,
            spec.origin_y,
            spec.resolution,
            origin,
            ends,
            near,
            self._most,
        )
        count = len(points)
        return Fit(score / (count * self._most), hits / count, through / count)


def _cells_of(leaves: NDArray[np.float64], spec: GridSpec) -> NDArray[np.bool_]:
    """(rows, columns) where a leaf (n, 2, 2) stands when it is shut."""
    cells = np.zeros((spec.rows, spec.columns), dtype=np.bool_)
    for first, last in leaves:
        steps = 2 + int(2.0 * math.hypot(*(last - first)) / spec.resolution)
        for point in np.linspace(first, last, steps):
            cell = spec.cells(point)
            if spec.contains(cell):
                cells[cell[0], cell[1]] = True
    return cells


def _signed(occupied: NDArray[np.bool_], resolution: float) -> NDArray[np.float64]:
    """(rows, columns) m from the cell's centre to the nearest surface, at most FAR."""
    if not occupied.any():
        return np.full(occupied.shape, FAR)
    outside = distance_transform_edt(~occupied) - 0.5
    inside = distance_transform_edt(occupied) - 0.5
    return np.clip(np.where(occupied, -inside, outside) * resolution, -FAR, FAR)


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


@njit(cache=True)
def _climb(logs, left, low, resolution, poses, points, step, halvings):  # type: ignore[no-untyped-def]
    result = poses.copy()
    for n in range(poses.shape[0]):
        best = _sums(logs, left, low, resolution, result[n : n + 1], points)[0]
        side = step
        for _ in range(halvings + 1):
            for _ in range(4):
                moved = False
                for axis in range(3):
                    for sign in (-1.0, 1.0):
                        trial = result[n : n + 1].copy()
                        trial[0, axis] += sign * (side / 4.0 if axis == 2 else side)
                        value = _sums(logs, left, low, resolution, trial, points)[0]
                        if value > best:
                            best, moved = value, True
                            result[n] = trial[0]
                if not moved:
                    break
            side /= 2.0
    return result


@njit(cache=True)
def _fit(logs, signed, surface, left, low, resolution, origin, ends, near, most):  # type: ignore[no-untyped-def]
    score, hits, through = 0.0, 0, 0
    for m in range(ends.shape[0]):
        dx, dy = ends[m, 0] - origin[0], ends[m, 1] - origin[1]
        measured = math.hypot(dx, dy)
        if measured < 1e-6:
            continue
        met = _ray(signed, left, low, resolution, origin, dx / measured, dy / measured, measured)
        if measured > met + 2.0 * near:
            through += 1
            score -= most
            continue
        score += interpolate(logs, left, low, resolution, ends[m, 0], ends[m, 1], 0.0)
        off = interpolate(surface, left, low, resolution, ends[m, 0], ends[m, 1], FAR)
        if abs(off) < near:
            hits += 1
    return score, hits, through


@njit(cache=True)
def _ray(signed, left, low, resolution, origin, cos, sin, reach):  # type: ignore[no-untyped-def]
    """Way along the ray to the first surface, by sphere tracing; at most `reach`."""
    way = 0.0
    while way < reach:
        x, y = origin[0] + way * cos, origin[1] + way * sin
        off = interpolate(signed, left, low, resolution, x, y, -1.0)
        if off < 0.2 * resolution:
            return way
        way += max(off, 0.5 * resolution)
    return reach
