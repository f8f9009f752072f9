"""Everything the robot's sensors gave since they were last read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.transform import Transform
from or_robot.types.motion import LaserScan, Odometry


@dataclass(frozen=True, slots=True)
class ImuReading:
    """In the unit's own axes; what sensor_msgs/Imu carries of one without orientation."""

    stamp_s: float
    angular_velocity: NDArray[np.float64]
    """(3,) rad/s."""
    linear_acceleration: NDArray[np.float64]
    """(3,) m/s²; at rest gravity's reaction, upwards."""
    angular_velocity_variance: float
    """Of each axis, (rad/s)²."""
    linear_acceleration_variance: float
    """Of each axis, (m/s²)²."""


@dataclass(frozen=True, slots=True)
class RgbdImage:
    """One frame of a colour camera with depth of the same view."""

    stamp_s: float
    color: NDArray[np.uint8]
    """(rows, columns, 3) red, green, blue."""
    depth: NDArray[np.float32]
    """(rows, columns) m along the optical axis; NaN where nothing was measured."""
    intrinsics: NDArray[np.float64]
    """(3, 3) of both, rectified: focal lengths and principal point in pixels (K of CameraInfo)."""
    mount: Transform
    """base_link ← the camera's optical frame: x right, y down, z ahead (REP 103)."""


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
    charging: bool = False
    """At the dock's contacts."""
    imu: tuple[ImuReading, ...] = ()
    images: tuple[RgbdImage, ...] = ()
    """Only while somebody asked for them: drawing costs more than all else."""
