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
from or_robot.scenario.people import TORSO_RADIUS, PersonPlan
from or_robot.share import share
from or_robot.types.site import OCCUPIED, OccupancyMap, Site
from or_robot.types.tasks import TaskKind, TaskRequest
from or_robot.world.site import load_site

REPEATS = ("stop", "back", "loop")
EVENT_KINDS = ("hardware_estop_pressed", "hardware_estop_released")


@dataclass(frozen=True, slots=True)
class TimedTask:
    at_s: float
    request: TaskRequest


@dataclass(frozen=True, slots=True)
class Event:
    at_s: float
    kind: str
    """One of EVENT_KINDS."""


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
        optional=("people", "events"),
    )
    site = load_site(fields["world"].text(), root)
    people = fields["people"].mapping() if "people" in fields else {}
    events = fields["events"].items() if "events" in fields else ()
    tasks = tuple(_task(value, site, name, i) for i, value in enumerate(fields["tasks"].items()))
    if not tasks:
        raise fields["tasks"].error("is empty", "give the robot something to do")
    return Scenario(
        name=name,
        description=fields["description"].text(),
        site=site,
        start=_start(fields["start"], site),
        people=tuple(_person(key, value, site.map) for key, value in people.items()),
        tasks=tasks,
        events=tuple(_event(value) for value in events),
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


def _event(value: Value) -> Event:
    fields = value.fields(required=("at_s", "kind"))
    return Event(fields["at_s"].number(low=0.0), fields["kind"].text(EVENT_KINDS))


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


def _person(name: str, value: Value, map_: OccupancyMap) -> PersonPlan:
    fields = value.fields(
        required=("waypoints", "speed"), optional=("start_s", "repeat", "attentive")
    )
    attentive = fields["attentive"].text(("true", "false")) if "attentive" in fields else "true"
    return PersonPlan(
        name=name,
        waypoints=_waypoints(fields["waypoints"], map_),
        speed=fields["speed"].number(0.1, 3.0),
        start_s=fields["start_s"].number(low=0.0) if "start_s" in fields else 0.0,
        repeat=fields["repeat"].text(REPEATS) if "repeat" in fields else "stop",
        attentive=attentive == "true",
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


def _blocked(map_: OccupancyMap, start: NDArray[np.floating], end: NDArray[np.floating]) -> bool:
    """Whether a person's torso touches an occupied or unmapped cell on the way."""
    steps = 1 + int(np.hypot(*(end - start)) / map_.spec.resolution)
    centres = start + np.linspace(0.0, 1.0, steps + 1)[:, None] * (end - start)
    rim = np.linspace(0.0, 2.0 * math.pi, 16, endpoint=False)
    around = TORSO_RADIUS * np.stack([np.cos(rim), np.sin(rim)], axis=-1)
    cells = map_.spec.cells((centres[:, None, :] + around).reshape(-1, 2))
    if not np.all(map_.spec.contains(cells)):
        return True
    values = map_.values[cells[:, 0], cells[:, 1]]
    return bool(np.any(values == OCCUPIED) or np.any(values < 0))
