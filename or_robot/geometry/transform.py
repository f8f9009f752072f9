"""Rigid transforms in space (REP 103: metres, radians; roll, pitch, yaw about fixed x, y, z)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.pose import Pose2D


@dataclass(frozen=True, slots=True)
class Transform:
    """parent ← child."""

    position: NDArray[np.float64]
    """(3,) origin of the child in the parent, m."""
    rotation: NDArray[np.float64]
    """(3, 3) columns are the child's axes in the parent."""

    @staticmethod
    def identity() -> Transform:
        return Transform(np.zeros(3), np.eye(3))

    @staticmethod
    def from_xyz_rpy(x: float, y: float, z: float, *rpy: float) -> Transform:
        """Position in m and roll, pitch, yaw in rad, in the order of SDF's <pose>."""
        roll, pitch, yaw = rpy
        cr, sr = math.cos(roll), math.sin(roll)
        cp, sp = math.cos(pitch), math.sin(pitch)
        cy, sy = math.cos(yaw), math.sin(yaw)
        rotation = np.array(
            [
                [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
                [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
                [-sp, cp * sr, cp * cr],
            ]
        )
        return Transform(np.array([x, y, z], dtype=np.float64), rotation)

    @staticmethod
    def from_quaternion(position: NDArray[np.floating], xyzw: NDArray[np.floating]) -> Transform:
        """Position (3,) in m; xyzw (4,) need not have length 1."""
        x, y, z, w = (xyzw / np.linalg.norm(xyzw)).tolist()
        rotation = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        )
        return Transform(np.asarray(position, dtype=np.float64), rotation)

    def quaternion(self) -> NDArray[np.float64]:
        """(4,) x, y, z, w of length 1 with w ≥ 0 (Bar-Itzhack 2000: exact at every angle)."""
        (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = self.rotation.tolist()
        matrix = np.array(
            [
                [xx - yy - zz, yx + xy, zx + xz, zy - yz],
                [yx + xy, yy - xx - zz, zy + yz, xz - zx],
                [zx + xz, zy + yz, zz - xx - yy, yx - xy],
                [zy - yz, xz - zx, yx - xy, xx + yy + zz],
            ]
        )
        found: NDArray[np.float64] = np.linalg.eigh(matrix)[1][:, -1]
        return found if found[3] >= 0.0 else -found

    def compose(self, other: Transform) -> Transform:
        return Transform(
            self.position + self.rotation @ other.position, self.rotation @ other.rotation
        )

    def inverse(self) -> Transform:
        return Transform(-self.rotation.T @ self.position, self.rotation.T)

    def apply(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (..., 3) from the child frame into the parent frame."""
        return np.asarray(points, dtype=np.float64) @ self.rotation.T + self.position

    def planar(self) -> Pose2D:
        """Its x, y and heading."""
        yaw = math.atan2(self.rotation[1, 0], self.rotation[0, 0])
        return Pose2D(float(self.position[0]), float(self.position[1]), yaw)
