import dataclasses
import math

import numpy as np
import pytest
from kinematic_plant import Plant, room

from or_robot.autonomy.why_no_path import why_no_path
from or_robot.config.costmap import CostmapConfig
from or_robot.config.planning import PlannerConfig
from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.planning.planner import Planner
from or_robot.types.navigation import GoalRefused, NavigationError
from or_robot.types.site import Site, Zone
from or_robot.world.costmap import Costmap

WALLS = [(4.0, 0.0, 4.2, 2.0), (4.0, 3.0, 4.2, 5.0)]
SITE = room(8.0, 5.0, WALLS)
START, GOAL = Pose2D(1.5, 2.5, 0.0), Pose2D(6.5, 2.5, 0.0)
FIELD = Zone(
    "field", "sterile", np.array([[4.8, 0.0], [5.2, 0.0], [5.2, 5.0], [4.8, 5.0]]), "", math.inf
)
PLANNER = Planner(PlannerConfig())


def explained(site: Site, costmap: Costmap, goal: Pose2D = GOAL) -> GoalRefused:
    with pytest.raises(GoalRefused) as refused:
        PLANNER.plan(costmap.costs, costmap.spec, START, goal, 0.0)
    return why_no_path(refused.value, PLANNER, costmap, site.zones, START, goal)


def costmap(site: Site) -> Costmap:
    return Costmap(CostmapConfig(), site, RobotConfig())


def test_the_map_has_no_way() -> None:
    walled = room(8.0, 5.0, [(4.0, 0.0, 4.2, 5.0)])
    reason = explained(walled, costmap(walled))
    assert reason.code is NavigationError.NO_VALID_PATH
    assert "map" in reason.remedy


def test_a_closed_zone_is_named() -> None:
    zoned = dataclasses.replace(SITE, zones=(FIELD,))
    reason = explained(zoned, costmap(zoned))
    assert reason.code is NavigationError.NO_VALID_PATH
    assert (
        "field is closed at (4.4" in reason.problem or "field is closed at (4.5" in reason.problem
    )


def test_an_obstacle_is_placed() -> None:
    seen = costmap(SITE)
    world = room(8.0, 5.0, [*WALLS, (4.0, 2.0, 4.2, 3.0)])  # the door is shut
    scan = Plant(world, START, scan_sigma=0.0).scan()
    seen.update(scan, START, np.ones(scan.ranges.size, dtype=np.bool_))
    reason = explained(SITE, seen)
    assert reason.code is NavigationError.NO_VALID_PATH
    assert "an obstacle is in the way at (3." in reason.problem


def test_other_refusals_stay_as_they_are() -> None:
    off = GoalRefused(NavigationError.GOAL_OUTSIDE_MAP, "off the map")
    assert why_no_path(off, PLANNER, costmap(SITE), (), START, GOAL) is off
