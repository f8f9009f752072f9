import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.geometry.volume import VolumeGrid

GRID = VolumeGrid((-10.0, 5.0, 100.0), (0.5, 2.0, 3.0), (4, 6, 8))
axes = st.sampled_from("xyz")


@given(axes)
def test_centres_are_whole_indices(axis):
    centres = GRID.axis_mm(axis)
    assert len(centres) == {"x": 8, "y": 6, "z": 4}[axis]
    np.testing.assert_allclose(GRID.fractional(axis, centres), np.arange(len(centres)))


@settings(deadline=None)
@given(axes, st.floats(-500.0, 500.0))
def test_no_voxel_is_nearer_than_the_nearest(axis, position):
    distances = np.abs(GRID.axis_mm(axis) - position)
    assert distances[GRID.nearest(axis, position)] <= distances.min() + 1e-9
