import numpy as np
import pytest
from phantoms import box, dose_along, sphere

from or_robot.clinical.dvh import dose_axis, dvh_curve, scaled
from or_robot.types.radiotherapy import Structure

SLOPE, OFFSET = 0.8, 40.0


def sphere_dose_at_volume(radius: float, share: float) -> float:
    """Dose that `share` of a sphere gets at least, in a linear gradient through its centre."""
    height = np.linspace(-radius, radius, 200_001)
    area = radius**2 - height**2
    above = np.cumsum(area[::-1])[::-1] / area.sum()
    return OFFSET + SLOPE * float(np.interp(-share, -above, height))


@pytest.mark.parametrize("axis", ["x", "y", "z"])
@pytest.mark.parametrize(("radius", "tolerance"), [(20.0, 0.01), (10.7, 0.01), (6.0, 0.03)])
def test_sphere_in_a_gradient(axis, radius, tolerance):
    dose = dose_along(axis, SLOPE, OFFSET)
    allowed = tolerance * (OFFSET + SLOPE * 60.0)
    curve = dvh_curve(sphere(1, "s", radius), None, dose, 3.0, dose_axis(90.0))
    assert curve.mean_gy == pytest.approx(OFFSET, abs=allowed)
    assert curve.d95_gy == pytest.approx(sphere_dose_at_volume(radius, 0.95), abs=allowed)
    assert curve.d2_gy == pytest.approx(sphere_dose_at_volume(radius, 0.02), abs=allowed)


@pytest.mark.parametrize(("radius", "tolerance"), [(20.0, 0.01), (10.7, 0.01), (6.0, 0.03)])
def test_the_whole_curve_of_a_sphere_in_a_gradient(radius, tolerance):
    """Volume at each dose, as the dose that this volume gets: within 1 % of the maximum, 3 %."""
    axis = dose_axis(90.0)
    curve = dvh_curve(sphere(1, "s", radius), None, dose_along("z", SLOPE, OFFSET), 3.0, axis)
    for share in np.linspace(0.02, 0.98, 25):
        at = float(np.interp(-100.0 * share, -np.array(curve.volume_percent), axis))
        true = sphere_dose_at_volume(radius, float(share))
        assert at == pytest.approx(true, abs=tolerance * (OFFSET + SLOPE * 60.0) + axis[1])


def test_a_box_across_a_gradient_is_a_straight_line():
    wide = box(1, "box", 20.0, np.arange(-21.0, 22.0, 3.0))
    curve = dvh_curve(wide, None, dose_along("x", 1.0, 50.0), 3.0, dose_axis(100.0))
    assert curve.volume_cm3 == pytest.approx(4.0 * 4.0 * 4.5, rel=0.02)
    assert (curve.mean_gy, curve.d95_gy, curve.d2_gy) == pytest.approx((50.0, 32.0, 69.2), abs=0.5)


def test_curve_falls_from_everything_to_nothing():
    curve = dvh_curve(sphere(1, "s", 15.0), None, dose_along("x", 0.5, 30.0), 3.0, dose_axis(60))
    assert curve.volume_percent[0] == 100.0
    assert curve.volume_percent[-1] == 0.0
    assert all(np.diff(curve.volume_percent) <= 0)


def test_what_lies_outside_the_body_does_not_count():
    body = box(9, "External", 10.0, np.arange(-30.0, 31.0, 3.0))
    wide = box(1, "wide", 20.0, np.arange(-30.0, 31.0, 3.0))
    whole = dvh_curve(wide, None, dose_along("x", 1.0, 60.0), 3.0, dose_axis(120))
    masked = dvh_curve(wide, body, dose_along("x", 1.0, 60.0), 3.0, dose_axis(120))
    assert masked.volume_cm3 == pytest.approx(whole.volume_cm3 / 4, rel=0.05)
    assert masked.d2_gy < 71.0 < whole.d2_gy


def test_scaling_scales_doses_and_keeps_volumes():
    curve = dvh_curve(sphere(1, "s", 15.0), None, dose_along("x", 0.5, 30.0), 3.0, dose_axis(60))
    part = scaled(curve, 0.25)
    assert part.volume_percent == curve.volume_percent
    assert part.d95_gy == pytest.approx(curve.d95_gy / 4, abs=2e-3)
    assert part.dose_gy[-1] == pytest.approx(curve.dose_gy[-1] / 4, abs=1e-3)


def test_a_structure_without_contours_has_no_curve():
    empty = Structure(1, "e", None, None, ())
    assert dvh_curve(empty, None, dose_along("x", 0.5, 30.0), 3.0, dose_axis(60)) is None


def test_contours_spread_over_metres_get_no_curve():
    planes = np.arange(-9000.0, 9000.0, 3.0)
    vast = box(1, "vast", 9000.0, planes)
    assert dvh_curve(vast, None, dose_along("x", 0.5, 30.0), 3.0, dose_axis(60)) is None
