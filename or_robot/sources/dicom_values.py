"""Values of DICOM elements: absent or empty is None, never 0 and never an empty string."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import pydicom.config
from numpy.typing import NDArray
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from or_robot.types.radiotherapy import Identity

MAX_PLACE_MM = 10_000.0
"""No coordinate of a patient is further from the origin of the scanner."""

# Real exports break value rules (DS over 16 characters): we read what can be read.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE

# Its messages quote values, which may be patient data: none of them may reach a log.
logging.getLogger("pydicom").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", module="pydicom")


def text(dataset: Dataset, keyword: str) -> str | None:
    value = dataset.get(keyword)
    if value is None:
        return None
    return str(value).strip() or None


def number(dataset: Dataset, keyword: str) -> float | None:
    value = dataset.get(keyword)
    if value is None or value == "":
        return None
    return float(value)


def integer(dataset: Dataset, keyword: str) -> int | None:
    value = number(dataset, keyword)
    return None if value is None else int(value)


def numbers(dataset: Dataset, keyword: str) -> tuple[float, ...]:
    """A multi-valued element; a single value is a tuple of one, absent or empty is ()."""
    value = dataset.get(keyword)
    if value is None or value == "":
        return ()
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return tuple(float(one) for one in value)
    return (float(value),)


def decimals(dataset: Dataset, keyword: str) -> NDArray[np.float64]:
    """A long DS list, straight from its bytes: tens of thousands of contour points a file."""
    element = dataset.get_item(keyword)
    if isinstance(element, RawDataElement) and element.value:
        stored = element.value.decode("ascii").rstrip("\0 ")
        return np.array(stored.split("\\"), dtype=np.float64)
    return np.array(numbers(dataset, keyword), dtype=np.float64)


def triple(dataset: Dataset, keyword: str) -> tuple[float, float, float] | None:
    values = numbers(dataset, keyword)
    return (values[0], values[1], values[2]) if len(values) == 3 else None


def is_spacing(value: float) -> bool:
    """Whether it can be a distance between pixels or planes, mm."""
    return 0.01 <= value <= 100.0


def is_place(value: float) -> bool:
    """Whether it can be a patient coordinate, mm."""
    return abs(value) <= MAX_PLACE_MM


def items(dataset: Dataset, keyword: str) -> list[Dataset]:
    """Items of a sequence; absent is none."""
    return list(dataset.get(keyword) or [])


def referenced_uid(dataset: Dataset, keyword: str) -> str | None:
    """SOP Instance UID in the first item of a reference sequence."""
    found = items(dataset, keyword)
    return text(found[0], "ReferencedSOPInstanceUID") if found else None


def iso_date(dataset: Dataset, keyword: str) -> str | None:
    """A DA value as ISO 8601."""
    value = text(dataset, keyword)
    if value is None or len(value) != 8 or not value.isdigit():
        return None
    return f"{value[:4]}-{value[4:6]}-{value[6:]}"


def identity(dataset: Dataset) -> Identity:
    return Identity(
        patient_id=text(dataset, "PatientID") or "",
        issuer=text(dataset, "IssuerOfPatientID"),
        birth_date=iso_date(dataset, "PatientBirthDate"),
        name=name_groups(dataset.get("PatientName")),
        sex=text(dataset, "PatientSex"),
    )


def name_groups(name: Any) -> dict[str, str]:
    """PN component groups to "FAMILY, Given Middle"; empty groups are left out."""
    groups = {
        key: _readable(str(getattr(name, key, "") or ""))
        for key in ("alphabetic", "ideographic", "phonetic")
    }
    return {key: value for key, value in groups.items() if value}


def _readable(group: str) -> str:
    family, *rest = (part.strip() for part in group.split("^"))
    given = " ".join(part for part in rest if part)
    return ", ".join(part for part in (family, given) if part)
