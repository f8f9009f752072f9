"""Who is next, and that a room learns of nobody else."""

import datetime

import pytest

from or_robot.info.schedule import expected, room_schedule
from or_robot.store.store import Store, StoredBooking, StoredPatient

NOW = datetime.datetime(2026, 1, 22, 12, tzinfo=datetime.UTC)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    store.add([StoredPatient(name, None, None) for name in ("P1", "P2", "P3")], [])
    yield store
    store.close()


def book(store, patient_id, hours, room="OR-1"):
    start = (NOW + datetime.timedelta(hours=hours)).isoformat()
    booking = StoredBooking(patient_id, "FHIR", room, start, None, f"of {patient_id}")
    store.add([], [], (), {(patient_id, "FHIR"): [booking]})


def states(store):
    found = room_schedule(store, "OR-1", NOW.timestamp())
    return [(one.text, one.state, one.patient_id) for one in found.entries]


def test_next_is_the_earliest_that_is_not_over(store):
    book(store, "P1", 5)
    book(store, "P2", 2)
    book(store, "P3", -3)
    store.assign("OR-1", "P3")
    assert states(store) == [
        ("of P3", "in room", "P3"),
        ("of P2", "next", None),
        ("of P1", "later", None),
    ]


def test_what_is_over_is_past(store):
    book(store, "P1", -5)
    assert states(store) == [("of P1", "past", None)]


def test_somebody_assigned_without_a_booking_is_shown(store):
    store.assign("OR-1", "P1")
    assert states(store) == [(None, "in room", "P1")]


def test_expected_are_those_in_the_rooms_then_the_next(store):
    soon = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)).isoformat()
    late = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=9)).isoformat()
    for patient_id, start in (("P1", late), ("P2", soon)):
        booking = StoredBooking(patient_id, "FHIR", "OR-1", start, None, None)
        store.add([], [], (), {(patient_id, "FHIR"): [booking]})
    store.assign("OR-2", "P3")
    assert expected(store) == ["P3", "P2"]
