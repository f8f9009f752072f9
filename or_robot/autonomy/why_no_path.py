"""Says what is in the way when there is no path: the map, a closed zone or an obstacle."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.polygon import contains, distance_to_boundary
from or_robot.geometry.pose import Pose2D
from or_robot.planning.planner import Planner
from or_robot.types.costmap import INSCRIBED
from or_robot.types.navigation import GoalRefused, NavigationError
from or_robot.types.site import Zone
from or_robot.world.costmap import Costmap

EXPLAINED = (NavigationError.NO_VALID_PATH, NavigationError.GOAL_OCCUPIED)
"""Other refusals say it themselves."""


def why_no_path(
    refused: GoalRefused,
    planner: Planner,
    costmap: Costmap,
    closed: Iterable[Zone],
    start: Pose2D,
    goal: Pose2D,
) -> GoalRefused:
    """The refusal again, naming what a path would exist without.

    Plans on ever more layers of the costmap; what the first one without a path adds is the reason.
    """
    if refused.code not in EXPLAINED:
        return refused
    way = _way(planner, costmap.map_costs, costmap, start, goal)
    if way is None:
        return GoalRefused(refused.code, refused.problem, "the map itself has no way wide enough")
    zoned = _way(planner, costmap.static_costs, costmap, start, goal)
    if zoned is None:
        place = _first_blocked(way, costmap.static_costs, costmap)
        problem = f"{_nearest_zone(closed, place)} is closed at ({place[0]:.1f}, {place[1]:.1f})"
        return GoalRefused(refused.code, problem, "wait until its room's phase opens it")
    place = _first_blocked(zoned, costmap.costs, costmap)
    problem = f"an obstacle is in the way at ({place[0]:.1f}, {place[1]:.1f})"
    return GoalRefused(refused.code, problem, "have it moved away")


def _way(
    planner: Planner, costs: NDArray[np.uint8], costmap: Costmap, start: Pose2D, goal: Pose2D
) -> NDArray[np.float64] | None:
    """(n, 2) m, or None."""
    try:
        return planner.plan(costs, costmap.spec, start, goal, 0.0).poses[:, :2]
    except GoalRefused:
        return None


def _first_blocked(
    way: NDArray[np.float64], costs: NDArray[np.uint8], costmap: Costmap
) -> NDArray[np.float64]:
    """Where a way (n, 2), m, first meets cells that must not be entered; else its dearest place."""
    cells = costmap.spec.cells(way)
    along = costs[cells[:, 0], cells[:, 1]].astype(int)
    blocked = along >= INSCRIBED
    return way[int(np.argmax(blocked if blocked.any() else along))]


def _nearest_zone(zones: Iterable[Zone], place: NDArray[np.float64]) -> str:
    """Name of the zone that holds a place (2,), m, or whose edge is nearest to it."""

    def gap(zone: Zone) -> float:
        inside = bool(contains(zone.polygon, place[None])[0])
        return 0.0 if inside else float(distance_to_boundary(zone.polygon, place[None])[0])

    return min(zones, key=gap).name
