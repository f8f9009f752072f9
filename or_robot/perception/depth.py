"""Depth image → floor → what stands on it or hangs over it within the robot's height."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from or_robot.config.perception import DepthConfig
from or_robot.geometry.transform import Transform
from or_robot.types.perception import Blindness
from or_robot.types.sensing import RgbdImage

WINDOW = 5
"""Pixels of the square over which heights are averaged."""
FIT_STEP = 3
"""Every so many pixels of a row and column serve to fit the floor."""
FIT_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class DepthView:
    """One depth image, understood."""

    stamp_s: float
    depth: NDArray[np.float32]
    """(rows, columns) m along the axis; NaN where nothing was measured."""
    intrinsics: NDArray[np.float64]
    mount: Transform
    """base_link ← optical frame."""
    obstacle: NDArray[np.bool_]
    """(rows, columns) pixels on something the robot would touch."""
    points: NDArray[np.float64]
    """(n, 3) m in base_link: one for each cell of the ground with such pixels."""
    tops: NDArray[np.float64]
    """(n,) m: how high it reaches there, as far as seen below the robot's height."""
    blindness: Blindness


def understand(image: RgbdImage, config: DepthConfig) -> DepthView:
    """Obstacles of an image, or why it cannot be relied on. Never raises for what cameras give."""
    nothing = np.zeros(image.depth.shape[:2], dtype=np.bool_)
    empty, no_tops = np.empty((0, 3)), np.empty(0)
    why = _unusable(image)
    if why is Blindness.NONE:
        why, height, ground = _heights(image, config)
    if why is not Blindness.NONE:
        return DepthView(
            image.stamp_s, image.depth, image.intrinsics, image.mount, nothing, empty, no_tops, why
        )
    reach = (ground[..., 0] > 0.0) & (np.hypot(ground[..., 0], ground[..., 1]) < config.reach)
    mask = _standing_out(height, image.depth, config) & reach
    mask &= height < config.robot_height
    points, tops = _cells(ground[mask], height[mask], config)
    return DepthView(
        image.stamp_s,
        image.depth,
        image.intrinsics,
        image.mount,
        mask,
        points,
        tops,
        Blindness.NONE,
    )


def _unusable(image: RgbdImage) -> Blindness:
    """Sizes and intrinsics that cannot be."""
    shape, k = image.depth.shape, image.intrinsics
    if image.depth.ndim != 2 or image.color.shape[:2] != shape or min(shape) < 8:
        return Blindness.SIZE
    rows, columns = shape
    focal = k[0, 0], k[1, 1]
    middle = abs(k[0, 2] / columns - 0.5) < 0.15 and abs(k[1, 2] / rows - 0.5) < 0.15
    if not np.isfinite(k).all() or min(focal) < 0.2 * columns or not middle:
        return Blindness.INTRINSICS
    return Blindness.NONE


def _heights(
    image: RgbdImage, config: DepthConfig
) -> tuple[Blindness, NDArray[np.float32], NDArray[np.float32]]:
    """Height over the floor (rows, columns) and place (rows, columns, 3) in base_link, m."""
    depth = image.depth.astype(np.float32)
    with np.errstate(invalid="ignore"):
        known = depth > 0.0
        near = known & (depth < config.nearest)
    place = _places(depth, image.intrinsics, image.mount)
    height = np.where(known, place[..., 2], np.float32(np.nan))
    if np.count_nonzero(near) > config.covered_share * depth.size:
        return Blindness.COVERED, height, place
    if np.count_nonzero(known) < config.known_share * depth.size:
        return Blindness.MISSING, height, place
    x, y, z = (place[::FIT_STEP, ::FIT_STEP, i][known[::FIT_STEP, ::FIT_STEP]] for i in range(3))
    if np.count_nonzero(z < -config.floor_band) > config.below_share * len(z):
        return Blindness.NO_FLOOR, height, place
    plane = _floor(x, y, z, config)
    if plane is None:
        return _without_floor(image, config), height, place
    a, b, c = plane
    height = height - np.float32(a) * place[..., 0] - np.float32(b) * place[..., 1] - np.float32(c)
    return Blindness.NONE, height, place


