"""DVH figures of ours beside those of dicompyler-core: `python scripts/compare_dvh.py`.

dicompyler-core needs older libraries than ours, so it gets an environment of its own under build/.
The committed case and spheres of three sizes in a linear gradient, which have analytic figures.
Writes docs/data/dvh_comparison.json, which a test compares with what the code gives now.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.uid import ExplicitVRLittleEndian

from or_robot.clinical.dvh import dose_axis, dvh_curve
from or_robot.clinical.resample import resample_linear
from or_robot.geometry.volume import VolumeGrid
from or_robot.share import share
from or_robot.sources.dicom import read_dicom
from or_robot.types.radiotherapy import DoseVolume, StructureSet

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "docs" / "data" / "dvh_comparison.json"
PEER = ("dicompyler-core==0.5.6", "pydicom==2.4.4", "numpy==1.26.4", "scikit-image==0.24.0")
RADII_MM = (20.0, 12.0, 6.0)
SLOPE_GY_MM, CENTRE_GY = 0.5, 40.0

FINER = 4
"""The peer counts dose grid points, and its own interpolation shifts them by up to half a pixel: it
gets the same dose on a grid this much finer, made by linear interpolation."""

ASK_PEER = """
import json, sys
from dicompylercore import dicomparser, dvhcalc
structures, dose = sys.argv[1:3]
found = {}
for number, one in dicomparser.DicomParser(structures).GetStructures().items():
    dvh = dvhcalc.get_dvh(structures, dose, number, calculate_full_volume=True)
    found[one["name"]] = {"volume_cm3": float(dvh.volume), "d95_gy": float(dvh.D95.value),
                          "d2_gy": float(dvh.D2.value), "mean_gy": float(dvh.mean)}
print(json.dumps(found))
"""


def ours(structures: bytes, dose: bytes) -> dict[str, dict[str, float]]:
    """By structure; not masked to the body, as dicompyler-core knows none."""
    drawn, volume = read_dicom(structures), read_dicom(dose)
    if not isinstance(drawn, StructureSet) or not isinstance(volume, DoseVolume):
        raise TypeError("a structure set and a dose are needed")
    axis = dose_axis(float(volume.dose_gy.max()))
    found = {}
    for one in drawn.structures:
        curve = dvh_curve(one, None, volume, 3.0, axis)
        if curve is not None:
            found[one.name] = {
                "volume_cm3": curve.volume_cm3,
                "d95_gy": curve.d95_gy,
                "d2_gy": curve.d2_gy,
                "mean_gy": curve.mean_gy,
            }
    return found


def phantom() -> tuple[bytes, bytes]:
    """The committed structure set with spheres for structures, its dose grid with a gradient in x.

    The spheres lie one behind the other, so that each has the same dose in its middle.
    """
    case = share("simulation", "cases", "skull_base_pbs")
    structures, dose = pydicom.dcmread(case / "struct.dcm"), pydicom.dcmread(case / "dose.dcm")
    frames, rows, columns = dose.pixel_array.shape
    x0, y0, z0 = (float(one) for one in dose.ImagePositionPatient)
    height, width = (float(one) for one in dose.PixelSpacing)
    z = z0 + np.array([float(one) for one in dose.GridFrameOffsetVector])
    middle_x = x0 + width * columns / 2
    ramp = CENTRE_GY + SLOPE_GY_MM * (x0 + width * np.arange(columns) - middle_x)
    dose.DoseGridScaling = "0.002"
    values = np.broadcast_to(np.clip(ramp, 0.0, None) / 0.002, (frames, rows, columns))
    dose.PixelData = np.ascontiguousarray(values.astype(np.uint16)).tobytes()
    del structures.ROIContourSequence[len(RADII_MM) :]
    del structures.StructureSetROISequence[len(RADII_MM) :]
    rois = zip(RADII_MM, structures.ROIContourSequence, strict=True)
    for at, (radius, roi) in enumerate(rois):
        centre = (middle_x, y0 + height * rows * (0.3 + 0.2 * at))
        template = roi.ContourSequence[0]
        roi.ContourSequence = _contours(template, centre, z, float(z[frames // 2]), radius)
    for radius, named in zip(RADII_MM, structures.StructureSetROISequence, strict=True):
        named.ROIName = f"sphere {radius:g} mm"
    return _written(structures), _written(dose)


def _contours(
    template: pydicom.Dataset,
    centre: tuple[float, float],
    planes: np.ndarray,
    middle: float,
    radius: float,
) -> list[pydicom.Dataset]:
    angle = np.linspace(0.0, 2 * np.pi, 180, endpoint=False)
    found = []
    for z in planes:
        if abs(z - middle) < radius:
            r = float(np.sqrt(radius**2 - (z - middle) ** 2))
            contour = pydicom.Dataset()
            contour.ContourGeometricType = template.ContourGeometricType
            x, y = centre[0] + r * np.cos(angle), centre[1] + r * np.sin(angle)
            points = np.column_stack([x, y, np.full_like(x, z)])
            contour.NumberOfContourPoints = len(points)
            contour.ContourData = [f"{one:.3f}" for one in points.ravel()]
            found.append(contour)
    return found


def _written(dataset: pydicom.Dataset) -> bytes:
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    stream = io.BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


def peer_environment(folder: Path) -> Path:
    """Python of an environment with dicompyler-core, made once."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEER], check=True)
    return python


