"""Scenario files (simulation/scenarios/*.yaml): what happens in a wing, what counts as success."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from or_robot.config.document import Value, read_document
from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D
from or_robot.scenario.events import Cast, Event, PersonStarts, read_event, read_height, read_pose
from or_robot.scenario.people import TORSO_RADIUS, PersonPlan
from or_robot.share import share
from or_robot.types.procedure import Phase
from or_robot.types.site import OCCUPIED, OccupancyMap, Site
from or_robot.types.tasks import TaskKind, TaskRequest
from or_robot.world.site import load_site

REPEATS = ("stop", "back", "loop")
STANDING_RADIUS = 0.45
"""Room the robot needs where it is put down, whichever way it looks, m."""


@dataclass(frozen=True, slots=True)
class TimedTask:
    at_s: float
    request: TaskRequest


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """A thing that is not on the map and that events may place and move."""

    name: str
    model: str
    """Folder under simulation/models."""
    pose: Pose2D | None
    """At the start; None: it is not there yet."""
    height: float
    """Of the model's origin above the floor, m."""


@dataclass(frozen=True, slots=True)
class PhaseChange:
    """The phase of the procedure in a room, as the panel would say it."""

    at_s: float
    room: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class SuccessRules:
    """How the referee judges. Tolerances are of the true pose against the station's."""

    position_tolerance: float
    """m."""
    heading_tolerance: float
    """rad."""
    stand_s: float
    """How long the robot stands at a station for handing over."""
    max_contacts: int
    """Touches caused by the robot."""
    max_zone_entries: int


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    description: str
    site: Site
    start: Pose2D
    people: tuple[PersonPlan, ...]
    objects: tuple[ObjectPlan, ...]
    phases: tuple[PhaseChange, ...]
    tasks: tuple[TimedTask, ...]
    events: tuple[Event, ...]
    success: SuccessRules
    timeout_s: float


def scenario_files(root: Path | None = None) -> Mapping[str, Path]:
    """Scenario name → file."""
    folder = (share("simulation") if root is None else root) / "scenarios"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_scenario(name: str, root: Path | None = None) -> Scenario:
    """Read and check one scenario. Raises OrRobotError naming file and line."""
    files = scenario_files(root)
    if name not in files:
        raise OrRobotError(f"no scenario {name!r}", f"one of: {', '.join(files) or 'none'}")
    fields = read_document(files[name]).fields(
        required=("description", "world", "start", "tasks", "success", "timeout_s"),
        optional=("people", "objects", "phases", "events"),
    )
    site = load_site(fields["world"].text(), root)
    named = {key: fields[key].mapping() if key in fields else {} for key in ("people", "objects")}
    people, objects = named["people"], named["objects"]
    phases = fields["phases"].items() if "phases" in fields else ()
    cast = Cast(objects, people, site.doors, lambda value, pose: _check_stand(value, pose, site))
    happenings = fields["events"].items() if "events" in fields else ()
    events = tuple(read_event(value, cast) for value in happenings)
    called = {event.action.name for event in events if isinstance(event.action, PersonStarts)}
    tasks = tuple(_task(value, site, name, i) for i, value in enumerate(fields["tasks"].items()))
    if not tasks:
        raise fields["tasks"].error("is empty", "give the robot something to do")
    return Scenario(
        name=name,
        description=fields["description"].text(),
        site=site,
        start=_start(fields["start"], site),
        people=tuple(_person(key, people[key], site.map, key in called) for key in people),
        objects=tuple(_object(key, value) for key, value in objects.items()),
        phases=tuple(_phase(value, site) for value in phases),
        tasks=tasks,
        events=events,
        success=_success(fields["success"]),
        timeout_s=fields["timeout_s"].number(1.0, 86400.0),
    )


def _start(value: Value, site: Site) -> Pose2D:
    return site.stations[value.text(choices=tuple(site.stations))].pose


def _task(value: Value, site: Site, scenario: str, index: int) -> TimedTask:
    fields = value.fields(required=("at_s", "kind", "dropoff"), optional=("item", "pickup", "room"))
    stations = tuple(site.stations)

    def text(key: str) -> str:
        return fields[key].text() if key in fields else ""

    request = TaskRequest(
        id=f"{scenario}-{index + 1}",
        kind=TaskKind(fields["kind"].text(choices=tuple(TaskKind))),
        item=text("item"),
        pickup=fields["pickup"].text(stations) if "pickup" in fields else "",
        dropoff=fields["dropoff"].text(stations),
        room=text("room"),
    )
    return TimedTask(fields["at_s"].number(low=0.0), request)


