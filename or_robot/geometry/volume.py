"""Regular grids of voxels in DICOM patient coordinates (LPS, mm)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class VolumeGrid:
    """Voxels along +x (columns), +y (rows) and +z (slices); arrays are (slices, rows, columns)."""

    origin_mm: tuple[float, float, float]
    """x, y, z of the centre of voxel [0, 0, 0]."""
    spacing_mm: tuple[float, float, float]
    """Between centres along x, y, z; all positive."""
    shape: tuple[int, int, int]
    """Slices, rows, columns."""

    def axis_mm(self, axis: str) -> NDArray[np.float64]:
        """Centres along "x", "y" or "z", mm."""
        at = "xyz".index(axis)
        return self.origin_mm[at] + self.spacing_mm[at] * np.arange(
            self.shape[2 - at], dtype=np.float64
        )

    def fractional(self, axis: str, positions_mm: NDArray[np.floating]) -> NDArray[np.float64]:
        """Positions in mm along an axis to voxel indices; 0.0 is the centre of the first voxel."""
        at = "xyz".index(axis)
        offset = np.asarray(positions_mm, dtype=np.float64) - self.origin_mm[at]
        return offset / self.spacing_mm[at]

    def covers(self, axis: str, position_mm: float) -> bool:
        """Whether a position lies in a voxel, the outer halves of the first and last included."""
        last = self.shape[2 - "xyz".index(axis)] - 1
        at = float(self.fractional(axis, np.array(position_mm)))
        return -0.5 <= at <= last + 0.5

    def around(self, low_mm: NDArray[np.floating], high_mm: NDArray[np.floating]) -> VolumeGrid:
        """The voxels of this grid around a box (x, y, z corners), with one more on each side."""
        origin, counts = [], []
        for at, axis in enumerate("xyz"):
            limit = self.shape[2 - at]
            ends = self.fractional(axis, np.array([low_mm[at], high_mm[at]]))
            first = int(np.clip(np.floor(ends[0]) - 1, 0, limit))
            last = int(np.clip(np.ceil(ends[1]) + 1, -1, limit - 1))
            origin.append(self.origin_mm[at] + first * self.spacing_mm[at])
            counts.append(max(0, last - first + 1))
        x, y, z = origin
        return VolumeGrid((x, y, z), self.spacing_mm, (counts[2], counts[1], counts[0]))

    def nearest(self, axis: str, position_mm: float) -> int:
        """Index of the voxel nearest to a position, kept inside the grid."""
        last = self.shape[2 - "xyz".index(axis)] - 1
        return int(np.clip(np.rint(self.fractional(axis, np.array(position_mm))), 0, last))
