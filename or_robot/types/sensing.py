"""Everything the robot's sensors gave since they were last read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.types.motion import LaserScan, Odometry


@dataclass(frozen=True, slots=True)
class ImuReading:
    """In the unit's own axes; what sensor_msgs/Imu carries of one without orientation."""

    stamp_s: float
    angular_velocity: NDArray[np.float64]
    """(3,) rad/s."""
    linear_acceleration: NDArray[np.float64]
    """(3,) m/s²; at rest gravity's reaction, upwards."""


@dataclass(frozen=True, slots=True)
class RgbdImage:
    """One frame of a colour camera with depth of the same view."""

    stamp_s: float
    color: NDArray[np.uint8]
    """(rows, columns, 3) red, green, blue."""
    depth: NDArray[np.float32]
    """(rows, columns) m along the optical axis; inf too far, -inf too near (REP 118)."""
    focal_length: float
    """Pixels; pixels are square and the optical axis is in the middle."""


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
    imu: tuple[ImuReading, ...] = ()
