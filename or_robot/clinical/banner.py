"""The patient banner: hospital record first, DICOM where the record is silent."""

from __future__ import annotations

from collections.abc import Sequence

from or_robot.types.clinical import PatientBanner
from or_robot.types.radiotherapy import Identity
from or_robot.types.record import PatientRecord


def patient_banner(identities: Sequence[Identity], record: PatientRecord | None) -> PatientBanner:
    """`identities`: of the DICOM objects, at least one unless there is a record."""
    known = [record.identity, *identities] if record else list(identities)
    first = known[0]
    return PatientBanner(
        patient_id=first.patient_id,
        issuer=next((one.issuer for one in known if one.issuer), None),
        name=next((one.name for one in known if one.name), {}),
        birth_date=next((one.birth_date for one in known if one.birth_date), None),
        sex=next((one.sex for one in known if one.sex), None),
        allergies=record.allergies if record else None,
        procedure=record.procedure if record else None,
        laterality=record.laterality if record else None,
        conditions=record.conditions if record else (),
        medications=record.medications if record else (),
    )
