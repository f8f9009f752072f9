"""Who is where, and who comes next."""

from __future__ import annotations

import time
from collections.abc import Iterable

from or_robot.clinical.times import instant
from or_robot.store.store import Store, StoredBooking
from or_robot.types.chart import RoomSchedule, ScheduleEntry

UNDATED = float("-inf")


def room_schedule(store: Store, room: str, now_s: float) -> RoomSchedule:
    """Bookings of a room in order of time; identity only of who is in it."""
    occupant = store.occupant(room)
    booked = sorted(store.bookings(room), key=lambda one: instant(one.start))
    following = _next(booked, occupant, now_s)
    entries = [
        ScheduleEntry(
            one.start,
            one.end,
            one.text,
            _state(one, occupant, following, now_s),
            one.patient_id if one.patient_id == occupant else None,
            one.source,
        )
        for one in booked
    ]
    if occupant is not None and all(one.patient_id is None for one in entries):
        entries.insert(0, ScheduleEntry(None, None, None, "in room", occupant, "assigned by hand"))
    return RoomSchedule(room, tuple(entries))


def expected(store: Store) -> list[str]:
    """IDs of the patients whose answers must be ready: in each room, then next in each room."""
    rooms = store.rooms()
    by_room: dict[str, list[StoredBooking]] = {}
    for one in store.bookings():
        by_room.setdefault(one.room, []).append(one)
    now_s = time.time()
    following = (_next(booked, rooms.get(room), now_s) for room, booked in by_room.items())
    return list(dict.fromkeys([*rooms.values(), *(one.patient_id for one in following if one)]))


def _next(
    booked: Iterable[StoredBooking], occupant: str | None, now_s: float
) -> StoredBooking | None:
    """The earliest that is not over, of somebody who is not in the room yet."""
    coming = [one for one in booked if one.patient_id != occupant and not _past(one, now_s)]
    return min(coming, key=lambda one: instant(one.start), default=None)


def _past(one: StoredBooking, now_s: float) -> bool:
    return one.start is not None and instant(one.end or one.start) < now_s


def _state(
    one: StoredBooking, occupant: str | None, following: StoredBooking | None, now_s: float
) -> str:
    if one.patient_id == occupant:
        return "in room"
    if one is following:
        return "next"
    return "past" if _past(one, now_s) else "later"
