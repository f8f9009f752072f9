"""A way to the goal through what the robot has around it, without a map."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.config.control import ControllerConfig
from or_robot.config.robot import RobotConfig
from or_robot.control.arrival_field import CELL, arrival_field, descend, distance_grid
from or_robot.control.band import relax, with_headings
from or_robot.control.surroundings import REACH, Surroundings, clearance

CELLS = 2 * int(REACH / CELL)
FIELD_SLACK = 1.0
"""m that the field reaches beyond the robot."""
BAND_CLEARANCE = 0.10
"""m beyond the circumscribed circle that the band is pushed off obstacles."""
NOTHING: NDArray[np.float64] = np.empty((0, 2))
TIGHTEST_M = 1.2
"""m of the way that are searched for the place where the robot does not fit."""
CHECKED_M = 3.0
"""The footprint is tested so far along the way; further off more will be seen first."""


class LocalPlanner:
    """Way from the robot (origin, base_link) to a goal; stateless."""

    def __init__(self, config: ControllerConfig, robot: RobotConfig) -> None:
        self._config = config
        self._body = np.array([robot.length, robot.width]) / 2.0

    def plan(
        self,
        around: Surroundings,
        goal: tuple[float, float],
        closed: NDArray[np.float64] = NOTHING,
    ) -> NDArray[np.float64] | None:
        """(m, 3) x, y, yaw in base_link, m and rad; None when there is no way.

        goal: x, y in base_link, m; may lie beyond what is around. closed: (n, 2) places in
        base_link, m, that the way keeps off as if something stood there. The way goes on straight
        beyond the goal, so that the robot does not slow down where it need not stop.
        """
        inscribed, circumscribed = float(self._body.min()), math.hypot(*self._body)
        hard = self._config.clearance_hard
        distance = distance_grid(np.concatenate((around.points, closed)), CELLS)
        field = arrival_field(distance, *goal, inscribed, circumscribed + hard, FIELD_SLACK)
        way = descend(field, *goal, self._config.lookahead + 0.5)
        if len(way) < 2:
            return None
        way = relax(way, distance, circumscribed + BAND_CLEARANCE)
        short = self._config.lookahead - CELL * len(way)
        return with_headings(_extended(way, short) if short > CELL else way)

    def blocked(self, around: Surroundings, path: NDArray[np.float64]) -> bool:
        """Whether the footprint would touch something on the next metres of a path (m, 3)."""
        hard = 0.5 * self._config.clearance_hard
        at = first_blocked(path, around.points, around.first, self._body, hard, CHECKED_M)
        return at < len(path)

    def tightest(self, around: Surroundings, path: NDArray[np.float64]) -> NDArray[np.float64]:
        """(2,) the place on the next stretch of a path (m, 3) with the least room, m."""
        near = path[: max(int(TIGHTEST_M / CELL), 1)]
        half_length, half_width = self._body
        gaps = [
            clearance(around.points, around.first, x, y, yaw, half_length, half_width, 0.5)
            for x, y, yaw in near
        ]
        return np.asarray(near[int(np.argmin(gaps)), :2])


def _extended(way: NDArray[np.float64], length: float) -> NDArray[np.float64]:
    """(m, 2) and on from its end in the direction of its last half metre."""
    along = way[-1] - way[max(len(way) - int(0.5 / CELL), 0)]
    direction = along / max(math.hypot(*along), 1e-9)
    return np.concatenate((way, way[-1] + np.arange(CELL, length, CELL)[:, None] * direction))


@njit(cache=True, fastmath=True)
def first_blocked(
    path: NDArray[np.float64],
    points: NDArray[np.float64],
    first: NDArray[np.int64],
    body: NDArray[np.float64],
    hard: float,
    length: float,
) -> int:
    """Index of the first pose (m, 3) at which the footprint is closer than `hard`; m if none."""
    way = 0.0
    for n in range(len(path)):
        if n:
            way += math.hypot(path[n, 0] - path[n - 1, 0], path[n, 1] - path[n - 1, 1])
        if way > length:
            break
        gap = clearance(
            points, first, path[n, 0], path[n, 1], path[n, 2], body[0], body[1], hard + 0.01
        )
        if gap < hard:
            return n
    return len(path)
