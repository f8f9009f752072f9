"""Volumes on other grids: linear between voxel centres, zero outside them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.volume import VolumeGrid


def resample_linear(
    values: NDArray[np.floating], source: VolumeGrid, target: VolumeGrid
) -> NDArray[np.float32]:
    """`values` (slices, rows, columns) on `source`, trilinear at the voxel centres of `target`.

    The axes of both grids are parallel, so that it is done an axis at a time, first those that
    become shorter.
    """
    result = np.asarray(values, dtype=np.float32)
    by_gain = sorted(range(3), key=lambda axis: target.shape[axis] / source.shape[axis])
    for axis in by_gain:
        name = "zyx"[axis]
        positions = source.fractional(name, target.axis_mm(name))
        if not np.array_equal(positions, np.arange(source.shape[axis])):
            result = _along(result, axis, positions)
    return result


def _along(
    values: NDArray[np.float32], axis: int, positions: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Linear interpolation at fractional indices of one axis; 0 beyond the end centres."""
    last = values.shape[axis] - 1
    inside = (positions >= -1e-6) & (positions <= last + 1e-6)
    positions = np.clip(positions, 0, last)
    low = np.minimum(np.floor(positions).astype(np.intp), max(last - 1, 0))
    high = np.minimum(low + 1, last)
    shape = [1, 1, 1]
    shape[axis] = len(positions)
    weight = (positions - low).astype(np.float32).reshape(shape)
    keep = inside.astype(np.float32).reshape(shape)
    lower, upper = values.take(low, axis=axis), values.take(high, axis=axis)
    return (lower * (1 - weight) + upper * weight) * keep
