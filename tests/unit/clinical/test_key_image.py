import dataclasses

import cv2
import numpy as np
import phantoms
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.clinical.card import proton_card
from or_robot.clinical.course import courses
from or_robot.clinical.cut import Cut
from or_robot.clinical.isodose import level_colors, round_levels
from or_robot.clinical.key_image import SIZE, WINDOWS_HU, Place, key_images
from or_robot.clinical.lettering import readable
from or_robot.clinical.section import ORIENTATIONS, SectionSource
from or_robot.errors import OrRobotError
from or_robot.types.clinical import ImageStyle, Prescription

RANGE = (-2, 2)


@pytest.fixture(scope="module")
def source():
    (course,) = courses(phantoms.whole_case())
    return SectionSource(course)


@pytest.fixture(scope="module")
def card(source):
    return proton_card(source.course, "P1", "v1")


def draw(source, card, index=0, **style):
    place = Place(ORIENTATIONS["axial"], index, RANGE)
    return key_images(source, card, card.dose_views, place, "DOE, JANE", ImageStyle(**style))


def pixels(picture):
    decoded = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    return decoded[:, :SIZE, ::-1].astype(int)


@settings(deadline=None)
@given(st.floats(0.05, 150.0))
def test_isodose_levels_are_few_round_and_below_the_maximum(maximum):
    levels = round_levels(maximum)
    assert len(levels) <= 8
    assert list(levels) == sorted(set(levels))
    assert not levels or levels[-1] <= maximum
    assert len(level_colors(len(levels))) == len(levels)


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


def test_isodoses_in_percent_name_their_reference(source, card):
    stated = draw(source, card, reference_gy=50.0)[0].caption
    assert "isodoses 70, 80, 90, 95, 100, 105 % of 50 Gy(RBE)" in stated.replace("30, 50, ", "")
    assert "100 % = 50 Gy(RBE) as stated by the reader" in stated
    prescribed = dataclasses.replace(card, prescription=Prescription(54.0, "CTV_1"))
    planned, estimate = draw(source, prescribed)
    assert "100 % = 54 Gy(RBE) to CTV_1" in planned.caption
    assert "isodoses 5, 10, 15, 20 Gy(RBE)" in estimate.caption


@pytest.mark.parametrize("reference", [0.0, -1.0, float("nan"), float("inf")])
def test_a_reference_that_is_no_dose_is_refused(source, card, reference):
    with pytest.raises(OrRobotError, match="0\\.01 to 1000"):
        draw(source, card, reference_gy=reference)


def test_isodose_lines_of_a_reference_lie_at_that_dose(source, card):
    """Dose is 35 + 0.5 x: 100 % of 35 Gy crosses the axis."""
    cut = Cut(source, source.view(ORIENTATIONS["axial"], 0, SIZE))
    (line,) = cut.dose_from(1.0).lines.at(35.0)
    middle = cut.view.to_pixels(np.array([0.0]), np.array([0.0]))[0, 0]
    inner = line[(line[:, 1] > 100) & (line[:, 1] < SIZE - 100), 0]
    assert np.abs(line[:, 0] - middle).min() < 1.0
    assert np.abs(inner - middle).max(initial=0.0) < 1.0


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("lowest_gy", [10.0, 30.0])
def test_the_part_with_dose_holds_all_there_is_from_the_lowest_level_up(
    source, orientation, lowest_gy
):
    cut = Cut(source, source.view(ORIENTATIONS[orientation], 0, SIZE))
    whole, found = np.zeros((SIZE, SIZE)), np.zeros((SIZE, SIZE))
    for picture, level in ((whole, 0.0), (found, lowest_gy)):
        dose = cut.dose_from(level)
        picture[dose.part] = dose.dose_gy
    reached = whole >= lowest_gy
    assert reached.any()
    np.testing.assert_allclose(found[reached], whole[reached], atol=0.05)


def test_where_no_dose_reaches_there_is_no_part(source):
    cut = Cut(source, source.view(ORIENTATIONS["axial"], 0, SIZE))
    assert cut.dose_from(1e6) is None


@pytest.mark.parametrize("window", WINDOWS_HU)
def test_windows_are_named_in_the_picture(source, card, window):
    width, level = WINDOWS_HU[window]
    assert f"W {width:.0f} L {level:.0f}" in draw(source, card, window=window)[0].caption


def test_what_cannot_be_drawn_is_refused_with_what_can(source, card):
    with pytest.raises(OrRobotError, match="soft_tissue, brain, bone, lung"):
        draw(source, card, window="liver")
    with pytest.raises(OrRobotError, match="CTV_1, External"):
        draw(source, card, structures=("Liver",))


def test_structures_can_be_switched_off(source, card):
    shown, hidden = (draw(source, card, structures=s)[0] for s in (None, ("External",)))
    view = source.view(ORIENTATIONS["axial"], 0, SIZE)
    (column, row), *_ = view.to_pixels(np.array([0.0]), np.array([-12.0])).round().astype(int)
    assert pixels(shown)[row, column, 0] - pixels(hidden)[row, column, 0] > 60


def test_text_that_no_font_can_show_is_left_out(monkeypatch):
    monkeypatch.setattr("or_robot.clinical.lettering.korean_font", lambda _bold: None)
    assert readable("HONG, Gildong 홍길동") == "HONG, Gildong"
    assert readable("홍길동") == "(no Korean font)"
