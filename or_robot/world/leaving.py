"""The shortest ways out of a zone that closed around the robot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.pose import Pose2D, wrap_angle

TURN_COSTS = 0.4
"""m of way that a turn by 1 rad counts as."""

LEAST_PROGRESS = 1e-6
"""Cosine between a direction and a side's normal below which it never leads across the side."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """Turn to a heading on the spot, then drive straight until the footprint is outside."""

    turn: float
    """rad from the present heading, counter-clockwise."""
    distance: float
    """m to drive then; negative: backwards."""


def ways_out(
    polygon: NDArray[np.float64], pose: Pose2D, footprint: NDArray[np.float64], margin: float
) -> list[WayOut]:
    """Best first. polygon (n, 2) m and pose in the map frame, footprint (m, 2) in base_link.

    Straight ahead, straight back, and square across each side, until the footprint is `margin`
    beyond a side of the zone's convex hull; empty when it is so already.
    """
    hull = cv2.convexHull(polygon.astype(np.float32))[:, 0, :].astype(np.float64)
    normals = _outward_normals(hull)
    bounds = np.sum(normals * hull, axis=1) + margin
    if np.any(np.min(pose.transform(footprint) @ normals.T, axis=0) >= bounds):
        return []
    angles = np.arctan2(normals[:, 1], normals[:, 0])
    yaws = [(pose.yaw, 1.0), (pose.yaw, -1.0)]
    yaws += [(angle, 1.0) for angle in angles] + [(angle + math.pi, -1.0) for angle in angles]
    found = []
    for yaw, sense in yaws:
        corners = Pose2D(pose.x, pose.y, yaw).transform(footprint)
        missing = np.maximum(bounds - np.min(corners @ normals.T, axis=0), 0.0)
        progress = normals @ (sense * np.array([math.cos(yaw), math.sin(yaw)]))
        out = progress > LEAST_PROGRESS
        distance = float(np.min(missing[out] / progress[out]))
        found.append(WayOut(wrap_angle(yaw - pose.yaw), sense * distance))
    return sorted(found, key=lambda way: abs(way.distance) + TURN_COSTS * abs(way.turn))


def _outward_normals(hull: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) unit normals of a convex polygon's sides, whichever way round it runs."""
    sides = np.roll(hull, -1, axis=0) - hull
    normals = np.stack((sides[:, 1], -sides[:, 0]), axis=-1) / np.hypot(*sides.T)[:, None]
    outward = np.sum(normals * (hull - np.mean(hull, axis=0)), axis=1)
    return normals * np.sign(outward)[:, None]
