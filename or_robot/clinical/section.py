"""Planes through CT, dose and structures: what a key image is drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from or_robot.clinical.course import PlanCourse
from or_robot.clinical.rasterize import Planes, bounds_mm, planes, structure_mask
from or_robot.errors import OrRobotError
from or_robot.geometry.volume import VolumeGrid
from or_robot.types.radiotherapy import CtVolume

MARGIN_MM = 14.0
"""Around the head, in the picture."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """Axes of a section in LPS and how they lie in the picture."""

    key: str
    normal: str
    across: str
    """Axis that runs to the right of the picture."""
    down: str
    down_sign: int
    """-1: the axis runs up the picture."""
    letters: tuple[str, str, str, str]
    """Patient side at the left, right, top, bottom of the picture."""


ORIENTATIONS = {
    one.key: one
    for one in (
        Orientation("axial", "z", "x", "y", 1, ("R", "L", "A", "P")),
        Orientation("coronal", "y", "x", "z", -1, ("R", "L", "H", "F")),
        Orientation("sagittal", "x", "y", "z", -1, ("A", "P", "H", "F")),
    )
}
"""Seen as radiologists do: axial from the feet, coronal from the front, sagittal from the left."""


@dataclass(frozen=True, slots=True)
class View:
    """A square window on a plane, in pixels of the picture."""

    orientation: Orientation
    position_mm: float
    corner_mm: tuple[float, float]
    """Coordinates along across and down of the centre of the top left pixel."""
    pixel_mm: float
    size: int

    def to_pixels(self, across: NDArray, down: NDArray) -> NDArray[np.float64]:
        """Coordinates in mm to (n, 2) picture pixels x, y."""
        x = (across - self.corner_mm[0]) / self.pixel_mm
        y = (down - self.corner_mm[1]) / self.pixel_mm * self.orientation.down_sign
        return np.column_stack([x, y])


@dataclass(frozen=True, slots=True)
class Mask:
    grid: VolumeGrid
    voxels: NDArray[np.bool_]
    """(slices, rows, columns) of the grid."""


@dataclass(frozen=True)
class SectionSource:
    """Volumes of one course, ready to be cut. Needs CT and dose; raises OrRobotError without."""

    course: PlanCourse

    @cached_property
    def ct(self) -> CtVolume:
        if self.course.ct is None:
            raise OrRobotError("no CT to draw on", "import the CT that the plan was made on")
        return self.course.ct

    @cached_property
    def step_mm(self) -> float:
        """Distance between neighbouring pictures in every orientation: that of the CT slices."""
        return self.ct.grid.spacing_mm[2]

    @cached_property
    def masks(self) -> dict[int, Mask]:
        """By number of the structure; only the box around it is kept."""
        structures = self.course.structures.structures if self.course.structures else ()
        found = {}
        for one in structures:
            if one.contours:
                grid = self.mask_grid.around(*bounds_mm(one))
                found[one.number] = Mask(grid, structure_mask(one, grid, self.step_mm))
        return found

    @cached_property
    def planes(self) -> dict[int, Planes]:
        """By number of the structure: its contours by z."""
        structures = self.course.structures.structures if self.course.structures else ()
        return {one.number: planes(one) for one in structures}

    @cached_property
    def mask_grid(self) -> VolumeGrid:
        """About 1 mm in plane, the CT's planes in z."""
        grid = self.ct.grid
        stride = max(1, round(1.0 / grid.spacing_mm[0]))
        slices, rows, columns = grid.shape
        return VolumeGrid(
            grid.origin_mm,
            (grid.spacing_mm[0] * stride, grid.spacing_mm[1] * stride, grid.spacing_mm[2]),
            (slices, rows // stride, columns // stride),
        )

    @cached_property
    def centre_mm(self) -> dict[str, float]:
        """Where the key slices cross: middle of the target, else of the CT."""
        target = self.course.target
        if target is not None:
            mask = self.masks[target.number]
            if mask.voxels.any():
                z, y, x = np.argwhere(mask.voxels).mean(axis=0)
                at = {"x": x, "y": y, "z": z}
                return {axis: float(mask.grid.axis_mm(axis)[round(at[axis])]) for axis in "xyz"}
        return {axis: float(self.ct.grid.axis_mm(axis).mean()) for axis in "xyz"}

    @cached_property
    def body_mm(self) -> NDArray[np.float64]:
        """(2, 3) corners of what the pictures must show."""
        if self.course.external is not None:
            low, high = bounds_mm(self.course.external)
        else:
            axes = [self.ct.grid.axis_mm(axis) for axis in "xyz"]
            low, high = (np.array([edge(axis) for axis in axes]) for edge in (np.min, np.max))
        return np.stack([low, high])

    def index_range(self, orientation: Orientation) -> tuple[int, int]:
        """First and last picture that still cuts the CT, counted from the key slice."""
        at = "xyz".index(orientation.normal)
        axis = self.ct.grid.axis_mm(orientation.normal)
        low = max(float(axis[0]), self.body_mm[0, at])
        high = min(float(axis[-1]), self.body_mm[1, at])
        centre = self.centre_mm[orientation.normal]
        return (
            min(0, int(np.ceil((low - centre) / self.step_mm))),
            max(0, int(np.floor((high - centre) / self.step_mm))),
        )

    def view(self, orientation: Orientation, index: int, size: int) -> View:
        """One scale for all pictures of a course, the body in the middle."""
        low, high = self.body_mm
        extent = float((high - low).max()) + 2 * MARGIN_MM
        middle = {axis: (low[i] + high[i]) / 2 for i, axis in enumerate("xyz")}
        return View(
            orientation,
            self.centre_mm[orientation.normal] + index * self.step_mm,
            (
                middle[orientation.across] - extent / 2,
                middle[orientation.down] - orientation.down_sign * extent / 2,
            ),
            extent / size,
            size,
        )
