"""Polygons."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from or_robot.geometry import polygon

SQUARE = np.array([[0, 0], [2, 0], [2, 2], [0, 2]], dtype=float)
near = st.floats(-4, 4)


def regular(corners: int, radius: float, x: float = 0.0, y: float = 0.0) -> np.ndarray:
    angles = np.arange(corners) * 2 * math.pi / corners
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=-1) + (x, y)


@given(st.integers(3, 20), st.floats(0.1, 5))
def test_area_of_regular_polygons_and_its_sign(corners: int, radius: float) -> None:
    shape = regular(corners, radius)
    area = corners / 2 * radius**2 * math.sin(2 * math.pi / corners)
    assert polygon.signed_area(shape) == pytest.approx(area)
    assert polygon.signed_area(shape[::-1]) == pytest.approx(-area)
    assert polygon.is_simple(shape)


@given(near, near)
def test_inside_a_square(x: float, y: float) -> None:
    found = bool(polygon.contains(SQUARE, np.array([x, y])))
    if min(abs(x), abs(x - 2), abs(y), abs(y - 2)) > 1e-9:
        assert found == (0 < x < 2 and 0 < y < 2)


@given(near, near)
def test_distance_to_a_square(x: float, y: float) -> None:
    outside = math.hypot(max(-x, 0, x - 2), max(-y, 0, y - 2))
    inside = min(x, 2 - x, y, 2 - y)
    expected = outside if outside > 0 else inside
    assert polygon.distance_to_boundary(SQUARE, np.array([x, y])) == pytest.approx(expected)


@given(near, near, st.floats(0.2, 2))
def test_overlap_is_symmetric_and_that_of_squares(x: float, y: float, side: float) -> None:
    other = np.array([[x, y], [x + side, y], [x + side, y + side], [x, y + side]])
    found = polygon.overlap(SQUARE, other)
    assert found == polygon.overlap(other, SQUARE)
    gap = max(x - 2, -side - x, y - 2, -side - y)
    if abs(gap) > 1e-9:
        assert found == (gap < 0)


def test_a_polygon_within_another_overlaps_it() -> None:
    assert polygon.overlap(SQUARE, regular(6, 0.3, 1, 1))
    assert polygon.overlap(regular(6, 0.3, 1, 1), SQUARE)


@pytest.mark.parametrize(
    "points",
    [
        [[0, 0], [1, 1], [1, 0], [0, 1]],
        [[0, 0], [1, 0]],
        [[0, 0], [1, 0], [2, 0]],
        [[0, 0], [0, 0], [1, 0], [0, 1]],
    ],
)
def test_crossing_or_flat_is_not_simple(points: list) -> None:
    assert not polygon.is_simple(np.array(points, dtype=float))
