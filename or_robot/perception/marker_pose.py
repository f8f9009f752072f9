"""Pose of a flat square from its corners and from the depth within it, with covariance."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from or_robot.config.perception import MarkerConfig
from or_robot.geometry.transform import Transform
from or_robot.types.sensing import RgbdImage

STEPS = 5
LEAST_DEPTHS = 40
"""Pixels with depth within a marker for its plane to count."""
INSIDE = 0.85
"""Share of the marker's width used: at its edge pixels mix near and far."""


@dataclass(frozen=True, slots=True)
class Fit:
    pose: Transform
    """camera ← marker."""
    covariance: NDArray[np.float64]
    """(6, 6) of position and of a small rotation about the camera's axes."""
    pixels: float
    """Root mean square distance of the corners."""


@dataclass(frozen=True, slots=True)
class Surface:
    """The plane that depth shows within a marker, in the camera's frame."""

    inverse: NDArray[np.float64]
    """(3,) a with 1/z = a · (x/z, y/z, 1): a is the normal over the distance."""
    covariance: NDArray[np.float64]
    """(3, 3) of `inverse`."""

    @property
    def distance(self) -> float:
        """Of the plane from the camera, m."""
        return float(1.0 / np.linalg.norm(self.inverse))

    @property
    def normal(self) -> NDArray[np.float64]:
        """(3,) towards the camera."""
        return np.asarray(-self.inverse * self.distance)


def square(side: float) -> NDArray[np.float64]:
    """(4, 3) corners in the marker's frame, as detected: clockwise from the upper left."""
    half = side / 2.0
    return np.array([[-half, half, 0], [half, half, 0], [half, -half, 0], [-half, -half, 0.0]])


def surface_of(pose: Transform) -> tuple[NDArray[np.float64], float]:
    """Normal towards the camera and distance of the plane of a marker."""
    normal = pose.rotation[:, 2]
    return normal, float(-normal @ pose.position)


def surface(image: RgbdImage, corners: NDArray[np.floating]) -> Surface | None:
    """The plane through the depths within the corners (4, 2); None when too few are known."""
    middle = corners.mean(axis=0)
    shrunk = middle + INSIDE * (corners - middle)
    mask = np.zeros(image.depth.shape, dtype=np.uint8)
    cv2.fillConvexPoly(mask, np.round(shrunk).astype(np.int32), 1)
    rows, columns = np.nonzero(mask.astype(np.bool_) & (image.depth > 0.0))
    if len(rows) < LEAST_DEPTHS:
        return None
    fx, fy = image.intrinsics[0, 0], image.intrinsics[1, 1]
    cx, cy = image.intrinsics[0, 2], image.intrinsics[1, 2]
    rays = np.column_stack(((columns - cx) / fx, (rows - cy) / fy, np.ones(len(rows))))
    inverse = 1.0 / image.depth[rows, columns].astype(np.float64)
    keep = np.ones(len(rows), dtype=np.bool_)
    for _ in range(3):
        plane, *_ = np.linalg.lstsq(rays[keep], inverse[keep], rcond=None)
        error = inverse - rays @ plane
        sigma = 1.4826 * float(np.median(np.abs(error[keep]))) + 1e-6
        keep = np.abs(error) < 3.0 * sigma
    if np.count_nonzero(keep) < LEAST_DEPTHS or np.linalg.norm(plane) < 1e-3:
        return None
    return Surface(plane, sigma**2 * np.linalg.inv(rays[keep].T @ rays[keep]))


def refined(
    side: float,
    corners: NDArray[np.floating],
    intrinsics: NDArray[np.float64],
    start: Fit,
    face: Surface | None,
    config: MarkerConfig,
) -> Fit:
    """Gauss-Newton over corners and plane together, the depth's common scale being unsure.

    Corners alone hardly tell the tilt of a square seen head-on, depth alone not its place.
    """
    model, pose = square(side), start.pose
    for _ in range(STEPS):
        residual, jacobian, normal = _equations(model, corners, intrinsics, pose, face, config)
        step = np.linalg.solve(normal, jacobian.T @ residual)
        pose = Transform(pose.position + step[:3], cv2.Rodrigues(step[3:6])[0] @ pose.rotation)
    residual, _, normal = _equations(model, corners, intrinsics, pose, face, config)
    pixels = float(np.sqrt(np.mean(residual[:8] ** 2) * 2.0)) * config.corner_sigma
    covariance = np.linalg.inv(normal)[:6, :6].astype(np.float64)
    return Fit(pose, covariance, pixels)


def _equations(
    model: NDArray[np.float64],
    corners: NDArray[np.floating],
    intrinsics: NDArray[np.float64],
    pose: Transform,
    face: Surface | None,
    config: MarkerConfig,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Whitened residuals (n,), their Jacobian (n, 7) and the normal matrix (7, 7).

    Unknowns: position, small rotation, relative error of the depth's scale.
    """
    arm = model @ pose.rotation.T
    points = arm + pose.position
    fx, fy = intrinsics[0, 0], intrinsics[1, 1]
    residual, rows = np.zeros(11), np.zeros((11, 7))
    for i, (x, y, z) in enumerate(points):
        image = np.array([[fx / z, 0.0, -fx * x / z**2], [0.0, fy / z, -fy * y / z**2]])
        at = np.array([fx * x / z + intrinsics[0, 2], fy * y / z + intrinsics[1, 2]])
        pair = slice(2 * i, 2 * i + 2)
        residual[pair] = (corners[i] - at) / config.corner_sigma
        rows[pair, :3] = image / config.corner_sigma
        rows[pair, 3:6] = image @ -_cross(arm[i]) / config.corner_sigma
    if face is not None:
        normal = pose.rotation[:, 2]
        reach = float(normal @ pose.position)
        predicted = normal / reach
        by_normal = np.eye(3) / reach - np.outer(normal, pose.position) / reach**2
        whiten = np.linalg.inv(np.linalg.cholesky(face.covariance))
        residual[8:] = whiten @ (face.inverse - predicted)
        rows[8:, :3] = whiten @ (-np.outer(normal, normal) / reach**2)
        rows[8:, 3:6] = whiten @ by_normal @ -_cross(normal)
        rows[8:, 6] = whiten @ predicted
    matrix = rows.T @ rows
    matrix[6, 6] += 1.0 / config.depth_scale_sigma**2
    return residual, rows, matrix


def _cross(v: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) matrix of the cross product with v from the left."""
    x, y, z = v
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
