"""The operating wing as the robot knows it: map, stations, zones."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D
from or_robot.types.docking import DockMark
from or_robot.types.procedure import Phase

FREE = 0
OCCUPIED = 100
UNKNOWN = -1

NO_GO = ("keep_out", "sterile")
"""Kinds of zones that the footprint stays out of, but in the phases that open them."""

OCCUPIED_FROM = 65
"""Values from here on count as an obstacle (Nav2's occupied_thresh 0.65)."""


@dataclass(frozen=True, slots=True)
class OccupancyMap:
    """A map in the map frame, values as nav_msgs/OccupancyGrid has them."""

    spec: GridSpec
    values: NDArray[np.int8]
    """(rows, columns) 0 free … 100 occupied, -1 unknown; row 0 is the lowest y."""


@dataclass(frozen=True, slots=True)
class Station:
    """A named place where the robot stops."""

    name: str
    """Key used in requests, for example "sterile_store"."""
    label: dict[str, str]
    """Name for people by language: "en", "ko"."""
    pose: Pose2D
    """Pose of base_link when the robot stands at the station, map frame."""
    kind: str
    """"dock" | "supply" | "room" | "pathology" | "waste" | "recovery" | "waiting"."""
    room: str
    """Room it belongs to, for example "OR-1"; empty when it belongs to none."""
    mark: DockMark | None = None
    """Of a station into which the robot docks by a marker."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon with a meaning, in the map frame."""

    name: str
    kind: str
    """"room" | "keep_out" | "slow" | "sterile"."""
    polygon: NDArray[np.float64]
    """(n, 2) m, counter-clockwise."""
    room: str
    """Room it belongs to; empty when it belongs to none."""
    speed_limit: float
    """m/s inside; inf when the zone sets none."""
    open_in: frozenset[Phase] = frozenset()
    """Phases of its room in which a keep_out or sterile zone may be entered after all."""
    caught: str = "leave"
    """What a robot does that is inside when the zone closes: "leave" by the shortest way, or
    "stay" where it is and say so."""

    @property
    def closed_at_all(self) -> bool:
        """Whether there is a phase in which the footprint must stay out."""
        return self.kind in NO_GO

    def closed(self, phase: Phase) -> bool:
        """Whether the footprint must stay out while the procedure is at `phase`."""
        return self.closed_at_all and phase not in self.open_in


@dataclass(frozen=True, slots=True)
class Door:
    """An automatic sliding door; on the map it is open."""

    room: str
    """Whose air its openings disturb; empty when none."""
    leaf: NDArray[np.float64]
    """(2, 2) ends of the closed leaf, m."""
    on_request: bool = False
    """It does not open for a robot that comes, only for one that asks."""


@dataclass(frozen=True, slots=True)
class Site:
    """Everything fixed about one wing."""

    name: str
    map: OccupancyMap
    stations: dict[str, Station]
    zones: tuple[Zone, ...]
    doors: dict[str, Door] = field(default_factory=dict)
    """Automatic doors by name."""

    @property
    def leaves(self) -> NDArray[np.float64]:
        """(n, 2, 2) ends of all closed leaves, m."""
        return np.array([door.leaf for door in self.doors.values()]).reshape(-1, 2, 2)
