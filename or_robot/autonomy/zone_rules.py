"""Which zones are closed now, and how to leave one that closed around the robot."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry import polygon
from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import Twist2D
from or_robot.types.procedure import ProcedurePhase, RoomPhases
from or_robot.types.site import Zone
from or_robot.world.leaving import WayOut, ways_out

LEAVE_SPEED = 0.18
"""m/s: a little below what the safety gate allows for leaving."""
LEAVE_YAW_RATE = 0.4
LEAVE_MARGIN = 0.08
"""m beyond the zone's side where the robot is out."""
CAUGHT_DEPTH = 0.05
"""m of the footprint inside from which the robot counts as caught, not as beside the zone."""
ALIGNED = 0.08
"""rad."""


class ZoneRules:
    """Rules of all zones of a site, by the phase of each room."""

    def __init__(self, zones: tuple[Zone, ...], footprint: NDArray[np.float64]) -> None:
        self._zones = zones
        self._footprint = footprint
        self._core = footprint - np.sign(footprint) * CAUGHT_DEPTH
        self._phases = RoomPhases()
        self._leaving: Zone | None = None
        self.closed: tuple[Zone, ...] = tuple(zone for zone in zones if zone.closed_at_all)
        """Zones that the footprint must stay out of now."""

    def update(self, news: Iterable[ProcedurePhase], now_s: float) -> bool:
        """Take new phases, stamped in the clock of `now_s`; True when other zones are closed."""
        for phase in news:
            self._phases = self._phases.with_new(phase.room, phase.phase, phase.stamp_s)
        closed = tuple(z for z in self._zones if z.closed(self._phases.at(z.room, now_s)))
        changed = [zone.name for zone in closed] != [zone.name for zone in self.closed]
        self.closed = closed
        return changed

    def caught_in(self, pose: Pose2D) -> Zone | None:
        """The closed zone the robot stands in, if any; until it is well outside again."""
        hull, core = pose.transform(self._footprint), pose.transform(self._core)
        for zone in self.closed:
            again = self._leaving is not None and zone.name == self._leaving.name
            if polygon.overlap(zone.polygon, hull if again else core):
                self._leaving = zone
                return zone
        self._leaving = None
        return None

    def ways_out(self, zone: Zone, pose: Pose2D) -> list[Twist2D]:
        """Twists that lead out, the shortest way first; empty where the zone says stay."""
        if zone.caught == "stay":
            return []
        ways = ways_out(zone.polygon, pose, self._footprint, LEAVE_MARGIN)
        return [_twist(way) for way in ways]


def _twist(way: WayOut) -> Twist2D:
    if abs(way.turn) > ALIGNED:
        return Twist2D(0.0, math.copysign(LEAVE_YAW_RATE, way.turn))
    return Twist2D(math.copysign(LEAVE_SPEED, way.distance), 0.0)
