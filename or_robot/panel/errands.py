"""What the room may ask of the robot: one table."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.errors import OrRobotError
from or_robot.types.status import SiteStatus
from or_robot.types.tasks import TaskKind, TaskRequest

ROOM = "{room}"
"""Stands for the station of the panel's own room."""


@dataclass(frozen=True, slots=True)
class Errand:
    kind: TaskKind
    item: str
    """Key of its name on the page, `item.<item>`."""
    pickup: str
    dropoff: str


ERRANDS = {
    "deliver_tray": Errand(TaskKind.DELIVER, "instrument_tray", "sterile_store", ROOM),
    "fetch_specimen": Errand(TaskKind.FETCH, "specimen", ROOM, "pathology"),
    "remove_waste": Errand(TaskKind.REMOVE_WASTE, "", ROOM, "soiled_utility"),
    "make_way": Errand(TaskKind.PARK, "make_way", "", "waiting_bay"),
    "park": Errand(TaskKind.PARK, "", "", "dock"),
}


def task_request(name: str, id_: str, room: str, site: SiteStatus | None) -> TaskRequest:
    """Fill in the stations. Raises OrRobotError that names the valid errands or what is missing."""
    if name not in ERRANDS:
        raise OrRobotError(f"no errand {name!r}", f"one of {', '.join(ERRANDS)}")
    if site is None:
        raise OrRobotError("the robot has not told its stations", "check that it is on")
    errand = ERRANDS[name]
    stations = {station.name for station in site.stations}
    at_room = [s.name for s in site.stations if s.room == room and s.kind == "room"]
    if ROOM in (errand.pickup, errand.dropoff) and not at_room:
        raise OrRobotError(f"no station belongs to {room}", "add one to the site")
    pickup, dropoff = (at_room[0] if s == ROOM else s for s in (errand.pickup, errand.dropoff))
    for station in filter(None, (pickup, dropoff)):
        if station not in stations:
            raise OrRobotError(f"no station {station!r} here", f"one of {', '.join(stations)}")
    return TaskRequest(id_, errand.kind, errand.item, pickup, dropoff, room)


def possible_errands(room: str, site: SiteStatus) -> tuple[str, ...]:
    """Errands whose stations exist in this wing."""

    def possible(name: str) -> bool:
        try:
            task_request(name, "", room, site)
        except OrRobotError:
            return False
        return True

    return tuple(filter(possible, ERRANDS))
