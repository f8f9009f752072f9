"""Make the small copy of a proton case that comes with the source, from the case at full size.

    python scripts/reduce_case.py FULL_CASE_FOLDER simulation/cases/skull_base_pbs

CT: 2 × 2 pixels averaged. Dose: 16 bits. Contours: points within 0.1 mm of a straight line
dropped. Plan and treatment records are copied byte for byte. What was changed gets a new SOP
Instance UID (made from the old one, so that a second run gives the same files) and is deflated
without loss. Everything odd about the source is kept.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import cv2
import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, generate_uid

CONTOUR_TOLERANCE_MM = 0.1


def derived_uid(uid: str) -> str:
    """The same new UID for the same old one, on every run."""
    return str(generate_uid(entropy_srcs=["or_robot reduced case", uid]))


def reduce_ct(dataset: Dataset) -> None:
    """Average 2 × 2 pixels; the first pixel's centre moves by half an old pixel."""
    pixels = dataset.pixel_array.astype(np.float64)
    rows, columns = pixels.shape
    mean = pixels.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))
    spacing = [float(value) for value in dataset.PixelSpacing]
    x, y, z = (float(value) for value in dataset.ImagePositionPatient)
    dataset.ImagePositionPatient = [
        f"{x + spacing[1] / 2:.6f}",
        f"{y + spacing[0] / 2:.6f}",
        f"{z:g}",
    ]
    dataset.PixelSpacing = [f"{2 * value:.6f}" for value in spacing]
    dataset.Rows, dataset.Columns = mean.shape
    dataset.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
    dataset.PixelData = np.round(mean).astype("<i2").tobytes()
    dataset["PixelData"].VR = "OW"


def reduce_dose(dataset: Dataset) -> None:
    """32 to 16 bits a voxel: a step of about one milligray."""
    stored = dataset.pixel_array.astype(np.float64)
    factor = stored.max() / np.iinfo(np.uint16).max
    dataset.DoseGridScaling = f"{float(dataset.DoseGridScaling) * factor:.9e}"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelData = np.round(stored / factor).astype("<u2").tobytes()
    dataset["PixelData"].VR = "OW"


def reduce_structures(dataset: Dataset) -> None:
    for roi in dataset.ROIContourSequence:
        for contour in roi.ContourSequence:
            points = np.array(contour.ContourData, dtype=np.float64).reshape(-1, 3)
            plane = points[:, None, :2].astype(np.float32)
            kept = cv2.approxPolyDP(plane, CONTOUR_TOLERANCE_MM, True)[:, 0]
            if len(kept) < 3:
                continue
            flat = np.column_stack([kept, np.full(len(kept), points[0, 2])])
            contour.ContourData = [f"{value:.3f}".rstrip("0").rstrip(".") for value in flat.ravel()]
            contour.NumberOfContourPoints = len(kept)


REDUCERS = {"CT": reduce_ct, "RTDOSE": reduce_dose, "RTSTRUCT": reduce_structures}


def reduce_file(source: Path, target: Path) -> None:
    dataset = pydicom.dcmread(source)
    reducer = REDUCERS.get(dataset.Modality)
    if reducer is None:
        shutil.copyfile(source, target)
        return
    reducer(dataset)
    dataset.SOPInstanceUID = derived_uid(dataset.SOPInstanceUID)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(target, enforce_file_format=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    arguments = parser.parse_args()
    arguments.target.mkdir(parents=True, exist_ok=True)
    sources = sorted(arguments.source.glob("*.dcm"))
    for source in sources:
        reduce_file(source, arguments.target / source.name)
    size = sum(path.stat().st_size for path in arguments.target.glob("*.dcm"))
    print(f"{len(sources)} files, {size / 1e6:.2f} MB in {arguments.target}")


if __name__ == "__main__":
    main()
