import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from or_robot.geometry.iec61217 import TABLE_TO_PATIENT, beam_direction

ANGLES = st.floats(-720, 720)
POSITIONS = st.sampled_from(sorted(TABLE_TO_PATIENT))


@pytest.mark.parametrize(
    ("gantry", "couch", "position", "direction"),
    [
        (0, 0, "HFS", (0, 1, 0)),  # from the front
        (90, 0, "HFS", (-1, 0, 0)),  # from the patient's left
        (180, 0, "HFS", (0, -1, 0)),
        (270, 0, "HFS", (1, 0, 0)),
        (90, 90, "HFS", (0, 0, 1)),  # the feet have come to the side of the source
        (0, 37, "HFS", (0, 1, 0)),  # straight down, however the table turns
        (90, 0, "HFP", (1, 0, 0)),
        (0, 0, "HFP", (0, -1, 0)),
        (90, 0, "FFS", (1, 0, 0)),
        (90, 0, "FFP", (-1, 0, 0)),
    ],
)
def test_known_directions(gantry, couch, position, direction):
    assert beam_direction(gantry, couch, position) == pytest.approx(direction, abs=1e-12)


@given(ANGLES, ANGLES, POSITIONS)
def test_a_direction_has_unit_length_and_turns_round_with_the_gantry(gantry, couch, position):
    one = beam_direction(gantry, couch, position)
    assert np.linalg.norm(one) == pytest.approx(1.0)
    assert beam_direction(gantry + 180, couch, position) == pytest.approx(-one, abs=1e-9)


@given(POSITIONS)
def test_positions_are_rotations(position):
    matrix = TABLE_TO_PATIENT[position]
    assert matrix @ matrix.T == pytest.approx(np.eye(3))
    assert np.linalg.det(matrix) == pytest.approx(1.0)
