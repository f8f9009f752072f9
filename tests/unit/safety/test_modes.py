"""The mode table, legal and illegal, in full."""

import itertools

import pytest

from or_robot.safety.modes import LATCHED, MOVING, TRANSITIONS, Event, IllegalEventError, next_mode
from or_robot.types.safety import SafetyMode as Mode

STOPS = (Event.PERSON_STOP, Event.FAULT)


@pytest.mark.parametrize(("mode", "event"), list(itertools.product(Mode, Event)))
def test_every_pair_is_either_in_the_table_or_refused_by_name(mode: Mode, event: Event) -> None:
    if event in TRANSITIONS[mode]:
        assert next_mode(mode, event) is TRANSITIONS[mode][event]
    else:
        with pytest.raises(IllegalEventError, match=f"{event.value} in {mode.name}"):
            next_mode(mode, event)


@pytest.mark.parametrize("mode", Mode)
def test_stops_are_legal_everywhere_and_latch(mode: Mode) -> None:
    assert all(next_mode(mode, event) in LATCHED for event in STOPS)


@pytest.mark.parametrize("mode", sorted(LATCHED))
def test_only_a_reset_leaves_a_latched_mode(mode: Mode) -> None:
    leaving = {event for event, to in TRANSITIONS[mode].items() if to not in LATCHED}
    assert leaving == {Event.RESET}


def test_a_fault_is_never_weakened_to_a_persons_stop() -> None:
    assert next_mode(Mode.FAULT, Event.PERSON_STOP) is Mode.FAULT


def test_motion_begins_only_from_ready() -> None:
    into = {
        mode
        for mode, row in TRANSITIONS.items()
        if MOVING & set(row.values()) and mode not in MOVING
    }
    assert into == {Mode.READY}


def test_every_mode_can_be_reached_and_left() -> None:
    reached = {Mode.INIT}
    for _ in Mode:
        reached |= {to for mode in reached for to in TRANSITIONS[mode].values()}
    assert reached == set(Mode)
