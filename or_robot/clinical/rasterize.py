"""Structures drawn as polygons in planes, to voxels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.volume import VolumeGrid
from or_robot.types.radiotherapy import Structure

PLANE_TOLERANCE_MM = 0.01
"""Contours closer than this in z lie in one plane."""


def fill_even_odd(
    polygons: Iterable[NDArray[np.floating]], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Pixels whose centre lies inside an odd number of the closed polygons.

    `polygons`: (n, 2) x, y in pixels, the centre of pixel [0, 0] at 0, 0. Even-odd as DICOM's
    keyhole and XOR contours need it: an inner polygon is a hole.
    """
    rows, columns = shape
    flips = np.zeros((rows, columns + 1), dtype=np.uint8)
    for polygon in polygons:
        row, x = _crossings(np.asarray(polygon, dtype=np.float64), rows)
        column = np.clip(np.ceil(x), 0, columns).astype(np.intp)
        np.bitwise_xor.at(flips, (row, column), 1)
    return np.bitwise_xor.accumulate(flips, axis=1)[:, :columns].astype(bool)


def _crossings(
    polygon: NDArray[np.float64], rows: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Where the edges cross the centre lines of the rows: row and x of each crossing."""
    start, end = polygon, np.roll(polygon, -1, axis=0)
    low = np.minimum(start[:, 1], end[:, 1])
    high = np.maximum(start[:, 1], end[:, 1])
    first = np.clip(np.ceil(low), 0, rows).astype(np.intp)
    count = np.clip(np.ceil(high), 0, rows).astype(np.intp) - first
    edge = np.repeat(np.arange(len(polygon)), count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    row = first[edge] + offset
    along = (row - start[edge, 1]) / (end[edge, 1] - start[edge, 1])
    return row, start[edge, 0] + along * (end[edge, 0] - start[edge, 0])


def planes(structure: Structure) -> dict[float, list[NDArray[np.float64]]]:
    """Contours (n, 3) of a structure by z in mm, ascending."""
    grouped: dict[float, list[NDArray[np.float64]]] = {}
    for contour in sorted(structure.contours, key=lambda points: float(points[0, 2])):
        z = float(contour[0, 2])
        last = next(reversed(grouped), None)
        key = last if last is not None and z - last < PLANE_TOLERANCE_MM else z
        grouped.setdefault(key, []).append(contour)
    return grouped


Planes = Mapping[float, list[NDArray[np.float64]]]


def plane_spacing_mm(grouped: Planes, default: float) -> float:
    """Smallest distance between neighbouring planes; `default` when there is only one plane."""
    z = np.array(list(grouped))
    return float(np.diff(z).min()) if len(z) > 1 else default


def polygons_at(
    grouped: Planes, z_mm: float, default_spacing_mm: float
) -> list[NDArray[np.float64]]:
    """Contours (n, 3) of the plane nearest to z, if z lies within half a plane's spacing of it."""
    if not grouped:
        return []
    nearest = min(grouped, key=lambda z: abs(z - z_mm))
    half = plane_spacing_mm(grouped, default_spacing_mm) / 2.0
    return grouped[nearest] if abs(nearest - z_mm) <= half + PLANE_TOLERANCE_MM else []


def structure_mask(
    structure: Structure, grid: VolumeGrid, default_spacing_mm: float
) -> NDArray[np.bool_]:
    """Voxels (slices, rows, columns) of the grid whose centre lies inside the structure.

    Each plane stands for a slab of its spacing; `default_spacing_mm` is the slab of a structure
    with a single plane.
    """
    mask = np.zeros(grid.shape, dtype=bool)
    grouped = planes(structure)
    if not grouped:
        return mask
    heights = np.array(list(grouped))
    half = plane_spacing_mm(grouped, default_spacing_mm) / 2.0 + PLANE_TOLERANCE_MM
    filled: dict[int, NDArray[np.bool_]] = {}
    for slice_index, z in enumerate(grid.axis_mm("z")):
        nearest = int(np.abs(heights - z).argmin())
        if abs(heights[nearest] - z) > half:
            continue
        if nearest not in filled:
            contours = grouped[float(heights[nearest])]
            filled[nearest] = fill_even_odd(
                (to_pixels(contour, grid) for contour in contours), grid.shape[1:]
            )
        mask[slice_index] = filled[nearest]
    return mask


def to_pixels(contour: NDArray[np.float64], grid: VolumeGrid) -> NDArray[np.float64]:
    """Contour (n, 3) in mm to (n, 2) column, row of a grid's slices."""
    return np.column_stack(
        [grid.fractional("x", contour[:, 0]), grid.fractional("y", contour[:, 1])]
    )


def bounds_mm(structure: Structure) -> NDArray[np.float64]:
    """(2, 3) lowest and highest corner; the structure must have a contour."""
    points = np.concatenate(structure.contours)
    return np.stack([points.min(axis=0), points.max(axis=0)])
