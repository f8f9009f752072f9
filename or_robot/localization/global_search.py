"""Where in the whole map could this scan have been taken? Correlative scan matching in slices.

Olson 2009, "Real-time correlative scan matching": every place and heading on a coarse grid, then
the best ones finer. The work is cut into slices of a fixed number of headings or poses, so that no
control period waits for it and two runs with the same inputs agree.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.config.localization import LocalizationConfig
from or_robot.localization.likelihood_field import LikelihoodField
from or_robot.types.site import FREE, OccupancyMap

POOL = 2
"""Cells of the map to a side of a coarse cell."""
TOLERANCE_M = 0.35
"""A beam's end this far from a surface scores nothing in the coarse pass."""
LONGEST_M = 12.0
"""Ends further off are not used in the coarse pass: a coarse heading moves them too far."""
SECTORS = 6
"""Of every place, the best heading of so many sectors goes into the fine pass."""
FINE_STEP_M = 0.1
HALVINGS = 3
APART_M, APART_RAD = 0.3, 0.25
"""Nearer than this two poses are one hypothesis."""


class GlobalSearch:
    """One search at a time: `start`, then `work` until it returns poses."""

    def __init__(
        self, config: LocalizationConfig, map_: OccupancyMap, field: LikelihoodField
    ) -> None:
        self._config = config
        self._field = field
        spec = map_.spec
        self._pad = math.ceil(LONGEST_M / (POOL * spec.resolution)) + 1
        grid = _coarse(field.surface, self._pad)
        self._grid, self._width = grid.ravel(), np.int32(grid.shape[1])
        self._side = POOL * spec.resolution
        stride = max(1, round(config.search_step / self._side))
        self._places = _places(map_, field, config.search_room, stride)
        self._indexes = ((self._places + self._pad) @ (grid.shape[1], 1)).astype(np.int32)
        self._totals = np.zeros(len(self._places), dtype=np.int32)
        self._turns = np.arange(config.search_headings) * (math.tau / config.search_headings)
        self._points: NDArray[np.float64] = np.empty((0, 2))
        self._thin: NDArray[np.float64] = np.empty((0, 2))
        self._scores: NDArray[np.int32] = np.zeros((SECTORS, len(self._places)), dtype=np.int32)
        self._headings: NDArray[np.int32] = np.zeros((SECTORS, len(self._places)), dtype=np.int32)
        self._next = 0
        self._found: NDArray[np.float64] = np.empty((0, 3))
        self._climbed: list[NDArray[np.float64]] = []
        self.running = False

    def start(self, points: NDArray[np.float64]) -> None:
        """Look for the pose from which these beam ends (m, 2) in base_link, m, are seen."""
        self._points = points
        near = points[np.hypot(points[:, 0], points[:, 1]) < LONGEST_M]
        self._thin = _spread(near, self._config.search_beams)
        self._scores[:] = -1
        self._next = 0
        self._climbed = []
        self.running = len(self._thin) > 0 and len(self._places) > 0

    def work(self) -> NDArray[np.float64] | None:
        """One slice; (n, 3) poses, the likeliest first, when the search is through."""
        if not self.running:
            return None
        if self._next < len(self._turns):
            last = min(self._next + self._config.search_slice, len(self._turns))
            self._coarse_pass(self._next, last)
            self._next = last
            if last == len(self._turns):
                self._found = self._best()
            return None
        done = sum(map(len, self._climbed))
        part = self._found[done : done + self._config.search_climbs]
        if len(part):
            self._climbed.append(self._field.refined(part, self._points, FINE_STEP_M, HALVINGS))
            return None
        self.running = False
        return self._distinct(np.concatenate(self._climbed))

    def _coarse_pass(self, first: int, last: int) -> None:
        count = len(self._turns)
        for n in range(first, last):
            cos, sin = math.cos(self._turns[n]), math.sin(self._turns[n])
            turned = self._thin @ np.array([[cos, sin], [-sin, cos]])
            cells = np.round(turned[:, ::-1] / self._side).astype(np.int32)
            sector = n * SECTORS // count
            _score(
                self._grid,
                self._indexes,
                cells[:, 0] * self._width + cells[:, 1],
                n,
                self._totals,
                self._scores[sector],
                self._headings[sector],
            )

    def _best(self) -> NDArray[np.float64]:
        """(n, 3) poses that go into the fine pass."""
        flat = self._scores.ravel()
        count = min(self._config.search_finalists, flat.size)
        best = np.argpartition(flat, flat.size - count)[flat.size - count :]
        sectors, places = np.unravel_index(best, self._scores.shape)
        spec, cells = self._field.spec, self._places[places]
        x = spec.origin_x + (cells[:, 1] + 0.5) * self._side
        y = spec.origin_y + (cells[:, 0] + 0.5) * self._side
        return np.stack((x, y, self._turns[self._headings[sectors, places]]), axis=-1)

    def _distinct(self, poses: NDArray[np.float64]) -> NDArray[np.float64]:
        """The best poses, each away from all better ones."""
        logs = self._field.log_likelihoods(poses, self._points)
        kept: list[NDArray[np.float64]] = []
        for n in np.argsort(-logs, kind="stable"):
            if all(apart(poses[n], other) for other in kept):
                kept.append(poses[n])
            if len(kept) == self._config.hypotheses:
                break
        return np.array(kept)


def apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    """Whether two poses (3,) are different places or headings."""
    turn = abs(math.remainder(float(a[2] - b[2]), math.tau))
    return math.hypot(*(a[:2] - b[:2])) > APART_M or turn > APART_RAD


def _coarse(surface: NDArray[np.float64], pad: int) -> NDArray[np.uint8]:
    """Score of a beam's end by coarse cell, the nearest surface of its cells; padded all round."""
    rows, columns = (-(-side // POOL) for side in surface.shape)
    far = np.full((rows * POOL, columns * POOL), np.inf)
    far[: surface.shape[0], : surface.shape[1]] = np.abs(surface)
    least = far.reshape(rows, POOL, columns, POOL).min(axis=(1, 3))
    score = 255.0 * np.maximum(0.0, 1.0 - least / TOLERANCE_M)
    return np.pad(score.astype(np.uint8), pad)


def _places(
    map_: OccupancyMap, field: LikelihoodField, room: float, stride: int
) -> NDArray[np.int64]:
    """(n, 2) coarse cells, every `stride`-th, where a robot that needs `room` m can stand."""
    free = (map_.values == FREE) & (field.walls > room)
    rows, columns = (side // POOL for side in free.shape)
    any_free = free[: rows * POOL, : columns * POOL].reshape(rows, POOL, columns, POOL)
    cells = np.argwhere(any_free.any(axis=(1, 3)))
    return cells[(cells % stride == 0).all(axis=1)].astype(np.int64)


def _spread(points: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """At most `count` points, evenly along what was seen rather than evenly in bearing."""
    if len(points) < 2:
        return points
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate(([0.0], np.cumsum(np.minimum(steps, 0.3))))
    chosen = np.searchsorted(along, np.linspace(0.0, along[-1], count))
    return points[np.unique(np.minimum(chosen, len(points) - 1))]


@njit(cache=True)
def _score(grid, places, offsets, heading, totals, scores, headings):  # type: ignore[no-untyped-def]
    """grid: flat; places, offsets: indexes into it. Keeps each place's best score and heading."""
    totals[:] = 0
    for m in range(offsets.shape[0]):
        offset = offsets[m]
        for n in range(places.shape[0]):
            totals[n] += grid[places[n] + offset]
    for n in range(places.shape[0]):
        if totals[n] > scores[n]:
            scores[n] = totals[n]
            headings[n] = heading
