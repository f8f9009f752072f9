"""The map agrees with the geometry it was made from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sdf_worlds import box, world_of

from or_robot.geometry.transform import Transform
from or_robot.sim.map_files import write_map, write_picture
from or_robot.sim.occupancy import placed_shapes, slice_world
from or_robot.sim.robot_model import courier_model
from or_robot.sim.sdf import Model, Shape, ShapeKind, World
from or_robot.sim.sdf_reader import load_world
from or_robot.types.site import FREE, OCCUPIED, UNKNOWN
from or_robot.world.site import load_site, read_map

ROOM = (
    box(0, -2, 0.5, 4.1, 0.1, 1),
    box(0, 2, 0.5, 4.1, 0.1, 1),
    box(-2, 0, 0.5, 0.1, 4.1, 1),
    box(2, 0, 0.5, 0.1, 4.1, 1),
)


@settings(max_examples=30, deadline=None)
@given(
    x=st.floats(-1.2, 1.2), y=st.floats(-1.2, 1.2), yaw=st.floats(-3, 3), side=st.floats(0.1, 0.5)
)
def test_cells_are_occupied_where_and_only_where_the_geometry_is(
    x: float, y: float, yaw: float, side: float
) -> None:
    shape, pose = box(x, y, 0.5, side, side / 2, 1.0, yaw=yaw)
    made = slice_world(world_of(*ROOM, (shape, pose)), 0.2, 0.05, [(1.8, 1.8)])
    cells = np.argwhere(made.values == OCCUPIED)
    centres = np.hstack([made.spec.centres(cells), np.full((len(cells), 1), 0.2)])
    inner = np.all(np.abs(centres[:, :2]) < 1.9, axis=1)
    away = np.abs(pose.inverse().apply(centres[inner])) - shape.half_extent
    assert np.all(away[:, :2] <= 0.05 * 0.7072)  # no further off than half a cell's diagonal
    signs = np.array([[1, 1, 0], [-1, 1, 0], [-1, -1, 0], [1, -1, 0]])
    touched = made.spec.cells(pose.apply(signs * shape.half_extent * 0.8)[:, :2])
    assert np.all(made.values[touched[:, 0], touched[:, 1]] == OCCUPIED)


def test_outside_the_walls_is_unknown_and_inside_free() -> None:
    made = slice_world(world_of(*ROOM), 0.2, 0.05, [(0.0, 0.0)])
    row, column = made.spec.cells(np.array([0.0, 0.0]))
    assert made.values[row, column] == FREE
    assert made.values[0, 0] == UNKNOWN
    assert (made.values == FREE).sum() == pytest.approx(3.9**2 / 0.05**2, rel=0.01)


def test_what_ends_below_or_above_the_plane_is_not_drawn() -> None:
    low, high = box(0, 0, 0.05, 1, 1, 0.1), box(0, 0, 0.9, 1, 1, 0.1)
    made = slice_world(world_of(*ROOM, low, high), 0.2, 0.05, [(1.5, 1.5)])
    row, column = made.spec.cells(np.array([0.0, 0.0]))
    assert made.values[row, column] == FREE


def test_the_committed_map_is_the_one_its_world_makes() -> None:
    site = load_site("operating_wing")
    inside = [(s.pose.x, s.pose.y) for s in site.stations.values()]
    height = courier_model().lidar_height
    made = slice_world(load_world("operating_wing"), height, site.map.spec.resolution, inside)
    assert made.spec == site.map.spec
    assert np.array_equal(made.values, site.map.values)


def test_map_round_trip(tmp_path) -> None:
    made = slice_world(world_of(*ROOM, box(0.3, 0.4, 0.5, 1, 0.2, 1)), 0.2, 0.05, [(1.5, 1.5)])
    write_map(made, tmp_path)
    again = read_map(tmp_path / "map.yaml")
    assert again.spec == made.spec
    assert np.array_equal(again.values, made.values)


def test_the_picture_is_written(tmp_path) -> None:
    site = load_site("operating_wing")
    write_picture(site.map, site.stations, site.zones, tmp_path / "map.png")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_nested_models_are_placed_through_their_parents() -> None:
    shape = Shape(ShapeKind.SPHERE, (0.1,))
    inner = world_of((shape, Transform.from_xyz_rpy(1, 0, 0, 0, 0, 0))).models[0]
    quarter = Transform.from_xyz_rpy(0, 0, 0, 0, 0, np.pi / 2)
    outer = Model("outer", quarter, True, (), (), (inner,), None)
    ((name, pose, _),) = placed_shapes(World("w", (0, 0, 0), (outer,)))
    assert name == "outer"
    assert pose.position == pytest.approx([0, 1, 0])
