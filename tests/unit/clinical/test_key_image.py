import cv2
import numpy as np
import phantoms
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.clinical.card import proton_card
from or_robot.clinical.course import courses
from or_robot.clinical.cut import Cut
from or_robot.clinical.key_image import SIZE, isodose_levels, key_images, level_colors
from or_robot.clinical.section import ORIENTATIONS, SectionSource
from or_robot.errors import OrRobotError

RANGE = (-2, 2)


@pytest.fixture(scope="module")
def source():
    (course,) = courses(phantoms.whole_case())
    return SectionSource(course)


@pytest.fixture(scope="module")
def card(source):
    return proton_card(source.course, "P1", "v1")


def draw(source, card, index=0):
    return key_images(source, card, card.dose_views, ORIENTATIONS["axial"], index, RANGE)


def pixels(picture):
    decoded = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    return decoded[:, :SIZE, ::-1].astype(int)


@settings(deadline=None)
@given(st.floats(0.05, 150.0))
def test_isodose_levels_are_few_round_and_below_the_maximum(maximum):
    levels = isodose_levels(maximum)
    assert len(levels) <= 8
    assert list(levels) == sorted(set(levels))
    assert not levels or levels[-1] <= maximum
    assert len(level_colors(levels)) == len(levels)


@pytest.mark.parametrize("orientation", ["axial", "coronal"])
def test_the_patients_left_is_on_the_right_of_the_picture(source, orientation):
    cut = Cut(source, source.view(ORIENTATIONS[orientation], 0, 200))
    view, hounsfield = cut.view, cut.hounsfield
    left, right = view.to_pixels(np.array([45.0, -45.0]), np.array([0.0, 0.0]))[:, 0].astype(int)
    assert left > right
    assert hounsfield[100, left] > 900
    assert abs(hounsfield[100, right]) < 100


def test_head_is_up_and_front_is_left_in_the_sagittal_picture(source):
    view = source.view(ORIENTATIONS["sagittal"], 0, 200)
    front_foot, back_head = view.to_pixels(np.array([-20.0, 20.0]), np.array([-20.0, 20.0]))
    assert front_foot[0] < back_head[0]
    assert front_foot[1] > back_head[1]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_millimetres_are_square(source, orientation):
    view = source.view(ORIENTATIONS[orientation], 0, 300)
    origin, right, down = view.to_pixels(np.array([0.0, 10, 0]), np.array([0.0, 0, 10]))
    assert abs(right - origin)[0] == pytest.approx(abs(down - origin)[1])


def test_dose_outside_the_body_is_not_painted(source, card):
    picture = draw(source, card)[0]
    view = source.view(ORIENTATIONS["axial"], 0, SIZE)
    inside, outside = view.to_pixels(np.array([35.0, 57.0]), np.array([0.0, 0.0])).astype(int)
    color = pixels(picture)
    assert np.ptp(color[inside[1], inside[0]]) > 40
    assert np.ptp(color[outside[1], outside[0]]) < 20


def test_the_contour_is_drawn_where_the_structure_ends(source, card):
    picture = draw(source, card)[0]
    view = source.view(ORIENTATIONS["axial"], 0, SIZE)
    (column, row), *_ = view.to_pixels(np.array([0.0]), np.array([-12.0])).round().astype(int)
    red, green, blue = pixels(picture)[row, column]
    assert red > 150 > max(green, blue) + 40


def test_the_caption_says_everything(source, card):
    picture = draw(source, card, 2)[1]
    for part in ("DELIVERED ESTIMATE (4/10)", "Gy(RBE)", "P1", "z = 6 mm", "W 400 L 40"):
        assert part in picture.caption
    assert picture.slice_position_mm == 6.0
    assert picture.index_range[0] <= -9 < 9 <= picture.index_range[1]
    assert (picture.version, picture.prepared_range) == ("v1", RANGE)


def test_views_differ_only_by_their_scale(source, card):
    planned, estimate = draw(source, card)
    assert "isodoses 10, 20, 30, 40, 50, 60 " in planned.caption
    assert "isodoses 5, 10, 15, 20 " in estimate.caption


def test_without_ct_there_is_no_picture_but_an_error_with_a_remedy():
    (course,) = courses(phantoms.whole_case()[:3])
    with pytest.raises(OrRobotError, match="import the CT"):
        _ = SectionSource(course).ct
