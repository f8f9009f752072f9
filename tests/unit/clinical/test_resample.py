import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.clinical.resample import resample_linear
from or_robot.geometry.volume import VolumeGrid

SOURCE = VolumeGrid((-4.0, -6.0, -8.0), (2.0, 3.0, 4.0), (5, 5, 5))


def field(grid: VolumeGrid, a: float, b: float, c: float) -> np.ndarray:
    z, y, x = np.meshgrid(*(grid.axis_mm(axis) for axis in "zyx"), indexing="ij")
    return a * x + b * y + c * z


@settings(deadline=None)
@given(*[st.floats(-5, 5)] * 3, *[st.floats(0, 1)] * 3)
def test_a_linear_field_is_reproduced_inside_the_grid(a, b, c, x, y, z):
    at = (-4.0 + 8 * x, -6.0 + 12 * y, -8.0 + 16 * z)
    target = VolumeGrid(at, (1.0, 1.0, 1.0), (1, 1, 1))
    found = resample_linear(field(SOURCE, a, b, c), SOURCE, target)
    np.testing.assert_allclose(found, field(target, a, b, c), atol=1e-3)


def test_outside_the_grid_is_zero():
    target = VolumeGrid((-4.1, 0.0, 0.0), (8.2, 1.0, 1.0), (1, 1, 2))
    assert not resample_linear(np.ones(SOURCE.shape), SOURCE, target).any()


def test_a_single_plane_can_be_resampled():
    plane = VolumeGrid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (1, 3, 3))
    assert resample_linear(np.ones(plane.shape), plane, plane).sum() == 9
