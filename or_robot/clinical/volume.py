"""CT slices to a volume."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from or_robot.errors import OrRobotError
from or_robot.geometry.volume import VolumeGrid
from or_robot.types.radiotherapy import CtSlice, CtVolume

SPACING_TOLERANCE_MM = 0.05


def assemble_ct(slices: Sequence[CtSlice]) -> CtVolume:
    """Slices of one series, in any order. Raises OrRobotError when they do not form a volume."""
    ordered = sorted(slices, key=lambda one: one.grid.origin_mm[2])
    if len(ordered) < 2:
        raise OrRobotError("CT series has a single slice", "import the whole series")
    first = ordered[0]
    if any(
        one.grid.spacing_mm[:2] != first.grid.spacing_mm[:2]
        or one.grid.shape != first.grid.shape
        or one.grid.origin_mm[:2] != first.grid.origin_mm[:2]
        for one in ordered
    ):
        raise OrRobotError("CT series mixes slices of different geometry", "export it again")
    steps = np.diff([one.grid.origin_mm[2] for one in ordered])
    if np.ptp(steps) > SPACING_TOLERANCE_MM or steps.min() <= 0:
        raise OrRobotError("CT slices are missing, doubled or uneven", "import the whole series")
    _, rows, columns = first.grid.shape
    spacing = (*first.grid.spacing_mm[:2], float(steps.mean()))
    return CtVolume(
        first.header.series_uid,
        first.header.frame_of_reference_uid,
        VolumeGrid(first.grid.origin_mm, spacing, (len(ordered), rows, columns)),
        np.stack([one.hounsfield for one in ordered]),
        first.patient_position,
    )
