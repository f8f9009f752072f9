"""Read a wing: map, stations and zones as they lie under simulation/ or a site's own folder."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from or_robot.config.document import Value, read_document
from or_robot.config.perception import KNOWN_MARKERS
from or_robot.errors import OrRobotError
from or_robot.geometry.grid import GridSpec
from or_robot.geometry.polygon import is_simple, signed_area
from or_robot.geometry.pose import Pose2D
from or_robot.share import share
from or_robot.types.docking import DockMark
from or_robot.types.procedure import STRICTEST_PHASE, Phase
from or_robot.types.site import (
    FREE,
    NO_GO,
    OCCUPIED,
    UNKNOWN,
    Door,
    OccupancyMap,
    Site,
    Station,
    Zone,
)

STATION_KINDS = ("dock", "supply", "room", "pathology", "waste", "recovery", "waiting")
ZONE_KINDS = ("room", "slow", *NO_GO)
PHASES = tuple(phase.value for phase in Phase)
CAUGHT = ("leave", "stay")
OPENS = ("by_itself", "on_request")


def load_site(name: str, root: Path | None = None) -> Site:
    """The wing `name`: `root`/worlds/NAME.yaml and `root`/maps/NAME/map.yaml.

    `root` is the simulation folder of the package unless given. Raises OrRobotError naming
    file and line.
    """
    root = share("simulation") if root is None else root
    description = root / "worlds" / f"{name}.yaml"
    if not description.is_file():
        known = ", ".join(sorted(path.stem for path in (root / "worlds").glob("*.yaml")))
        raise OrRobotError(f"no world {name!r}", f"one of: {known or 'none installed'}")
    stations, zones = read_stations_and_zones(description)
    map_ = read_map(root / "maps" / name / "map.yaml")
    return Site(name, map_, stations, zones, read_doors(description))


def read_stations_and_zones(file: Path) -> tuple[dict[str, Station], tuple[Zone, ...]]:
    """Stations and zones of one world."""
    fields = _sections(file)
    stations = {key: _station(key, value) for key, value in fields["stations"].mapping().items()}
    if not stations:
        raise fields["stations"].error("has no station")
    zones = tuple(_zone(key, value) for key, value in fields["zones"].mapping().items())
    return stations, zones


def read_doors(file: Path) -> dict[str, Door]:
    """The automatic doors of one world, by name."""
    fields = _sections(file)
    found = fields["doors"].mapping() if "doors" in fields else {}
    return {name: _door(value) for name, value in found.items()}


def _door(value: Value) -> Door:
    fields = value.fields(required=("leaf",), optional=("room", "opens"))
    ends = np.array([point.numbers(2) for point in fields["leaf"].items()])
    if ends.shape != (2, 2) or np.array_equal(*ends):
        raise fields["leaf"].error("is no door", "give both ends of the closed leaf")
    opens = fields["opens"].text(OPENS) if "opens" in fields else "by_itself"
    return Door(fields["room"].text() if "room" in fields else "", ends, opens == "on_request")


def _sections(file: Path) -> Mapping[str, Value]:
    return read_document(file).fields(required=("stations", "zones"), optional=("doors",))


def _station(name: str, value: Value) -> Station:
    fields = value.fields(required=("label", "pose", "kind"), optional=("room", "marker"))
    label = {language: text.text() for language, text in fields["label"].mapping().items()}
    x, y, yaw_deg = fields["pose"].numbers(3)
    room = fields["room"].text() if "room" in fields else ""
    pose = Pose2D(x, y, math.radians(yaw_deg))
    mark = _mark(fields["marker"]) if "marker" in fields else None
    return Station(name, label, pose, fields["kind"].text(STATION_KINDS), room, mark)


def _mark(value: Value) -> DockMark:
    fields = value.fields(required=("id", "offset"))
    known = {kind.id for kind in KNOWN_MARKERS}
    marker = fields["id"].number(0, 49)
    if marker not in known:
        raise fields["id"].error("is no known marker", f"one of: {sorted(known)}")
    x, y, yaw_deg = fields["offset"].numbers(3)
    return DockMark(int(marker), Pose2D(x, y, math.radians(yaw_deg)))


def _zone(name: str, value: Value) -> Zone:
    fields = value.fields(
        required=("kind", "polygon"), optional=("room", "speed_limit", "open_in", "caught")
    )
    kind = fields["kind"].text(ZONE_KINDS)
    if (kind == "slow") != ("speed_limit" in fields):
        raise value.error("only a slow zone, and every slow zone, has a speed_limit")
    limit = fields["speed_limit"].number(low=0.05, high=5.0) if kind == "slow" else math.inf
    room = fields["room"].text() if "room" in fields else ""
    open_in = frozenset[Phase]()
    if "open_in" in fields:
        if kind not in NO_GO or not room:
            raise fields["open_in"].error("only a closed zone of a room has phases that open it")
        open_in = frozenset(Phase(phase.text(PHASES)) for phase in fields["open_in"].items())
    if STRICTEST_PHASE in open_in:
        raise fields["open_in"].error(f"{STRICTEST_PHASE} is what unknown counts as: never open")
    caught = fields["caught"].text(CAUGHT) if "caught" in fields else "leave"
    return Zone(name, kind, _polygon(fields["polygon"]), room, limit, open_in, caught)


def _polygon(value: Value) -> NDArray[np.float64]:
    """(n, 2) counter-clockwise, whichever way round it was written."""
    points = np.array([point.numbers(2) for point in value.items()], dtype=np.float64)
    if len(points) < 3 or not is_simple(points):
        raise value.error("is no polygon", "give three or more corners whose sides do not cross")
    return points if signed_area(points) > 0.0 else points[::-1].copy()


def read_map(file: Path) -> OccupancyMap:
    """A map in Nav2's format (map_server YAML beside a PGM), mode trinary."""
    fields = read_document(file).fields(
        required=("image", "resolution", "origin", "occupied_thresh", "free_thresh"),
        optional=("negate", "mode"),
    )
    picture = file.parent / fields["image"].text()
    if not picture.is_file():
        raise fields["image"].error(f"{picture} does not exist", "or-robot sim map makes it")
    grey = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise fields["image"].error(f"{picture} is no picture", "or-robot sim map makes it anew")
    if "mode" in fields:
        fields["mode"].text(choices=("trinary",))
    negate = "negate" in fields and fields["negate"].number(0, 1) == 1
    darkness = (grey if negate else 255 - grey) / 255.0
    values = np.full(grey.shape, UNKNOWN, dtype=np.int8)
    values[darkness > fields["occupied_thresh"].number(0, 1)] = OCCUPIED
    values[darkness < fields["free_thresh"].number(0, 1)] = FREE
    origin_x, origin_y, origin_yaw = fields["origin"].numbers(3)
    if origin_yaw != 0.0:
        raise fields["origin"].error("turns the map", "only yaw 0 is read: turn the picture")
    resolution = fields["resolution"].number(low=0.005, high=1.0)
    rows, columns = grey.shape[:2]
    spec = GridSpec(origin_x, origin_y, resolution, rows, columns)
    return OccupancyMap(spec, np.ascontiguousarray(values[::-1]))
