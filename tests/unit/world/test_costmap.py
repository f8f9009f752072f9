import dataclasses
import math

import numpy as np
import pytest
from kinematic_plant import Plant, room

from or_robot.autonomy.zone_rules import ZoneRules
from or_robot.config.costmap import CostmapConfig
from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.types.costmap import LETHAL
from or_robot.types.motion import LaserScan, Track
from or_robot.types.procedure import Phase, ProcedurePhase
from or_robot.types.site import Door, Zone
from or_robot.world.costmap import Costmap
from or_robot.world.zones import forbidden_edges, inside, keep_out_mask, speed_limit

SQUARE = np.array([[2.0, 2.0], [3.0, 2.0], [3.0, 3.0], [2.0, 3.0]])
SITE = room(6.0, 6.0)
BOXED = room(6.0, 6.0, [(4.0, 2.8, 4.4, 3.2)])
POSE = Pose2D(1.5, 3.0, 0.0)


def costmap() -> Costmap:
    return Costmap(CostmapConfig(), SITE, RobotConfig())


def cost_at(costs: Costmap, x: float, y: float) -> int:
    row, column = costs.spec.cells(np.array([x, y]))
    return int(costs.costs[row, column])


def all_marks(scan: LaserScan) -> np.ndarray:
    return np.ones(scan.ranges.size, dtype=np.bool_)


def test_a_box_is_marked_and_its_ghost_goes_with_the_next_scan() -> None:
    costs = costmap()
    seen = Plant(BOXED, POSE, scan_sigma=0.0).scan()
    costs.update(seen, POSE, all_marks(seen))
    assert cost_at(costs, 4.02, 3.0) == LETHAL
    gone = Plant(SITE, POSE, scan_sigma=0.0).scan()
    costs.update(gone, POSE, all_marks(gone))
    assert cost_at(costs, 4.02, 3.0) < LETHAL


@pytest.mark.parametrize(("reading", "clears"), [(math.nan, False), (math.inf, True), (0.0, False)])
def test_only_a_beam_that_passed_clears(reading: float, clears: bool) -> None:
    costs = costmap()
    seen = Plant(BOXED, POSE, scan_sigma=0.0).scan()
    costs.update(seen, POSE, all_marks(seen))
    blind = dataclasses.replace(seen, ranges=np.full_like(seen.ranges, reading))
    costs.update(blind, POSE, all_marks(blind))
    assert (cost_at(costs, 4.02, 3.0) < LETHAL) is clears


def test_beams_that_may_not_mark_leave_no_trace() -> None:
    costs = costmap()
    before = costs.costs.copy()
    seen = Plant(BOXED, POSE).scan()
    costs.update(seen, POSE, np.zeros(seen.ranges.size, dtype=np.bool_))
    assert (costs.costs == before).all()


def test_forget_drops_obstacles_but_not_the_map() -> None:
    costs = costmap()
    before = costs.costs.copy()
    seen = Plant(BOXED, POSE).scan()
    costs.update(seen, POSE, all_marks(seen))
    assert (costs.costs != before).any()
    costs.forget()
    assert (costs.costs == before).all()


def test_the_closed_leaf_of_a_door_is_no_obstacle_but_what_stands_before_it_is() -> None:
    leaf = Door("OR-1", np.array([[4.05, 2.7], [4.05, 3.3]]))
    site = dataclasses.replace(SITE, doors={"door": leaf})
    costs = Costmap(CostmapConfig(), site, RobotConfig())
    shut = Plant(BOXED, POSE, scan_sigma=0.0).scan()
    costs.update(shut, POSE, all_marks(shut))
    assert cost_at(costs, 4.02, 3.0) < LETHAL
    cart = Plant(room(6.0, 6.0, [(3.6, 2.8, 4.0, 3.2)]), POSE, scan_sigma=0.0).scan()
    costs.update(cart, POSE, all_marks(cart))
    assert cost_at(costs, 3.62, 3.0) == LETHAL


def test_local_window_agrees_with_the_whole() -> None:
    costs = costmap()
    window = costs.local(POSE)
    whole = costs.occupancy()
    cells = whole.spec.cells(window.spec.centres(np.array([0, 0])))
    rows, columns = window.spec.shape
    part = whole.values[cells[0] : cells[0] + rows, cells[1] : cells[1] + columns]
    assert (part == window.values).all()
    assert costs.local(Pose2D(100.0, 100.0, 0.0)).values.size == 0


def test_zones_forbid_and_slow() -> None:
    keep_out = Zone("beds", "keep_out", SQUARE, "", math.inf)
    slow = Zone("door", "slow", SQUARE, "", 0.3)
    mask = keep_out_mask(SITE.map.spec, [keep_out, slow])
    row, column = SITE.map.spec.cells(np.array([2.5, 2.5]))
    assert mask[row, column]
    assert not keep_out_mask(SITE.map.spec, [slow]).any()
    assert speed_limit([keep_out, slow], 2.5, 2.5) == 0.3
    assert speed_limit([keep_out, slow], 3.5, 2.5) == math.inf
    edges = forbidden_edges([keep_out, slow])
    assert len(edges) == 80
    assert all(np.min(np.abs(edge - [2.0, 2.0])) < 1.001 for edge in edges)
    assert not len(forbidden_edges([slow]))


def test_zones_close_and_open_with_their_phase() -> None:
    field = Zone("field", "sterile", SQUARE, "OR-1", math.inf, frozenset({Phase.TURNOVER}))
    site = dataclasses.replace(SITE, zones=(field,))
    costs = Costmap(CostmapConfig(), site, RobotConfig())
    assert cost_at(costs, 2.5, 2.5) == LETHAL  # nothing heard yet
    rules = ZoneRules(site.zones, RobotConfig().footprint)
    assert rules.update([ProcedurePhase(1.0, "OR-1", Phase.TURNOVER)], 1.0)
    costs.close(rules.closed)
    assert cost_at(costs, 2.5, 2.5) == 0
    assert not rules.update([], 5.9)
    assert rules.update([], 6.1)  # stale
    costs.close(rules.closed)
    assert cost_at(costs, 2.5, 2.5) == LETHAL


def test_inside_is_even_odd() -> None:
    assert inside(SQUARE, 2.5, 2.5)
    assert not inside(SQUARE, 3.5, 2.5)
    assert inside(SQUARE[::-1], 2.5, 2.5)


def test_people_are_in_the_costs_while_they_are_tracked() -> None:
    costs = costmap()
    before = cost_at(costs, 3.0, 3.0)
    walker = Track(1, np.array([3.0, 3.0]), np.array([0.5, 0.0]), np.eye(4), 0.3, 1.0)
    costs.see_people((walker,))
    assert before < cost_at(costs, 3.0, 3.0) < LETHAL
    costs.see_people(())
    assert cost_at(costs, 3.0, 3.0) == before


def test_what_the_camera_knows_is_marked_instead_of_what_it_knew_before() -> None:
    costs = costmap()
    before = cost_at(costs, 4.02, 3.0)
    costs.mark_depth(np.array([[4.02, 3.0, 0.02], [99.0, 0.0, 0.5]]))
    assert cost_at(costs, 4.02, 3.0) == LETHAL
    costs.mark_depth(np.array([[2.0, 1.0, 0.8]]))
    assert cost_at(costs, 2.0, 1.0) == LETHAL
    assert cost_at(costs, 4.02, 3.0) == before
    costs.forget()
    assert cost_at(costs, 2.0, 1.0) != LETHAL
