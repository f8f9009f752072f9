"""One plane through CT, dose and structures, on the pixels of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import contourpy
import cv2
import numpy as np
from numpy.typing import NDArray

from or_robot.clinical.rasterize import polygons_at
from or_robot.clinical.resample import resample_linear
from or_robot.clinical.section import SectionSource, View
from or_robot.errors import OrRobotError
from or_robot.geometry.volume import VolumeGrid
from or_robot.types.radiotherapy import Structure

Part = tuple[slice, slice]
"""Rows and columns of a picture."""

COARSE = 2
"""Dose and structures' shares are far coarser than the pixels of a picture: they are worked out
for one in so many, each way, and drawn out."""
AIR_HU = -1024
SIMPLIFIED_PX = 0.2


@dataclass(frozen=True, slots=True)
class DosePart:
    """The dose where there is enough of it."""

    part: Part
    dose_gy: NDArray[np.float32]
    """(rows, columns) of the part."""
    lines: Isolines


@dataclass(frozen=True)
class Cut:
    """One plane; what every dose view of it shares is worked out once. Arrays are read only."""

    source: SectionSource
    view: View

    @cached_property
    def hounsfield(self) -> NDArray[np.float32]:
        """(size, size) HU of the nearest CT plane, linear in it; air outside the CT."""
        ct, normal = self.source.ct, self.view.orientation.normal
        nearest = ct.grid.nearest(normal, self.view.position_mm)
        plane = _cut(ct.hounsfield, normal, nearest).astype(np.float32)
        return _warp(plane, ct.grid, self.view, AIR_HU)

    def dose_from(self, lowest_gy: float) -> DosePart | None:
        """Where the dose reaches `lowest_gy`; None: nowhere. As planned, linear between the dose
        planes; 0 outside dose grid and body.
        """
        plane, grid = self._dose_plane
        part = _reached(plane >= lowest_gy, grid, self.view)
        if part is None:
            return None
        coarse = _warp(plane, grid, self.view, 0.0, part, COARSE)
        dose = _finer(coarse)
        external = self.source.course.external
        if external is not None:
            body = self._coverage(external, part, COARSE)
            coarse[body < 0.5] = 0.0
            dose[_finer(body) < 0.5] = 0.0
        return DosePart(part, dose, Isolines(coarse, (part[1].start, part[0].start)))

    @cached_property
    def _dose_plane(self) -> tuple[NDArray[np.float32], VolumeGrid]:
        dose = self.source.course.dose
        if dose is None:
            raise OrRobotError("no dose to draw", "import the RT Dose of the plan")
        grid = _plane_of(dose.grid, self.view)
        plane = resample_linear(dose.dose_gy, dose.grid, grid)
        return _cut(plane, self.view.orientation.normal, 0), grid

    def _coverage(self, structure: Structure, part: Part, coarse: int) -> NDArray[np.float32]:
        """Share of the structure in each pixel, 0 to 1; its edge is at 0.5."""
        mask, normal = self.source.masks[structure.number], self.view.orientation.normal
        if not mask.voxels.size or not mask.grid.covers(normal, self.view.position_mm):
            return np.zeros(_shape(part, coarse), dtype=np.float32)
        nearest = mask.grid.nearest(normal, self.view.position_mm)
        voxels = _cut(mask.voxels, normal, nearest).astype(np.float32)
        return _warp(voxels, mask.grid, self.view, 0.0, part, coarse)

    @cached_property
    def outlines(self) -> tuple[tuple[Structure, list[NDArray[np.float64]]], ...]:
        """Each structure that the plane cuts and its outlines (n, 2) in pixels; body first."""
        structures = self.source.course.structures
        external = self.source.course.external
        found = [(one, self._outline(one)) for one in structures.structures] if structures else []
        found.sort(key=lambda pair: external is None or pair[0].number != external.number)
        return tuple((one, lines) for one, lines in found if lines)

    def _outline(self, structure: Structure) -> list[NDArray[np.float64]]:
        """Axial: as drawn in the source; else where the voxels cross one half."""
        if not structure.contours:
            return []
        if self.view.orientation.key != "axial":
            share = self._coverage(structure, _whole(self.view), COARSE)
            return list(Isolines(share, (0, 0)).at(0.5))
        planes = self.source.planes[structure.number]
        contours = polygons_at(planes, self.view.position_mm, self.source.step_mm)
        closed = (np.vstack([points, points[:1]]) for points in contours)
        pixels = (self.view.to_pixels(points[:, 0], points[:, 1]) for points in closed)
        return [simplified(line) for line in pixels]


class Isolines:
    """Lines of equal value of a field whose pixels are COARSE of the picture's wide."""

    def __init__(self, field: NDArray[np.float32], corner: tuple[int, int]) -> None:
        """`corner`: x, y of the field's corner in the picture."""
        self._corner = np.array(corner, dtype=np.float64)
        y, x = np.mgrid[: field.shape[0], : field.shape[1]].astype(np.float64)
        self._generator = contourpy.contour_generator(x, y, field.astype(np.float64))

    def at(self, level: float) -> list[NDArray[np.float64]]:
        """Each (n, 2) x, y in pixels of the picture."""
        return self.at_each((level,))[0]

    def at_each(self, levels: Sequence[float]) -> list[list[NDArray[np.float64]]]:
        """The lines of each level; quicker than one after the other."""
        return [
            [simplified((np.asarray(line) + 0.5) * COARSE - 0.5) + self._corner for line in lines]
            for lines in self._generator.multi_lines(levels)
        ]


