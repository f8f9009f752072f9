"""Keeping to one side of wide places, as staff in corridors do: who meets then passes by."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from or_robot.config.planning import PlannerConfig
from or_robot.geometry.grid import GridSpec
from or_robot.types.motion import Path

EASE = 0.3
"""m to the side per m of the way."""
DEARER = 10
"""A place may cost so much more than the one it is moved from: not into what stands there."""
BEND = 0.5
"""Share of the bend's radius that a path may be moved towards its inside."""
LEVELS = 8
"""Offsets that are tried at each pose, from none to the whole."""


def in_lane(
    path: Path,
    config: PlannerConfig,
    spec: GridSpec,
    costs: NDArray[np.uint8],
    walls: NDArray[np.floating],
) -> Path:
    """The path, moved up to `lane_offset` to the right where `lane_room` is left to the walls.

    costs: (rows, columns) of the planner; walls: (rows, columns) m to the nearest wall or closed
    zone. Both ends stay where they are; the offset grows and shrinks by EASE along the way.
    """
    poses, wanted = path.poses, abs(config.lane_offset)
    if wanted == 0.0 or len(poses) < 3:
        return path
    steps = np.hypot(*np.diff(poses[:, :2], axis=0).T)
    heading = np.unwrap(poses[:-1, 2])
    heading = np.append(heading, heading[-1])  # the last pose has the goal's
    side = -math.copysign(1.0, config.lane_offset)
    across = side * np.column_stack((-np.sin(heading), np.cos(heading)))
    offsets = _allowed(poses[:, :2], across, wanted, config.lane_room, spec, costs, walls)
    bend = np.abs(np.gradient(heading)) / np.maximum(
        np.gradient(np.append(0.0, steps).cumsum()), 1e-3
    )
    offsets = np.minimum(offsets, BEND / np.maximum(bend, 1e-3))
    offsets[0] = offsets[-1] = 0.0
    for n in range(1, len(offsets)):
        offsets[n] = min(offsets[n], offsets[n - 1] + EASE * steps[n - 1])
    for n in range(len(offsets) - 2, -1, -1):
        offsets[n] = min(offsets[n], offsets[n + 1] + EASE * steps[n])
    moved = poses[:, :2] + offsets[:, None] * across
    way = np.diff(moved, axis=0)
    yaw = np.where(np.hypot(*way.T) > 1e-6, np.arctan2(way[:, 1], way[:, 0]), poses[:-1, 2])
    return Path(path.stamp_s, np.column_stack((moved, np.append(yaw, poses[-1, 2]))))


def _allowed(
    points: NDArray[np.float64],
    across: NDArray[np.float64],
    wanted: float,
    room: float,
    spec: GridSpec,
    costs: NDArray[np.uint8],
    walls: NDArray[np.floating],
) -> NDArray[np.float64]:
    """(n,) m that each point can be moved along its `across`, as far as `wanted`, without a gap."""
    levels = np.linspace(0.0, wanted, LEVELS)
    places = points[:, None, :] + levels[None, :, None] * across[:, None, :]
    cells = spec.cells(places)
    inside = spec.contains(cells)
    rows, columns = (
        np.clip(cells[..., 0], 0, spec.rows - 1),
        np.clip(cells[..., 1], 0, spec.columns - 1),
    )
    here = costs[rows, columns].astype(np.int32)
    good = inside & (walls[rows, columns] >= room) & (here <= here[:, :1] + DEARER)
    good[:, 0] = True
    reached = np.logical_and.accumulate(good, axis=1).sum(axis=1) - 1
    return np.asarray(levels[reached])
