import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from or_robot.types.site import Door
from or_robot.world.doors import is_shut, on_the_way

DOOR = Door("OR-1", np.array([[4.0, 2.0], [4.0, 3.0]]))
FAR = Door("OR-2", np.array([[6.0, 2.0], [6.0, 3.0]]))
DOORS = {"far": FAR, "near": DOOR}
THROUGH = np.column_stack((np.arange(2.0, 7.0, 0.05), np.full(100, 2.5)))


def test_the_first_door_on_the_way_is_found_within_reach() -> None:
    assert on_the_way(DOORS, THROUGH, 10.0) == ("near", DOOR)
    assert on_the_way(DOORS, THROUGH, 1.8) is None
    assert on_the_way({"far": FAR}, THROUGH, 10.0) == ("far", FAR)
    assert on_the_way(DOORS, THROUGH[:1], 10.0) is None


def test_a_way_beside_the_door_does_not_cross_it() -> None:
    assert on_the_way(DOORS, np.add(THROUGH, [0.0, 1.0]), 10.0) is None
    along = np.column_stack((np.full(100, 3.8), np.arange(0.0, 5.0, 0.05)))
    assert on_the_way(DOORS, along, 10.0) is None


@given(st.booleans())
def test_either_direction(back: bool) -> None:
    way = THROUGH[:60][::-1] if back else THROUGH
    assert on_the_way({"near": DOOR}, way, 10.0) == ("near", DOOR)


@pytest.mark.parametrize(
    ("x", "y", "shut"), [(4.05, 2.5, True), (4.3, 2.5, False), (4.0, 2.02, False)]
)
def test_shut_when_beams_end_on_the_leaf(x: float, y: float, shut: bool) -> None:
    seen = np.array([x, y]) + np.linspace(-0.05, 0.05, 5)[:, None] * [0.0, 1.0]
    assert is_shut(DOOR, seen) is shut
    assert not is_shut(DOOR, seen[:2])
    assert not is_shut(DOOR, np.empty((0, 2)))
