"""Several plans: which is in force, and what may be shown of the others."""

import dataclasses

import phantoms
import pytest

from or_robot.clinical.card import proton_card
from or_robot.clinical.course import courses, unjoined
from or_robot.clinical.delivery import fraction_strip
from or_robot.clinical.dose_views import dose_of
from or_robot.types.radiotherapy import DeliveredBeam, FractionGroup, PlanReference


def plan(uid, *, date="2026-01-01", frame=phantoms.FRAME, label="A", refers=(), **changes):
    return dataclasses.replace(
        phantoms.plan(),
        header=phantoms.header("RTPLAN", uid, frame=frame),
        label=label,
        date=date,
        references=tuple(PlanReference(*one) for one in refers),
        **changes,
    )


def dose(plan_uid, *, frame=phantoms.FRAME, **changes):
    whole = phantoms.dose_along("x", 0.0, 2.0)
    header = phantoms.header("RTDOSE", f"1.5.{plan_uid}", frame=frame)
    return dataclasses.replace(whole, header=header, plan_uid=plan_uid, **changes)


def record(plan_uid, fraction, *, year="2026", group=None, beams=(1,)):
    one = phantoms.record(fraction, beams=beams)
    return dataclasses.replace(
        one, plan_uid=plan_uid, date=f"{year}{one.date[4:]}", fraction_group=group
    )


def cards(*objects):
    return [proton_card(course, "P1", "v1") for course in courses(objects)]


def views(card):
    return [view.label for view in card.dose_views]


def test_the_only_plan_is_in_force_without_a_word():
    (card,) = cards(plan("1"), dose("1"))
    assert (card.role, card.relation) == ("current", "")


@pytest.mark.parametrize("relationship", ["PRIOR", "PREDECESSOR"])
def test_a_replan_replaces_the_plan_it_names(relationship):
    old, new = cards(
        plan("1", label="First"),
        plan("2", label="Second", refers=[("1", relationship)]),
        *(dose(uid) for uid in "12"),
        record("1", 1),
    )
    assert (old.role, old.relation) == ("replaced", "Replaced by Second")
    assert views(old) == ["REPLACED: DELIVERED ESTIMATE (1/10)"]
    assert (new.role, new.relation) == ("current", "Re-plan of First")
    assert views(new) == ["PLANNED (10 fx)"]


def test_nothing_is_shown_of_a_replaced_plan_that_was_never_delivered():
    old, _ = cards(plan("1"), plan("2", refers=[("1", "PRIOR")]), dose("1"))
    assert old.dose_views == ()
    assert any("Nothing of this plan was delivered" in line for line in old.warnings)


def test_an_earlier_course_is_what_was_delivered_never_a_plan():
    earlier, now = cards(
        plan("1", date="2020-01-01", frame="8.8"),
        plan("2"),
        dose("1", frame="8.8"),
        dose("2"),
        *(record("1", number, year="2020") for number in range(1, 11)),
    )
    assert earlier.role == "earlier course"
    assert views(earlier) == ["EARLIER COURSE: DELIVERED ESTIMATE (10/10)"]
    assert views(now) == ["PLANNED (10 fx)"]


def test_a_plan_still_treated_in_another_frame_is_no_earlier_course():
    other, _ = cards(
        plan("1", date="2025-12-01", frame="8.8"), plan("2"), record("1", 3, year="2026")
    )
    assert other.role == "current"
    assert "how they belong together is not recorded" in other.relation


def test_phases_that_name_each_other_are_phases():
    first, second = cards(plan("1"), plan("2", refers=[("1", "CONCURRENT")]))
    assert first.relation.startswith("Phase 1 of 2")
    assert second.relation.startswith("Phase 2 of 2")
    assert "not added up" in second.relation


def test_doses_of_beams_and_groups_are_never_the_plans():
    objects = [
        plan("1"),
        dose("1", summation_type="BEAM", beam_numbers=(1,)),
        dose("1", summation_type="FRACTION", fraction_group=1),
        dose("1", summation_type="MULTI_PLAN"),
    ]
    (card,) = cards(*objects)
    assert views(card) == ["BEAM B1 PLANNED (10 fx)", "FRACTION GROUP 1 PLANNED (10 fx)"]
    assert card.max_dose_gy is None
    assert any("only of beams or fraction groups" in line for line in card.warnings)
    assert any("MULTI_PLAN" in line for line in card.warnings)
    (course,) = courses(objects)
    assert dose_of(course, "beam-1").summation_type == "BEAM"
    with pytest.raises(KeyError):
        dose_of(course, "planned")


TWO_GROUPS = (FractionGroup(1, 25, (1,)), FractionGroup(2, 10, (2,)))


def test_fraction_groups_are_counted_together_and_not_estimated():
    phased = plan("1", fraction_groups=TWO_GROUPS, beams=(phantoms.beam(1), phantoms.beam(2)))
    (card,) = cards(phased, dose("1"), record("1", 1), record("1", 1, beams=(2,)))
    assert (card.fractions_planned, card.fractions_delivered) == (35, 2)
    assert views(card) == ["PLANNED (35 fx)"]
    assert any("25 + 10 fractions" in line for line in card.warnings)
    assert any("No estimate" in line for line in card.warnings)


def test_more_delivered_than_planned_is_said_and_not_scaled():
    (card,) = cards(plan("1"), dose("1"), *(record("1", number) for number in range(1, 12)))
    assert views(card) == ["PLANNED (10 fx)"]
    assert any("11 fractions delivered of 10 planned" in line for line in card.warnings)


def test_the_strip_tells_each_fraction():
    beams = (DeliveredBeam(1, 2, "MACHINE", 40.0),)
    stopped = dataclasses.replace(record("1", 2), beams=beams)
    resumed = dataclasses.replace(
        record("1", 2), beams=(DeliveredBeam(1, 2, "NORMAL", 60.0),), date="2026-01-09"
    )
    (course,) = courses([plan("1"), record("1", 1), stopped, resumed, record("1", 3, beams=())])
    strip = fraction_strip(course, "P1", "v1")
    assert [(day.number, day.state, day.meterset_mu) for day in strip.days] == [
        (1, "delivered", None),
        (2, "delivered", 100.0),
    ]
    assert strip.days[1].date == "2026-01-09"
    assert (strip.planned, strip.delivered) == (10, 2)


def test_what_belongs_to_no_plan_is_told():
    assert unjoined([dose("7"), record("7", 1)]) == (
        "1 dose(s) of a plan that is not stored: not shown",
        "1 treatment record(s) of a plan that is not stored: not counted",
    )
    assert unjoined([plan("7"), dose("7"), record("7", 1)]) == ()
    assert unjoined(phantoms.ct_slices())[0].startswith("Images or structures without a plan")
