"""RT Structure Set (DICOM PS3.3 C.8.8.5, C.8.8.6, C.8.8.8)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from or_robot.sources.dicom_values import MAX_PLACE_MM, decimals, integer, items, numbers, text
from or_robot.sources.errors import UnreadableObject, UnsupportedObject
from or_robot.types.radiotherapy import InstanceHeader, Structure, StructureSet

PLANAR_TOLERANCE_MM = 0.01


def read_structures(dataset: Dataset, header: InstanceHeader) -> StructureSet:
    contours = {
        integer(item, "ReferencedROINumber"): item for item in items(dataset, "ROIContourSequence")
    }
    types = {
        integer(item, "ReferencedROINumber"): text(item, "RTROIInterpretedType")
        for item in items(dataset, "RTROIObservationsSequence")
    }
    structures = tuple(
        _structure(roi, contours.get(integer(roi, "ROINumber")), types)
        for roi in items(dataset, "StructureSetROISequence")
    )
    return StructureSet(
        _with_frame(dataset, header),
        text(dataset, "StructureSetLabel") or "",
        structures,
        _image_uids(dataset),
    )


def _structure(
    roi: Dataset, drawn: Dataset | None, types: dict[int | None, str | None]
) -> Structure:
    number = integer(roi, "ROINumber")
    if number is None:
        raise UnreadableObject("structure set with an unnumbered structure", "export it again")
    color = numbers(drawn, "ROIDisplayColor") if drawn is not None else ()
    polygons = (_polygon(item) for item in items(drawn, "ContourSequence")) if drawn else ()
    return Structure(
        number,
        text(roi, "ROIName") or f"ROI {number}",
        (int(color[0]), int(color[1]), int(color[2])) if len(color) == 3 else None,
        types.get(number),
        tuple(polygon for polygon in polygons if polygon is not None),
    )


def _polygon(contour: Dataset) -> NDArray[np.float64] | None:
    """(n, 3) mm; None for points and open lines, which enclose nothing."""
    if text(contour, "ContourGeometricType") not in ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR"):
        return None
    values = decimals(contour, "ContourData")
    if len(values) % 3 or not np.isfinite(values).all():
        raise UnreadableObject("structure set with a broken contour", "export it again")
    points = values.reshape(-1, 3)
    if len(points) and np.abs(points).max() > MAX_PLACE_MM:
        raise UnreadableObject("contour metres away from the patient", "export it again")
    if len(points) < 3:
        return None
    if np.ptp(points[:, 2]) > PLANAR_TOLERANCE_MM:
        raise UnsupportedObject("contour outside an axial plane", "draw it on axial images")
    return points


def _with_frame(dataset: Dataset, header: InstanceHeader) -> InstanceHeader:
    """A structure set names its frame of reference in a sequence, not at top level."""
    frames = items(dataset, "ReferencedFrameOfReferenceSequence")
    frame = text(frames[0], "FrameOfReferenceUID") if frames else None
    return InstanceHeader(
        header.identity,
        header.modality,
        header.sop_instance_uid,
        header.sop_class_uid,
        header.series_uid,
        header.frame_of_reference_uid or frame,
    )


def _image_uids(dataset: Dataset) -> frozenset[str]:
    uids = {
        text(image, "ReferencedSOPInstanceUID")
        for frame in items(dataset, "ReferencedFrameOfReferenceSequence")
        for study in items(frame, "RTReferencedStudySequence")
        for series in items(study, "RTReferencedSeriesSequence")
        for image in items(series, "ContourImageSequence")
    }
    return frozenset(uid for uid in uids if uid)
