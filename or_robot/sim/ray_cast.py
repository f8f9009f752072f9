"""Exact planar rays into boxes, upright or tilted, cylinders and spheres, compiled.

A shape is tried only against the beams that its outline, seen from the sensor, covers.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

BOX, CYLINDER, SPHERE = range(3)
PARALLEL = 1e-12
Halves = NDArray[np.float64]


@njit(cache=True)
def cast(
    origin: NDArray[np.float64],
    rotation: NDArray[np.float64],
    angle_min: float,
    increment: float,
    beams: NDArray[np.float64],
    kinds: NDArray[np.int64],
    halves: NDArray[np.float64],
    positions: NDArray[np.float64],
    rotations: NDArray[np.float64],
    ranges: NDArray[np.float64],
) -> None:
    """Lower `ranges` (beams,) to the nearest hit; m. Filled with the longest range before.

    beams (m, 2): cosine and sine of angle_min + k · increment. origin (3,), rotation (3, 3):
    world ← sensor; beams lie in its x-y plane. Shapes: kinds (n,), halves (n, 3) half sides (a
    cylinder's are radius, radius, half length), positions (n, 3), rotations (n, 9): world ← shape.
    """
    local = np.empty((3, 3))
    start = np.empty(3)
    for n in range(kinds.size):
        for a in range(3):
            start[a] = 0.0
            for b in range(3):
                start[a] += rotations[n, 3 * b + a] * (origin[b] - positions[n, b])
                local[a, b] = 0.0
                for c in range(3):
                    local[a, b] += rotations[n, 3 * c + a] * rotation[c, b]
        first, last = _covered(start, local, halves[n], angle_min, increment, ranges.size)
        for index in range(first, last + 1):
            k = index % ranges.size
            cos, sin = beams[k, 0], beams[k, 1]
            dx = local[0, 0] * cos + local[0, 1] * sin
            dy = local[1, 0] * cos + local[1, 1] * sin
            dz = local[2, 0] * cos + local[2, 1] * sin
            if kinds[n] == BOX:
                hit = _box(start, dx, dy, dz, halves[n])
            elif kinds[n] == CYLINDER:
                hit = _cylinder(start, dx, dy, dz, halves[n])
            else:
                hit = _sphere(start, dx, dy, dz, halves[n, 0])
            if 0.0 <= hit < ranges[k]:
                ranges[k] = hit


@njit(cache=True)
def _covered(
    start: NDArray[np.float64],
    local: NDArray[np.float64],
    half: NDArray[np.float64],
    angle_min: float,
    increment: float,
    beams: int,
) -> tuple[int, int]:
    """First and last beam between the corners of the box around a shape; all from within."""
    mx = -(local[0, 0] * start[0] + local[1, 0] * start[1] + local[2, 0] * start[2])
    my = -(local[0, 1] * start[0] + local[1, 1] * start[1] + local[2, 1] * start[2])
    middle = math.atan2(my, mx)
    low = high = 0.0
    for corner in range(8):
        cx = (half[0] if corner & 1 else -half[0]) - start[0]
        cy = (half[1] if corner & 2 else -half[1]) - start[1]
        cz = (half[2] if corner & 4 else -half[2]) - start[2]
        sx = local[0, 0] * cx + local[1, 0] * cy + local[2, 0] * cz
        sy = local[0, 1] * cx + local[1, 1] * cy + local[2, 1] * cz
        aside = (math.atan2(sy, sx) - middle + math.pi) % (2.0 * math.pi) - math.pi
        low, high = min(low, aside), max(high, aside)
    if high - low >= math.pi:
        return 0, beams - 1
    turn = round(2.0 * math.pi / increment)
    if turn != beams:
        return 0, beams - 1
    first = math.floor((middle + low - angle_min) / increment)
    last = math.ceil((middle + high - angle_min) / increment)
    return first, min(last, first + beams - 1)


@njit(cache=True)
def _box(start: NDArray[np.float64], dx: float, dy: float, dz: float, half: Halves) -> float:
    near, far = -math.inf, math.inf
    for axis, d in enumerate((dx, dy, dz)):
        if abs(d) < PARALLEL:
            if abs(start[axis]) > half[axis]:
                return math.inf
            continue
        one, two = (-half[axis] - start[axis]) / d, (half[axis] - start[axis]) / d
        near, far = max(near, min(one, two)), min(far, max(one, two))
    if near > far:
        return math.inf
    return near if near >= 0.0 else far


@njit(cache=True)
def _cylinder(start: NDArray[np.float64], dx: float, dy: float, dz: float, half: Halves) -> float:
    """Side and caps as the overlap of an endless tube and a slab."""
    near, far = _circle(start, dx, dy, half[0])
    if abs(dz) < PARALLEL:
        if abs(start[2]) > half[2]:
            return math.inf
    else:
        one, two = (-half[2] - start[2]) / dz, (half[2] - start[2]) / dz
        near, far = max(near, min(one, two)), min(far, max(one, two))
    if near > far:
        return math.inf
    return near if near >= 0.0 else far


@njit(cache=True)
def _circle(start: NDArray[np.float64], dx: float, dy: float, radius: float) -> tuple[float, float]:
    a = dx * dx + dy * dy
    c = start[0] * start[0] + start[1] * start[1] - radius * radius
    if a < PARALLEL:
        return (-math.inf, math.inf) if c <= 0.0 else (math.inf, -math.inf)
    b = start[0] * dx + start[1] * dy
    root = b * b - a * c
    if root < 0.0:
        return math.inf, -math.inf
    root = math.sqrt(root)
    return (-b - root) / a, (-b + root) / a


@njit(cache=True)
def _sphere(start: NDArray[np.float64], dx: float, dy: float, dz: float, radius: float) -> float:
    b = start[0] * dx + start[1] * dy + start[2] * dz
    c = start[0] ** 2 + start[1] ** 2 + start[2] ** 2 - radius * radius
    root = b * b - c
    if root < 0.0:
        return math.inf
    root = math.sqrt(root)
    return -b - root if -b - root >= 0.0 else -b + root
