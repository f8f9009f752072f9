"""One DICOM object, as bytes, to types."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import DeflatedExplicitVRLittleEndian

from or_robot.errors import OrRobotError
from or_robot.sources.dicom_image import read_ct, read_dose
from or_robot.sources.dicom_plan import read_plan, read_record
from or_robot.sources.dicom_structures import read_structures
from or_robot.sources.dicom_values import identity, text
from or_robot.sources.errors import UnreadableObject, UnsupportedObject
from or_robot.types.radiotherapy import DicomObject, InstanceHeader

READERS: dict[str, Callable[[Dataset, InstanceHeader], DicomObject]] = {
    "1.2.840.10008.5.1.4.1.1.2": read_ct,
    "1.2.840.10008.5.1.4.1.1.481.2": read_dose,
    "1.2.840.10008.5.1.4.1.1.481.3": read_structures,
    "1.2.840.10008.5.1.4.1.1.481.8": read_plan,
    "1.2.840.10008.5.1.4.1.1.481.9": read_record,
}
"""SOP class → reader: CT Image, RT Dose, RT Structure Set, RT Ion Plan, RT Ion Beams Record."""

MAX_BYTES = 512 * 1024 * 1024
DEFLATE_RATIO = 1032
"""The most that deflate can shrink."""

SUPPORTED = "CT, RT Dose, RT Structure Set, RT Ion Plan, RT Ion Beams Treatment Record"


def read_dicom(data: bytes) -> DicomObject:
    """Raises UnreadableObject or UnsupportedObject; never anything else, whatever the bytes."""
    try:
        _check_inflated_size(data)
        dataset = pydicom.dcmread(io.BytesIO(data))
        header = _header(dataset)
        reader = READERS.get(header.sop_class_uid)
        if reader is None:
            raise UnsupportedObject(
                f"DICOM {header.modality or 'object'} is not read here", f"send {SUPPORTED}"
            )
        return reader(dataset, header)
    except OrRobotError:
        raise
    except InvalidDicomError as error:
        raise UnreadableObject("not a DICOM file", "export it again as DICOM Part 10") from error
    except Exception as error:  # hostile or broken bytes: pydicom raises of every kind
        raise UnreadableObject(
            f"damaged or truncated DICOM ({type(error).__name__})", "copy or export it again"
        ) from error


def _check_inflated_size(data: bytes) -> None:
    """A deflated object may not unpack to more than any object may hold."""
    if len(data) * DEFLATE_RATIO < MAX_BYTES or data[132:136] != b"\x02\0\0\0":
        return
    end = 144 + int.from_bytes(data[140:144], "little")
    if DeflatedExplicitVRLittleEndian.encode() not in data[132:end]:
        return
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    unpacking.decompress(data[end:], MAX_BYTES)
    if unpacking.unconsumed_tail:
        raise UnsupportedObject(
            f"DICOM unpacks to over {MAX_BYTES >> 20} MB", "send less at a time"
        )


def same_dicom(one: bytes, other: bytes) -> bool:
    """Whether two objects that can be read differ only in how they are written down.

    A transfer may change file header, transfer syntax and lengths, never a value.
    """
    first, second = (pydicom.dcmread(io.BytesIO(data)) for data in (one, other))
    return bool(first == second)


def _header(dataset: Dataset) -> InstanceHeader:
    required = ("PatientID", "SOPClassUID", "SOPInstanceUID")
    missing = [keyword for keyword in required if text(dataset, keyword) is None]
    if missing:
        raise UnreadableObject(f"DICOM object without {', '.join(missing)}", "export it again")
    return InstanceHeader(
        identity=identity(dataset),
        modality=text(dataset, "Modality") or "",
        sop_instance_uid=text(dataset, "SOPInstanceUID") or "",
        sop_class_uid=text(dataset, "SOPClassUID") or "",
        series_uid=text(dataset, "SeriesInstanceUID") or "",
        frame_of_reference_uid=text(dataset, "FrameOfReferenceUID"),
    )
