"""What a dock is to the robot, and how far it is with docking."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from or_robot.geometry.pose import Pose2D


@dataclass(frozen=True, slots=True)
class DockMark:
    """Where the robot stands when docked, as told by the dock's marker."""

    marker: int
    """Its identity (config.perception.KNOWN_MARKERS)."""
    offset: Pose2D
    """marker ← base_link when docked, on the floor: x out of the marker, y to the left of x.
    Heading 0: the robot has backed in; pi: it looks at the marker."""


@dataclass(frozen=True, slots=True)
class DockTarget:
    """One dock at one place."""

    name: str
    pose: Pose2D
    """map ← base_link when docked, as well as the map or a person knows it."""
    mark: DockMark


class DockingStage(Enum):
    """How far docking is; numbers of nav2_msgs/action/DockRobot's feedback."""

    NONE = 0
    STAGING = 1
    LOOKING = 2
    CONTROLLING = 3
    RETRY = 5
