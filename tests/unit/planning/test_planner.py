import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label
from scipy.sparse import lil_array
from scipy.sparse.csgraph import dijkstra

from or_robot.config.planning import PlannerConfig
from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D
from or_robot.planning.planner import Planner
from or_robot.planning.search import a_star
from or_robot.types.costmap import INSCRIBED, LETHAL, NO_INFORMATION
from or_robot.types.navigation import GoalRefused, NavigationError

SPEC = GridSpec(-1.0, -2.0, 0.1, 60, 80)
START, GOAL = Pose2D(-0.46, -1.43, 0.0), Pose2D(6.04, 3.07, 1.0)


def plan(costs: np.ndarray, start: Pose2D = START, goal: Pose2D = GOAL) -> np.ndarray:
    return Planner(PlannerConfig(start_slack=0.0)).plan(costs, SPEC, start, goal, 3.0).poses


def cost_along(costs: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """Cost at four points on every step of the path."""
    shares = np.linspace(0.01, 0.99, 4)[:, None, None]
    points = poses[:-1, :2] + shares * np.diff(poses[:, :2], axis=0)
    cells = SPEC.cells(points)
    return costs[cells[..., 0], cells[..., 1]]


@given(st.integers(0, 10_000), st.floats(0.0, 0.35))
@settings(max_examples=30, deadline=None)
def test_a_path_exists_when_the_cells_are_connected_and_never_crosses_lethal(
    seed: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, 200, SPEC.shape).astype(np.uint8)
    costs[rng.random(SPEC.shape) < share] = rng.choice([INSCRIBED, LETHAL, NO_INFORMATION])
    first, last = (tuple(SPEC.cells(np.array([p.x, p.y]))) for p in (START, GOAL))
    costs[first] = costs[last] = 0
    parts, _ = label(costs < INSCRIBED)  # diagonal steps need both neighbours: 4-connected
    if parts[first] != parts[last]:
        with pytest.raises(GoalRefused) as refused:
            plan(costs)
        assert refused.value.code is NavigationError.NO_VALID_PATH
        return
    poses = plan(costs)
    assert (cost_along(costs, poses) < INSCRIBED).all()
    np.testing.assert_allclose(poses[0, :2], [START.x, START.y], atol=1e-9)
    np.testing.assert_allclose(poses[-1], [GOAL.x, GOAL.y, GOAL.yaw], atol=1e-9)


def test_free_space_is_crossed_straight() -> None:
    poses = plan(np.zeros(SPEC.shape, dtype=np.uint8))
    length = np.hypot(*np.diff(poses[:, :2], axis=0).T).sum()
    assert length == pytest.approx(START.distance_to(GOAL), rel=1e-3)


def test_clearance_is_preferred() -> None:
    costs = np.zeros(SPEC.shape, dtype=np.uint8)
    costs[20:40] = 200
    costs[20:40, 70:75] = 0
    poses = plan(costs, Pose2D(5.0, -1.5, 0.0), Pose2D(5.0, 3.5, 0.0))
    assert poses[:, 0].max() > 6.0


@pytest.mark.parametrize(
    ("start", "goal", "code"),
    [
        (START, Pose2D(50.0, 0.0, 0.0), NavigationError.GOAL_OUTSIDE_MAP),
        (START, Pose2D(math.nan, 0.0, 0.0), NavigationError.GOAL_OUTSIDE_MAP),
        (START, Pose2D(2.05, 1.05, 0.0), NavigationError.GOAL_OCCUPIED),
        (Pose2D(50.0, 0.0, 0.0), GOAL, NavigationError.START_OUTSIDE_MAP),
        (Pose2D(2.05, 1.05, 0.0), GOAL, NavigationError.START_OCCUPIED),
    ],
)
def test_says_why_there_is_no_path(start: Pose2D, goal: Pose2D, code: NavigationError) -> None:
    costs = np.zeros(SPEC.shape, dtype=np.uint8)
    costs[30, 30] = LETHAL
    with pytest.raises(GoalRefused) as refused:
        plan(costs, start, goal)
    assert refused.value.code is code


def test_leaves_a_tight_spot() -> None:
    costs = np.zeros(SPEC.shape, dtype=np.uint8)
    costs[:10, :10] = INSCRIBED
    planner = Planner(PlannerConfig(start_slack=1.0))
    assert len(planner.plan(costs, SPEC, START, GOAL, 0.0).poses) > 10
    with pytest.raises(GoalRefused):
        plan(costs)


def test_unknown_is_closed_unless_allowed() -> None:
    costs = np.zeros(SPEC.shape, dtype=np.uint8)
    costs[:, 40] = NO_INFORMATION
    with pytest.raises(GoalRefused):
        plan(costs)
    planner = Planner(PlannerConfig(unknown_passable=1))
    assert len(planner.plan(costs, SPEC, START, GOAL, 0.0).poses) > 10


def test_the_coarse_search_misses_no_gap_of_one_cell() -> None:
    costs = np.zeros(SPEC.shape, dtype=np.uint8)
    costs[29:31] = LETHAL
    costs[29:31, 70] = 0
    poses = plan(costs)
    assert poses[:, 0].max() == pytest.approx(-1.0 + 70.5 * 0.1, abs=0.06)
    assert (cost_along(costs, poses) < INSCRIBED).all()


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_way_on_cells_is_no_longer_than_dijkstra_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    costs = np.where(rng.random((20, 24)) < 0.3, LETHAL, 0).astype(np.uint8)
    costs[0, 0] = costs[-1, -1] = 0
    way = a_star(costs, INSCRIBED, 0.0, (0, 0), (19, 23), 1, 1.0)
    shortest = shortest_8_connected(costs < INSCRIBED)
    if math.isinf(shortest):
        assert not len(way)
    else:
        assert np.hypot(*np.diff(way, axis=0).T).sum() == pytest.approx(shortest)


def shortest_8_connected(free: np.ndarray) -> float:
    """Length in cells from the first to the last cell that cuts no corner, by scipy's Dijkstra."""
    rows, columns = free.shape
    graph = lil_array((free.size, free.size))
    for r, c in np.argwhere(free).tolist():
        for i, j in ((0, 1), (1, 0), (1, 1), (1, -1)):
            if not (r + i < rows and 0 <= c + j < columns):
                continue
            if free[r + i, c + j] and free[r + i, c] and free[r, c + j]:
                graph[r * columns + c, (r + i) * columns + c + j] = math.hypot(i, j)
    return float(dijkstra(graph.tocsr(), directed=False, indices=0)[-1])
