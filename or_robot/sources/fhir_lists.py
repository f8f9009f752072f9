"""The lists of a patient's FHIR record: allergies, problems, medications, team …

None: the bundle holds nothing of the kind. (): it says that there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fhir.resources.R4B.allergyintolerance import AllergyIntolerance
from fhir.resources.R4B.appointment import Appointment
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.codeableconcept import CodeableConcept
from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.consent import Consent
from fhir.resources.R4B.device import Device
from fhir.resources.R4B.deviceusestatement import DeviceUseStatement
from fhir.resources.R4B.encounter import Encounter
from fhir.resources.R4B.medication import Medication
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.medicationstatement import MedicationStatement
from fhir.resources.R4B.practitioner import Practitioner
from fhir.resources.R4B.procedure import Procedure
from fhir.resources.R4B.servicerequest import ServiceRequest

from or_robot.sources.fhir_values import (
    References,
    all_of,
    codes,
    current,
    iso,
    names,
    started,
    text,
    written,
)
from or_robot.types.record import Noted, Notes

LATERALITY = {
    "7771000": "left",
    "24028007": "right",
    "51440002": "bilateral",
    "399488007": "midline",
}
"""SNOMED CT qualifiers of a body site."""

NO_KNOWN_ALLERGY = "716186003"
"""SNOMED CT: no known allergy."""

WRONG = {"refuted", "entered-in-error"}
OVER = {"inactive", "resolved", "remission"}


def _notes(found: Iterable[Noted]) -> Notes:
    return tuple(found) or None


def _active(concept: CodeableConcept | None) -> bool:
    """A clinical status that is absent counts as active: better one too many shown."""
    return not OVER & set(codes(concept))


def allergies(bundle: Bundle) -> Notes:
    found = all_of(bundle, AllergyIntolerance)
    shown = tuple(
        Noted(
            text(one.code) or "unnamed substance",
            _reactions(one),
            one.criticality,
            iso(one.recordedDate) or written(one),
        )
        for one in found
        if _active(one.clinicalStatus)
        and not WRONG & set(codes(one.verificationStatus))
        and NO_KNOWN_ALLERGY not in codes(one.code)
    )
    none_known = any(NO_KNOWN_ALLERGY in codes(one.code) for one in found)
    return shown if shown or none_known else None


def _reactions(allergy: AllergyIntolerance) -> str | None:
    shown = [
        found
        for reaction in allergy.reaction or []
        for manifestation in reaction.manifestation or []
        if (found := text(manifestation))
    ]
    return ", ".join(shown) or None


def problems(bundle: Bundle) -> Notes:
    return _notes(
        Noted(name, None, text(one.severity), iso(one.recordedDate) or started(one, "onset"))
        for one in all_of(bundle, Condition)
        if (name := text(one.code))
        and not WRONG & set(codes(one.verificationStatus))
        and _active(one.clinicalStatus)
    )


def implants(bundle: Bundle, references: References) -> Notes:
    """Devices that somebody says the patient uses, and those that are the patient's."""
    used = [
        Noted(name, text(one.bodySite), None, iso(one.recordedOn) or started(one, "timing"))
        for one in current(bundle, DeviceUseStatement)
        if (name := _device(references.get(one.device, Device), one.device))
    ]
    named = {one.text for one in used}
    owned = [
        Noted(name, None, None, written(one))
        for one in current(bundle, Device)
        if one.patient and (name := _device(one, None)) and name not in named
    ]
    return _notes([*used, *owned])


def _device(device: Device | None, reference: Any) -> str | None:
    if device is None:
        return reference.display if reference else None
    called = next((one.name for one in device.deviceName or [] if one.name), None)
    return called or text(device.type) or device.modelNumber


def medications(bundle: Bundle, references: References) -> Notes:
    found: list[tuple[MedicationStatement | MedicationRequest, str | None]] = [
        *((one, iso(one.dateAsserted)) for one in current(bundle, MedicationStatement)),
        *((one, iso(one.authoredOn)) for one in current(bundle, MedicationRequest)),
    ]
    return _notes(
        Noted(name, _dosage(one), one.status, when)
        for one, when in found
        if (name := _drug(one, references))
    )


def _drug(one: MedicationStatement | MedicationRequest, references: References) -> str | None:
    if one.medicationCodeableConcept is not None:
        return text(one.medicationCodeableConcept)
    drug = references.get(one.medicationReference, Medication)
    return text(drug.code) if drug else None


def _dosage(one: MedicationStatement | MedicationRequest) -> str | None:
    doses = one.dosage if isinstance(one, MedicationStatement) else one.dosageInstruction
    return ", ".join(dose.text for dose in doses or [] if dose.text) or None


def _planned(bundle: Bundle) -> list[Procedure | ServiceRequest]:
    return [*current(bundle, Procedure), *current(bundle, ServiceRequest)]


def _is_over(one: Procedure | ServiceRequest) -> bool:
    return one.status == "completed"


def procedures(bundle: Bundle) -> Notes:
    """What is done or asked for, what is over last; a request and its procedure are one by text."""
    found: dict[str, Noted] = {}
    for one in sorted(_planned(bundle), key=_is_over):
        when = started(one, "performed" if isinstance(one, Procedure) else "occurrence")
        when = when or (iso(one.authoredOn) if isinstance(one, ServiceRequest) else written(one))
        if name := text(one.code):
            site = ", ".join(part for part in map(text, one.bodySite or []) if part)
            known = found.get(name)
            found[name] = known or Noted(name, site or None, one.status, when)
    return _notes(found.values())


def laterality(bundle: Bundle) -> Notes:
    """Sides that the planned procedures name; more than one is for people to settle."""
    sides = {
        LATERALITY[code]
        for one in _planned(bundle)
        if not _is_over(one)
        for site in one.bodySite or []
        for code in codes(site)
        if code in LATERALITY
    }
    return _notes(Noted(side) for side in sorted(sides))


def team(bundle: Bundle, references: References) -> Notes:
    """Who takes part in procedures and appointments, with the part they play."""
    found: dict[str, Noted] = {}
    for procedure in current(bundle, Procedure):
        for performer in procedure.performer or []:
            _add(found, references, performer.actor, text(performer.function))
    for appointment in current(bundle, Appointment):
        for one in appointment.participant or []:
            _add(found, references, one.actor, text(one.type[0]) if one.type else None)
    return _notes(found.values())


def _add(found: dict[str, Noted], references: References, actor: Any, part: str | None) -> None:
    person = references.get(actor, Practitioner)
    if person is None:
        return
    name = names(person.name).get("alphabetic") or actor.display
    role = part or next((text(one.code) for one in person.qualification or []), None)
    if name:
        known = found.get(name)
        found[name] = Noted(name, role or (known.detail if known else None))


def consents(bundle: Bundle) -> Notes:
    return _notes(
        Noted(what, None, one.status, iso(one.dateTime))
        for one in all_of(bundle, Consent)
        if one.status != "entered-in-error"
        and (what := next((found for c in one.category or [] if (found := text(c))), None))
    )


def encounters(bundle: Bundle) -> Iterator[Noted]:
    for one in current(bundle, Encounter):
        kind = (text(one.type[0]) if one.type else None) or one.class_fhir.display or "Encounter"
        if one.period and one.period.start:
            yield Noted(kind, None, one.status, iso(one.period.start))
