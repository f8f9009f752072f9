"""Everything the robot's sensors gave since they were last read."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.types.motion import LaserScan, Odometry


@dataclass(frozen=True, slots=True)
class SensorFrame:
    """Oldest first. Stamps are seconds of the ROS clock."""

    stamp_s: float
    scans: tuple[LaserScan, ...]
    odometry: tuple[Odometry, ...]
    bumper: bool
    """Pressed at any time since the last frame."""
    hardware_estop: bool
    battery: float
    """State of charge, 0 to 1."""
