"""What can be wrong with something a source hands over."""

from __future__ import annotations

from or_robot.errors import OrRobotError


class UnreadableObject(OrRobotError):
    """Damaged, truncated, or not what it says it is."""


class UnsupportedObject(OrRobotError):
    """Sound, but of a kind this system does not read."""
