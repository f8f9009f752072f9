"""IEC 61217 beam angles to DICOM patient coordinates (LPS)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TABLE_TO_PATIENT: dict[str, NDArray[np.float64]] = {
    "HFS": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    "HFP": np.array([[-1.0, 0, 0], [0, 0, 1], [0, 1, 0]]),
    "FFS": np.array([[-1.0, 0, 0], [0, 0, -1], [0, -1, 0]]),
    "FFP": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
}
"""Patient Position (0018,5100) → rotation of table-top axes (x to the right of who faces the
gantry, y to the gantry, z up) to LPS. HFS: x is the patient's left, y the head, z the front."""


def beam_direction(
    gantry_deg: float, couch_deg: float, patient_position: str
) -> NDArray[np.float64]:
    """(3,) unit vector in LPS from the source through the isocentre.

    Gantry 0° shines straight down; both angles are counter-clockwise seen along their axis
    toward the observer (IEC 61217, 8.1). Raises KeyError for a position not in the table.
    """
    gantry, couch = np.deg2rad(gantry_deg), np.deg2rad(couch_deg)
    down = np.array([-np.sin(gantry), 0.0, -np.cos(gantry)])  # in the fixed system
    turned = np.array(
        [[np.cos(couch), np.sin(couch), 0], [-np.sin(couch), np.cos(couch), 0], [0, 0, 1.0]]
    )  # the table turns by +couch, so what is fixed turns back in its eyes
    return TABLE_TO_PATIENT[patient_position] @ turned @ down
