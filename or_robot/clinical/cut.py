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

    def coverage(self, structure: Structure) -> NDArray[np.float32]:
        """(size, size) share of the structure, 0 to 1; its edge is at 0.5."""
        grid, normal = self.source.mask_grid, self.view.orientation.normal
        nearest = grid.nearest(normal, self.view.position_mm)
        plane = _cut(self.source.masks[structure.number], normal, nearest)
        return _warp(plane, grid, self.view, 0.0)

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
            return isolines(self.coverage(structure), (0.5,))[0]
        contours = polygons_at(structure, self.view.position_mm, self.source.step_mm)
        closed = (np.vstack([points, points[:1]]) for points in contours)
        return [self.view.to_pixels(points[:, 0], points[:, 1]) for points in closed]


def isolines(
    field: NDArray[np.float32], levels: tuple[float, ...]
) -> list[list[NDArray[np.float64]]]:
    """Lines of equal value for each level, each (n, 2) x, y in pixels; from half resolution."""
    coarse = cv2.resize(field, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    generator = contourpy.contour_generator(z=coarse)
    return [
        [(np.asarray(line) + 0.5) * 2.0 - 0.5 for line in generator.lines(level)]
        for level in levels
    ]


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
