"""Cells and points of a grid."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from or_robot.geometry.grid import GridSpec

grids = st.builds(
    GridSpec,
    origin_x=st.floats(-50.0, 50.0),
    origin_y=st.floats(-50.0, 50.0),
    resolution=st.sampled_from([0.025, 0.05, 0.1]),
    rows=st.integers(1, 400),
    columns=st.integers(1, 400),
)


@given(grids, st.data())
def test_centre_of_a_cell_lies_in_that_cell(grid: GridSpec, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, grid.rows - 1))
    column = data.draw(st.integers(0, grid.columns - 1))
    cell = np.array([row, column])
    assert grid.cells(grid.centres(cell)).tolist() == [row, column]
    assert bool(grid.contains(cell))


@given(grids)
def test_cells_beyond_each_side_are_outside(grid: GridSpec) -> None:
    beyond = np.array([[-1, 0], [0, -1], [grid.rows, 0], [0, grid.columns]])
    assert not grid.contains(beyond).any()


def test_row_follows_y_and_column_follows_x() -> None:
    grid = GridSpec(origin_x=1.0, origin_y=2.0, resolution=0.5, rows=4, columns=6)
    assert grid.cells(np.array([2.1, 2.1])).tolist() == [0, 2]
    assert grid.cells(np.array([1.1, 3.1])).tolist() == [2, 0]
