import dataclasses

import numpy as np
import phantoms
import pytest

from or_robot.clinical.card import beam_summary, proton_card
from or_robot.clinical.course import courses
from or_robot.clinical.dose_views import dose_views
from or_robot.types.radiotherapy import DoseReference, IonLayer


def card_of(objects):
    (course,) = courses(objects)
    return proton_card(course, "P1", "v1")


def views(fractions, delivered):
    objects = phantoms.whole_case()
    objects[0] = phantoms.plan(fractions=fractions)
    return dose_views(courses(objects)[0], delivered)


def test_pairs_of_control_points_are_one_layer():
    weights = np.array([1.0, 2.0])
    layers = tuple(
        IonLayer(energy, share)
        for energy in (160.0, 150.0)
        for share in (weights, np.zeros_like(weights))
    )
    summary = beam_summary(phantoms.beam(layers=layers))
    assert (summary.layers, summary.energies, summary.spots) == (2, 2, 4)


def test_repainted_energy_is_one_energy_and_two_layers():
    layers = tuple(IonLayer(energy, np.array([1.0])) for energy in (160.0, 150.0, 160.0))
    summary = beam_summary(phantoms.beam(layers=layers))
    assert (summary.layers, summary.energies) == (3, 2)


def test_spots_and_layers_without_weight_do_not_count():
    layers = (IonLayer(170.0, np.zeros(3)), IonLayer(150.0, np.array([0.0, 1.0])))
    summary = beam_summary(phantoms.beam(layers=layers))
    assert (summary.energies, summary.spots, summary.energy_max_mev) == (1, 1, 150.0)


def test_a_beam_without_layers_has_no_energy_range():
    summary = beam_summary(phantoms.beam(layers=()))
    assert (summary.energies, summary.energy_min_mev, summary.energy_max_mev) == (0, None, None)


@pytest.mark.parametrize(("snout", "suspect"), [(0.0, True), (42.0, False), (None, False)])
def test_snout_at_exactly_zero_is_flagged_and_shown_as_given(snout, suspect):
    summary = beam_summary(phantoms.beam(snout=snout))
    assert summary.snout_position_mm == snout
    assert summary.snout_position_suspect is suspect


def test_only_fractions_with_every_beam_complete_are_delivered():
    beams = (phantoms.beam(1), phantoms.beam(2))
    records = [
        phantoms.record(1, beams=(1, 2)),
        phantoms.record(2, beams=(1,)),
        phantoms.record(3, "MACHINE", beams=(1, 2)),
    ]
    card = card_of([phantoms.plan(*beams), *records])
    assert card.fractions_delivered == 1
    assert any("2 fraction(s) recorded as incomplete" in line for line in card.warnings)


def test_a_fraction_interrupted_and_completed_in_a_second_session_is_delivered_once():
    records = [phantoms.record(1, "OPERATOR"), phantoms.record(1)]
    assert card_of([phantoms.plan(), *records]).fractions_delivered == 1


def test_records_of_another_plan_do_not_count():
    other = dataclasses.replace(phantoms.record(1), plan_uid="9.9")
    card = card_of([phantoms.plan(), other])
    assert (card.fractions_delivered, card.last_fraction_date) == (0, None)


def test_nothing_recorded_is_none_and_said():
    card = card_of([phantoms.plan(approval=None)])
    assert (card.approval, card.prescription, card.max_dose_gy, card.dose_type) == (None,) * 4
    assert card.dose_views == ()
    assert "Approval not recorded" in card.warnings
    assert "Prescription not recorded" in card.warnings


def test_prescription_is_the_plans_own():
    prescribed = dataclasses.replace(
        phantoms.plan(), prescriptions=(DoseReference(54.0, "low"), DoseReference(70.0, "CTV"))
    )
    card = card_of([prescribed])
    assert (card.prescription.dose_gy, card.prescription.target) == (70.0, "CTV")


def test_views_say_what_they_are():
    planned, delivered = views(35, 12)
    assert (planned.label, planned.scale) == ("PLANNED (35 fx)", 1.0)
    assert (delivered.label, delivered.scale) == ("DELIVERED ESTIMATE (12/35)", 12 / 35)


@pytest.mark.parametrize(("fractions", "delivered"), [(None, 3), (10, 0), (10, 11)])
def test_no_estimate_without_a_sound_ratio(fractions, delivered):
    assert [view.key for view in views(fractions, delivered)] == ["planned"]


def test_maximum_dose_is_the_bodys():
    card = card_of(phantoms.whole_case())
    assert card.max_dose_gy == pytest.approx(35.0 + 0.5 * 50.0, abs=0.01)
    assert any("Dose scored outside the body (up to 65.0 Gy(RBE))" in w for w in card.warnings)


def test_dose_in_another_frame_of_reference_is_not_used():
    objects = phantoms.whole_case()
    stranger = phantoms.header("RTDOSE", "1.5", frame="9.9")
    objects[1] = dataclasses.replace(objects[1], header=stranger)
    card = card_of(objects)
    assert card.dose_views == ()
    assert any("another frame of reference" in line for line in card.warnings)


def test_a_ct_with_a_missing_slice_gives_no_picture_but_a_card():
    objects = phantoms.whole_case()
    del objects[8]
    (course,) = courses(objects)
    assert course.ct is None
    assert any("missing" in line for line in course.warnings)
