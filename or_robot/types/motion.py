"""What the robot senses of its own motion, and its commands. Times: seconds of the ROS clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.pose import Pose2D


@dataclass(frozen=True, slots=True)
class Twist2D:
    """Velocity of a differential drive in its own frame."""

    linear: float
    """Forward, m/s."""
    angular: float
    """Counter-clockwise, rad/s."""


STANDSTILL = Twist2D(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class LaserScan:
    """One revolution of a planar lidar (sensor_msgs/LaserScan)."""

    stamp_s: float
    angle_min: float
    """Bearing of the first beam in the sensor frame, rad."""
    angle_increment: float
    """rad from a beam to the next, counter-clockwise."""
    range_min: float
    range_max: float
    """Ranges below range_min or above range_max are no measurement, m."""
    ranges: NDArray[np.float32]
    """(beams,) m; inf where nothing was hit, NaN where the sensor failed."""
    mount: Pose2D
    """Transform base_link ← lidar_link."""

    @property
    def bearings(self) -> NDArray[np.float64]:
        """(beams,) rad in the sensor frame."""
        steps = np.arange(self.ranges.size, dtype=np.float64)
        return self.angle_min + self.angle_increment * steps

    @property
    def valid(self) -> NDArray[np.bool_]:
        """(beams,) which beams hit something within the sensor's range."""
        return (
            np.isfinite(self.ranges)
            & (self.ranges >= self.range_min)
            & (self.ranges <= self.range_max)
        )

    def points(self) -> NDArray[np.float64]:
        """(hits, 2) where the valid beams ended, m in base_link."""
        valid = self.valid
        bearings = self.bearings[valid]
        ranges = self.ranges[valid].astype(np.float64)
        ends = np.stack((ranges * np.cos(bearings), ranges * np.sin(bearings)), axis=-1)
        return self.mount.transform(ends)


@dataclass(frozen=True, slots=True)
class Odometry:
    """Dead reckoning of the base (nav_msgs/Odometry)."""

    stamp_s: float
    pose: Pose2D
    """odom ← base_link."""
    twist: Twist2D


@dataclass(frozen=True, slots=True)
class PoseEstimate:
    """Where localization believes the robot is."""

    stamp_s: float
    pose: Pose2D
    """map ← base_link."""
    covariance: NDArray[np.float64]
    """(3, 3) of x, y, yaw; m and rad."""
    lost: bool
    """True when localization does not vouch for the pose."""


@dataclass(frozen=True, slots=True)
class VelocityCommand:
    """What navigation asks of the safety gate."""

    stamp_s: float
    twist: Twist2D


@dataclass(frozen=True, slots=True)
class Path:
    """A way to go, in the map frame."""

    stamp_s: float
    poses: NDArray[np.float64]
    """(n, 3) x, y, yaw; m and rad."""


@dataclass(frozen=True, slots=True)
class Track:
    """One tracked person, in the map frame."""

    id: int
    position: NDArray[np.float64]
    """(2,) m."""
    velocity: NDArray[np.float64]
    """(2,) m/s."""
    covariance: NDArray[np.float64]
    """(4, 4) of x, y, vx, vy; m and m/s."""
    radius: float
    """m."""
    confidence: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class Tracks:
    """Everybody seen in one scan."""

    stamp_s: float
    tracks: tuple[Track, ...]
