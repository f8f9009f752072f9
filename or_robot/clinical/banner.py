"""The patient banner: hospital record first, DICOM where the record is silent."""

from __future__ import annotations

from collections.abc import Sequence

from or_robot.types.chart import Items, PatientChart
from or_robot.types.clinical import Allergy, PatientBanner
from or_robot.types.radiotherapy import Identity


def patient_banner(identities: Sequence[Identity], chart: PatientChart) -> PatientBanner:
    """`identities`: hospital records first, newest first, then DICOM objects; at least one."""
    first = identities[0]
    name: dict[str, str] = {}
    for one in identities:
        name = {**one.name, **name}  # a group that the first source lacks comes from the next
    return PatientBanner(
        patient_id=first.patient_id,
        issuer=next((one.issuer for one in identities if one.issuer), None),
        name=name,
        birth_date=next((one.birth_date for one in identities if one.birth_date), None),
        sex=next((one.sex for one in identities if one.sex), None),
        allergies=_allergies(chart.allergies),
        procedure=next(
            (one.text for one in chart.procedures or () if one.level != "completed"), None
        ),
        laterality=" / ".join(sorted(_texts(chart.laterality))) or None,
        conditions=_texts(chart.problems),
        medications=_texts(chart.medications),
    )


def _texts(items: Items) -> tuple[str, ...]:
    return tuple(one.text for one in items or ())


def _allergies(items: Items) -> tuple[Allergy, ...] | None:
    if items is None:
        return None
    return tuple(Allergy(one.text, one.detail, one.level) for one in items)


def shown_name(name: dict[str, str]) -> str:
    """Alphabetic name, then how it is written at home: Hangul, else Hanja."""
    parts = (name.get("alphabetic"), name.get("phonetic") or name.get("ideographic"))
    return " ".join(dict.fromkeys(part for part in parts if part))