def simplified(line: NDArray[np.floating]) -> NDArray[np.float64]:
    """Fewer points, nowhere further than SIMPLIFIED_PX from the line."""
    points = cv2.approxPolyDP(np.asarray(line, np.float32)[:, None], SIMPLIFIED_PX, False)
    return points[:, 0].astype(np.float64)


def _plane_of(grid: VolumeGrid, view: View) -> VolumeGrid:
    """The grid cut down to one plane at the view's position."""
    at = "xyz".index(view.orientation.normal)
    origin, shape = list(grid.origin_mm), list(grid.shape)
    origin[at], shape[2 - at] = view.position_mm, 1
    return VolumeGrid(
        (origin[0], origin[1], origin[2]), grid.spacing_mm, (shape[0], shape[1], shape[2])
    )


def _cut(volume: NDArray, normal: str, index: int) -> NDArray:
    """One plane of a volume (slices, rows, columns)."""
    return np.ascontiguousarray(np.moveaxis(volume, "zyx".index(normal), 0)[index])


def _whole(view: View) -> Part:
    return slice(0, view.size), slice(0, view.size)


def _reached(there: NDArray[np.bool_], grid: VolumeGrid, view: View) -> Part | None:
    """Part of the picture that a plane's true pixels reach when drawn; None: there are none."""
    column, row, columns, rows = cv2.boundingRect(there.view(np.uint8))
    if not columns:
        return None
    scale, offset = _picture_to_plane(grid, view)
    spans = []
    for axis, first, count in ((1, row, rows), (0, column, columns)):
        ends = (np.array([first - 1, first + count]) - offset[axis]) / scale[axis]
        start = max(0, int(np.floor(ends.min() / COARSE)) * COARSE)  # whole squares of COARSE
        stop = min(view.size, (int(np.ceil(ends.max() / COARSE)) + 1) * COARSE)
        if start >= stop:
            return None
        spans.append(slice(start, stop))
    return spans[0], spans[1]


def _picture_to_plane(
    grid: VolumeGrid, view: View
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Scale and offset from x, y of the picture to column, row of a plane of the grid."""
    across, down = ("xyz".index(axis) for axis in (view.orientation.across, view.orientation.down))
    step, corner = view.pixel_mm, view.corner_mm
    return (
        (
            step / grid.spacing_mm[across],
            step * view.orientation.down_sign / grid.spacing_mm[down],
        ),
        (
            (corner[0] - grid.origin_mm[across]) / grid.spacing_mm[across],
            (corner[1] - grid.origin_mm[down]) / grid.spacing_mm[down],
        ),
    )


def _warp(
    plane: NDArray[np.float32],
    grid: VolumeGrid,
    view: View,
    outside: float,
    part: Part | None = None,
    coarse: int = 1,
) -> NDArray[np.float32]:
    """A plane of the grid (down axis in rows, across axis in columns) on the picture's pixels, or
    on squares of `coarse` of them.
    """
    rows, columns = part = part or _whole(view)
    (x_scale, y_scale), (x_offset, y_offset) = _picture_to_plane(grid, view)
    middle = (coarse - 1) / 2.0
    to_plane = np.array(
        [
            [x_scale * coarse, 0, x_offset + x_scale * (columns.start + middle)],
            [0, y_scale * coarse, y_offset + y_scale * (rows.start + middle)],
        ]
    )
    warped = cv2.warpAffine(
        plane,
        to_plane,
        _shape(part, coarse)[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(outside,) * 4,
    )
    return np.asarray(warped, dtype=np.float32)


def _finer(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """From squares of COARSE pixels to pixels."""
    finer = cv2.resize(field, None, fx=COARSE, fy=COARSE, interpolation=cv2.INTER_LINEAR)
    return np.asarray(finer, dtype=np.float32)


def _shape(part: Part, coarse: int) -> tuple[int, int]:
    rows, columns = part
    return (rows.stop - rows.start) // coarse, (columns.stop - columns.start) // coarse
