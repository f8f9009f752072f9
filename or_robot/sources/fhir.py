"""A FHIR R4B bundle with one patient, validated by fhir.resources, to types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from fhir.resources.R4B.allergyintolerance import AllergyIntolerance
from fhir.resources.R4B.appointment import Appointment
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.codeableconcept import CodeableConcept
from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.encounter import Encounter
from fhir.resources.R4B.humanname import HumanName
from fhir.resources.R4B.location import Location
from fhir.resources.R4B.medicationstatement import MedicationStatement
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.procedure import Procedure
from fhir.resources.R4B.servicerequest import ServiceRequest

from or_robot.errors import OrRobotError
from or_robot.sources.errors import UnreadableObject, UnsupportedObject
from or_robot.types.clinical import Allergy
from or_robot.types.radiotherapy import Identity
from or_robot.types.record import PatientRecord, RoomBooking

Resource = TypeVar("Resource")

LATERALITY = {
    "7771000": "left",
    "24028007": "right",
    "51440002": "bilateral",
    "399488007": "midline",
}
"""SNOMED CT qualifiers of a body site."""

NO_KNOWN_ALLERGY = "716186003"
"""SNOMED CT: no known allergy."""

SEX = {"male": "M", "female": "F", "other": "O"}
"""FHIR administrative gender → DICOM PatientSex."""

GONE = ("entered-in-error", "cancelled", "noshow", "not-done", "revoked", "stopped")


def read_fhir(data: bytes) -> PatientRecord:
    """Raises UnreadableObject or UnsupportedObject; never anything else, whatever the bytes."""
    try:
        return _record(Bundle.model_validate_json(data))
    except OrRobotError:
        raise
    except ValueError as error:  # pydantic's own error quotes the values: patient data
        raise UnreadableObject("not a valid FHIR R4B bundle", "export it again as R4B") from error
    except Exception as error:  # hostile or broken content
        raise UnreadableObject(
            f"damaged FHIR bundle ({type(error).__name__})", "export it again as R4B"
        ) from error


def _record(bundle: Bundle) -> PatientRecord:
    patients = _all(bundle, Patient)
    if len(patients) != 1:
        raise UnsupportedObject(
            f"FHIR bundle with {len(patients)} patients", "send one bundle a patient"
        )
    planned: list[Procedure | ServiceRequest] = [
        *_current(bundle, Procedure),
        *_current(bundle, ServiceRequest),
    ]
    names = [text for text in (_text(one.code) for one in planned) if text]
    sites = [side for side in (_laterality(one.bodySite) for one in planned) if side]
    return PatientRecord(
        identity=_identity(patients[0]),
        allergies=_allergies(_all(bundle, AllergyIntolerance)),
        procedure=names[0] if names else None,
        laterality=_one_side(sites),
        conditions=tuple(_conditions(bundle)),
        medications=tuple(
            text
            for one in _current(bundle, MedicationStatement)
            if (text := _text(one.medicationCodeableConcept))
        ),
        rooms=tuple(_bookings(bundle)),
        source_time=bundle.timestamp.isoformat() if bundle.timestamp else None,
    )


def _all(bundle: Bundle, kind: type[Resource]) -> list[Resource]:
    return [one.resource for one in bundle.entry or [] if isinstance(one.resource, kind)]


def _current(bundle: Bundle, kind: type[Resource]) -> list[Resource]:
    return [one for one in _all(bundle, kind) if getattr(one, "status", None) not in GONE]


def _identity(patient: Patient) -> Identity:
    numbered = [one for one in patient.identifier or [] if one.value]
    usual = [one for one in numbered if one.use == "usual"] or numbered
    patient_id = usual[0].value if usual else None
    if patient_id is None:
        raise UnreadableObject("FHIR patient without identifier", "add the hospital's patient ID")
    assigner = usual[0].assigner
    return Identity(
        patient_id=patient_id,
        issuer=assigner.display if assigner else None,
        birth_date=patient.birthDate.isoformat() if patient.birthDate else None,
        name=_names(patient.name or []),
        sex=SEX.get(patient.gender or ""),
    )


def _names(names: list[HumanName]) -> dict[str, str]:
    """The official name, else the first, as "FAMILY, Given"."""
    chosen = [one for one in names if one.use == "official"] or names
    if not chosen:
        return {}
    given = " ".join(part for part in chosen[0].given or [] if part)
    parts = [part for part in (chosen[0].family, given) if part]
    readable = ", ".join(parts) or chosen[0].text
    return {"alphabetic": readable} if readable else {}


def _text(concept: CodeableConcept | None) -> str | None:
    if concept is None:
        return None
    displays = (coding.display for coding in concept.coding or [])
    return concept.text or next((display for display in displays if display), None)


def _codes(concept: CodeableConcept | None) -> list[str]:
    codings = (concept.coding or []) if concept else []
    return [coding.code for coding in codings if coding.code]


def _active(concept: CodeableConcept | None) -> bool:
    """A clinical status that is absent counts as active: better one too many shown."""
    return not {"inactive", "resolved", "remission"} & set(_codes(concept))


def _allergies(found: list[AllergyIntolerance]) -> tuple[Allergy, ...] | None:
    """() only when somebody recorded that none are known."""
    shown = tuple(
        Allergy(_text(one.code) or "unnamed substance", _reaction(one), one.criticality)
        for one in found
        if _active(one.clinicalStatus)
        and "refuted" not in _codes(one.verificationStatus)
        and "entered-in-error" not in _codes(one.verificationStatus)
        and NO_KNOWN_ALLERGY not in _codes(one.code)
    )
    none_known = any(NO_KNOWN_ALLERGY in _codes(one.code) for one in found)
    return shown if shown or none_known else None


def _reaction(allergy: AllergyIntolerance) -> str | None:
    shown = [
        text
        for reaction in allergy.reaction or []
        for manifestation in reaction.manifestation or []
        if (text := _text(manifestation))
    ]
    return ", ".join(shown) or None


def _conditions(bundle: Bundle) -> Iterator[str]:
    for one in _all(bundle, Condition):
        text = _text(one.code)
        wrong = {"refuted", "entered-in-error"} & set(_codes(one.verificationStatus))
        if text and not wrong and _active(one.clinicalStatus):
            yield text


def _laterality(sites: list[CodeableConcept] | None) -> str | None:
    return _one_side(
        [LATERALITY[code] for site in sites or [] for code in _codes(site) if code in LATERALITY]
    )


def _one_side(sides: list[str]) -> str | None:
    """Sources that disagree are never settled here: the reader must see it."""
    return " / ".join(sorted(set(sides))) or None


def _bookings(bundle: Bundle) -> Iterator[RoomBooking]:
    rooms = {one.id: one.name for one in _all(bundle, Location) if one.id and one.name}
    for one in _current(bundle, Appointment):
        start = one.start.isoformat() if one.start else None
        for participant in one.participant or []:
            if name := _room(participant.actor, rooms):
                yield RoomBooking(name, start)
    for encounter in _current(bundle, Encounter):
        for place in encounter.location or []:
            if name := _room(place.location, rooms):
                yield RoomBooking(name, None)


def _room(reference: object, rooms: dict[str, str]) -> str | None:
    """Name of the location a reference points to, in the bundle or by display."""
    target = getattr(reference, "reference", None) or ""
    if not target.startswith(("Location/", "urn:uuid:")):
        return None
    return rooms.get(target.rpartition("/")[2]) or rooms.get(target.removeprefix("urn:uuid:"))
