import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.control.predictive import WEIGHTS
from or_robot.control.reference import make_reference
from or_robot.control.rollout import COLLISION, rollout_costs
from or_robot.control.surroundings import Surroundings, surroundings

BODY = np.array([0.33, 0.28])
BASE = np.array([0.86, 0.08, 0.12, 0.86, 0.3])
KEEP = np.array([0.06, 0.25, 25.0, 0.7, 0.05])
LIMITS = np.array([0.8, 0.3, 1.5, 0.8, 1.2, 3.0, 0.8])
STEPS = 20
NOBODY, NOTHING = np.empty((0, 5)), np.empty((0, 2))
CRUISE = np.array([0.0, 0.0, 0.0, 0.4, 0.0, 0.4, 0.0])
FORWARD = np.tile([0.4, 0.0], (STEPS, 1))


def reference(around: Surroundings) -> np.ndarray:
    x = np.arange(0.0, 2.5, 0.05)
    path = np.column_stack((x, 0.0 * x, 0.0 * x))
    args = (LIMITS, around.points, around.first, around.coarse, BODY, KEEP[:3])
    return make_reference(path, 0.4, *args)


def cost(points: np.ndarray, people: np.ndarray = NOBODY, commands: np.ndarray = FORWARD) -> float:
    """Of one sequence; the reference is that of an empty world, so that only the rollout counts."""
    around = surroundings(points)
    grid = (around.points, around.first, around.coarse, people, reference(surroundings(NOTHING)))
    found = rollout_costs(commands[None].copy(), CRUISE, 0.1, BODY, BASE, *grid, KEEP, WEIGHTS, 1e9)
    return float(found[0])


@given(st.floats(0.0, 1.2), st.floats(0.29, 1.2), st.floats(0.29, 1.2))
@settings(max_examples=60, deadline=None)
def test_the_cost_never_falls_when_an_obstacle_comes_nearer(x: float, a: float, b: float) -> None:
    near, far = sorted((a, b))
    costs = [cost(np.array([[x, y]])) for y in (near, far)]
    assert costs[0] >= costs[1] - 1e-9


@given(st.floats(0.3, 1.5), st.floats(0.3, 2.5), st.floats(0.3, 2.5))
@settings(max_examples=60, deadline=None)
def test_nor_when_a_person_does(x: float, a: float, b: float) -> None:
    near, far = sorted((a, b))
    costs = [cost(NOTHING, np.array([[x, y, 0.0, 0.0, 0.3]])) for y in (near, far)]
    assert costs[0] >= costs[1] - 1e-9


def test_touching_costs_more_than_anything_else_and_sooner_is_worse() -> None:
    soon, late = (cost(np.array([[x, 0.0]])) for x in (0.6, 0.9))
    assert soon > late > COLLISION > cost(NOTHING)


def test_a_thin_pole_between_two_steps_is_not_missed() -> None:
    spin = np.tile([0.0, 1.5], (STEPS, 1))
    corner = float(np.hypot(*BODY))
    pole = (corner - 0.01) * np.array([[np.cos(1.2), np.sin(1.2)]])
    assert cost(pole, commands=spin) > COLLISION


def test_who_walks_into_a_standing_robot_is_worth_making_way_for() -> None:
    walker = np.array([[-2.5, -0.5, 1.2, 0.0, 0.3]])
    stay = np.zeros((STEPS, 2))
    aside = np.tile([0.4, 0.5], (STEPS, 1))
    assert cost(NOTHING, walker, stay) > cost(NOTHING, walker, aside)
    assert cost(NOTHING, NOBODY, stay) > cost(NOTHING, NOBODY, FORWARD)
