"""Planar poses (REP 103: metres, radians, x forward, y left, yaw counter-clockwise)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def wrap_angle(angle: float) -> float:
    """Bring an angle in rad into (-pi, pi]."""
    wrapped = math.remainder(angle, 2.0 * math.pi)
    return math.pi if wrapped == -math.pi else wrapped


@dataclass(frozen=True, slots=True)
class Pose2D:
    """A pose, or the transform from the named child frame to its parent: m, m, rad."""

    x: float
    y: float
    yaw: float

    def compose(self, other: Pose2D) -> Pose2D:
        """Chain transforms: `map_from_odom.compose(odom_from_base)` is `map_from_base`."""
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        return Pose2D(
            self.x + cos * other.x - sin * other.y,
            self.y + sin * other.x + cos * other.y,
            wrap_angle(self.yaw + other.yaw),
        )

    def inverse(self) -> Pose2D:
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        return Pose2D(
            -cos * self.x - sin * self.y,
            sin * self.x - cos * self.y,
            wrap_angle(-self.yaw),
        )

    def transform(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Move points (..., 2) from the child frame into the parent frame."""
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        rotation = np.array([[cos, sin], [-sin, cos]])
        return np.asarray(points, dtype=np.float64) @ rotation + np.array([self.x, self.y])

    def distance_to(self, other: Pose2D) -> float:
        """Straight distance in m; heading does not count."""
        return math.hypot(other.x - self.x, other.y - self.y)
