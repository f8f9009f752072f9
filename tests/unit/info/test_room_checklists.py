"""Checklists in the store: kept, versioned, and moving the room's phase."""

from __future__ import annotations

import threading

import pytest

from or_robot.clinical.checklist import ChecklistRefused
from or_robot.info.checklist import RoomChecklists
from or_robot.store.store import Store, StoredPatient
from or_robot.types.checklist import ITEMS, ChecklistAnswer
from or_robot.types.procedure import Phase


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    store.add([StoredPatient(name, None, None) for name in ("P1", "P2")], [], [("OR-1", "P1")])
    yield store
    store.close()


@pytest.fixture
def checklists(store):
    return RoomChecklists(store)


def confirm(checklists, item, seen=None):
    seen = checklists.get("OR-1").revision if seen is None else seen
    return checklists.confirm(
        "OR-1",
        seen=seen,
        item=item,
        answer=ChecklistAnswer.DONE,
        initials="AB",
        actor="nurse",
    )


def go(checklists, *phases):
    for phase in phases:
        for item in ITEMS.get(checklists.get("OR-1").phase, ()):
            confirm(checklists, item)
        checklists.advance("OR-1", seen=checklists.get("OR-1").revision, to=phase)


def test_a_procedure_from_turnover_to_turnover(checklists, store):
    go(checklists, *Phase, Phase.TURNOVER)
    assert store.phase("OR-1")[0] == "turnover"
    assert checklists.get("OR-1").confirmations == ()


def test_what_is_confirmed_is_there_after_a_restart(checklists, store):
    store.set_phase("OR-1", "sign_in")
    confirm(checklists, "allergy")
    again = RoomChecklists(store).get("OR-1")
    assert [one.item for one in again.confirmations] == ["allergy"]
    assert again == checklists.get("OR-1")


def test_of_two_people_at_once_one_is_told_to_look_again(checklists, store):
    store.set_phase("OR-1", "sign_in")
    seen = checklists.get("OR-1").revision
    outcomes = []
    together = threading.Barrier(2)

    def press(item):
        together.wait()
        try:
            confirm(checklists, item, seen)
            outcomes.append("done")
        except ChecklistRefused as refusal:
            outcomes.append(str(refusal))

    threads = [threading.Thread(target=press, args=[i]) for i in ("allergy", "pulse_oximeter")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome.startswith("somebody else") for outcome in outcomes) == [False, True]
    assert len(checklists.get("OR-1").confirmations) == 1


def test_another_patient_in_the_room_has_nothing_confirmed(checklists, store):
    store.set_phase("OR-1", "sign_in")
    old = confirm(checklists, "allergy")
    store.assign("OR-1", "P2")
    assert checklists.get("OR-1").confirmations == ()
    with pytest.raises(ChecklistRefused, match="somebody else"):
        confirm(checklists, "pulse_oximeter", old.revision)
    assert confirm(checklists, "pulse_oximeter").patient_id == "P2"


def test_a_refused_step_moves_nothing(checklists, store):
    store.set_phase("OR-1", "sign_in")
    with pytest.raises(ChecklistRefused):
        checklists.advance("OR-1", seen=0, to=Phase.OPERATING)
    assert store.phase("OR-1")[0] == "sign_in"
