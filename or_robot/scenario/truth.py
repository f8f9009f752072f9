"""What is really so in a simulated wing. Only the referee may look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import Twist2D


@dataclass(frozen=True, slots=True)
class PersonTruth:
    name: str
    pose: Pose2D
    speed: float
    """Along the heading, m/s."""
    discs: NDArray[np.float64]
    """(3, 3) x, y, radius of torso, left leg, right leg; m in the map frame."""


@dataclass(frozen=True, slots=True)
class ObjectTruth:
    """A thing that scenario events placed."""

    name: str
    pose: Pose2D


@dataclass(frozen=True, slots=True)
class Contact:
    """The beginning of one touch between the robot and a thing that is not the floor."""

    stamp_s: float
    other: str
    """Name of the model or person touched."""
    robot_speed: float
    """Speed of the robot's touched point just before, as far as its own drive made it; or at which
    it drove against the thing while the touch lasted, if that is more; m/s."""


@dataclass(frozen=True, slots=True)
class DoorTruth:
    name: str
    room: str
    """Whose air its openings disturb; empty when none."""
    opening: float
    """0 closed to 1 open."""
    openings: int
    """How often it left its closed place."""
    stuck: bool


@dataclass(frozen=True, slots=True)
class GroundTruth:
    stamp_s: float
    robot: Pose2D
    twist: Twist2D
    people: tuple[PersonTruth, ...]
    contacts: tuple[Contact, ...]
    """All since the start, oldest first."""
    objects: tuple[ObjectTruth, ...] = ()
    doors: tuple[DoorTruth, ...] = ()
