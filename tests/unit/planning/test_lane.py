"""Keeping right: where, how far, and what never changes."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.config.planning import PlannerConfig
from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D
from or_robot.planning.lane import EASE, LEVELS, in_lane
from or_robot.planning.planner import Planner
from or_robot.types.motion import Path
from or_robot.types.navigation import GoalRefused
from or_robot.world.costs import distance_to_lethal, inflate

SPEC = GridSpec(-6.0, -3.0, 0.05, 120, 240)
CONFIG = PlannerConfig()


def corridor(width: float, *boxes: tuple[float, float, float, float]) -> np.ndarray:
    """Lethal cells of a corridor along x about y = 0, with boxes in it; m."""
    centres = SPEC.centres(np.stack(np.indices(SPEC.shape), axis=-1))
    lethal = np.abs(centres[..., 1]) > width / 2.0
    for x0, y0, x1, y1 in boxes:
        lethal |= np.all((centres >= (x0, y0)) & (centres <= (x1, y1)), axis=-1)
    return lethal


def moved(lethal: np.ndarray, start: Pose2D, goal: Pose2D, config=CONFIG, standing=None):
    """The planner's path and the one in its lane. standing: mask of what is no wall."""
    walls = distance_to_lethal(lethal, SPEC.resolution)
    everything = lethal if standing is None else lethal | standing
    costs = inflate(everything, SPEC.resolution, 0.3, 0.8, 3.0)
    path = Planner(config).plan(costs, SPEC, start, goal, 0.0)
    return path, in_lane(path, config, SPEC, costs, walls), walls


def straight(offset: float) -> Path:
    x = np.arange(-4.0, 4.0, 0.05)
    return Path(0.0, np.column_stack((x, np.full_like(x, offset), np.zeros_like(x))))


@pytest.mark.parametrize(("sense", "heading"), [(1.0, 0.0), (-1.0, np.pi)])
def test_drives_on_its_right_whichever_way_it_goes(sense: float, heading: float) -> None:
    start, goal = Pose2D(-5.0 * sense, 0.0, heading), Pose2D(5.0 * sense, 0.0, heading)
    path, lane, _ = moved(corridor(2.4), start, goal)
    middle = len(path.poses) // 2
    assert (path.poses[middle, 1] - lane.poses[middle, 1]) * sense == pytest.approx(0.3, abs=0.06)


def test_on_the_left_when_told_and_not_at_all_with_no_offset() -> None:
    start, goal = Pose2D(-5.0, 0.0, 0.0), Pose2D(5.0, 0.0, 0.0)
    left = dataclasses.replace(CONFIG, lane_offset=-0.35)
    path, lane, _ = moved(corridor(2.4), start, goal, left)
    assert lane.poses[len(lane.poses) // 2, 1] > path.poses[len(path.poses) // 2, 1] + 0.24
    none = dataclasses.replace(CONFIG, lane_offset=0.0)
    path, lane, _ = moved(corridor(2.4), start, goal, none)
    assert lane is path


def test_a_narrow_place_is_driven_through_in_the_middle() -> None:
    path, lane, _ = moved(corridor(1.6), Pose2D(-5.0, 0.0, 0.0), Pose2D(5.0, 0.0, 0.0))
    assert np.allclose(path.poses[:, :2], lane.poses[:, :2], atol=0.03)


def test_not_into_what_stands_in_the_lane() -> None:
    standing = corridor(9.0, (-0.2, -0.9, 0.2, -0.5))
    path, lane, _ = moved(
        corridor(2.4), Pose2D(-5.0, 0.0, 0.0), Pose2D(5.0, 0.0, 0.0), standing=standing
    )
    gaps = distance_to_lethal(standing, SPEC.resolution)
    for poses in (path.poses, lane.poses):
        cells = SPEC.cells(poses[:, :2])
        assert gaps[cells[:, 0], cells[:, 1]].min() > 0.3
    before = len(lane.poses) // 5
    assert lane.poses[before, 1] < path.poses[before, 1] - 0.1, "before it, in its lane"


@settings(max_examples=40, deadline=None)
@given(
    st.floats(1.2, 4.0),
    st.floats(-0.3, 0.3),
    st.floats(-0.3, 0.3),
    st.lists(st.tuples(st.floats(-4, 3), st.floats(-1.9, 1.5)), max_size=3),
)
def test_ends_stay_walls_keep_their_distance_and_it_is_moved_gently(width, y0, y1, spots) -> None:
    boxes = [(x, y, x + 0.4, y + 0.4) for x, y in spots]
    lethal = corridor(width, *boxes)
    start, goal = Pose2D(-5.0, y0 * width, 0.0), Pose2D(5.0, y1 * width, 0.5)
    try:
        path, lane, walls = moved(lethal, start, goal)
    except GoalRefused:
        return  # the boxes leave no way
    assert np.array_equal(lane.poses[[0, -1], :2], path.poses[[0, -1], :2])
    assert lane.poses[-1, 2] == path.poses[-1, 2]
    shift = np.hypot(*(lane.poses[:, :2] - path.poses[:, :2]).T)
    assert shift.max() <= CONFIG.lane_offset + 1e-9
    # from the first offset that is tried on; a cell's diagonal, and the heading of a bend
    cells = SPEC.cells(lane.poses[shift > CONFIG.lane_offset / (LEVELS - 1), :2])
    if len(cells):
        assert walls[cells[:, 0], cells[:, 1]].min() >= CONFIG.lane_room - 0.08
    steps = np.hypot(*np.diff(path.poses[:, :2], axis=0).T)
    assert np.all(np.abs(np.diff(shift)) <= EASE * steps + 1e-9)


def test_two_points_are_left_alone() -> None:
    short = Path(0.0, np.array([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0]]))
    nothing = np.zeros(SPEC.shape, dtype=np.uint8)
    assert in_lane(short, CONFIG, SPEC, nothing, np.full(SPEC.shape, np.inf)) is short


def test_a_place_off_the_grid_is_never_chosen() -> None:
    nothing = np.zeros(SPEC.shape, dtype=np.uint8)
    lane = in_lane(straight(-2.9), CONFIG, SPEC, nothing, np.full(SPEC.shape, np.inf))
    assert lane.poses[:, 1].min() >= -3.0
