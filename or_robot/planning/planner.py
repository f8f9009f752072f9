"""From a costmap to a path, or the reason why there is none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from or_robot.config.planning import PlannerConfig
from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D
from or_robot.planning.chain import chain
from or_robot.planning.smoothing import resample, shortcut, smooth
from or_robot.types.costmap import INSCRIBED, LETHAL, NO_INFORMATION
from or_robot.types.motion import Path
from or_robot.types.navigation import GoalRefused, NavigationError

SHORTCUTS = 2
"""Passes, there and back: an even number."""
BAND = 4.0
"""Cells between the points of the elastic band, before it is made as dense as asked for."""
FINISH = 4
"""Sweeps of the dense path."""


class Planner:
    """Plans for the footprint's inscribed disc; the cost keeps the corners clear of walls."""

    def __init__(self, config: PlannerConfig) -> None:
        self._config = config

    def check_goal(self, costs: NDArray[np.uint8], spec: GridSpec, goal: Pose2D) -> None:
        """Raise GoalRefused when the goal lies off the map or in an obstacle."""
        cell = _cell(spec, goal)
        if cell is None:
            raise GoalRefused(
                NavigationError.GOAL_OUTSIDE_MAP,
                f"the goal ({goal.x:.2f}, {goal.y:.2f}) lies outside the map",
                "choose a goal on the map",
            )
        if not self._passable(int(costs[cell])):
            raise GoalRefused(
                NavigationError.GOAL_OCCUPIED,
                f"the goal ({goal.x:.2f}, {goal.y:.2f}) is in or too close to an obstacle",
                "choose a goal in free space",
            )

    def plan(
        self, costs: NDArray[np.uint8], spec: GridSpec, start: Pose2D, goal: Pose2D, stamp_s: float
    ) -> Path:
        """Path from start to goal, in the frame of the grid. Raises GoalRefused with the reason."""
        self.check_goal(costs, spec, goal)
        first, last = _cell(spec, start), _cell(spec, goal)
        if first is None or last is None:
            raise GoalRefused(
                NavigationError.START_OUTSIDE_MAP,
                f"the robot ({start.x:.2f}, {start.y:.2f}) is outside the map",
                "set its pose anew",
            )
        costs = self._opened(costs, spec, first)
        if costs[first] == LETHAL:
            raise GoalRefused(
                NavigationError.START_OCCUPIED,
                "the robot stands in an obstacle of the map",
                "set its pose anew or move it by hand",
            )
        config = self._config
        points = chain(costs, config.blocked_from, config.cost_weight, first, last)
        if not len(points):
            raise GoalRefused(
                NavigationError.NO_VALID_PATH,
                f"no way to ({goal.x:.2f}, {goal.y:.2f})",
                "something blocks the way",
            )
        return Path(stamp_s, self._smoothed(costs, spec, points, start, goal))

    def _passable(self, cost: int) -> bool:
        unknown = cost == NO_INFORMATION and bool(self._config.unknown_passable)
        return cost < self._config.blocked_from or unknown

    def _opened(
        self, costs: NDArray[np.uint8], spec: GridSpec, start: tuple[int, int]
    ) -> NDArray[np.uint8]:
        """The costs, or a copy where the robot may leave a tight spot: dear, not blocked."""
        blocked_from = int(self._config.blocked_from)
        if self._config.unknown_passable:
            costs = np.where(costs == NO_INFORMATION, np.uint8(0), costs)
        if not blocked_from <= costs[start] <= INSCRIBED:
            return costs
        reach = int(self._config.start_slack / spec.resolution)
        top, left = max(start[0] - reach, 0), max(start[1] - reach, 0)
        opened = costs.copy()
        near = opened[top : start[0] + reach + 1, left : start[1] + reach + 1]
        near[(near >= blocked_from) & (near <= INSCRIBED)] = blocked_from - 1
        return opened

    def _smoothed(
        self,
        costs: NDArray[np.uint8],
        spec: GridSpec,
        points: NDArray[np.float64],
        start: Pose2D,
        goal: Pose2D,
    ) -> NDArray[np.float64]:
        """(n, 3) poses from points in cells; headings follow the path, the last is the goal's."""
        config = self._config
        origin = np.array([spec.origin_y, spec.origin_x])
        ends = (np.array([[start.y, start.x], [goal.y, goal.x]]) - origin) / spec.resolution
        points = np.concatenate((ends[:1], points, ends[1:]))
        for _ in range(SHORTCUTS):
            points = shortcut(costs, config.blocked_from, config.cost_weight, points)[::-1]
        for spacing, sweeps in (
            (BAND, config.smoothing),
            (config.spacing / spec.resolution, FINISH),
        ):
            points = resample(np.ascontiguousarray(points), spacing)
            points = smooth(costs, config.blocked_from, config.cost_weight, points, sweeps)
        xy = points[:, ::-1] * spec.resolution + origin[::-1]
        steps = np.diff(xy, axis=0)
        yaw = np.append(np.arctan2(steps[:, 1], steps[:, 0]), goal.yaw)
        return np.column_stack((xy, yaw))


def _cell(spec: GridSpec, pose: Pose2D) -> tuple[int, int] | None:
    if not np.isfinite([pose.x, pose.y, pose.yaw]).all():
        return None
    cell = spec.cells(np.array([pose.x, pose.y]))
    return (int(cell[0]), int(cell[1])) if spec.contains(cell) else None
