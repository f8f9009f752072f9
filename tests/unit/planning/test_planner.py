import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from or_robot.config.planning import PlannerConfig
from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D
from or_robot.planning.planner import Planner
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
