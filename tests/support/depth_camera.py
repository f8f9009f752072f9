"""An exact depth camera over a floor with boxes on it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from or_robot.geometry.pose import Pose2D
from or_robot.geometry.transform import Transform
from or_robot.types.sensing import RgbdImage

K = np.array([[310.0, 0.0, 211.5], [0.0, 310.0, 119.5], [0.0, 0.0, 1.0]])
ROWS, COLUMNS = 240, 424
OPTICAL = Transform(np.zeros(3), np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]))
MOUNT = Transform.from_xyz_rpy(0.32, 0.0, 0.95, 0.0, math.radians(20.0), 0.0).compose(OPTICAL)
FAR = 8.0
Box = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Lowest and highest corner in the map frame, m."""


def depth_image(
    boxes: Sequence[Box] = (),
    base: Pose2D = Pose2D(0.0, 0.0, 0.0),  # noqa: B008 - frozen
    stamp_s: float = 0.0,
    seed: int = 0,
    sigma: float = 0.002,
) -> RgbdImage:
    """Noise grows with the square of the depth, as `sigma` (1/m)."""
    camera = Transform.from_xyz_rpy(base.x, base.y, 0.0, 0.0, 0.0, base.yaw).compose(MOUNT)
    v, u = np.mgrid[0:ROWS, 0:COLUMNS]
    rays = np.stack(((u - K[0, 2]) / K[0, 0], (v - K[1, 2]) / K[1, 1], np.ones(u.shape)), axis=-1)
    rays = rays @ camera.rotation.T
    origin = camera.position
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = np.where(rays[..., 2] < 0.0, -origin[2] / rays[..., 2], np.inf)
        for low, high in boxes:
            near, far = (np.array(corner) - origin for corner in (low, high))
            first, second = near / rays, far / rays
            enter = np.minimum(first, second).max(axis=-1)
            leave = np.maximum(first, second).min(axis=-1)
            hit = (enter <= leave) & (enter > 0.0)
            depth = np.where(hit, np.minimum(depth, enter), depth)
    depth = np.where(depth < FAR, depth, np.nan)
    depth = depth + np.random.default_rng(seed).normal(0.0, sigma, depth.shape) * depth**2
    color = np.full((ROWS, COLUMNS, 3), 128, dtype=np.uint8)
    return RgbdImage(stamp_s, color, depth.astype(np.float32), K, MOUNT)
