import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phantoms import box, disc, sphere

from or_robot.clinical.rasterize import fill_even_odd, planes, polygons_at, structure_mask
from or_robot.geometry.volume import VolumeGrid

coordinates = st.floats(-3.0, 15.0)
polygons = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=12).map(np.array)


@settings(deadline=None)
@given(polygons)
def test_a_polygon_drawn_twice_is_nothing(polygon):
    assert not fill_even_odd([polygon, polygon], (12, 12)).any()


@settings(deadline=None)
@given(polygons, st.integers(0, 11))
def test_where_a_polygon_starts_and_which_way_it_runs_does_not_matter(polygon, start):
    turned = np.roll(polygon, start, axis=0)[::-1]
    same = fill_even_odd([polygon], (12, 12)) == fill_even_odd([turned], (12, 12))
    # pixels whose centre lies exactly on an edge may fall on either side
    assert (~same).sum() <= len(polygon)


def test_a_rectangle_fills_the_centres_it_encloses():
    rectangle = np.array([[1.5, 2.5], [6.5, 2.5], [6.5, 4.5], [1.5, 4.5]])
    mask = fill_even_odd([rectangle], (8, 8))
    assert mask.sum() == 10
    assert mask[3:5, 2:7].all()


def test_an_inner_contour_is_a_hole():
    outer = disc(50, 50, 0, 40)[:, :2]
    inner = disc(50, 50, 0, 20)[:, :2]
    area = fill_even_odd([outer, inner], (100, 100)).sum()
    assert area == pytest.approx(np.pi * (40**2 - 20**2), rel=0.01)


def test_a_sphere_has_the_volume_of_its_slabs():
    grid = VolumeGrid((-25.0,) * 3, (0.5,) * 3, (101, 101, 101))
    mask = structure_mask(sphere(1, "s", 20.0, step=1.0), grid, 1.0)
    assert mask.sum() * 0.5**3 == pytest.approx(4 / 3 * np.pi * 20**3, rel=0.02)


def test_planes_stand_for_slabs_of_their_spacing_and_no_more():
    block = box(1, "b", 5.0, np.array([0.0, 3.0]))
    assert polygons_at(planes(block), 1.4, 3.0)
    assert polygons_at(planes(block), 4.4, 3.0)
    assert not polygons_at(planes(block), 4.6, 3.0)
    assert not polygons_at(planes(block), -1.6, 3.0)
