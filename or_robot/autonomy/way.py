"""The path to the goals: made, kept while it is good, made anew when it is not."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from or_robot.autonomy.route import Route
from or_robot.autonomy.why_no_path import why_no_path
from or_robot.autonomy.zone_rules import ZoneRules
from or_robot.config.planning import PlannerConfig
from or_robot.geometry.pose import Pose2D
from or_robot.planning.lane import in_lane
from or_robot.planning.planner import Planner
from or_robot.planning.through import plan_through
from or_robot.types.costmap import INSCRIBED
from or_robot.types.motion import Path
from or_robot.types.navigation import GoalRefused
from or_robot.world.costmap import Costmap

OFF_PATH_M = 0.6
"""Further off the path than this: plan anew."""
FRESH_PLAN_PERIODS = 4
"""Without any reason, the path is made anew every so many replan periods."""


class Way:
    """Plans on the costmap of the navigator, which changes under it."""

    def __init__(self, config: PlannerConfig, costmap: Costmap, zones: ZoneRules) -> None:
        self._config = config
        self._planner = Planner(config)
        self._costmap = costmap
        self._zones = zones
        self._checked_s = self._planned_s = -math.inf
        self.route: Route | None = None

    def check_goal(self, goal: Pose2D) -> None:
        """Raises GoalRefused where the map or a closed zone has no room for the robot."""
        self._planner.check_goal(self._costmap.static_costs, self._costmap.spec, goal)

    def plan(self, start: Pose2D, goal: Pose2D, t_s: float) -> Path:
        """Raises GoalRefused with the reason."""
        costmap = self._costmap
        try:
            return self._planner.plan(costmap.costs, costmap.spec, start, goal, t_s)
        except GoalRefused as refused:
            closed = self._zones.closed
            raise why_no_path(refused, self._planner, costmap, closed, start, goal) from refused

    def anew(self) -> None:
        """Judge the path again at once."""
        self._checked_s = self._planned_s = -math.inf

    def drop(self) -> None:
        """No goal, no path."""
        self.route = None
        self.anew()

    def keep(self, pose: Pose2D, goals: Sequence[Pose2D], t_s: float) -> bool:
        """Make or keep a path by way of all goals; False while none is to be made yet.

        Raises GoalRefused when there is none.
        """
        route = self.route
        off = route.advance(pose) if route else math.inf
        period = self._config.replan_period
        soon = t_s - self._checked_s < period
        if soon and (off < OFF_PATH_M or route is None):
            return route is not None
        self._checked_s = t_s
        aged = t_s - self._planned_s > FRESH_PLAN_PERIODS * period
        if route is not None and off < OFF_PATH_M and not aged and not self._blocked(route):
            return True
        self._planned_s, self.route = t_s, None
        path = plan_through(lambda a, b: self.plan(a, b, t_s), pose, goals)
        costmap = self._costmap
        route = Route(in_lane(path, self._config, costmap.spec, costmap.costs, costmap.walls))
        route.advance(pose)
        self.route = route
        return True

    def _blocked(self, route: Route) -> bool:
        """Whether the rest of the path leads through cells where the robot would touch."""
        cells = self._costmap.spec.cells(route.rest()[:, :2])
        costs = self._costmap.costs[cells[:, 0], cells[:, 1]]
        beyond = slice(int(self._config.start_slack / self._config.spacing), None)
        return bool(np.any(costs[beyond] >= INSCRIBED))
