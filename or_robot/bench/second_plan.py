"""A second plan for the patient of the committed case, so that there is one to change to."""

from __future__ import annotations

from pathlib import Path

import pydicom
from pydicom.uid import generate_uid

from or_robot.share import share

LABEL = "Second"


def second_plan(folder: Path) -> None:
    """Write plan and dose into `folder`: those of the case, under other UIDs."""
    case = share("simulation", "cases", "skull_base_pbs")
    plan, dose = (pydicom.dcmread(case / name) for name in ("plan.dcm", "dose.dcm"))
    for one in (plan, dose):
        one.SOPInstanceUID = generate_uid(entropy_srcs=[LABEL, one.Modality])
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
    plan.RTPlanLabel = LABEL
    dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = plan.SOPInstanceUID
    plan.save_as(folder / "plan.dcm")
    dose.save_as(folder / "dose.dcm")