def _places(
    depth: NDArray[np.float32], k: NDArray[np.float64], mount: Transform
) -> NDArray[np.float32]:
    rows, columns = depth.shape
    across = ((np.arange(columns) - k[0, 2]) / k[0, 0]).astype(np.float32)
    down = ((np.arange(rows) - k[1, 2]) / k[1, 1]).astype(np.float32)[:, None]
    place = np.empty((rows, columns, 3), dtype=np.float32)
    turn, origin = mount.rotation.astype(np.float32), mount.position.astype(np.float32)
    for i in range(3):
        ray = turn[i, 0] * across[None, :] + turn[i, 1] * down + turn[i, 2]
        place[..., i] = ray * depth + origin[i]
    return place


def _floor(
    x: NDArray[np.float32], y: NDArray[np.float32], z: NDArray[np.float32], config: DepthConfig
) -> tuple[float, float, float] | None:
    """z = a x + b y + c of the floor near where the mount says it is; None: too little of it."""
    a = b = c = 0.0
    band = config.floor_band
    for _ in range(FIT_ROUNDS):
        error = z - (a * x + b * y + c)
        on = (np.abs(error) < band) & (x < config.reach)
        if np.count_nonzero(on) < config.floor_pixels:
            return None
        rows = np.column_stack((x[on], y[on], np.ones(np.count_nonzero(on), dtype=np.float32)))
        # far pixels are noisier by the square of their distance
        weight = 1.0 / np.maximum(x[on], 0.5)[:, None] ** 2
        normal = (rows * weight).T @ (rows * weight) + np.diag([1e-3, 1e-3, 1e-6])
        a, b, c = np.linalg.solve(normal, (rows * weight).T @ (z[on] * weight[:, 0])).tolist()
        band = max(0.5 * band, 0.012)
    tilted = max(abs(a), abs(b)) > config.floor_tilt
    return None if tilted or abs(c) > config.floor_band else (a, b, c)


def _without_floor(image: RgbdImage, config: DepthConfig) -> Blindness:
    """Something that fills the view hides the floor; otherwise there is none where one must be."""
    rows, columns = image.depth.shape
    lower = image.depth[rows // 2 :, columns // 4 : 3 * columns // 4]
    with np.errstate(invalid="ignore"):
        wall = np.nanmedian(lower) if np.isfinite(lower).any() else np.inf
    return Blindness.NO_FLOOR if wall > config.wall_distance else Blindness.NONE


def _standing_out(
    height: NDArray[np.float32], depth: NDArray[np.float32], config: DepthConfig
) -> NDArray[np.bool_]:
    """Pixels whose neighbourhood lies above the floor by more than noise explains."""
    known = np.isfinite(height)
    # cut, so that one edge of a table does not lift the floor beside it
    low = np.where(known, np.clip(height, -0.03, 0.03), 0.0).astype(np.float32)
    sums = cv2.blur(low, (WINDOW, WINDOW), borderType=cv2.BORDER_REFLECT)
    share = cv2.blur(known.astype(np.float32), (WINDOW, WINDOW), borderType=cv2.BORDER_REFLECT)
    mean = sums / np.maximum(share, 0.1)
    limit = np.maximum(config.low_height, config.noise_height * depth)
    with np.errstate(invalid="ignore"):
        return np.asarray(known & (share > 0.3) & (mean > limit) & (height > 0.5 * limit))


def _cells(
    place: NDArray[np.float32], height: NDArray[np.float32], config: DepthConfig
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """One point for each cell on the ground with enough pixels: their mean place, lowest height;
    and the highest.

    Past the lower edge the camera sees floor again once the thing is gone.
    """
    if not len(place):
        return np.empty((0, 3)), np.empty(0)
    cell = np.floor(place[:, :2] / config.cell).astype(np.int64)
    key = (cell[:, 0] << 20) + cell[:, 1] + (1 << 19)
    _, index, count = np.unique(key, return_inverse=True, return_counts=True)
    sums = [np.bincount(index, weights=place[:, i]) for i in range(2)]
    lowest = np.full(len(count), np.inf)
    np.minimum.at(lowest, index, height)
    highest = np.zeros(len(count))
    np.maximum.at(highest, index, height)
    enough = count >= config.cell_pixels
    points = np.column_stack((sums[0] / count, sums[1] / count, lowest))
    return np.asarray(points[enough], dtype=np.float64), highest[enough]