def _model(value: Value) -> str:
    folder = value.file.parent.parent / "models"
    return value.text(tuple(sorted(path.name for path in folder.iterdir())))


def _object(name: str, value: Value) -> ObjectPlan:
    fields = value.fields(required=("model",), optional=("pose", "height"))
    return ObjectPlan(
        name=name,
        model=_model(fields["model"]),
        pose=read_pose(fields["pose"]) if "pose" in fields else None,
        height=read_height(fields),
    )


def _phase(value: Value, site: Site) -> PhaseChange:
    fields = value.fields(required=("room", "phase"), optional=("at_s",))
    rooms = sorted({zone.room for zone in site.zones if zone.room})
    return PhaseChange(
        at_s=fields["at_s"].number(low=0.0) if "at_s" in fields else 0.0,
        room=fields["room"].text(rooms),
        phase=Phase(fields["phase"].text(tuple(Phase))),
    )


def _success(value: Value) -> SuccessRules:
    fields = value.fields(
        required=(
            "position_tolerance_m",
            "heading_tolerance_deg",
            "stand_s",
            "max_contacts",
            "max_zone_entries",
        )
    )
    return SuccessRules(
        position_tolerance=fields["position_tolerance_m"].number(0.01, 2.0),
        heading_tolerance=math.radians(fields["heading_tolerance_deg"].number(1.0, 180.0)),
        stand_s=fields["stand_s"].number(0.0, 600.0),
        max_contacts=int(fields["max_contacts"].number(0, 1000)),
        max_zone_entries=int(fields["max_zone_entries"].number(0, 1000)),
    )


def _person(name: str, value: Value, map_: OccupancyMap, called: bool) -> PersonPlan:
    """`called`: an event says when the person sets off."""
    fields = value.fields(
        required=("waypoints", "speed"),
        optional=("start_s", "repeat", "attentive", "group", "turns_back", "pushes"),
    )
    if called and "start_s" in fields:
        raise fields["start_s"].error("is there beside an event person_starts", "keep one of them")
    start_s = fields["start_s"].number(low=0.0) if "start_s" in fields else 0.0
    attentive = fields["attentive"].text(("true", "false")) if "attentive" in fields else None
    return PersonPlan(
        name=name,
        waypoints=_waypoints(fields["waypoints"], map_),
        speed=fields["speed"].number(0.1, 3.0),
        start_s=math.inf if called else start_s,
        repeat=fields["repeat"].text(REPEATS) if "repeat" in fields else "stop",
        attentive=None if attentive is None else attentive == "true",
        group=fields["group"].text() if "group" in fields else "",
        turns_back=fields["turns_back"].number(0.0, 60.0) if "turns_back" in fields else 0.0,
        pushes=_model(fields["pushes"]) if "pushes" in fields else "",
    )


def _waypoints(value: Value, map_: OccupancyMap) -> NDArray[np.float64]:
    points: list[NDArray[np.float64]] = []
    for item in value.items():
        point = np.array(item.numbers(2))
        if points and _blocked(map_, points[-1], point):
            raise item.error("walks through a wall or furniture", "add a waypoint around it")
        if _blocked(map_, point, point):
            raise item.error(f"({point[0]:g}, {point[1]:g}) is in a wall or furniture")
        points.append(point)
    if not points:
        raise value.error("is empty", "give at least one waypoint")
    return np.array(points)


def _check_stand(value: Value, pose: Pose2D, site: Site) -> None:
    point = np.array([pose.x, pose.y])
    if _blocked(site.map, point, point, STANDING_RADIUS):
        raise value.error(f"({pose.x:g}, {pose.y:g}) leaves the robot no room to stand")


def _blocked(
    map_: OccupancyMap,
    start: NDArray[np.floating],
    end: NDArray[np.floating],
    radius: float = TORSO_RADIUS,
) -> bool:
    """Whether a disc, a person's torso, touches an occupied or unmapped cell on the way."""
    steps = 1 + int(np.hypot(*(end - start)) / map_.spec.resolution)
    centres = start + np.linspace(0.0, 1.0, steps + 1)[:, None] * (end - start)
    rim = np.linspace(0.0, 2.0 * math.pi, 16, endpoint=False)
    around = radius * np.stack([np.cos(rim), np.sin(rim)], axis=-1)
    cells = map_.spec.cells((centres[:, None, :] + around).reshape(-1, 2))
    if not np.all(map_.spec.contains(cells)):
        return True
    values = map_.values[cells[:, 0], cells[:, 1]]
    return bool(np.any(values == OCCUPIED) or np.any(values < 0))
