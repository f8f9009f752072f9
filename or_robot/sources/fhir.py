"""A FHIR R4B bundle with one patient, validated by fhir.resources, to types."""

from __future__ import annotations

from collections.abc import Iterator

from fhir.resources.R4B.appointment import Appointment
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.encounter import Encounter
from fhir.resources.R4B.location import Location
from fhir.resources.R4B.patient import Patient

from or_robot.errors import OrRobotError
from or_robot.sources import fhir_lists
from or_robot.sources.errors import UnreadableObject, UnsupportedObject
from or_robot.sources.fhir_labs import labs
from or_robot.sources.fhir_values import References, all_of, current, iso, names, text
from or_robot.types.radiotherapy import Identity
from or_robot.types.record import PatientRecord, RoomBooking

SEX = {"male": "M", "female": "F", "other": "O"}
"""FHIR administrative gender → DICOM PatientSex."""

MAX_BYTES = 64 * 1024 * 1024


def read_fhir(data: bytes) -> PatientRecord:
    """Raises UnreadableObject or UnsupportedObject; never anything else, whatever the bytes."""
    if len(data) > MAX_BYTES:
        raise UnsupportedObject(f"FHIR bundle over {MAX_BYTES >> 20} MB", "send less at a time")
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
    patients = all_of(bundle, Patient)
    if len(patients) != 1:
        raise UnsupportedObject(
            f"FHIR bundle with {len(patients)} patients", "send one bundle a patient"
        )
    references = References(bundle)
    source = bundle.meta.source if bundle.meta and bundle.meta.source else None
    return PatientRecord(
        identity=_identity(patients[0]),
        source=f"FHIR {source}" if source else "FHIR",
        source_time=iso(bundle.timestamp),
        allergies=fhir_lists.allergies(bundle),
        problems=fhir_lists.problems(bundle),
        implants=fhir_lists.implants(bundle, references),
        medications=fhir_lists.medications(bundle, references),
        procedures=fhir_lists.procedures(bundle),
        laterality=fhir_lists.laterality(bundle),
        team=fhir_lists.team(bundle, references),
        consents=fhir_lists.consents(bundle),
        labs=tuple(labs(bundle)),
        bookings=tuple(_bookings(bundle, references)),
        events=tuple(fhir_lists.encounters(bundle)),
    )


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
        birth_date=iso(patient.birthDate),
        name=names(patient.name),
        sex=SEX.get(patient.gender or ""),
    )


def _bookings(bundle: Bundle, references: References) -> Iterator[RoomBooking]:
    planned = next(iter(fhir_lists.procedures(bundle) or ()), None)
    usual = planned.text if planned else None
    for one in current(bundle, Appointment):
        what = text(one.serviceType[0]) if one.serviceType else one.description or usual
        for participant in one.participant or []:
            place = references.get(participant.actor, Location)
            if place is not None and place.name:
                yield RoomBooking(place.name, iso(one.start), iso(one.end), what)
    for encounter in current(bundle, Encounter):
        for stay in encounter.location or []:
            place = references.get(stay.location, Location)
            if place is not None and place.name and encounter.status != "finished":
                yield RoomBooking(place.name, None, None, usual)
