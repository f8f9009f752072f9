"""What perception tells of the things around the robot."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.transform import Transform


@dataclass(frozen=True, slots=True)
class MarkerKind:
    """A marker that the wing knows."""

    id: int
    """In the dictionary DICT_4X4_50."""
    name: str
    """What it is fixed to, for example "dock"."""
    side: float
    """Of the black square, m."""


@dataclass(frozen=True, slots=True)
class MarkerPose:
    kind: MarkerKind
    pose: Transform
    """base_link ← marker: origin its middle, x to its right as one looks at it, y up, z out."""
    covariance: NDArray[np.float64]
    """(6, 6) of position (m) and of a small rotation (rad) about base_link's axes."""


class MarkerFault(enum.Enum):
    """Why a marker that was seen is not told of."""

    TWINS = "seen twice: one of them is not what it says"
    UNKNOWN = "of no known thing"
    SHAPE = "its corners fit no square"
    AMBIGUOUS = "tilted this way or that: no depth to tell"
    DEPTH = "depth says another distance or tilt: wrong size, or a picture of it"
    DISTANCE = "too near or too far"
    UPRIGHT = "not upright"


@dataclass(frozen=True, slots=True)
class MarkerRejected:
    id: int
    fault: MarkerFault


@dataclass(frozen=True, slots=True)
class Markers:
    """Of one image."""

    stamp_s: float
    markers: tuple[MarkerPose, ...]
    rejected: tuple[MarkerRejected, ...]


class Blindness(enum.Enum):
    """Why the camera cannot be relied on."""

    NONE = ""
    NO_IMAGE = "no image"
    COVERED = "covered or too near to everything"
    MISSING = "too few pixels have depth"
    NO_FLOOR = "no floor where it must be: camera moved, wrong unit or wrong camera_info"
    SIZE = "colour, depth and camera_info disagree in size"
    INTRINSICS = "camera_info is not of this camera"


@dataclass(frozen=True, slots=True)
class DepthObstacles:
    """What stands in the robot's way, high or low, after one more depth image."""

    stamp_s: float
    points: NDArray[np.float64]
    """(n, 3) m in the map frame, between floor and the robot's height: all that is remembered."""
    blindness: Blindness
    """Other than NONE: images cannot be relied on, also not that the way is free."""


class DoorState(enum.Enum):
    UNKNOWN = "unknown"
    CLOSED = "closed"
    OPENING = "opening"
    """Or closing: it moves, or stands half open."""
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class DoorSeen:
    name: str
    state: DoorState
    opening: float
    """0 closed to 1 open; the last one seen."""
    stamp_s: float
    """When it was last seen."""
