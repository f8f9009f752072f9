"""The checklist guards the phases: nothing is skipped, nobody else's confirmations count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from or_robot.clinical.checklist import (
    ChecklistRefused,
    advance,
    confirm,
    following,
    for_patient,
    missing,
)
from or_robot.types.checklist import (
    ITEMS,
    MAY_NOT_APPLY,
    Checklist,
    ChecklistAnswer,
    Confirmation,
)
from or_robot.types.procedure import Phase

DONE, NOT_APPLICABLE = ChecklistAnswer.DONE, ChecklistAnswer.NOT_APPLICABLE


def fresh(phase: Phase | None = Phase.SIGN_IN) -> Checklist:
    return Checklist("OR-1", 3, "P1", phase, ())


def by(item: str, answer: ChecklistAnswer = DONE, initials: str = "AB") -> Confirmation:
    return Confirmation(item, answer, initials, "nurse", 1.0)


def confirmed(checklist: Checklist) -> Checklist:
    for item in missing(checklist):
        checklist = confirm(checklist, by(item))
    return checklist


@pytest.mark.parametrize("phase", ITEMS)
def test_a_guarded_phase_is_left_only_when_all_its_items_are_confirmed(phase):
    checklist = fresh(phase)
    for n, item in enumerate(ITEMS[phase]):
        with pytest.raises(ChecklistRefused, match=f"{len(ITEMS[phase]) - n} items"):
            advance(checklist, following(phase))
        checklist = confirm(checklist, by(item))
    assert advance(checklist, following(phase)).phase is following(phase)


@given(st.sampled_from([None, *Phase]), st.sampled_from(Phase))
def test_a_phase_moves_one_step_and_no_further(now, wanted):
    checklist = confirmed(fresh(now))
    back = now is not None and following(wanted) is now
    if wanted is following(now) or back:
        assert advance(checklist, wanted).phase is wanted
    else:
        with pytest.raises(ChecklistRefused):
            advance(checklist, wanted)


def test_one_step_back_keeps_what_was_confirmed():
    later = advance(confirmed(fresh()), Phase.TIME_OUT)
    again = advance(later, Phase.SIGN_IN)
    assert missing(again) == ()


def test_turnover_ends_the_round():
    done = advance(confirmed(fresh(Phase.SIGN_OUT)), Phase.TURNOVER)
    assert done.confirmations == ()


@given(st.text(max_size=6))
def test_initials_are_two_to_four_letters(initials):
    if 2 <= len(initials) <= 4 and initials.isalpha():
        assert confirm(fresh(), by("allergy", initials=initials)).confirmations
    else:
        with pytest.raises(ChecklistRefused, match="initials"):
            confirm(fresh(), by("allergy", initials=initials))


@pytest.mark.parametrize("item", [item for items in ITEMS.values() for item in items])
def test_only_some_items_may_not_apply(item):
    phase = next(phase for phase, items in ITEMS.items() if item in items)
    if item in MAY_NOT_APPLY:
        assert confirm(fresh(phase), by(item, NOT_APPLICABLE)).confirmations
    else:
        with pytest.raises(ChecklistRefused, match="always applies"):
            confirm(fresh(phase), by(item, NOT_APPLICABLE))


@pytest.mark.parametrize("item", ["counts_correct", "no such thing"])
def test_items_of_another_phase_are_refused(item):
    with pytest.raises(ChecklistRefused, match="not asked"):
        confirm(fresh(), by(item))


def test_without_a_patient_nothing_is_confirmed():
    with pytest.raises(ChecklistRefused, match="no patient"):
        confirm(for_patient(fresh(), None), by("allergy"))


def test_another_patient_starts_with_nothing_confirmed():
    before = confirmed(fresh())
    other = for_patient(before, "P2")
    assert (other.patient_id, other.confirmations) == ("P2", ())
    assert other.revision > before.revision
    assert for_patient(before, "P1") is before


def test_an_answer_given_anew_replaces_the_first():
    checklist = confirm(confirm(fresh(), by("allergy")), by("allergy", initials="CD"))
    assert [one.initials for one in checklist.confirmations] == ["CD"]


def test_every_change_grows_the_revision():
    checklist = fresh()
    for change in (lambda c: confirm(c, by("allergy")), lambda c: advance(c, Phase.SET_UP)):
        changed = change(checklist)
        assert changed.revision == checklist.revision + 1
        checklist = changed
