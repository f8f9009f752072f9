import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from or_robot.geometry.volume import VolumeGrid

GRID = VolumeGrid((-10.0, 5.0, 0.0), (1.0, 2.0, 3.0), (7, 9, 20))
corners = st.lists(st.floats(-200, 200), min_size=3, max_size=3)


@given(corners, corners)
def test_a_part_lies_on_the_voxels_of_the_whole_and_holds_the_box(one, other):
    low, high = np.minimum(one, other), np.maximum(one, other)
    part = GRID.around(low, high)
    for at, axis in enumerate("xyz"):
        whole = GRID.axis_mm(axis)
        if part.shape[2 - at]:
            assert set(part.axis_mm(axis).round(6)) <= set(whole.round(6))
        inside = whole[(whole >= low[at]) & (whole <= high[at])]
        assert set(inside.round(6)) <= set(part.axis_mm(axis).round(6))


@given(st.floats(-200, 200))
def test_a_grid_covers_half_a_voxel_beyond_its_centres(z):
    assert GRID.covers("z", z) == (-1.5 <= z <= 19.5)
