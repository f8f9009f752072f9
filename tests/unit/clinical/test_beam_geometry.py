import dataclasses

import phantoms
import pytest

from or_robot.clinical.beam_geometry import plan_geometry
from or_robot.clinical.course import courses


def geometry(**changes):
    objects = phantoms.whole_case()
    objects[0] = dataclasses.replace(objects[0], **changes)
    return plan_geometry(courses(objects)[0], "P1", "v1")


def test_beams_point_at_the_patient_from_their_gantry_angle():
    found = geometry()
    assert (found.patient_position, found.patient_position_of) == ("HFS", "plan")
    (path,) = found.beams
    assert path.direction == pytest.approx((-1.0, 0.0, 0.0))  # gantry 90: from the left
    assert path.isocenter_mm == (0.0, 0.0, 0.0)


def test_the_cts_position_stands_in_for_the_plans_and_is_named():
    found = geometry(patient_position=None)
    assert (found.patient_position, found.patient_position_of) == ("HFS", "CT")


def test_no_direction_is_guessed_without_angle_or_position():
    tilted = dataclasses.replace(phantoms.beam(), couch_deg=None)
    assert geometry(beams=(tilted,)).beams[0].direction is None
    assert geometry(patient_position="SITTING").beams[0].direction is None


def test_outlines_are_body_and_target_at_the_isocentre():
    outlines = {one.structure: one for one in geometry().outlines}
    assert set(outlines) == {"External", "CTV_1"}
    assert max(x for x, _ in outlines["CTV_1"].points_mm) == pytest.approx(12.0, abs=0.1)
