import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.config.costmap import CostmapConfig
from or_robot.geometry.grid import GridSpec
from or_robot.types.costmap import INSCRIBED, LETHAL, NO_INFORMATION
from or_robot.types.motion import Track
from or_robot.world.people_layer import add_people

SPEC = GridSpec(-2.0, -1.0, 0.05, 80, 120)
CONFIG = CostmapConfig()
NUMBERS = st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf])


def track(x: float, y: float, vx: float, vy: float) -> Track:
    return Track(1, np.array([x, y]), np.array([vx, vy]), np.eye(4), 0.3, 1.0)


def cost_at(costs: np.ndarray, x: float, y: float) -> int:
    row, column = SPEC.cells(np.array([x, y]))
    return int(costs[row, column])


@given(st.lists(st.builds(track, NUMBERS, NUMBERS, NUMBERS, NUMBERS), max_size=3))
@settings(max_examples=30, deadline=None)
def test_costs_only_rise_and_never_to_an_obstacle(tracks: list[Track]) -> None:
    before = np.random.default_rng(1).integers(0, 256, SPEC.shape).astype(np.uint8)
    after = before.copy()
    add_people(after, SPEC, tracks, CONFIG)
    assert (after >= before).all()
    raised = after > before
    assert (after[raised] < INSCRIBED).all()
    solid = np.isin(before, (INSCRIBED, LETHAL, NO_INFORMATION))
    assert (after[solid] == before[solid]).all()


def test_the_way_ahead_of_a_walker_is_dearer_than_the_way_behind() -> None:
    costs = np.zeros(SPEC.shape, dtype=np.uint8)
    add_people(costs, SPEC, [track(0.0, 1.0, 1.0, 0.0)], CONFIG)
    assert cost_at(costs, 0.01, 1.01) == pytest.approx(CONFIG.person_cost, abs=6)
    ahead = [cost_at(costs, 0.01 + x, 1.01) for x in (0.0, 0.75, 1.5, 2.25)]
    assert ahead == sorted(ahead, reverse=True)
    assert ahead[-1] > 0
    assert cost_at(costs, -1.5, 1.01) == 0
    assert cost_at(costs, 1.5, 1.01) > cost_at(costs, -0.8, 1.01)


def test_who_stands_costs_only_around_himself() -> None:
    costs = np.zeros(SPEC.shape, dtype=np.uint8)
    add_people(costs, SPEC, [track(0.0, 1.0, 0.0, 0.0)], CONFIG)
    reach = CONFIG.person_reach
    assert cost_at(costs, reach - 0.1, 1.0) > 0
    assert cost_at(costs, reach + 0.06, 1.0) == 0
