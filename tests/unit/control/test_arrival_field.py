import math

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from or_robot.config.control import ControllerConfig
from or_robot.config.robot import RobotConfig
from or_robot.control.arrival_field import (
    CELL,
    FAR,
    arrival_field,
    descend,
    distance_grid,
    march,
    slowness,
)
from or_robot.control.band import relax
from or_robot.control.local_plan import CELLS, LocalPlanner
from or_robot.control.surroundings import surroundings

INSCRIBED, CIRCUMSCRIBED = 0.216, 0.333
AWAY = st.one_of(st.floats(0.9, 3.0), st.floats(-3.0, -0.9))
POINTS = arrays(np.float64, st.tuples(st.integers(0, 30), st.just(2)), elements=AWAY)
GOALS = st.tuples(st.floats(-4.0, 4.0), st.floats(-4.0, 4.0)).filter(
    lambda goal: math.hypot(*goal) > 0.5
)


def field(points: np.ndarray, goal: tuple[float, float]) -> np.ndarray:
    distance = distance_grid(points, CELLS)
    return arrival_field(distance, *goal, INSCRIBED, CIRCUMSCRIBED, 1.0)


@given(st.floats(0.0, 2.0), st.floats(0.0, 2.0))
def test_the_cost_never_falls_towards_an_obstacle(a: float, b: float) -> None:
    near, far = sorted((a, b))
    costs = [slowness(d, INSCRIBED, CIRCUMSCRIBED, math.inf) for d in (near, far)]
    assert costs[0] >= costs[1] >= 1.0


@given(POINTS)
@example(np.array([[-2.5625, -2.5625]]))  # nearly FAR from the cell in the corner
@settings(max_examples=15, deadline=None)
def test_distances_are_those_to_the_nearest_point(points: np.ndarray) -> None:
    found = distance_grid(points, CELLS)
    rng = np.random.default_rng(1)
    for row, column in rng.integers(0, CELLS, (30, 2)):
        x, y = (np.array([column, row]) + 0.5 - CELLS / 2) * CELL
        exact = np.hypot(*(points - [x, y]).T).min(initial=FAR)
        assert abs(found[row, column] - exact) < 1e-4


@given(GOALS)
@settings(max_examples=20, deadline=None)
def test_in_the_open_the_way_is_straight(goal: tuple[float, float]) -> None:
    values = field(np.empty((0, 2)), goal)
    home = values[CELLS // 2, CELLS // 2]
    assert abs(home - math.hypot(*goal)) < 0.04 * math.hypot(*goal) + 0.1
    way = descend(values, *goal, 10.0)
    length = np.hypot(*np.diff(way, axis=0).T).sum()
    assert length < 1.03 * math.hypot(*goal) + 0.1
    assert math.hypot(*(way[-1] - goal)) < 0.01


@given(POINTS, GOALS)
@example(np.array([[1.0, 1.0]]), (2.0, 2.0))  # both ways round are equally long
@settings(max_examples=25, deadline=None)
def test_the_way_falls_and_keeps_off_obstacles(
    points: np.ndarray, goal: tuple[float, float]
) -> None:
    if len(points) and np.hypot(*(points - goal).T).min() < 0.5:
        return
    values = field(points, goal)
    way = descend(values, *goal, 20.0)
    assert len(way) == 0 or math.hypot(*(way[-1] - goal)) < 0.01
    if len(way) and len(points):
        gaps = np.hypot(*(way[:, None] - points[None]).transpose(2, 0, 1)).min(axis=1)
        # a cell's centre is that far from obstacles, the way may pass a cell's corner
        assert gaps.min() > INSCRIBED - 0.01 - CELL


def test_a_shut_room_has_no_way_out() -> None:
    ring = np.linspace(0.0, math.tau, 800)
    wall = 1.5 * np.column_stack((np.cos(ring), np.sin(ring)))
    planner = LocalPlanner(ControllerConfig(), RobotConfig())
    assert planner.plan(surroundings(wall), (4.0, 0.0)) is None


def test_marching_stops_beyond_home() -> None:
    costs = np.full((40, 40), 1.0, dtype=np.float32)
    seeds = np.full((40, 40), np.inf, dtype=np.float32)
    seeds[20, 0] = 0.0
    values = march(costs, seeds, 20 * 40 + 10, 2.0)
    assert values[20, 10] == 10.0
    assert np.isinf(values[20, 20])


def test_a_band_moves_off_a_pole_and_keeps_its_ends() -> None:
    path = np.column_stack((np.arange(0.0, 2.0, 0.05), np.zeros(40)))
    distance = distance_grid(np.array([[1.0, 0.05]]), CELLS)
    band = relax(path, distance, 0.4)
    assert np.array_equal(band[[0, -1]], path[[0, -1]])
    before = np.hypot(*(path - [1.0, 0.05]).T).min()
    assert np.hypot(*(band - [1.0, 0.05]).T).min() > before + 0.1
