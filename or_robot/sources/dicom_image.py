"""CT images and RT Dose (DICOM PS3.3 C.7.6.2, C.8.8.3) to volumes with +x, +y, +z axes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from or_robot.geometry.volume import VolumeGrid
from or_robot.sources.dicom_values import (
    integer,
    is_place,
    is_spacing,
    items,
    number,
    numbers,
    referenced_uid,
    text,
    triple,
)
from or_robot.sources.errors import UnreadableObject, UnsupportedObject
from or_robot.types.radiotherapy import CtSlice, DoseVolume, InstanceHeader

AXIS_TOLERANCE = 1e-3
"""How far a direction cosine may be from ±1 or 0."""

FRAME_TOLERANCE_MM = 0.01
MAX_VOXELS = 1 << 27
DOSE_TYPES = ("EFFECTIVE", "PHYSICAL")


def read_ct(dataset: Dataset, header: InstanceHeader) -> CtSlice:
    slope = number(dataset, "RescaleSlope")
    intercept = number(dataset, "RescaleIntercept")
    if slope is None or intercept is None:
        raise UnreadableObject("CT image without rescale slope or intercept", "export it again")
    stored = _pixels(dataset)
    if stored.ndim != 2:
        raise UnsupportedObject("CT image with several frames", "export one image a slice")
    hounsfield = np.clip(np.rint(stored * slope + intercept), -32768, 32767).astype(np.int16)
    spacing, origin = _plane(dataset)
    thickness = number(dataset, "SliceThickness") or 1.0
    if not is_spacing(thickness) or not np.isfinite([slope, intercept]).all():
        raise UnreadableObject("CT image with impossible thickness or scale", "export it again")
    values, grid = _canonical(hounsfield[None], dataset, origin, (*spacing, thickness))
    return CtSlice(header, grid, values[0], text(dataset, "PatientPosition"))


def read_dose(dataset: Dataset, header: InstanceHeader) -> DoseVolume:
    dose_type, units = text(dataset, "DoseType"), text(dataset, "DoseUnits")
    if units != "GY" or dose_type not in DOSE_TYPES:
        raise UnsupportedObject(
            f"RT Dose of type {dose_type} in {units}", "export it as EFFECTIVE or PHYSICAL in GY"
        )
    scaling = number(dataset, "DoseGridScaling")
    if scaling is None or not 0.0 < scaling < 1e3:
        raise UnreadableObject("RT Dose without dose grid scaling", "export it again")
    stored = np.atleast_3d(_pixels(dataset))
    step = _frame_step(dataset, len(stored))
    spacing, (x, y, z) = _plane(dataset)
    dose = (stored * np.float64(scaling)).astype(np.float32)
    if step < 0:
        dose, z, step = dose[::-1], z + step * (len(dose) - 1), -step
    values, grid = _canonical(dose, dataset, (x, y, z), (*spacing, step))
    return DoseVolume(
        header,
        grid,
        values,
        dose_type,
        text(dataset, "DoseSummationType") or "",
        referenced_uid(dataset, "ReferencedRTPlanSequence"),
        *_parts_of_plan(dataset),
    )


def _parts_of_plan(dataset: Dataset) -> tuple[tuple[int, ...], int | None]:
    """Beams and fraction group that a dose of a part of the plan names."""
    plans = items(dataset, "ReferencedRTPlanSequence")
    groups = items(plans[0], "ReferencedFractionGroupSequence") if plans else []
    if not groups:
        return (), None
    beams = (
        integer(one, "ReferencedBeamNumber") for one in items(groups[0], "ReferencedBeamSequence")
    )
    named = tuple(number for number in beams if number is not None)
    return named, integer(groups[0], "ReferencedFractionGroupNumber")


def _pixels(dataset: Dataset) -> NDArray:
    """Stored values. Refuses by name what is too large or in a transfer syntax not read here."""
    frames = integer(dataset, "NumberOfFrames") or 1
    rows, columns = integer(dataset, "Rows") or 0, integer(dataset, "Columns") or 0
    if not 0 < rows * columns * frames <= MAX_VOXELS:
        raise UnsupportedObject(
            f"image of {columns} × {rows} × {frames} pixels", f"send at most {MAX_VOXELS} in one"
        )
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_compressed and syntax not in (DeflatedExplicitVRLittleEndian, RLELossless):
        raise UnsupportedObject(
            f"image in transfer syntax {syntax.name}", "send it uncompressed, deflated or RLE"
        )
    return dataset.pixel_array


def _plane(dataset: Dataset) -> tuple[tuple[float, float], tuple[float, float, float]]:
    """Spacing along columns and rows (x, y order) and position of the first pixel."""
    spacing, origin = numbers(dataset, "PixelSpacing"), triple(dataset, "ImagePositionPatient")
    if len(spacing) != 2 or origin is None:
        raise UnreadableObject("image without pixel spacing or position", "export it again")
    if not (all(map(is_spacing, spacing)) and all(map(is_place, origin))):
        raise UnreadableObject("image with impossible spacing or position", "export it again")
    return (spacing[1], spacing[0]), origin


def _frame_step(dataset: Dataset, frames: int) -> float:
    """Even distance between dose planes; GridFrameOffsetVector relative or absolute."""
    offsets = np.array(numbers(dataset, "GridFrameOffsetVector"))
    if len(offsets) != frames or frames < 2:
        raise UnreadableObject("RT Dose with unfit grid frame offsets", "export it again")
    steps = np.diff(offsets)
    if not all(map(is_spacing, np.abs(steps))):
        raise UnreadableObject("RT Dose with impossible plane distances", "export it again")
    if np.ptp(steps) > FRAME_TOLERANCE_MM or abs(steps[0]) < FRAME_TOLERANCE_MM:
        raise UnsupportedObject("RT Dose with uneven planes", "export it on an even grid")
    return float(steps.mean())


def _canonical(
    values: NDArray,
    dataset: Dataset,
    origin: tuple[float, float, float],
    spacing: tuple[float, float, float],
) -> tuple[NDArray, VolumeGrid]:
    """Flip rows and columns until they run along +x and +y. Oblique planes are refused."""
    cosines = np.array(numbers(dataset, "ImageOrientationPatient"))
    expected = np.array([1.0, 0, 0, 0, 1.0, 0])
    if len(cosines) != 6 or not np.allclose(np.abs(cosines), expected, atol=AXIS_TOLERANCE):
        raise UnsupportedObject("planes that are not axial", "export axial planes without tilt")
    x, y, z = origin
    if cosines[0] < 0:
        values, x = values[:, :, ::-1], x - spacing[0] * (values.shape[2] - 1)
    if cosines[4] < 0:
        values, y = values[:, ::-1], y - spacing[1] * (values.shape[1] - 1)
    slices, rows, columns = values.shape
    grid = VolumeGrid((x, y, z), spacing, (slices, rows, columns))
    return np.ascontiguousarray(values), grid
