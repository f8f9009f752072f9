"""Cumulative dose-volume histograms (ICRU 83 for D95, D2 and mean)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from or_robot.clinical.rasterize import bounds_mm, plane_spacing_mm, planes, structure_mask
from or_robot.clinical.resample import resample_linear
from or_robot.geometry.volume import VolumeGrid
from or_robot.types.clinical import DvhCurve
from or_robot.types.radiotherapy import DoseVolume, Structure

SAMPLES = 60_000
"""About how many points a structure is sampled with."""

MAX_POINTS = 3e7
"""No organ of a patient needs more; contours spread over metres get no curve."""

STEP_LOW_MM, STEP_HIGH_MM = 0.25, 2.0
CURVE_POINTS = 161
DEFAULT_COLOR = (255, 255, 255)


def dvh_curve(
    structure: Structure,
    external: Structure | None,
    dose: DoseVolume,
    default_spacing_mm: float,
    dose_axis_gy: NDArray[np.floating],
) -> DvhCurve | None:
    """DVH of a structure as planned; what lies outside `external` does not count.

    `dose_axis_gy`: ascending from 0, where the curve is evaluated. None: nothing of the structure
    is inside `external`.
    """
    samples, volume_cm3 = dose_samples(structure, external, dose, default_spacing_mm)
    if not len(samples):
        return None
    above = len(samples) - np.searchsorted(np.sort(samples), dose_axis_gy, side="left")
    d2, d95 = np.percentile(samples, [98.0, 5.0])
    return DvhCurve(
        structure=structure.name,
        color="#{:02x}{:02x}{:02x}".format(*(structure.color or DEFAULT_COLOR)),
        volume_cm3=round(volume_cm3, 3),
        dose_gy=tuple(round(float(value), 3) for value in dose_axis_gy),
        volume_percent=tuple(round(100.0 * float(n) / len(samples), 2) for n in above),
        d95_gy=round(float(d95), 3),
        d2_gy=round(float(d2), 3),
        mean_gy=round(float(samples.mean()), 3),
    )


def dose_samples(
    structure: Structure,
    external: Structure | None,
    dose: DoseVolume,
    default_spacing_mm: float,
) -> tuple[NDArray[np.float32], float]:
    """Dose in Gy at even points inside the structure and `external`, and their volume in cm³."""
    if not structure.contours:
        return np.empty(0, dtype=np.float32), 0.0
    grid = _sampling_grid(structure, default_spacing_mm)
    if float(np.prod(np.array(grid.shape, dtype=np.float64))) > MAX_POINTS:
        return np.empty(0, dtype=np.float32), 0.0
    inside = structure_mask(structure, grid, default_spacing_mm)
    if external is not None and external.number != structure.number:
        inside &= structure_mask(external, grid, default_spacing_mm)
    values = resample_linear(dose.dose_gy, dose.grid, grid)[inside]
    return values, len(values) * float(np.prod(grid.spacing_mm)) / 1000.0


def _sampling_grid(structure: Structure, default_spacing_mm: float) -> VolumeGrid:
    """Middles of even cells that fill the box around a structure; small ones get small cells."""
    slab = plane_spacing_mm(planes(structure), default_spacing_mm)
    low, high = bounds_mm(structure)
    extent = np.maximum(high - low, 1e-3)
    box_mm3 = float(extent[0] * extent[1] * (extent[2] + slab))
    step = float(np.clip((box_mm3 / SAMPLES) ** (1 / 3), STEP_LOW_MM, STEP_HIGH_MM))
    cuts = max(1, round(slab / step))
    columns, rows = (max(1, round(float(extent[axis]) / step)) for axis in (0, 1))
    across, down = float(extent[0]) / columns, float(extent[1]) / rows
    slices = (round(float(extent[2]) / slab) + 1) * cuts
    bottom = low[2] - slab / 2 + slab / cuts / 2
    return VolumeGrid(
        (float(low[0]) + across / 2, float(low[1]) + down / 2, float(bottom)),
        (across, down, slab / cuts),
        (slices, rows, columns),
    )


def dose_axis(max_dose_gy: float) -> NDArray[np.float64]:
    """Where the curves of one set are evaluated: 0 to a little above the maximum."""
    return np.linspace(0.0, max(max_dose_gy, 1e-3) * 1.02, CURVE_POINTS)


def scaled(curve: DvhCurve, factor: float) -> DvhCurve:
    """The same curve with every dose times `factor` (dose delivered so far)."""
    return DvhCurve(
        structure=curve.structure,
        color=curve.color,
        volume_cm3=curve.volume_cm3,
        dose_gy=tuple(round(value * factor, 4) for value in curve.dose_gy),
        volume_percent=curve.volume_percent,
        d95_gy=round(curve.d95_gy * factor, 3),
        d2_gy=round(curve.d2_gy * factor, 3),
        mean_gy=round(curve.mean_gy * factor, 3),
    )
