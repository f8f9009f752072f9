"""One plane through CT, dose and structures, on the pixels of a picture."""

from __future__ import annotations

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

AIR_HU = -1024
SIMPLIFIED_PX = 0.2


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
        return _warp(_cut(ct.hounsfield, normal, nearest), ct.grid, self.view, AIR_HU)

    @cached_property
    def dose_gy(self) -> NDArray[np.float32]:
        """(size, size) as planned, linear between the dose planes; 0 outside dose grid and body."""
        dose, external = self.source.course.dose, self.source.course.external
        if dose is None:
            raise OrRobotError("no dose to draw", "import the RT Dose of the plan")
        grid = _plane_of(dose.grid, self.view)
        plane = resample_linear(dose.dose_gy, dose.grid, grid)
        warped = _warp(_cut(plane, self.view.orientation.normal, 0), grid, self.view, 0.0)
        if external is not None:
            warped[self.coverage(external) < 0.5] = 0.0
        return warped

    @cached_property
    def _coverages(self) -> dict[int, NDArray[np.float32]]:
        return {}

    @cached_property
    def dose_lines(self) -> Isolines:
        return Isolines(self.dose_gy)

    def coverage(self, structure: Structure) -> NDArray[np.float32]:
        """(size, size) share of the structure, 0 to 1; its edge is at 0.5."""
        if structure.number not in self._coverages:
            self._coverages[structure.number] = self._coverage(structure)
        return self._coverages[structure.number]

    def _coverage(self, structure: Structure) -> NDArray[np.float32]:
        mask, normal = self.source.masks[structure.number], self.view.orientation.normal
        if not mask.voxels.size or not mask.grid.covers(normal, self.view.position_mm):
            return np.zeros((self.view.size, self.view.size), dtype=np.float32)
        nearest = mask.grid.nearest(normal, self.view.position_mm)
        return _warp(_cut(mask.voxels, normal, nearest), mask.grid, self.view, 0.0)

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
            return list(Isolines(self.coverage(structure)).at(0.5))
        contours = polygons_at(structure, self.view.position_mm, self.source.step_mm)
        closed = (np.vstack([points, points[:1]]) for points in contours)
        pixels = (self.view.to_pixels(points[:, 0], points[:, 1]) for points in closed)
        return [simplified(line) for line in pixels]


class Isolines:
    """Lines of equal value of a field, worked out at half its resolution."""

    def __init__(self, field: NDArray[np.float32]) -> None:
        coarse = cv2.resize(field, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        self._generator = contourpy.contour_generator(z=coarse)

    def at(self, level: float) -> list[NDArray[np.float64]]:
        """Each (n, 2) x, y in pixels of the field."""
        lines = self._generator.lines(level)
        return [simplified((np.asarray(line) + 0.5) * 2.0 - 0.5) for line in lines]


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


def _cut(volume: NDArray, normal: str, index: int) -> NDArray[np.float32]:
    """One plane of a volume (slices, rows, columns)."""
    return np.moveaxis(volume, "zyx".index(normal), 0)[index].astype(np.float32)


def _warp(
    plane: NDArray[np.float32], grid: VolumeGrid, view: View, outside: float
) -> NDArray[np.float32]:
    """A plane of the grid (down axis in rows, across axis in columns) on the picture's pixels."""
    across, down = view.orientation.across, view.orientation.down
    spacing = {axis: grid.spacing_mm["xyz".index(axis)] for axis in "xyz"}
    origin = {axis: grid.origin_mm["xyz".index(axis)] for axis in "xyz"}
    step = view.pixel_mm
    picture_to_plane = np.array(
        [
            [step / spacing[across], 0, (view.corner_mm[0] - origin[across]) / spacing[across]],
            [
                0,
                step * view.orientation.down_sign / spacing[down],
                (view.corner_mm[1] - origin[down]) / spacing[down],
            ],
        ]
    )
    warped = cv2.warpAffine(
        plane,
        picture_to_plane,
        (view.size, view.size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(outside,) * 4,
    )
    return np.asarray(warped, dtype=np.float32)