def finer(dose: bytes) -> bytes:
    """The same RT Dose with FINER times as many rows and columns."""
    volume, dataset = read_dicom(dose), pydicom.dcmread(io.BytesIO(dose))
    if not isinstance(volume, DoseVolume):
        raise TypeError("a dose is needed")
    grid = volume.grid
    slices, rows, columns = grid.shape
    x, y, z = grid.spacing_mm
    target = VolumeGrid(
        grid.origin_mm,
        (x / FINER, y / FINER, z),
        (slices, (rows - 1) * FINER + 1, (columns - 1) * FINER + 1),
    )
    values = resample_linear(volume.dose_gy, grid, target)
    dataset.Rows, dataset.Columns = target.shape[1:]
    dataset.PixelSpacing = [y / FINER, x / FINER]
    dataset.BitsAllocated = dataset.BitsStored = 32
    dataset.HighBit = 31
    dataset.DoseGridScaling = "1e-06"
    dataset.PixelData = np.rint(values * 1e6).astype(np.uint32).tobytes()
    return _written(dataset)


def theirs(python: Path, structures: bytes, dose: bytes) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("structures.dcm", "dose.dcm")]
        for file, data in zip(files, (structures, finer(dose)), strict=True):
            file.write_bytes(data)
        command = [str(python), "-W", "ignore", "-c", ASK_PEER, *map(str, files)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, dict[str, float]] = json.loads(answer.stdout)
    return found


def deviations(
    mine: dict[str, dict[str, float]], other: dict[str, dict[str, float]], highest_gy: float
) -> dict[str, dict[str, float]]:
    """Largest deviation of D95, D2 and mean, % of the maximum dose, by structure."""
    return {
        name: {
            "volume_cm3": round(mine[name]["volume_cm3"], 2),
            "deviation_percent": round(
                max(
                    100.0 * abs(mine[name][key] - other[name][key]) / highest_gy
                    for key in ("d95_gy", "d2_gy", "mean_gy")
                ),
                3,
            ),
        }
        for name in mine
    }


def committed_case() -> tuple[bytes, bytes]:
    case = share("simulation", "cases", "skull_base_pbs")
    structures = pydicom.dcmread(case / "struct.dcm")
    dose = pydicom.dcmread(case / "dose.dcm")
    return _written(structures), _written(dose)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", type=Path, default=ROOT / "build" / "dicompyler")
    given = parser.parse_args()
    python = peer_environment(given.environment)
    document: dict[str, Any] = {"peer": list(PEER)}
    for name, pair in (("committed case", committed_case()), ("spheres", phantom())):
        volume = read_dicom(pair[1])
        if not isinstance(volume, DoseVolume):
            raise TypeError("a dose is needed")
        highest, other = float(volume.dose_gy.max()), theirs(python, *pair)
        document[name] = {
            "max_dose_gy": round(highest, 3),
            "dicompyler_core": other,
            "compared": deviations(ours(*pair), other, highest),
        }
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    FIGURES.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(
        json.dumps(
            {name: document[name]["compared"] for name in document if name != "peer"}, indent=1
        )
    )


if __name__ == "__main__":
    main()
